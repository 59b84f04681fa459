"""Stage 7: lines -> balanced, append-only entries. Every line that moves money posts to two books."""

import numpy as np

from trueup.components import BOOKS, COMPONENTS, INDEX, YEARLY, YEARLY_BOOK
from trueup.model import Cycles, Facts, Lines, Postings
from trueup.quantities import Bools, Ints

_BOOK = {book: index for index, book in enumerate(BOOKS)}
_DEBIT = np.array([_BOOK.get(component.debit, -1) for component in COMPONENTS])
_CREDIT = np.array([_BOOK.get(component.credit, -1) for component in COMPONENTS])
_SIGN = np.array([component.posts for component in COMPONENTS])
_DUE = np.array([component.due for component in COMPONENTS])
_YEARLY = np.array([INDEX[name] for name in YEARLY])


def is_due(lines: Lines, facts: Facts, cycles: Cycles) -> Bools:
    """(Q,) whether a line adds into the amount due: a yearly energy ledger keeps its energy lines (spec `BILL-04`)."""
    return _DUE[lines.component] & ~enters_yearly_ledger(lines, facts, cycles)


def enters_yearly_ledger(lines: Lines, facts: Facts, cycles: Cycles) -> Bools:
    """(Q,) whether a line belongs to the yearly energy ledger of its program."""
    return np.isin(lines.component, _YEARLY) & facts.terms.yearly_energy[cycles.terms[lines.cycle]]


def post(lines: Lines, facts: Facts, cycles: Cycles) -> Postings:
    """Two entries for each line with an amount; together they sum to zero."""
    moving = np.nonzero((_DEBIT[lines.component] >= 0) & (lines.cents != 0))[0]
    chosen = lines.take(moving)
    amount = chosen.cents * _SIGN[chosen.component]
    yearly = enters_yearly_ledger(chosen, facts, cycles)
    debit = np.where(yearly, _BOOK[YEARLY_BOOK], _DEBIT[chosen.component])

    def twice(column: Ints) -> Ints:
        return np.concatenate([column, column])

    return Postings(
        twice(chosen.cycle),
        twice(moving),
        np.concatenate([debit, _CREDIT[chosen.component]]),
        twice(chosen.pool),
        np.concatenate([amount, -amount]),
    )
