"""Billing cycles validated and estimated one by one, each from what was metered up to its end.

So what stands in a bill does not depend on which other cycles or accounts were computed with it, and billing a cycle
again changes no estimate unless its own readings, or those of the weeks before it, changed.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from trueup.intervals.estimate import estimate
from trueup.intervals.model import Metered, MeterFacts, Stretches, over
from trueup.intervals.trail import FLAG, LEFT_MISSING, NOT_CHECKED, Trail
from trueup.intervals.validate import validate
from trueup.model import NO_VALUE, Wh32
from trueup.periods import midnight_utc
from trueup.quantities import Bools, Ints
from trueup.reads.batch import ESTIMATED
from trueup.rulebook.vee import VeeRules

LOOK_BACK = 91
"""Days before a cycle whose readings serve its checks and estimates: the longest window of any rule (V18)."""
LATE = 14
"""Days before a cycle of which a check may tell only now: V17 compares the days on both sides of a change."""
PERMILLE = 1000
STANDS = "no rule has another value: the reading stands"
TOGETHER = 40
"""Accounts in one pass; their columns fit into some hundred MB."""


@dataclass(frozen=True)
class Spans:
    """Cycles, (K,) each: row of the account, first day and day after the last (ordinals)."""

    account: Ints
    start: Ints
    end: Ints

    def take(self, chosen: Ints) -> "Spans":
        """Some of them."""
        return Spans(self.account[chosen], self.start[chosen], self.end[chosen])


def estimate_cycles(metered: Metered, cycles: Spans, rules: VeeRules) -> tuple[Metered, Trail]:
    """Validate and estimate each cycle by itself; readings before the first cycle serve as references only.

    A cycle that lacks more of its intervals than V15 lets a bill have estimated stays as it is: billing refuses it. A
    reading that failed a check and that no rule can replace stands, flagged: it is what the meter said.
    The trail holds what concerns a cycle, and flags that only now can be raised of the days shortly before; checks
    that could not run are left out of it.

    Raises
    ------
    TrueupError
        E-VEE-001 where no version of the rules holds on the first day.
    """
    columns = tuple(column.copy() for column in metered.columns)
    status, parts = metered.status.copy(), []
    for chosen in _passes(cycles, metered):
        own = cycles.take(chosen)
        window, facts = _window(metered, own, cycles)
        part = Metered(window.readings, window.status, facts)
        filled, trail = estimate(part, validate(part, rules), rules)
        enough = _enough(part, own, rules)
        kept = _inside(part, own) & enough[:, None]
        offset = int(metered.grid.day_start[part.readings.first_day - metered.readings.first_day])
        row, slot = np.nonzero(kept)
        for code, column in enumerate(filled.columns):
            stands = (column == NO_VALUE) & (window.columns[code] != NO_VALUE)
            made = np.where(stands, window.status[code], filled.status[code])
            columns[code][own.account[row], slot + offset] = np.where(stands, window.columns[code], column)[row, slot]
            status[code, own.account[row], slot + offset] = made[row, slot]
        parts.append(_of_cycles(trail, own, enough))
    return metered.with_columns(columns, status), _once(Trail.join(parts))


def _passes(cycles: Spans, metered: Metered) -> Iterator[Ints]:
    """Cycles that are computed together: one of each account, near each other in time, within the readings."""
    inside = (cycles.start >= metered.readings.first_day) & (cycles.end <= metered.readings.last_day)
    order = np.lexsort((cycles.account, cycles.start))
    order = order[inside[order]]
    taken: list[int] = []
    accounts: set[int] = set()
    for at in order.tolist():
        far = taken and cycles.start[at] - cycles.start[taken[0]] > LATE
        if far or len(taken) == TOGETHER or int(cycles.account[at]) in accounts:
            yield np.array(taken)
            taken, accounts = [], set()
        taken.append(at)
        accounts.add(int(cycles.account[at]))
    if taken:
        yield np.array(taken)


def _window(metered: Metered, own: Spans, every: Spans) -> tuple[Metered, MeterFacts]:
    """The readings of some accounts from `LOOK_BACK` days before their cycle to its end, and what is known of them."""
    readings = metered.readings
    first = max(int(own.start.min()) - LOOK_BACK, readings.first_day)
    last = int(own.end.max())
    days = metered.grid.day_start
    part = slice(int(days[first - readings.first_day]), int(days[last - readings.first_day]))
    day = metered.grid.day[part] + readings.first_day
    shown = (day >= own.start[:, None] - LOOK_BACK) & (day < own.end[:, None])
    columns = [np.where(shown, column[own.account, part], NO_VALUE).astype(np.int32) for column in metered.columns]
    status = np.where(shown, metered.status[:, own.account, part], 0).astype(np.int8)
    generation = columns[2] if len(columns) > 2 else None
    cut = replace(
        readings, first_day=first, last_day=last, delivered=columns[0], received=columns[1], generation=generation
    )
    facts = facts_of(metered.facts, own.account, part)
    rows = np.arange(len(own.account))
    active = Stretches(rows, _utc(_since(columns, day, own)), _utc(own.end))
    return Metered(cut, status), replace(facts, active=active, cycles=_cycles_near(own, every, first))


def _since(columns: list[Wh32], day: Ints, own: Spans) -> Ints:
    """(N,) the day from which intervals of a window are due: of its first reading, at the latest the cycle's first."""
    read = np.any([column != NO_VALUE for column in columns], axis=0)
    first = np.where(read.any(axis=1), day[np.argmax(read, axis=1)], own.start)
    return np.minimum(first, own.start)


