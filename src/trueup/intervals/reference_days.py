"""E2 and E4: a long gap is the average of days like it; only validated actual readings serve, parts of days too."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from trueup.intervals.draft import Draft
from trueup.intervals.linear import differences
from trueup.intervals.model import placed
from trueup.quantities import Bools, Ints
from trueup.rulebook.vee import HOLIDAY, UNKNOWN_TYPE

CHUNK = 256
WEEKEND = 5


@dataclass(frozen=True)
class Board:
    """A channel laid out by days: (N, days, slots), `good` where a value may serve as a reference.

    Attributes
    ----------
    day, slot
        (T,) where each interval stands.
    troubled
        (N, days) days with an outage.
    """

    wh: Ints
    good: Bools
    day: Ints
    slot: Ints
    troubled: Bools


@dataclass(frozen=True)
class Gaps:
    """Days with needed intervals, (G,): account, day, and which slots, (G, slots)."""

    account: Ints
    day: Ints
    slots: Bools


Choice = Callable[[Gaps, Ints, Bools], tuple[Ints, Bools]]
"""From gaps, candidate days (G, R) and whether each can serve: the days chosen (G, K), and which of these are real."""


def board(draft: Draft, at: Ints, day: Ints, slot: Ints) -> Board:
    """A channel on a layout of days; the second pass of an autumn hour reads the slot of the first."""
    good = placed(draft.reference, at, 0).astype(np.bool_)
    troubled: Bools = np.asarray(placed(draft.out, at, 0).astype(np.bool_).max(axis=2))
    return Board(placed(draft.wh, at, 0), good, day, slot, troubled)


def average(draft: Draft, rule: str, on: Board, reach: int, choose: Choice, scale: Ints | None = None) -> None:
    """Fill what is needed with the average of the days chosen, slot by slot, and leave what no day serves.

    The values of a day add to the sum of its references over their number, cut to whole Wh once (`differences`).
    `scale`, (N, days, slots), weighs a value by the sky of its day.
    """
    row, interval = np.nonzero(draft.needed)
    if not len(row):
        return
    days = on.good.shape[1]
    key, gap = np.unique(row * days + on.day[interval], return_inverse=True)
    slots = np.zeros((len(key), on.good.shape[2]), dtype=np.bool_)
    slots[gap, on.slot[interval]] = True
    gaps = Gaps(key // days, key % days, slots)
    picked, real = _pick(gaps, on, reach, choose)
    count = real.sum(axis=1)
    served = count[gap] > 0
    draft.leave(rule, row[~served], interval[~served], "no reference day")
    row, interval, gap = row[served], interval[served], gap[served]
    values = on.wh[row[:, None], picked[gap], on.slot[interval][:, None]] * real[gap]
    divisor = count[gap]
    if scale is not None:
        own = scale[row, on.day[interval], on.slot[interval]][:, None]
        values = _weighted(values, own, scale[row[:, None], picked[gap], on.slot[interval][:, None]], draft)
        divisor = divisor * 1000
    order = np.lexsort((interval, gap))
    row, interval, gap, divisor = row[order], interval[order], gap[order], divisor[order]
    put = differences(values.sum(axis=1)[order], divisor, gap)
    draft.put(rule, row, interval, put)


def _weighted(values: Ints, own: Ints, other: Ints, draft: Draft) -> Ints:
    """Values times the ratio of the sun's heights in thousandths, within the rule's bounds; 1 where it is not up."""
    limits = draft.version.rules.E4
    ratio = np.clip(own * 1000 // np.maximum(other, 1), limits.least_scale_permille, limits.most_scale_permille)
    return values * np.where((own > 0) & (other > 0), ratio, 1000)


def _pick(gaps: Gaps, on: Board, reach: int, choose: Choice) -> tuple[Ints, Bools]:
    """The reference days of every gap: candidates by nearness, the earlier of two equally near first."""
    step = np.arange(1, reach + 1)
    offsets = np.stack([-step, step], axis=1).reshape(-1)
    found = [choose(part, part.day[:, None] + offsets, _serves(part, on, offsets)) for part in _chunks(gaps)]
    return np.concatenate([days for days, _ in found]), np.concatenate([real for _, real in found])


def _chunks(gaps: Gaps) -> Iterator[Gaps]:
    for at in range(0, len(gaps.account), CHUNK):
        part = slice(at, at + CHUNK)
        yield Gaps(gaps.account[part], gaps.day[part], gaps.slots[part])


def _serves(gaps: Gaps, on: Board, offsets: Ints) -> Bools:
    """(G, R) whether a candidate lies in the stretch, had no outage, and has every slot that is needed."""
    days = gaps.day[:, None] + offsets
    inside = (days >= 0) & (days < on.good.shape[1])
    at = gaps.account[:, None], np.where(inside, days, 0)
    covers = (on.good[at] | ~gaps.slots[:, None, :]).all(axis=2)
    found: Bools = inside & covers & ~on.troubled[at]
    return found


def first_of(order_ok: Bools, count: int) -> tuple[Ints, Bools]:
    """(G, count) places of the first true values of each row, and which of them are real."""
    places = np.argsort(~order_ok, axis=1, kind="stable")[:, :count]
    return places, np.take_along_axis(order_ok, places, axis=1)


def like_weekday(classes: Ints, count: int) -> Choice:
    """E2: the nearest days of the same weekday (a holiday: of holidays), else of the same day type.

    Fewer than `count` of the type serve too. A day that the holiday calendar does not cover serves for none.

    References
    ----------
    Itron 257138: three reference days, same weekday before same day type; D.98-12-080 att. C, heading.
    """

    def choose(gaps: Gaps, days: Ints, serves: Bools) -> tuple[Ints, Bools]:
        other = classes[np.clip(days, 0, len(classes) - 1)]
        own = classes[gaps.day][:, None]
        known = serves & (own != UNKNOWN_TYPE) & (other != UNKNOWN_TYPE)
        same, typed = known & (own == other), known & (_free(own) == _free(other))
        enough = same.sum(axis=1) >= count
        places, real = first_of(np.where(enough[:, None], same, typed), count)
        return np.where(real, np.take_along_axis(days, places, axis=1), 0), real

    return choose


def _free(classes: Ints) -> Bools:
    """Weekend days and holidays."""
    found: Bools = (classes >= WEEKEND) & (classes <= HOLIDAY)
    return found


def like_sky(on: Board, count: int) -> Choice:
    """E4: of the days near, those whose export is most like what was read of the day itself: equally sunny.

    Likeness is the sum of differences over the slots that both have, nearness decides between equals. A day of which
    nothing was read takes the nearest days.
    """

    def choose(gaps: Gaps, days: Ints, serves: Bools) -> tuple[Ints, Bools]:
        inside = np.clip(days, 0, on.good.shape[1] - 1)
        own = gaps.account, gaps.day
        other = gaps.account[:, None], inside
        both = on.good[own][:, None, :] & on.good[other]
        unlike = (np.abs(on.wh[own][:, None, :] - on.wh[other]) * both).sum(axis=2)
        order = np.argsort(np.where(serves, unlike, np.iinfo(np.int64).max), axis=1, kind="stable")[:, :count]
        real = np.take_along_axis(serves, order, axis=1)
        return np.where(real, np.take_along_axis(days, order, axis=1), 0), real

    return choose
