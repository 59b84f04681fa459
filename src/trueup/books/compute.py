"""A shard of a run: units settled together, and what the books will hold of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from trueup import pipeline
from trueup.account import Account
from trueup.arrangement import Arrangement
from trueup.books import journal, metering
from trueup.books.lines import billers, book_lines
from trueup.books.metering import read_from
from trueup.books.plan import Meters, Unit, ends_of
from trueup.books.portfolio import facts_digest
from trueup.books.restate import restated, written_off
from trueup.books.segments import Segment, one_of, to_frame
from trueup.books.shared_meters import shared_output, with_companions
from trueup.errors import TrueupError
from trueup.facts import facts_alone, gather_facts
from trueup.intervals import Spans, exchanged, without_export
from trueup.membership import arrangement_of
from trueup.model import Result, Shard, State
from trueup.periods import months_before
from trueup.quantities import Bools, Ints
from trueup.rulebook import Rules
from trueup.rulebook.vee import VeeRules
from trueup.timeline import cuts, find_cycles

WAITING: dict[str, Any] = {
    "account": pl.String, "code": pl.String, "what": pl.String, "todo": pl.String, "since": pl.Date, "days": pl.Int64,
}  # fmt: skip
"""Columns of the exceptions: who waits, why, since when, and for how many days an ended cycle is unbilled."""


@dataclass(frozen=True)
class Work:
    """What a shard is computed from. `posted` are all entries so far of the accounts that are billed again.

    `arrangements` are those of the accounts; all accounts of each are among them.
    """

    accounts: Mapping[str, Account]
    meters: Meters
    rules: Rules
    vee: VeeRules | None
    posted: pl.DataFrame
    run: int
    on: date
    ask_late: bool = False
    arrangements: Sequence[Arrangement] = ()

    @cached_property
    def shared(self) -> dict[str, Arrangement]:
        """The arrangement of each account that is in one."""
        return arrangement_of(self.arrangements)

    def ends_of(self, account: str, after: date, to: date) -> Ints:
        """The days in (after, to] on which a cycle of an account ends."""
        facts = facts_alone(self.accounts[account], self.rules, self.shared.get(account))
        return ends_of(facts, after, to)


@dataclass(frozen=True)
class Outcome:
    """What a shard adds to the books: lines, entries, segments, who waits, what was estimated and why."""

    lines: pl.DataFrame
    entries: pl.DataFrame
    segments: pl.DataFrame
    waiting: pl.DataFrame
    estimated: pl.DataFrame
    trail: pl.DataFrame

    def frames(self) -> dict[str, pl.DataFrame]:
        """The tables by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True)
class Settled:
    """Units settled together, which of them cannot be billed and why, and what was estimated for them."""

    result: Result
    refused: dict[int, TrueupError]
    estimated: pl.DataFrame
    trail: pl.DataFrame


def compute(units: Sequence[Unit], work: Work) -> Outcome:
    """Settle units together; one that cannot be billed waits with its reason, and the others go on.

    Of units that cannot be billed whole the longest part is billed that can, but never less than was posted already.
    Accounts that share exports wait together.
    """
    settled = _settled(units, work)
    refused = settled.refused
    whole = [unit for at, unit in enumerate(units) if at not in refused]
    parts = [_outcome(whole, settled, work)] if whole else []
    waiting = []
    for group in _together([units[at] for at in sorted(refused)], work):
        shorter, reasons = _shortened(group, {units[at].account: error for at, error in refused.items()}, work)
        if shorter:
            parts.append(_outcome(shorter, _settled(shorter, work), work))
        billed = {unit.account: unit for unit in shorter}
        waiting += [waits(unit, billed.get(unit.account), reasons[unit.account], work) for unit in group]
    tables = zip(*(parts or [_outcome([], settled, work)]), strict=True)
    lines, entries, segments, estimated, trail = (pl.concat(list(table)) for table in tables)
    queue = pl.DataFrame(waiting, schema=WAITING, orient="row")
    return Outcome(lines, entries, segments, queue, estimated, trail)


