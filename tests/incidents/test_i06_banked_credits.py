"""I-6. A yearly payout lowered the bill but stayed banked and was paid again every year (NREL SAM #2264); the true-up
month was credited twice (NREL ssc PR 525), the last carry-over lost (ssc PR 483), credits lost where intervals are
shorter than an hour (SAM #320), and a credit stood on the bill without the system (SAM #1273).

Three consecutive years, billed month by month from closing to opening balances: each bank obeys
`opening + granted = applied + forfeited + paid + transferred + closing`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from tests.incidents import planted
from tests.laws.laws import same_lines
from tests.made import account, columns, tiny_rules
from tests.made_rules import MADE_CCA, shared_made_rules
from trueup.account import Account
from trueup.components import INDEX, LEDGERS, PROVIDER, UTILITY
from trueup.facts import gather_facts
from trueup.model import Readings, Result, Shard, State
from trueup.periods import month_text
from trueup.pipeline import settle
from trueup.rulebook import Rules

READS = [date(2023, 7, 10) + timedelta(round(30.4 * k)) for k in range(37)]
MINUTES = (15, 30, 60)
PRICES = {"peak": "0.22", "off_peak": "0.11", "generation": "0.04", "pppc": "0.02", "wfc": "0.005", "daily": "0.40"}
SOLAR: dict[str, Any] = {"schedule": "tiny", "read_dates": READS, "pto": READS[0], "application": date(2023, 1, 5)}
PLAN: dict[str, Any] = SOLAR | {"program": "sbp", "acc_plus": "residential", "local_tax": "0.05"}
LATE: list[dict[str, Any]] = [{"on": READS[20], "choice": "on_bill"}]
HOMES: dict[str, dict[str, Any]] = {
    "plan, check": PLAN | {"nsc_election": "check"},
    "plan, carried in two pools": PLAN | {"nsc_election": "on_bill", "settlement_rule": "R-2024"},
    "plan, elected late": PLAN | {"nsc_elections": LATE},
    "nem 1, yearly": SOLAR | {"program": "nem", "nsc_election": "check"},
    "nem 2, monthly": SOLAR | {"program": "nem-st", "nsc_election": "on_bill", "billing_option": "monthly"},
    "standard": {"schedule": "tiny", "read_dates": READS},
}
CHECK, CARRIED, STANDARD = 0, 1, 5


@dataclass(frozen=True)
class Bank:
    """Which printed lines move a bank, and in which way."""

    granted: tuple[str, ...]
    applied: tuple[str, ...] = ()
    forfeited: tuple[str, ...] = ()
    paid: tuple[str, ...] = ()
    transferred: tuple[str, ...] = ()


BANKS = {
    "export": Bank(
        ("export.delivery", "export.generation"), ("export.used", "credit.earlier_months", "credit.adjustment"),
        ("credit.forfeited",),
    ),
    "bonus": Bank(("bonus",), ("bonus.used",)),
    "climate": Bank(("climate",), ("climate.used",), paid=("climate.paid",)),
    "surplus": Bank(
        ("surplus", "surplus.released"), ("surplus.used", "surplus.applied"), paid=("surplus.paid",),
        transferred=("surplus.held",),
    ),
    "surplus_held": Bank(("surplus.held",), transferred=("surplus.released",)),
}  # fmt: skip


@pytest.fixture(scope="module")
def prices(tmp_path_factory: pytest.TempPathFactory) -> Rules:
    """A schedule of the case's own over the three years."""
    return tiny_rules(tmp_path_factory.mktemp("rules"), PRICES, first="2023-06-01")


def homes(chosen: dict[str, dict[str, Any]]) -> list[Account]:
    """Accounts by their names."""
    return [account(account=name, **facts) for name, facts in chosen.items()]


