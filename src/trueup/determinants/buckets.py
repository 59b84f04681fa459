"""Rows -> named buckets: (cycle, price version) segments by season and time-of-use period."""

from dataclasses import replace

import numpy as np

from trueup.model import Facts, Profiles, Segments, Spans
from trueup.quantities import Bools, Ints, add_up, whole_kwh
from trueup.rulebook import Rules
from trueup.rulebook.columns import Terms
from trueup.rulebook.schema import BUCKETS, SEASONS, TOU_PERIODS

NO_SEGMENT = -1


def tariff_segments(profiles: Profiles, facts: Facts, spans: Spans, bucket: Ints, rules: Rules) -> Segments:
    """Segments by price version of the schedule: a price change splits a cycle by days (spec decisions 9)."""
    rows = spans.rows
    version = rules.tariffs.versions.at(facts.schedule[rows.account], rows.day)
    every = np.arange(len(rows.day))
    return _segments(every, version, profiles, facts, spans, bucket, rules)


def provider_segments(profiles: Profiles, facts: Facts, spans: Spans, bucket: Ints, rules: Rules) -> Segments:
    """Segments by price version of the provider, of the cycles for which its ledger is kept."""
    rows, cycles = spans.rows, spans.cycles
    kept = np.nonzero(cycles.keeps_ledger[rows.cycle])[0]
    version = rules.providers.versions.at(cycles.prices[rows.cycle[kept]], rows.day[kept])
    return _segments(kept, version, profiles, facts, spans, bucket, rules)


def _segments(
    at: Ints, version: Ints, profiles: Profiles, facts: Facts, spans: Spans, bucket: Ints, rules: Rules
) -> Segments:
    """Sum the rows `at` into segments of (cycle, version), as metered: nothing billed yet."""
    rows, versions = spans.rows, int(version.max(initial=0)) + 1
    keys, segment = np.unique(rows.cycle[at] * versions + version, return_inverse=True)
    shape = (len(keys), len(BUCKETS))
    slot = segment[:, None] * len(BUCKETS) + bucket[at]
    delivered, credited = (
        add_up(slot, channel[at], shape[0] * shape[1]).reshape(shape)
        for channel in (profiles.delivered, profiles.credited)
    )
    season = rules.calendar.at(rules.calendar.season, facts.calendar[rows.account[at]], rows.day[at])
    by_season = add_up(segment * len(SEASONS) + season, rows.days[at], len(keys) * len(SEASONS))
    season_days = by_season.reshape(-1, len(SEASONS))
    return Segments(
        keys // versions,
        keys % versions,
        season_days.sum(axis=1),
        season_days,
        delivered,
        credited,
        _occurs(slot, shape),
        delivered,
        delivered,
    )


def billed_segments(segments: Segments, forfeited: Ints, terms: Terms) -> Segments:
    """Segments without the export that is forfeited, with the Wh of their energy lines.

    Parameters
    ----------
    terms
        (M,) the answers in force in the ledger.
    """
    credited, answers = segments.credited - forfeited, terms.take(segments.cycle)
    nets = answers.nets_buckets
    delivery, generation = (
        whole_kwh(net_energy(segments.delivered, credited, netted), answers.whole_kwh[:, None])
        for netted in (nets, nets | answers.nets_generation)
    )
    return replace(segments, credited=credited, billed=delivery, billed_generation=generation)


def net_energy(delivered: Ints, credited: Ints, nets: Bools) -> Ints:
    """(S, buckets) Wh delivered, less credited export where a program nets by time-of-use period.

    References
    ----------
    SCE NEM questions: net per time-of-use period within the cycle (spec `BILL-01`, `BILL-02`); Schedule NBT, Special
    Condition 3.a: two channels that are never netted.
    """
    return delivered - np.where(nets[:, None], credited, 0)


def segment_of_row(segments: Segments, spans: Spans, facts: Facts, rules: Rules) -> Ints:
    """(R,) the tariff segment of each row."""
    rows, versions = spans.rows, int(segments.version.max(initial=0)) + 1
    version = rules.tariffs.versions.at(facts.schedule[rows.account], rows.day)
    return np.searchsorted(segments.cycle * versions + segments.version, rows.cycle * versions + version)


def bucket_of_hour(facts: Facts, spans: Spans, rules: Rules) -> Ints:
    """(R, 24) bucket of each clock hour of each row.

    References
    ----------
    Schedule TOU-D, Special Condition 1: periods by season, day type and Pacific prevailing hour.
    """
    rows, calendar = spans.rows, rules.calendar
    which = facts.calendar[rows.account]
    season = calendar.at(calendar.season, which, rows.day)
    day_type = calendar.at(calendar.tariff_day_type, which, rows.day)
    period = rules.tariffs.period_of_hour[facts.schedule[rows.account], season, day_type]
    return season[:, None] * len(TOU_PERIODS) + period


def _occurs(bucket: Ints, shape: tuple[int, int]) -> Bools:
    return (np.bincount(bucket.reshape(-1), minlength=shape[0] * shape[1]) > 0).reshape(shape)