def waits(unit: Unit, billed: Unit | None, error: TrueupError, work: Work) -> tuple[Any, ...]:
    """The row of an account that waits: from the first day that is not billed; days since its first cycle ended."""
    since = billed.end if billed is not None else unit.billed_to
    ends = work.ends_of(unit.account, since, unit.end)
    age = work.on.toordinal() - int(ends[0]) if len(ends) else 0
    return unit.account, error.code, error.what, error.todo, since, max(age, 0)


def _together(units: Sequence[Unit], work: Work) -> Iterator[list[Unit]]:
    """Units that can be billed only with each other: those that share exports; any other by itself."""
    shared = [work.shared.get(unit.account) for unit in units]
    keys = [one.arrangement if one is not None and one.aggregates else "" for one in shared]
    for key in dict.fromkeys(keys):
        mine = [unit for unit, own in zip(units, keys, strict=True) if own == key]
        yield from [mine] if key else ([unit] for unit in mine)


def _settled(units: Sequence[Unit], work: Work) -> Settled:
    """Settle units with all whom they share a generator with; the others have no cycles of their own here."""
    names = with_companions([unit.account for unit in units], work.arrangements)
    accounts = [work.accounts[name] for name in names]
    arrangements = [one for one in work.arrangements if one.designated in names]
    first, last = min(unit.begin for unit in units), max(unit.end for unit in units)
    days = [(unit.begin, unit.end) for unit in units] + [(first, first)] * (len(names) - len(units))
    facts = gather_facts(accounts, work.rules, days, arrangements)
    begin, minutes = read_from(first, work.vee), units[0].minutes
    metered = without_export(work.meters.read(names, begin, last, minutes), _never_export(names, work))
    found, _ = find_cycles(facts, cuts(facts))
    cycles, storage = Spans(found.account, found.start, found.end), [account.storage for account in accounts]
    swapped = exchanged(metered, cycles, np.array(storage))
    every = gather_facts(accounts, work.rules, None, arrangements)
    filled, estimated, trail = metering.estimated(metered, facts, cycles, storage, every, work.vee)
    empty = State.empty(len(names) - len(units))
    utility, provider = (State.stack([*own, empty]) for own in zip(*(unit.opening for unit in units), strict=True))
    sharing = shared_output(arrangements, facts, work.meters, begin, last)
    result = pipeline.settle(Shard(facts, filled.readings, utility, provider, sharing), work.rules)
    refused = swapped | {refusal.account: refusal.error for refusal in result.refusals}
    return Settled(result, {at: error for at, error in refused.items() if at < len(units)}, estimated, trail)


def _never_export(names: Sequence[str], work: Work) -> Bools:
    """(N,) accounts of an arrangement that do not generate: what their own meters send out earns nothing."""
    shared = [work.shared.get(name) for name in names]
    return np.array([one is not None and one.generating != name for name, one in zip(names, shared, strict=True)])


def _shortened(
    group: Sequence[Unit], errors: Mapping[str, TrueupError], work: Work
) -> tuple[list[Unit], Mapping[str, TrueupError]]:
    """The longest part of some units that can be billed together, and what stands in the way of the rest of each."""
    posted = {unit.billed_to.toordinal() for unit in group if unit.begin < unit.billed_to}
    later = {int(end) for unit in group for end in work.ends_of(unit.account, unit.billed_to, unit.end)}
    ends = [*([max(posted)] if posted else []), *sorted(end for end in later if end > max(posted, default=0))]
    good, bad = -1, len(ends) - 1
    while bad - good > 1:
        middle = (good + bad) // 2
        part = _until(group, ends[middle])
        tried = _settled(part, work).refused if part else {}
        good, bad = (good, middle) if tried else (middle, bad)
        errors = {**errors, **{part[at].account: error for at, error in tried.items()}}
    return ([] if good < 0 else _until(group, ends[good])), errors


def _until(group: Sequence[Unit], end: int) -> list[Unit]:
    """Units up to a day; those that begin later are left out."""
    last = date.fromordinal(end)
    return [replace(unit, end=min(unit.end, last)) for unit in group if unit.begin < last]


