"""One home under everything that the rules have, in one table; what is refused says why."""

import json
from datetime import date
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

import trueup
from tests.made import account
from trueup.cli import app
from trueup.compare import Compared, compare
from trueup.home import bill
from trueup.sample import meter_file

DAYS = (date(2026, 7, 1), date(2026, 7, 31))
HOME = {
    "program": "sbp", "pto": "2026-07-01", "application": "2026-02-10", "read_dates": ["2026-07-01", "2026-07-31"],
    "baseline_region": "6", "crs_vintage": 2018, "product": "clean", "acc_plus": "residential",
    "generation_municipal_surcharge": {"2026-07": "1.10"},
}  # fmt: skip
RESIDENTIAL = ("tou-d-prime", "tou-d-4-9pm", "tou-d-5-8pm", "d")


@pytest.fixture(scope="module")
def meter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("july") / "july.csv"
    path.write_text(meter_file(date(2026, 7, 1), date(2026, 8, 1)), encoding="utf-8", newline="")
    return path


@pytest.fixture(scope="module")
def rows(meter: Path) -> list[Compared]:
    return compare(account(account="sample-home", **HOME), trueup.read(meter), *DAYS)


def test_every_combination_of_schedule_program_and_provider_has_its_row(rows: list[Compared]) -> None:
    book = trueup.Rules.load().book
    schedules, programs = ([i for i in kind.values() if i.utility == "sce"] for kind in (book.schedules, book.programs))
    suppliers = [provider for provider in book.providers.values() if "sce" in provider.utilities]
    assert len(rows) == len(schedules) * len(programs) * (1 + len(suppliers))
    assert len({(row.schedule, row.program, row.provider) for row in rows}) == len(rows)


def test_every_allowed_pair_is_billed_bundled_and_with_the_aggregator(rows: list[Compared]) -> None:
    """The aggregator's prices and the Solar Billing Plan are for PRIME only; NEM 2.0 takes no tiered rate."""
    billed = {(row.schedule, row.program, row.provider) for row in rows if row.refusal is None}
    pairs = {(s, p) for s in RESIDENTIAL for p in ("standard", "nem", "nem-st", "sbp")}
    pairs -= {(s, "sbp") for s in RESIDENTIAL if s != "tou-d-prime"} | {("d", "nem-st")}
    assert {(s, p) for s, p, provider in billed if provider == "bundled"} == pairs
    assert {(s, p) for s, p, provider in billed if provider == "clean-power-alliance"} == {
        ("tou-d-prime", p) for p in ("standard", "nem", "nem-st", "sbp")
    }


@pytest.mark.parametrize(
    ("combination", "said"),
    [
        (("tou-d-4-9pm", "sbp", "bundled"), "Schedule NBT, Rates 1"),
        (("d", "nem-st", "bundled"), "not open to schedule d"),
        (("tou-d-prime", "sbp", "direct-access"), "CCA-10"),
        (("tou-gs-1-e", "nem", "bundled"), "does not serve residential"),
        (("d", "standard", "clean-power-alliance"), "no known price"),
    ],
)  # fmt: skip
def test_a_pair_that_is_not_allowed_is_refused_with_the_rule(
    combination: tuple[str, str, str], said: str, rows: list[Compared]
) -> None:
    row = next(row for row in rows if (row.schedule, row.program, row.provider) == combination)
    assert row.refusal is not None
    assert said in row.refusal.what


def test_a_row_is_the_bill_of_that_home(rows: list[Compared], meter: Path) -> None:
    home = account(account="sample-home", **(HOME | {"program": "nem", "provider": "clean-power-alliance"}))
    alone = bill(home, trueup.read(meter), *DAYS)
    row = next(row for row in rows if (row.schedule, row.program, row.provider) == (
        "tou-d-prime", "nem", "clean-power-alliance"))  # fmt: skip
    assert (row.utility + row.supplier) == alone.due
    assert row.ledger.cents == int(alone.rows[0].energy_to_date.cents)


def test_the_command_prints_one_table_and_the_refusals(
    meter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("home.yaml").write_text(yaml.safe_dump({"account": "sample-home", "schedule": "tou-d-prime", **HOME}))
    asked = ["compare", "--account", "home.yaml", "--reads", str(meter), "--from", "2026-07-01", "--to", "2026-07-31"]
    printed = CliRunner().invoke(app, asked)
    assert printed.exit_code == 0, printed.output
    assert "Not billed:" in printed.output
    data = json.loads(CliRunner().invoke(app, [*asked, "--json"]).output)
    assert {"schedule", "program", "provider"} <= set(data[0])
    assert any("refused" in row for row in data)
    assert any("total" in row for row in data)
