"""Rows of many accounts into columns: V11 duplicates and V12 negative values are found on the way."""

from dataclasses import dataclass

import numpy as np

from trueup.intervals.dense import both_channels, days_of, possible
from trueup.intervals.grid import Grid, grid
from trueup.intervals.model import Metered, MeterFacts
from trueup.intervals.trail import PUT, Trail, findings, records
from trueup.model import NO_VALUE, Readings
from trueup.quantities import Bools, Ints
from trueup.reads.batch import NONE
from trueup.reads.table import Reads
from trueup.rulebook.vee import VeeRules, VeeVersion


@dataclass(frozen=True)
class Rows:
    """Readings as rows, (n,) each, of one interval length, in the order of arrival (as in `reads.batch.Batch`).

    Attributes
    ----------
    account, channel, start, wh, status, known
        Number of the account, channel, UTC second, energy, status, and when the utility made the value (0: unsaid).
    """

    account: Ints
    channel: Ints
    start: Ints
    wh: Ints
    status: Ints
    known: Ints


def of_reads(
    reads: Reads, rules: VeeRules, days: tuple[int, int] | None = None, facts: MeterFacts | None = None
) -> tuple[Metered, Trail]:
    """What meter files gave, on the grid: one row for each account that they name, in the order of `reads.names`.

    `days` are the first Pacific day and the day after the last (ordinals); by default those from the first reading to
    the last. Name those to be billed: every interval of them is due, and what is not there is estimated.

    Raises
    ------
    TrueupError
        E-READ-011 for several interval lengths, E-READ-018 without a delivered or received channel; as `arrange`.
    """
    both_channels(reads)
    first, last = days or days_of(reads)
    named, account = np.unique(reads.number, return_inverse=True)
    rows = Rows(account.astype(np.int64), reads.channel, reads.start, reads.wh, reads.status, reads.known)
    return arrange(rows, first, last, reads.minutes, len(named), rules, facts)


def arrange(
    rows: Rows,
    first_day: int,
    last_day: int,
    minutes: int,
    accounts: int,
    rules: VeeRules,
    facts: MeterFacts | None = None,
) -> tuple[Metered, Trail]:
    """Rows on the grid of whole days. Rows outside it, or between its intervals, are not placed.

    V11: the same value given twice is one; of different values the higher rank stands (E5), then the one made later,
    then the larger, so the order of arrival does not matter; the trail names what was displaced. V12: a negative value
    is not placed.

    Raises
    ------
    TrueupError
        E-READ-019 beyond 100 MWh in an interval, E-VEE-001 where no version of the rules holds on the first day.
    """
    possible(rows.wh)
    version, on = rules.on(first_day), grid(first_day, last_day, minutes)
    channels = 3 if (rows.channel == 2).any() else 2
    slot = on.slot(rows.start)
    fits = (on.utc(slot) == rows.start) & (slot < on.length) & (rows.status != NONE)
    bad = fits & (rows.wh < 0)
    at = np.nonzero(fits & ~bad)[0]
    key = (rows.channel[at] * accounts + rows.account[at]) * on.length + slot[at]
    order = np.lexsort((rows.wh[at], rows.known[at], rows.status[at], key))
    at, key = at[order], key[order]
    stands = np.append(key[1:] != key[:-1], True) if len(key) else np.zeros(0, dtype=np.bool_)
    metered = _placed(rows, at[stands], slot, channels, accounts, on, facts or MeterFacts())
    winner = at[stands][np.searchsorted(key[stands], key)] if len(key) else at
    other = ~stands & (rows.wh[at] != rows.wh[winner])
    again = ~stands & ~other
    return metered, Trail.join(
        [
            _twice(metered, version, rows, slot, at[other], winner[other]),
            _same(metered, version, rows, slot, at, again),
            _negative(metered, version, rows, slot, np.nonzero(bad)[0]),
        ]
    )


def _placed(rows: Rows, at: Ints, slot: Ints, channels: int, accounts: int, on: Grid, facts: MeterFacts) -> Metered:
    wh = np.full((channels, accounts, on.length), NO_VALUE, dtype=np.int32)
    status = np.zeros_like(wh, dtype=np.int8)
    place = rows.channel[at], rows.account[at], slot[at]
    wh[place], status[place] = rows.wh[at], rows.status[at]
    generation = wh[2] if channels == 3 else None
    return Metered.of(Readings(on.first_day, on.last_day, on.minutes, wh[0], wh[1], generation), facts, status)


def _twice(metered: Metered, version: VeeVersion, rows: Rows, slot: Ints, lost: Ints, won: Ints) -> Trail:
    """V11: another value for the same interval; the trail names both."""
    return records(
        metered, version, "V11", PUT, rows.account[lost], slot[lost], slot[lost] + 1, rows.channel[lost],
        rows.wh[lost], put=rows.wh[won], note="another value: the higher rank, then the later one stands",
    )  # fmt: skip


def _same(metered: Metered, version: VeeVersion, rows: Rows, slot: Ints, at: Ints, again: Bools) -> Trail:
    """V11: the same value given again, which changes nothing."""
    twice = at[again]
    return findings(
        metered, version, "V11", rows.account[twice], slot[twice], slot[twice] + 1, rows.channel[twice],
        rows.wh[twice], rows.wh[twice], "the same value again: kept once",
    )  # fmt: skip


def _negative(metered: Metered, version: VeeVersion, rows: Rows, slot: Ints, at: Ints) -> Trail:
    """V12: a channel that counts backward."""
    return findings(metered, version, "V12", rows.account[at], slot[at], slot[at] + 1, rows.channel[at], rows.wh[at])
