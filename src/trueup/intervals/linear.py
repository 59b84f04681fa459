"""E1: a short gap is a straight line between its good neighbours; an outage is nothing."""

import numpy as np

from trueup.intervals.draft import Draft
from trueup.intervals.model import over
from trueup.intervals.trail import runs_of
from trueup.quantities import Bools, Ints


def fill_outages(draft: Draft) -> None:
    """E1: a missing interval that lies wholly in an outage is 0, and so is a gap with an outage on both sides."""
    whole = draft.metered.during(draft.metered.facts.outages, whole=True)
    row, slot = np.nonzero(draft.needed & whole)
    draft.forced[row, slot] = True
    draft.put("E1", row, slot, np.zeros_like(row), "an outage: 0")
    account, begin, end = runs_of(draft.needed)
    last = draft.wh.shape[1] - 1
    inner = (begin > 0) & (end <= last)
    between = inner & draft.out[account, np.maximum(begin - 1, 0)] & draft.out[account, np.minimum(end, last)]
    row, slot, _ = _spread(account[between], begin[between], end[between])
    draft.forced[row, slot] = True
    draft.put("E1", row, slot, np.zeros_like(row), "an outage on both sides: 0")


def interpolate(draft: Draft, dark: Bools) -> None:
    """E1: gaps of at most two hours, point to point, in whole Wh, and no line crosses an interval of night, `dark`.

    The k-th value is the difference of the line's cumulated sums, each cut to whole Wh: none is negative, and the
    values add to the line's own sum (cut to whole Wh). `outage_endpoint: skip` passes over intervals with an outage
    when looking for an end point, `use` takes them; the choice stands in the trail (incident I-13).

    References
    ----------
    D.98-12-080 att. C, headings: point-to-point linear interpolation; intervals with a power failure are no end points.
    """
    limits, minutes = draft.version.rules.E1, draft.metered.grid.minutes
    ends = draft.good & ~draft.out if limits.outage_endpoint == "skip" else draft.good
    row, begin, end = runs_of(draft.needed)
    left, right = nearest_before(ends)[row, begin], nearest_after(ends)[row, end - 1]
    reach = limits.reach_minutes // minutes
    short = (end - begin) * minutes <= limits.most_minutes
    short &= (left >= 0) & (right < ends.shape[1]) & (begin - left <= reach + 1) & (right - end < reach + 1)
    short &= (begin - left >= 1) & (right >= end)
    row, begin, end, left, right = (part[short] for part in (row, begin, end, left, right))
    clear = over(dark, row, left + 1, right) == 0
    row, begin, end, left, right = (part[clear] for part in (row, begin, end, left, right))
    account, slot, run = _spread(row, begin, end)
    values = _line(draft.wh[row, left][run], draft.wh[row, right][run], slot - left[run], (right - left)[run], run)
    draft.put("E1", account, slot, values, f"outage_endpoint={limits.outage_endpoint}")


def nearest_before(mask: Bools) -> Ints:
    """(N, T) the last true place at or before each; -1 where there is none."""
    places = np.where(mask, np.arange(mask.shape[1]), -1)
    found: Ints = np.maximum.accumulate(places, axis=1)
    return found


def nearest_after(mask: Bools) -> Ints:
    """(N, T) the first true place at or after each; T where there is none."""
    places = np.where(mask, np.arange(mask.shape[1]), mask.shape[1])
    found: Ints = np.minimum.accumulate(places[:, ::-1], axis=1)[:, ::-1]
    return found


def _line(first: Ints, last: Ints, step: Ints, steps: Ints, run: Ints) -> Ints:
    """Values on the lines from `first` to `last`, `step` of `steps` along, whole Wh by cumulated sums within a run."""
    return differences(first * (steps - step) + last * step, steps, run)


def differences(parts: Ints, divisor: Ints, run: Ints) -> Ints:
    """(K,) whole numbers that add to parts / divisor within each run, cut to a whole number once at its end.

    Each is the difference of cumulated sums, cut to whole numbers. `run` is sorted, `divisor` one for a run.
    """
    if not len(parts):
        return parts
    total = np.cumsum(parts)
    new = np.concatenate([[True], run[1:] != run[:-1]])
    base = np.maximum.accumulate(np.where(new, np.arange(len(run)), 0))
    before = total[base] - parts[base]
    upto = (total - before) // divisor
    found: Ints = upto - np.where(new, 0, np.concatenate([[0], upto[:-1]]))
    return found


def _spread(row: Ints, begin: Ints, end: Ints) -> tuple[Ints, Ints, Ints]:
    """Account, interval and number of the run of every interval of runs."""
    length = end - begin
    run = np.repeat(np.arange(len(row), dtype=np.int64), length)
    offset = np.arange(len(run)) - np.repeat(np.cumsum(length) - length, length)
    return row[run], begin[run] + offset, run
