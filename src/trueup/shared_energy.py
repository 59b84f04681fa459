"""What each account of an arrangement was given of a generator: energy and export credits, cycle by cycle."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from trueup.model import Result
from trueup.periods import day_text, intervals_to, month_text
from trueup.quantities import Ints, Money, decimal_text, nearest_part

PERCENT = 10_000
"""All of it, in hundredths of a percent."""


@dataclass(frozen=True)
class Shared:
    """An account's part of a generator in one of its cycles.

    Attributes
    ----------
    month, start, end
        The cycle: month of its last service day, first day, day after the last.
    used_wh
        What its own meter took, before what it was given offset any of it.
    given_wh, of_wh
        What it was given, and what there was to share in these days.
    granted
        Export credits of all ledgers, where exports are priced.
    """

    account: str
    month: str
    start: str
    end: str
    used_wh: int
    given_wh: int
    of_wh: int
    granted: Money

    @property
    def percent(self) -> str:
        """Its part in percent, to two places; nothing where there was nothing."""
        parts = nearest_part(np.array([self.given_wh]), np.array([PERCENT]), np.array([self.of_wh]))
        return decimal_text(int(parts[0]), 2) if self.of_wh else ""


def shared_energy(result: Result, chosen: Ints) -> Iterator[Shared]:
    """The parts of some cycles in which accounts share a generator, in order."""
    cycles, measured, facts = result.spans.cycles, result.measured, result.shard.facts
    for cycle in chosen.tolist():
        if cycles.solar[cycle]:
            offset = _offset(result, cycle)
            granted = sum(int(own.priced.granted[cycle].sum()) for own in result.books)
            yield Shared(
                facts.ids[cycles.account[cycle]],
                month_text(int(cycles.month[cycle])),
                day_text(int(cycles.start[cycle])),
                day_text(int(cycles.end[cycle])),
                int(measured.cycle_delivered[cycle]) + offset,
                int(measured.cycle_credited[cycle]) + offset,
                pool_of_cycle(result, cycle),
                Money(granted),
            )


def _offset(result: Result, cycle: int) -> int:
    """Wh of a cycle that an account's part of an output offset in the same intervals, before anything was counted."""
    cycles, facts = result.spans.cycles, result.shard.facts
    if not facts.terms.offsets_use_first[cycles.terms[cycle]]:
        return 0
    readings = result.shard.readings
    first, end = (
        intervals_to(int(day), readings.first_day, readings.minutes) for day in (cycles.start[cycle], cycles.end[cycle])
    )
    taken = readings.delivered[cycles.account[cycle], first:end]
    return int(np.maximum(taken, 0).sum()) - int(result.measured.cycle_delivered[cycle])


def pool_of_cycle(result: Result, cycle: int) -> int:
    """Wh that were to share in a cycle: the exports of the generating account, or the generators' output."""
    cycles, sharing, pools = result.spans.cycles, result.shard.sharing, result.measured.pools
    if place := pools.place(cycle):
        return int(pools.wh[place[0]])
    assert sharing is not None, "only accounts of an arrangement share anything"
    arrangement = int(np.argwhere(sharing.members == cycles.account[cycle])[0][0])
    first, end = (
        intervals_to(int(day), sharing.output_from, sharing.output_minutes[arrangement])
        for day in (cycles.start[cycle], cycles.end[cycle])
    )
    return int(np.maximum(sharing.output[arrangement][first:end], 0).sum(dtype=np.int64))
