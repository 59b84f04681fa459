"""What workings are made of: terms in dollars, the answers in force in a line's ledger."""

from decimal import Decimal

from trueup.explain.model import Term
from trueup.model import Books, Result
from trueup.quantities import Ints, decimal_text


def dollars(label: str, cents: int, note: str = "") -> Term:
    """Cents as a term in dollars."""
    return Term(label, str(Decimal(cents).scaleb(-2)), "$", None, note)


def exact_dollars(label: str, exact: int) -> Term:
    """An exact amount (10^-10 $) as a term in dollars."""
    return Term(label, decimal_text(exact, 10, least=2), "$")


def answer_in_force(result: Result, index: int, flag: str) -> Ints:
    """An answer in force in the ledger of a line."""
    lines, cycles = result.lines, result.spans.cycles
    row = cycles.of_ledger(int(lines.ledger[index])).terms[lines.cycle[index]]
    found: Ints = getattr(result.shard.facts.terms, flag)[row]
    return found


def books_of(result: Result, index: int) -> Books:
    """The ledger that a line stands in."""
    return result.books[result.lines.ledger[index]]
