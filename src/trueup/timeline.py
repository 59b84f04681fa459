"""Dated facts -> cycles, the rows of alike days in them, and the steps that close a relevant period."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np

from trueup.model import Cycles, Facts, Phases, Rows, Spans
from trueup.periods import NEVER, Runs, month_index, runs, years_later
from trueup.quantities import Bools, Ints
from trueup.rulebook import Rules

BILLS_IN_PERIOD = 12
_ALWAYS = 0


@dataclass(frozen=True)
class Cuts:
    """The days on which cycles begin, per account: (N, K) in order, padded with `NEVER`; and when programs begin."""

    points: Ints
    program_start: Ints
    anchor: Ints


def cuts(facts: Facts) -> Cuts:
    """Read dates; permission to operate, changes of provider, the end of service inside a cycle (decisions/0005)."""
    last_read = np.where(facts.reads == NEVER, -1, facts.reads).max(axis=1)
    inside = (facts.pto > facts.reads[:, 0]) & (facts.pto < last_read)
    pto = np.where(inside, facts.pto, NEVER)
    changes = np.where(facts.phases.start > facts.reads[:, :1], facts.phases.start, NEVER)
    points = np.sort(np.concatenate([facts.reads, pto[:, None], facts.service_end[:, None], changes], axis=1), axis=1)
    twice = (points[:, 1:] == points[:, :-1]) & (points[:, 1:] != NEVER)
    points[:, 1:][twice] = NEVER
    points = np.sort(points, axis=1)
    start = program_start(facts)
    return Cuts(points, start, np.where(facts.period_start != NEVER, facts.period_start, start))


def program_start(facts: Facts) -> Ints:
    """The day from which an account's own program holds; `NEVER` before it has permission to operate.

    References
    ----------
    Schedule NBT, Special Condition 1.j: the scheduled read date on or after permission to operate; NEM starts on the
    day itself (spec `TRUE-01`).
    """
    later = np.where(facts.reads >= facts.pto[:, None], facts.reads, NEVER).min(axis=1)
    own = facts.terms.take(facts.own)
    start = np.maximum(np.where(own.starts_at_pto, facts.pto, later), facts.joins)
    return np.where(own.starts_at_once, _ALWAYS, start)


def timeline(facts: Facts, rules: Rules, first_day: int, last_day: int, also_split_at: Iterable[int] = ()) -> Spans:
    """Cut the accounts' days into cycles and rows.

    Parameters
    ----------
    first_day, last_day
        The days that the meter columns cover, `last_day` excluded.
    also_split_at
        Further days at which rows are split, as another tariff's breakpoints may ask. It changes no bill.
    """
    at = cuts(facts)
    cycles, cycle_of_point = find_cycles(facts, at)
    stretch = runs(first_day, last_day)
    rows, row_of_run = find_rows(facts, at.points, cycle_of_point, stretch, rules, also_split_at)
    return Spans(cycles, rows, stretch, row_of_run)


def find_cycles(facts: Facts, at: Cuts) -> tuple[Cycles, Ints]:
    """The cycles inside the days to bill; with them the cycle that begins at each cut, -1 where none."""
    start, end = at.points[:, :-1], at.points[:, 1:]
    chosen = (
        (end <= np.minimum(facts.service_end, NEVER - 1)[:, None])
        & (start >= facts.from_day[:, None])
        & (end <= facts.to_day[:, None])
    )
    account, position = np.nonzero(chosen)
    cycle_of_point = np.where(chosen, np.cumsum(chosen).reshape(chosen.shape) - 1, -1)
    made = _cycles(facts, at, account, position, cycle_of_point)
    return made, cycle_of_point


def _cycles(facts: Facts, at: Cuts, account: Ints, position: Ints, cycle_of_point: Ints) -> Cycles:
    """The columns of the cycles that begin at some cuts."""
    starts, ends = at.points[account, position], at.points[account, position + 1]
    phases, here = facts.phases, (account, facts.phases.at(account, starts))
    solar, month = _has_begun(facts, at, account, starts), month_index(ends - 1)
    final = (ends == facts.service_end[account]) | (ends == facts.leaves[account])
    switches = _switches(facts, account, ends)
    in_period = solar & facts.terms.has_period[phases.own[here]] & (starts >= at.anchor[account])
    full = in_period & (_bill_number(facts, at, account, starts) == BILLS_IN_PERIOD)
    repeats, again = _bills_before(facts, at, account, position)
    ledger = _in_ledger(facts, at, account, starts)
    return Cycles(
        account=account,
        start=starts,
        end=ends,
        terms=np.where(solar, phases.own[here], phases.before[here]),
        ledger_terms=np.where(solar, phases.ledger_own[here], phases.ledger_before[here]),
        provider=phases.provider[here],
        prices=phases.prices[here],
        vintage=phases.vintage[here],
        keeps_ledger=phases.keeps_ledger[here],
        month=month,
        solar=solar,
        begins=solar & (starts == at.program_start[account]) & _is_listed(facts, at, account),
        in_period=in_period,
        closes=in_period & (full | final | switches),
        final=final,
        full=full,
        switches=switches,
        ledger_in_period=ledger,
        ledger_closes=ledger & (_settles_in(phases, here, starts, ends, repeats) | final | switches),
        again_in_month=again,
        grants_to=_grants_to(facts, at, account, starts, solar),
        steps=_steps(cycle_of_point, len(account)),
    )


def _has_begun(facts: Facts, at: Cuts, account: Ints, starts: Ints) -> Bools:
    """(M,) whether the account's own program holds in cycles that start on some days."""
    found: Bools = (starts >= at.program_start[account]) & (starts < facts.leaves[account])
    return found


