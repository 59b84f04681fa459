"""The fold: channels, rows and hours; every interval once."""

from datetime import date, timedelta

import numpy as np
import pytest

from tests.made import account, columns, run
from trueup.model import NO_VALUE, Readings, Result
from trueup.periods import runs
from trueup.rulebook import Rules

CYCLE = [date(2025, 10, 20), date(2025, 11, 19)]
SPRING = [date(2026, 2, 20), date(2026, 3, 20)]


def folded(readings: Readings, rules: Rules, cycle: list[date], **fields: object) -> Result:
    return run(account(read_dates=cycle, **fields), readings, rules)


@pytest.mark.parametrize("cycle", [CYCLE, SPRING], ids=["autumn", "spring"])
@pytest.mark.parametrize("minutes", [15, 30, 60])
def test_every_interval_of_a_cycle_counts_once_across_a_clock_change(
    cycle: list[date], minutes: int, rules: Rules
) -> None:
    length = runs(cycle[0].toordinal(), cycle[1].toordinal()).total_hours * 60 // minutes
    values = np.arange(1, length + 1, dtype=np.int32)[None]
    readings = Readings(cycle[0].toordinal(), cycle[1].toordinal(), minutes, values, values * 2)
    found = folded(readings, rules, cycle).profiles
    assert found.delivered.sum() == values.sum()
    assert found.received.sum() == 2 * values.sum()
    assert found.delivered_by_day.sum() == found.delivered.sum()
    assert found.credited_by_day.sum() == found.credited.sum()


def test_the_repeated_autumn_hour_is_a_row_of_its_own_in_clock_hour_one(rules: Rules) -> None:
    readings = columns(*CYCLE, flat=(5, 0))
    second_pass = runs(CYCLE[0].toordinal(), CYCLE[1].toordinal())
    at = int(second_pass.start[second_pass.repeated][0])
    readings.delivered[0, at] = 9000
    result = folded(readings, rules, CYCLE)
    row = int(np.nonzero(result.spans.rows.repeated)[0][0])
    assert result.profiles.delivered[row].nonzero()[0].tolist() == [1]
    assert result.profiles.delivered[row, 1] == 9000
    assert result.spans.rows.days[row] == 0


@pytest.mark.rule("BILL-01")
def test_nem_d3_the_positive_net_is_summed_over_hours_not_over_the_cycle(rules: Rules) -> None:
    hours = {"2025-10-20 00": (2000, 0), "2025-10-20 01": (0, 3000), "2025-10-20 02": (1500, 500),
             "2025-10-20 03": (0, 1000)}  # fmt: skip
    result = folded(columns(*CYCLE, at=hours), rules, CYCLE, program="nem-st", pto=CYCLE[0])
    assert result.profiles.positive_net.sum() == 3000
    assert result.measured.cycle_delivered[0] - result.measured.cycle_credited[0] == -1000


def test_quarters_net_within_their_clock_hour_for_a_home(rules: Rules) -> None:
    readings = columns(*CYCLE, minutes=15)
    readings.delivered[0, :8] = [100, 0, 0, 0, 100, 0, 0, 0]
    readings.received[0, :8] = [0, 60, 0, 0, 0, 0, 0, 0]
    result = folded(readings, rules, CYCLE, program="nem-st", pto=CYCLE[0])
    assert result.profiles.positive_net.sum() == 40 + 100


def test_the_peak_is_the_largest_interval_delivered(rules: Rules) -> None:
    readings = columns(*CYCLE, minutes=15, flat=(10, 0))
    readings.delivered[0, 77] = 2500
    found = folded(readings, rules, CYCLE).profiles.peak
    assert found.max() == 2500
    assert (found == 2500).sum() == 1


def test_nem_d5_credited_export_is_at_most_the_generation_meter_in_each_interval(rules: Rules) -> None:
    readings = columns(*CYCLE)
    readings.received[0, :3] = [2000, 1000, 3000]
    generation = np.zeros_like(readings.received)
    generation[0, :3] = [1500, 2000, 0]
    metered = Readings(readings.first_day, readings.last_day, 60, readings.delivered, readings.received, generation)
    result = folded(metered, rules, CYCLE, program="nem-st", pto=CYCLE[0], exports_limited_by="generation_meter")
    assert result.profiles.credited.sum() == 2500
    assert result.profiles.received.sum() == 6000


def test_a_generation_limit_without_a_generation_channel_is_refused(rules: Rules) -> None:
    fields = {"program": "nem-st", "pto": CYCLE[0], "exports_limited_by": "generation_meter"}
    result = folded(columns(*CYCLE), rules, CYCLE, **fields)
    assert [refusal.error.code for refusal in result.refusals] == ["E-READ-032"]


@pytest.mark.parametrize("channel", ["delivered", "received"])
def test_a_missing_interval_is_refused_with_its_time_and_nothing_is_billed(channel: str, rules: Rules) -> None:
    readings = columns(*CYCLE, minutes=15, flat=(10, 10))
    getattr(readings, channel)[0, 4 * 24 + 5] = NO_VALUE
    result = folded(readings, rules, CYCLE)
    assert [refusal.error.code for refusal in result.refusals] == ["E-READ-030"]
    assert "2025-10-21 01:15 PDT" in result.refusals[0].error.what
    assert len(result.lines.cents) == 0


def test_a_missing_interval_outside_every_cycle_does_not_matter(rules: Rules) -> None:
    readings = columns(CYCLE[0] - timedelta(3), CYCLE[1], flat=(10, 10))
    readings.delivered[0, :24] = NO_VALUE
    assert not folded(readings, rules, CYCLE).refusals


def test_meter_files_that_end_before_the_cycle_are_refused(rules: Rules) -> None:
    result = folded(columns(CYCLE[0], CYCLE[1] - timedelta(1), flat=(10, 0)), rules, CYCLE)
    assert [refusal.error.code for refusal in result.refusals] == ["E-READ-031"]


def test_meter_files_without_any_hour_of_the_cycle_are_refused(rules: Rules) -> None:
    result = folded(columns(CYCLE[1] + timedelta(5), CYCLE[1] + timedelta(9), flat=(10, 0)), rules, CYCLE)
    assert [refusal.error.code for refusal in result.refusals] == ["E-READ-031"]
