"""Readings -> dense meter columns over whole Pacific days; nothing is interpolated."""

import numpy as np

from trueup.errors import TrueupError
from trueup.model import NO_VALUE, Readings
from trueup.periods import midnight_utc, runs
from trueup.quantities import Ints
from trueup.reads.table import CHANNELS, Reads, pacific

LARGEST_WH = 10**8


def dense(reads: Reads) -> Readings:
    """Place every reading of one account on the grid of its days; an interval without one is `NO_VALUE`.

    Raises
    ------
    TrueupError
        E-READ-018 without a delivered or received channel, E-READ-019 beyond 100 MWh, E-READ-021 for a reading
        given twice.
    """
    present = both_channels(reads)
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
    first, last = days_of(reads)
    length = runs(first, last).total_hours * 60 // reads.minutes
    slot = (reads.start - midnight_utc(first)) // (60 * reads.minutes)
    columns = [_column(reads, code, slot, length) for code in range(len(CHANNELS))]
    return Readings(first, last, reads.minutes, columns[0], columns[1], columns[2] if 2 in present else None)


def both_channels(reads: Reads) -> set[int]:
    """The channels that there are, or E-READ-018 without a delivered or received one."""
    present = set(reads.channel.tolist())
    for code in (0, 1):
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


def _column(reads: Reads, code: int, slot: Ints, length: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int32]]:
    column = np.full((1, length), NO_VALUE, dtype=np.int32)
    chosen = reads.channel == code
    column[0, slot[chosen]] = reads.wh[chosen]
    return column


def _error(code: str, what: str, why: str, todo: str) -> TrueupError:
    return TrueupError(code, what, why, todo)
