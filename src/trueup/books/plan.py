"""What a run has to do: for each account the cycles to bill, and the posted ones to bill again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Protocol

import numpy as np

from trueup.account import Account
from trueup.arrangement import Arrangement
from trueup.balances import Opening
from trueup.beginnings import check_provider_balances, first_billable, where_to_begin
from trueup.books.journal import brought
from trueup.books.portfolio import facts_digest
from trueup.books.segments import Segment, same
from trueup.errors import TrueupError
from trueup.facts import facts_alone
from trueup.intervals import Metered
from trueup.membership import arrangement_of
from trueup.model import Facts, State
from trueup.periods import NEVER, day_text
from trueup.quantities import Ints
from trueup.rulebook import Rules
from trueup.timeline import Cuts, cuts

States = tuple[State, State]


class Meters(Protocol):
    """Where a run's interval data come from: the interval store, or made columns in a test."""

    @property
    def ingest(self) -> int:
        """Number of the newest ingest."""

    def first_day(self, account: str) -> date | None:
        """First day of an account's data; None without any."""

    def longest(self, account: str, first: date, last: date) -> int:
        """The longest interval length of an account's data over [first, last); 0 without any."""

    def changes(self, after: int) -> Mapping[str, date]:
        """First day of what changed for accounts since an ingest."""

    def read(self, accounts: Sequence[str], first: date, last: date, minutes: int) -> Metered:
        """Dense columns of some accounts over [first, last) with their statuses; nothing where nothing was read."""


@dataclass(frozen=True)
class Unit:
    """What a run does with one account: bill [begin, end) from an opening state.

    Attributes
    ----------
    billed_to
        The day to which it is posted already; `begin` where nothing is billed again.
    first
        Whether it begins where the account begins in these books, so that what the opening holds enters them.
    """

    account: str
    begin: date
    end: date
    billed_to: date
    minutes: int
    opening: States
    first: bool


@dataclass(frozen=True)
class Known:
    """What decides a plan: the accounts, what was posted of them, the meter data, the rules, the arrangements."""

    accounts: Mapping[str, Account]
    openings: Mapping[str, Opening]
    posted: Mapping[str, Sequence[Segment]]
    meters: Meters
    rules: Rules
    arrangements: Sequence[Arrangement] = ()

    @cached_property
    def shared(self) -> dict[str, Arrangement]:
        """The arrangement of each account that is in one."""
        return arrangement_of(self.arrangements)

    def facts(self, account: Account) -> Facts:
        """The facts of one account by itself."""
        return facts_alone(account, self.rules, self.shared.get(account.account))


def unit_of(account: Account, known: Known, through: date, again_from: date | None) -> Unit | None:
    """What to do with an account; None where nothing is due.

    Parameters
    ----------
    through
        Cycles that end by this day are billed.
    again_from
        First day of which something changed since it was posted; None for nothing.

    Raises
    ------
    TrueupError
        Whatever stands in the way: no meter data, facts that no rule file serves, balances that are not known.
    """
    facts = known.facts(account)
    at = cuts(facts)
    held = known.posted.get(account.account, ())
    first_read = _first_read(account, known)
    begin, opening = (
        (held[-1].last.toordinal(), held[-1].closing) if held else _anew(account, facts, at, known, first_read)
    )
    billed_to = date.fromordinal(begin) if not held else held[-1].last
    touched = [one for one in held if again_from is not None and one.last > again_from]
    touched = touched or [one for one in held if one.first <= _early_from(facts, at, begin) < one.last]
    if touched and touched[0] is held[0]:
        begin, opening = _from_the_first(account, facts, at, known, first_read)
    elif touched:
        begin, opening = touched[0].first.toordinal(), touched[0].opening
    points = at.points[0][at.points[0] <= min(through.toordinal(), int(facts.service_end[0]), NEVER - 1)]
    end = int(max(points.max(initial=0), billed_to.toordinal()))
    if begin >= end:
        return None
    first = not held or (bool(touched) and touched[0] is held[0])
    days = date.fromordinal(begin), _alike(account, known, date.fromordinal(begin), billed_to, date.fromordinal(end))
    minutes = known.meters.longest(account.account, *days) or known.meters.longest(account.account, date.min, date.max)
    return Unit(account.account, *days, billed_to, minutes, opening, first)


def _alike(account: Account, known: Known, begin: date, billed_to: date, end: date) -> date:
    """The day to which a unit reaches: posted cycles are not billed again by longer intervals than they have.

    Where the meter was exchanged for one of longer intervals, new cycles come with the next run.
    """
    posted, whole = (known.meters.longest(account.account, begin, day) for day in (billed_to, end))
    return billed_to if begin < billed_to < end and posted < whole else end


