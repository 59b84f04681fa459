"""I-1. PG&E withheld or estimated bills for causes in its control, then sent one bill beyond the limit, and was ordered
to refund about $35 million (CPUC resolution G-3372). A household may be asked for three months back, others for three
years; what is older goes to a write-off account, and how long a bill waits is seen on every day of it.
"""

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from tests.books.made_books import TODAY, MadeMeters, portfolio, run_all
from tests.incidents import planted
from tests.made import account, columns
from tests.made_rules import shared_made_rules
from trueup.account import Account
from trueup.books import Books
from trueup.books.check import findings
from trueup.books.journal import RECEIVABLE, WRITE_OFF

RULES = shared_made_rules()
READS = [date(2025, 6, 10) + timedelta(30 * k) for k in range(10)]
NOONS = {f"{day + timedelta(3)} 12": (0, 40_000) for day in READS[:-1]}
METERS = columns(READS[0], READS[-1], flat=(700, 0), at=NOONS)
CATCH_UP = date(2026, 2, 7)
"""The day of the bill that comes late: cycles that ended by 2025-11-07 lie three months back or more."""
CLASSES = {"residential": 5, "small_commercial": 0}
"""How many of the eight cycles are too old to be asked for, by class."""


def home_of(customer: str) -> Account:
    """A solar home, or a shop."""
    schedule = "tou-d-prime" if customer == "residential" else "tou-gs-1-e"
    return account(
        schedule=schedule, customer_class=customer, read_dates=READS, program="sbp", pto=READS[0],
        application=date(2025, 1, 5), nsc_election="check",
    )  # fmt: skip


def asked(folder: Path) -> list[int]:
    """What the customer was asked for with each bill, in cents."""
    entries = Books(folder).history().entries().filter(book=RECEIVABLE)
    sums = entries.group_by("cycle_start").agg(pl.col("amount").sum()).sort("cycle_start")
    return sums.get_column("amount").to_list()


def check_catch_up(folder: Path, customer: str) -> None:
    """Eight bills at once: what is too old is written off to the cent, the rest is asked for, no credit is lost."""
    on_time, late, meters = folder / "on_time", folder / "late", MadeMeters({"home": METERS})
    for day in READS[1:9]:
        run_all(on_time, portfolio(home_of(customer)), meters, RULES, through=day, on=day, ask_late=False)
    run_all(late, portfolio(home_of(customer)), meters, RULES, through=READS[8], on=CATCH_UP, ask_late=False)
    true, count = asked(on_time), CLASSES[customer]
    assert all(cents > 0 for cents in true)
    assert asked(late) == [0] * count + true[count:]
    entries = Books(late).history().entries()
    assert entries.filter(book=WRITE_OFF).get_column("amount").sum() == sum(true[:count])
    assert findings(Books(late).history(), {"sce"}, TODAY) == []
    check_credits(on_time, late)


def check_credits(one: Path, other: Path) -> None:
    """The same stands in every bank and counter."""
    banks = pl.col("book").str.contains(r"^(bank|kwh)\.")
    sums = [Books(folder).history().entries().filter(banks).group_by("book").agg(pl.col("amount").sum()).sort("book")
            for folder in (one, other)]  # fmt: skip
    assert sums[0].equals(sums[1])


def check_lost_credits(folder: Path) -> None:
    """I-9, the solar version: exports that a wrong meter lost long ago are given back in full, whatever their age."""
    lost = columns(READS[0], READS[-1], flat=(700, 0))
    meters, home = MadeMeters({"home": lost}), home_of("residential")
    for day in READS[1:9]:
        run_all(folder / "lost", portfolio(home), meters, RULES, through=day, on=day, ask_late=False)
    meters.put("home", METERS, READS[0])
    run_all(folder / "lost", portfolio(home), meters, RULES, through=READS[8], on=CATCH_UP, ask_late=False)
    run_all(folder / "never", portfolio(home), MadeMeters({"home": METERS}), RULES, through=READS[8], on=CATCH_UP)
    check_credits(folder / "never", folder / "lost")
    assert asked(folder / "lost") == asked(folder / "never")


def check_age(folder: Path) -> None:
    """A reading is missing in the third cycle: the wait begins with its end and is one day longer each day."""
    gap = METERS.delivered.copy()
    gap[0, 24 * 70] = -1
    meters = MadeMeters({"home": columns(READS[0], READS[-1])})
    meters.put("home", type(METERS)(METERS.first_day, METERS.last_day, 60, gap, METERS.received), READS[0])
    ages = []
    for day in (READS[3], READS[3] + timedelta(1), READS[5]):
        done = run_all(folder, portfolio(home_of("residential")), meters, RULES, through=day, on=day)
        row = Books(folder).waiting(done).row(0, named=True)
        assert (row["code"], row["since"]) == ("E-READ-030", READS[2])
        ages.append(row["days"])
    assert ages == [0, 1, 60]


@pytest.mark.parametrize("customer", CLASSES)
def test_what_came_too_late_is_written_off_and_the_rest_is_asked_for(customer: str, tmp_path: Path) -> None:
    check_catch_up(tmp_path, customer)


def test_credits_of_lost_months_are_given_back_whatever_their_age(tmp_path: Path) -> None:
    check_lost_credits(tmp_path)


def test_a_bill_that_waits_shows_its_age(tmp_path: Path) -> None:
    check_age(tmp_path)


def test_asking_the_customer_for_everything_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted.the_customer_pays_for_what_came_late(monkeypatch)
    with pytest.raises(AssertionError):
        check_catch_up(tmp_path, "residential")


def test_cutting_credits_with_the_charges_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted.credits_are_cut_with_the_charges(monkeypatch)
    with pytest.raises(AssertionError):
        check_lost_credits(tmp_path)


def test_a_wait_without_an_age_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted.a_waiting_account_has_no_age(monkeypatch)
    with pytest.raises(AssertionError):
        check_age(tmp_path)
