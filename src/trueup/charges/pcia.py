"""The PCIA of another provider's customer, by the year in which the customer left bundled service."""

import numpy as np

from trueup.charges.segment import account_of
from trueup.model import Facts, Measured, Spans
from trueup.quantities import UNKNOWN, Ints
from trueup.rulebook import Rules
from trueup.rulebook.tariffs import FIRST_VINTAGE, VINTAGES


def pcia_price(measured: Measured, facts: Facts, spans: Spans, rules: Rules) -> Ints:
    """(S,) PCIA by the year in which the customer left bundled service, or as the account states it."""
    segments = measured.segments
    stated = facts.pcia[account_of(measured, spans)]
    return np.where(stated != UNKNOWN, stated, rules.tariffs.pcia[segments.version, vintage_of(measured, spans)])


def vintage_of(measured: Measured, spans: Spans) -> Ints:
    """(S,) index of the year in which the customer left bundled service, on the axis of vintages."""
    return np.clip(spans.cycles.vintage[measured.segments.cycle] - FIRST_VINTAGE, 0, VINTAGES - 1)
