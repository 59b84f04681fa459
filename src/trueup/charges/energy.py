"""Energy lines: delivery and generation by period, tiers and baseline credit. All prices $/kWh, per price version."""

from dataclasses import replace

import numpy as np

from trueup.charges.segment import known, terms_of, tier_of
from trueup.components import PROVIDER
from trueup.line_blocks import block
from trueup.model import Facts, Lines, Measured, Segments, Spans
from trueup.quantities import Bools, Ints, amount
from trueup.rulebook import Rules
from trueup.rulebook.schema import BUCKETS, SEASONS, TOU_PERIODS

ALL_HOURS = tuple(BUCKETS.index((season, TOU_PERIODS[-1])) for season in SEASONS)
PART_BUCKETS = np.array([*ALL_HOURS, -1])
"""Bucket of a line on a season of a segment, or on all of it."""


def energy_lines(measured: Measured, facts: Facts, spans: Spans, rules: Rules) -> list[Lines]:
    """Delivery and generation by time-of-use period, without the parts that print apart.

    References
    ----------
    Schedule TOU-D, Special Condition 11 (rates times determinants; generation of bundled customers only); Schedule NBT,
    Rates 3.a.i (non-bypassable charges are no part of the energy charges, spec `BILL-10`); tariffs-nem N2-1
    (spec `BILL-03`); spec decisions 3.
    """
    terms, tariffs, segments = terms_of(measured, facts, spans), rules.tariffs, measured.segments
    inside = np.where(terms.apart, known(tariffs.generation_nonbypassable[segments.version]), 0)
    whole_rate = tariffs.tiered[segments.version]
    return [
        _by_period(
            "delivery",
            segments,
            segments.billed,
            ~whole_rate,
            tariffs.delivery,
            delivery_less(measured, facts, spans, rules),
        ),
        _by_period("generation", segments, segments.billed_generation, terms.bundled, tariffs.generation, inside),
    ]


def delivery_less(measured: Measured, facts: Facts, spans: Spans, rules: Rules) -> Ints:
    """(S,) what is taken off the printed delivery price: what prints apart, and what an income tier is exempt from."""
    terms, tariffs, version = terms_of(measured, facts, spans), rules.tariffs, measured.segments.version
    wildfire = np.where(terms.bundled | ~tariffs.surcharge_apart[version], 0, known(tariffs.wildfire_fund[version]))
    apart = np.where(terms.apart, known(tariffs.delivery_nonbypassable[version]), wildfire)
    return apart + tariffs.exempt[tier_of(measured, facts, spans)]


def _by_period(name: str, segments: Segments, billed: Ints, wanted: Bools, totals: Ints, less: Ints) -> Lines:
    segment, bucket = np.nonzero(segments.occurs & wanted[:, None])
    version, wh = segments.version[segment], billed[segment, bucket]
    price = known(totals[version, bucket]) - less[segment]
    cycle = segments.cycle[segment]
    return block(name, cycle, quantity=wh, price=price, exact=amount(wh, price), version=version, bucket=bucket)


def baseline_lines(measured: Measured, facts: Facts, spans: Spans, rules: Rules) -> list[Lines]:
    """Tiered delivery (up to the allowance, and above it), or the baseline credit.

    References
    ----------
    Schedule D; Schedule TOU-D, baseline credit up to 100% of the allowance in any period; tariffs-nem C3 to C5
    (mirrored below zero); docs/decisions/0008.
    """
    tariffs, version = rules.tariffs, measured.segments.version
    less = delivery_less(measured, facts, spans, rules)
    tiered = measured.parts & tariffs.tiered[version][:, None]
    credited = measured.parts & (tariffs.baseline_credit[version] != 0)[:, None]
    upper = known(tariffs.delivery[:, ALL_HOURS[0]][version]) - less
    lower = known(tariffs.delivery_baseline[version]) - less
    credit = -known(tariffs.baseline_credit[version])
    return [
        _by_part("delivery", measured, tiered, measured.part_use - measured.baseline, upper),
        _by_part("delivery_baseline", measured, tiered, measured.baseline, lower),
        _by_part("baseline_credit", measured, credited, measured.baseline, credit),
    ]


def _by_part(name: str, measured: Measured, wanted: Bools, wh: Ints, price: Ints) -> Lines:
    segments = measured.segments
    segment, part = np.nonzero(wanted)
    quantity, each = wh[segment, part], price[segment]
    return block(
        name,
        segments.cycle[segment],
        quantity=quantity,
        price=each,
        exact=amount(quantity, each),
        version=segments.version[segment],
        bucket=PART_BUCKETS[part],
    )


def provider_lines(measured: Measured, rules: Rules) -> list[Lines]:
    """Generation of another provider at its product's price, and what it adds on every kWh taken in (spec `CCA-01`)."""
    segments, prices, ledger = measured.provider, rules.providers, np.int64(PROVIDER)
    every = np.ones(len(segments.cycle), dtype=np.bool_)
    generation = _by_period(
        "generation", segments, segments.billed_generation, every, prices.generation, np.zeros_like(segments.cycle)
    )
    each = prices.per_kwh[segments.version]
    at = np.nonzero(each)[0]
    wh = segments.delivered[at].sum(axis=1)
    beside = block(
        "per_kwh",
        segments.cycle[at],
        quantity=wh,
        price=each[at],
        exact=amount(wh, each[at]),
        version=segments.version[at],
    )
    return [replace(lines, ledger=np.full_like(lines.ledger, ledger)) for lines in (generation, beside)]
