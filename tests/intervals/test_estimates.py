"""What is put in place: lines, outages, reference days, registers; and what stays missing."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.intervals.cases import RULES, at, gap, home, ints, notes, put, read, second, stretch, told, with_rule
from tests.intervals.fleet import made_fleet, plant
from trueup.intervals import Metered, MeterFacts, RegisterReads, Trail, estimate, share_estimated, validate
from trueup.intervals.scaling import largest_remainder
from trueup.intervals.trail import LEFT_MISSING, PUT
from trueup.model import NO_VALUE
from trueup.periods import midnight_utc
from trueup.quantities import Ints
from trueup.reads.batch import ACTUAL, CORRECTED, EDITED, ESTIMATED
from trueup.rulebook.vee import RULE_IDS, VeeRules

GAP = "2025-06-11 10:00"
"""A Wednesday."""
PLACE: dict[str, Ints] = {"latitude": ints(34_050_000), "longitude": ints(-118_250_000), "storage": ints(0)}


def filled(metered: Metered, rules: VeeRules = RULES) -> tuple[Metered, Trail]:
    return estimate(metered, validate(metered, rules), rules)


def test_e1_a_short_gap_is_a_straight_line_in_whole_wh() -> None:
    """From 100 to 110 in 4 steps: 102.5, 105, 107.5; cumulated 102.5, 207.5, 315, cut 102, 207, 315."""
    before = put(home(minutes=15), 0, "2025-06-11 09:45", 100, NO_VALUE, NO_VALUE, NO_VALUE, 110)
    after, trail = filled(before)
    assert read(after, 0, "2025-06-11 09:45", 5) == [100, 102, 105, 108, 110]
    table = trail.of("E1").to_polars()
    assert table["value_wh"].to_list() == [102, 105, 108]
    assert set(table["cause"]) == {"V4"}
    assert set(table["version"]) == {"1999-03-01"}
    assert set(table["note"]) == {"outage_endpoint=skip"}


@pytest.mark.parametrize(
    ("minutes", "count", "rule"),
    [(60, 1, "E1"), (60, 2, "E1"), (60, 3, "E2"), (15, 7, "E1"), (15, 8, "E1"), (15, 9, "E2")],
)
def test_e1_ends_at_two_hours_where_e2_begins(minutes: int, count: int, rule: str) -> None:
    _, trail = filled(gap(home(minutes=minutes), count))
    assert {RULE_IDS[r] for r in trail.rule[trail.verdict == PUT]} == {rule}


def test_e1_a_gap_at_the_edge_of_the_readings_has_no_line() -> None:
    _, trail = filled(gap(home(), 1, text="2025-06-02 00:00"))
    assert {RULE_IDS[r] for r in trail.rule[trail.verdict == PUT]} == {"E2"}


def test_i13_an_interval_with_an_outage_is_an_end_point_by_a_named_option_only() -> None:
    """08:00 900, 09:00 300 (partly out), 10:00 missing, 11:00 600.

    skip: the line from 900 at 08 to 600 at 11 is 700 at 10. use: from 300 at 09 to 600 at 11, 450 at 10.
    """
    dip = put(home(), 0, "2025-06-11 08:00", 900, 300, NO_VALUE, 600)
    part = MeterFacts(outages=stretch("2025-06-11 09:20", "2025-06-11 09:40"))
    for option, value in (("skip", 700), ("use", 450)):
        after, trail = filled(Metered.of(dip.readings, part), with_rule("E1", outage_endpoint=option))
        assert read(after, 0, GAP, 1) == [value]
        assert notes(trail, "E1") == {f"outage_endpoint={option}"}


@pytest.mark.parametrize(("skipped", "rule"), [(1, "E1"), (2, "E1"), (3, "E2")])
def test_e1_looks_for_an_end_point_no_further_than_two_hours_beyond_the_gap(skipped: int, rule: str) -> None:
    """Hours with an outage before the gap are passed over."""
    out = stretch(f"2025-06-11 {10 - skipped:02d}:20", "2025-06-11 09:40")
    _, trail = filled(Metered.of(gap(home(), 1).readings, MeterFacts(outages=out)))
    assert {RULE_IDS[r] for r in trail.rule[trail.verdict == PUT]} == {rule}


def test_e1_an_outage_is_nothing_and_so_is_a_gap_between_two() -> None:
    hours = Metered.of(gap(home(), 3).readings, MeterFacts(outages=stretch("2025-06-11 10:00", "2025-06-11 13:00")))
    after, trail = filled(hours)
    assert read(after, 0, GAP, 3) == [0, 0, 0]
    assert notes(trail, "E1") == {"an outage: 0"}
    two = stretch("2025-06-11 09:30", "2025-06-11 10:00")
    later = stretch("2025-06-11 11:00", "2025-06-11 11:30")
    both = type(two)(ints(0, 0), np.append(two.start, later.start), np.append(two.end, later.end))
    after, trail = filled(Metered.of(gap(home(), 1).readings, MeterFacts(outages=both)))
    assert read(after, 0, GAP, 1) == [0]
    assert notes(trail, "E1") == {"an outage on both sides: 0"}


def wednesdays() -> Metered:
    """Four hours missing on Wednesday 11 June; on others 300 (4th), 600 (18th), 901 (28 May), 7 (25th)."""
    days = home(date(2025, 5, 19), date(2025, 6, 30))
    for day, value in (("06-04", 300), ("06-18", 600), ("05-28", 901), ("06-25", 7)):
        days = put(days, 0, f"2025-{day} 10:00", *[value] * 4)
    return gap(days, 4)


def test_e2_is_the_average_of_the_three_nearest_days_of_the_same_weekday() -> None:
    """4 and 18 June are a week away, 28 May and 25 June two: the earlier. (300 + 600 + 901) / 3 = 600 1/3 an hour.

    Cumulated 600 1/3, 1200 2/3, 1801, 2401 1/3, cut: 600, 600, 601, 600.
    """
    after, trail = filled(wednesdays())
    assert read(after, 0, GAP, 4) == [600, 600, 601, 600]
    assert after.status[0, 0, at(after, GAP)] == ESTIMATED
    assert set(trail.of("E2").verdict.tolist()) == {PUT}


def test_e2_takes_no_estimate_no_suspect_day_and_no_day_with_an_outage() -> None:
    """Without 4 June (estimated) the nearest are 18 June, 28 May, 25 June: (600 + 901 + 7) / 3 = 502 2/3."""
    days = wednesdays()
    status = days.status.copy()
    status[0, 0, at(days, "2025-06-04 10:00")] = ESTIMATED
    without = days.with_columns(days.columns, status)
    values = [502, 503, 503, 502]
    assert read(filled(without)[0], 0, GAP, 4) == values
    out = Metered.of(days.readings, MeterFacts(outages=stretch("2025-06-04 20:00", "2025-06-04 20:30")))
    assert read(filled(out)[0], 0, GAP, 4) == values
    tested = Metered.of(days.readings, MeterFacts(test_mode=stretch("2025-06-04 11:00", "2025-06-04 12:00")))
    assert read(filled(tested)[0], 0, GAP, 4) == values


@pytest.mark.parametrize("rank", [ESTIMATED, EDITED, CORRECTED])
def test_e2_takes_nothing_but_actual_readings(rank: int) -> None:
    days = wednesdays()
    status = days.status.copy()
    status[0, 0, at(days, "2025-06-04 10:00")] = rank
    assert read(filled(days.with_columns(days.columns, status))[0], 0, GAP, 4) == [502, 503, 503, 502]


@pytest.mark.parametrize(("rank", "stands"), [(ACTUAL, False), (CORRECTED, True), (EDITED, True), (ESTIMATED, True)])
def test_e5_only_an_actual_reading_that_fails_is_replaced_by_an_estimate(rank: int, stands: bool) -> None:
    """What the utility or a person put there stands, and the trail asks for a person's judgement."""
    spiked = put(home(), 0, GAP, 90_000)
    status = spiked.status.copy()
    status[0, 0, at(spiked, GAP)] = rank
    after, trail = filled(spiked.with_columns(spiked.columns, status))
    assert read(after, 0, GAP, 1) == ([90_000] if stands else [500])
    assert told(trail, "V8")[0][0] == "fail"
    asked = [row["cause"] for row in trail.of("E5").to_polars().iter_rows(named=True)]
    assert asked == (["V8"] if rank in {CORRECTED, EDITED} else [])


