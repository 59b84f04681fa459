"""I-4. When Clean Power Alliance started in 2019, solar customers got two true-ups in a year (Run on Sun, 2019-03); in
2017 Redwood Coast Energy Authority enrolled homes early by mistake, their true-ups fired and had to be reversed.

A change of supplier closes a relevant period exactly once, and a change by mistake that is undone never was.
"""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from tests.books.made_books import MadeMeters, portfolio, run_all, totals
from tests.incidents import planted
from tests.incidents.homes import STATED
from tests.made import account, billed, columns
from tests.made_rules import MADE_CCA, shared_made_rules
from trueup.account import Account
from trueup.books import Books
from trueup.books.check import findings
from trueup.books.journal import BACK_BILLING, WRITE_OFF
from trueup.books.segments import same
from trueup.components import PROVIDER, UTILITY
from trueup.errors import TrueupError
from trueup.facts import gather_facts
from trueup.model import Cycles
from trueup.periods import month_text
from trueup.timeline import cuts, find_cycles

RULES = shared_made_rules()
LONG = [date(2024, 9, 12) + timedelta(round(30.4 * k)) for k in range(37)]
"""Read dates of three years, for when periods close; nothing is priced."""
READS = [date(2025, 6, 10) + timedelta(30 * k) for k in range(14)]
JOINING: dict[str, Any] = {"provider": MADE_CCA, "crs_vintage": 2018}


def home_of(reads: list[date], **facts: Any) -> Account:
    """A solar home from its first read date on, bundled unless it says otherwise."""
    solar = {"program": "nem", "pto": reads[0], "application": date(2024, 6, 5), "nsc_election": "check"}
    stated = STATED | {f"2024-{month:02d}": "1.00" for month in range(1, 13)}
    return account(**{"read_dates": reads, "generation_municipal_surcharge": stated, **solar, **facts})


def cycles_of(home: Account) -> Cycles:
    """All cycles of a home."""
    facts = gather_facts([home], RULES)
    return find_cycles(facts, cuts(facts))[0]


def true_ups(home: Account) -> list[int]:
    """How many bills lie before each true-up of the utility, its own among them."""
    return (np.nonzero(cycles_of(home).closes)[0] + 1).tolist()


def check_joining_after(bills: int) -> None:
    """The switch closes the running period; the next true-up comes twelve bills later, none on the old anniversary."""
    switch = [{"on": LONG[bills] - timedelta(12), **JOINING}]
    assert true_ups(home_of(LONG, switches=switch)) == [n for n in range(1, 37) if n >= bills and n % 12 == bills % 12]


def check_undo_recorded_as_a_switch() -> None:
    """A home that never left is "switched back": the supplier is the one it has, so nothing closes."""
    stays = home_of(LONG, switches=[{"on": LONG[5], "provider": "bundled"}])
    assert true_ups(stays) == true_ups(home_of(LONG)) == [12, 24, 36]


@pytest.mark.rule("TRUE-06", "CCA-05")
@pytest.mark.parametrize("bills", range(1, 13))
def test_joining_an_aggregator_closes_the_period_once_and_the_old_anniversary_closes_nothing(bills: int) -> None:
    check_joining_after(bills)


@pytest.mark.rule("CCA-03", "TRUE-06")
@pytest.mark.parametrize("bills", range(1, 13))
def test_the_aggregators_own_true_up_comes_once_each_april_that_it_serves(bills: int) -> None:
    home = home_of(LONG, switches=[{"on": LONG[bills], **JOINING}])
    cycles = cycles_of(home)
    months = [month_text(int(month)) for month in cycles.month[cycles.ledger_closes]]
    served = {month_text(int(month)) for month in cycles.month[bills:]}
    assert months == [month for month in ("2025-04", "2026-04", "2027-04") if month in served]


@pytest.mark.rule("TRUE-06")
def test_leaving_again_closes_once_more_and_then_every_twelve_bills() -> None:
    switches = [{"on": LONG[5], **JOINING}, {"on": LONG[9], "provider": "bundled"}]
    home = home_of(LONG, switches=switches)
    assert true_ups(home) == [5, 9, 21, 33]
    assert (np.nonzero(cycles_of(home).ledger_closes)[0] + 1).tolist() == [7, 9], "its April, and when it is left"


@pytest.mark.rule("TRUE-06")
def test_a_switch_back_to_the_supplier_that_one_has_closes_nothing() -> None:
    check_undo_recorded_as_a_switch()


@pytest.mark.rule("TRUE-06")
def test_another_product_of_the_same_aggregator_closes_nothing() -> None:
    plain = home_of(LONG, **JOINING)
    greener = plain.with_facts(switches=[{"on": LONG[5], **JOINING, "product": "green"}])
    assert true_ups(greener) == true_ups(plain) == [12, 24, 36]
    assert np.array_equal(cycles_of(greener).ledger_closes, cycles_of(plain).ledger_closes)


def test_an_undo_before_the_switch_takes_effect_cannot_stand_as_two_switches() -> None:
    """Asked for in August, to hold from the next read date; taken back before it: the pair is refused, not settled."""
    switches = [{"on": READS[2] - timedelta(20), **JOINING}, {"on": READS[2] - timedelta(10), "provider": "bundled"}]
    with pytest.raises(TrueupError) as caught:
        true_ups(home_of(READS, switches=switches))
    assert caught.value.code == "E-ACCT-003"
    assert "does not take effect after" in caught.value.what


