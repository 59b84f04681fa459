"""One home: bills of a span, a settled year. The same pipeline as a fleet, with a shard of one."""

from dataclasses import replace
from datetime import date
from typing import NamedTuple

import numpy as np

from trueup import pipeline
from trueup.account import Account
from trueup.balances import Opening
from trueup.beginnings import check_provider_balances, first_billable, where_to_begin
from trueup.bills import Bills, Year
from trueup.components import PROVIDER, UTILITY
from trueup.errors import TrueupError
from trueup.facts import gather_facts
from trueup.intervals import Metered, MeterFacts, RegisterReads, Spans, Trail, dense, estimate_cycles, exchanged
from trueup.model import Cycles, Result, Shard, State
from trueup.model.measures import LedgerCycles
from trueup.periods import day_text, month_from_text, month_text
from trueup.reads import Reads
from trueup.reads.registers import Registers
from trueup.refusals import check_signed
from trueup.rulebook import Rules
from trueup.rulebook.vee import VeeRules
from trueup.timeline import cuts, find_cycles


def bill(
    account: Account,
    reads: Reads,
    start: date,
    end: date,
    opening: Opening | None = None,
    rules: Rules | None = None,
    vee: VeeRules | None = None,
    registers: Registers | None = None,
) -> Bills:
    """Bill the cycles that lie in [start, end); with `vee` missing and invalid intervals are estimated by its rules.

    Estimates between two register reads add up to what the register counted.

    Raises
    ------
    TrueupError
        Whatever stands in the way, with what to do; docs/errors.md lists the codes.
    """
    rules = rules or Rules.load()
    facts = gather_facts([account], rules, [(start, end)])
    chosen, _ = find_cycles(facts, cuts(facts))
    if len(chosen.start) == 0:
        raise _no_cycle(account, start, end)
    first = int(chosen.start[0])
    made = _run(account, reads, first, end.toordinal(), opening, rules, vee, registers)
    at = np.nonzero(made.result.spans.cycles.start >= first)[0]
    return Bills(account, reads, rules, made.result, at, made.metered, made.trail)


def settle(
    account: Account,
    reads: Reads,
    ending: str,
    opening: Opening | None = None,
    rules: Rules | None = None,
    vee: VeeRules | None = None,
    registers: Registers | None = None,
) -> Year:
    """Bill and settle the relevant period whose last service day lies in the month `ending` (``YYYY-MM``).

    With `vee` missing and invalid intervals are estimated by its rules.

    Raises
    ------
    TrueupError
        E-TRUE-005 if no period ends then, E-TRUE-007 if it is not complete; further as for `bill`.
    """
    rules = rules or Rules.load()
    facts = gather_facts([account], rules)
    cycles, _ = find_cycles(facts, cuts(facts))
    ledger, view = ledger_that_closes(cycles, month_asked(ending))
    closing = np.nonzero(view.closes & (cycles.month == month_asked(ending)))[0]
    if len(closing) == 0:
        raise _no_period(account, ending, cycles)
    last = int(closing[0])
    earlier = np.nonzero(view.closes[:last])[0]
    first = int(earlier[-1]) + 1 if len(earlier) else int(np.argmax(view.in_period))
    start, end = int(cycles.start[first]), int(cycles.end[last])
    made = _run(account, reads, start, end, opening, rules, vee, registers)
    at = np.nonzero(made.result.spans.cycles.start >= start)[0]
    return Year(account, reads, rules, made.result, at, made.metered, made.trail, ledger)


def ledger_that_closes(cycles: Cycles, month: int) -> tuple[int, LedgerCycles]:
    """The ledger whose period ends in a month: the utility's, or else the provider's."""
    views = [cycles.of_ledger(ledger) for ledger in (UTILITY, PROVIDER)]
    chosen = UTILITY if (views[UTILITY].closes & (cycles.month == month)).any() else PROVIDER
    return chosen, views[chosen]


class _Made(NamedTuple):
    """What the line gave, the readings that it was given, estimates among them, and the trail of these."""

    result: Result
    metered: Metered
    trail: Trail


