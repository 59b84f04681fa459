"""How long has nothing been measured: V15 prolonged estimation."""

import numpy as np

from trueup.intervals.model import Metered, Stretches
from trueup.intervals.trail import Trail, findings, share_estimated, unchecked
from trueup.quantities import Bools, Ints
from trueup.rulebook.vee import VeeVersion


def prolonged_estimation(metered: Metered, version: VeeVersion) -> Trail:
    """V15: no more than some estimated bills in a row. Observed: how many; limit: how many are allowed.

    A bill is estimated where the estimated or missing part of its intervals, over all channels, exceeds the share.
    The report of incident I-2 (bills estimated for months): one record for each row of bills.
    """
    cycles = metered.facts.cycles
    if cycles is None:
        return unchecked(metered, version, "V15", "billing cycles are not known")
    account, start, end, estimated = _bills(metered, cycles, version)
    first, last = _rows(account, estimated)
    long = last - first + 1 > version.rules.V15.bills
    first, last = first[long], last[long]
    begin, stop = metered.grid.slot(start[first]), metered.grid.slot(end[last], upward=True)
    count = last - first + 1
    return findings(metered, version, "V15", account[first], begin, stop, observed=count, limit=version.rules.V15.bills)


def _bills(metered: Metered, cycles: Stretches, version: VeeVersion) -> tuple[Ints, Ints, Ints, Bools]:
    """Account, start and end of the cycles in order, and which count as estimated."""
    order = np.lexsort((cycles.start, cycles.account))
    account, start, end = cycles.account[order], cycles.start[order], cycles.end[order]
    share = share_estimated(metered, account, start, end)
    lacking = (share.estimated + share.missing).sum(axis=0) * 1000
    return account, start, end, lacking > version.rules.V15.share_permille * share.intervals.sum(axis=0)


def _rows(account: Ints, estimated: Bools) -> tuple[Ints, Ints]:
    """First and last index of the rows of estimated bills of one account."""
    new = np.diff(account, prepend=-1) != 0
    before = np.concatenate([[False], estimated[:-1]]) & ~new
    after = np.concatenate([estimated[1:], [False]]) & ~np.concatenate([new[1:], [True]])
    first, last = np.nonzero(estimated & ~before)[0], np.nonzero(estimated & ~after)[0]
    return first.astype(np.int64), last.astype(np.int64)
