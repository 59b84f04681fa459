"""I-10. A home in Hayward paid bills of about $35 a month and then got a true-up of $7,228.32 (a customer's report).
Each bill must say what the running period would settle, and with the last bill that is the settlement.
"""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import trueup
from tests.incidents import planted
from tests.incidents.homes import VALLEY
from tests.made import account, columns, reads_of
from tests.made_rules import MADE_CCA, shared_made_rules
from trueup.balances import Opening
from trueup.components import PROVIDER, UTILITY
from trueup.facts import gather_facts
from trueup.model import Readings, Result, Shard, State
from trueup.pipeline import settle
from trueup.settlement import SoFar

READS = [date(2025, 6, 10) + timedelta(30 * k) for k in range(15)]
SOLAR: dict[str, Any] = {"pto": READS[0], "application": date(2025, 1, 5), "nsc_election": "check"}
MADE = shared_made_rules()
HAYWARD = (2_000, 100_000)
"""Wh an hour taken in, and Wh sent out at noon of one day a month: heavy use."""
SUNNY = (300, 400_000)
"""The same of a home that sends out more than it takes in."""
PROGRAMS: dict[str, dict[str, Any]] = {
    "nem 1, yearly": {"program": "nem"},
    "nem 2, monthly": {"program": "nem-st", "billing_option": "monthly"},
    "plan": {"program": "sbp"},
    "plan, carried": {"program": "sbp", "settlement_rule": "R-2024"},
    "nem 2, aggregator": {"program": "nem-st", **VALLEY},
    "plan, aggregator": {"program": "sbp", **VALLEY},
}
every_program = pytest.mark.parametrize("facts", PROGRAMS.values(), ids=PROGRAMS)
every_use = pytest.mark.parametrize("use", [HAYWARD, SUNNY], ids=["heavy", "sunny"])


def home_of(facts: dict[str, Any]) -> trueup.Account:
    return account(**{"read_dates": READS, **SOLAR, **facts})


def meter(use: tuple[int, int]) -> Readings:
    noons = {f"{day + timedelta(3)} 12": (0, use[1]) for day in READS[:-1]}
    return columns(READS[0], READS[-1], flat=(use[0], 0), at=noons)


def bills_of(home: trueup.Account, use: tuple[int, int], last: date = READS[-1], **more: Any) -> trueup.Bills:
    """All bills up to a read date."""
    return trueup.bill(home, reads_of(meter(use)), READS[0], last, rules=more.pop("rules", MADE), **more)


def said(bills: trueup.Bills) -> list[tuple[str, str, int, int]]:
    return [(one.month, one.biller, one.due.cents, one.compensation.cents) for one in bills.so_far]


def settled(result: Result, cycle: int) -> list[tuple[int, int]]:
    """What the settlements that close with a cycle say: due and compensation in cents, the utility's first."""
    cycles, found = result.spans.cycles, []
    for ledger in (UTILITY, PROVIDER):
        closed = result.books[ledger].settled
        if cycles.of_ledger(ledger).closes[cycle]:
            found.append((int(closed.due[cycle]), int(closed.surplus[cycle])))
    return found


def check_each_estimate_is_what_ending_there_would_settle(facts: dict[str, Any], use: tuple[int, int]) -> None:
    """After each bill the estimate is the settlement of the same home if its service ended with that bill."""
    home, meters = home_of(facts), meter(use)
    estimates = bills_of(home, use).so_far
    ledgers = 2 if "provider" in facts else 1
    assert len(estimates) == len(READS[1:]) * ledgers
    ended = ended_on_each_day(home, meters)
    for number, last in enumerate(np.nonzero(ended.spans.cycles.final)[0]):
        told = estimates[ledgers * number : ledgers * (number + 1)]
        assert [(one.due.cents, one.compensation.cents) for one in told] == settled(ended, last), READS[number + 1]


def ended_on_each_day(home: trueup.Account, meters: Readings) -> Result:
    """The same home once for each read date, with its service ended there."""
    homes = [home.with_facts(service_end=day, account=str(day)) for day in READS[1:]]
    both = (np.repeat(channel, len(homes), axis=0) for channel in (meters.delivered, meters.received))
    shard = Shard(
        gather_facts(homes, MADE), Readings(meters.first_day, meters.last_day, 60, *both), State.empty(len(homes))
    )
    result = settle(shard, MADE)
    assert not result.refusals
    return result


def check_the_last_estimate_of_a_period_is_its_settlement(facts: dict[str, Any], use: tuple[int, int]) -> None:
    """In each ledger, with the bill that closes its year."""
    bills = bills_of(home_of(facts), use)
    cycles, by_name = bills.result.spans.cycles, {(one.month, one.biller): one for one in bills.so_far}
    closings = 0
    for ledger, biller in enumerate(("sce", MADE_CCA)):
        closed = bills.result.books[ledger].settled
        for k in np.nonzero(cycles.of_ledger(ledger).closes)[0]:
            last = by_name[bills.rows[k].month, biller]
            assert (last.due.cents, last.compensation.cents) == (closed.due[k], closed.surplus[k])
            closings += 1
    assert closings == (2 if "provider" in facts else 1)


@pytest.mark.rule("BILL-13", "TRUE-06")
@every_use
@every_program
def test_after_each_bill_the_estimate_is_the_settlement_as_if_service_ended_there(
    facts: dict[str, Any], use: tuple[int, int]
) -> None:
    check_each_estimate_is_what_ending_there_would_settle(facts, use)


