"""How long has nothing been measured: V15 prolonged estimation."""

from dataclasses import dataclass

import numpy as np

from trueup.intervals.model import Metered, Stretches
from trueup.intervals.trail import Trail, findings, share_estimated, unchecked
from trueup.quantities import Bools, Ints
from trueup.rulebook.vee import VeeRules, VeeVersion


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


@dataclass(frozen=True)
class EstimationReport:
    """Estimation of accounts over their billing cycles, (N,) each: the report of incident I-2.

    Attributes
    ----------
    bills, estimated_bills
        Cycles, and how many of them count as estimated by V15's share.
    in_a_row, latest_in_a_row
        The longest row of estimated bills, and the one that the last bill belongs to.
    lacking, intervals
        Intervals of all channels in these cycles that are estimated or missing, and all of them.
    estimated_wh, wh
        Energy estimated, and all energy, of all channels.
    """

    bills: Ints
    estimated_bills: Ints
    in_a_row: Ints
    latest_in_a_row: Ints
    lacking: Ints
    intervals: Ints
    estimated_wh: Ints
    wh: Ints


def report_estimation(metered: Metered, rules: VeeRules) -> EstimationReport:
    """How much of each account was estimated, and for how many bills in a row; zeros where no cycle is known.

    Raises
    ------
    TrueupError
        E-VEE-001 where no version of the rules holds on the first day.
    """
    nothing = np.zeros(0, dtype=np.int64)
    cycles = metered.facts.cycles or Stretches(nothing, nothing, nothing)
    account, start, end, estimated = _bills(metered, cycles, rules.on(metered.readings.first_day))
    share = share_estimated(metered, account, start, end)
    first, last = _rows(account, estimated)
    longest = np.zeros(metered.accounts, dtype=np.int64)
    np.maximum.at(longest, account[first], last - first + 1)
    ends = np.append(np.diff(account) != 0, np.ones(min(len(account), 1), dtype=np.bool_))[last]
    latest = np.zeros_like(longest)
    latest[account[last[ends]]] = (last - first + 1)[ends]

    def each(values: Ints) -> Ints:
        found = np.zeros(metered.accounts, dtype=np.int64)
        np.add.at(found, account, values)
        return found

    lacking = share.estimated + share.missing
    sums = (each(values.sum(axis=0)) for values in (lacking, share.intervals, share.estimated_wh, share.wh))
    return EstimationReport(each(np.ones_like(account)), each(estimated.astype(np.int64)), longest, latest, *sums)


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
