"""Is the clock off by an hour: V17, the outline of the sun before and after each day."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from trueup.intervals.model import GENERATION, RECEIVED, Metered
from trueup.intervals.outline import Fit, fit, left_within, views
from trueup.intervals.trail import Trail, findings, unchecked
from trueup.quantities import PPM, UNKNOWN, Bools, Ints
from trueup.rulebook.vee import ClockShift, VeeVersion

LATER, EARLIER = 1, -1
PERMILLE = 1000
NEAR = 3
"""Days by which cloud may hide the day of a change."""
Shift = tuple[int, int, int, str]
"""First day, last (excluded), which way the clock was off, what is to be said."""


@dataclass(frozen=True)
class Change:
    """A day of an account from which the outline fits better when moved.

    Attributes
    ----------
    day, way
        Index of the day; `LATER` or `EARLIER`.
    left, gain
        What the move leaves of the difference, and what it takes away of the outline, in thousandths.
    """

    day: int
    way: int
    left: int
    gain: int


def clock_shift(metered: Metered, version: VeeVersion) -> Trail:
    """V17 (ours): from one week to the next the sun's part of the day stays where it is.

    Where the outline after a day fits the one before better when moved by an hour, a clock may have been changed. A
    change and the change back are a finding if clear enough together, or by all the days between. So is a change
    alone: if very clear, to the end of the stretch; if clear, on the days beside it, since it is not known which side
    is off. Observed: minutes of the shift; limit: 0. Not seen: a shift of the whole stretch, or of a few days. A
    battery may export by the clock, so accounts with storage, or of which that is unknown, are checked by a generation
    meter only.
    """
    limits = version.rules.V17
    code = GENERATION if len(metered.columns) > GENERATION else RECEIVED
    if metered.grid.days < 2 * max(limits.window_days) + 1:
        return unchecked(metered, version, "V17", "too few days to compare", channel=code)
    free = np.ones(metered.accounts, dtype=np.bool_) if code == GENERATION else _without_storage(metered)
    shown, by = views(metered), max(limits.shift_minutes // metered.grid.minutes, 1)
    fitted = fit(shown, metered.grid.minutes, limits)
    dark = ~fitted.lit.any(axis=1)
    parts = [
        unchecked(metered, version, "V17", "storage may export by the clock, or is not known", ~free, code),
        unchecked(metered, version, "V17", "too little export to compare", free & dark, code),
    ]
    for row, changes in enumerate(_changes(fitted, free, limits)):

        def within(a: Change, b: Change, row: int = row) -> int:
            return left_within(shown, row, a.day, b.day, -a.way * by)

        parts += [
            _finding(metered, version, row, shift) for shift in _shifts(changes, metered.grid.days, limits, within)
        ]
    return Trail.join(parts)


def _without_storage(metered: Metered) -> Bools:
    storage = metered.facts.storage
    known = np.full(metered.accounts, UNKNOWN) if storage is None else storage
    found: Bools = known == 0
    return found


def _changes(fitted: Fit, free: Bools, limits: ClockShift) -> list[list[Change]]:
    """The changes of each account, in order; of days within three of one another only the best."""
    found: list[list[Change]] = [[] for _ in free]
    for way, moved in ((LATER, fitted.later), (EARLIER, fitted.earlier)):
        gain = np.where(fitted.lit, fitted.still - moved, -1)
        left = np.where(fitted.lit, moved * PERMILLE // np.maximum(fitted.still, 1), PERMILLE)
        around = np.pad(gain, ((0, 0), (NEAR, NEAR)), constant_values=-1)
        best = np.lib.stride_tricks.sliding_window_view(around, 2 * NEAR + 1, axis=1).argmax(axis=2) == NEAR
        clear = best & (gain > limits.gain_permille * (PPM // PERMILLE)) & (left < limits.weak_permille)
        for row, day in np.argwhere(clear & free[:, None]).tolist():
            parts_gained = int(gain[row, day]) * PERMILLE // PPM
            found[row].append(Change(day, way, int(left[row, day]), parts_gained))
    return [sorted(changes, key=lambda change: change.day) for changes in found]


def _shifts(
    changes: list[Change], days: int, limits: ClockShift, within: Callable[[Change, Change], int]
) -> list[Shift]:
    """From each change to the change back, the clearest pair first; then what stands alone."""
    found: list[Shift] = []
    for a, b in _pairs(changes, limits, within):
        if all(b.day <= first or a.day >= last for first, last, _, _ in found):
            found.append((a.day, b.day, a.way, ""))
    taken = [(first, last) for first, last, _, _ in found]
    for change in changes:
        if any(first <= change.day <= last for first, last in taken):
            continue
        if change.left < limits.alone_permille:
            found.append((change.day, days, change.way, "not changed back"))
        elif change.left < limits.strong_permille and change.gain >= limits.strong_gain_permille:
            either = max(change.day - NEAR - 1, 0), min(change.day + NEAR + 1, days)
            found.append((*either, change.way, "a change alone: one side of its middle is off"))
    return found


def _pairs(
    changes: list[Change], limits: ClockShift, within: Callable[[Change, Change], int]
) -> list[tuple[Change, Change]]:
    """Changes and changes back: clear by themselves, or less clear and then by all the days between; clearest first."""
    found = []
    for a in changes:
        for b in changes:
            left = a.left + b.left
            if a.way == b.way or not a.day < b.day <= a.day + limits.most_days or left >= limits.unclear_permille:
                continue
            whole = within(a, b)
            if left < limits.pair_permille or whole < limits.whole_permille:
                found.append((left + whole, a.day, b.day, a, b))
    return [(a, b) for *_, a, b in sorted(found, key=lambda pair: pair[:3])]


def _finding(metered: Metered, version: VeeVersion, row: int, shift: Shift) -> Trail:
    """The record of a shift. Days here have 24 hours; of clock changes the sun does not know."""
    first, last, way, note = shift
    per_day, length = metered.grid.per_day, metered.grid.length
    at: Ints = np.array([row], dtype=np.int64)
    begin, end = first * per_day, length if last >= metered.grid.days else min(last * per_day, length)
    return findings(metered, version, "V17", at, begin, end, observed=way * version.rules.V17.shift_minutes, note=note)
