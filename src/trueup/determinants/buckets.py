"""Rows -> named buckets: (cycle, price version) segments by season and time-of-use period."""

import numpy as np

from trueup.determinants import bases
from trueup.model import Facts, Measured, Profiles, Spans
from trueup.quantities import Bools, Ints
from trueup.rulebook import Rules
from trueup.rulebook.schema import BUCKETS, TOU_PERIODS


def measure(profiles: Profiles, facts: Facts, spans: Spans, rules: Rules) -> Measured:
    """Stage 4: sum the profiles' rows into buckets. A price change splits a cycle by days (spec decisions 9)."""
    rows = spans.rows
    versions = len(rules.tariffs.version_from)
    version = rules.tariffs.version(facts.schedule[rows.account], rows.day)
    keys, segment = np.unique(rows.cycle * versions + version, return_inverse=True)
    cycle, shape = keys // versions, (len(keys), len(BUCKETS))
    bucket = segment[:, None] * len(BUCKETS) + bucket_of_hour(facts, spans, rules)
    delivered, credited = (
        add_up(bucket, channel, shape[0] * shape[1]).reshape(shape)
        for channel in (profiles.delivered, profiles.credited)
    )
    imports, received, exports = (
        add_up(rows.cycle, channel.sum(axis=1), len(spans.cycles.account))
        for channel in (profiles.delivered, profiles.received, profiles.credited)
    )
    positive_net = add_up(segment, profiles.positive_net.sum(axis=1), len(keys))
    terms = facts.terms.take(spans.cycles.terms[cycle])
    billed = bases.billed_energy(delivered, credited, terms.nets_buckets)
    return Measured(
        cycle,
        keys % versions,
        add_up(segment, rows.days, len(keys)),
        delivered,
        credited,
        _occurs(bucket, shape),
        billed,
        bases.nonbypassable_basis(delivered.sum(axis=1), positive_net, terms.on_positive_net),
        bases.recovery_basis(delivered.sum(axis=1), billed, terms.recovery_on_buckets),
        bases.surcharge_basis(imports, exports, facts.terms.surcharge_on_net[spans.cycles.terms]),
        imports,
        received,
        exports,
    )


def bucket_of_hour(facts: Facts, spans: Spans, rules: Rules) -> Ints:
    """(R, 24) bucket of each clock hour of each row.

    References
    ----------
    Schedule TOU-D, Special Condition 1: periods by season, day type and Pacific prevailing hour.
    """
    rows, calendar = spans.rows, rules.calendar
    season = calendar.at(calendar.season, rows.day)
    day_type = calendar.at(calendar.tariff_day_type, rows.day)
    period = rules.tariffs.period_of_hour[facts.schedule[rows.account], season, day_type]
    return season[:, None] * len(TOU_PERIODS) + period


def add_up(index: Ints, values: Ints, size: int) -> Ints:
    """Exact integer sums of values that share an index."""
    total = np.zeros(size, dtype=np.int64)
    np.add.at(total, index.reshape(-1), values.reshape(-1))
    return total


def _occurs(bucket: Ints, shape: tuple[int, int]) -> Bools:
    return (np.bincount(bucket.reshape(-1), minlength=shape[0] * shape[1]) > 0).reshape(shape)
