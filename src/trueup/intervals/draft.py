"""Estimation under way: values, what is still needed and why, what may serve as a reference."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from trueup.intervals.model import Int8, Metered, over
from trueup.intervals.trail import FAIL, FLAG, LEFT_MISSING, PUT, Trail, records, runs_of
from trueup.model import NO_VALUE
from trueup.quantities import Bools, Ints
from trueup.reads.batch import ACTUAL, CORRECTED, EDITED, ESTIMATED, NONE
from trueup.rulebook.vee import RULE_IDS, VeeVersion

SUM_CHECK = RULE_IDS.index("V7")


@dataclass
class Draft:
    """One channel of a shard while it is being filled. Arrays are (N, T) and changed in place.

    Attributes
    ----------
    wh, status
        Values and statuses; invalid values are taken out.
    taken
        The value taken out of an invalid interval, `NO_VALUE` where there was none.
    needed
        What is still to be filled.
    good
        What a line may end at: actual or corrected, found by no check, never an estimate.
    out, forced, filled
        Intervals that an outage touches; that are nothing for certain (outage, night); that were filled here.
    cause
        The rule that failed first.
    """

    metered: Metered
    version: VeeVersion
    code: int
    wh: Ints
    status: Int8
    taken: Ints
    needed: Bools
    good: Bools
    out: Bools
    forced: Bools
    filled: Bools
    cause: Ints
    parts: list[Trail] = field(default_factory=list)

    @property
    def reference(self) -> Bools:
        """What may serve for other days: actual readings only."""
        found: Bools = self.good & (self.status == ACTUAL)
        return found

    def put(self, rule: str, row: Ints, slot: Ints, values: Ints, note: str = "") -> None:
        """Put values in place of needed intervals, each with its record."""
        replaced = np.where(self.needed[row, slot], self.taken[row, slot], self.wh[row, slot])
        self.parts.append(
            records(
                self.metered,
                self.version,
                rule,
                PUT,
                row,
                slot,
                slot + 1,
                self.code,
                observed=replaced,
                cause=self.cause[row, slot],
                put=values,
                note=note,
            )
        )
        self.wh[row, slot], self.status[row, slot] = values, ESTIMATED
        self.needed[row, slot], self.filled[row, slot] = False, True

    def leave(self, rule: str, row: Ints, slot: Ints, note: str) -> None:
        """Say that intervals stay missing, and why: billing refuses them.

        A run of intervals without a value is one record; a value that was taken out has its own.
        """
        left = np.zeros_like(self.needed)
        left[row, slot] = True
        empty = left & (self.taken == NO_VALUE)
        for cause in np.unique(self.cause[empty]):
            self._left(rule, *runs_of(empty & (self.cause == cause)), note)
        row, slot = np.nonzero(left & ~empty)
        self._left(rule, row, slot, slot + 1, note)

    def _left(self, rule: str, row: Ints, begin: Ints, end: Ints, note: str) -> None:
        self.parts.append(
            records(
                self.metered,
                self.version,
                rule,
                LEFT_MISSING,
                row,
                begin,
                end,
                self.code,
                observed=self.taken[row, begin],
                cause=self.cause[row, begin],
                note=note,
            )
        )


def begin(metered: Metered, trail: Trail, version: VeeVersion, code: int) -> Draft:
    """A channel's draft: what the trail calls invalid is taken out, with the first rule that said so as its cause.

    Only actual readings are taken out (and what is below nothing): an estimate takes no other estimate's place, and
    what a person or the utility judged stands (E5).
    """
    wh, status = metered.columns[code].astype(np.int64), metered.status[code].copy()
    cause = np.full(wh.shape, len(RULE_IDS), dtype=np.int64)
    mine = trail.where((trail.channel == code) | (trail.channel < 0))
    for rule, place in _places(metered, mine.where(mine.verdict == FAIL)):
        cause[place] = np.minimum(cause[place], rule)
    failed = cause < len(RULE_IDS)
    stands = failed & (status != ACTUAL) & (wh > NO_VALUE)
    needed = (failed & ~stands & (wh != NO_VALUE)) | ((wh == NO_VALUE) & metered.due)
    cause[needed & ~failed] = RULE_IDS.index("V4")
    taken = np.where(needed, wh, NO_VALUE)
    good = (status >= CORRECTED) & ~failed & ~needed & ~_suspect(metered, mine, version, needed)
    judged = stands & (status >= EDITED)
    parts = [_standing(metered, version, code, judged & (cause == rule), rule) for rule in np.unique(cause[judged])]
    wh[needed], status[needed] = NO_VALUE, NONE
    nothing = np.zeros_like(needed)
    out = metered.during(metered.facts.outages)
    return Draft(metered, version, code, wh, status, taken, needed, good, out, nothing, nothing.copy(), cause, parts)


def _standing(metered: Metered, version: VeeVersion, code: int, judged: Bools, cause: int) -> Trail:
    """E5: what a person or the utility put in place stands, though a check fails it: no estimate overwrites it."""
    row, begin, end = runs_of(judged)
    note = "edited or corrected values failed a check: they stand, for a person to judge"
    return records(
        metered, version, "E5", FLAG, row, begin, end, code, over(judged, row, begin, end), 0, cause, note=note
    )


def _places(metered: Metered, trail: Trail) -> Iterator[tuple[int, tuple[int, slice]]]:
    """Rule and intervals of each record."""
    first, last = metered.grid.slot(trail.first), metered.grid.slot(trail.last, upward=True)
    for k in range(len(trail)):
        yield int(trail.rule[k]), (int(trail.account[k]), slice(int(first[k]), int(last[k])))


def _suspect(metered: Metered, trail: Trail, version: VeeVersion, needed: Bools) -> Bools:
    """(N, T) intervals that a flag keeps from serving as references.

    A sum that does not fit the register is explained where one of its intervals is invalid: it is checked again later.
    """
    found = np.zeros(needed.shape, dtype=np.bool_)
    spoils = np.array([getattr(getattr(version.rules, rule), "effect", "note") == "suspect" for rule in RULE_IDS])
    for rule, place in _places(metered, trail.where((trail.verdict == FLAG) & spoils[trail.rule])):
        if rule != SUM_CHECK or not needed[place].any():
            found[place] = True
    return found
