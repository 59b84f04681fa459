"""Stage 3: intervals -> profiles, rows x clock hours."""

import numpy as np

from trueup.kernel import fold_runs
from trueup.model import Facts, Profiles, Readings, Spans
from trueup.quantities import Bools, Ints


def fold(readings: Readings, facts: Facts, spans: Spans) -> Profiles:
    """Fold the meter columns of a shard into its rows.

    Returns
    -------
    Profiles
        Wh by row and clock hour; every interval inside a cycle is counted exactly once.
    """
    stretch = spans.runs
    per_hour = 60 // readings.minutes
    netting = facts.terms.netting_minutes[facts.own]
    profile = np.zeros((6, len(spans.rows.day), 24), dtype=np.int64)
    by_day = np.zeros((2, len(facts.ids), stretch.days), dtype=np.int64)
    fold_runs(
        readings.delivered,
        readings.received,
        readings.received if readings.generation is None else readings.generation,
        facts.limited_by_generation,
        per_hour,
        np.maximum(netting // readings.minutes, 1),
        stretch.start * per_hour,
        stretch.hours,
        stretch.clock_hour,
        stretch.day,
        spans.row_of_run,
        profile,
        by_day,
    )
    return Profiles(*profile, *by_day)


def missing_by_account(profiles: Profiles, spans: Spans, accounts: int) -> Ints:
    """How many intervals inside its cycles each account lacks."""
    missing = np.zeros(accounts, dtype=np.int64)
    np.add.at(missing, spans.rows.account, profiles.missing.sum(axis=1))
    return missing


def gaps(readings: Readings, facts: Facts, spans: Spans, account: int) -> Bools:
    """(intervals,) which intervals inside an account's cycles have no reading."""
    per_hour = 60 // readings.minutes
    wanted = np.repeat(spans.row_of_run[account] >= 0, spans.runs.hours * per_hour)
    lacks = (readings.delivered[account] < 0) | (readings.received[account] < 0)
    if facts.limited_by_generation[account] and readings.generation is not None:
        lacks |= readings.generation[account] < 0
    found: Bools = wanted & lacks
    return found
