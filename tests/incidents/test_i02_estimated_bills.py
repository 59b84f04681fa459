"""I-2. SoCalGas stretched billing periods and sent over nine million estimated bills in three years (CPUC I.17-04-021).
Each bill says what of it was estimated, a report counts estimated bills in a row, and a stretched period is refused.
"""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.books.made_books import MadeMeters, portfolio, run_all
from tests.incidents import planted
from tests.made import account, columns, run
from tests.made_rules import shared_made_rules
from trueup.books import Books
from trueup.books.estimates import estimates
from trueup.books.statements import estimated
from trueup.rulebook.vee import VeeRules

RULES, VEE = shared_made_rules(), VeeRules.shipped()
READS = [date(2025, 6, 10) + timedelta(30 * k) for k in range(9)]
WATTS, MISSING_FROM, IN_A_ROW = 500, 1, 3
"""Use; the cycle from which each lacks the second half of its days, and for how many cycles."""


def meters() -> MadeMeters:
    """Readings of which half a month and an hour is lost in each of three months."""
    whole = columns(READS[0], READS[-1], flat=(WATTS, 0))
    both = np.stack([whole.delivered, whole.received])
    for cycle in range(MISSING_FROM, MISSING_FROM + IN_A_ROW):
        begin = 24 * 30 * cycle + 24 * 15
        both[:, 0, begin : begin + 24 * 15] = -1
    return MadeMeters({"home": replace(whole, delivered=both[0], received=both[1])})


def strict() -> VeeRules:
    """V15 with bills that count as estimated from more than 40 % of their intervals on."""
    version = VEE.file.versions[0]
    limits = version.rules.model_copy(update={"V15": version.rules.V15.model_copy(update={"share_permille": 400})})
    versions = [version.model_copy(update={"rules": limits})]
    return VeeRules(VEE.file.model_copy(update={"versions": versions}), VEE.calendar)


def check_report(folder: Path) -> None:
    """Three bills of which half is estimated: 180 of 360 kWh each, in a row, and the last one is among them."""
    home = account(read_dates=READS)
    last = READS[MISSING_FROM + IN_A_ROW]
    run_all(folder, portfolio(home), meters(), RULES, through=last, on=last, vee=VEE)
    history = Books(folder).history()
    for cycle in READS[MISSING_FROM : MISSING_FROM + IN_A_ROW]:
        part = estimated(history, "home", cycle)[0]
        assert (part["kwh"], part["of_kwh"], part["intervals"]) == ("180", "360", 360)
    row = estimates(history, strict()).row(0, named=True)
    assert (row["bills"], row["estimated_bills"], row["in_a_row"], row["latest_in_a_row"]) == (4, 3, 3, 3)
    flagged = Books(folder).shelf(Books(folder).catalogue.get(1))
    trail = flagged.table("trail", Books(folder).catalogue.get(1).manifest)
    assert set(trail.filter(rule="V4").get_column("verdict")) == {"fail"}


def check_stretch(days: int) -> str:
    """A period of some days: billed, or the code of the refusal."""
    reads = [READS[0], READS[0] + timedelta(days)]
    home = account(read_dates=reads)
    refusals = run(home, columns(reads[0], reads[1], flat=(WATTS, 0)), RULES).refusals
    return refusals[0].error.code if refusals else "billed"


def test_each_bill_says_what_was_estimated_and_the_report_counts_them(tmp_path: Path) -> None:
    check_report(tmp_path)


@pytest.mark.parametrize(("days", "found"), [(44, "billed"), (45, "billed"), (46, "E-BILL-002")])
def test_a_stretched_period_is_refused(days: int, found: str) -> None:
    assert check_stretch(days) == found


def test_estimates_that_look_metered_are_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted.estimates_count_as_metered(monkeypatch)
    with pytest.raises((AssertionError, IndexError)):
        check_report(tmp_path)


def test_a_stretched_period_that_is_billed_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    planted.any_stretch_is_a_cycle(monkeypatch)
    assert check_stretch(46) == "billed", "so the test above would fail"
