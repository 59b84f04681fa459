"""Stage 6, its lines: what was done with credits, taxes and settlements, as printed lines."""

from dataclasses import replace

import numpy as np

from trueup.components import UTILITY
from trueup.line_blocks import block
from trueup.model import Billed, Books, Cycles, Facts, Lines, Settled, join_lines
from trueup.quantities import PRICE_PER_PPM, Bools, Ints, amount, to_cents

USES = (("bonus.used", "bonus_used"), ("surplus.used", "surplus_used"), ("climate.used", "climate_used"))
COMPENSATION = (
    ("surplus.released", "released"),
    ("surplus.applied", "applied"),
    ("surplus.paid", "paid"),
    ("surplus.held", "held"),
    ("bonus.paid", "bonus_paid"),
    ("climate.paid", "climate_paid"),
)
LEDGER = (
    ("energy.due", "energy_due", 1),
    ("energy.forfeited", "energy_forfeited", 1),
    ("minimum.credited", "minimum_credited", -1),
    ("adjustment.waived", "waived", -1),
)
LEFT_OVER = (
    ("credit.earlier_months", "to_earlier", -1),
    ("credit.adjustment", "to_adjustment", -1),
    ("credit.forfeited", "forfeited", 1),
)


def credit_lines(books: Books, facts: Facts, cycles: Cycles, ledger: int) -> Lines:
    """The lines of a ledger that depend on earlier months. A credit is a negative amount; nothing prints no line."""
    count, billed, settled = len(cycles.account), books.billed, books.settled
    taxed = (facts.tax_ppm[cycles.account] > 0) & ((ledger == UTILITY) | cycles.keeps_ledger)
    energy = billed.energy_billed[:count]
    blocks = [
        _tax(billed, facts, cycles, taxed),
        _whole("energy.billed", energy, energy != 0),
        *_pools("export.used", billed.used[:count], -1),
    ]
    for name, column in USES:
        used = getattr(billed, column)[:count]
        blocks.append(_whole(name, -used, used != 0))
    found = join_lines([*blocks, *_settlement_lines(settled, count), *_compensation_lines(settled, count)])
    return replace(found, ledger=np.full_like(found.ledger, ledger))


def _settlement_lines(settled: Settled, count: int) -> list[Lines]:
    surplus = settled.surplus_wh[:count]
    blocks = []
    for part, name in enumerate(("delivery", "generation")):
        rate = settled.rate[:count, part]
        chosen = np.nonzero((surplus > 0) & (rate != 0))[0]
        exact = amount(surplus[chosen], rate[chosen])
        blocks.append(block(f"adjustment.{name}", chosen, quantity=surplus[chosen], price=rate[chosen], exact=exact))
        own = np.nonzero((settled.adjustment[:count, part] != 0) & (rate == 0))[0]
        cents = settled.adjustment[own, part]
        blocks.append(block(f"adjustment.{name}", own, quantity=surplus[own], cents=cents))
    for name, column, sign in LEFT_OVER:
        blocks += _pools(name, getattr(settled, column)[:count], sign)
    for name, column, sign in LEDGER:
        values = sign * getattr(settled, column)[:count]
        blocks.append(_whole(name, values, values != 0))
    return blocks


def _compensation_lines(settled: Settled, count: int) -> list[Lines]:
    chosen = np.nonzero(settled.surplus[:count])[0]
    wh, price = settled.surplus_wh[chosen], settled.surplus_price[chosen]
    blocks = [block("surplus", chosen, quantity=wh, price=price, exact=amount(wh, price))]
    for name, column in COMPENSATION:
        values = getattr(settled, column)[:count]
        blocks.append(_whole(name, values, values != 0))
    return blocks


def _pools(name: str, values: Ints, sign: int) -> list[Lines]:
    """A line for each pool that has an amount."""
    blocks = []
    for pool in (0, 1):
        chosen = np.nonzero(values[:, pool])[0]
        cents = values[chosen, pool]
        blocks.append(block(name, chosen, quantity=cents, cents=sign * cents, pool=np.full(len(chosen), pool)))
    return blocks


def _tax(billed: Billed, facts: Facts, cycles: Cycles, taxed: Bools) -> Lines:
    """The local tax, a share of its base."""
    at = np.nonzero(taxed)[0]
    share = facts.tax_ppm[cycles.account[at]] * PRICE_PER_PPM
    return block("local_tax", at, quantity=to_cents(billed.tax_base[at]), price=share, cents=billed.tax[at])


def _whole(name: str, cents: Ints, wanted: Bools) -> Lines:
    chosen = np.nonzero(wanted)[0]
    return block(name, chosen, quantity=np.abs(cents[chosen]), cents=cents[chosen])
