"""Accounts that share a generator: their bills and settlements, from one shard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from trueup.account import Account
from trueup.arrangement import Arrangement
from trueup.arrangement_checks import checks_of, refuse_failing
from trueup.balances import Opening
from trueup.beginnings import begin_of
from trueup.bills import Beside, Bills, Year
from trueup.components import PROVIDER, UTILITY
from trueup.errors import TrueupError
from trueup.facts import gather_facts
from trueup.home import month_asked, period_of, run_line
from trueup.membership import refused, sharing_of
from trueup.model import Cycles, State
from trueup.periods import month_text
from trueup.quantities import Ints, Money
from trueup.reads import Reads
from trueup.reads.registers import Registers
from trueup.rulebook import Rules
from trueup.rulebook.vee import VeeRules
from trueup.shared_energy import Shared, shared_energy
from trueup.timeline import cuts, find_cycles
from trueup.together_meters import Meters, meters_of

YEAR = 12
"""Months in which every account of an arrangement settles once."""
Openings = Mapping[str, Opening]
Span = tuple[int, int] | None
"""First day and day after the last of what is asked of an account; None for nothing."""


@dataclass(frozen=True)
class Together:
    """The bills of the accounts of an arrangement, by account in the order of its file; only those with cycles."""

    arrangement: Arrangement
    accounts: tuple[Account, ...]
    rules: Rules
    bills: Mapping[str, Bills]

    @property
    def due(self) -> Money:
        """Due over all these cycles, settlement items included, before compensation."""
        return Money(sum(own.due.cents for own in self.bills.values()))

    @cached_property
    def given(self) -> Mapping[str, int]:
        """Wh that each account was given in all its cycles."""
        found = dict.fromkeys(self.bills, 0)
        for row in self.shares:
            found[row.account] += row.given_wh
        return found

    @cached_property
    def shares(self) -> list[Shared]:
        """What each account was given of the generator, in each of its cycles."""
        return [row for own in self.bills.values() for row in shared_energy(own.result, own.cycles)]


def bill_together(
    arrangement: Arrangement,
    accounts: Sequence[Account],
    reads: Reads,
    start: date,
    end: date,
    openings: Openings | None = None,
    rules: Rules | None = None,
    vee: VeeRules | None = None,
    registers: Registers | None = None,
) -> Together:
    """Bill the cycles of every account of an arrangement that lie in [start, end).

    Parameters
    ----------
    reads
        Of every account, and under virtual metering of the generators' meters, by the ids of the files.
    openings
        Balances to start from, by account; where exports are shared, of all accounts or of none.
    vee
        Rules by which missing and invalid intervals of the accounts are estimated; the generators' are not.

    Raises
    ------
    TrueupError
        The first that stands in the way of any account; docs/errors.md lists the codes.
    """
    rules = rules or Rules.load()
    facts = gather_facts(accounts, rules, [(start, end)] * len(accounts), [arrangement])
    cycles, _ = find_cycles(facts, cuts(facts))
    wanted = [_span(cycles, np.nonzero(cycles.account == n)[0]) for n in range(len(accounts))]
    if not len(cycles.account):
        raise refused(arrangement, f"no whole billing cycle of its accounts lies in {start}..{end}")
    return _bills(arrangement, accounts, reads, wanted, {}, openings or {}, rules, vee, registers)


def settle_together(
    arrangement: Arrangement,
    accounts: Sequence[Account],
    reads: Reads,
    ending: str,
    openings: Openings | None = None,
    rules: Rules | None = None,
    vee: VeeRules | None = None,
    registers: Registers | None = None,
) -> Together:
    """Bill every account of an arrangement over a year, each to its own anniversary, and settle what ends.

    Parameters
    ----------
    ending
        Last month of the year (``YYYY-MM``). Of each account the relevant period is settled whose last service day lies
        in the twelve months that end with it; where none does, its cycles of these months are billed.

    Raises
    ------
    TrueupError
        E-TRUE-005 if no period of any account ends in these months; further as for `bill_together`.
    """
    rules, month = rules or Rules.load(), month_asked(ending)
    facts = gather_facts(accounts, rules, None, [arrangement])
    cycles, _ = find_cycles(facts, cuts(facts))
    ledgers: dict[int, int] = {}
    wanted = []
    for n in range(len(accounts)):
        closing, ledger = _closing(cycles, n, month)
        within = (cycles.account == n) & (cycles.month > month - YEAR) & (cycles.month <= month)
        if closing is not None:
            ledgers[n] = ledger
            wanted.append(_span(cycles, period_of(cycles, cycles.of_ledger(ledger), closing)))
        else:
            wanted.append(_span(cycles, np.nonzero(within)[0]))
    if not ledgers:
        raise _no_period(arrangement, ending, cycles)
    return _bills(arrangement, accounts, reads, wanted, ledgers, openings or {}, rules, vee, registers)


def _closing(cycles: Cycles, n: int, month: int) -> tuple[int | None, int]:
    """The last cycle of an account that closes a period in the year up to a month; of the utility's ledger first."""
    for ledger in (UTILITY, PROVIDER):
        closes = cycles.of_ledger(ledger).closes & (cycles.account == n)
        found = np.nonzero(closes & (cycles.month > month - YEAR) & (cycles.month <= month))[0]
        if len(found):
            return int(found[-1]), ledger
    return None, UTILITY