def test_v8_a_spike_that_shows_only_once_the_day_is_filled_is_replaced_too() -> None:
    """With all but two hours of the day missing the third highest is nothing, and the rule passes the day over."""
    day = put(home(), 0, "2025-06-11 00:00", *[NO_VALUE] * 24)
    odd = put(put(day, 0, "2025-06-11 12:00", 90_000), 0, "2025-06-11 20:00", 500)
    assert told(validate(odd, RULES), "V8") == []
    after, trail = filled(odd)
    assert read(after, 0, "2025-06-11 12:00", 1) == [500]
    assert told(trail, "V8") == [("fail", "delivered", 90_000, 2999)]


@pytest.mark.parametrize(("rule", "code"), [("E2", 0), ("E4", 1)])
@pytest.mark.parametrize(("reach", "value"), [(6, NO_VALUE), (7, 500), (8, 500)])
def test_e2_and_e4_look_for_days_no_further_than_their_reach(rule: str, code: int, reach: int, value: int) -> None:
    """Of eight days there are readings of the first only, a Wednesday; the last lacks four hours."""
    two = gap(home(date(2025, 6, 4), date(2025, 6, 12), flat=(500, 500)), 7 * 24, code, "2025-06-05 00:00")
    after, _ = filled(two, with_rule(rule, reach_days=reach))
    assert read(after, code, GAP, 4) == [value] * 4


