"""A billing team's days on the command line: readings in, a run compared, approved, posted, corrected, paid."""

import json
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from trueup import cli
from trueup.books import Books, Portfolio
from trueup.books.meters import StoreMeters
from trueup.errors import TrueupError
from trueup.periods import PACIFIC
from trueup.rulebook import Rules
from trueup.rulebook.vee import VeeRules
from trueup.sample import HOME
from trueup.store.intervals import IntervalStore

CYCLE = "2025-08-15"


class Team:
    """A folder in which commands run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, line: str, code: int = 0) -> str:
        """What a command prints, or says as it refuses."""
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.folder)
            done = CliRunner().invoke(cli.app, line.split())
        if isinstance(done.exception, TrueupError):
            assert code == 2, done.exception
            return str(done.exception)
        assert done.exit_code == code, done.output
        return done.output


@pytest.fixture(scope="module", name="run")
def _run(sample_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Team:
    """The sample home, which has its surplus paid by check, and its readings in a store."""
    folder = tmp_path_factory.mktemp("team")
    (folder / "accounts").mkdir()
    text = HOME.read_text(encoding="utf-8").replace("nsc_election: on_bill", "nsc_election: check")
    (folder / "accounts" / "sample-home.yaml").write_text(text, encoding="utf-8")
    shutil.copy(sample_file, folder / "usage.csv")
    sunny(folder)
    team = Team(folder)
    team("store ingest usage.csv --account sample-home --on 2026-06-20")
    team("store ingest sunny.csv --on 2026-06-20")
    return team


def sunny(folder: Path) -> None:
    """A home that sends 4,000 kWh more to the grid than it takes in twelve bills of thirty days, and owes nothing."""
    reads = [date(2025, 6, 10) + timedelta(30 * k) for k in range(13)]
    fields = {
        "account": "sunny", "schedule": "tou-d-prime", "program": "nem-st", "read_dates": reads, "pto": reads[0],
        "application": date(2025, 1, 5), "nsc_election": "check",
    }  # fmt: skip
    (folder / "accounts" / "sunny.yaml").write_text(yaml.safe_dump(fields), encoding="utf-8")
    first = datetime.combine(reads[0], datetime.min.time(), PACIFIC).astimezone(UTC)
    rows = ["account,ts,delivered_wh,received_wh"]
    for hour in range(24 * 360):
        noon = hour % 24 == 12
        values = "0,20000" if noon else "400,0"
        rows.append(f"sunny,{first + timedelta(hours=hour):%Y-%m-%dT%H:%M:%SZ},{values}")
    (folder / "sunny.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def rows(printed: str) -> list[list[str]]:
    return [line.split() for line in printed.splitlines() if line.strip()]


def test_the_same_readings_again_change_nothing(run: Team) -> None:
    digest = run("store status").split("digest")[1]
    assert "76,032 unchanged" in run("store ingest usage.csv --account sample-home --on 2026-06-21")
    assert run("store status").split("digest")[1] == digest


def test_a_file_that_names_nobody_is_refused_without_an_account(run: Team) -> None:
    assert "E-READ-017" in run("store ingest usage.csv", code=2)


def test_a_year_is_billed_posted_corrected_and_paid(run: Team) -> None:
    """One story: each step needs the one before it."""
    assert "computed" in run("run new --through 2026-06-16 --on 2026-06-20 --ask-late")
    assert "26 new bills" in run("run compare 1")
    assert "approved" in run("run approve 1")
    assert rows(run("run post 1 --on 2026-06-20"))[1][2] == "posted"
    assert run("books check --on 2026-06-20").strip() == "0 findings"
    before = run(f"books statement --account sample-home --cycle {CYCLE} --json")
    assert json.loads(before)["estimated"] == []
    correct(run)
    assert run(f"books statement --account sample-home --cycle {CYCLE} --json --known-on 2026-06-20") == before
    assert run(f"books statement --account sample-home --cycle {CYCLE} --json") != before
    pay(run)


def correct(run: Team) -> None:
    """One interval of September 2025 was 5 kWh more, says the utility's own correction."""
    reading = "sample-home,delivered,2025-09-01T10:00:00Z,15,5000,actual,2026-06-25T00:00:00Z"
    text = f"account,channel,start,minutes,wh,status,known\n{reading}\n"
    (run.folder / "correction.csv").write_text(text, encoding="utf-8")
    assert "1 corrected" in run("store ingest correction.csv --on 2026-06-25")
    assert "computed" in run("run new --through 2026-06-16 --on 2026-07-01 --no-estimate")
    printed = run("run compare 2")
    assert "0 new bills" in printed
    assert CYCLE in printed
    run("run approve 2")
    run("run post 2 --on 2026-07-01")
    assert "E-RUN-003" in run("run void 2", code=2)


def pay(run: Team) -> None:
    """360 x (20 - 23 x 0.4) = 3,888 kWh x $0.01815 (2026-06) = $70.57, less the last bill of $26.82; the check comes
    back and is payable again."""
    assert "payments.csv" in run("pay new --on 2026-07-02")
    batch = (run.folder / "books" / "runs" / "000003" / "payments.csv").read_text()
    assert rows(batch)[1][0].split(",")[1:] == ["sunny", "sce", "surplus", "43.75"]
    assert "E-PAY-003" in run("pay answer 3 --on 2026-07-10", code=2), "not posted yet"
    run("run approve 3")
    run("run post 3 --on 2026-07-02")
    assert "E-PAY-001" in run("pay new --on 2026-07-03", code=2)
    assert "E-PAY-002" in run("pay answer 3 --returned 3-9 --on 2026-07-10", code=2)
    payment = rows(batch)[1][0].split(",")[0]
    run(f"pay answer 3 --returned {payment} --on 2026-07-10")
    run("run approve 4")
    run("run post 4 --on 2026-07-10")
    assert run("books check --on 2026-07-10").strip() == "0 findings"
    assert "payments.csv" in run("pay new --on 2026-07-11")
    assert rows(run("run status"))[-1][:3] == ["5", "pay", "computed"]


def test_what_was_estimated_is_listed_with_its_cause(run: Team) -> None:
    assert "findings" in run("run trail 1")
    assert run("run trail 1 --csv").startswith("account,channel,rule")
    assert run("books estimates --csv").startswith("account,bills")


@pytest.mark.parametrize("estimates", ["made", "none"])
def test_an_interrupted_run_goes_on_as_it_was_begun(run: Team, estimates: str) -> None:
    """A draft that nobody computed yet; whether it estimates is known from the draft."""
    books, day = Books(run.folder / estimates), date(2026, 6, 20)
    meters, vee = StoreMeters(IntervalStore.open(run.folder / "store")), VeeRules.shipped()
    accounts = Portfolio.load(run.folder / "accounts")
    draft = books.draft(accounts, meters, Rules.load(), day, day, vee=vee if estimates == "made" else None)
    assert draft.estimates == estimates
    assert rows(run(f"run resume 1 --books {estimates}"))[1][2] == "computed"


def test_a_run_that_is_not_there_is_refused(run: Team) -> None:
    assert "E-RUN-002" in run("run approve 99", code=2)
