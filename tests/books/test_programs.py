"""Runs over the programs of every utility and provider: month by month as at once, sound books, corrections."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from tests.books.made_books import MadeMeters, portfolio, run_all, totals
from tests.made import MadeHome, made_home
from tests.made_places import OTHERS
from tests.made_rules import shared_made_rules
from trueup.books.check import findings
from trueup.books.runs import Books

RULES = shared_made_rules()
TODAY = date(2026, 11, 1)
UTILITIES = set(RULES.utilities)
TWO = ("corrected", "never wrong")


@pytest.fixture(scope="module")
def homes() -> list[MadeHome]:
    """Forty homes of PG&E, SDG&E, fuel cells and biogas whose balances are known from their first day."""
    made = [made_home(seed, OTHERS) for seed in range(60)]
    return [home for home in made if home.account.relevant_period_start is None][:40]


def meters(homes: list[MadeHome]) -> MadeMeters:
    """What their meters said."""
    return MadeMeters({home.account.account: home.readings for home in homes})


@pytest.mark.rule("TRUE-02", "BILL-04", "CCA-06")
def test_month_by_month_and_all_at_once_the_books_of_every_program_hold(homes: list[MadeHome], tmp_path: Path) -> None:
    accounts = portfolio(*(home.account for home in homes))
    run_all(tmp_path / "once", accounts, meters(homes), RULES)
    for k in range(21):
        day = date(2025, 1, 1) + timedelta(31 * k)
        run_all(tmp_path / "monthly", accounts, meters(homes), RULES, through=day, on=day)
    once, monthly = Books(tmp_path / "once").history(), Books(tmp_path / "monthly").history()
    assert findings(once, UTILITIES, TODAY) == findings(monthly, UTILITIES, TODAY) == []
    assert totals(tmp_path / "once").equals(totals(tmp_path / "monthly"))
    assert {home.account.program for home in homes} == set(OTHERS)
    assert len(once.segments) >= 35


def test_a_correction_re_settles_across_the_true_ups_of_every_program(homes: list[MadeHome], tmp_path: Path) -> None:
    """The first third of the readings was too high; corrected, the books hold what they would hold anyway.

    What may no longer be billed stands in the write-offs and is left aside.
    """
    accounts, wrong = portfolio(*(home.account for home in homes)), meters(homes)
    for home in homes:
        column = home.readings.delivered.copy()
        column[0, : column.shape[1] // 3 : 10] += 777
        wrong.readings[home.account.account] = replace(home.readings, delivered=column)
    run_all(tmp_path / "corrected", accounts, wrong, RULES)
    for home in homes:
        wrong.put(home.account.account, home.readings, home.account.read_dates[0])
    run_all(tmp_path / "corrected", accounts, wrong, RULES)
    run_all(tmp_path / "never wrong", accounts, meters(homes), RULES)
    assert findings(Books(tmp_path / "corrected").history(), UTILITIES, TODAY) == []
    billed = [totals(tmp_path / name).filter(pl.col("component") != "back_billing") for name in TWO]
    assert billed[0].equals(billed[1])
    assert len(Books(tmp_path / "corrected").history().entries().filter(pl.col("kind") == "reversal")) > 1000
