"""Lines that no source gives a formula for: the account states what its bills print."""

import numpy as np

from trueup.line_blocks import block
from trueup.model import Facts, Lines, Spans
from trueup.quantities import Bools, Ints
from trueup.rulebook import Rules


def municipal_lines(facts: Facts, spans: Spans, rules: Rules) -> Lines:
    """The generation municipal surcharge of customers of another provider, as stated (docs/decisions/0010)."""
    cents, stated = municipal_cents(facts, spans)
    at = np.nonzero(_bears_it(facts, spans, rules) & stated)[0]
    return block("municipal_surcharge", at, quantity=cents[at], cents=cents[at])


def municipal_cents(facts: Facts, spans: Spans) -> tuple[Ints, Bools]:
    """(M,) the amount stated for the cycle's month, and whether one is."""
    cycles = spans.cycles
    same = facts.municipal_month[cycles.account] == cycles.month[:, None]
    return (facts.municipal_cents[cycles.account] * same).sum(axis=1), same.any(axis=1)


def unstated(facts: Facts, spans: Spans, rules: Rules) -> Ints:
    """The cycles that need a stated amount and have none."""
    _, stated = municipal_cents(facts, spans)
    return np.nonzero(_bears_it(facts, spans, rules) & ~stated)[0]


def _bears_it(facts: Facts, spans: Spans, rules: Rules) -> Bools:
    """(M,) bills of other providers' customers; where two end in one month, its amount stands on the first."""
    here = rules.municipal[facts.utility[spans.cycles.account]]
    found: Bools = here & ~facts.terms.bundled[spans.cycles.terms] & ~spans.cycles.again_in_month
    return found
