"""Export credits: day types of their own, the lock-in, ACC Plus."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.made import account, columns, rules_in, run
from trueup import timeline
from trueup.components import INDEX
from trueup.model import Result
from trueup.rulebook import Rules

READS = [date(2026, 6, 17), date(2026, 7, 17), date(2026, 8, 16)]
HOME = {"program": "sbp", "pto": READS[0], "application": date(2026, 2, 1), "read_dates": READS}


def exact(result: Result, component: str) -> int:
    return int(result.lines.exact[result.lines.component == INDEX[component]].sum())


def friday_rule(text: str) -> str:
    """SCE's calendar with an export list that observes a Saturday holiday on Friday, as PG&E's does."""
    before, after = text.split("  export_prices:")
    return before + "  export_prices:" + after.replace("saturday_holiday: stays", "saturday_holiday: friday")


@pytest.mark.rule("EEC-01")
@pytest.mark.parametrize(("observed_on_friday", "delivery"), [(False, "0.00123"), (True, "0.00045")])
def test_the_export_calendar_decides_the_export_price_and_only_it(
    observed_on_friday: bool, delivery: str, rules: Rules, tmp_path: Path
) -> None:
    """NBT-G9: on Friday 2026-07-03 SCE uses the weekday column; a utility that observes the 4th on Friday the other."""
    own = rules_in(tmp_path, {"calendars/sce.yaml": friday_rule}) if observed_on_friday else rules
    result = run(
        account(**HOME), columns(READS[0], READS[-1], at={"2026-07-03 10": (0, 1000), "2026-07-03 17": (1000, 0)}), own
    )
    assert exact(result, "export.delivery") == int(delivery.replace(".", "")) * 100 * 1000
    on_peak = (result.lines.component == INDEX["delivery"]) & (result.lines.quantity == 1000)
    assert result.lines.price[on_peak].tolist() == [2_962_400 - 76_500], "the tariff's own calendar has a weekday"


@pytest.mark.rule("EEC-04")
@pytest.mark.parametrize(("day", "refused"), [(date(2026, 7, 16), False), (date(2026, 7, 17), True)])
def test_prices_and_the_adder_end_with_the_lock_in(
    day: date, refused: bool, rules: Rules, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a lock-in of thirty days: an export on its last day is paid, one on the day after has no price."""
    monkeypatch.setattr(timeline, "lock_in_end", lambda pto, *_: pto + 30)
    home = account(**HOME, acc_plus="residential")
    result = run(home, columns(READS[0], READS[-1], at={f"{day} 12": (0, 5000)}), rules)
    assert [refusal.error.code for refusal in result.refusals] == (["E-RULE-005"] if refused else [])
    if not refused:
        assert exact(result, "bonus") == 5000 * 160_000


@pytest.mark.rule("EEC-04")
def test_the_adder_is_that_of_the_vintage_for_every_kwh(rules: Rules) -> None:
    home = account(**(HOME | {"application": date(2025, 2, 1)}), acc_plus="equity")
    readings = columns(READS[0], READS[-1], flat=(0, 100))
    result = run(home, readings, rules)
    assert exact(result, "bonus") == int(np.sum(readings.received)) * 560_000
    assert (READS[1] - READS[0]) == timedelta(30)