@pytest.mark.rule("BILL-13", "TRUE-02", "CCA-03")
@every_use
@every_program
def test_with_the_last_bill_of_a_period_the_estimate_is_its_settlement(
    facts: dict[str, Any], use: tuple[int, int]
) -> None:
    check_the_last_estimate_of_a_period_is_its_settlement(facts, use)


@pytest.mark.rule("BILL-04")
def test_small_monthly_bills_come_with_an_estimate_that_grows_by_each_months_energy() -> None:
    """Hayward's year: no bill reaches $40, and the true-up of thousands is told from the first month on."""
    bills = bills_of(home_of({"program": "nem"}), HAYWARD, READS[12])
    due, energy = bills.result.billed.due[:12], np.cumsum(bills.result.priced.yearly[:12])
    assert int(due[:11].max()) < 4_000
    estimates = [one.due.cents for one in bills.so_far]
    assert estimates == (energy + due).tolist(), "the energy so far and the month's own bill"
    assert estimates == sorted(estimates)
    assert estimates[-1] == int(bills.result.settled.due[11]) > 400_000


def test_a_net_generators_estimate_promises_compensation_as_the_surplus_grows() -> None:
    estimates = bills_of(home_of({"program": "nem"}), SUNNY, READS[12]).so_far
    earned = [one.compensation.cents for one in estimates]
    assert earned[0] > 0
    assert all(later > earlier for earlier, later in pairwise(earned[2:])), "beside the rate of the month"


def test_the_next_period_starts_again_from_nothing() -> None:
    bills = bills_of(home_of({"program": "nem"}), HAYWARD)
    closing, after = bills.so_far[11:13]
    assert after.due.cents == int(bills.result.billed.due[12] + bills.result.priced.yearly[12])
    assert 8 * after.due.cents < closing.due.cents


@pytest.mark.parametrize("facts", [{}, {"pto": None, "application": None}, VALLEY], ids=["pto", "none", "aggregator"])
def test_a_home_without_a_period_is_told_no_estimate(facts: dict[str, Any]) -> None:
    home = home_of({"program": "standard", "nsc_election": "none"} | facts)
    assert bills_of(home, HAYWARD).so_far == []


def test_bills_before_permission_to_operate_tell_no_estimate() -> None:
    home = home_of({"program": "sbp", "pto": READS[3]})
    assert {one.month for one in bills_of(home, SUNNY).so_far} == {row.month for row in bills_of(home, SUNNY).rows[3:]}


@pytest.mark.parametrize("facts", [PROGRAMS["nem 1, yearly"], PROGRAMS["plan, aggregator"]], ids=["nem", "two ledgers"])
def test_a_bill_made_from_the_balances_of_the_one_before_tells_the_same_estimate(facts: dict[str, Any]) -> None:
    home, opening, found = home_of(facts), None, []
    for start, end in pairwise(READS):
        bills = trueup.bill(home, reads_of(meter(HAYWARD)), start, end, opening, MADE)
        own, provider = bills.result.books
        opening = Opening(own.closing, home.account, str(end), provider.closing)
        found += said(bills)
    assert found == said(bills_of(home, HAYWARD))


@pytest.mark.rule("CCA-01", "CCA-04")
def test_an_account_of_clean_power_alliance_is_told_both_ledgers_apart(rules: trueup.Rules) -> None:
    """At the prices that are known, July and August 2026; service ends, so both ledgers settle."""
    reads = [date(2026, 7, 1), date(2026, 7, 30), date(2026, 8, 20)]
    cpa = VALLEY | {"provider": "clean-power-alliance", "product": "clean", "pto": reads[0], "service_end": reads[2]}
    home = home_of(cpa | {"program": "nem", "read_dates": reads, "application": date(2026, 1, 5)})
    readings = columns(reads[0], reads[2], flat=(1_000, 0), at={"2026-08-03 12": (0, 50_000)})
    bills = trueup.bill(home, reads_of(readings), reads[0], reads[2], rules=rules)
    apart = [(one.month, one.biller) for one in bills.so_far]
    assert apart == [(month, who) for month in ("2026-07", "2026-08") for who in ("sce", "clean-power-alliance")]
    last: list[SoFar] = bills.so_far[2:]
    assert [(one.due.cents, one.compensation.cents) for one in last] == settled(bills.result, 1)
    assert last[0].due.cents > bills.result.billed.due[1], "with the energy of both months"


@pytest.mark.parametrize(
    "facts", [PROGRAMS["nem 1, yearly"], PROGRAMS["nem 2, aggregator"]], ids=["nem", "two ledgers"]
)
def test_an_estimate_that_leaves_out_the_last_month_is_caught(
    facts: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    planted.estimate_leaves_out_the_last_month(monkeypatch)
    with pytest.raises(AssertionError):
        check_each_estimate_is_what_ending_there_would_settle(facts, HAYWARD)
    with pytest.raises(AssertionError):
        check_the_last_estimate_of_a_period_is_its_settlement(facts, HAYWARD)


def test_an_estimate_without_the_providers_ledger_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    planted.estimate_leaves_out_the_provider(monkeypatch)
    with pytest.raises(AssertionError):
        check_each_estimate_is_what_ending_there_would_settle(PROGRAMS["nem 2, aggregator"], HAYWARD)
