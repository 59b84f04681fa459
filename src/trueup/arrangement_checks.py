"""What is asked of an arrangement, answered with the rule ids; what speaks against it refuses its bills."""

from collections.abc import Sequence
from dataclasses import dataclass

from trueup.account import Account
from trueup.arrangement import Arrangement
from trueup.arrangement_questions import QUESTIONS, Answer, Case
from trueup.errors import TrueupError
from trueup.membership import check_members, served_otherwise
from trueup.rulebook import Rules


@dataclass(frozen=True)
class Check:
    """A question to an arrangement. `rules`: published ids or notes such as "NEM A1"; `office`: no file can show it."""

    rules: tuple[str, ...]
    question: str
    answer: Answer
    told: str


def checks_of(arrangement: Arrangement, accounts: Sequence[Account], rules: Rules) -> list[Check]:
    """Every question that the file of the accounts' program asks in `arranged`, answered.

    Parameters
    ----------
    accounts
        At least those of the arrangement.

    Raises
    ------
    TrueupError
        E-ARR-002 where accounts and arrangement do not belong together; providers that differ are an answer (`AGG-08`).

    References
    ----------
    spec `VIRT-01` to `VIRT-05`, `AGG-01` to `AGG-12`; tariffs-nem V5, A1, A6, A7, A8, A10.
    """
    case = _case(arrangement, accounts, rules)
    arranged = case.program.arranged
    asked = {*arranged.rules, *arranged.notes} if arranged is not None else set()
    asks = [(tuple(name for name in ids if name in asked), said, answer) for ids, said, answer in QUESTIONS]
    return [Check(ids, said, *answer(case)) for ids, said, answer in asks if ids]


def _case(arrangement: Arrangement, accounts: Sequence[Account], rules: Rules) -> Case:
    known = {account.account: account for account in accounts}
    mine = tuple(known[member.account] for member in arrangement.accounts if member.account in known)
    whole = len(mine) == len(arrangement.accounts)
    if not (whole and arrangement.aggregates and served_otherwise(arrangement, mine) is not None):
        check_members(mine, [arrangement], rules)
    return Case(arrangement, mine, rules.book.program(mine[0].program), rules)


def refuse_failing(arrangement: Arrangement, checks: Sequence[Check]) -> None:
    """Refuse an arrangement with an answer of no (E-ARR-006); what is not stated or an office's refuses nothing."""
    failing = next((check for check in checks if check.answer == "no"), None)
    if failing is not None:
        raise TrueupError(
            "E-ARR-006",
            f"{arrangement.arrangement}: {failing.question} No: {failing.told} ({', '.join(failing.rules)})",
            "Its accounts may share a generator only as their program allows.",
            "Correct the arrangement file or the account files; docs/arrangements.md says what each question asks.",
        )
