"""Laws of estimation, of any made home with any planted defect: exact, kept, never below nothing, never a reference."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.intervals.cases import RULES
from tests.intervals.fleet import made_fleet, plant
from trueup.intervals import Metered, RegisterReads, Stretches, Trail, estimate, validate
from trueup.intervals.trail import LEFT_MISSING, PUT
from trueup.model import NO_VALUE
from trueup.periods import midnight_utc
from trueup.quantities import Ints
from trueup.reads.batch import ACTUAL, CORRECTED, EDITED, ESTIMATED, NONE

SEEDS = st.integers(0, 2**32)
LENGTHS = st.sampled_from([15, 60])


def troubled(seed: int, minutes: int, registers: bool = False) -> Metered:
    """Two homes over seven weeks and a clock change: gaps, spikes, a bad status, an outage, values of all ranks."""
    clean = made_fleet(seed, 2, minutes, date(2026, 2, 15), date(2026, 4, 5))
    bad = plant("spike", plant("gap", clean, seed).metered, seed + 1).metered
    chance = np.random.default_rng(seed)
    status = bad.status.copy()
    for code in range(2):
        for rank in (ESTIMATED, EDITED, CORRECTED):
            begin = int(chance.integers(0, bad.grid.length - 40))
            part = status[code, :, begin : begin + 40]
            part[part != NONE] = rank
    spoiled, out = (_stretch(bad, chance) for _ in range(2))
    facts = replace(bad.facts, bad_status=spoiled, outages=out, registers=_registers(clean) if registers else None)
    return Metered.of(bad.readings, facts, status)


def _stretch(metered: Metered, chance: np.random.Generator) -> Stretches:
    """Some hours of each home."""
    start = metered.grid.first_utc + 1800 * chance.integers(0, metered.grid.days * 48 - 30, 2)
    return Stretches(np.arange(2), start, start + 1800 * chance.integers(1, 20, 2))


def _registers(clean: Metered) -> RegisterReads:
    """What the registers of all channels counted in truth."""
    ends = [midnight_utc(day) for day in (clean.readings.first_day, clean.readings.last_day)]
    rows = [
        (account, code, instant, shown)
        for account in range(2)
        for code in range(2)
        for instant, shown in zip(ends, (0, int(clean.columns[code][account].sum())), strict=True)
    ]
    account, channel, instant, value = np.array(rows, dtype=np.int64).T
    return RegisterReads(account, channel, instant, value, np.ones_like(account), np.full_like(account, 6))


def filled(metered: Metered) -> tuple[Metered, Trail]:
    return estimate(metered, validate(metered, RULES), RULES)


def stack(metered: Metered) -> Ints:
    return np.stack(metered.columns).astype(np.int64)


def at_once(metered: Metered, trail: Trail) -> tuple[Ints, Ints, Ints, Ints]:
    """The records that hold a replaced value: account, channel, interval, value."""
    kept = trail.where(((trail.verdict == PUT) | (trail.verdict == LEFT_MISSING)) & (trail.observed != NO_VALUE))
    return kept.account, kept.channel, metered.grid.slot(kept.first), kept.observed


@given(SEEDS, LENGTHS, st.booleans())
@settings(max_examples=30, deadline=None)
def test_an_estimate_is_never_negative_and_a_value_is_missing_only_with_a_reason(
    seed: int, minutes: int, registers: bool
) -> None:
    after, trail = filled(troubled(seed, minutes, registers))
    values = stack(after)
    assert int(values.min()) >= NO_VALUE
    assert ((values == NO_VALUE) == (after.status == NONE)).all()
    left = trail.where(trail.verdict == LEFT_MISSING)
    reasons = np.zeros(values.shape, dtype=np.bool_)
    for a, c, b, e in zip(
        left.account, left.channel, *(after.grid.slot(t) for t in (left.first, left.last)), strict=True
    ):
        reasons[c, a, b:e] = True
    assert ((values == NO_VALUE) == reasons).all()


@given(SEEDS, LENGTHS, st.booleans())
@settings(max_examples=30, deadline=None)
def test_nothing_is_deleted_every_value_that_is_gone_stands_in_the_trail(
    seed: int, minutes: int, registers: bool
) -> None:
    before = troubled(seed, minutes, registers)
    after, trail = filled(before)
    was, now = stack(before), stack(after)
    held = np.full(was.shape, NO_VALUE)
    for a, c, t, value in zip(*(column.tolist() for column in at_once(before, trail)), strict=True):
        held[c, a, t] = value if held[c, a, t] == NO_VALUE else held[c, a, t]
    gone = (was != now) & (was != NO_VALUE)
    assert np.array_equal(held[gone], was[gone])
    assert (after.status[gone & (now != NO_VALUE)] == ESTIMATED).all()


@given(SEEDS, LENGTHS, st.booleans())
@settings(max_examples=30, deadline=None)
def test_the_last_record_of_an_interval_says_what_stands(seed: int, minutes: int, registers: bool) -> None:
    after, trail = filled(troubled(seed, minutes, registers))
    put = trail.where(trail.verdict == PUT)
    stands = np.full(stack(after).shape, NO_VALUE)
    stands[put.channel, put.account, after.grid.slot(put.first)] = put.put
    shown = stands != NO_VALUE
    assert np.array_equal(stands[shown], stack(after)[shown])


@given(SEEDS, LENGTHS)
@settings(max_examples=30, deadline=None)
def test_e5_no_estimate_takes_the_place_of_what_a_person_or_the_utility_judged(seed: int, minutes: int) -> None:
    before = troubled(seed, minutes)
    after, _ = filled(before)
    judged = (before.status == EDITED) | (before.status == CORRECTED)
    assert np.array_equal(stack(before)[judged], stack(after)[judged])
    assert np.array_equal(before.status[judged], after.status[judged])


@given(SEEDS, LENGTHS, st.booleans())
@settings(max_examples=20, deadline=None)
def test_a_second_run_changes_nothing(seed: int, minutes: int, registers: bool) -> None:
    after, _ = filled(troubled(seed, minutes, registers))
    again, _ = filled(after)
    assert np.array_equal(stack(after), stack(again))
    assert np.array_equal(after.status, again.status)


@given(SEEDS, LENGTHS)
@settings(max_examples=20, deadline=None)
def test_c1_where_registers_bound_an_estimate_the_sum_is_theirs_to_the_watt_hour(seed: int, minutes: int) -> None:
    before = troubled(seed, minutes, registers=True)
    after, trail = filled(before)
    for account in range(2):
        for code in range(2):
            mine = trail.where((trail.account == account) & (trail.channel == code))
            if not len(mine.where(mine.verdict == PUT)) or len(mine.where(mine.verdict == LEFT_MISSING)):
                continue
            assert before.facts.registers is not None
            due = int(before.facts.registers.value_wh[4 * account + 2 * code + 1])
            no_room = mine.of("E3").where(mine.of("E3").verdict != PUT)
            assert int(after.columns[code][account].sum()) == due or len(no_room)


@given(SEEDS, LENGTHS)
@settings(max_examples=20, deadline=None)
def test_estimates_are_never_references_whatever_they_are(seed: int, minutes: int) -> None:
    """Values that are estimated, edited or corrected may be anything: long gaps are filled alike."""
    before = troubled(seed, minutes)
    changed = [column.copy() for column in before.columns]
    for code, column in enumerate(changed):
        made = (before.status[code] != ACTUAL) & (before.status[code] != NONE)
        column[made] = column[made] // 2 + 1
    other = before.with_columns((changed[0], changed[1]), before.status)
    trail = validate(before, RULES)
    one, two = (estimate(metered, trail, RULES)[0] for metered in (before, other))
    long = _longer_than_two_hours(before, trail)
    delivered = long & (stack(before)[0] == NO_VALUE)
    assert np.array_equal(stack(one)[0][delivered], stack(two)[0][delivered])


def _longer_than_two_hours(metered: Metered, trail: Trail) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """(N, T) delivered intervals that E2 fills."""
    made = estimate(metered, trail, RULES)[1].of("E2", PUT)
    found = np.zeros(metered.columns[0].shape, dtype=np.bool_)
    found[made.account, metered.grid.slot(made.first)] = True
    return found


@pytest.mark.parametrize("minutes", [15, 60])
def test_homes_are_estimated_alike_alone_and_among_others(minutes: int) -> None:
    before = troubled(3, minutes)
    after, _ = filled(before)
    for account in range(2):
        facts = before.facts
        assert facts.bad_status is not None
        assert facts.outages is not None
        own = replace(
            facts,
            **{
                name: getattr(facts, name)[account : account + 1]
                for name in ("storage", "latitude", "longitude", "nameplate_w")
            },
            bad_status=_only(facts.bad_status, account),
            outages=_only(facts.outages, account),
        )
        columns = [column[account : account + 1] for column in before.columns]
        readings = replace(before.readings, delivered=columns[0], received=columns[1])
        alone, _ = filled(Metered.of(readings, own, before.status[:, account : account + 1]))
        assert np.array_equal(stack(alone)[:, 0], stack(after)[:, account])


def _only(stretches: Stretches, account: int) -> Stretches:
    mine = stretches.account == account
    return Stretches(stretches.account[mine] * 0, stretches.start[mine], stretches.end[mine])
