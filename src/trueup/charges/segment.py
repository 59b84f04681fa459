"""What every charge asks of a segment: the answers in force, the income tier, known prices, lines per version."""

import numpy as np

from trueup.line_blocks import block
from trueup.model import Facts, Lines, Measured, Spans
from trueup.quantities import UNKNOWN, Bools, Ints, amount
from trueup.rulebook.columns import Terms


def terms_of(measured: Measured, facts: Facts, spans: Spans) -> Terms:
    """(S,) the answers in force."""
    return facts.terms.take(spans.cycles.terms[measured.segments.cycle])


def account_of(measured: Measured, spans: Spans) -> Ints:
    """(S,) the account."""
    return spans.cycles.account[measured.segments.cycle]


def tier_of(measured: Measured, facts: Facts, spans: Spans) -> tuple[Ints, Ints]:
    """(S,) price version and income tier, to index a table of both."""
    return measured.segments.version, facts.tier[account_of(measured, spans)]


def known(price: Ints) -> Ints:
    """Prices with the unknown ones as zero: an account that needs one is refused, so its lines never print."""
    return np.where(price <= UNKNOWN // 2, 0, price)


def per_version(name: str, measured: Measured, wanted: Bools, wh: Ints, price: Ints) -> Lines:
    """One line per price version where wanted."""
    wh, price = wh[wanted], price[wanted]
    return block(
        name,
        measured.segments.cycle[wanted],
        quantity=wh,
        price=price,
        exact=amount(wh, price),
        version=measured.segments.version[wanted],
    )
