"""I-3. In 2019 more than 100,000 customers of SCE and Clean Power Alliance had late bills, or bills without one party's
charges, and later several periods on one bill (The South Pasadenan, Claremont Courier). A bill of two parties is whole
when both parties' lines are in; what was late is caught up as one bill for each period.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from tests.books.made_books import MadeMeters, portfolio, run_all, totals
from tests.incidents import planted
from tests.incidents.homes import STATED, VALLEY
from tests.made import account, columns
from tests.made_rules import MADE_CCA, made_rules, shared_made_rules, write_yaml
from trueup.account import Account
from trueup.books import Books
from trueup.books.check import findings
from trueup.books.journal import ISSUE, RECEIVABLE
from trueup.rulebook import Rulebook, Rules

READS = [date(2025, 6, 10) + timedelta(30 * k) for k in range(10)]
WATTS, ON_TIME, LATE = 700, 3, 6
"""Use; bills before the provider's prices stop; read date on which they come."""
BOTH = ("sce", MADE_CCA)
NOONS = {f"{day + timedelta(3)} 12": (WATTS, 20_000) for day in READS[:-1]}
METERS = columns(READS[0], READS[-1], flat=(WATTS, 0), at=NOONS)
RULES = shared_made_rules()


@pytest.fixture(scope="module")
def not_yet_priced(tmp_path_factory: pytest.TempPathFactory) -> Rules:
    """The rules as they are while the provider's prices of later cycles are not in."""
    rules = made_rules(tmp_path_factory.mktemp("late"))
    path = rules.book.folder / f"programs/cca/{MADE_CCA}.yaml"
    data = yaml.load(path.read_text(), Loader=yaml.CBaseLoader)
    write_yaml(path, data | {"through": str(READS[ON_TIME] - timedelta(1))})
    return Rules(Rulebook.load(rules.book.folder))


def home_of(**facts: Any) -> Account:
    """A solar home of the aggregator."""
    solar = {"program": "sbp", "pto": READS[0], "application": date(2025, 1, 5), "nsc_election": "check"}
    return account(**{"read_dates": READS, **solar, **VALLEY, **facts})


def bill_until(folder: Path, home: Account, rules: Rules, *days: date) -> Books:
    """A run on each of some read dates."""
    meters = MadeMeters({"home": METERS})
    for day in days:
        run_all(folder, portfolio(home), meters, rules, through=day, on=day)
    return Books(folder)


def check_whole_bills(books: Books, periods: int) -> None:
    """So many periods are billed, each with one bill of each party for the same metered energy; nothing is pending."""
    issued = books.history().entries().filter((pl.col("component") == ISSUE) & (pl.col("book") == RECEIVABLE))
    bills = sorted(issued.select("cycle_start", "cycle_end", "biller").iter_rows())
    cycles = list(pairwise(READS))[:periods]
    assert bills == sorted((*cycle, biller) for cycle in cycles for biller in BOTH)
    for start, end in cycles:
        metered = WATTS * columns(start, end).delivered.shape[1]
        assert energy(books, start) == {"delivery": metered, "generation": metered}, start
    assert findings(books.history(), {"sce"}, READS[-1]) == []


def energy(books: Books, cycle: date) -> dict[str, int]:
    """Wh of a bill's energy lines by component: delivery is the utility's, generation the provider's."""
    mine = books.history().lines("home").filter(pl.col("cycle_start") == cycle)
    own = {"delivery": "sce", "generation": MADE_CCA}
    return {
        name: int(mine.filter(component=name, biller=biller).get_column("quantity").sum())
        for name, biller in own.items()
    }


def check_late_prices_are_caught_up(folder: Path, early: Rules) -> None:
    """While one party's prices are missing no bill goes out; when they come, one bill for each period."""
    home = home_of()
    check_whole_bills(bill_until(folder / "late", home, early, *READS[1 : ON_TIME + 1]), ON_TIME)
    books = bill_until(folder / "late", home, early, *READS[ON_TIME + 1 : LATE])
    check_whole_bills(books, ON_TIME)
    assert books.waiting(books.catalogue.posted[-1]).get_column("code").to_list() == ["E-RULE-003"]
    check_whole_bills(bill_until(folder / "late", home, RULES, READS[LATE]), LATE)
    bill_until(folder / "on_time", home, RULES, *READS[1 : LATE + 1])
    assert totals(folder / "late").equals(totals(folder / "on_time")), "late is as on time, period by period"


@pytest.mark.rule("CCA-01")
def test_a_bill_waits_for_both_parties_and_is_caught_up_period_by_period(tmp_path: Path, not_yet_priced: Rules) -> None:
    check_late_prices_are_caught_up(tmp_path, not_yet_priced)


def test_who_waits_is_listed_with_the_first_unbilled_day_and_an_age_that_grows(
    tmp_path: Path, not_yet_priced: Rules
) -> None:
    bill_until(tmp_path, home_of(), not_yet_priced, READS[ON_TIME])
    ages = []
    for day in READS[ON_TIME + 1 : LATE]:
        books = bill_until(tmp_path, home_of(), not_yet_priced, day)
        row = books.waiting(books.catalogue.posted[-1]).row(0, named=True)
        assert row["since"] == READS[ON_TIME]
        ages.append(row["days"])
    assert ages == [0, 30], "counted from the end of the first unbilled period"


@pytest.mark.rule("CCA-01")
def test_a_surcharge_that_one_party_has_not_stated_holds_the_whole_bill_back(tmp_path: Path) -> None:
    stated = {month: amount for month, amount in STATED.items() if month < "2025-10"}
    before = home_of(generation_municipal_surcharge=stated)
    books = bill_until(tmp_path, before, RULES, READS[LATE])
    check_whole_bills(books, 3)
    assert books.waiting(books.catalogue.posted[-1]).get_column("code").to_list() == ["E-RULE-007"]
    check_whole_bills(bill_until(tmp_path, home_of(), RULES, READS[LATE]), LATE)


@pytest.mark.rule("CCA-01")
def test_a_reading_that_is_missing_holds_both_parties_back(tmp_path: Path) -> None:
    gap = METERS.delivered.copy()
    gap[0, 24 * (READS[2] - READS[0]).days + 5] = -1
    meters = MadeMeters({"home": replace(METERS, delivered=gap)})
    run_all(tmp_path, portfolio(home_of()), meters, RULES, through=READS[4], on=READS[4])
    check_whole_bills(Books(tmp_path), 2)
    meters.put("home", METERS, READS[2])
    run_all(tmp_path, portfolio(home_of()), meters, RULES, through=READS[4], on=READS[4])
    check_whole_bills(Books(tmp_path), 4)


@pytest.mark.parametrize(
    "bug",
    [
        planted.provider_is_left_out_of_a_bill,
        planted.utility_bills_alone_while_prices_are_missing,
        planted.late_periods_stand_on_one_bill,
    ],
    ids=lambda bug: bug.__name__,
)
def test_each_of_these_bugs_is_caught(
    bug: Callable[[pytest.MonkeyPatch], None], tmp_path: Path, not_yet_priced: Rules, monkeypatch: pytest.MonkeyPatch
) -> None:
    bug(monkeypatch)
    with pytest.raises(AssertionError):
        check_late_prices_are_caught_up(tmp_path, not_yet_priced)
