"""Readings -> dense meter columns over whole Pacific days; nothing is interpolated."""

from functools import reduce

import numpy as np

from trueup.errors import TrueupError
from trueup.intervals.lengths import by_length, either
from trueup.intervals.model import Metered
from trueup.model import NO_VALUE, Readings
from trueup.periods import midnight_utc, runs
from trueup.quantities import Ints
from trueup.reads.batch import NONE
from trueup.reads.table import CHANNELS, Reads, pacific

LARGEST_WH = 10**8


BOTH = (0, 1)
"""The channels that a bill of a home by itself needs: delivered and received."""


def dense(reads: Reads, needed: tuple[int, ...] = BOTH) -> Metered:
    """Place every reading of one account on the grid of its days; an interval without one is `NO_VALUE`.

    Where a meter was exchanged for one of another interval length, the shorter intervals are added up. `needed` are
    the channels without which nothing can be done.

    Raises
    ------
    TrueupError
        E-READ-018 without a delivered or received channel, E-READ-019 beyond 100 MWh, E-READ-021 for a reading
        given twice.
    """
    present = both_channels(reads, needed)
    if len(reads.duplicates):
        at = int(reads.duplicates[0])
        raise _error(
            "E-READ-021",
            f"{len(reads.duplicates)} readings stand twice in one file, the first {CHANNELS[reads.channel[at]]} of "
            f"{pacific(int(reads.start[at])):%Y-%m-%d %H:%M %Z}",
            "Every interval must count once.",
            "Download the file again; `trueup read FILES` lists what it holds.",
        )
    possible(reads.wh)
    days, channels = days_of(reads), 3 if 2 in present else 2
    if len(reads.lengths) == 1:
        return _placed(reads, days, channels)
    parts = (reads.where(reads.length == minutes) for minutes in reads.lengths)
    return reduce(either, [by_length(_placed(part, days, channels), reads.lengths[-1]) for part in parts])


def _placed(reads: Reads, days: tuple[int, int], channels: int) -> Metered:
    """Readings of one length on the grid of some days."""
    minutes = reads.minutes
    slot = (reads.start - midnight_utc(days[0])) // (60 * minutes)
    shape = (channels, 1, runs(*days).total_hours * 60 // minutes)
    wh, status = np.full(shape, NO_VALUE, dtype=np.int32), np.full(shape, NONE, dtype=np.int8)
    wh[reads.channel, 0, slot], status[reads.channel, 0, slot] = reads.wh, reads.status
    return Metered.of(Readings(*days, minutes, wh[0], wh[1], wh[2] if channels > 2 else None), status=status)


def both_channels(reads: Reads, needed: tuple[int, ...] = BOTH) -> set[int]:
    """The channels that there are, or E-READ-018 without one that is needed."""
    present = set(reads.channel.tolist())
    for code in needed:
        if code not in present:
            raise _error(
                "E-READ-018",
                f"the files hold no {CHANNELS[code]} channel",
                "Delivered and received energy are priced apart.",
                "Add the file with the other direction.",
            )
    return present


def possible(wh: Ints) -> None:
    """Refuse energies beyond 100 MWh in an interval with E-READ-019."""
    if len(wh) and int(wh.max()) > LARGEST_WH:
        raise _error("E-READ-019", "a reading exceeds 100 MWh", "It cannot be right.", "Check the file's units.")


def days_of(reads: Reads) -> tuple[int, int]:
    """First Pacific day of readings and the day after the last, ordinals."""
    first, last = (pacific(int(second)).date().toordinal() for second in (reads.start.min(), reads.start.max()))
    return first, last + 1


def _error(code: str, what: str, why: str, todo: str) -> TrueupError:
    return TrueupError(code, what, why, todo)
