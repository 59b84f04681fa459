"""Every check one below its limit, at it, and one above; what is not known is not checked, and says so."""

from datetime import date, timedelta

import numpy as np
import pytest

from tests.intervals.cases import JUNE, RULES, at, home, ints, notes, put, second, stretch, told, with_rule
from trueup.errors import TrueupError
from trueup.intervals import (
    Metered,
    MeterFacts,
    MeterIds,
    RegisterReads,
    Stretches,
    solar,
    validate,
)
from trueup.intervals.sun import elevation_ppm, sine_ppm
from trueup.intervals.trail import NOT_CHECKED
from trueup.intervals.validate import CHECKS
from trueup.model import NO_VALUE, Readings
from trueup.periods import midnight_utc
from trueup.quantities import UNKNOWN, wh_from_kwh_text
from trueup.rulebook.vee import RULE_IDS

HOUR = 3600
PLACE = {"latitude": ints(34_050_000), "longitude": ints(-118_250_000), "storage": ints(0)}


def test_readings_alone_pass_what_can_be_checked_and_say_what_cannot() -> None:
    trail = validate(home(), RULES)
    assert set(trail.verdict.tolist()) == {NOT_CHECKED}
    silent = {"V1", "V2", "V3", "V5", "V6", "V7", "V9", "V10", "V13", "V14", "V15", "V16", "V17"}
    assert {RULE_IDS[rule] for rule in trail.rule} == silent


def test_every_rule_of_the_file_has_a_check_but_duplicates_that_only_rows_have() -> None:
    assert [*CHECKS] == [rule for rule in RULE_IDS if rule.startswith("V") and rule != "V11"]


def test_readings_before_the_first_version_are_refused() -> None:
    with pytest.raises(TrueupError, match="E-VEE-001"):
        validate(home(date(1999, 2, 1), date(1999, 2, 3)), RULES)


@pytest.mark.parametrize(("seconds", "flagged"), [(0, False), (1, True), (-1, True)])
def test_v1_the_collector_is_in_step(seconds: int, flagged: bool) -> None:
    trail = validate(home(collector_seconds=ints(seconds)), RULES)
    assert bool(told(trail, "V1")) is flagged


@pytest.mark.parametrize(("seconds", "flagged"), [(179, False), (180, False), (181, True), (-181, True)])
def test_v3_the_meter_clock_is_within_three_minutes(seconds: int, flagged: bool) -> None:
    trail = validate(home(meter_seconds=ints(seconds)), RULES)
    assert told(trail, "V3") == ([("flag", "all", seconds, 180)] if flagged else [])


@pytest.mark.parametrize(("seconds", "hint"), [(3600 - 181, False), (3600 - 180, True), (3780, True), (3781, False)])
def test_v3_an_hour_off_looks_like_a_clock_change(seconds: int, hint: bool) -> None:
    assert ("an hour off" in str(notes(validate(home(meter_seconds=ints(seconds)), RULES), "V3"))) is hint


def test_v2_data_of_another_meter_are_invalid_in_every_channel() -> None:
    record = MeterIds(ints(0), ints(0), ints(2**40), ints(7))
    exchange = second("2025-06-10 12:00")
    data = MeterIds(ints(0, 0), ints(0, exchange), ints(exchange, 2**40), ints(7, 8))
    assert told(validate(home(of_record=record, in_data=record), RULES), "V2") == []
    found = validate(home(of_record=record, in_data=data), RULES).of("V2")
    assert [(int(f), int(o), int(r)) for f, o, r in zip(found.first, found.observed, found.limit, strict=True)] == [
        (exchange, 8, 7),
        (exchange, 8, 7),
    ]


