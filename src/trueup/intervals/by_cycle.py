"""Billing cycles validated and estimated one by one, each from what was metered up to its end.

So what stands in a bill does not depend on which other cycles or accounts were computed with it, and billing a cycle
again changes no estimate unless its own readings, or those of the weeks before it, changed.
"""

from collections.abc import Iterator
from dataclasses import fields, replace

import numpy as np

from trueup.intervals.estimate import estimate
from trueup.intervals.estimated import Spans
from trueup.intervals.grid import grid
from trueup.intervals.model import Metered, Stretches, over
from trueup.intervals.of_accounts import facts_of
from trueup.intervals.trail import FLAG, LEFT_MISSING, NOT_CHECKED, Trail
from trueup.intervals.validate import validate
from trueup.model import NO_VALUE, Wh32
from trueup.periods import midnight_utc, midnights
from trueup.quantities import Bools, Ints
from trueup.rulebook.vee import VeeRules

LOOK_BACK = 91
"""Days before a cycle whose readings serve its checks and estimates: the longest window of any rule (V18)."""
LATE = 14
"""Days before a cycle of which a check may tell only now: V17 compares the days on both sides of a change."""
PERMILLE = 1000
STANDS = "no rule has another value: the reading stands"
TOGETHER = 40
"""Accounts in one pass; their columns fit into some hundred MB."""


def estimate_cycles(metered: Metered, cycles: Spans, rules: VeeRules) -> tuple[Metered, Trail]:
    """Validate and estimate each cycle by itself; readings before the first cycle serve as references only.

    A cycle that lacks more of its intervals than V15 lets a bill have estimated stays as it is: billing refuses it. A
    reading that failed a check and that no rule can replace stands, flagged: it is what the meter said.
    Checks that compare cycles look at those of `facts.cycles`, or at these alone where none are known there.
    The trail holds what concerns a cycle, and flags that only now can be raised of the days shortly before; checks
    that could not run are left out of it.

    Raises
    ------
    TrueupError
        E-VEE-001 where no version of the rules holds on the first day.
    """
    before, whole = _reaching_back(metered, cycles)
    every = metered.facts.cycles or Stretches(cycles.account, midnights(cycles.start), midnights(cycles.end))
    columns, status, parts = [column.copy() for column in whole.columns], whole.status.copy(), []
    for chosen in _passes(cycles, whole):
        own = cycles.take(chosen)
        part = _window(whole, own, every)
        filled, trail = estimate(part, validate(part, rules), rules)
        enough = _enough(part, own, rules)
        row, slot = np.nonzero(_inside(part, own) & enough[:, None])
        place = own.account[row], slot + int(whole.grid.day_start[part.readings.first_day - whole.readings.first_day])
        for code, column in enumerate(filled.columns):
            stands = (column == NO_VALUE) & (part.columns[code] != NO_VALUE)
            columns[code][place] = np.where(stands, part.columns[code], column)[row, slot]
            status[code][place] = np.where(stands, part.status[code], filled.status[code])[row, slot]
        parts.append(_of_cycles(trail, own, enough))
    kept = tuple(column[:, before:] for column in columns)
    return metered.with_columns(kept, status[:, :, before:]), _once(Trail.join(parts))


def _reaching_back(metered: Metered, cycles: Spans) -> tuple[int, Metered]:
    """The readings from `LOOK_BACK` days before the first cycle on, and how many intervals more these are.

    Every window has its full length, so that no check depends on where the readings at hand begin.
    """
    readings = metered.readings
    first = int(cycles.start.min(initial=readings.first_day + LOOK_BACK)) - LOOK_BACK
    if first >= readings.first_day:
        return 0, metered
    more = grid(first, readings.first_day, readings.minutes).length
    wide = ((0, 0), (more, 0))
    columns = [np.pad(column, wide, constant_values=NO_VALUE) for column in metered.columns]
    generation = columns[2] if len(columns) > 2 else None
    longer = replace(readings, first_day=first, delivered=columns[0], received=columns[1], generation=generation)
    return more, Metered(longer, np.pad(metered.status, ((0, 0), *wide)), metered.facts)


def _passes(cycles: Spans, metered: Metered) -> Iterator[Ints]:
    """Cycles that are computed together: of the same days and channels, all of them within the readings."""
    inside = (cycles.start >= metered.readings.first_day) & (cycles.end <= metered.readings.last_day)
    alike = np.stack([_generating(metered, cycles).astype(np.int64), cycles.end, cycles.start])
    order = np.lexsort((cycles.account, *alike))
    order = order[inside[order]]
    edges = np.nonzero((np.diff(alike[:, order], axis=1) != 0).any(axis=0))[0] + 1
    for group in np.split(order, edges):
        yield from (group[at : at + TOGETHER] for at in range(0, len(group), TOGETHER))


def _generating(metered: Metered, cycles: Spans) -> Bools:
    """(K,) whether anything was read of the generation channel from `LOOK_BACK` days before a cycle to its end."""
    generation = metered.readings.generation
    if generation is None:
        return np.zeros(len(cycles.account), dtype=np.bool_)
    days, first = metered.grid.day_start, metered.readings.first_day
    begin, end = (np.clip(day - first, 0, metered.grid.days) for day in (cycles.start - LOOK_BACK, cycles.end))
    found: Bools = over(generation != NO_VALUE, cycles.account, days[begin], days[end]) > 0
    return found


def _window(metered: Metered, own: Spans, every: Stretches) -> Metered:
    """The readings of some accounts from `LOOK_BACK` days before their cycle to its end, and what is known of them.

    Without the generation channel where they have none, so that it is not missed.
    """
    readings, channels = metered.readings, len(metered.columns) if _generating(metered, own).any() else 2
    first, last = int(own.start[0]) - LOOK_BACK, int(own.end[0])
    begin, end = (int(metered.grid.day_start[day - readings.first_day]) for day in (first, last))
    part = slice(begin, end)
    columns = [column[own.account, part] for column in metered.columns[:channels]]
    generation = columns[2] if channels > 2 else None
    cut = replace(
        readings, first_day=first, last_day=last, delivered=columns[0], received=columns[1], generation=generation
    )
    facts = facts_of(metered.facts, own.account, part)
    day = metered.grid.day[part] + readings.first_day
    active = Stretches(np.arange(len(own.account)), midnights(_since(columns, day, own)), midnights(own.end))
    known = replace(facts, active=active, cycles=_cycles_near(own, every, midnight_utc(first)))
    return Metered(cut, metered.status[:channels, own.account, part], known)


def _since(columns: list[Wh32], day: Ints, own: Spans) -> Ints:
    """(N,) the day from which intervals of a window are due: of its first reading, at the latest the cycle's first."""
    read = np.any([column != NO_VALUE for column in columns], axis=0)
    first = np.where(read.any(axis=1), day[np.argmax(read, axis=1)], own.start)
    return np.minimum(first, own.start)


def _cycles_near(own: Spans, every: Stretches, first: int) -> Stretches:
    """The cycles of some accounts that lie in their windows, each with the row of its account there."""
    row_of = {int(account): row for row, account in enumerate(own.account)}
    rows = np.array([row_of.get(int(account), -1) for account in every.account], dtype=np.int64)
    near = (rows >= 0) & (every.start >= first) & (every.end <= midnight_utc(int(own.end[0])))
    return Stretches(rows[near], every.start[near], every.end[near])


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
    begin = np.where(late, midnights(own.start - LATE)[trail.account], midnights(own.start)[trail.account])
    near = (trail.last > begin) & (trail.first < midnights(own.end)[trail.account])
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
