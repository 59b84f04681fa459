"""A shard of a run: units settled together, and what the books will hold of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from trueup import pipeline
from trueup.account import Account
from trueup.books import journal, metering
from trueup.books.lines import billers, book_lines
from trueup.books.metering import read_from
from trueup.books.plan import Meters, States, Unit, ends_of
from trueup.books.portfolio import facts_digest
from trueup.books.restate import restated, written_off
from trueup.books.segments import Segment, one_of, to_frame
from trueup.errors import TrueupError
from trueup.facts import gather_facts
from trueup.intervals import Spans, exchanged
from trueup.model import Result, Shard, State
from trueup.periods import months_before
from trueup.quantities import Ints
from trueup.rulebook import Rules
from trueup.rulebook.vee import VeeRules
from trueup.timeline import cuts, find_cycles

WAITING: dict[str, Any] = {
    "account": pl.String, "code": pl.String, "what": pl.String, "todo": pl.String, "since": pl.Date, "days": pl.Int64,
}  # fmt: skip
"""Columns of the exceptions: who waits, why, since when, and for how many days an ended cycle is unbilled."""


@dataclass(frozen=True)
class Work:
    """What a shard is computed from. `posted` are all entries so far of the accounts that are billed again."""

    accounts: Mapping[str, Account]
    meters: Meters
    rules: Rules
    vee: VeeRules | None
    posted: pl.DataFrame
    run: int
    on: date
    ask_late: bool = False


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

    Of a unit that cannot be billed whole the longest part is billed that can, but never less than was posted already.
    """
    settled = _settled(units, work)
    refused = settled.refused
    whole = [unit for at, unit in enumerate(units) if at not in refused]
    parts = [_outcome(whole, settled, work)] if whole else []
    waiting = []
    for at, error in sorted(refused.items()):
        shorter, reason = _shortened(units[at], error, work)
        if shorter is not None:
            parts.append(_outcome([shorter], _settled([shorter], work), work))
        waiting.append(waits(units[at], shorter, reason, work))
    tables = zip(*(parts or [_outcome([], settled, work)]), strict=True)
    lines, entries, segments, estimated, trail = (pl.concat(list(table)) for table in tables)
    queue = pl.DataFrame(waiting, schema=WAITING, orient="row")
    return Outcome(lines, entries, segments, queue, estimated, trail)


def waits(unit: Unit, billed: Unit | None, error: TrueupError, work: Work) -> tuple[Any, ...]:
    """The row of an account that waits: from the first day that is not billed; days since its first cycle ended."""
    since = billed.end if billed is not None else unit.billed_to
    ends = ends_of(work.accounts[unit.account], work.rules, since, unit.end)
    age = work.on.toordinal() - int(ends[0]) if len(ends) else 0
    return unit.account, error.code, error.what, error.todo, since, max(age, 0)


def _settled(units: Sequence[Unit], work: Work) -> Settled:
    days = [(unit.begin, unit.end) for unit in units]
    names = [unit.account for unit in units]
    facts = gather_facts([work.accounts[name] for name in names], work.rules, days)
    first, last = min(unit.begin for unit in units), max(unit.end for unit in units)
    metered = work.meters.read(names, read_from(first, work.vee), last, units[0].minutes)
    found, _ = find_cycles(facts, cuts(facts))
    cycles, accounts = Spans(found.account, found.start, found.end), [work.accounts[name] for name in names]
    swapped = exchanged(metered, cycles, np.array([account.storage for account in accounts]))
    filled, estimated, trail = metering.estimated(metered, facts, cycles, accounts, work.rules, work.vee)
    openings: States = (
        State.stack([unit.opening[0] for unit in units]),
        State.stack([unit.opening[1] for unit in units]),
    )
    result = pipeline.settle(Shard(facts, filled.readings, *openings), work.rules)
    refused = {refusal.account: refusal.error for refusal in result.refusals}
    return Settled(result, swapped | refused, estimated, trail)


def _shortened(unit: Unit, error: TrueupError, work: Work) -> tuple[Unit | None, TrueupError]:
    """The longest part of a unit that can be billed, and what stands in the way of the rest."""
    posted = [unit.billed_to.toordinal()] if unit.begin < unit.billed_to else []
    ends = [*posted, *ends_of(work.accounts[unit.account], work.rules, unit.billed_to, unit.end)]
    good, bad = -1, len(ends) - 1
    while bad - good > 1:
        middle = (good + bad) // 2
        tried = _settled([_until(unit, ends[middle])], work).refused
        good, bad = (good, middle) if tried else (middle, bad)
        error = tried.get(0, error)
    return (None if good < 0 else _until(unit, ends[good])), error


def _until(unit: Unit, end: Any) -> Unit:
    return replace(unit, end=date.fromordinal(int(end)))


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
        facts = facts_digest(work.accounts[unit.account], end)
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
