"""What if: one home's intervals under every schedule, program and provider that the rules have."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from trueup.account import Account
from trueup.balances import Opening
from trueup.bills import Bills
from trueup.errors import TrueupError
from trueup.home import bill
from trueup.model import State
from trueup.phases import BUNDLED
from trueup.quantities import Money
from trueup.reads import Reads
from trueup.rulebook import Rules
from trueup.rulebook.vee import VeeRules

NOTHING = Money(0)


@dataclass(frozen=True)
class Compared:
    """One combination: what is due over the days, or why the rules refuse it.

    Attributes
    ----------
    utility, supplier
        Due to the utility and to the provider of generation.
    ledger
        Energy that stands in an energy ledger and is not billed yet; negative: a credit.
    billed_here
        Whether generation is part of the bills here; a Direct Access provider bills its own.
    credits
        Export credits and ACC Plus left at the end.
    refusal
        The error where the combination is not allowed, or cannot be billed.
    """

    schedule: str
    program: str
    provider: str
    utility: Money = NOTHING
    supplier: Money = NOTHING
    ledger: Money = NOTHING
    credits: Money = NOTHING
    billed_here: bool = True
    refusal: TrueupError | None = None

    @property
    def total(self) -> Money:
        """Due now, and the energy that will be."""
        return self.utility + self.supplier + self.ledger


def compare(
    account: Account, reads: Reads, start: date, end: date, rules: Rules | None = None, vee: VeeRules | None = None
) -> list[Compared]:
    """Bill the cycles in [start, end) under every combination, each from balances of zero.

    A running relevant period is taken to begin at `start`, so that all combinations are alike. Nothing is raised for a
    combination that is refused: the row says why.
    """
    rules = rules or Rules.load()
    return [_compared(home, reads, (start, end), rules, vee) for home in combinations(account, start, rules)]


def combinations(account: Account, start: date, rules: Rules) -> Iterator[Account]:
    """The home with every schedule, program and provider that its utility has."""
    book, utility = rules.book, rules.book.schedule(account.schedule).utility
    suppliers = [name for name, provider in book.providers.items() if utility in provider.utilities]
    for schedule in (name for name, item in book.schedules.items() if item.utility == utility):
        for program in (name for name, item in book.programs.items() if item.utility == utility):
            for provider in (BUNDLED, *suppliers):
                sold = {} if provider == BUNDLED else book.providers[provider].products
                changed: dict[str, Any] = {"schedule": schedule, "program": program, "provider": provider}
                changed["product"] = account.product if account.product in sold else None
                if book.programs[program].billing_options is None:
                    changed |= {"billing_option": None, "billing_option_change": None}
                yield account.with_facts(**changed, switches=[], relevant_period_start=_period_start(account, start))


def _period_start(account: Account, start: date) -> date | None:
    """The start of the days compared, where permission to operate came before them."""
    return start if account.pto is not None and account.pto <= start and start in account.read_dates else None


def _compared(home: Account, reads: Reads, days: tuple[date, date], rules: Rules, vee: VeeRules | None) -> Compared:
    try:
        return _row(home, bill(home, reads, *days, Opening(State.empty(1), provider=State.empty(1)), rules, vee))
    except TrueupError as error:
        return Compared(home.schedule, home.program, home.provider, refusal=error)


def _row(home: Account, bills: Bills) -> Compared:
    shares = bills.due_by_biller
    supplier = shares.get(home.provider, NOTHING)
    utility, other = (books.closing for books in bills.result.books)
    ledger = sum(int(own.energy_to_date[0] - own.energy_billed[0]) for own in (utility, other))
    left = sum(int(own.export.sum() + own.bonus.sum()) for own in (utility, other))
    return Compared(
        home.schedule,
        home.program,
        home.provider,
        Money(sum(due.cents for due in shares.values())) - supplier,
        supplier,
        Money(ledger),
        Money(left),
        home.provider == BUNDLED or bills.rules.book.provider(home.provider).keeps_a_ledger,
    )
