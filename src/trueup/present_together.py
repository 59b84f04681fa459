"""What the command line prints of an arrangement."""

from rich.markup import escape
from rich.table import Table

from trueup.arrangement_checks import Check
from trueup.bills import Bills, Year
from trueup.present import console, kwh, plain, plain_table, show_bills, sum_of
from trueup.quantities import Money
from trueup.together import Together

FIGURES = ("From grid", "Given", "Credits", "Due", "Settled", "Compensation", "Forfeited", "Carried")
ALWAYS, NOTHING = ("From grid", "Given", "Due"), "0.00"


def show_together(together: Together, account: str | None = None, lines: bool = False) -> None:
    """Print a row for each account of an arrangement, and the bills of one where asked for."""
    out, arrangement = console(), together.arrangement
    program = together.rules.book.program(together.accounts[0].program)
    out.print(escape(f"{arrangement.arrangement}: {program.title}, {len(together.bills)} accounts"))
    out.print("Energy in kWh, money in dollars; Settled: the month in which an account's own period ended")
    out.print(account_table(together))
    out.print(f"Due over these cycles of all accounts, before compensation: {together.due}")
    told = sum(bool(own.notices) for own in together.bills.values())
    if told:
        out.print(f"Notices stand with the bills of {told} of them: --of ACCOUNT, or its statement.json")
    if account is not None:
        out.print()
        show_bills(together.bills[account], lines)


def account_table(together: Together) -> Table:
    """A row for each account: what it took, what it was given of the generator, what it is to pay; no empty columns."""
    given = together.given
    rows = {name: _figures(own, given[name]) for name, own in together.bills.items()}
    credits = sum(sum_of(own, "earned").cents for own in together.bills.values())
    used = sum(row.imported_wh for own in together.bills.values() for row in own.rows)
    sums = {"From grid": kwh(used), "Given": kwh(sum(given.values())), "Credits": plain(Money(credits))}
    sums["Due"] = plain(together.due)
    shown = [n for n in FIGURES if n in ALWAYS or any(row.get(n, NOTHING) != NOTHING for row in rows.values())]
    table = plain_table("Account", "Schedule", "Days", *shown, right=shown)
    for name, own in together.bills.items():
        days = f"{own.rows[0].start}..{own.rows[-1].end}"
        table.add_row(escape(name), own.account.schedule, days, *(rows[name].get(figure, "") for figure in shown))
    table.add_row("Sum", "", "", *(sums.get(figure, "") for figure in shown))
    return table


def _figures(own: Bills, given_wh: int) -> dict[str, str]:
    """What an account took and was given, what is due with bills and settlements, and what the settlement did."""
    found = {"From grid": kwh(sum(row.imported_wh for row in own.rows)), "Given": kwh(given_wh)}
    found |= {"Credits": plain(sum_of(own, "earned")), "Due": plain(own.due)}
    if isinstance(own, Year):
        found |= {"Settled": own.rows[-1].month, "Compensation": plain(own.nsc)}
        found |= {"Forfeited": plain(own.forfeited), "Carried": plain(own.carried)}
    return found


def show_checks(name: str, checks: list[Check]) -> None:
    """Print what is asked of an arrangement, with the answers and the rules that ask."""
    console().print(escape(name), style="bold")
    for check in checks:
        console().print(escape(f"{check.answer:<10} {check.question} ({', '.join(check.rules)})"))
        console().print(escape(f"           {check.told}"))
