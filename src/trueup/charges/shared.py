"""What the accounts of an arrangement get of a generating account's export credits, and the fees that they pay."""

import numpy as np

from trueup.components import INDEX
from trueup.line_blocks import block
from trueup.model import NOBODY, Facts, Lines, Pools, Sharing, Spans, join_lines
from trueup.quantities import EXACT_PER_CENT, Ints, in_shares

GRANTED = (
    "export.delivery", "export.generation", "early_export.delivery", "early_export.generation", "bonus", "early_bonus",
)  # fmt: skip


def split_grants(lines: Lines, pools: Pools, facts: Facts, spans: Spans) -> Lines:
    """Lines in which every account has its part of what the generating account's exports are granted, kWh and cents.

    Where a program nets, exports are shared as kWh before they are priced, and nothing is left to split.

    References
    ----------
    Schedule NBT, Special Condition 10.c (tariffs-nbt 3.6, NBT-G15); spec decisions 22; docs/decisions/0015
    (spec `AGG-04`).
    """
    count = len(spans.cycles.account)
    priced = facts.terms.priced_exports[spans.cycles.terms[pools.giver]]
    if not priced.any():
        return lines
    pool_of = np.full(count + 1, NOBODY)
    pool_of[pools.giver[priced]] = np.nonzero(priced)[0]
    members = pools.cycles[priced]
    granted = np.isin(lines.component, [INDEX[name] for name in GRANTED])
    whole = lines.take(granted & (pool_of[lines.cycle] != NOBODY))
    others = lines.take(~(granted & np.isin(lines.cycle, members[members < count])))
    at = pool_of[whole.cycle]
    wh, cents = (_parts(values, pools.weight[at]) for values in (whole.quantity, whole.cents))
    line, column = np.nonzero(pools.cycles[at] < count)
    share = whole.take(line)
    mine = Lines(
        share.component,
        share.ledger,
        pools.cycles[at[line], column],
        share.version,
        share.bucket,
        share.pool,
        wh[line, column],
        np.zeros_like(share.price),
        cents[line, column] * EXACT_PER_CENT,
        cents[line, column],
    )
    return join_lines([others, mine])


def _parts(values: Ints, weight: Ints) -> Ints:
    """(Q, K) whole parts of values by weight, each to the nearest; the rest to the designated account."""
    return in_shares(values, weight, np.ones_like(values), np.zeros(len(values), dtype=np.bool_))


def fee_lines(facts: Facts, spans: Spans, sharing: Sharing | None) -> list[Lines]:
    """What an arrangement costs each account: once with its first bill, and with every bill.

    References
    ----------
    Schedule NBT, Rates 6 (spec `AGG-06`); tariffs-nem A8: PG&E's fees to set up are limited for all accounts together.
    """
    cycles = spans.cycles
    terms = facts.terms.take(cycles.terms)
    before = _rank(facts, sharing)[cycles.account] * terms.fee_setup
    setup = np.clip(terms.fee_setup_at_most - before, 0, terms.fee_setup) * cycles.begins
    found = []
    for name, cents in (("fee.setup", setup), ("fee.monthly", terms.fee_monthly * cycles.solar)):
        at = np.nonzero(cents)[0]
        found.append(block(name, at, quantity=cents[at], cents=cents[at]))
    return found


def _rank(facts: Facts, sharing: Sharing | None) -> Ints:
    """(N,) place of each account in its arrangement, in the order in which they came, of equal days in that of ids."""
    found = np.zeros(len(facts.ids), dtype=np.int64)
    for members in () if sharing is None else sharing.members:
        accounts = sorted(members[members != NOBODY].tolist(), key=lambda n: (facts.since[n], facts.ids[n]))
        found[accounts] = np.arange(len(accounts))
    return found
