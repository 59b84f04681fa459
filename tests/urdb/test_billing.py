"""A home billed under an imported rate, as a user runs it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.urdb.made import item, write_items
from tests.urdb.test_importing import files_of
from trueup.cli import app
from trueup.errors import TrueupError
from trueup.rulebook.columns import IN_USE
from trueup.sample import HOME

DAYS = ["--from", "2025-07-17", "--to", "2025-08-15"]
Bill = Callable[..., Result]


@pytest.fixture(autouse=True)
def _rules_in_use() -> Iterator[None]:
    """The rules in use are as before when a test ends."""
    token = IN_USE.set(IN_USE.get())
    yield
    IN_USE.reset(token)


def run(*told: str) -> Result:
    return CliRunner().invoke(app, [*told])


def import_rate(folder: Path, *more: str, **changes: Any) -> Result:
    file = write_items(folder / "rate.json", item(**changes))
    into = ["--schedule", "my-rate", "--utility", "sce", "--into", str(folder / "own")]
    return run("rules", "import-urdb", str(file), *into, *more)


@pytest.fixture
def bill(sample_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bill:
    """Bills the sample home's cycle from 2025-07-17 under a schedule and program, with the import laid over."""
    monkeypatch.chdir(tmp_path)
    assert import_rate(tmp_path, "--write").exit_code == 0

    def billed(schedule: str = "my-rate", program: str = "standard", **facts: str) -> Result:
        dates = next(line for line in HOME.read_text().split("read_dates:")[1].split("acc_plus") if line)
        told = {"account": "home", "utility": "sce", "schedule": schedule, "program": program, "pto": "2025-06-11"}
        lines = [f"{key}: {value}" for key, value in (told | facts).items()]
        account = tmp_path / "home.yaml"
        account.write_text("\n".join([*lines, f"read_dates:{dates}"]))
        files = ["--account", str(account), "--reads", str(sample_file)]
        return run("--with", str(tmp_path / "own"), "bill", *files, *DAYS, "--json")

    return billed


def lines_of(result: Result, *components: str) -> dict[tuple[str, str], tuple[str, str]]:
    assert result.exit_code == 0, result.exception or result.output
    lines = json.loads(result.stdout)["lines"]
    return {
        (line["component"], line["period"] or ""): (line["quantity"], line["amount"])
        for line in lines
        if line["component"] in components
    }


def test_a_home_is_billed_under_an_imported_rate(bill: Bill) -> None:
    """210.470 x 0.5601 = 117.884, 94.570 x 0.3777 = 35.719, 351.210 x 0.25964 = 91.188; 29 x 0.516 = 14.964."""
    found = lines_of(bill(), "delivery", "generation", "daily")
    assert {key: amount for key, (_, amount) in found.items()} == {
        ("delivery", "on_peak"): "117.88", ("delivery", "mid_peak"): "35.72", ("delivery", "off_peak"): "91.19",
        ("generation", "on_peak"): "0.00", ("generation", "mid_peak"): "0.00", ("generation", "off_peak"): "0.00",
        ("daily", ""): "14.96",
    }  # fmt: skip


@pytest.mark.parametrize("program", ["standard", "nem"])
def test_its_hours_are_those_of_the_filed_schedule_and_its_cents_too(program: str, bill: Bill) -> None:
    """In a cycle without a holiday; the filed schedule's two lines of a period are rounded apart."""
    imported = lines_of(bill(program=program), "delivery", "generation")
    filed = lines_of(bill("tou-d-prime", program), "delivery", "generation")
    assert {key: value[0] for key, value in imported.items()} == {key: value[0] for key, value in filed.items()}
    totals = [sum(int(amount.replace(".", "")) for _, amount in found.values()) for found in (imported, filed)]
    assert abs(totals[0] - totals[1]) <= 3


def test_its_bill_says_that_its_prices_are_unofficial(bill: Bill) -> None:
    notices = json.loads(bill().stdout)["notices"]
    assert len(notices) == 1
    assert notices[0].startswith("Prices of my-rate are unofficial (OpenEI URDB label 67575253a01bc2d4e60f9981, ")
    assert "They cannot tell how prices split into delivery and generation" in notices[0]
    assert json.loads(bill("tou-d-prime").stdout)["notices"] == []


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"program": "nem-st"}, "E-ACCT-003"),
        ({"program": "sbp", "application": "2025-04-22", "acc_plus": "none"}, "E-ACCT-003"),
        ({"income_tier": "care"}, "E-RULE-004"),
        ({"provider": "clean-power-alliance", "product": "lean"}, "E-ACCT-00"),
    ],
)
def test_what_needs_a_part_of_the_price_is_refused(facts: dict[str, str], code: str, bill: Bill) -> None:
    refused = bill(**facts)
    assert isinstance(refused.exception, TrueupError)
    assert refused.exception.code.startswith(code)


def test_days_beyond_the_rate_are_refused(bill: Bill, tmp_path: Path) -> None:
    assert import_rate(tmp_path, "--through", "2025-08-13", "--write").exit_code == 0
    refused = bill()
    assert isinstance(refused.exception, TrueupError)
    assert refused.exception.code == "E-RULE-003"
    assert import_rate(tmp_path, "--through", "2025-08-14", "--write").exit_code == 0
    assert bill().exit_code == 0


def test_the_change_is_shown_first_written_when_told_and_not_a_second_time(tmp_path: Path) -> None:
    shown = import_rate(tmp_path)
    assert shown.exit_code == 0, shown.output
    assert "create tariffs/sce/my-rate.yaml" in shown.output
    assert "+title: " in shown.output
    assert not (tmp_path / "own").exists()
    assert "Wrote" in import_rate(tmp_path, "--write").output
    before = files_of(tmp_path / "own")
    again = import_rate(tmp_path, "--write")
    assert (again.exit_code, "Wrote" in again.output) == (0, False)
    assert files_of(tmp_path / "own") == before


def test_one_of_several_rates_is_imported_by_its_label(tmp_path: Path) -> None:
    file = write_items(tmp_path / "rates.json", item(), item(label="second", name="Second"))
    told = ["rules", "import-urdb", str(file), "--schedule", "a", "--utility", "sce", "--into", str(tmp_path / "own")]
    refused = run(*told, "--write")
    assert isinstance(refused.exception, TrueupError)
    assert refused.exception.code == "E-URDB-003"
    assert not (tmp_path / "own").exists()
    assert "Second (URDB, unofficial)" in run(*told, "--label", "second").output


def test_the_rules_with_it_are_checked_and_shown(bill: Bill, tmp_path: Path) -> None:
    own = ["--with", str(tmp_path / "own"), "rules"]
    assert "0 findings" in run(*own, "check").output
    assert "pppc unknown" in run(*own, "show", "tariff/my-rate").output
