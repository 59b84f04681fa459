"""Which segments need a price that no source gives."""

import numpy as np

from trueup.charges.pcia import pcia_price
from trueup.charges.segment import account_of, terms_of, tier_of
from trueup.model import Facts, Measured, Spans
from trueup.quantities import UNKNOWN, Bools, Ints
from trueup.rulebook import Rules
from trueup.rulebook.tariffs import TIERS

MEDICAL = TIERS.index("medical_baseline")
NONE = -1


def unknown_prices(measured: Measured, facts: Facts, spans: Spans, rules: Rules) -> tuple[tuple[str, ...], Ints]:
    """What prices a segment may lack, and (S,) the first that it needs and no source gives; `NONE` where none."""
    found = _lacks(measured, facts, spans, rules)
    table = np.stack(list(found.values()), axis=1)
    first = np.where(table.any(axis=1), table.argmax(axis=1), NONE)
    return tuple(found), first


def _lacks(measured: Measured, facts: Facts, spans: Spans, rules: Rules) -> dict[str, Bools]:
    """By kind of price, (S,) whether a segment needs it in vain."""
    tariffs, segments, terms = rules.tariffs, measured.segments, terms_of(measured, facts, spans)
    version, account = segments.version, account_of(measured, spans)
    medical = (facts.tier[account] == MEDICAL).astype(np.int64)
    others, bundled = ~terms.bundled, terms.bundled
    return {
        "the energy price": _in_some_period(tariffs.delivery, measured),
        "the generation price": _in_some_period(tariffs.generation, measured) & bundled,
        "a non-bypassable part": ~nonbypassable_known(version, rules)
        & (terms.apart | others | (tariffs.minimum_without_wildfire & (tariffs.minimum[:, 0] != 0))[version]),
        "the fixed recovery charge": lacking(tariffs.fixed_recovery[version]),
        "the regulatory fee": lacking(tariffs.regulatory_fee[version]),
        "the PCIA of bundled customers": lacking(tariffs.bundled_pcia[version]) & bundled,
        "the daily charge": lacking(tariffs.daily[version, facts.dwelling[account], facts.tier[account]]),
        "the minimum charge": lacking(tariffs.minimum[version, medical]),
        "the baseline credit": lacking(tariffs.baseline_credit[version]),
        "the baseline price": lacking(tariffs.delivery_baseline[version]),
        "the discount of the income tier": lacking(tariffs.discount[tier_of(measured, facts, spans)]),
        "the cost responsibility surcharge": (
            lacking(tariffs.other_wildfire[version]) | lacking(tariffs.other_ctc[version])
        )
        & others,
        "the PCIA of the customer's vintage": lacking(pcia_price(measured, facts, spans, rules)) & others,
    }


def _in_some_period(prices: Ints, measured: Measured) -> Bools:
    segments = measured.segments
    missing = (lacking(prices[segments.version]) & segments.occurs).sum(axis=1)
    found: Bools = missing > 0
    return found


def unknown_provider_prices(measured: Measured, rules: Rules) -> tuple[tuple[str, ...], Ints]:
    """The same for the provider's segments: whether its price list lacks a period that occurs."""
    segments = measured.provider
    missing = (lacking(rules.providers.generation[segments.version]) & segments.occurs).sum(axis=1)
    return ("the provider's price",), np.where(missing > 0, 0, NONE)


def nonbypassable_known(version: Ints, rules: Rules) -> Bools:
    """(S,) whether the non-bypassable parts inside the prices are known; some rates are billed without."""
    tariffs = rules.tariffs
    parts = (tariffs.delivery_nonbypassable, tariffs.generation_nonbypassable, tariffs.wildfire_fund)
    found: Bools = ~np.any([lacking(part[version]) for part in parts], axis=0)
    return found


def lacking(price: Ints) -> Bools:
    """Whether prices are unknown."""
    found: Bools = price <= UNKNOWN // 2
    return found
