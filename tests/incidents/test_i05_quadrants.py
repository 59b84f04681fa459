"""I-5. Utilities disputed whether surplus is paid when the kWh are negative but no dollar credit is left (CPUC final
decision 137431, section 7, on AB 920). SCE's questions and answers on NEM say that the net kWh alone decide.

Four quadrants of (net kWh, net dollars). Imports cost 50 cents on-peak and 5 cents off-peak, exports earn the same
under NEM; the period ends in June 2026, whose NSCR is $0.01815: 2,000 kWh over are 2,000 x 0.01815 = $36.30.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from tests.incidents import planted
from tests.made import account, billed, columns, tiny_rules
from tests.made_rules import MADE_CCA, shared_made_rules
from trueup.components import PROVIDER, UTILITY
from trueup.model import Readings, Result
from trueup.rulebook import Rules

READS = [date(2025, 6, 10) + timedelta(30 * k) for k in range(13)]
STATED = {f"{year}-{month:02d}": "0" for year in (2025, 2026) for month in range(1, 13)}
MORNING, EVENING = "2025-07-02 10", "2025-07-02 17"
"""A Wednesday of summer: off-peak and on-peak."""


@dataclass(frozen=True)
class Quadrant:
    """Wh taken in and sent out in the two hours, the sign of both nets, and what the closing bill says, in cents."""

    name: str
    morning: tuple[int, int]
    evening: tuple[int, int]
    surplus_wh: int
    credit: bool
    energy_due: int
    forfeited: int
    paid_for: int
    applied: int

    @property
    def readings(self) -> Readings:
        """The year's meter columns."""
        return columns(READS[0], READS[12], at={MORNING: self.morning, EVENING: self.evening})


QUADRANTS = (
    # (500 - 2,500) kWh x 0.05 = -$100, forfeited; compensation 2,000 x 0.01815.
    Quadrant("surplus, credit", (500_000, 2_500_000), (0, 0), 2_000_000, True, 0, 10_000, 3630, 0),
    # 1,000 x 0.50 - 3,000 x 0.05 = $350 due, and compensation all the same: it pays what is owed.
    Quadrant("surplus, charge", (0, 3_000_000), (1_000_000, 0), 2_000_000, False, 35_000, 0, 3630, 3630),
    # 3,000 x 0.05 - 1,000 x 0.50 = -$350 is lost: dollars without surplus kWh are paid nothing.
    Quadrant("use, credit", (3_000_000, 0), (0, 1_000_000), 0, True, 0, 35_000, 0, 0),
    # (2,500 - 500) x 0.05 = $100 due.
    Quadrant("use, charge", (2_500_000, 500_000), (0, 0), 0, False, 10_000, 0, 0, 0),
)
every_quadrant = pytest.mark.parametrize("case", QUADRANTS, ids=lambda case: case.name)


@pytest.fixture(scope="module")
def prices(tmp_path_factory: pytest.TempPathFactory) -> Rules:
    """The two prices of the cases."""
    return tiny_rules(tmp_path_factory.mktemp("rules"), {"peak": "0.50", "off_peak": "0.05"})


def year(program: str, readings: Readings, rules: Rules, **facts: Any) -> Result:
    """A settled year; a surplus is paid by check."""
    solar = {"pto": READS[0], "application": date(2025, 1, 5), "nsc_election": "check", "schedule": "tiny"}
    return billed(account(program=program, read_dates=READS, **(solar | facts)), readings, rules)


def closing(result: Result, ledger: int = UTILITY) -> Callable[[str], int]:
    """What the one settlement of a ledger says, by name."""
    closes = np.nonzero(result.spans.cycles.of_ledger(ledger).closes)[0]
    assert len(closes) == 1
    settled = result.books[ledger].settled
    return lambda name: int(np.sum(getattr(settled, name)[closes[0]]))


def check_golden(case: Quadrant, program: str, rules: Rules) -> None:
    """The settlement of an energy ledger, to the cent."""
    said = closing(year(program, case.readings, rules))
    assert (said("surplus_wh"), said("surplus")) == (case.surplus_wh, case.paid_for)
    assert (said("energy_due"), said("energy_forfeited")) == (case.energy_due, case.forfeited)
    assert (said("applied"), said("paid")) == (case.applied, case.paid_for - case.applied)


@pytest.mark.rule("NSC-01", "NSC-05", "TRUE-02")
@every_quadrant
@pytest.mark.parametrize("program", ["nem", "nem-st"])
def test_only_the_sign_of_the_kwh_decides_whether_a_nem_surplus_is_paid(
    program: str, case: Quadrant, prices: Rules
) -> None:
    check_golden(case, program, prices)


@pytest.mark.rule("NSC-01", "TRUE-04")
@every_quadrant
@pytest.mark.parametrize("rule", ["R-FAQ", "R-2023", "R-2024"])
def test_only_the_sign_of_the_kwh_decides_under_the_solar_billing_plan_too(
    rule: str, case: Quadrant, prices: Rules
) -> None:
    result = year("sbp", case.readings, prices, settlement_rule=rule)
    dollars = int(result.priced.payable.sum()) - int(result.priced.granted.sum())
    assert (dollars < 0) == case.credit, "the quadrant is what it says"
    assert closing(result)("surplus") == case.paid_for


@pytest.mark.rule("CCA-04", "NSC-09")
@every_quadrant
def test_an_aggregator_decides_by_the_kwh_too_and_the_utility_pays_its_customers_nothing(case: Quadrant) -> None:
    """Its April of 2026: 0.01818 x 1.10 = 0.019998, at five decimals 0.02000; 2,000 kWh are $40.00."""
    facts = {"provider": MADE_CCA, "crs_vintage": 2018, "generation_municipal_surcharge": STATED}
    result = year("nem", case.readings, shared_made_rules(), schedule="tou-d-prime", **facts)
    assert closing(result, PROVIDER)("surplus") == (4000 if case.surplus_wh else 0)
    assert closing(result, UTILITY)("surplus") == 0


@pytest.mark.rule("NSC-01", "NSC-08")
@pytest.mark.parametrize(("over_wh", "cents"), [(-1, 0), (0, 0), (1, 0), (275, 0), (276, 1), (1_000, 2)])
def test_a_surplus_begins_at_the_first_watt_hour_and_is_paid_however_small(
    over_wh: int, cents: int, prices: Rules
) -> None:
    """0.275 kWh are worth less than half a cent, 0.276 kWh more: 0.276 x 0.01815 = 0.0050."""
    readings = columns(READS[0], READS[12], at={EVENING: (1_000_000, 0), MORNING: (0, 1_000_000 + over_wh)})
    said = closing(year("nem", readings, prices))
    assert (said("surplus_wh"), said("surplus")) == (max(over_wh, 0), cents)
    assert said("energy_due") > 0, "no dollar credit is left, and that changes nothing"


def test_deciding_by_the_dollars_whether_to_pay_is_caught(prices: Rules, monkeypatch: pytest.MonkeyPatch) -> None:
    planted.pays_surplus_only_with_a_dollar_credit(monkeypatch)
    with pytest.raises(AssertionError):
        check_golden(QUADRANTS[1], "nem", prices)


def test_paying_out_a_dollar_credit_without_surplus_kwh_is_caught(
    prices: Rules, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted.pays_out_a_dollar_credit(monkeypatch)
    with pytest.raises(AssertionError):
        check_golden(QUADRANTS[2], "nem", prices)