@pytest.mark.parametrize(("days", "value"), [(2, 450), (3, 600), (4, 452)])
def test_e2_averages_as_many_days_as_it_says(days: int, value: int) -> None:
    """300 and 600; with 901; with 901 and 7: 1808 / 4."""
    assert read(filled(wednesdays(), with_rule("E2", days=days))[0], 0, GAP, 1) == [value]


def test_e2_parts_of_days_serve() -> None:
    days = put(wednesdays(), 0, "2025-06-04 20:00", *[NO_VALUE] * 3)
    assert read(filled(days)[0], 0, GAP, 4) == [600, 600, 601, 600]


def test_e2_a_holiday_is_its_own_type_and_else_a_day_off() -> None:
    """Friday 4 July: one other holiday (26 May) is in reach, too few; so 5, 6 July and 29 June."""
    days = home(date(2025, 5, 19), date(2025, 7, 21))
    for day, value in (("07-03", 9000), ("07-05", 300), ("07-06", 600), ("06-29", 901), ("05-26", 5000)):
        days = put(days, 0, f"2025-{day} 10:00", *[value] * 4)
    after, _ = filled(gap(days, 4, text="2025-07-04 10:00"), with_rule("V8", floor_w=10**6))
    assert read(after, 0, "2025-07-04 10:00", 4) == [600, 600, 601, 600]


@pytest.mark.parametrize(("day", "due"), [(date(2026, 3, 8), 92), (date(2025, 11, 2), 100)])
@pytest.mark.parametrize("minutes", [15, 60])
def test_e2_a_day_of_a_clock_change_is_filled_by_the_clock(day: date, due: int, minutes: int) -> None:
    """Each hour of the days around uses 100 Wh a clock hour per interval, so every filled one says its hour."""
    count = due * 15 // minutes
    days = home(day - timedelta(21), day + timedelta(22), minutes)
    clock = days.grid.clock * 24 // days.grid.per_day
    told_hours = Metered.of(put(days, 0, f"{day - timedelta(21)} 00:00", *(100 * clock)).readings)
    after, trail = filled(gap(told_hours, count, text=f"{day} 00:00"))
    begin = at(after, f"{day} 00:00")
    assert after.columns[0][0].tolist() == (100 * clock).tolist()
    assert len(trail.of("E2")) == count
    assert int(after.grid.day[begin + count]) == int(after.grid.day[begin]) + 1


def test_what_no_day_serves_stays_missing_and_the_trail_says_why() -> None:
    short = gap(home(date(2025, 6, 11), date(2025, 6, 12)), 4)
    after, trail = filled(short)
    assert read(after, 0, GAP, 4) == [NO_VALUE] * 4
    left = trail.where(trail.verdict == LEFT_MISSING)
    assert (left.first.tolist(), left.last.tolist()) == ([second(GAP)], [second("2025-06-11 14:00")])
    assert notes(left, "E2") == {"no reference day"}
    assert filled(gap(home(date(2035, 6, 1), date(2035, 6, 29)), 4, text="2035-06-13 10:00"))[0].columns[0].min() < 0


def sunny() -> Metered:
    """June with export from 08 to 17: 1000 on even days, 400 on odd ones."""
    days = home()
    for day in range(2, 30):
        days = put(days, 1, f"2025-06-{day:02d} 08:00", *[1000 if day % 2 == 0 else 400] * 9)
    return days