def _run(
    account: Account,
    reads: Reads,
    start: int,
    end: int,
    opening: Opening | None,
    rules: Rules,
    vee: VeeRules | None,
    registers: Registers | None,
) -> _Made:
    """Run the line from where balances are known: from `start` with opening balances, else from the program's start."""
    mine = reads.of(account.account)
    metered = dense(mine)
    first_day = metered.readings.first_day
    facts = gather_facts([account], rules)
    at = cuts(facts)
    begin = where_to_begin(facts, at, start, opening, first_day)
    if opening is None:
        begin = min(begin, first_billable(facts, at, first_day, rules))
    if opening is not None:
        opening.check(account.account, day_text(begin))
        check_provider_balances(facts, at, begin, opening)
    days = (date.fromordinal(begin), date.fromordinal(end))
    facts = gather_facts([account], rules, [days])
    states = (opening.state, opening.provider or State.empty(1)) if opening else (State.empty(1), State.empty(1))
    cycles, _ = find_cycles(facts, cuts(facts))
    spans = Spans(cycles.account, cycles.start, cycles.end)
    for error in exchanged(metered, spans, np.array([account.storage])).values():
        raise error
    shown = own_registers(registers, account.account)
    known = replace(metered, facts=MeterFacts(registers=shown, storage=np.array([int(account.storage)])))
    metered, trail = (known, Trail.join([])) if vee is None else estimate_cycles(known, spans, vee)
    result = pipeline.settle(Shard(facts, metered.readings, *states), rules)
    if result.refusals:
        raise result.refusals[0].error
    if mine.netted:
        check_signed(facts, result.spans.cycles, metered.readings)
    return _Made(result, metered, trail)


def own_registers(registers: Registers | None, account: str) -> RegisterReads | None:
    """The register reads of an account (E-READ-017 where a file holds those of others only)."""
    found = None if registers is None else RegisterReads.of(registers, [account])
    if found is not None and registers is not None and len(found.account) == 0:
        raise TrueupError(
            "E-READ-017",
            f"the register reads are of {', '.join(registers.names[:5])}, not of {account}",
            "Estimates must agree with the registers of their own meter.",
            "Name the right file, or correct `account` in it.",
        )
    return found


def month_asked(text: str) -> int:
    """The month of which a settlement is asked for, from its text (E-TRUE-006)."""
    try:
        date.fromisoformat(f"{text}-01")
        return month_from_text(text)
    except ValueError:
        raise TrueupError(
            "E-TRUE-006",
            f"{text!r} is no month",
            "A settlement is named by the month of its period's last service day.",
            "Write it as YYYY-MM.",
        ) from None


def _no_cycle(account: Account, start: date, end: date) -> TrueupError:
    near = [day for day in account.read_dates if start <= day <= end] or account.read_dates[:3]
    return TrueupError(
        "E-BILL-001",
        f"no whole billing cycle of {account.account} lies in {start}..{end}",
        "A bill covers whole cycles, from one read date to the next.",
        f"Choose two read dates; near are {', '.join(str(day) for day in near)}.",
    )


def _no_period(account: Account, ending: str, cycles: Cycles) -> TrueupError:
    known = sorted({month_text(int(month)) for month in cycles.month[cycles.closes | cycles.ledger_closes]})
    if known or not cycles.in_period.any():
        told = f"periods end in {', '.join(known)}" if known else f"{account.program} has no relevant period here"
        return TrueupError(
            "E-TRUE-005",
            f"no relevant period of {account.account} ends in {ending}: {told}",
            "A period is twelve bills from its start, and is named by the month of its last service day.",
            "Choose one of these months, or check pto, read_dates and relevant_period_start.",
        )
    return TrueupError(
        "E-TRUE-007",
        f"{account.account}: {int(cycles.in_period.sum())} of 12 bills of the relevant period are in read_dates",
        "A settlement needs the whole relevant period.",
        "Add the read dates up to the end of the period, or bill the months with `trueup bill`.",
    )
