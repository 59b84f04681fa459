"""The outline of the sun's part of the day over some days, and how it fits the one before when moved."""

from dataclasses import dataclass

import numpy as np

from trueup.intervals.model import DELIVERED, GENERATION, RECEIVED, Metered, placed
from trueup.model import NO_VALUE, Wh32
from trueup.quantities import PPM, Bools, Ints
from trueup.rulebook.vee import ClockShift

NOWHERE = -(2**30)
"""Below any net energy of an interval; int32 holds it."""
Views = list[tuple[Wh32, bool]]
"""Energy by uniform days, (N, days, slots) int32, and whether its outline stands on its own least value."""


@dataclass(frozen=True)
class Fit:
    """How the outline after each day fits the one before, (N, days): differences in millionths of an outline.

    Attributes
    ----------
    still, later, earlier
        What differs as it is, moved to later, moved to earlier; 0 where there is nothing to compare.
    lit
        Whether there is enough energy on both sides.
    """

    still: Ints
    later: Ints
    earlier: Ints
    lit: Bools


def views(metered: Metered) -> Views:
    """What shows the sun: the generation meter; else the export, and the net energy above its own least.

    The net shows the sun where the home uses all of it, the export where cooling hides it.
    """
    at, columns = metered.grid.of_sun, metered.columns
    if len(columns) > GENERATION:
        return [(_known(columns[GENERATION], at, 0), False)]
    missing = (columns[RECEIVED] == NO_VALUE) | (columns[DELIVERED] == NO_VALUE)
    net = np.where(missing, NOWHERE, columns[RECEIVED] - columns[DELIVERED]).astype(np.int32)
    return [(_known(columns[RECEIVED], at, 0), False), (placed(net, at, NOWHERE), True)]


def _known(column: Wh32, at: Ints, empty: int) -> Wh32:
    found: Wh32 = placed(np.maximum(column, 0), at, empty)
    return found


def fit(shown: Views, minutes: int, limits: ClockShift) -> Fit:
    """The mean over all views and windows that have light."""
    parts = [_compared(view, width, minutes, limits) for view in shown for width in limits.window_days]
    lit = np.stack([part.lit for part in parts])
    count = np.maximum(lit.sum(axis=0), 1)

    def mean(values: list[Ints]) -> Ints:
        found: Ints = np.where(lit, np.stack(values), 0).sum(axis=0) // count
        return found

    still, later, earlier = ([getattr(part, name) for part in parts] for name in ("still", "later", "earlier"))
    light: Bools = np.asarray(lit.any(axis=0))
    return Fit(mean(still), mean(later), mean(earlier), light)


def _compared(view: tuple[Wh32, bool], width: int, minutes: int, limits: ClockShift) -> Fit:
    """One view over windows of one width. Outlines are compared in millionths of their sum: clouds are no difference.

    Days nearer to an end than the width have no light.
    """
    outline = _outline(*view, width)
    total, share = outline.sum(axis=2, dtype=np.int64), _share(outline)
    before, after, lag = share[:, :-width], share[:, width:], max(limits.shift_minutes // minutes, 1)
    energy = np.minimum(total[:, :-width], total[:, width:])
    usual = np.sort(energy, axis=1)[:, energy.shape[1] // 2][:, None]
    lit = (energy > limits.least_day_wh) & (energy * 1000 >= limits.least_energy_permille * usual)
    days = view[0].shape[1]
    still, later, earlier = (
        _from(width, np.abs(np.roll(after, by, axis=2) - before).sum(axis=2, dtype=np.int64), days)
        for by in (0, -lag, lag)
    )
    light: Bools = _from(width, lit.astype(np.int64), days) > 0
    return Fit(still, later, earlier, light)


def left_within(shown: Views, row: int, first: int, last: int, by: int) -> int:
    """What moving the outline of the days [first, last) by slots leaves of its difference to the days beside them.

    In thousandths. As many days beside as within, half of them on each side, so the season is the same.
    """
    beside = (last - first + 1) // 2
    still = moved = 0
    for values, stands in shown:
        days = values[row]
        outside = np.concatenate([days[max(first - beside, 0) : first], days[last : last + beside]])
        within, around = (_share(_outline(part[None], stands, len(part)))[0, 0] for part in (days[first:last], outside))
        still += int(np.abs(within - around).sum())
        moved += int(np.abs(np.roll(within, by) - around).sum())
    return moved * 1000 // max(still, 1)


def _share(outline: Wh32) -> Wh32:
    """An outline in millionths of its sum."""
    total = np.maximum(outline.sum(axis=2, dtype=np.int64), 1)[:, :, None]
    found: Wh32 = (outline.astype(np.int64) * PPM // total).astype(np.int32)
    return found


def _outline(values: Wh32, stands: bool, width: int) -> Wh32:
    """(N, windows, slots) the highest value of each time of day: the sky without clouds and the home at its least."""
    found = _highest(values, width)
    if not stands:
        return found
    least = np.where(found == NOWHERE, -NOWHERE, found).min(axis=2)
    above: Wh32 = np.where(found == NOWHERE, 0, found - least[:, :, None])
    return above


def _highest(values: Wh32, width: int) -> Wh32:
    """(N, days - width + 1, slots) the highest over `width` days from each on, by windows of doubled length."""
    found, covered = values, 1
    while covered < width:
        more = min(covered, width - covered)
        found = np.maximum(found[:, : found.shape[1] - more], found[:, more:])
        covered += more
    return found


def _from(first: int, values: Ints, days: int) -> Ints:
    """(N, days) values placed from a day on, 0 elsewhere."""
    found = np.zeros((len(values), days), dtype=np.int64)
    found[:, first : first + values.shape[1]] = values
    return found