def test_e4_takes_days_as_sunny_as_what_was_read_of_the_day() -> None:
    """11 June is dull (400 at 08:00, 09:00, 14:00 to 16:00), so 9, 13 and 7 serve, not 10 and 12."""
    after, trail = filled(gap(sunny(), 4, 1))
    assert read(after, 1, GAP, 4) == [400] * 4
    assert {RULE_IDS[r] for r in trail.rule[trail.verdict == PUT]} == {"E4"}


def test_e4_a_whole_day_takes_the_nearest_days_and_nothing_crosses_the_night() -> None:
    """Of 11 June nothing was read: 10, 12 and 9 June serve: (1000 + 1000 + 400) / 3 = 800; the night stays 0."""
    after, _ = filled(gap(sunny(), 24, 1, "2025-06-11 00:00"))
    assert read(after, 1, "2025-06-11 00:00", 24) == [0] * 8 + [800] * 9 + [0] * 7


def test_e4_is_nothing_while_the_sun_is_down() -> None:
    night = Metered.of(gap(sunny(), 4, 1, "2025-06-11 22:00").readings, MeterFacts(**PLACE))
    after, trail = filled(night)
    assert read(after, 1, "2025-06-11 22:00", 4) == [0] * 4
    assert notes(trail, "E4") == {"the sun is down: 0"}


def test_e4_no_line_of_export_crosses_the_night() -> None:
    """Los Angeles, 11 June, sunrise 05:41: of the hours from 05:00 none is wholly dark, so E1 serves; with 04:00 the
    line would run through the night: 04:00 is nothing, and the rest is taken from other days.
    """
    for first, count, rules in (("05:00", 2, {"E1"}), ("04:00", 2, {"E4"})):
        lost = Metered.of(gap(sunny(), count, 1, f"2025-06-11 {first}").readings, MeterFacts(**PLACE))
        _, trail = filled(lost)
        assert {RULE_IDS[r] for r in trail.rule[trail.verdict == PUT]} == rules


def test_e4_scales_by_the_height_of_the_sun_where_the_place_is_known() -> None:
    """Days near one another differ little: within a percent of the plain average."""
    after, _ = filled(Metered.of(gap(sunny(), 4, 1).readings, MeterFacts(**PLACE)))
    assert all(396 <= value <= 404 for value in read(after, 1, GAP, 4))


def test_an_estimate_of_export_leaves_delivered_energy_alone() -> None:
    before = gap(sunny(), 30, 1)
    after, _ = filled(before)
    assert np.array_equal(before.columns[0], after.columns[0])


def register_of(metered: Metered, code: int, total: int, multiplier: int = 1) -> RegisterReads:
    first, last = (midnight_utc(day) for day in (metered.readings.first_day, metered.readings.last_day))
    return RegisterReads(
        ints(0, 0),
        ints(code, code),
        ints(first, last),
        ints(0, total // multiplier),
        ints(multiplier, multiplier),
        ints(6, 6),
    )


def test_e3_estimates_take_what_the_register_counted_to_the_watt_hour() -> None:
    """28 days of 24 x 500 less four hours read 334,000; the register says 335,001, so 1,001 for four."""
    before = gap(home(), 4)
    before = Metered.of(before.readings, MeterFacts(registers=register_of(before, 0, 335_001)))
    after, trail = filled(before)
    assert read(after, 0, GAP, 4) == [251, 250, 250, 250]
    assert int(after.columns[0].sum()) == 335_001
    assert told(trail, "V7") == []
    assert trail.of("E3").observed.tolist() == [500] * 4


def test_e3_a_spike_that_breaks_the_sum_is_replaced_and_the_sum_holds() -> None:
    """The register says 336,000; a spike of 90,000 fails V8 and the sum; after it the register leaves 500."""
    spiked = put(home(), 0, GAP, 90_000)
    before = Metered.of(spiked.readings, MeterFacts(registers=register_of(spiked, 0, 336_000)))
    assert told(validate(before, RULES), "V7") == [("flag", "delivered", 89_500, 2000)]
    after, trail = filled(before)
    assert (read(after, 0, GAP, 1), told(trail, "V7")) == ([500], [("checked_again", "delivered", 89_500, 2000)])


def test_e3_leaves_estimates_where_the_register_leaves_no_room() -> None:
    before = gap(home(), 4)
    before = Metered.of(before.readings, MeterFacts(registers=register_of(before, 0, 333_999)))
    after, trail = filled(before)
    assert read(after, 0, GAP, 4) == [500] * 4
    assert notes(trail, "E3") == {"the register leaves no room for the estimates, or far too much"}
    assert told(trail, "V7") == [("flag", "delivered", 2001, 2000)]


@pytest.mark.parametrize(("more", "scaled"), [(0, True), (1, False)])
def test_e3_no_interval_takes_more_than_100_mwh(more: int, scaled: bool) -> None:
    """A register misread by a digit is not made true by one missing hour."""
    before = gap(home(), 1)
    rest = int(before.columns[0][before.columns[0] > 0].sum())
    before = Metered.of(before.readings, MeterFacts(registers=register_of(before, 0, rest + 10**8 + more)))
    after, trail = filled(before)
    assert read(after, 0, GAP, 1) == ([10**8] if scaled else [500])
    assert len(told(trail, "V7")) == (0 if scaled else 1)


def test_e3_shares_of_any_size_are_exact() -> None:
    shares = largest_remainder(np.array([10**8, 10**8, 1], dtype=np.int64), 10**12)
    assert int(shares.sum()) == 10**12


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=50), st.integers(0, 10**9))
def test_e3_largest_remainders_are_exact(weights: list[int], total: int) -> None:
    if not any(weights):
        weights = [w + 1 for w in weights]
    shares = largest_remainder(np.array(weights, dtype=np.int64), total)
    assert int(shares.sum()) == total
    whole = sum(weights)
    assert all(abs(int(s) * whole - w * total) < whole for s, w in zip(shares, weights, strict=True))