def _is_listed(facts: Facts, at: Cuts, account: Ints) -> Bools:
    """(M,) whether read dates reach back to the start of the program, where no running period is stated."""
    found: Bools = (facts.since >= at.points[:, 0]) | (facts.period_start == NEVER)
    return found[account]


def _bill_number(facts: Facts, at: Cuts, account: Ints, starts: Ints) -> Ints:
    """(M,) which bill of its relevant period a cycle is, from 1 to `BILLS_IN_PERIOD`.

    References
    ----------
    Schedule NBT, Special Condition 10 (tariffs-nbt 3.6.3): accounts of an arrangement have one relevant period, and a
    late one a short first period; docs/decisions/0015.
    """
    leader = facts.leader[account]
    anchor = anchor_of(facts, at, leader, starts)
    since: Ints = _cuts_before(at, leader, starts) - _cuts_before(at, leader, anchor)
    return since % BILLS_IN_PERIOD + 1


def _cuts_before(at: Cuts, account: Ints, days: Ints) -> Ints:
    found: Ints = (at.points[account] < days[:, None]).sum(axis=1)
    return found


def _bills_before(facts: Facts, at: Cuts, account: Ints, position: Ints) -> tuple[Bools, Bools]:
    """(M,) whether the bill before ends in the same month: in the same provider's ledger; with another provider."""
    starts, before = at.points[account, position], at.points[account, np.maximum(position - 1, 0)]
    same_month = (position > 0) & (month_index(starts - 1) == month_index(at.points[account, position + 1] - 1))
    others = ~facts.terms.bundled[facts.phases.own[account, facts.phases.at(account, before)]]
    repeats = same_month & ~_switches(facts, account, starts) & _in_ledger(facts, at, account, before)
    return repeats, same_month & others


def anchor_of(facts: Facts, at: Cuts, account: Ints, starts: Ints) -> Ints:
    """(M,) the day from which a cycle's relevant period counts its bills.

    References
    ----------
    spec `TRUE-06`: a change of provider ends the period, and the next one begins.
    """
    phases = facts.phases
    begun = phases.ends_period[account] & (phases.start[account] <= starts[:, None])
    last_switch = np.where(begun, phases.start[account], _ALWAYS).max(axis=1)
    found: Ints = np.maximum(at.anchor[account], last_switch)
    return found


def _switches(facts: Facts, account: Ints, ends: Ints) -> Bools:
    """(M,) whether a change of provider comes with the end of a cycle."""
    phases = facts.phases
    found: Bools = (phases.ends_period[account] & (phases.start[account] == ends[:, None])).any(axis=1)
    return found


def _in_ledger(facts: Facts, at: Cuts, account: Ints, starts: Ints) -> Bools:
    """(M,) whether cycles that start on some days count in a period of the provider's ledger."""
    phase = (account, facts.phases.at(account, starts))
    solar = _has_begun(facts, at, account, starts)
    found: Bools = solar & facts.phases.keeps_ledger[phase] & facts.terms.has_period[facts.phases.own[phase]]
    return found


