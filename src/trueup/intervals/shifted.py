"""Is the clock off by an hour: V17, the outline of export before and after each day."""

import numpy as np

from trueup.intervals.model import GENERATION, RECEIVED, Metered, placed
from trueup.intervals.trail import Trail, findings, unchecked
from trueup.quantities import PPM, UNKNOWN, Bools, Ints
from trueup.rulebook.vee import ClockShift, VeeVersion

EARLIER, LATER = -1, 1
PERMILLE = 1000
Change = tuple[int, int, int]
"""Of one account: the day from which the outline is moved, which way, and what the move leaves in thousandths."""


def clock_shift(metered: Metered, version: VeeVersion) -> Trail:
    """V17 (ours): from one week to the next the sun's part of the day stays where it is.

    The highest value of each time of day over some days is the sky without clouds and the home at its least. Where
    that outline after a day fits the one before clearly better when moved by an hour, a clock was changed. A change
    and the change back are a finding; a change without one only where it fits very well, and then to the end of the
    stretch. Observed: minutes of the shift; limit: 0. Not seen: a shift of the whole stretch, or of a few days.
    A battery may export by the clock, so accounts with storage, or of which that is unknown, are not checked.
    """
    limits = version.rules.V17
    code = GENERATION if len(metered.columns) > GENERATION else RECEIVED
    if metered.grid.days < 2 * max(limits.window_days) + 1:
        return unchecked(metered, version, "V17", "too few days to compare", channel=code)
    free = np.ones(metered.accounts, dtype=np.bool_) if code == GENERATION else _without_storage(metered)
    sunny = placed(np.maximum(metered.columns[code], 0), metered.grid.of_sun, 0).astype(np.int64)
    moved, left, lit = _moves(sunny, metered.grid.minutes, limits)
    parts = [
        unchecked(metered, version, "V17", "storage may export by the clock, or is not known", ~free, code),
        unchecked(metered, version, "V17", "too little export to compare", free & ~lit, code),
    ]
    for row in np.nonzero((moved != 0).any(axis=1) & free)[0]:
        days = np.nonzero(moved[row])[0]
        changes = [(int(day), int(moved[row, day]), int(left[row, day])) for day in days]
        parts.append(_shifts(metered, version, int(row), changes))
    return Trail.join(parts)


def _without_storage(metered: Metered) -> Bools:
    storage = metered.facts.storage
    known = np.full(metered.accounts, UNKNOWN) if storage is None else storage
    found: Bools = known == 0
    return found


def _moves(sunny: Ints, minutes: int, limits: ClockShift) -> tuple[Ints, Ints, Bools]:
    """(N, days) which way the outline moves at each day, what that leaves; (N,) whether there is export to compare.

    Of the windows the one that gains most speaks; of days within three of one another only the best.
    """
    parts = [_compared(sunny, width, minutes, limits) for width in limits.window_days]
    gains = np.stack([part[0] for part in parts])
    best = gains.argmax(axis=0)[None]
    gain, moved, left = (np.take_along_axis(np.stack([part[k] for part in parts]), best, axis=0)[0] for k in range(3))
    near = np.pad(gain, ((0, 0), (3, 3)), constant_values=-1)
    first = np.lib.stride_tricks.sliding_window_view(near, 7, axis=1).argmax(axis=2) == 3
    found = first & (gain > limits.gain_permille * (PPM // PERMILLE)) & (left < limits.pair_permille)
    lit: Bools = (gains.max(axis=0) > -1).max(axis=1)
    return np.where(found, moved, 0), left, lit


def _compared(sunny: Ints, width: int, minutes: int, limits: ClockShift) -> tuple[Ints, Ints, Ints]:
    """(N, days) what moving the outline after a day gains (millionths, -1 without light), which way, what is left.

    Outlines are compared in millionths of their sum, so a week of clouds is no difference.
    """
    outline = np.lib.stride_tricks.sliding_window_view(sunny, width, axis=1).max(axis=3)
    total = outline.sum(axis=2)
    share = outline * PPM // np.maximum(total, 1)[:, :, None]
    before, after, lag = share[:, :-width], share[:, width:], max(limits.shift_minutes // minutes, 1)
    same = np.abs(after - before).sum(axis=2)
    later, earlier = (np.abs(np.roll(after, by, axis=2) - before).sum(axis=2) for by in (-lag, lag))
    rest, energy = np.minimum(later, earlier), np.minimum(total[:, :-width], total[:, width:])
    usual = np.sort(energy, axis=1)[:, energy.shape[1] // 2][:, None]
    lit = (energy > limits.least_day_wh) & (energy * PERMILLE >= limits.least_energy_permille * usual)
    found = []
    for values, empty in (
        (np.where(lit, same - rest, -1), -1),
        (np.where(later <= earlier, LATER, EARLIER), 0),
        (rest * PERMILLE // np.maximum(same, 1), PERMILLE),
    ):
        column = np.full(sunny.shape[:2], empty, dtype=np.int64)
        column[:, width : width + values.shape[1]] = values
        found.append(column)
    return found[0], found[1], found[2]


def _shifts(metered: Metered, version: VeeVersion, row: int, changes: list[Change]) -> Trail:
    """Findings of one account: from each change to the change back, or to the end where it stands alone."""
    limits, parts, used = version.rules.V17, [], set[int]()
    length, per_day = metered.grid.length, metered.grid.per_day
    for day, way, left in changes:
        if day in used:
            continue
        later = (d for d, w, _ in changes if day < d <= day + limits.most_days and w == -way and d not in used)
        back = next(later, None)
        if back is None and left >= limits.alone_permille:
            continue
        used |= {day} if back is None else {day, back}
        stop = length if back is None else min(back * per_day, length)
        note = "not changed back" if back is None else ""
        at, minutes = np.array([row]), way * limits.shift_minutes
        parts.append(findings(metered, version, "V17", at, day * per_day, stop, observed=minutes, note=note))
    return Trail.join(parts)
