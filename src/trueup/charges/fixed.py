"""Daily charges and the state energy surcharge."""

import numpy as np

from trueup.charges.energy import known
from trueup.line_blocks import block
from trueup.model import Facts, Lines, Measured, Spans
from trueup.quantities import EXACT_PER_DAY_PRICE, UNKNOWN
from trueup.rulebook import Rules


def daily_lines(measured: Measured, facts: Facts, spans: Spans, rules: Rules) -> Lines:
    """Days of service times the charge per day; an account may state its own base services charge.

    References
    ----------
    Schedule TOU-D, Option PRIME (basic charge, from 2025-11-15 base services charge); spec decisions 15.
    """
    stated = facts.base_services[spans.cycles.account[measured.cycle]]
    own = rules.tariffs.is_base_services[measured.version] & (stated != UNKNOWN)
    price = np.where(own, stated, known(rules.tariffs.daily[measured.version]))
    exact = measured.days * price * EXACT_PER_DAY_PRICE
    return block("daily", measured.cycle, quantity=measured.days, price=price, exact=exact, version=measured.version)


def surcharge_lines(measured: Measured, spans: Spans, rules: Rules) -> Lines:
    """One line per cycle, at the price of its last service day (spec decisions 11)."""
    wh = measured.surcharge
    price = known(rules.state_surcharge(spans.cycles.end - 1))
    return block("state_surcharge", np.arange(len(wh)), quantity=wh, price=price, exact=wh * price)
