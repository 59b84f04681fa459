"""One home: bills of a span, a settled year. The same pipeline as a fleet, with a shard of one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

import numpy as np

from trueup import pipeline
from trueup.account import Account
from trueup.balances import Opening
from trueup.beginnings import begin_of
from trueup.bills import Bills, Year
from trueup.components import PROVIDER, UTILITY
from trueup.errors import TrueupError
from trueup.facts import gather_facts
from trueup.intervals import Metered, MeterFacts, RegisterReads, Spans, Trail, dense, estimate_cycles, exchanged
from trueup.model import Cycles, Facts, Result, Shard, Sharing, State
from trueup.model.measures import LedgerCycles
from trueup.periods import month_from_text, month_text
from trueup.quantities import Ints
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
    ledger, view = _ledger_that_closes(cycles, month_asked(ending))
    closing = np.nonzero(view.closes & (cycles.month == month_asked(ending)))[0]
    if len(closing) == 0:
        raise _no_period(account, ending, cycles)
    last = int(closing[0])
    start, end = int(cycles.start[period_of(cycles, view, last)][0]), int(cycles.end[last])
    made = _run(account, reads, start, end, opening, rules, vee, registers)
    at = np.nonzero(made.result.spans.cycles.start >= start)[0]
    return Year(account, reads, rules, made.result, at, made.metered, made.trail, ledger)


def period_of(cycles: Cycles, view: LedgerCycles, closing: int) -> Ints:
    """The cycles of the period of a ledger that one of them closes, in order."""
    own = np.nonzero(cycles.account == cycles.account[closing])[0]
    before = own[(own < closing) & view.closes[own]]
    since = own[own > before[-1]] if len(before) else own[np.argmax(view.in_period[own]) :]
    found: Ints = since[since <= closing]
    return found


def _ledger_that_closes(cycles: Cycles, month: int) -> tuple[int, LedgerCycles]:
    """The ledger whose period ends in a month: the utility's, or else the provider's."""
    views = [cycles.of_ledger(ledger) for ledger in (UTILITY, PROVIDER)]
    chosen = UTILITY if (views[UTILITY].closes & (cycles.month == month)).any() else PROVIDER
    return chosen, views[chosen]


class Made(NamedTuple):
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
) -> Made:
    """Run the line from where balances are known: from `start` with opening balances, else from the program's start."""
    mine = reads.of(account.account)
    metered = dense(mine)
    facts = gather_facts([account], rules)
    begin = begin_of(facts, cuts(facts), start, opening, metered.readings.first_day, rules)
    facts = gather_facts([account], rules, [(date.fromordinal(begin), date.fromordinal(end))])
    states = (opening.state, opening.provider or State.empty(1)) if opening else (State.empty(1), State.empty(1))
    known = MeterFacts(registers=own_registers(registers, [account.account]), storage=storage_of([account]))
    return run_line([account], facts, replace(metered, facts=known), states, rules, vee, netted=mine.netted)


def run_line(
    accounts: Sequence[Account],
    facts: Facts,
    metered: Metered,
    states: tuple[State, State],
    rules: Rules,
    vee: VeeRules | None,
    *,
    netted: bool,
    sharing: Sharing | None = None,
) -> Made:
    """Readings through the line, with estimates where there are rules for them.

    Raises
    ------
    TrueupError
        The first that stands in the way of an account with cycles, exchanged channels first; where columns were
        signed (`netted`) also E-READ-034.
    """
    cycles, _ = find_cycles(facts, cuts(facts))
    spans = Spans(cycles.account, cycles.start, cycles.end)
    for error in exchanged(metered, spans, storage_of(accounts).astype(np.bool_)).values():
        raise error
    metered, trail = (metered, Trail.join([])) if vee is None else estimate_cycles(metered, spans, vee)
    result = pipeline.settle(Shard(facts, metered.readings, *states, sharing), rules)
    for refusal in result.refusals:
        if refusal.account in cycles.account:
            raise refusal.error
    if netted:
        check_signed(facts, result.spans.cycles, metered.readings)
    return Made(result, metered, trail)


def storage_of(accounts: Sequence[Account]) -> Ints:
    """(N,) 1 for accounts with storage, 0 without."""
    return np.array([int(account.storage) for account in accounts], dtype=np.int64)


def own_registers(registers: Registers | None, accounts: Sequence[str]) -> RegisterReads | None:
    """The register reads of accounts (E-READ-017 where a file holds those of others only, or of nobody of several)."""
    found = None if registers is None else RegisterReads.of(registers, accounts)
    nameless = len(accounts) > 1 and registers is not None and "" in registers.names
    if found is not None and registers is not None and (len(found.account) == 0 or nameless):
        raise TrueupError(
            "E-READ-017",
            f"the register reads are of {', '.join(registers.names[:5]) or 'nobody'}, not of {', '.join(accounts[:5])}",
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