def meters(count: int, minutes: int, first: date = READS[0], last: date = READS[-1]) -> Readings:
    """The same made quarter hours for every home, added up to longer intervals: more sent out than taken in."""
    like, noise = columns(first, last, minutes=15), np.random.default_rng(6)
    length = like.delivered.shape[1]
    daylight = np.arange(length) % 96 // 24
    taken = noise.integers(0, 300, length) * (noise.random(length) < 0.6)
    sent = noise.integers(0, 900, length) * np.isin(daylight, (1, 2)) * (noise.random(length) < 0.6)
    summed = [each.reshape(-1, minutes // 15).sum(axis=1).astype(np.int32) for each in (taken, sent)]
    return Readings(like.first_day, like.last_day, minutes, *(np.tile(each, (count, 1)) for each in summed))


def at_once(accounts: list[Account], readings: Readings, rules: Rules) -> Result:
    """All cycles in one go."""
    result = settle(Shard(gather_facts(accounts, rules), readings, State.empty(len(accounts))), rules)
    assert not result.refusals, result.refusals[0].error
    return result


def by_month(accounts: list[Account], readings: Readings, rules: Rules) -> Iterator[Result]:
    """Each cycle of its own, with the balances that the one before left."""
    states = (State.empty(len(accounts)), State.empty(len(accounts)))
    for days in pairwise(accounts[0].read_dates):
        facts = gather_facts(accounts, rules, [days] * len(accounts))
        result = settle(Shard(facts, readings, *states), rules)
        assert not result.refusals, result.refusals[0].error
        yield result
        states = (result.books[UTILITY].closing, result.books[PROVIDER].closing)


def printed(result: Result, cycle: int, ledger: int) -> Callable[[tuple[str, ...]], int]:
    """Cents of all lines of some kinds on a ledger's bill, as they are printed."""
    own = (result.lines.cycle == cycle) & (result.lines.ledger == ledger)
    kind, cents = result.lines.component[own], result.lines.cents[own]
    return lambda names: int(cents[np.isin(kind, [INDEX[name] for name in names])].sum())


def check_banks(result: Result) -> None:
    """C-4 for each bank of each home in each ledger, of a result with one cycle per home."""
    for cycle, home in enumerate(result.spans.cycles.account):
        for ledger in range(len(LEDGERS)):
            before = (result.shard.opening, result.shard.provider_opening)[ledger]
            after, of = result.books[ledger].closing, printed(result, cycle, ledger)
            assert before is not None
            for name, bank in BANKS.items():
                opening, closing = (int(getattr(state, name)[home].sum()) for state in (before, after))
                outgo = (abs(of(part)) for part in (bank.applied, bank.forfeited, bank.paid, bank.transferred))
                assert opening + of(bank.granted) == sum(outgo) + closing, (name, cycle, ledger)
                assert closing >= 0, (name, cycle, ledger)
            check_energy(result, cycle, ledger, before, after)


def check_energy(result: Result, cycle: int, ledger: int, before: State, after: State) -> None:
    """The same for the energy ledger, whose credit is negative, and for the counters of the period."""
    home, of, books = result.spans.cycles.account[cycle], printed(result, cycle, ledger), result.books[ledger]
    held = [int(state.energy_to_date[home] - state.energy_billed[home]) for state in (before, after)]
    left = of(("energy.billed",)) + of(("energy.due",)) - of(("energy.forfeited",))
    assert held[0] + int(books.priced.yearly[cycle]) == left + held[1], ("energy", cycle, ledger)
    counted = int(result.spans.cycles.of_ledger(ledger).in_period[cycle])
    for name, metered in (
        ("imported_wh", result.measured.cycle_delivered), ("exported_wh", result.measured.cycle_credited),
    ):  # fmt: skip
        opening, closing = (int(getattr(state, name)[home]) for state in (before, after))
        settled = int(getattr(books.settled, name)[cycle])
        assert opening + int(metered[cycle]) * counted == settled + closing, (name, cycle, ledger)


def check_three_years(minutes: int, rules: Rules) -> None:
    """Every bank in every month, at an interval length."""
    closed = 0
    for result in by_month(homes(HOMES), meters(len(HOMES), minutes), rules):
        check_banks(result)
        closed += int(result.spans.cycles.closes.sum())
    assert closed == 3 * (len(HOMES) - 1)


def check_each_year_pays_its_own_surplus_once(rules: Rules) -> None:
    """Kilowatt-hours counted from the meter, times the rate of the period's last month, paid, and nothing left."""
    for name, by_check in (("plan, check", False), ("nem 1, yearly", True)):
        made = meters(1, 60)
        result = at_once(homes({name: HOMES[name]}), made, rules)
        settled, closes = result.settled, np.nonzero(result.spans.cycles.closes)[0]
        worth = [worth_of_surplus(result, int(k), made) for k in closes]
        assert settled.surplus[closes].tolist() == worth
        assert min(worth) > 0
        assert bool(settled.paid[closes].all()) == by_check, "the plan's bill takes it all, an energy credit nothing"
        assert int((settled.paid + settled.applied + result.billed.surplus_used).sum()) == sum(worth)
        assert int(result.closing.surplus[0]) == int(result.closing.surplus_held[0]) == 0


def worth_of_surplus(result: Result, closing: int, made: Readings) -> int:
    """Cents for what the meter sent out beyond what it took in over the twelve cycles up to a closing one."""
    cycles = result.spans.cycles
    days = (int(cycles.start[closing - 11]) - made.first_day, int(cycles.end[closing]) - made.first_day)
    year = slice(*(hours_before(made, day) for day in days))
    over = int(made.received[0, year].sum()) - int(made.delivered[0, year].sum())
    return cents(over, NSCR[month_text(int(cycles.month[closing]))])


NSCR = {"2024-07": "0.02171", "2025-07": "0.01786", "2026-07": "0.01736"}


def cents(wh: int, dollars: str) -> int:
    """Energy times a price, rounded half up."""
    return int(Fraction(wh, 1000) * Fraction(dollars) * 100 + Fraction(1, 2))


def hours_before(made: Readings, days: int) -> int:
    """How many hours lie before a day of the columns."""
    start = date.fromordinal(made.first_day)
    return columns(start, start + timedelta(days)).delivered.shape[1] if days else 0


def check_left_over_credits_are_used_once(rules: Rules) -> None:
    """The next year begins with what was carried, and with nothing else."""
    result = at_once(homes(HOMES), meters(len(HOMES), 60), rules)
    for home in (CHECK, CARRIED):
        bank, granted, cycles = result.billed.bank, result.priced.granted, result.spans.cycles
        for k in np.nonzero(cycles.closes & (cycles.account == home))[0][:-1]:
            carried = bank[k + 1] - granted[k + 1]
            assert carried.tolist() == result.settled.carried[k].tolist()
            assert bool(carried.sum() > 0) == (home == CARRIED)
            used = result.settled.to_earlier[k] + result.settled.to_adjustment[k] + result.settled.forfeited[k]
            assert (used + carried).tolist() == result.settled.left[k].tolist()


def check_same_at_every_length(rules: Rules) -> None:
    """Homes are netted by the hour at most, so quarter hours and hours are one bill."""
    results = [at_once(homes(HOMES), meters(len(HOMES), minutes), rules) for minutes in MINUTES]
    for shorter in results[:2]:
        same_lines(results[2], shorter)


def check_standard_bill_is_that_of_a_home_without_panels(rules: Rules) -> None:
    """Whatever is sent out, and whatever a neighbour in the shard earns for it."""
    made = meters(len(HOMES), 60)
    bare = Readings(made.first_day, made.last_day, 60, made.delivered[:1], np.zeros_like(made.received[:1]))
    among, alone = at_once(homes(HOMES), made, rules), at_once(homes({"bare": HOMES["standard"]}), bare, rules)
    own = among.spans.cycles.account == STANDARD
    assert among.billed.due[:-1][own].tolist() == alone.billed.due[:-1].tolist()
    assert not among.priced.granted[own].any()
    assert int(made.received.sum()) > 0


@pytest.mark.rule("EEC-06", "BILL-08", "TRUE-02", "NSC-04", "NSC-06")
@pytest.mark.parametrize("minutes", MINUTES)
def test_every_bank_balances_in_each_month_of_three_years(minutes: int, prices: Rules) -> None:
    check_three_years(minutes, prices)


@pytest.mark.rule("CCA-01", "CCA-03", "EEC-07")
@pytest.mark.parametrize("program", ["sbp", "nem"])
def test_every_bank_of_both_ledgers_balances_over_two_aprils(program: str) -> None:
    reads = [date(2025, 1, 8) + timedelta(30 * k) for k in range(20)]
    stated = {f"{year}-{month:02d}": "1.00" for year in (2025, 2026) for month in range(1, 13)}
    home = account(
        program=program, read_dates=reads, pto=reads[0], application=reads[0], nsc_election="on_bill",
        provider=MADE_CCA, crs_vintage=2018, generation_municipal_surcharge=stated,
    )  # fmt: skip
    aprils = 0
    for result in by_month([home], meters(1, 60, reads[0], reads[-1]), shared_made_rules()):
        check_banks(result)
        aprils += int(result.spans.cycles.ledger_closes.sum())
    assert aprils == 2


@pytest.mark.rule("NSC-01", "NSC-10")
def test_each_year_pays_for_its_own_surplus_once_and_clears_the_bank(prices: Rules) -> None:
    check_each_year_pays_its_own_surplus_once(prices)


@pytest.mark.rule("TRUE-04", "TRUE-02")
def test_what_a_true_up_leaves_over_is_used_forfeited_or_carried_and_never_two_of_them(prices: Rules) -> None:
    check_left_over_credits_are_used_once(prices)


def test_bills_are_the_same_from_quarter_hours_half_hours_and_hours(prices: Rules) -> None:
    check_same_at_every_length(prices)


@pytest.mark.rule("CCA-10")
def test_no_credit_leaks_into_the_bill_without_the_program(prices: Rules) -> None:
    check_standard_bill_is_that_of_a_home_without_panels(prices)


def identity(rules: Rules) -> None:
    check_three_years(60, rules)


@pytest.mark.parametrize(
    ("bug", "check"),
    [
        (planted.payout_stays_in_the_bank, identity),
        (planted.payout_stays_in_the_bank, check_each_year_pays_its_own_surplus_once),
        (planted.surplus_is_paid_again, identity),
        (planted.surplus_is_paid_again, check_each_year_pays_its_own_surplus_once),
        (planted.true_up_month_is_credited_twice, identity),
        (planted.true_up_month_is_credited_twice, check_left_over_credits_are_used_once),
        (planted.last_carry_over_is_lost, identity),
        (planted.last_carry_over_is_lost, check_left_over_credits_are_used_once),
        (planted.intervals_are_counted_as_hours, check_same_at_every_length),
        (planted.exports_leak_into_the_standard_bill, check_standard_bill_is_that_of_a_home_without_panels),
    ],
    ids=lambda part: part.__name__,
)
def test_each_of_these_bugs_is_caught(
    bug: Callable[[pytest.MonkeyPatch], None],
    check: Callable[[Rules], None],
    prices: Rules,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bug(monkeypatch)
    with pytest.raises(AssertionError):
        check(prices)
