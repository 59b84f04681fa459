"""Cancel and rebill: corrected meter data and late tariffs against never having been wrong; what stays as issued."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.books.histories import compare_with_never_wrong
from tests.books.made_books import TODAY, MadeMeters, portfolio, run_all, totals
from tests.made import account, columns, tiny_rules
from tests.made_rules import MADE_CCA, shared_made_rules
from trueup.books import Books
from trueup.books.changes import changes
from trueup.books.check import findings
from trueup.books.journal import BACK_BILLING, RECEIVABLE, WRITE_OFF
from trueup.books.statements import statement
from trueup.model import Readings
from trueup.rulebook import Rules

RULES = shared_made_rules()
READS = [date(2025, 6, 10) + timedelta(30 * k) for k in range(14)]
SOLAR = {"program": "sbp", "pto": READS[0], "application": date(2025, 1, 5), "nsc_election": "check"}
STATED = {f"{year}-{month:02d}": "0" for year in (2025, 2026) for month in range(1, 13)}


@pytest.mark.parametrize("seed", range(100, 260, 40))
def test_wrong_and_corrected_ends_as_never_wrong(seed: int) -> None:
    """Random homes, spoiled and corrected between runs (R-1); bench/histories repeats this for 10,000."""
    assert compare_with_never_wrong(list(range(seed, seed + 40)), RULES) > 20


def home_of(**facts: Any) -> Any:
    return account(**{"read_dates": READS, **SOLAR, **facts})


def use(watts: int, on: dict[date, int] | None = None) -> Readings:
    """A flat use in Wh an hour, and another in the cycles that begin on some days; exports at noon."""
    made = columns(
        READS[0], READS[13], flat=(watts, 0), at={f"{day + timedelta(2)} 12": (0, 40_000) for day in READS[:-1]}
    )
    for day, other in (on or {}).items():
        begin = 24 * (day - READS[0]).days
        made.delivered[0, begin + 48 : begin + 72] = other
    return made


def corrected(folder: Path, home: Any, before: Readings, after: Readings, from_day: date, on: date) -> Books:
    """Post everything by the last read date, correct the meter data from a day on, and post again on a day."""
    meters = MadeMeters({"home": before})
    run_all(folder, portfolio(home), meters, RULES, through=READS[12], on=READS[12])
    meters.put("home", after, from_day)
    run_all(folder, portfolio(home), meters, RULES, through=READS[12], on=on)
    return Books(folder)


def test_the_difference_is_posted_as_reversal_and_restatement_of_the_lines_that_differ(tmp_path: Path) -> None:
    books = corrected(tmp_path, home_of(), use(300), use(300, {READS[11]: 200}), READS[11], READS[12])
    last = books.catalogue.posted[-1]
    entries = books.shelf(last).table("entries", last.manifest)
    assert set(entries.get_column("kind")) == {"reversal", "restatement"}
    assert entries.get_column("cycle_start").unique().to_list() == [READS[11]]
    found = changes(books, last)
    assert found.new.is_empty()
    assert set(found.restated.get_column("cycle_start")) == {READS[11]}
    lower = found.asked.row(0, named=True)
    assert (lower["account"], lower["biller"], lower["amount"] < 0) == ("home", "sce", True)
    assert findings(books.history(), {"sce"}, TODAY) == []


def test_issued_statements_stay_as_they_were(tmp_path: Path) -> None:
    books = corrected(tmp_path, home_of(), use(300), use(300, {READS[11]: 200}), READS[11], READS[13])
    before, now = (statement(books.history(day), "home", READS[11]) for day in (READS[12], READS[13]))
    assert before != now
    only_once = tmp_path / "only_once"
    run_all(only_once, portfolio(home_of()), MadeMeters({"home": use(300)}), RULES, through=READS[12], on=READS[12])
    assert statement(Books(only_once).history(), "home", READS[11]) == before, "byte for byte as issued"
    assert statement(books.history(READS[13] - timedelta(1)), "home", READS[11]) == before, "the day before the rebill"


def test_correcting_twice_is_correcting_once(tmp_path: Path) -> None:
    after = use(300, {READS[5]: 200})
    books = corrected(tmp_path, home_of(), use(300), after, READS[5], READS[12])
    before = totals(tmp_path)
    meters = MadeMeters({"home": after}, [("home", READS[5])] * 2)
    again = run_all(tmp_path, portfolio(home_of()), meters, RULES, through=READS[12], on=READS[12])
    assert books.shelf(again).table("entries", again.manifest).is_empty()
    assert totals(tmp_path).equals(before)


def test_a_correction_in_a_month_restates_every_later_one_that_it_changes_up_to_the_true_up(tmp_path: Path) -> None:
    """More exports in the first cycle: the bank pays later months, and the settlement has another rest."""
    more = use(300)
    more.received[0, 24 * 3 + 12] = 9_000_000
    books = corrected(tmp_path, home_of(), use(300), more, READS[0], READS[12])
    restated = changes(books, books.catalogue.posted[-1]).restated
    cycles = set(restated.get_column("cycle_start"))
    assert {READS[0], READS[1], READS[11]} <= cycles
    assert findings(books.history(), {"sce"}, TODAY) == []


@pytest.mark.parametrize(("days", "off"), [(-1, False), (0, True), (1, True)])
def test_an_undercharge_beyond_the_limit_is_written_off(days: int, off: bool, tmp_path: Path) -> None:
    """I-1: a home's cycle that ended on 2026-03-07 may be billed up to 2026-06-06, three months later not any more."""
    cycle, ended = READS[8], READS[9]
    assert str(ended) == "2026-03-07"
    books = corrected(tmp_path, home_of(), use(300), use(300, {cycle: 900}), cycle, date(2026, 6, 7) + timedelta(days))
    written = sum_of(books, pl.col("book") == WRITE_OFF)
    asked = sum_of(books, (pl.col("book") == RECEIVABLE) & (pl.col("cycle_start") == cycle))
    before = due_of(tmp_path / "before", home_of(), use(300), cycle)
    truth = due_of(tmp_path / "truth", home_of(), use(300, {cycle: 900}), cycle)
    assert truth > before
    assert (asked, written) == ((before, truth - before) if off else (truth, 0))


