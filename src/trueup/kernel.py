"""The loops over intervals, compiled: the fold, and the allotment of a generator's output before it.

The day plan is data, so no clock-change branch is needed.
"""

import numpy as np
import numpy.typing as npt
from numba import njit

from trueup.model import NO_VALUE, Wh32
from trueup.quantities import Ints


@njit(nogil=True, cache=True)
def fold_runs(
    delivered: Wh32,
    received: Wh32,
    limit: Wh32,
    limited: npt.NDArray[np.bool_],
    per_hour: int,
    netted: Ints,
    starts: Ints,
    hours: Ints,
    clock_hours: Ints,
    days: Ints,
    row_of_run: Wh32,
    profile: Ints,
    by_day: Ints,
) -> None:
    """Add every interval once to its row and clock hour.

    Parameters
    ----------
    limit, limited
        (N, intervals) generation, read where (N,) `limited`.
    per_hour
        Intervals in an hour.
    netted
        (N,) intervals over which delivered and received are netted for the positive net.
    starts, hours, clock_hours, days
        (runs,) first interval, length, first clock hour, day.
    row_of_run
        (N, runs) row, -1 to leave the run out.
    profile
        (6, R, 24), filled: delivered, received, positive net, credited, peak, missing.
    by_day
        (2, N, days), filled: delivered, credited.
    """
    for account in range(delivered.shape[0]):
        for run in range(len(starts)):
            row = row_of_run[account, run]
            if row < 0:
                continue
            day = days[run]
            at = starts[run]
            for hour in range(clock_hours[run], clock_hours[run] + hours[run]):
                net = 0
                for slot in range(per_hour):
                    taken, sent = delivered[account, at], received[account, at]
                    most = limit[account, at] if limited[account] else sent
                    if taken < 0 or sent < 0 or most < 0:
                        profile[5, row, hour] += 1
                        taken, sent, most = max(taken, 0), max(sent, 0), max(most, 0)
                    credited = min(sent, most)
                    profile[0, row, hour] += taken
                    profile[1, row, hour] += sent
                    profile[3, row, hour] += credited
                    profile[4, row, hour] = max(profile[4, row, hour], taken)
                    by_day[0, account, day] += taken
                    by_day[1, account, day] += credited
                    net += taken - sent
                    if (slot + 1) % netted[account] == 0:
                        profile[2, row, hour] += max(net, 0)
                        net = 0
                    at += 1


@njit(nogil=True, cache=True)
def allot_intervals(output: Wh32, share: Ints, whole: int, allotted: Wh32) -> None:
    """Give every Wh of an output away, interval by interval, by shares; what each was due and did not get is carried.

    Each account gets the whole Wh of its share; those left go one each to the largest remainders carried, of equal
    ones to the first. So nobody gets less than nothing, and equal accounts stay within 1 Wh of each other.

    Parameters
    ----------
    output
        (intervals,) Wh, `NO_VALUE` where unknown: then nobody with a share has a value there.
    share
        (K,) of `whole`; they add up to it.
    allotted
        (K, intervals), filled.
    """
    carried = np.where(share > 0, 0, -whole * len(share))
    for at in range(len(output)):
        if output[at] <= 0:
            for account in range(len(share)):
                allotted[account, at] = NO_VALUE if output[at] < 0 and share[account] > 0 else 0
            continue
        left = np.int64(output[at])
        for account in range(len(share)):
            due = output[at] * share[account]
            given = due // whole
            allotted[account, at] = given
            carried[account] += due - given * whole
            left -= given
        order = np.argsort(-carried, kind="mergesort")
        for rank in range(left):
            allotted[order[rank], at] += 1
            carried[order[rank]] -= whole


@njit(nogil=True, cache=True)
def offset_use(delivered: Wh32, allotted: Wh32) -> None:
    """Let what is allotted offset what the account took in the same interval: both (intervals,) columns are less by it.

    References
    ----------
    Virtual net billing of homes (tariffs-nbt 3.7); docs/decisions/0015.
    """
    for at in range(len(delivered)):
        both = min(delivered[at], allotted[at])
        if both > 0:
            delivered[at] -= both
            allotted[at] -= both
