"""Stage 3: intervals -> profiles, rows x clock hours."""

from dataclasses import replace

import numpy as np

from trueup.kernel import fold_runs
from trueup.model import NOBODY, Allotted, Facts, Profiles, Readings, Sharing, Spans, Wh32
from trueup.quantities import Bools, Ints


def fold(readings: Readings, facts: Facts, spans: Spans, allotted: Allotted) -> Profiles:
    """Fold the meter columns of a shard into its rows; of some accounts what stands in place of their own.

    Returns
    -------
    Profiles
        Wh by row and clock hour; every interval inside a cycle is counted exactly once.
    """
    profile = np.zeros((6, len(spans.rows.day), 24), dtype=np.int64)
    others, row_of_run = allotted.accounts, spans.row_of_run.copy()
    row_of_run[others] = -1
    by_day = _fold_into(profile, readings, facts, np.arange(len(facts.ids)), row_of_run, spans)
    if len(others):
        by_day[:, others] = _fold_into(profile, allotted.readings, facts, others, spans.row_of_run[others], spans)
    return Profiles(*profile, *by_day)


def _fold_into(profile: Ints, readings: Readings, facts: Facts, accounts: Ints, row_of_run: Wh32, spans: Spans) -> Ints:
    """Add meter columns to (6, rows, 24) profiles as the facts of some accounts want it; (2, K, days) sums by day.

    Parameters
    ----------
    accounts
        (K,) whose netting interval and limit hold, one for each line of the columns.
    row_of_run
        (K, runs) row among `rows`, -1 outside of every cycle.
    """
    stretch, per_hour = spans.runs, 60 // readings.minutes
    netting = facts.terms.netting_minutes[facts.own[accounts]]
    by_day = np.zeros((2, len(accounts), stretch.days), dtype=np.int64)
    fold_runs(
        readings.delivered,
        readings.received,
        readings.received if readings.generation is None else readings.generation,
        facts.limited_by_generation[accounts],
        per_hour,
        np.maximum(netting // readings.minutes, 1),
        stretch.start * per_hour,
        stretch.hours,
        stretch.clock_hour,
        stretch.day,
        row_of_run,
        profile,
        by_day,
    )
    return by_day


def with_pools(profiles: Profiles, readings: Readings, facts: Facts, spans: Spans, sharing: Sharing | None) -> Profiles:
    """Profiles in which the credited export of accounts that share one's is all of that, hour by hour.

    Stage 4 leaves each its share. Only where nets decide a bill: elsewhere money is split.

    References
    ----------
    tariffs-nem A2, A5; docs/decisions/0015.
    """
    if sharing is None:
        return profiles
    nets = ~facts.terms.priced_exports[facts.own]
    pairs = [
        (member, int(giver))
        for giver, members in zip(sharing.generating, sharing.members, strict=True)
        for member in members.tolist()
        if NOBODY not in (member, giver) and nets[member] and member != giver
    ]
    if not pairs:
        return profiles
    account, giver = np.array(pairs).T
    rows, inverse = np.unique(spans.row_of_run[account], return_inverse=True)
    compact = np.where(spans.row_of_run[account] < 0, -1, inverse.reshape(len(account), -1)).astype(np.int32)
    given = replace(
        readings,
        delivered=readings.received[giver],
        received=readings.received[giver],
        generation=None if readings.generation is None else readings.generation[giver],
    )
    pool = np.zeros((6, len(rows), 24), dtype=np.int64)
    by_day = _fold_into(pool, given, facts, giver, compact, spans)
    inside = (rows >= 0) & spans.cycles.solar[spans.rows.cycle[rows]]
    credited, credited_by_day = profiles.credited.copy(), profiles.credited_by_day.copy()
    credited[rows[inside]] = pool[3][inside]
    credited_by_day[account] = by_day[1]
    return replace(profiles, credited=credited, credited_by_day=credited_by_day)


def missing_by_account(profiles: Profiles, spans: Spans, accounts: int) -> Ints:
    """How many intervals inside its cycles each account lacks."""
    missing = np.zeros(accounts, dtype=np.int64)
    np.add.at(missing, spans.rows.account, profiles.missing.sum(axis=1))
    return missing


def own_gaps(readings: Readings, account: int, allotted: Allotted) -> Bools:
    """(intervals,) which intervals an account's own meter lacks; with a share of an output only what it took counts."""
    lacks: Bools = readings.delivered[account] < 0
    if account not in allotted.accounts:
        lacks |= readings.received[account] < 0
        if readings.generation is not None:
            lacks |= readings.generation[account] < 0
    return lacks


def gaps(readings: Readings, facts: Facts, spans: Spans, account: int, allotted: Allotted) -> Bools:
    """(intervals,) which intervals inside an account's cycles have no reading."""
    per_hour = 60 // readings.minutes
    wanted = np.repeat(spans.row_of_run[account] >= 0, spans.runs.hours * per_hour)
    own, row = allotted.of(account, readings)
    lacks = (own.delivered[row] < 0) | (own.received[row] < 0)
    if facts.limited_by_generation[account] and own.generation is not None:
        lacks |= own.generation[row] < 0
    found: Bools = wanted & lacks
    return found
