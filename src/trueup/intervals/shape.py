"""Do the values make sense by themselves: V8 spike, V10 high or low, V12 negative, V13 zero or inactive."""

import numpy as np

from trueup.intervals.model import RECEIVED, Metered, over, placed
from trueup.intervals.status import sums, told
from trueup.intervals.trail import Trail, findings, runs_of, unchecked
from trueup.model import NO_VALUE, Wh32
from trueup.quantities import UNKNOWN, Ints
from trueup.rulebook.vee import Spike, VeeVersion

DAY_MINUTES = 24 * 60


def spike(metered: Metered, version: VeeVersion) -> Trail:
    """V8: per day, (p1 - p3) / p3 exceeds s, p1 the highest and p3 the third highest interval. In Wh.

    Skipped where p3 = 0 or p1 is below the floor; an interval with an outage that is known and the next one do not
    count. With `own_peaks` the value must besides exceed a multiple of the account's own daily peaks: an appliance is
    no spike.
    Observed is the value, limit the largest value that passes.

    References
    ----------
    Oracle Utilities MDM, high/low spike rule (formula).
    """
    limits = version.rules.V8
    out = metered.during(metered.facts.outages)
    out[:, 1:] |= out[:, :-1].copy()
    parts = []
    for code, wh in enumerate(metered.columns):
        most = _most(metered, np.where(out, NO_VALUE, wh), limits)
        ceiling = np.where(most < 0, np.iinfo(np.int64).max, most)[:, metered.grid.day]
        row, begin, end = runs_of((wh > ceiling) & ~out)
        parts.append(
            findings(
                metered, version, "V8", row, begin, end, code, wh[row, begin].astype(np.int64), ceiling[row, begin]
            )
        )
    return Trail.join(parts)


def _most(metered: Metered, wh: Wh32, limits: Spike) -> Ints:
    """(N, days) the largest value that is no spike; -1 where the rule skips the day."""
    days = placed(wh, metered.grid.of_day, NO_VALUE)
    top = np.partition(days, days.shape[2] - 3, axis=2)[:, :, -3:].astype(np.int64)
    third, first = top[:, :, 0], top[:, :, 2]
    floor = limits.floor_w * metered.grid.minutes // 60
    most = np.maximum(third * (1000 + limits.spike_permille) // 1000, floor - 1)
    if limits.against == "own_peaks":
        most = np.maximum(most, _own_peaks(first, limits)[:, None])
    return np.where((third > 0) & (first >= floor), most, -1)


def _own_peaks(peaks: Ints, limits: Spike) -> Ints:
    """(N,) the multiple of the account's usual daily peak; 0 where too few days have one."""
    count = (peaks > 0).sum(axis=1)
    rank = peaks.shape[1] - count + (count - 1) * limits.peak_rank_permille // 1000
    usual = np.take_along_axis(np.sort(peaks, axis=1), np.clip(rank, 0, peaks.shape[1] - 1)[:, None], axis=1)[:, 0]
    return np.where(count >= limits.least_days, usual * limits.own_permille // 1000, 0)


def high_low(metered: Metered, version: VeeVersion) -> Trail:
    """V10: average daily energy against the same period of last year, else the cycle before. In Wh in 24 hours.

    Judged per billing cycle where cycles are known, else over the whole stretch. Incomplete cycles wait for estimates.
    """
    account, begin, end = _cycles(metered)
    history = metered.facts.history_wh
    parts = []
    for code, wh in enumerate(metered.columns):
        minutes = np.maximum((end - begin) * metered.grid.minutes, 1)
        whole = over(wh == NO_VALUE, account, begin, end) == 0
        total = sums(wh, account, begin, end) * DAY_MINUTES
        daily = total // minutes
        before = np.where(np.diff(account, prepend=-1) == 0, np.roll(np.where(whole, daily, UNKNOWN), 1), UNKNOWN)
        stated = np.full(len(account), UNKNOWN) if history is None else history[code][account]
        against = np.where(stated == UNKNOWN, before, stated)
        known = whole & (against > 0)
        for permille, way in ((version.rules.V10.least_permille, 1), (version.rules.V10.most_permille, -1)):
            off = known & (way * (against * permille * minutes - total * 1000) > 0)
            at, bound = np.nonzero(off)[0], way * -(-way * against * permille // 1000)
            parts.append(findings(metered, version, "V10", account[at], begin[at], end[at], code, daily[at], bound[at]))
        blind = np.ones(metered.accounts, dtype=np.bool_)
        blind[account[known]] = False
        parts.append(unchecked(metered, version, "V10", "no earlier period is known", blind, code))
    return Trail.join(parts)


def _cycles(metered: Metered) -> tuple[Ints, Ints, Ints]:
    """Account, begin and end of the billing cycles inside the stretch; the whole stretch where none is known."""
    cycles, grid = metered.facts.cycles, metered.grid
    if cycles is None:
        every = np.arange(metered.accounts, dtype=np.int64)
        return every, np.zeros_like(every), np.full_like(every, grid.length)
    inside = (cycles.start >= grid.first_utc) & (cycles.end <= grid.first_utc + grid.step * grid.length)
    order = np.lexsort((cycles.start[inside], cycles.account[inside]))
    return (
        cycles.account[inside][order],
        grid.slot(cycles.start[inside][order], upward=True),
        grid.slot(cycles.end[inside][order]),
    )


def negative(metered: Metered, version: VeeVersion) -> Trail:
    """V12: no channel counts backward. Observed in Wh; -1 stands for a missing value in dense columns, so `arrange`
    checks rows before that."""
    parts = []
    for code, wh in enumerate(metered.columns):
        row, begin, end = runs_of(wh < NO_VALUE)
        parts.append(findings(metered, version, "V12", row, begin, end, code, wh[row, begin].astype(np.int64)))
    return Trail.join(parts)


def zero(metered: Metered, version: VeeVersion) -> Trail:
    """V13: days of zeros on an active account, or any use on an inactive one. Observed and limit in days, or Wh and 0.

    Exports may rest for weeks; only delivered energy and a generation meter are judged for zeros.
    """
    facts, limit = metered.facts, version.rules.V13.days
    parts = [
        unchecked(metered, version, "V13", "times of service are not known", ~told(metered, facts.active)),
        unchecked(metered, version, "V13", "times without service are not known", ~told(metered, facts.inactive)),
    ]
    serving, idle = metered.during(facts.active, whole=True), metered.during(facts.inactive, whole=True)
    due, start = np.diff(metered.grid.day_start), metered.grid.day_start
    for code, wh in enumerate(metered.columns):
        if code != RECEIVED:
            nothing = metered.by_day(((wh == 0) & serving).astype(np.int64)) == due
            row, first, last = runs_of(nothing)
            long = last - first >= limit
            row, first, last = row[long], first[long], last[long]
            parts.append(findings(metered, version, "V13", row, start[first], start[last], code, last - first, limit))
        row, begin, end = runs_of((wh > 0) & idle)
        parts.append(findings(metered, version, "V13", row, begin, end, code, sums(wh, row, begin, end)))
    return Trail.join(parts)
