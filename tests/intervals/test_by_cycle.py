"""Cycles are estimated one by one: alike alone and among others, whatever else is read or billed."""

from dataclasses import replace

import numpy as np
import pytest

from tests.intervals.fleet import made_fleet
from trueup.intervals import LOOK_BACK, Metered, Spans, Trail, estimate_cycles, estimated_in
from trueup.intervals.of_accounts import facts_of
from trueup.model import NO_VALUE, Readings
from trueup.quantities import Ints
from trueup.rulebook.vee import VeeRules

RULES = VeeRules.shipped()
HOMES, CYCLES, DAYS = 6, 5, 30


@pytest.fixture(scope="module", name="fleet")
def _fleet() -> Metered:
    """Homes of which each lacks some hours; the last two have a generation meter."""
    whole = made_fleet(5, HOMES, 60)
    chance = np.random.default_rng(5)
    columns = [column.copy() for column in whole.columns]
    for row in range(HOMES):
        for column in columns:
            at = int(chance.integers(0, 24 * DAYS * CYCLES))
            column[row, at : at + int(chance.integers(1, 100))] = NO_VALUE
    generation = np.full_like(columns[0], NO_VALUE)
    generation[-2:] = columns[1][-2:] + 100
    generation[-2:, 500:520] = NO_VALUE
    readings = replace(whole.readings, delivered=columns[0], received=columns[1], generation=generation)
    return Metered.of(readings, whole.facts)


def spans(fleet: Metered) -> Spans:
    row, number = np.divmod(np.arange(HOMES * CYCLES), CYCLES)
    start = fleet.readings.first_day + 100 + row % 4 + DAYS * number
    return Spans(row, start, start + DAYS)


def alone(fleet: Metered, row: int, channels: int) -> Metered:
    rows = np.array([row])
    parts = [column[rows] for column in fleet.columns[:channels]]
    one = Readings(
        fleet.readings.first_day, fleet.readings.last_day, 60, parts[0], parts[1], parts[2] if channels > 2 else None
    )
    return Metered.of(one, facts_of(fleet.facts, rows, slice(None)))


def rows_of(trail: Trail, account: int) -> list[tuple[object, ...]]:
    frame = trail.to_polars().filter(account=account).drop("account")
    return sorted(frame.iter_rows(), key=str)


def values_in(metered: Metered, row: int, cycles: Spans, channels: int) -> list[list[int]]:
    found = []
    days = metered.grid.day_start
    for start, end in zip(cycles.start, cycles.end, strict=True):
        part = slice(days[start - metered.readings.first_day], days[end - metered.readings.first_day])
        found += [column[row, part].tolist() for column in metered.columns[:channels]]
        found += [metered.status[code, row, part].tolist() for code in range(channels)]
    return found


@pytest.mark.parametrize("row", range(HOMES))
def test_a_home_is_estimated_alike_alone_and_among_others(fleet: Metered, row: int) -> None:
    """Also beside homes with a generation meter, which it has not: that channel is not missed."""
    cycles, channels = spans(fleet), 3 if row >= HOMES - 2 else 2
    together, told = estimate_cycles(fleet, cycles, RULES)
    mine = cycles.take(np.nonzero(cycles.account == row)[0])
    own = Spans(mine.account * 0, mine.start, mine.end)
    single, single_told = estimate_cycles(alone(fleet, row, channels), own, RULES)
    assert values_in(single, 0, own, channels) == values_in(together, row, own, channels)
    assert rows_of(single_told, 0) == rows_of(told, row)


@pytest.mark.parametrize("number", range(CYCLES))
def test_a_cycle_is_estimated_alike_whichever_others_are_billed_with_it(fleet: Metered, number: int) -> None:
    """And whatever was read after it, or longer before it than any rule looks back."""
    cycles = spans(fleet)
    every, _ = estimate_cycles(fleet, cycles, RULES)
    for row in range(HOMES):
        one = cycles.take(np.array([row * CYCLES + number]))
        first, last = int(one.start[0]) - LOOK_BACK, int(one.end[0])
        cut, own = during(fleet, max(first, fleet.readings.first_day), last), Spans(one.account, one.start, one.end)
        single, _ = estimate_cycles(cut, own, RULES)
        assert values_in(single, row, own, 3) == values_in(every, row, own, 3)


def during(fleet: Metered, first: int, last: int) -> Metered:
    days = fleet.grid.day_start
    part = slice(int(days[first - fleet.readings.first_day]), int(days[last - fleet.readings.first_day]))
    columns: list[Ints] = [column[:, part] for column in fleet.columns]
    return Metered.of(Readings(first, last, 60, columns[0], columns[1], columns[2]), fleet.facts)


def test_what_is_not_missing_stays_as_it_was_read(fleet: Metered) -> None:
    filled, _ = estimate_cycles(fleet, spans(fleet), RULES)
    for column, before, status in zip(filled.columns, fleet.columns, filled.status, strict=True):
        assert (column == before)[status == 4].all()
        assert ((before == NO_VALUE) | (column != NO_VALUE)).all(), "nothing is deleted"


def test_only_cycles_with_estimates_are_told(fleet: Metered) -> None:
    cycles = spans(fleet)
    filled, _ = estimate_cycles(fleet, cycles, RULES)
    found = estimated_in(filled, cycles)
    told = set(found.cycle.tolist())
    assert told
    for at in range(len(cycles.account)):
        days = filled.grid.day_start
        begin, end = (days[day - filled.readings.first_day] for day in (cycles.start[at], cycles.end[at]))
        made = (filled.status[:, cycles.account[at], begin:end] == 1).any()
        assert made == (at in told)
