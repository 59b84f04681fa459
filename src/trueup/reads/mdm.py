"""The meter data management listing: CSV or Parquet with a row per reading, its length, its state and its age.

Columns: account, channel, start (UTC, ISO), minutes, wh or kwh; optional: status, known (UTC, ISO), netted (yes, no).
"""

from collections.abc import Iterator
from itertools import compress

import numpy as np

from trueup.quantities import Ints
from trueup.reads import words
from trueup.reads.batch import ACTUAL, NONE, Batch
from trueup.reads.columns import batch_of
from trueup.reads.glimpse import Glimpse
from trueup.reads.listing import HELP, Rows, rows_of
from trueup.reads.parquet import is_parquet, parquet_rows
from trueup.reads.source import Source
from trueup.reads.words import NOTHING, Memo

NAME, TITLE, IDS = "mdm", "meter data listing", "account"
NEEDED = ("account", "channel", "start", "minutes")
WANTED = (*NEEDED, "wh", "kwh", "status", "known", "netted")


def recognises(glimpse: Glimpse) -> bool:
    """Whether a file has the columns of the listing."""
    return set(NEEDED) <= set(glimpse.columns)


def batches(source: Source) -> Iterator[Batch]:
    """Readings of a listing.

    Raises
    ------
    TrueupError
        E-READ-010 without the columns, E-READ-012, -014, -016 for a bad length, time or quantity, E-READ-027 for a
        channel, status or netted that does not exist.
    """
    reader = _Listing(source)
    parts = parquet_rows(source, WANTED) if is_parquet(source.head()) else rows_of(source, WANTED)
    for rows in parts:
        yield reader.batch(rows)


class _Listing:
    """Understands rows; words are remembered from one batch to the next."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.channel, self.start, self.minutes = Memo(words.channel), words.Instants(), Memo(words.length)
        self.quantity = {"wh": Memo(words.wh), "kwh": Memo(words.kwh)}
        self.status, self.known = Memo(words.status), Memo(words.known_second)
        self.netted = Memo(words.netted)

    def batch(self, rows: Rows) -> Batch:
        """Readings of some rows; a row without a value is no reading."""
        unit = self._unit(rows)
        count = len(rows.lines)
        minutes = rows.words("minutes", self.minutes, "E-READ-012")
        start = rows.words("start", self.start, "E-READ-014")
        wh = rows.words(unit, self.quantity[unit], "E-READ-016")
        status = rows.words("status", self.status, "E-READ-027") if "status" in rows.cells else [ACTUAL] * count
        known = rows.words("known", self.known, "E-READ-014") if "known" in rows.cells else [0] * count
        channel = rows.words("channel", self.channel, "E-READ-027")
        columns = np.array([channel, start, minutes, wh, status, known], dtype=np.int64)
        self._check(rows, columns)
        if "netted" in rows.cells and any(rows.words("netted", self.netted, "E-READ-027")):
            self.source.netted = True
        given = columns[3] != NOTHING
        if given.all():
            return batch_of(rows.cells["account"], columns)
        return batch_of(list(compress(rows.cells["account"], given.tolist())), columns[:, given])

    def _unit(self, rows: Rows) -> str:
        missing = next((name for name in NEEDED if name not in rows.cells), None)
        units = [unit for unit in ("wh", "kwh") if unit in rows.cells]
        if missing or len(units) != 1:
            what = f"there is no column {missing}" if missing else "there must be one column of wh and kwh"
            raise self.source.error("E-READ-010", what, HELP)
        return units[0]

    def _check(self, rows: Rows, columns: Ints) -> None:
        _, start, minutes, wh, status, _ = columns
        given = wh != NOTHING
        for code, wrong, what in (
            ("E-READ-016", given & (wh < 0), "a negative quantity; a channel is positive"),
            ("E-READ-012", start % (60 * minutes) != 0, "start is not on a whole mark of its length"),
            ("E-READ-016", given & (status == NONE), "the status is none, yet there is a value"),
        ):
            if wrong.any():
                raise self.source.error(code, what, HELP, rows.lines[int(np.nonzero(wrong)[0][0])])