@given(st.integers(0, 2**32), st.sampled_from([15, 60]), st.sampled_from([1, 40]))
@settings(max_examples=25)
def test_c1_intervals_add_to_the_register_after_e3(seed: int, minutes: int, multiplier: int) -> None:
    """Any gap of any made home: after E3 the channel adds to M x (R_b - R_a), and nothing is negative."""
    whole = made_fleet(seed, 1, minutes, date(2025, 10, 1), date(2025, 11, 20))
    planted = plant("gap", whole, seed)
    code = int(planted.channel[0])
    total = int(whole.columns[code].sum()) // multiplier * multiplier
    facts = MeterFacts(registers=register_of(whole, code, total, multiplier))
    before = Metered.of(planted.metered.readings, facts)
    after, trail = filled(before)
    missing = before.columns[code] == NO_VALUE
    assert np.array_equal(before.columns[code][~missing], after.columns[code][~missing]) or len(trail.of("V8"))
    assert (after.columns[code] >= 0).all()
    assert int(after.columns[code].sum()) == total or len(trail.of("E3").where(trail.of("E3").verdict != PUT))


def test_a_failed_value_is_kept_in_the_trail() -> None:
    spiked = put(home(), 0, GAP, 90_000)
    after, trail = filled(spiked)
    row = trail.of("E1").to_polars().row(0, named=True)
    assert (row["observed"], row["value_wh"], row["cause"]) == (90_000, 500, "V8")
    assert read(after, 0, GAP, 1) == [500]


def test_i2_estimates_of_ours_count_as_estimated_bills() -> None:
    """Three weekly cycles without a reading: nothing can fill them, and the fourth bill is not measured by that."""
    edges = [second(f"2025-06-{day:02d} 00:00") for day in (2, 9, 16, 23, 30)]
    cycles = type(stretch("2025-06-02 00:00", "2025-06-03 00:00"))(
        ints(0, 0, 0, 0), ints(*edges[:-1]), ints(*edges[1:])
    )
    lost = gap(gap(home(cycles=cycles), 24 * 21, 0, "2025-06-02 00:00"), 24 * 21, 1, "2025-06-02 00:00")
    after, trail = filled(lost)
    assert told(trail, "V15") == [("flag", "all", 3, 2)]
    share = share_estimated(after, ints(0, 0), ints(edges[0], edges[3]), ints(edges[3], edges[4]))
    assert share.estimated.tolist() == [[504, 0], [504, 0]]
    assert share.estimated_wh.tolist() == [[252_000, 0], [0, 0]]
    assert share.wh.tolist() == [[252_000, 84_000], [0, 0]]
    assert share.intervals.tolist() == [[504, 168], [504, 168]]
