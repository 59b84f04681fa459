"""Daily charges and the state energy surcharge."""

import numpy as np

from trueup.charges.segment import account_of, known
from trueup.components import PROVIDER, UTILITY
from trueup.line_blocks import block
from trueup.model import Facts, Lines, Measured, Spans
from trueup.quantities import EXACT_PER_DAY_PRICE, UNKNOWN, Ints
from trueup.rulebook import Rules


def daily_price(measured: Measured, facts: Facts, spans: Spans, rules: Rules) -> Ints:
    """(S,) the charge per day by kind of dwelling; an account may state its own base services charge.

    References
    ----------
    Schedules D and TOU-D (basic charge, from 2025-11-15 base services charge); TOU-GS-1 (customer charge); spec
    decisions 15.
    """
    account, version = account_of(measured, spans), measured.segments.version
    stated = facts.base_services[account]
    own = rules.tariffs.is_base_services[version] & (stated != UNKNOWN)
    daily = rules.tariffs.daily[version, facts.dwelling[account], facts.tier[account]]
    return np.where(own, stated, known(daily))


def daily_lines(measured: Measured, facts: Facts, spans: Spans, rules: Rules) -> Lines:
    """Days of service times the charge per day."""
    price = daily_price(measured, facts, spans, rules)
    return _per_day("daily", measured, price, np.nonzero(price)[0])


def three_phase_lines(measured: Measured, facts: Facts, spans: Spans, rules: Rules) -> Lines:
    """The further charge per day of three-phase service (TOU-GS-1)."""
    price = known(rules.tariffs.three_phase[measured.segments.version])
    wanted = np.nonzero(facts.three_phase[account_of(measured, spans)] & (price != 0))[0]
    return _per_day("three_phase", measured, price, wanted)


def _per_day(name: str, measured: Measured, price: Ints, at: Ints) -> Lines:
    segments, each = measured.segments, price[at]
    days = segments.days[at]
    exact = days * each * EXACT_PER_DAY_PRICE
    return block(name, segments.cycle[at], quantity=days, price=each, exact=exact, version=segments.version[at])


def surcharge_lines(measured: Measured, spans: Spans, rules: Rules) -> Lines:
    """One line per cycle, at the price of its last service day; on the provider's page where it keeps a ledger.

    References
    ----------
    spec decisions 11; NBT-G6.
    """
    wh, cycles = measured.surcharge, spans.cycles
    price = known(rules.state_surcharge(cycles.end - 1))
    ledger = np.where(cycles.keeps_ledger, PROVIDER, UTILITY)
    return block("state_surcharge", np.arange(len(wh)), quantity=wh, price=price, exact=wh * price, ledger=ledger)
