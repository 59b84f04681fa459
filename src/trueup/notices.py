"""What customers are told with their bills."""

from collections.abc import Iterator
from datetime import date

import numpy as np

from trueup.account import Account
from trueup.components import LEDGERS
from trueup.model import ELECTIONS, Cycles, Facts
from trueup.periods import day_text
from trueup.phases import effective_day
from trueup.quantities import usd_text
from trueup.rulebook import Rules


def notices_of(facts: Facts, cycles: Cycles, rules: Rules, account: int = 0) -> Iterator[tuple[int, str]]:
    """The reminder with the bill before each settlement that compensates surplus: the bill's first day, and the text.

    Parameters
    ----------
    cycles
        All cycles of the accounts' read dates, so that a reminder does not depend on what else is billed.

    References
    ----------
    spec `NSC-07`: a reminder goes out before the period ends; the selection may be changed once every 12 months.
    """
    for ledger in range(len(LEDGERS)):
        view = cycles.of_ledger(ledger)
        expected = view.closes & ~cycles.final & ~cycles.switches & (cycles.account == account)
        for closing in np.nonzero(expected & facts.terms.pays_surplus[view.terms])[0]:
            cycle = int(closing) - 1
            if cycle >= 0 and view.in_period[cycle] and cycles.account[cycle] == cycles.account[closing]:
                told = facts.told[int(view.terms[cycle])]
                biller = rules.book.biller(told["ledger"] or rules.book.program(told["program"]).utility)
                yield int(cycles.start[cycle]), _reminder(facts, cycles, cycle, biller, ledger, rules)


def _reminder(facts: Facts, cycles: Cycles, cycle: int, biller: str, ledger: int, rules: Rules) -> str:
    account, terms = cycles.account[cycle], facts.terms.take(cycles.of_ledger(ledger).terms[cycle])
    limits = rules.providers.cash_out.at(cycles.provider[[cycle]], cycles.end[[cycle]])
    check_from = int(limits[0, 0]) if ledger else int(terms.check_from)
    standing = int((facts.election_from[account] <= cycles.end[cycle] - 1).sum()) - 1
    choice = ELECTIONS[facts.election[account, standing]].replace("_", " ")
    by_check = f"paid by check from ${usd_text(check_from)} on" if check_from else "paid by check"
    ways = (
        ("lost", terms.forfeits_unelected),
        (by_check, terms.checks_unelected),
        ("on the bill", terms.keeps_unelected),
    )
    happens = next((told for told, so in ways if so), "held")
    said = f"No choice for surplus compensation is on file, so it would be {happens}:"
    if choice != "none":
        below = f" (a check from ${usd_text(check_from)} on)" if choice == "check" and check_from else ""
        said = f"The choice for surplus compensation is {choice}{below}:"
    return (
        f"{day_text(cycles.end[cycle])}: {biller} settles with the next bill.\n{said}\n"
        "it may be changed once in 12 months, before the period ends (NSC-07)."
    )


def unofficial_prices(account: Account, rules: Rules) -> Iterator[str]:
    """That no filed tariff stands behind the account's schedule, whose figures they are, and what they cannot tell."""
    schedule = rules.book.schedule(account.schedule)
    if schedule.unofficial:
        yield (
            f"Prices of {schedule.schedule} are unofficial ({rules.book.sources[schedule.through_source].title}).\n"
            f"They cannot tell {'; '.join(schedule.unofficial)}."
        )


def sample_factors(account: Account, rules: Rules) -> Iterator[str]:
    """That an export cap rests on a sample, not on a table that a utility uses (NEM-Q18)."""
    table = rules.production_factors(account.production_factors or "")
    limit = rules.book.program(account.program).answers.storage_limit
    capped = limit.given(exports_limited_by=account.exports_limited_by) == "production_estimate"
    if capped and table is not None and table.status == "sample":
        yield f"Exports are capped by {table.table}, a SAMPLE and no utility's table: not for billing (STOR-01)."


def pending_switches(account: Account, rules: Rules, end: date) -> Iterator[str]:
    """Changes of provider that were asked for before a day and do not hold by then, or never will."""
    last = account.read_dates[-1]
    for switch in account.switches:
        day = effective_day(account, switch, rules.book)
        if day > last.toordinal():
            yield f"{switch.on}: the change to {switch.provider} has no effect, for no read date follows it."
        elif switch.on < end <= date.fromordinal(day):
            yield f"{switch.on}: the change to {switch.provider} takes effect {day_text(day)}, after these bills."