@pytest.mark.parametrize(("days", "off"), [(-1, False), (0, True), (1, True)])
@pytest.mark.parametrize("taken_over", [False, True])
def test_a_bill_withheld_beyond_the_limit_is_written_off(
    days: int, off: bool, taken_over: bool, tmp_path: Path
) -> None:
    """I-1: nothing was billed for a year; the cycle that ended on 2026-03-07 comes three months late. Its credits stay.
    Accounts taken over from other books are asked for everything."""
    on, meters = date(2026, 6, 7) + timedelta(days), MadeMeters({"home": use(300)})
    run_all(tmp_path / "late", portfolio(home_of()), meters, RULES, through=READS[12], on=on, ask_late=taken_over)
    run_all(tmp_path / "taken", portfolio(home_of()), meters, RULES, through=READS[12], on=on)
    late, taken = Books(tmp_path / "late"), Books(tmp_path / "taken")
    cycle = (pl.col("book") == RECEIVABLE) & (pl.col("cycle_start") == READS[8])
    due = due_of(tmp_path / "truth", home_of(), use(300), READS[8])
    assert due > 0
    assert sum_of(late, cycle) == (0 if off and not taken_over else due)
    assert (sum_of(late, pl.col("book") == WRITE_OFF) > 0) != taken_over
    banks = pl.col("book").str.starts_with("bank.") | pl.col("book").str.starts_with("kwh.")
    assert sum_of(late, banks) == sum_of(taken, banks), "no credit is lost"
    assert findings(late.history(), {"sce"}, TODAY) == []