def _settles_in(phases: Phases, here: tuple[Ints, Ints], starts: Ints, ends: Ints, repeats: Bools) -> Bools:
    """(M,) whether a cycle closes the year of the provider's ledger.

    References
    ----------
    spec `CCA-03` (each April): the first bill of the ledger whose last service day lies in the month, or the one that
    contains all of it (docs/decisions/0010).
    """
    last, wanted = month_index(ends - 1), phases.month[here]
    ends_there = (last % 12 + 1 == wanted) & ~repeats
    inside = np.where(last % 12 + 1 == wanted % 12 + 1, last - 1, last)
    contains = (inside % 12 + 1 == wanted) & (inside != last) & (month_index(starts - 1) < inside)
    found: Bools = (ends_there | contains) & (wanted > 0) & (inside >= phases.first_month[here])
    return found


def _grants_to(facts: Facts, at: Cuts, account: Ints, starts: Ints, active: Bools) -> Ints:
    """Exports are granted in their own cycle, or on the first solar bill if they come early (spec `BILL-11`)."""
    count = len(account)
    itself = np.arange(count)
    first = np.full(len(facts.ids), count)
    np.minimum.at(first, account[active], itself[active])
    own = facts.terms.take(facts.own[account])
    waits = (starts >= facts.since[account]) & (starts < at.program_start[account])
    early = waits & own.early_exports_granted & (first[account] < count)
    return np.where(active & own.priced_exports, itself, np.where(early, first[account], -1))


def _steps(cycle_of_point: Ints, count: int) -> Ints:
    """The k-th cycle of every account, padded with the spare cycle `count`."""
    order = np.sort(np.where(cycle_of_point < 0, count, cycle_of_point), axis=1)
    longest = int((order < count).sum(axis=1).max(initial=0))
    return order[:, :longest]


def find_rows(
    facts: Facts, points: Ints, cycle_of_point: Ints, stretch: Runs, rules: Rules, also_split_at: Iterable[int]
) -> tuple[Rows, np.ndarray[tuple[int, ...], np.dtype[np.int32]]]:
    """Number the distinct (cycle, lock-in, day label) of every run of hours; each distinct one is a row."""
    days = stretch.first_day + stretch.day
    label = day_labels(days, stretch.repeated, rules, np.unique(facts.calendar), also_split_at)
    position = (points[:, :, None] <= days).sum(axis=1) - 1
    padded = np.concatenate([cycle_of_point, np.full((len(points), 2), -1)], axis=1)
    cycle = np.take_along_axis(padded, position, axis=1)
    own = facts.terms.take(facts.own)
    locked = days < lock_in_end(facts.pto, own.lock_in_years, own.locked_from_january)[:, None]
    key = (cycle * 2 + ~locked) * (label.max(initial=0) + 1) + label
    inside = cycle >= 0
    _, first, inverse = np.unique(key[inside], return_index=True, return_inverse=True)
    row_of_run = np.full(cycle.shape, -1, dtype=np.int32)
    row_of_run[inside] = inverse
    account, run = np.nonzero(inside)
    starts_a_day = (stretch.clock_hour == 0)[run]
    rows = Rows(
        cycle[inside][first],
        account[first],
        days[run[first]],
        np.bincount(inverse[starts_a_day], minlength=len(first)),
        stretch.repeated[run[first]],
        locked[inside][first],
    )
    return rows, row_of_run


def day_labels(days: Ints, repeated: Bools, rules: Rules, calendars: Ints, also_split_at: Iterable[int]) -> Ints:
    """A number for each run of hours, equal where every calendar in use and every price version treats days alike."""
    calendar = rules.calendar
    kinds = (calendar.season, calendar.tariff_day_type, calendar.export_day_type)
    breaks = np.array(sorted(rules.breakpoints | set(also_split_at)))
    columns = [
        np.searchsorted(breaks, days, side="right"),
        month_index(days),
        *(calendar.at(kind, np.full_like(days, which), days) for which in calendars for kind in kinds),
        repeated.astype(np.int64),
    ]
    return np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)[1].reshape(-1)


def lock_in_end(pto: Ints, years: Ints, from_january: Bools) -> Ints:
    """The day on which the years of fixed export prices and ACC Plus end.

    References
    ----------
    Schedule NBT of SCE, Rates 3.a.ii and 3.b, and of PG&E, Rates C: nine years from the original permission to operate
    (spec `EEC-04`); SDG&E counts from January 1 of its year (tariffs-nbt 2.2).
    """
    return np.array([_end(*row) for row in zip(pto.tolist(), years.tolist(), from_january.tolist(), strict=True)])


def _end(pto: int, years: int, from_january: bool) -> int:
    if NEVER in (pto, years):
        return NEVER
    start = date(date.fromordinal(pto).year, 1, 1).toordinal() if from_january else pto
    return years_later(start, years)
