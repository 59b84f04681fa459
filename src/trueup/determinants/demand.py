"""The largest demand of a cycle, by kind of hours."""

import numpy as np

from trueup.model import Facts, Profiles, Segments, Spans
from trueup.quantities import Bools, Ints, nearest
from trueup.rulebook import Rules
from trueup.rulebook.schema import BUCKETS, DEMANDS, SEASONS

WHOLE_KW = 1000


def largest_demand(profiles: Profiles, facts: Facts, spans: Spans, bucket: Ints, minutes: int, rules: Rules) -> Ints:
    """(M, kinds) W: the largest interval delivered in the cycle's hours of a kind.

    References
    ----------
    TOU-GS-1 (tariffs-nbt 7.2); from the import channel only (NBT 1.5).
    """
    rows, tariffs = spans.rows, rules.tariffs
    has = (tariffs.demand_delivery != 0).any(axis=1) | (tariffs.demand_generation != 0).any(axis=1)
    versions = tariffs.versions.at(facts.schedule[rows.account], rows.day)
    at = np.nonzero(has[versions])[0]
    largest = np.zeros((len(spans.cycles.account), len(DEMANDS)), dtype=np.int64)
    calendar = facts.calendar[rows.account[at]]
    weekend = rules.calendar.at(rules.calendar.tariff_day_type, calendar, rows.day[at]) == 1
    for kind, chosen in enumerate(_hours_of_kinds(bucket[at], weekend)):
        peak = np.where(chosen, profiles.peak[at], 0).max(axis=1, initial=0)
        np.maximum.at(largest[:, kind], rows.cycle[at], peak)
    return largest * 60 // minutes


def billed_demand(largest: Ints) -> Ints:
    """(M, kinds) W in whole kW, half up (TOU-GS-1; tariffs-nbt 7.2)."""
    return nearest(largest, WHOLE_KW)


def demand_days(segments: Segments) -> Ints:
    """(S, kinds) days of the segment in the season of each kind of demand."""
    of_season = {None: segments.days} | {name: segments.season_days[:, k] for k, name in enumerate(SEASONS)}
    return np.stack([of_season[season] for season, _, _ in DEMANDS.values()], axis=1)


def _hours_of_kinds(bucket: Ints, weekend: Bools) -> list[Bools]:
    """(R, 24) for each kind of demand, whether an hour belongs to it."""
    found = []
    for season, period, weekdays_only in DEMANDS.values():
        every = np.ones_like(bucket, dtype=np.bool_)
        hours = every if season is None or period is None else bucket == BUCKETS.index((season, period))
        found.append(hours & ~(weekend[:, None] & weekdays_only))
    return found
