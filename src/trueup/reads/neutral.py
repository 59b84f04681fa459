"""The neutral formats: CSV or Parquet with account, ts (UTC, ISO) and Wh or kWh per channel, all positive."""

from collections.abc import Iterator, Sequence

import numpy as np

from trueup.quantities import Ints
from trueup.reads import words
from trueup.reads.batch import ACTUAL, CHANNELS, Batch
from trueup.reads.glimpse import Glimpse
from trueup.reads.listing import Rows, rows_of
from trueup.reads.parquet import is_parquet, parquet_rows
from trueup.reads.source import Source
from trueup.reads.words import NOTHING, Memo

NAME, TITLE, IDS = "neutral", "neutral file", "account"
HELP = "docs/meter-files.md shows the columns: account, ts, delivered_wh, received_wh (or delivered_kwh, received_kwh)."
QUANTITIES = tuple(f"{name}_{unit}" for name in CHANNELS for unit in ("wh", "kwh"))
WANTED = ("account", "ts", "minutes", *QUANTITIES, "netted")
SETTLED = 20_000
"""Rows from which lengths are told at least, unless the file ends before."""


def recognises(glimpse: Glimpse) -> bool:
    """Whether a file has the neutral columns."""
    return "ts" in glimpse.columns and any(name.startswith("delivered_") for name in glimpse.columns)


def batches(source: Source) -> Iterator[Batch]:
    """Readings of a neutral file.

    Raises
    ------
    TrueupError
        E-READ-010 without the columns, E-READ-012, -014, -016 for a bad length, time or quantity, E-READ-027 where
        `netted` is neither yes nor no.
    """
    reader = _Neutral(source)
    for rows in parquet_rows(source, WANTED) if is_parquet(source.head()) else rows_of(source, WANTED):
        reader.take(rows)
        if reader.waiting() >= SETTLED:
            yield from reader.settled()
    yield from reader.settled(last=True)


class _Neutral:
    """Understands rows, and tells each account's interval length from the smallest step between two of its rows.

    Rows of an account of which there is only one so far wait for the next.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self._accounts: dict[str, int] = {}
        self._ts, self._minutes = words.Instants(), Memo(words.length)
        self._netted = Memo(words.netted)
        self._memos = {name: Memo(words.kwh if name.endswith("_kwh") else words.wh) for name in QUANTITIES}
        self._lengths: dict[int, int] = {}
        self._waiting: list[Ints] = []

    def waiting(self) -> int:
        """Rows taken and not yet given."""
        return sum(part.shape[1] for part in self._waiting)

    def take(self, rows: Rows) -> None:
        """Understand rows: (6, n) columns line, account, ts, minutes (0 unknown), then Wh by channel."""
        columns = self._columns(rows)
        accounts = self._accounts
        codes = [accounts.setdefault(name, len(accounts)) for name in rows.cells["account"]]
        minutes = rows.words("minutes", self._minutes, "E-READ-012") if "minutes" in rows.cells else [0] * len(codes)
        wh = [self._values(rows, columns.get(name, "")) for name in CHANNELS]
        starts = rows.words("ts", self._ts, "E-READ-014")
        if "netted" in rows.cells and any(rows.words("netted", self._netted, "E-READ-027")):
            self.source.netted = True
        self._waiting.append(np.array([list(rows.lines), codes, starts, minutes, *wh], dtype=np.int64))

    def settled(self, last: bool = False) -> Iterator[Batch]:
        """Rows whose length is known."""
        if not self._waiting:
            return
        rows = np.concatenate(self._waiting, axis=1)
        unknown = rows[3] == 0
        self._learn(rows[1][unknown], rows[2][unknown])
        rows[3][unknown] = [self._lengths.get(code, 60 if last else 0) for code in rows[1][unknown].tolist()]
        ready = rows[3] > 0
        self._waiting = [] if ready.all() else [rows[:, ~ready]]
        rows = rows[:, ready]
        off = np.nonzero(rows[2] % (60 * rows[3]))[0]
        if len(off):
            what = f"a ts is not on a whole {rows[3][off[0]]}-minute mark"
            raise self.source.error("E-READ-012", what, HELP, int(rows[0][off[0]]))
        yield from self._batch(rows)

    def _batch(self, rows: Ints) -> Iterator[Batch]:
        names = tuple(self._accounts)
        used, code = np.unique(rows[1], return_inverse=True)
        kept = [np.nonzero(wh != NOTHING)[0] for wh in rows[4:]]
        at = np.concatenate(kept)
        if len(at):
            channel = np.repeat(np.arange(len(kept)), [len(part) for part in kept])
            nothing = np.zeros(len(at), dtype=np.int64)
            wh = rows[4 + channel, at]
            chosen = tuple(names[number] for number in used.tolist())
            yield Batch(chosen, code[at], channel, rows[2][at], rows[3][at], wh, nothing + ACTUAL, nothing)

    def _learn(self, codes: Ints, starts: Ints) -> None:
        """Lengths of accounts that are not known yet: the smallest step between two of their rows."""
        order = np.lexsort((starts, codes))
        codes, starts = codes[order], starts[order]
        steps = np.diff(starts)
        usable = (codes[1:] == codes[:-1]) & (steps > 0)
        smallest: dict[int, int] = {}
        pairs = np.unique(np.stack([codes[1:][usable], steps[usable]]), axis=1)
        for code, step in reversed(list(zip(*pairs.tolist(), strict=True))):
            smallest[code] = step
        for code, step in smallest.items():
            if code not in self._lengths:
                self._lengths[code] = self._length(step)

    def _length(self, step: int) -> int:
        try:
            return words.length(str(step // 60))
        except ValueError as error:
            raise self.source.error("E-READ-012", str(error), HELP) from None

    def _values(self, rows: Rows, name: str) -> Sequence[int]:
        if not name:
            return [NOTHING] * len(rows.lines)
        values = rows.words(name, self._memos[name], "E-READ-016")
        if any(NOTHING < wh < 0 for wh in values):
            line = next(line for line, wh in zip(rows.lines, values, strict=True) if NOTHING < wh < 0)
            what = f"{name} has a negative value; both channels are positive"
            raise self.source.error("E-READ-016", what, HELP, line)
        return values

    def _columns(self, rows: Rows) -> dict[str, str]:
        """Column of each channel."""
        columns = {name.rpartition("_")[0]: name for name in QUANTITIES if name in rows.cells}
        missing = [name for name in ("account", "ts") if name not in rows.cells]
        missing += [f"{name}_wh or {name}_kwh" for name in CHANNELS[:2] if name not in columns]
        if missing:
            raise self.source.error("E-READ-010", f"there is no column {missing[0]}", HELP)
        if len({name.rsplit("_", 1)[1] for name in QUANTITIES if name in rows.cells}) > 1:
            raise self.source.error("E-READ-010", "it mixes Wh and kWh columns", HELP)
        return columns
