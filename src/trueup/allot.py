"""Stage 3, before the fold: the output of a generator, allotted to the accounts of its arrangement."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np

from trueup.kernel import allot_intervals, offset_use
from trueup.model import NOBODY, Facts, Readings, Sharing
from trueup.periods import HOUR, midnight_utc
from trueup.quantities import Bools, Ints

WHOLE = 1_000_000
"""All of an output, in the unit of `Sharing.share`."""


def allot(readings: Readings, facts: Facts, sharing: Sharing | None) -> Readings:
    """Meter columns in which what an account of a virtual arrangement sent out is its share of the output.

    Every Wh is allotted from the day on which the designated account takes part. An interval whose output is unknown
    has no value.

    References
    ----------
    spec `VIRT-01`, `VIRT-02`; Schedules NEM-V and MASH-VNM (tariffs-nem V1, V2); docs/decisions/0015.
    """
    if sharing is None or not (sharing.generating == NOBODY).any():
        return readings
    delivered, received = readings.delivered.copy(), readings.received.copy()
    for arrangement in np.nonzero(sharing.generating == NOBODY)[0].tolist():
        members = sharing.members[arrangement]
        accounts = members[members != NOBODY]
        allotted = np.zeros((len(accounts), received.shape[1]), dtype=np.int32)
        for first, end, share in _stretches(arrangement, readings, facts, sharing):
            span = slice(_interval(readings, first), _interval(readings, end))
            allot_intervals(sharing.output[arrangement, span], share, WHOLE, allotted[:, span])
        received[accounts] = allotted
        for account in accounts[facts.terms.offsets_use_first[facts.own[accounts]]].tolist():
            offset_use(delivered[account], received[account])
    return replace(readings, delivered=delivered, received=received)


def _interval(readings: Readings, day: int) -> int:
    """The interval with which a day begins."""
    hours = (midnight_utc(day) - midnight_utc(readings.first_day)) // HOUR
    return hours * 60 // readings.minutes


def _stretches(arrangement: int, readings: Readings, facts: Facts, sharing: Sharing) -> Iterator[tuple[int, int, Ints]]:
    """Days [first, end) on which the same accounts have the same shares, and these."""
    members = sharing.members[arrangement]
    accounts = members[members != NOBODY]
    begin = facts.since[accounts]
    end = np.minimum(facts.leaves, facts.service_end)[accounts]
    changes = {*begin.tolist(), *end.tolist(), *sharing.share_from[arrangement].tolist()}
    days = {readings.first_day, readings.last_day, *changes}
    inside = sorted(day for day in days if readings.first_day <= day <= readings.last_day)
    for first, after in pairwise(inside):
        there = (begin <= first) & (first < end)
        if there[-1]:
            filed = _shares_on(sharing, arrangement, first)[members != NOBODY]
            yield first, after, with_the_rest(filed, there)


def _shares_on(sharing: Sharing, arrangement: int, day: int) -> Ints:
    """(K,) the shares that hold on a day, as the owner filed them; none before the first."""
    version = int((sharing.share_from[arrangement] <= day).sum()) - 1
    return sharing.share[arrangement, version] if version >= 0 else np.zeros_like(sharing.share[arrangement, 0])


def with_the_rest(filed: Ints, there: Bools) -> Ints:
    """(K,) shares of those who take part, with what nobody has given to the designated account, the last."""
    share = filed * there
    share[-1] += WHOLE - share.sum()
    return share