@pytest.mark.rule("BILL-13", "TRUE-06")
@pytest.mark.parametrize("program", ["nem", "nem-st", "sbp"])
@pytest.mark.parametrize("bills", [1, 6, 11])
def test_each_kilowatt_hour_is_settled_once_across_a_switch(program: str, bills: int) -> None:
    """In each ledger: what settlements counted and what still runs is what the meter counted while it was kept."""
    home = home_of(READS, program=program, application=date(2025, 1, 5), switches=[{"on": READS[bills], **JOINING}])
    result = billed(home, use(), RULES)
    for ledger, kept in ((UTILITY, slice(None)), (PROVIDER, slice(bills, None))):
        books = result.books[ledger]
        for name, metered in (
            ("imported_wh", result.measured.cycle_delivered),
            ("exported_wh", result.measured.cycle_credited),
        ):
            counted = int(getattr(books.settled, name).sum()) + int(getattr(books.closing, name)[0])
            assert counted == int(metered[kept].sum()) > 0


def use() -> Any:
    """A flat use, and two hours of export a month that are more than it in summer."""
    noons = {f"{day + timedelta(3)} 12": (0, 350_000 - 20_000 * k) for k, day in enumerate(READS[:-1])}
    return columns(READS[0], READS[-1], flat=(300, 0), at=noons)


def live_through(folder: Path, through: list[date], *accounts: Account) -> Books:
    """Runs on some days, each with the account file as it was then."""
    meters = MadeMeters({"home": use()})
    for day, home in zip(through, accounts, strict=True):
        run_all(folder, portfolio(home), meters, RULES, through=day, on=day)
    return Books(folder)


def check_undone_is_never_switched(folder: Path, facts: dict[str, Any], noticed: int) -> None:
    """Enrolled by mistake with bill 5 and billed so up to bill `noticed`; the account file is put right after it."""
    right = home_of(READS, application=date(2025, 1, 5), **facts)
    wrong = right.with_facts(switches=[{"on": READS[5], **JOINING}])
    days = [READS[4], READS[noticed], READS[noticed], READS[13]]
    books = live_through(folder / "undone", days, right, wrong, right, right)
    never = live_through(folder / "never", [READS[13]], right)
    kept = totals(folder / "undone").filter(pl.col("component") != BACK_BILLING)
    assert kept.equals(totals(folder / "never"))
    ends = [held.history().segments["home"][-1].closing for held in (books, never)]
    assert all(same(one, other) for one, other in zip(*ends, strict=True))
    assert findings(books.history(), {"sce"}, READS[13]) == []
    assert settlements_in(folder / "undone") == settlements_in(folder / "never") == {READS[11]}


SETTLING = ("energy.due", "energy.forfeited", "credit.earlier_months", "credit.forfeited", "surplus")


def settlements_in(folder: Path) -> set[date]:
    """First days of the cycles with which the utility's entries settle a period, after all reversals."""
    own = totals(folder).filter(pl.col("component").is_in(SETTLING), pl.col("biller") == "sce")
    return set(own.get_column("cycle_start"))


@pytest.mark.rule("TRUE-06", "CCA-05")
@pytest.mark.parametrize("noticed", [6, 9, 11])
@pytest.mark.parametrize(
    "facts",
    [{"program": "nem"}, {"program": "nem-st", "billing_option": "monthly"}, {"program": "sbp"},
     {"program": "sbp", "settlement_rule": "R-2024"}],
    ids=["nem", "nem 2, monthly", "plan", "plan, carried"],
)  # fmt: skip
def test_a_switch_by_mistake_that_is_undone_equals_never_switched(
    facts: dict[str, Any], noticed: int, tmp_path: Path
) -> None:
    check_undone_is_never_switched(tmp_path, facts, noticed)


def test_the_early_true_up_stays_in_the_history_as_issued_and_reversed(tmp_path: Path) -> None:
    right = home_of(READS, application=date(2025, 1, 5))
    wrong = right.with_facts(switches=[{"on": READS[5], **JOINING}])
    books = live_through(tmp_path, [READS[6], READS[6] + timedelta(1)], wrong, right)
    early = pl.col("component").is_in(SETTLING) & (pl.col("cycle_start") == READS[4])
    entries = books.history().entries().filter(early)
    assert set(entries.get_column("kind")) == {"posted", "reversal"}
    assert entries.group_by("component", "book").agg(pl.col("amount").sum())["amount"].to_list() == [0] * 4
    known = books.history(READS[6]).entries().filter(early)
    assert known.equals(entries.filter(kind="posted")), "as it was known before"
    assert books.history().entries().filter(pl.col("book") == WRITE_OFF).is_empty()


def undone(folder: Path) -> None:
    check_undone_is_never_switched(folder, {"program": "nem"}, 9)


@pytest.mark.parametrize(
    ("bug", "check"),
    [
        (planted.old_anniversary_closes_too, lambda folder: check_joining_after(7)),
        (planted.undo_closes_too, lambda folder: check_undo_recorded_as_a_switch()),
        (planted.early_true_up_is_not_reversed, undone),
        (planted.undo_goes_unnoticed, undone),
    ],
    ids=["old anniversary", "undo closes", "not reversed", "unnoticed"],
)
def test_each_of_these_bugs_is_caught(
    bug: Callable[[pytest.MonkeyPatch], None],
    check: Callable[[Path], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bug(monkeypatch)
    with pytest.raises(AssertionError):
        check(tmp_path)
