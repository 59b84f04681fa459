"""Stage 7: lines -> balanced, append-only entries. Every line that moves money posts to two books."""

import numpy as np

from trueup.components import BOOKS, COMPONENTS, ENERGY, ENERGY_BOOK, INDEX, NONBYPASSABLE, UTILITY
from trueup.model import Cycles, Facts, Lines, Postings
from trueup.quantities import Bools, Ints

_BOOK = {book: index for index, book in enumerate(BOOKS)}
_DEBIT = np.array([_BOOK.get(component.debit, -1) for component in COMPONENTS])
_CREDIT = np.array([_BOOK.get(component.credit, -1) for component in COMPONENTS])
_SIGN = np.array([component.posts for component in COMPONENTS])
_DUE = np.array([component.due for component in COMPONENTS])
_ENERGY, _APART = (np.array([INDEX[name] for name in names]) for names in (ENERGY, NONBYPASSABLE))
_GENERATION = INDEX["generation"]


def is_due(lines: Lines, facts: Facts, cycles: Cycles) -> Bools:
    """(Q,) whether a line adds into the amount due: a energy ledger keeps its energy lines (spec `BILL-04`)."""
    return _DUE[lines.component] & ~enters_energy_ledger(lines, facts, cycles)


def enters_energy_ledger(lines: Lines, facts: Facts, cycles: Cycles) -> Bools:
    """(Q,) whether a line belongs to the energy ledger of its program.

    Where only generation is netted, only generation; non-bypassable lines where they are billed at the true-up.
    """
    row = np.where(lines.ledger == UTILITY, cycles.terms[lines.cycle], cycles.ledger_terms[lines.cycle])
    terms = facts.terms.take(row)
    energy = np.isin(lines.component, _ENERGY) & (~terms.nets_generation | (lines.component == _GENERATION))
    found: Bools = terms.energy_ledger & (energy | (terms.billed_at_true_up & np.isin(lines.component, _APART)))
    return found


def post(lines: Lines, facts: Facts, cycles: Cycles) -> Postings:
    """Two entries for each line with an amount; together they sum to zero."""
    moving = np.nonzero((_DEBIT[lines.component] >= 0) & (lines.cents != 0))[0]
    chosen = lines.take(moving)
    amount = chosen.cents * _SIGN[chosen.component]
    yearly = enters_energy_ledger(chosen, facts, cycles)
    debit = np.where(yearly, _BOOK[ENERGY_BOOK], _DEBIT[chosen.component])

    def twice(column: Ints) -> Ints:
        return np.concatenate([column, column])

    return Postings(
        twice(chosen.ledger),
        twice(chosen.cycle),
        twice(moving),
        np.concatenate([debit, _CREDIT[chosen.component]]),
        twice(chosen.pool),
        np.concatenate([amount, -amount]),
    )