@pytest.mark.parametrize(("day", "due"), [(date(2026, 3, 8), 92), (date(2026, 3, 9), 96), (date(2025, 11, 2), 100)])
def test_v4_a_local_day_has_92_96_or_100_quarters(day: date, due: int) -> None:
    whole = home(day, day + timedelta(1), 15)
    assert whole.grid.length == due
    assert told(validate(whole, RULES), "V4") == []
    short = put(whole, 1, f"{day} 10:00", NO_VALUE)
    assert told(validate(short, RULES), "V4") == [("fail", "received", 0, 1)]


@pytest.mark.parametrize(("value", "failed"), [(65_534, False), (65_535, True), (65_536, True)])
def test_v5_a_counter_at_its_maximum_is_invalid(value: int, failed: bool) -> None:
    rules = with_rule("V8", floor_w=10**6)
    trail = validate(put(home(counter_wh=ints(65_535)), 0, "2025-06-10 12:00", value), rules)
    assert told(trail, "V5") == ([("fail", "delivered", value, 65_535)] if failed else [])


def test_v5_and_v6_a_bad_status_or_test_mode_spoils_the_intervals_it_touches() -> None:
    half = stretch("2025-06-10 12:30", "2025-06-10 13:30")
    for rule, fact in (("V5", "bad_status"), ("V6", "test_mode")):
        found = validate(home(**{fact: half}), RULES).of(rule)
        assert {(int(a), int(b)) for a, b in zip(found.first, found.last, strict=True)} == {
            (second("2025-06-10 12:00"), second("2025-06-10 14:00"))
        }


def registers(begin: int, counted_wh: int, multiplier: int = 1, dials: int = 5, start_wh: int = 0) -> RegisterReads:
    """Reads of the delivered register at the start and end of June's weeks."""
    last = midnight_utc(JUNE[1].toordinal())
    end_wh = (start_wh + counted_wh) % (10**dials * 1000)
    return RegisterReads(
        ints(0, 0),
        ints(0, 0),
        ints(begin, last),
        ints(start_wh, end_wh),
        ints(multiplier, multiplier),
        ints(dials, dials),
    )


START = midnight_utc(JUNE[0].toordinal())
TOTAL = 500 * 24 * 28


@pytest.mark.parametrize(
    ("off", "flagged"), [(1999, False), (2000, False), (2001, True), (-2000, False), (-2001, True)]
)
def test_v7_intervals_add_to_the_register_within_two_kwh(off: int, flagged: bool) -> None:
    trail = validate(home(registers=registers(START, TOTAL - off)), RULES).of("V7")
    assert told(trail.where(trail.verdict != NOT_CHECKED), "V7") == (
        [("flag", "delivered", off, 2000)] if flagged else []
    )


