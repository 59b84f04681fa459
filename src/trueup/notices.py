"""What customers are told with their bills."""

from trueup.model import ELECTIONS, Result
from trueup.periods import day_text
from trueup.quantities import Ints


def notices_of(result: Result, cycles: Ints) -> list[str]:
    """The reminder before each relevant period ends, for programs that compensate a surplus.

    References
    ----------
    spec `NSC-07`: a reminder goes out before the period ends; the selection may be changed once every 12 months.
    """
    at, facts = result.spans.cycles, result.shard.facts
    found = []
    for cycle in cycles:
        after = int(cycle) + 1
        ends = after < len(at.account) and at.account[after] == at.account[cycle] and bool(at.closes[after])
        terms = at.terms[cycle]
        if ends and at.in_period[cycle] and facts.terms.pays_surplus[terms]:
            account = at.account[cycle]
            standing = int((facts.election_from[account] <= at.end[cycle] - 1).sum()) - 1
            choice = ELECTIONS[facts.election[account, standing]]
            found.append(
                f"{day_text(at.end[cycle])}: the relevant period ends with the next bill.\n"
                f"The choice for surplus compensation is {choice!r}; it may be changed\n"
                "once in 12 months, before the period ends (NSC-07)."
            )
    return found
