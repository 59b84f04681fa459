"""Charges that look at the others of their price version: what a minimum lacks, and discounts."""

import numpy as np

from trueup.charges.segment import account_of, known, terms_of, tier_of
from trueup.components import ENERGY, INDEX, NONBYPASSABLE
from trueup.line_blocks import block
from trueup.model import Facts, Lines, Measured, Spans
from trueup.quantities import EXACT_PER_DAY_PRICE, PPM, Ints, part_of, to_cents
from trueup.rulebook import Rules
from trueup.rulebook.tariffs import TIERS

DELIVERY = ("delivery", "delivery_baseline", "baseline_credit")
MEDICAL = TIERS.index("medical_baseline")


def minimum_lines(charges: Lines, measured: Measured, facts: Facts, spans: Spans, rules: Rules) -> Lines:
    """What delivery energy and the basic charge lack of the minimum charge, per price version; the whole minimum where
    it is provisional until the true-up.

    References
    ----------
    Schedule TOU-D, footnote (delivery energy plus basic charge); Schedule NBT, Rates 2 (non-bypassable charges count);
    spec decisions 10; docs/decisions/0008; tariffs-nem N1-5 and N2-8 (provisional; docs/decisions/0014).
    """
    segments = measured.segments
    medical = (facts.tier[account_of(measured, spans)] == MEDICAL).astype(np.int64)
    price = known(rules.tariffs.minimum[segments.version, medical])
    least = segments.days * price * EXACT_PER_DAY_PRICE
    lacking = np.maximum(least - counted(charges, measured, facts, spans, rules), 0)
    terms = terms_of(measured, facts, spans)
    whole = ~spans.cycles.closes[segments.cycle] | terms.minimum_at_close
    lacking = np.where(terms.minimum_provisional, least * (whole & spans.cycles.in_period[segments.cycle]), lacking)
    at = np.nonzero(lacking)[0]
    days = segments.days[at]
    return block("minimum_charge", segments.cycle[at], quantity=days, exact=lacking[at], version=segments.version[at])


def counted(charges: Lines, measured: Measured, facts: Facts, spans: Spans, rules: Rules) -> Ints:
    """(S,) exact amount that counts towards the minimum charge; so much as it asks for where energy is a charge."""
    terms = terms_of(measured, facts, spans)
    delivery = sum_of(charges, measured, *DELIVERY)
    beside = sum_of(charges, measured, "daily") + sum_of(charges, measured, *NONBYPASSABLE)
    every = beside + delivery - left_out(charges, measured, facts, spans, rules)
    is_charge = sum_of(charges, measured, *DELIVERY, "generation") > 0
    without_energy = np.where(is_charge, np.iinfo(np.int64).max // 2, beside)
    return np.where(terms.minimum_without_energy, without_energy, every)


def left_out(charges: Lines, measured: Measured, facts: Facts, spans: Spans, rules: Rules) -> Ints:
    """(S,) the Wildfire Fund inside delivery lines, where it does not count towards the minimum charge."""
    terms, tariffs, version = terms_of(measured, facts, spans), rules.tariffs, measured.segments.version
    inside = known(tariffs.wildfire_fund[version]) - tariffs.exempt_wildfire[tier_of(measured, facts, spans)]
    held = terms.bundled & ~terms.apart & tariffs.minimum_without_wildfire[version]
    found: Ints = np.where(held, measured.inside * inside, 0)
    return found


def discount_lines(charges: Lines, measured: Measured, facts: Facts, spans: Spans, rules: Rules) -> Lines:
    """A share off all charges of the version, save what the income tier pays in full.

    References
    ----------
    Schedule TOU-D, Special Conditions 8 and 9.
    """
    share = known(rules.tariffs.discount[tier_of(measured, facts, spans)])
    at = np.nonzero(share)[0]
    base = discounted(charges, measured, facts, spans, rules) if len(at) else share
    off = -part_of(base[at], share[at], np.full(len(at), PPM))
    segments = measured.segments
    cents = np.abs(to_cents(off))
    return block("discount", segments.cycle[at], quantity=cents, exact=off, version=segments.version[at])


def discounted(charges: Lines, measured: Measured, facts: Facts, spans: Spans, rules: Rules) -> Ints:
    """(S,) exact charges that a discount is taken off, never below zero."""
    tier = tier_of(measured, facts, spans)
    whole = sum_of(charges, measured, *ENERGY, "three_phase", "minimum_charge")
    daily = np.where(rules.tariffs.daily_in_full[tier], 0, sum_of(charges, measured, "daily"))
    in_full = measured.segments.billed.sum(axis=1) * rules.tariffs.in_full[tier]
    found: Ints = np.maximum(whole + daily - in_full, 0)
    return found


def sum_of(charges: Lines, measured: Measured, *names: str) -> Ints:
    """(S,) exact sum of some components' lines of each segment."""
    segments, total = measured.segments, np.zeros(len(measured.recovery), dtype=np.int64)
    wanted = np.isin(charges.component, [INDEX[name] for name in names]) & (charges.version >= 0)
    at = np.nonzero(wanted)[0]
    versions = int(segments.version.max(initial=0)) + 1
    keys = segments.cycle * versions + segments.version
    np.add.at(total, np.searchsorted(keys, charges.cycle[at] * versions + charges.version[at]), charges.exact[at])
    return total