def changed_from(
    account: Account,
    held: Sequence[Segment],
    moved: Sequence[Mapping[str, date]],
    opening: Opening | None = None,
    arrangement: Arrangement | None = None,
) -> date | None:
    """The first day of which an account's facts, meter data or opening balances changed since they were posted.

    Parameters
    ----------
    moved
        For each of the posted segments, what changed since the ingest that it was billed from.
    arrangement
        Whose generators' meters count too.
    """
    days = [one.first for one in held if facts_digest(account, one.last, arrangement) != one.facts]
    meters = [account.account, *(arrangement.generators if arrangement is not None else ())]
    for one, since in zip(held, moved, strict=True):
        changes = [since[meter] for meter in meters if meter in since]
        days += [max(day, one.first) for day in changes if day < one.last]
    if opening is not None and held and not _holds(opening, held[0]):
        days.append(held[0].first)
    return min(days, default=None)


def _holds(opening: Opening, first: Segment) -> bool:
    """Whether the first segment began with some balances."""
    told = opening.state, opening.provider or State.empty(1)
    return all(same(one, other) for one, other in zip(told, first.opening, strict=True))


def _from_the_first(account: Account, facts: Facts, at: Cuts, known: Known, first_read: date) -> tuple[int, States]:
    """Where to begin again from the first segment: where one would begin today, but no later than it did."""
    first = known.posted[account.account][0]
    if account.account not in known.openings and any(map(brought, first.opening)):
        return first.first.toordinal(), first.opening
    begin, opening = _anew(account, facts, at, known, first_read)
    if begin <= first.first.toordinal():
        return begin, opening
    if account.account in known.openings:
        known.openings[account.account].check(account.account, first.first.isoformat())
    return first.first.toordinal(), first.opening


def _anew(account: Account, facts: Facts, at: Cuts, known: Known, first_read: date) -> tuple[int, States]:
    """The first day that can be billed of an account, and the balances on it: the day of balances that name theirs."""
    opening = known.openings.get(account.account)
    first = _first(facts, at, first_read, known.rules)
    begin = where_to_begin(facts, at, first, opening, first_read.toordinal())
    if opening is None:
        return min(begin, first), (State.empty(1), State.empty(1))
    begin = next((int(day) for day in at.points[0] if begin < day and day_text(day) == opening.on), begin)
    opening.check(account.account, day_text(begin))
    check_provider_balances(facts, at, begin, opening)
    return begin, (opening.state, opening.provider or State.empty(1))


def _first(facts: Facts, at: Cuts, first_read: date, rules: Rules) -> int:
    try:
        return first_billable(facts, at, first_read.toordinal(), rules)
    except IndexError:
        raise TrueupError(
            "E-BILL-001",
            f"no whole billing cycle of {facts.ids[0]} lies after {first_read}, the first day of its meter data",
            "A bill covers whole cycles, from one read date to the next.",
            "Add read dates, or the meter files of earlier days.",
        ) from None


def _early_from(facts: Facts, at: Cuts, begin: int) -> date:
    """The day from which exports wait for the first solar bill, where that bill is the next; else the last of days.

    References
    ----------
    Spec `BILL-11`: exports between permission to operate and the first solar bill are granted on it.
    """
    own = facts.terms.take(facts.own)
    since, start = int(facts.since[0]), int(at.program_start[0])
    waits = bool(own.early_exports_granted[0]) and since < begin <= start
    return date.fromordinal(since) if waits else date.max


def _first_read(account: Account, known: Known) -> date:
    found = known.meters.first_day(account.account)
    if found is None:
        raise TrueupError(
            "E-READ-017",
            f"the interval store holds no readings of account {account.account}",
            "Nothing can be billed without readings.",
            "Bring its meter files in with `trueup store ingest`, or correct `account` in the account file.",
        )
    return found


def holds_up(facts: Facts, unit: Unit | None, through: date, last: date) -> date | None:
    """The day to which an account that belongs to its arrangement has cycles, where others have later ones, to `last`.

    None for one that is not there yet on that day, or not any more.
    """
    at = cuts(facts)
    points = at.points[0][at.points[0] <= min(through.toordinal(), NEVER - 1)]
    end = int(points.max(initial=1)) if unit is None else unit.end.toordinal()
    begun, over = int(at.program_start[0]), min(int(facts.leaves[0]), int(facts.service_end[0]))
    return date.fromordinal(max(end, begun)) if begun < last.toordinal() and end < min(over, last.toordinal()) else None


def ends_of(facts: Facts, after: date, to: date) -> Ints:
    """The days in (after, to] on which a cycle of an account, the only one of the facts, ends, in order."""
    points = cuts(facts).points[0]
    found: Ints = points[(points > after.toordinal()) & (points <= to.toordinal())]
    return np.sort(found)
