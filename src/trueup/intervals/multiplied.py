"""Is the energy of another order than before: V18 multiplier, V19 copied day."""

import numpy as np

from trueup.intervals.model import DELIVERED, RECEIVED, Metered, placed
from trueup.intervals.trail import Trail, findings, runs_of, unchecked
from trueup.model import NO_VALUE
from trueup.quantities import Bools, Ints
from trueup.rulebook.vee import Multiplier, VeeVersion

QUARTER, HOURS, PERMILLE = 4, 24, 1000
PEAK_RANK = 900


def multiplier(metered: Metered, version: VeeVersion) -> Trail:
    """V18 (ours): a day's delivered energy and its quiet nights are of the order of the days around.

    A wrong multiplier scales all intervals; a car, a journey or a heat wave changes a day's energy, hardly the lower
    quartile of its night. So both must be off by the factor, or the highest export must exceed what the account ever
    usually exports; days beside such a day, for which one of the three is off by less, belong to it. Observed: the
    day's Wh; limit: the largest or smallest Wh that passes. An error that lasts longer than half the window looks like
    the rule, and the good days beside it like the error.
    """
    limits, wh = version.rules.V18, metered.columns[DELIVERED]
    days = placed(wh, metered.grid.of_day, NO_VALUE)
    whole = (days != NO_VALUE).sum(axis=2) == np.diff(metered.grid.day_start)
    energy, quiet = metered.by_day(np.maximum(wh, 0).astype(np.int64)), _quiet(metered, days, limits)
    usual, enough = _usual(energy, whole, limits)
    usual_quiet, _ = _usual(quiet, whole, limits)
    peak, usual_peak = _export_peaks(metered, limits)
    parts = [unchecked(metered, version, "V18", "too few whole days around to compare with", ~enough)]
    for up in (True, False):
        pairs = [(energy, usual), (quiet, usual_quiet)] if up else [(usual, energy), (usual_quiet, quiet)]
        strong = np.logical_and(*(_exceeds(*pair, limits.factor_permille) for pair in pairs))
        strong &= pairs[0][0] >= limits.floor_wh
        weak = np.logical_or(*(_exceeds(*pair, limits.beside_permille) for pair in pairs))
        if up:
            strong |= _exceeds(peak, usual_peak, limits.peak_permille)
            weak |= _exceeds(peak, usual_peak, limits.beside_permille)
        found = _beside(strong & whole, weak & whole) & enough[:, None]
        factor = limits.factor_permille
        bound = usual * factor // PERMILLE if up else usual * PERMILLE // factor
        parts += _of_days(metered, version, found, energy, bound)
    return Trail.join(parts)


def _exceeds(large: Ints, small: Ints, permille: int) -> Bools:
    found: Bools = large * PERMILLE > small * permille
    return found


def _of_days(metered: Metered, version: VeeVersion, found: Bools, energy: Ints, bound: Ints) -> list[Trail]:
    """Findings of days, for every channel: a multiplier belongs to the meter."""
    row, at = np.nonzero(found)
    start = metered.grid.day_start
    place = row, start[at], start[at + 1]
    return [
        findings(metered, version, "V18", *place, code, energy[row, at], bound[row, at])
        for code in range(len(metered.columns))
    ]


def _beside(strong: Bools, weak: Bools) -> Bools:
    """Strong days, and the weak ones that hang together with them."""
    found = strong.copy()
    row, begin, end = runs_of(strong | weak)
    for r, b, e in zip(row, begin, end, strict=True):
        found[r, b:e] = strong[r, b:e].any()
    return found


def _quiet(metered: Metered, days: Ints, limits: Multiplier) -> Ints:
    """(N, days) lower quartile of the night's intervals: what the home always draws."""
    hour = placed((metered.grid.clock * HOURS // metered.grid.per_day)[None], metered.grid.of_day, NO_VALUE)[0]
    night = (hour >= limits.night_from) | ((hour >= 0) & (hour < limits.night_to))
    ordered = np.sort(np.where(night, days, np.iinfo(np.int32).max), axis=2)
    rank = np.broadcast_to((night.sum(axis=1) // QUARTER)[None, :, None], (*days.shape[:2], 1))
    found: Ints = np.take_along_axis(ordered, rank, axis=2)[:, :, 0].astype(np.int64)
    return found


def _export_peaks(metered: Metered, limits: Multiplier) -> tuple[Ints, Ints]:
    """(N, days) third highest export of each day, so that no spike counts, and what it is compared with.

    Nothing exceeds it where export is rare.
    """
    days = placed(metered.columns[RECEIVED], metered.grid.of_day, NO_VALUE)
    peak = np.partition(days, days.shape[2] - 3, axis=2)[:, :, -3].astype(np.int64)
    count = (peak > 0).sum(axis=1)
    rank = peak.shape[1] - count + (count - 1) * PEAK_RANK // PERMILLE
    at = np.clip(rank, 0, peak.shape[1] - 1)[:, None]
    usual = np.take_along_axis(np.sort(peak, axis=1), at, axis=1)
    return peak, np.where(count[:, None] >= limits.least_peaks, usual, np.iinfo(np.int32).max)


def _usual(values: Ints, whole: Bools, limits: Multiplier) -> tuple[Ints, Bools]:
    """(N, days) median of the whole days in the window around each day, (N,) whether there are enough of them.

    The window keeps its width at the ends of the stretch; of an even number the lower of the middle two is taken.
    """
    width = min(limits.window_days, values.shape[1])
    hidden = np.where(whole, values, np.iinfo(np.int64).max)
    windows = np.sort(np.lib.stride_tricks.sliding_window_view(hidden, width, axis=1), axis=2)
    counts = np.lib.stride_tricks.sliding_window_view(whole, width, axis=1).sum(axis=2)
    middle = np.take_along_axis(windows, np.maximum((counts - 1) // 2, 0)[:, :, None], axis=2)[:, :, 0]
    at = np.clip(np.arange(values.shape[1]) - width // 2, 0, middle.shape[1] - 1)
    return np.where(counts > 0, middle, 0)[:, at], counts.min(axis=1) >= limits.least_days


def copied_day(metered: Metered, version: VeeVersion) -> Trail:
    """V19 (ours): no day repeats the day before, interval by interval. Observed: different values; limit: how many make
    a chance impossible. Days of unlike length are not compared."""
    parts = []
    length = np.diff(metered.grid.day_start)
    for code, wh in enumerate(metered.columns):
        days = placed(wh, metered.grid.of_day, NO_VALUE)
        same = (days[:, 1:] == days[:, :-1]).all(axis=2) & (length[1:] == length[:-1])
        row, at = np.nonzero(same)
        found = [days[r, d + 1] for r, d in zip(row, at, strict=True)]
        distinct = np.array([len(np.unique(day[day != NO_VALUE])) for day in found], dtype=np.int64)
        many = distinct >= version.rules.V19.distinct_values
        row, at, distinct = row[many], at[many] + 1, distinct[many]
        begin, end = metered.grid.day_start[at], metered.grid.day_start[at + 1]
        parts.append(
            findings(metered, version, "V19", row, begin, end, code, distinct, version.rules.V19.distinct_values)
        )
    return Trail.join(parts)
