"""From any printed figure back to the rule, its citation, the price version and the hours that made it."""

from trueup.cited import rule_of
from trueup.components import COMPONENTS
from trueup.explain.citations import prices_of
from trueup.explain.hours import hours_of
from trueup.explain.model import Explanation, Term, Working
from trueup.explain.shared import given_in
from trueup.explain.workings import working_of
from trueup.model import Result
from trueup.quantities import usd_text
from trueup.rulebook import Rules
from trueup.statement import line_id

__all__ = ["Explanation", "Term", "Working", "explain_line"]


def explain_line(result: Result, rules: Rules, index: int) -> Explanation:
    """Explain one printed line from the arrays that made it."""
    cited = rule_of(result, rules, index)
    return Explanation(
        line_id(result, rules, index),
        COMPONENTS[result.lines.component[index]].title,
        usd_text(int(result.lines.cents[index])),
        working_of(result, rules, index),
        tuple(hours_of(result, rules, index)),
        tuple(prices_of(result, rules, index)),
        cited.rule,
        cited.answer,
        rules.book.cite(cited.source),
        tuple(f"{rule}: {rules.book.published.rules[rule].title}" for rule in cited.published),
        given_in(result, index),
    )