def _cycles_near(own: Spans, every: Spans, first: int) -> Stretches:
    """The cycles of some accounts that lie in their windows, each with the row of its account there."""
    row_of = {int(account): row for row, account in enumerate(own.account)}
    rows = np.array([row_of.get(int(account), -1) for account in every.account], dtype=np.int64)
    begins = np.maximum(own.start - LOOK_BACK, first)
    near = (rows >= 0) & (every.start >= begins[rows]) & (every.end <= own.end[rows])
    return Stretches(rows[near], _utc(every.start[near]), _utc(every.end[near]))


def facts_of(facts: MeterFacts, rows: Ints, part: slice) -> MeterFacts:
    """What is known of some accounts, numbered anew; `part` of the intervals where there is a value for each."""
    found: dict[str, Any] = {}
    for item in fields(facts):
        value = getattr(facts, item.name)
        if item.name == "history_wh" and value is not None:
            found[item.name] = value[:, rows]
        elif item.name == "kvarh" and value is not None:
            found[item.name] = value[rows, part]
        elif isinstance(value, np.ndarray):
            found[item.name] = value[rows]
        elif value is not None:
            found[item.name] = _renumbered(value, rows)
    return MeterFacts(**found)


def _renumbered(held: Any, rows: Ints) -> Any:
    """Records of accounts, (K,) columns, for some accounts only."""
    row_of = {int(account): row for row, account in enumerate(rows)}
    chosen = np.isin(held.account, rows)
    columns = {item.name: getattr(held, item.name) for item in fields(held) if item.name != "told"}
    kept = {name: column[chosen] for name, column in columns.items()}
    kept["account"] = np.array([row_of[int(account)] for account in kept["account"]], dtype=np.int64)
    if isinstance(held, Stretches) and held.told is not None:
        kept["told"] = held.told[rows]
    return type(held)(**kept)


def _inside(part: Metered, own: Spans) -> Bools:
    """(N, T) intervals of each account's cycle."""
    day = part.grid.day + part.readings.first_day
    found: Bools = (day >= own.start[:, None]) & (day < own.end[:, None])
    return found


def _enough(part: Metered, own: Spans, rules: VeeRules) -> Bools:
    """(N,) whether a cycle has enough readings to be billed with the rest estimated."""
    inside = _inside(part, own)
    missing: Ints = np.sum([((column == NO_VALUE) & inside).sum(axis=1) for column in part.columns], axis=0)
    most = rules.on(part.readings.first_day).rules.V15.share_permille
    found: Bools = missing * PERMILLE <= most * inside.sum(axis=1) * len(part.columns)
    return found


def _of_cycles(trail: Trail, own: Spans, estimated: Bools) -> Trail:
    """What concerns the cycles that were estimated, with the numbers of all accounts."""
    late = trail.verdict == FLAG
    begin = np.where(late, _utc(own.start - LATE)[trail.account], _utc(own.start)[trail.account])
    near = (trail.last > begin) & (trail.first < _utc(own.end)[trail.account])
    kept = trail.where(near & (trail.verdict != NOT_CHECKED) & estimated[trail.account])
    stands = (kept.verdict == LEFT_MISSING) & (kept.observed != NO_VALUE)
    note = np.where(stands, len(kept.notes), kept.note)
    verdict = np.where(stands, FLAG, kept.verdict)
    return replace(kept, account=own.account[kept.account], verdict=verdict, note=note, notes=(*kept.notes, STANDS))


def _once(trail: Trail) -> Trail:
    """Each record once, in the order in which it was made first."""
    names = [item.name for item in fields(Trail) if item.name != "notes"]
    if len(trail) == 0:
        return trail
    rows = np.stack([getattr(trail, name) for name in names], axis=1)
    _, first = np.unique(rows, axis=0, return_index=True)
    chosen = np.zeros(len(trail), dtype=np.bool_)
    chosen[first] = True
    return trail.where(chosen)


def _utc(days: Ints) -> Ints:
    return np.array([midnight_utc(int(day)) for day in days], dtype=np.int64)


@dataclass(frozen=True)
class Estimated:
    """How much of cycles was estimated, (M,) each: all channels of the cycles of which anything was.

    Attributes
    ----------
    cycle, channel
        Index of the cycle as given, index into `CHANNELS`.
    wh, of_wh
        Energy estimated, and all energy of the cycle.
    intervals, of_intervals
        Their number.
    """

    cycle: Ints
    channel: Ints
    wh: Ints
    of_wh: Ints
    intervals: Ints
    of_intervals: Ints


def estimated_in(metered: Metered, cycles: Spans) -> Estimated:
    """How much of each cycle was not metered; the utility's own estimates count too."""
    touched = np.nonzero((metered.status == ESTIMATED).any(axis=(0, 2)))[0]
    inside = (cycles.start >= metered.readings.first_day) & (cycles.end <= metered.readings.last_day)
    chosen = np.nonzero(inside & np.isin(cycles.account, touched))[0]
    own = cycles.take(chosen)
    row, days = np.searchsorted(touched, own.account), metered.grid.day_start
    begin, end = (days[edge - metered.readings.first_day] for edge in (own.start, own.end))
    parts = []
    for code, column in enumerate(metered.columns):
        wh, made = np.maximum(column[touched], 0).astype(np.int64), metered.status[code, touched] == ESTIMATED
        sums = [over(values, row, begin, end) for values in (wh * made, wh, made)]
        parts.append(np.stack([chosen, np.full(len(chosen), code), *sums, end - begin]))
    found = np.concatenate(parts, axis=1)
    return Estimated(*found[:, np.isin(found[0], found[0][found[4] > 0])])


__all__ = ["LOOK_BACK", "Estimated", "Spans", "estimate_cycles", "estimated_in", "facts_of"]
