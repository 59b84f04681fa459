"""Is it this meter, at this time: V1 time of the collector, V2 meter identity, V3 meter clock, V9 kVARh present."""

import numpy as np

from trueup.intervals.model import DELIVERED, Metered, MeterIds
from trueup.intervals.trail import Trail, findings, runs_of, unchecked
from trueup.quantities import UNKNOWN, Ints
from trueup.rulebook.vee import Clock, VeeVersion

NO_METER = -1
CLOCK_CHANGE = 3600


def collector_clock(metered: Metered, version: VeeVersion) -> Trail:
    """V1: the collector's clock is in step with the standard. Observed and limit in seconds.

    References
    ----------
    D.98-12-080 att. C, heading only: no figure was seen, so any difference is noted.
    """
    return _clock(metered, version, "V1", metered.facts.collector_seconds, version.rules.V1)


def meter_clock(metered: Metered, version: VeeVersion) -> Trail:
    """V3: the meter's clock is within the tolerance; an hour off is an error of the clock change. In seconds."""
    return _clock(metered, version, "V3", metered.facts.meter_seconds, version.rules.V3)


def _clock(metered: Metered, version: VeeVersion, rule: str, seconds: Ints | None, limits: Clock) -> Trail:
    off = np.full(metered.accounts, UNKNOWN) if seconds is None else seconds
    far = (off != UNKNOWN) & (np.abs(off) > limits.tolerance_seconds)
    an_hour = far & (np.abs(np.abs(off) - CLOCK_CHANGE) <= max(limits.tolerance_seconds, 60))
    parts = [unchecked(metered, version, rule, "the clock difference is not known", off == UNKNOWN)]
    for chosen, note in ((far & ~an_hour, ""), (an_hour, "an hour off: looks like an error of the clock change")):
        at = np.nonzero(chosen)[0]
        length = metered.grid.length
        parts.append(
            findings(metered, version, rule, at, 0, length, observed=off[at], limit=limits.tolerance_seconds, note=note)
        )
    return Trail.join(parts)


def meter_identity(metered: Metered, version: VeeVersion) -> Trail:
    """V2: the data's meter is the meter of record. Observed and limit are the numbers of both, -1 for none."""
    facts = metered.facts
    if facts.of_record is None or facts.in_data is None:
        return unchecked(metered, version, "V2", "the meter of record or of the data is not known")
    record, data = _meters(metered, facts.of_record), _meters(metered, facts.in_data)
    parts = []
    row, begin, end = runs_of((record != data) & (data != NO_METER))
    at = (row, begin)
    for code in range(len(metered.columns)):
        parts.append(findings(metered, version, "V2", row, begin, end, code, data[at], record[at]))
    return Trail.join(parts)


def _meters(metered: Metered, ids: MeterIds) -> Ints:
    """(N, T) number of the meter at each interval; an interval cut by an exchange belongs to the later meter."""
    found = np.full((metered.accounts, metered.grid.length), NO_METER, dtype=np.int64)
    begin, end = metered.grid.slot(ids.start), metered.grid.slot(ids.end, upward=True)
    for k in np.argsort(ids.start, kind="stable"):
        found[ids.account[k], begin[k] : end[k]] = ids.meter[k]
    return found


def reactive_present(metered: Metered, version: VeeVersion) -> Trail:
    """V9: reactive energy is recorded where active energy is. Observed in Wh."""
    recorded = metered.facts.kvarh
    if recorded is None:
        return unchecked(metered, version, "V9", "it is not known whether kVARh is recorded")
    wh = metered.columns[DELIVERED]
    row, begin, end = runs_of((wh > 0) & ~recorded)
    return findings(metered, version, "V9", row, begin, end, DELIVERED, wh[row, begin].astype(np.int64))
