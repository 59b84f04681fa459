"""A block of lines of one kind, from the columns that differ."""

import numpy as np

from trueup.components import INDEX, UTILITY
from trueup.model import Lines
from trueup.quantities import EXACT_PER_CENT, Ints, to_cents


def block(
    component: str,
    cycle: Ints,
    *,
    quantity: Ints,
    price: Ints | None = None,
    exact: Ints | None = None,
    cents: Ints | None = None,
    version: Ints | None = None,
    bucket: Ints | None = None,
    pool: Ints | None = None,
    ledger: Ints | int = UTILITY,
) -> Lines:
    """Lines of one component, one per element of `cycle`; rounds exact amounts unless cents are given."""
    none, zero = np.full(len(cycle), -1), np.zeros(len(cycle), dtype=np.int64)
    amount = exact if exact is not None else zero if cents is None else cents * EXACT_PER_CENT
    return Lines(
        np.full(len(cycle), INDEX[component]),
        np.broadcast_to(ledger, len(cycle)).astype(np.int64),
        cycle,
        none if version is None else version,
        none if bucket is None else bucket,
        zero if pool is None else pool,
        quantity,
        zero if price is None else price,
        amount,
        to_cents(amount) if cents is None else cents,
    )