def sum_of(books: Books, which: pl.Expr) -> int:
    return int(books.history().entries().filter(which).get_column("amount").sum())


def due_of(folder: Path, home: Any, readings: Readings, cycle: date) -> int:
    """Cents asked for a cycle where the data were right from the start."""
    run_all(folder, portfolio(home), MadeMeters({"home": readings}), RULES, through=READS[12], on=READS[12])
    entries = Books(folder).history().entries()
    return int(
        entries.filter((pl.col("book") == RECEIVABLE) & (pl.col("cycle_start") == cycle)).get_column("amount").sum()
    )


@pytest.mark.parametrize(
    ("customer", "months"), [("residential", 3), ("small_commercial", 36), ("large_commercial", 36)]
)
def test_the_limit_depends_on_the_customer_class(customer: str, months: int, rules: Rules) -> None:
    """Resolution G-3372: three months for homes, three years for others."""
    assert rules.book.back_billing.months(customer, TODAY) == months


def test_a_credit_is_never_cut_and_comes_back_after_a_write_off(tmp_path: Path) -> None:
    """An old undercharge is written off; the next correction takes it back and gives a credit: no cent is lost."""
    cycle = READS[2]
    meters = MadeMeters({"home": use(300)})
    for step, watts in enumerate((300, 900, 100)):
        meters.put("home", use(300, {cycle: watts}), cycle)
        run_all(tmp_path, portfolio(home_of()), meters, RULES, through=READS[12], on=READS[12] + timedelta(step))
    entries = Books(tmp_path).history().entries()
    off = entries.filter(pl.col("component") == BACK_BILLING)
    assert off.height == 4, "written off, and taken back"
    assert off.filter(pl.col("book") == WRITE_OFF).get_column("amount").sum() == 0
    asked = entries.filter((pl.col("book") == RECEIVABLE) & (pl.col("cycle_start") == cycle)).get_column("amount").sum()
    assert asked == due_of(tmp_path / "truth", home_of(), use(300, {cycle: 100}), cycle)


def test_a_tariff_that_came_late_is_billed_again_from_its_day(tmp_path: Path) -> None:
    """The price of a case's own schedule turns out double from a day on: billed again from there, nothing before."""
    early = tiny_rules(tmp_path / "a", {"peak": "0.20"})
    late = tiny_rules(tmp_path / "b", {"peak": "0.20", "then": {"from": "2026-01-06", "peak": "0.40"}})
    home = home_of(schedule="tiny", program="standard", pto=None, application=None)
    meters = MadeMeters({"home": columns(READS[0], READS[13], flat=(100, 0))})
    run_all(tmp_path / "books", portfolio(home), meters, early, through=READS[5])
    run_all(tmp_path / "books", portfolio(home), meters, early, through=READS[10])
    assert READS[7] == date(2026, 1, 6)
    last = run_all(tmp_path / "books", portfolio(home), meters, late, through=READS[10], again_from=READS[7])
    books = Books(tmp_path / "books")
    restated = books.shelf(last).table("entries", last.manifest)
    assert restated.get_column("cycle_start").min() == READS[7]
    run_all(tmp_path / "right", portfolio(home), meters, late, through=READS[10])
    kept = totals(tmp_path / "books").filter(pl.col("component") != BACK_BILLING)
    assert kept.equals(totals(tmp_path / "right"))


def test_both_ledgers_are_restated_and_neither_pays_for_the_other(tmp_path: Path) -> None:
    facts = {"provider": MADE_CCA, "crs_vintage": 2018, "generation_municipal_surcharge": STATED}
    books = corrected(tmp_path, home_of(**facts), use(300), use(300, {READS[11]: 200}), READS[11], READS[12])
    found = changes(books, books.catalogue.posted[-1])
    assert set(found.asked.get_column("biller")) == {"sce", MADE_CCA}
    assert findings(books.history(), {"sce"}, TODAY) == []
