"""Stage 3, before the fold: the output of a generator, allotted to the accounts of its arrangement."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np

from trueup.arrangement import WHOLE
from trueup.intervals import summed
from trueup.kernel import allot_intervals, offset_use
from trueup.model import NOBODY, Allotted, Facts, Readings, Sharing
from trueup.periods import intervals_to
from trueup.quantities import Bools, Ints


def allot(readings: Readings, facts: Facts, sharing: Sharing | None) -> Allotted:
    """The accounts of virtual arrangements, with columns in which what they sent out is their share of the output.

    Every Wh is allotted from the day on which the designated account takes part. Where the output of an interval is
    unknown, an account with a share has no value.

    References
    ----------
    spec `VIRT-01`, `VIRT-02`; Schedules NEM-V and MASH-VNM (tariffs-nem V1, V2); docs/decisions/0015.
    """
    virtual = [] if sharing is None else np.nonzero(sharing.generating == NOBODY)[0].tolist()
    parts = [_of_one(arrangement, readings, facts, sharing) for arrangement in virtual if sharing is not None]
    accounts = np.concatenate([part.accounts for part in parts] or [np.zeros(0, dtype=np.int64)])
    columns = [
        np.concatenate([getattr(part.readings, name) for part in parts] or [getattr(readings, name)[:0]])
        for name in ("delivered", "received")
    ]
    generation = None if readings.generation is None else readings.generation[accounts]
    first, last, minutes = readings.first_day, readings.last_day, readings.minutes
    return Allotted(accounts, Readings(first, last, minutes, columns[0], columns[1], generation))


def _of_one(arrangement: int, readings: Readings, facts: Facts, sharing: Sharing) -> Allotted:
    """The accounts of one arrangement with their columns."""
    members, output = sharing.members[arrangement], sharing.output[arrangement]
    minutes = sharing.output_minutes[arrangement]
    accounts = members[members != NOBODY]
    allotted = np.zeros((len(accounts), len(output)), dtype=np.int32)
    for first, end, share in _stretches(arrangement, readings.last_day, facts, sharing):
        span = slice(*(intervals_to(day, sharing.output_from, minutes) for day in (first, end)))
        allot_intervals(output[span], share, WHOLE, allotted[:, span])
    begin = intervals_to(readings.first_day, sharing.output_from, minutes)
    delivered, received = readings.delivered[accounts], summed(allotted[:, begin:], readings.minutes // minutes)
    for row in np.nonzero(facts.terms.offsets_use_first[facts.own[accounts]])[0].tolist():
        offset_use(delivered[row], received[row])
    return Allotted(accounts, replace(readings, delivered=delivered, received=received, generation=None))


def carried_since(day: int, arrangement: int, facts: Facts, sharing: Sharing) -> int:
    """The last day up to a day on which shares, or who takes part, changed: from it on what is left is carried."""
    return max((change for change in _changes(arrangement, facts, sharing) if change <= day), default=day)


def _changes(arrangement: int, facts: Facts, sharing: Sharing) -> set[int]:
    members = sharing.members[arrangement]
    accounts = members[members != NOBODY]
    end = np.minimum(facts.leaves, facts.service_end)[accounts]
    return {*facts.since[accounts].tolist(), *end.tolist(), *sharing.share_from[arrangement].tolist()}


def _stretches(arrangement: int, last_day: int, facts: Facts, sharing: Sharing) -> Iterator[tuple[int, int, Ints]]:
    """Days [first, end) of an output on which the same accounts have the same shares, and these."""
    members = sharing.members[arrangement]
    accounts = members[members != NOBODY]
    begin = facts.since[accounts]
    end = np.minimum(facts.leaves, facts.service_end)[accounts]
    days = {sharing.output_from, last_day, *_changes(arrangement, facts, sharing)}
    inside = sorted(day for day in days if sharing.output_from <= day <= last_day)
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
