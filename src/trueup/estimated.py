"""What validation finds in meter files, and which kWh of a home's bills were estimated."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from trueup.intervals import Metered, MeterFacts, RegisterReads, Spans, Trail, estimated_in, of_reads, validate
from trueup.model import Cycles
from trueup.periods import day_text, month_text
from trueup.quantities import Ints
from trueup.reads import Reads
from trueup.reads.batch import CHANNELS
from trueup.reads.registers import Registers
from trueup.rulebook.vee import VeeRules


def check_reads(reads: Reads, rules: VeeRules, registers: Registers | None = None) -> pl.DataFrame:
    """Every check of every account of some meter files, interval length by interval length, with the account's name.

    Raises
    ------
    TrueupError
        E-VEE-001 where no version of the rules holds on the first day, E-READ-018 where a channel is missing.
    """
    found = []
    for minutes in reads.lengths:
        part = reads.where(reads.length == minutes)
        names = [part.names[number] for number in np.unique(part.number).tolist()]
        shown = None if registers is None else RegisterReads.of(registers, names)
        metered, placed = of_reads(part, rules, facts=MeterFacts(registers=shown))
        trail = Trail.join([placed, validate(metered, rules)])
        told = pl.Series("account", [names[row] for row in trail.account.tolist()], dtype=pl.String)
        found.append(trail.to_polars().with_columns(told))
    return pl.concat(found)


@dataclass(frozen=True)
class EstimatedPart:
    """The estimated part of a bill's energy in one channel.

    Attributes
    ----------
    month, cycle_start
        The bill: month of its last service day, first day.
    channel
        delivered, received or generation.
    wh, of_wh
        Energy estimated, and all energy of the bill, in Wh.
    intervals, of_intervals
        Their number.
    """

    month: str
    cycle_start: str
    channel: str
    wh: int
    of_wh: int
    intervals: int
    of_intervals: int


def estimated_parts(metered: Metered, cycles: Cycles, chosen: Ints) -> list[EstimatedPart]:
    """The estimated parts of some cycles of one home, in order; nothing where all of it was metered."""
    found = estimated_in(metered, Spans(cycles.account, cycles.start, cycles.end))
    columns = (found.cycle, found.channel, found.wh, found.of_wh, found.intervals, found.of_intervals)
    rows = sorted(zip(*(column.tolist() for column in columns), strict=True))
    wanted = set(chosen.tolist())
    return [
        EstimatedPart(month_text(int(cycles.month[at])), day_text(int(cycles.start[at])), CHANNELS[code], *rest)
        for at, code, *rest in rows
        if at in wanted and rest[2]
    ]