def _outcome(units: Sequence[Unit], settled: Settled, work: Work) -> tuple[pl.DataFrame, ...]:
    """Lines, entries, segments, estimates and their trail, of the units that a result billed."""
    result = settled.result
    segments = _segments(units, result, work)
    right = journal.entries_of(result, work.rules)
    lines, billed = book_lines(result, work.rules), [unit.account for unit in units]
    new = [s for s, unit in zip(segments, units, strict=True) if unit.first and _brings(unit)]
    facts = result.shard.facts
    apart = dict(zip(facts.ids, facts.terms.split_pool[facts.own].tolist(), strict=True))
    opened = journal.opening_entries(new, _billers(result, work.rules), apart)
    right = pl.concat([opened, right.filter(pl.col("account").is_in(billed))])
    entries = pl.concat(_against_posted(units, right, work))
    own = (table.filter(pl.col("account").is_in(billed)) for table in (settled.estimated, settled.trail))
    return lines.filter(pl.col("account").is_in(billed)), entries, to_frame(segments), *own


def _brings(unit: Unit) -> bool:
    return any(journal.brought(state) for state in unit.opening)


def _segments(units: Sequence[Unit], result: Result, work: Work) -> list[Segment]:
    at = {name: index for index, name in enumerate(result.shard.facts.ids)}
    last = _last_days(result)
    found = []
    for unit in units:
        index = at[unit.account]
        end = date.fromordinal(max(int(last[index]), unit.begin.toordinal()))
        closing = one_of(result.books[0].closing, index), one_of(result.books[1].closing, index)
        facts = facts_digest(work.accounts[unit.account], end, work.shared.get(unit.account))
        found.append(Segment(unit.account, unit.begin, end, work.run, work.meters.ingest, facts, unit.opening, closing))
    return found


def _last_days(result: Result) -> Ints:
    """(N,) the day after the last cycle of each account; 0 without one."""
    cycles, last = result.spans.cycles, np.zeros(len(result.shard.facts.ids), dtype=np.int64)
    np.maximum.at(last, cycles.account, cycles.end)
    return last


def _billers(result: Result, rules: Rules) -> dict[str, tuple[str, str]]:
    names, facts = billers(result, rules), result.shard.facts
    own, ledger = facts.phases.own[:, 0], facts.phases.ledger_own[:, 0]
    return {name: (names[own[k]], names[ledger[k]]) for k, name in enumerate(facts.ids)}


def _against_posted(units: Sequence[Unit], right: pl.DataFrame, work: Work) -> list[pl.DataFrame]:
    """New cycles as they are; posted ones as what differs, with what may no longer be asked written off."""
    again = {unit.account: unit for unit in units if unit.begin < unit.billed_to}
    if not again:
        return [right, _late(right, work)]
    spans = pl.DataFrame(
        [(name, unit.begin, unit.billed_to) for name, unit in again.items()],
        schema={"account": pl.String, "begin": pl.Date, "billed_to": pl.Date},
        orient="row",
    )
    old = work.posted.join(spans, on="account").filter(pl.col("cycle_start") >= pl.col("begin"))
    marked = right.join(spans, on="account", how="left").with_columns(
        again=(pl.col("cycle_start") < pl.col("billed_to")).fill_null(False)
    )
    names = list(journal.SCHEMA)
    posted, cycles_again = old.select(names), marked.filter("again").select(names)
    oldest = {name: _oldest(work.accounts[name], work) for name in again}
    new = marked.filter(~pl.col("again")).select(names)
    return [
        new,
        _late(new, work),
        restated(posted, cycles_again),
        written_off(posted, cycles_again, oldest),
    ]


def _late(new: pl.DataFrame, work: Work) -> pl.DataFrame:
    """What is written off of bills that come for the first time, beyond the limit of back-billing."""
    if work.ask_late:
        return new.clear()
    oldest = {name: _oldest(work.accounts[name], work) for name in new.get_column("account").unique().sort()}
    return written_off(new.clear(), new, oldest)


def _oldest(account: Account, work: Work) -> date:
    """The day up to which ended cycles lie beyond the limit of back-billing."""
    return months_before(work.on, work.rules.book.back_billing.months(account.customer_class, work.on))