def test_v7_a_roll_over_is_no_fall_and_the_multiplier_widens_the_tolerance() -> None:
    """99,999 kWh and 336 kWh more: the register shows 335. With a multiplier of 40: 336,000 / 40 = 8,400 Wh counted."""
    rolled = registers(START, TOTAL, start_wh=99_999_000)
    assert int(rolled.value_wh[1]) == 335_000
    for reads in (rolled, registers(START, TOTAL // 40, 40), registers(START, (TOTAL - 80_000) // 40, 40)):
        assert told(validate(home(registers=reads), RULES), "V7") == []
    assert told(validate(home(registers=registers(START, (TOTAL - 80_040) // 40, 40)), RULES), "V7") == [
        ("flag", "delivered", 80_040, 80_000)
    ]


def test_v7_waits_where_intervals_are_missing_and_where_reads_do_not_fit() -> None:
    missing = put(home(registers=registers(START, TOTAL)), 0, "2025-06-10 12:00", NO_VALUE)
    assert notes(validate(missing, RULES), "V7") == {"intervals are missing"}
    askew = home(registers=registers(START + 60, TOTAL))
    assert notes(validate(askew, RULES), "V7") == {"the reads do not fit the intervals"}


def day_of(p1: int, p2: int, p3: int) -> Metered:
    return put(home(), 0, "2025-06-10 12:00", p1, p2, p3)


@pytest.mark.parametrize(("p1", "failed"), [(5599, False), (5600, False), (5601, True)])
def test_v8_a_spike_exceeds_the_third_highest_by_more_than_s(p1: int, failed: bool) -> None:
    """(5600 - 2000) / 2000 = 1.8."""
    trail = validate(day_of(p1, 2000, 2000), with_rule("V8", against="day"))
    assert told(trail, "V8") == ([("fail", "delivered", p1, 5600)] if failed else [])


@pytest.mark.parametrize(("p1", "failed"), [(2999, False), (3000, True)])
def test_v8_nothing_below_the_floor_is_a_spike(p1: int, failed: bool) -> None:
    assert bool(told(validate(day_of(p1, 600, 600), with_rule("V8", against="day")), "V8")) is failed


def test_v8_skips_a_day_whose_third_highest_is_nothing() -> None:
    empty = put(home(flat=(0, 0)), 0, "2025-06-10 12:00", 9000, 100, 0)
    assert told(validate(empty, RULES), "V8") == []


def test_v8_an_appliance_that_the_home_is_used_to_is_no_spike() -> None:
    """A car of 7 kWh in two hourly intervals fails the formula alone; with four of 28 days the 90th percentile has one.

    With `own_peaks` a value must besides exceed 2.5 x 7,000 = 17,500 Wh.
    """
    car = home()
    for day in (3, 10, 17, 24):
        car = put(car, 0, f"2025-06-{day:02d} 01:00", 7000, 7000)
    assert len(told(validate(car, with_rule("V8", against="day")), "V8")) == 4
    assert told(validate(car, RULES), "V8") == []
    for value, failed in ((17_499, False), (17_500, False), (17_501, True)):
        spiked = put(car, 0, "2025-06-12 15:00", value)
        assert bool(told(validate(spiked, RULES), "V8")) is failed


def test_v8_an_interval_with_an_outage_and_the_next_one_do_not_count() -> None:
    surge = put(home(), 0, "2025-06-10 12:00", 0, 9000)
    assert told(validate(surge, RULES), "V8")
    out = Metered.of(surge.readings, MeterFacts(outages=stretch("2025-06-10 12:00", "2025-06-10 13:00")))
    assert told(validate(out, RULES), "V8") == []


def test_v9_energy_without_reactive_energy_is_noted() -> None:
    present = np.ones((1, home().grid.length), dtype=np.bool_)
    assert told(validate(home(kvarh=present), RULES), "V9") == []
    present[0, 5:7] = False
    assert told(validate(home(kvarh=present), RULES), "V9") == [("flag", "delivered", 500, 0)]


@pytest.mark.parametrize(
    ("last_year", "flagged"),
    [(5999, True), (6000, False), (6001, False), (23_999, False), (24_000, False), (24_001, True)],
)
def test_v10_a_day_uses_half_to_twice_of_last_year(last_year: int, flagged: bool) -> None:
    """12,000 Wh a day: twice 6,000, half of 24,000."""
    history = np.array([[last_year], [UNKNOWN]], dtype=np.int64)
    found = [row for row in told(validate(home(history_wh=history), RULES), "V10") if row[0] == "flag"]
    assert bool(found) is flagged


def test_v10_a_day_of_23_or_25_hours_counts_as_much_as_it_is_long() -> None:
    """1 to 30 November 2025 has 25 hours once: 500 Wh an hour are 12,000 in 24 hours, half of 24,000."""
    history = np.array([[24_000], [UNKNOWN]], dtype=np.int64)
    flat = home(date(2025, 11, 1), date(2025, 12, 1), history_wh=history)
    assert not [row for row in told(validate(flat, RULES), "V10") if row[0] == "flag"]
    less = put(flat, 0, "2025-11-10 12:00", 499)
    assert ("flag", "delivered", 11_999, 12_000) in told(validate(less, RULES), "V10")


def test_v10_without_last_year_a_cycle_is_compared_with_the_one_before() -> None:
    edges = [second(f"2025-06-{day:02d} 00:00") for day in (2, 16, 30)]
    cycles = Stretches(ints(0, 0), ints(*edges[:2]), ints(*edges[1:]))
    double = home(cycles=cycles)
    values = [1001] * (14 * 24)
    assert ("flag", "delivered", 24_024, 24_000) in told(
        validate(put(double, 0, "2025-06-16 00:00", *values), RULES), "V10"
    )
    assert not [r for r in told(validate(double, RULES), "V10") if r[0] == "flag"]


def test_v12_a_channel_that_counts_backward_fails() -> None:
    assert told(validate(put(home(), 1, "2025-06-10 12:00", -2), RULES), "V12") == [("fail", "received", -2, 0)]


@pytest.mark.parametrize(("days", "flagged"), [(6, False), (7, True), (8, True)])
def test_v13_a_week_of_zeros_on_an_active_account_is_noted(days: int, flagged: bool) -> None:
    service = stretch("2025-06-01 00:00", "2025-07-01 00:00")
    dark = put(home(active=service), 0, "2025-06-05 00:00", *[0] * (24 * days))
    found = [row for row in told(validate(dark, RULES), "V13") if row[0] == "flag"]
    assert found == ([("flag", "delivered", days, 7)] if flagged else [])


def test_v13_any_use_without_service_is_noted() -> None:
    idle = home(flat=(0, 0), inactive=stretch("2025-06-10 00:00", "2025-06-12 00:00"))
    assert [r for r in told(validate(idle, RULES), "V13") if r[0] == "flag"] == []
    used = put(idle, 0, "2025-06-11 12:00", 1)
    assert [r for r in told(validate(used, RULES), "V13") if r[0] == "flag"] == [("flag", "delivered", 1, 0)]


@pytest.mark.parametrize(
    ("minutes", "value", "flagged"),
    [(60, 5499, False), (60, 5500, False), (60, 5501, True), (15, 1375, False), (15, 1376, True)],
)
def test_v14_export_stays_within_the_nameplate_and_a_tenth(minutes: int, value: int, flagged: bool) -> None:
    noon = put(home(minutes=minutes, nameplate_w=ints(5000)), 1, "2025-06-10 12:00", value)
    found = [row for row in told(validate(noon, RULES), "V14") if row[0] == "flag"]
    assert bool(found) is flagged


def test_v14_nothing_is_exported_while_the_sun_is_down() -> None:
    """Los Angeles, 10 June: the sun sets at 20:04 and is 6 degrees down at 20:33."""
    for clock, flagged in (("20:15", False), ("20:30", False), ("20:45", True), ("04:45", True), ("05:15", False)):
        late = put(home(minutes=15, **PLACE), 1, f"2025-06-10 {clock}", 100)
        assert bool([r for r in told(validate(late, RULES), "V14") if r[0] == "flag"]) is flagged, clock
    with_battery = {**PLACE, "storage": ints(1)}
    assert not [
        r for r in told(validate(put(home(**with_battery), 1, "2025-06-10 23:00", 100), RULES), "V14") if r[0] == "flag"
    ]


@pytest.mark.parametrize(("above", "flagged"), [(-1, True), (0, False), (1, False)])
def test_v14_it_is_night_only_below_the_limit(above: int, flagged: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts per million of the sine of six degrees down, at both edges of each interval."""
    height = -sine_ppm(6) + above
    monkeypatch.setattr(solar, "elevation_ppm", lambda north, east, at: np.full((len(north), len(at)), height))
    late = put(home(**PLACE), 1, "2025-06-10 12:00", 1)
    assert bool([row for row in told(validate(late, RULES), "V14") if row[0] == "flag"]) is flagged


def test_the_sun_stands_where_almanacs_say() -> None:
    """Los Angeles 2025-06-21: sunrise 05:42, sunset 20:08, centre 0.83 degrees down; 2025-12-21: 06:55 and 16:48."""
    clocks = ("2025-06-21 05:42", "2025-06-21 20:08", "2025-12-21 06:55", "2025-12-21 16:48")
    seen = elevation_ppm(PLACE["latitude"], PLACE["longitude"], ints(*(second(clock) for clock in clocks)))[0]
    assert (np.abs(seen + 14_500) < sine_ppm(1)).all()


def billed(*shares: int) -> Metered:
    """Four weekly cycles, of each so many hourly intervals of a channel estimated."""
    edges = [second(f"2025-06-{day:02d} 00:00") for day in (2, 9, 16, 23, 30)]
    plain = home(cycles=Stretches(ints(0, 0, 0, 0), ints(*edges[:-1]), ints(*edges[1:])))
    status = plain.status.copy()
    for week, count in enumerate(shares):
        status[:, 0, week * 168 : week * 168 + count] = 1
    return plain.with_columns(plain.columns, status)


@pytest.mark.parametrize(("bills", "flagged"), [(1, False), (2, False), (3, True), (4, True)])
def test_v15_more_than_two_estimated_bills_in_a_row_are_reported(bills: int, flagged: bool) -> None:
    assert told(validate(billed(*[168] * bills), RULES), "V15") == ([("flag", "all", bills, 2)] if flagged else [])


def test_v15_a_bill_is_estimated_by_more_than_half_and_a_measured_one_ends_the_row() -> None:
    """Half of 168 hours is 84."""
    assert told(validate(billed(84, 168, 168, 84), RULES), "V15") == []
    assert told(validate(billed(85, 168, 168, 84), RULES), "V15") == [("flag", "all", 3, 2)]
    assert told(validate(billed(168, 168, 0, 168), RULES), "V15") == []


@pytest.mark.parametrize(("wh", "flagged"), [(99, False), (100, True), (101, True)])
def test_v16_a_night_that_exports_looks_exchanged(wh: int, flagged: bool) -> None:
    night = put(home(flat=(0, 0), storage=ints(0)), 1, "2025-06-10 03:00", wh)
    assert told(validate(night, RULES), "V16") == ([("flag", "all", wh, 0)] if flagged else [])
    assert told(validate(put(night, 0, "2025-06-10 02:00", wh), RULES), "V16") == []


def test_v16_a_month_of_small_nights_adds_up_and_storage_is_not_checked() -> None:
    """28 nights of 36 Wh are 1,008; of 35, 980."""
    for wh, flagged in ((35, False), (36, True)):
        small = home(flat=(0, 0), storage=ints(0))
        for day in range(2, 30):
            small = put(small, 1, f"2025-06-{day:02d} 23:00", wh)
        assert bool(told(validate(small, RULES), "V16")) is flagged
    assert notes(validate(home(storage=ints(1)), RULES), "V16") == {"storage may export at night"}


@pytest.mark.parametrize(("factor", "flagged"), [(4, False), (5, False), (10, True)])
def test_v18_a_day_of_another_order_is_flagged_in_every_channel(factor: int, flagged: bool) -> None:
    """At five times nothing exceeds the limit."""
    scaled = put(home(), 0, "2025-06-10 00:00", *[500 * factor] * 24)
    rows = told(validate(scaled, RULES), "V18")
    assert [row[1] for row in rows] == (["delivered", "received"] if flagged else [])
    assert bool(told(validate(put(home(), 0, "2025-06-10 00:00", *[500 // factor] * 24), RULES), "V18")) is flagged


@pytest.mark.parametrize(("wh", "flagged"), [(2499, False), (2500, False), (2501, True)])
def test_v18_both_the_day_and_its_quiet_night_exceed_five_times_the_usual(wh: int, flagged: bool) -> None:
    day = put(home(), 0, "2025-06-10 00:00", *[wh] * 24)
    assert bool([row for row in told(validate(day, RULES), "V18") if row[0] == "flag"]) is flagged
    night_as_ever = put(day, 0, "2025-06-10 00:00", *[500] * 5)
    assert not told(validate(put(night_as_ever, 0, "2025-06-10 22:00", 500, 500), RULES), "V18")


@pytest.mark.parametrize(("beside", "flagged"), [(1249, 1), (1250, 1), (1251, 2)])
def test_v18_a_day_beside_such_a_day_belongs_to_it_from_two_and_a_half_times(beside: int, flagged: int) -> None:
    two = put(home(), 0, "2025-06-10 00:00", *[5000] * 24, *[beside] * 24)
    assert len([row for row in told(validate(two, RULES), "V18") if row[1] == "delivered"]) == flagged


@pytest.mark.parametrize(("floor", "flagged"), [(119_999, True), (120_000, True), (120_001, False)])
def test_v18_nothing_below_the_floor_is_judged(floor: int, flagged: bool) -> None:
    day = put(home(), 0, "2025-06-10 00:00", *[5000] * 24)
    assert bool(told(validate(day, with_rule("V18", floor_wh=floor)), "V18")) is flagged


@pytest.mark.parametrize(("peak", "flagged"), [(5999, False), (6000, False), (6001, True)])
def test_v18_three_hours_of_export_exceed_three_times_the_usual_peak(peak: int, flagged: bool) -> None:
    sunny = home(date(2025, 6, 2), date(2025, 7, 7), flat=(500, 0))
    for day in range(35):
        sunny = put(sunny, 1, f"{date(2025, 6, 2) + timedelta(day)} 11:00", *[2000] * 3)
    loud = put(sunny, 1, "2025-06-10 11:00", *[peak] * 3)
    assert bool(told(validate(loud, RULES), "V18")) is flagged


@pytest.mark.parametrize(("days", "checked"), [(7, False), (8, True), (9, True)])
def test_v18_needs_days_around(days: int, checked: bool) -> None:
    short = home(JUNE[0], JUNE[0] + timedelta(days))
    assert bool(notes(validate(short, RULES), "V18")) is not checked


def test_v18_a_car_does_not_look_like_a_multiplier() -> None:
    assert told(validate(put(home(), 0, "2025-06-10 08:00", *[9000] * 10), RULES), "V18") == []


@pytest.mark.parametrize(("distinct", "flagged"), [(2, False), (3, True), (4, True)])
def test_v19_a_day_does_not_repeat_the_day_before(distinct: int, flagged: bool) -> None:
    values = [600 + min(k, distinct - 1) for k in range(24)]
    twice = put(home(), 0, "2025-06-10 00:00", *values, *values)
    assert told(validate(twice, RULES), "V19") == ([("flag", "delivered", distinct, 3)] if flagged else [])


def test_an_account_is_judged_alike_alone_and_among_others() -> None:
    odd = put(put(home(), 0, "2025-06-10 12:00", 90_000), 1, "2025-06-12 10:00", NO_VALUE)
    plain = home()
    both = [np.concatenate([a, b, a]) for a, b in zip(plain.columns, odd.columns, strict=True)]
    many = validate(Metered.of(Readings(plain.readings.first_day, plain.readings.last_day, 60, *both)), RULES)
    alone, mine = validate(odd, RULES), many.where(many.account == 1)
    assert told(alone, "V8") == told(mine, "V8") != []
    assert told(alone, "V4") == told(mine, "V4") != []
    assert told(many.where(many.account != 1), "V8") == []


def test_a_pass_of_the_sum_check_does_not_excuse_a_spike() -> None:
    """The register agrees with the spike; the spike still fails (PSWG, dai3/msg00150)."""
    spiked = put(home(registers=registers(START, TOTAL + wh_from_kwh_text("89.5"))), 0, "2025-06-10 12:00", 90_000)
    trail = validate(spiked, RULES)
    assert told(trail, "V7") == []
    assert at(spiked, "2025-06-10 12:00") == int(spiked.grid.slot(trail.of("V8").first)[0])
