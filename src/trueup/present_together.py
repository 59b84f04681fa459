"""What the command line prints of an arrangement."""

from collections import Counter

from rich.markup import escape
from rich.table import Table

from trueup.arrangement_checks import Check
from trueup.bills import Bills, Year
from trueup.present import console, kwh, plain, plain_table, show_bills, sum_of
from trueup.quantities import Money
from trueup.together import Together

FIGURES = ("From grid", "Given", "Credits", "Due", "Settled", "Compensation", "Carried")


def show_together(together: Together, account: str | None = None, lines: bool = False) -> None:
    """Print a row for each account of an arrangement, and the bills of one where asked for."""
    out, arrangement = console(), together.arrangement
    program = together.rules.book.program(together.accounts[0].program)
    out.print(escape(f"{arrangement.arrangement}: {program.title}, {len(together.bills)} accounts"))
    out.print("Energy in kWh, money in dollars; Settled is the month in which an account's relevant period ends")
    out.print(account_table(together))
    out.print(f"Due over these cycles of all accounts, before compensation: {together.due}")
    told = sum(bool(own.notices) for own in together.bills.values())
    if told:
        out.print(f"Notices stand with the bills of {told} of them: --of ACCOUNT, or its statement.json")
    if account is not None:
        out.print()
        show_bills(together.bills[account], lines)


def account_table(together: Together) -> Table:
    """A row for each account: what it took, what it was given of the generator, what it is to pay."""
    table = plain_table("Account", "Schedule", "Days", *FIGURES, right=FIGURES)
    given = Counter[str]()
    for row in together.shares:
        given[row.account] += row.given_wh
    for name, own in together.bills.items():
        days = f"{own.rows[0].start}..{own.rows[-1].end}"
        used = kwh(sum(row.imported_wh for row in own.rows))
        table.add_row(escape(name), own.account.schedule, days, used, kwh(given[name]), *_money(own))
    sums = [sum(row.imported_wh for own in together.bills.values() for row in own.rows), sum(given.values())]
    credits = sum(sum_of(own, "earned").cents for own in together.bills.values())
    table.add_row("Sum", "", "", *map(kwh, sums), plain(Money(credits)), plain(together.due))
    return table


def _money(own: Bills) -> list[str]:
    """Export credits, what is due with the bills and settlements of both ledgers, and what the settlement did."""
    settled = [own.rows[-1].month, plain(own.nsc), plain(own.carried)] if isinstance(own, Year) else []
    return [plain(sum_of(own, "earned")), plain(own.due), *settled]


def show_checks(name: str, checks: list[Check]) -> None:
    """Print what is asked of an arrangement, with the answers and the rules that ask."""
    console().print(escape(name), style="bold")
    for check in checks:
        console().print(escape(f"{check.answer:<10} {check.question} ({', '.join(check.rules)})"))
        console().print(escape(f"           {check.told}"))