def _span(cycles: Cycles, chosen: Ints) -> Span:
    """First day and day after the last of some cycles of an account."""
    return (int(cycles.start[chosen[0]]), int(cycles.end[chosen[-1]])) if len(chosen) else None


def _bills(
    arrangement: Arrangement,
    accounts: Sequence[Account],
    reads: Reads,
    wanted: Sequence[Span],
    ledgers: Mapping[int, int],
    openings: Openings,
    rules: Rules,
    vee: VeeRules | None,
    registers: Registers | None,
) -> Together:
    """Run the line once for each length of intervals, and part its results by account."""
    refuse_failing(arrangement, checks_of(arrangement, accounts, rules))
    meters = meters_of(arrangement, accounts, reads, registers)
    days, states = _days(arrangement, accounts, meters, wanted, openings, rules)
    beside, found = Beside(tuple(accounts), arrangement), dict[str, Bills]()
    for minutes in sorted(set(meters.minutes)):
        mine = [n for n, own in enumerate(meters.minutes) if own == minutes]
        some = [span if n in mine else (span[0], span[0]) for n, span in enumerate(days)]
        facts = gather_facts(accounts, rules, some, [arrangement])
        sharing = sharing_of([arrangement], facts.ids, meters.output, meters.days[0])
        made = run_line(accounts, facts, meters.by(minutes), states, rules, vee, netted=reads.netted, sharing=sharing)
        cycles = made.result.spans.cycles
        for n in mine:
            span, account = wanted[n], accounts[n]
            if span is not None:
                at = np.nonzero((cycles.account == n) & (cycles.start >= span[0]) & (cycles.end <= span[1]))[0]
                told = made.trail.where(made.trail.account == n)
                parts = (account, reads.of(account.account), rules, made.result, at, made.metered, told)
                year = Year(*parts, ledgers[n], beside=beside) if n in ledgers else None
                found[account.account] = year or Bills(*parts, beside=beside)
    names = [account.account for account in accounts if account.account in found]
    return Together(arrangement, tuple(accounts), rules, {name: found[name] for name in names})


def _days(
    arrangement: Arrangement,
    accounts: Sequence[Account],
    meters: Meters,
    wanted: Sequence[Span],
    openings: Openings,
    rules: Rules,
) -> tuple[list[tuple[date, date]], tuple[State, State]]:
    """The days to run of each account, from where its balances are known, and these balances in both ledgers.

    Where exports are shared, all accounts run over the same days while they belong to the arrangement: its shares rest
    on everybody's use since the period began. With balances given, who left before these days is not run, and who comes
    later needs none.
    """
    facts = gather_facts(accounts, rules, None, [arrangement])
    at, last = cuts(facts), max(span[1] for span in wanted if span is not None)
    if arrangement.aggregates and openings:
        lacking = [
            account.account
            for n, (account, span) in enumerate(zip(accounts, wanted, strict=True))
            if span is not None and account.account not in openings and int(at.program_start[n]) < span[0]
        ]
        if lacking:
            told = f"balances are given of some of its accounts, not of {lacking[0]}"
            raise refused(arrangement, f"{told}: give those of all, or of none")
    days, states = [], list[tuple[State, State]]()
    firsts = [home.readings.first_day for home in meters.homes]
    for n, (account, span, first) in enumerate(zip(accounts, wanted, firsts, strict=True)):
        start, end = span or (int(at.program_start[n]), 0)
        if arrangement.aggregates and (span is not None or not openings):
            end = min(last, max(int(facts.leaves[n]), end))
        opening = openings.get(account.account)
        begin = end if start >= end else begin_of(facts, at, start, opening, first, rules, n)
        days.append((_day(begin), _day(end)))
        empty = State.empty(1)
        states.append((opening.state, opening.provider or empty) if opening and start < end else (empty, empty))
    utility, provider = zip(*states, strict=True)
    return days, (State.stack(utility), State.stack(provider))


def _day(ordinal: int) -> date:
    return date.fromordinal(max(ordinal, 1))


def _no_period(arrangement: Arrangement, ending: str, cycles: Cycles) -> TrueupError:
    known = sorted({month_text(int(month)) for month in cycles.month[cycles.closes | cycles.ledger_closes]})
    return TrueupError(
        "E-TRUE-005",
        f"no relevant period of an account of {arrangement.arrangement} ends in the year up to {ending}",
        "Each account settles in the month in which its own relevant period ends.",
        f"Choose a month from which on periods end: {', '.join(known)}."
        if known
        else "Check pto, read_dates and relevant_period_start of its accounts; a period is twelve bills.",
    )
