"""Do the intervals add to the register: V7 sum check."""

from dataclasses import dataclass

import numpy as np

from trueup.intervals.model import Metered, RegisterReads, over
from trueup.intervals.trail import NOT_CHECKED, Trail, findings, records, unchecked
from trueup.model import NO_VALUE
from trueup.quantities import Bools, Ints
from trueup.rulebook.vee import VeeVersion

WH_PER_KWH = 1000


@dataclass(frozen=True)
class Between:
    """Stretches between two register reads that follow one another, (K,) each.

    Attributes
    ----------
    account, channel, begin, end
        Which intervals, `end` excluded.
    wh
        What the register counted, times its multiplier.
    multiplier
        The register's multiplier.
    usable
        Both reads fall on interval boundaries of the stretch, have one multiplier, and no unexplained fall.
    """

    account: Ints
    channel: Ints
    begin: Ints
    end: Ints
    wh: Ints
    multiplier: Ints
    usable: Bools


def between_reads(metered: Metered, registers: RegisterReads) -> Between:
    """What registers counted from read to read; a fall is a roll-over where the dials are known."""
    order = np.lexsort((registers.instant, registers.channel, registers.account))
    account, channel, instant, value, multiplier, dials = (
        getattr(registers, name)[order] for name in ("account", "channel", "instant", "value_wh", "multiplier", "dials")
    )
    pair = (account[1:] == account[:-1]) & (channel[1:] == channel[:-1])
    a, b = np.nonzero(pair)[0], np.nonzero(pair)[0] + 1
    counted = value[b] - value[a]
    whole = 10 ** np.maximum(dials[a], 0) * WH_PER_KWH
    counted = np.where((counted < 0) & (dials[a] > 0), counted + whole, counted)
    grid = metered.grid
    begin, end = grid.slot(instant[a]), grid.slot(instant[b])
    exact = (grid.utc(begin) == instant[a]) & (grid.utc(end) == instant[b]) & (end > begin)
    usable = exact & (multiplier[a] == multiplier[b]) & (counted >= 0) & (channel[a] < len(metered.columns))
    return Between(account[a], channel[a], begin, end, counted * multiplier[a], multiplier[a], usable)


def sum_check(metered: Metered, version: VeeVersion) -> Trail:
    """V7: the intervals between two register reads add to what the register counted. Observed and limit in Wh.

    Observed is the difference, intervals less register. Where intervals are missing the check waits for estimation.
    """
    registers = metered.facts.registers
    if registers is None or not len(registers.account):
        return unchecked(metered, version, "V7", "register reads are not known")
    reads = between_reads(metered, registers)
    sums, missing = interval_sums(metered, reads)
    off, limit = sums - reads.wh, version.rules.V7.tolerance_wh * reads.multiplier
    ready = reads.usable & (missing == 0)
    bad = np.nonzero(ready & (np.abs(off) > limit))[0]
    waits, unfit = np.nonzero(reads.usable & (missing > 0))[0], np.nonzero(~reads.usable)[0]
    without = np.ones(metered.accounts, dtype=np.bool_)
    without[reads.account] = False

    def place(at: Ints) -> tuple[Ints, Ints, Ints, Ints]:
        return reads.account[at], reads.begin[at], reads.end[at], reads.channel[at]

    return Trail.join(
        [
            findings(metered, version, "V7", *place(bad), off[bad], limit[bad]),
            records(metered, version, "V7", NOT_CHECKED, *place(waits), note="intervals are missing"),
            records(metered, version, "V7", NOT_CHECKED, *place(unfit), note="the reads do not fit the intervals"),
            unchecked(metered, version, "V7", "register reads are not known", without),
        ]
    )


def interval_sums(metered: Metered, reads: Between) -> tuple[Ints, Ints]:
    """(K,) Wh of the intervals between reads, and how many are missing."""
    sums, missing = np.zeros(len(reads.account), dtype=np.int64), np.zeros(len(reads.account), dtype=np.int64)
    for code, wh in enumerate(metered.columns):
        at = np.nonzero(reads.channel == code)[0]
        place = reads.account[at], reads.begin[at], reads.end[at]
        sums[at] = over(np.maximum(wh, 0).astype(np.int64), *place)
        missing[at] = over((wh == NO_VALUE).astype(np.int64), *place)
    return sums, missing
