"""Which segments need a price that no source gives."""

import numpy as np

from trueup.charges.per_kwh import pcia_price
from trueup.charges.segment import account_of, terms_of, tier_of
from trueup.model import Facts, Measured, Spans
from trueup.quantities import UNKNOWN, Bools, Ints
from trueup.rulebook import Rules
from trueup.rulebook.tariffs import TIERS

MEDICAL = TIERS.index("medical_baseline")


def unknown_prices(measured: Measured, facts: Facts, spans: Spans, rules: Rules) -> Bools:
    """(S,) whether a segment needs a price of its schedule that no source gives."""
    tariffs, segments, terms = rules.tariffs, measured.segments, terms_of(measured, facts, spans)
    version = segments.version
    lacks_delivery = (lacking(tariffs.delivery[version]) & segments.occurs).sum(axis=1) > 0
    lacks_generation = ((lacking(tariffs.generation[version]) & segments.occurs).sum(axis=1) > 0) & terms.bundled
    account = account_of(measured, spans)
    medical = (facts.tier[account] == MEDICAL).astype(np.int64)
    always = (
        tariffs.delivery_nonbypassable[version],
        tariffs.generation_nonbypassable[version],
        tariffs.wildfire_fund[version],
        tariffs.fixed_recovery[version],
        tariffs.daily[version, facts.dwelling[account]],
        tariffs.minimum[version, medical],
        tariffs.baseline_credit[version],
        tariffs.delivery_baseline[version],
        tariffs.discount[tier_of(measured, facts, spans)],
    )
    others = (tariffs.other_wildfire[version], tariffs.other_ctc[version], pcia_price(measured, facts, spans, rules))
    found: Bools = lacks_delivery | lacks_generation
    for column in always:
        found = found | lacking(column)
    for column in others:
        found = found | (lacking(column) & ~terms.bundled)
    return found


def unknown_provider_prices(measured: Measured, rules: Rules) -> Bools:
    """(segments of the provider,) whether one needs a price that its file does not give."""
    segments = measured.provider
    missing = (lacking(rules.providers.generation[segments.version]) & segments.occurs).sum(axis=1)
    found: Bools = missing > 0
    return found


def lacking(price: Ints) -> Bools:
    """Whether prices are unknown."""
    found: Bools = price <= UNKNOWN // 2
    return found
