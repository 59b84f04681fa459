"""Made readings for stores, and a scalar store that is slow and plainly right."""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from trueup.errors import TrueupError
from trueup.periods import midnight_utc
from trueup.reads.batch import ACTUAL, CORRECTED, Batch
from trueup.store.intervals import IntervalStore, Source

ON = date(2026, 4, 1)
DAY = date(2025, 11, 2).toordinal()
"""The day of 25 hours."""
MEMORY = Path("/dev/shm")


@contextmanager
def refused(code: str) -> Iterator[None]:
    """What is inside is refused with that code."""
    with pytest.raises(TrueupError) as error:
        yield
    assert error.value.code == code


@dataclass(frozen=True)
class Reading:
    """One reading: account, channel, UTC second, minutes, Wh, status, UTC second of its making."""

    account: str
    channel: int
    start: int
    minutes: int
    wh: int
    status: int = ACTUAL
    known: int = 0


def batch(readings: Sequence[Reading]) -> Batch:
    """Readings as columns, in their order."""
    names = tuple(dict.fromkeys(reading.account for reading in readings))
    fields = ("channel", "start", "minutes", "wh", "status", "known")
    columns = {name: np.array([getattr(row, name) for row in readings], dtype=np.int64) for name in fields}
    return Batch(names, np.array([names.index(row.account) for row in readings], dtype=np.int64), **columns)


def source(name: str = "made.csv") -> Source:
    """A source of that name."""
    return Source(name, "0" * 64, "made")


def home(account: str, days: int, minutes: int = 15, first: int = DAY, seed: int = 1, known: int = 0) -> Batch:
    """Some days of delivered and received readings of a home, as a file would give them."""
    start = np.arange(midnight_utc(first), midnight_utc(first + days), 60 * minutes, dtype=np.int64)
    wh = np.random.default_rng([seed, *account.encode()]).integers(0, 900, 2 * len(start))
    of = np.ones(2 * len(start), dtype=np.int64)
    channel = np.repeat([0, 1], len(start))
    return Batch((account,), 0 * of, channel, np.tile(start, 2), minutes * of, wh, ACTUAL * of, known * of)


STARTS = [midnight_utc(DAY) - 3600, midnight_utc(DAY), midnight_utc(DAY) + 8 * 3600, midnight_utc(DAY) + 9 * 3600]
"""The last hour of October, the first of November, and both passes of one o'clock and two."""


def readings(most: int = 30) -> st.SearchStrategy[list[Reading]]:
    """Readings that often meet at one interval."""
    one = st.builds(
        Reading,
        account=st.sampled_from(["anna", "böll", "carl"]),
        channel=st.integers(0, 2),
        start=st.sampled_from(STARTS),
        minutes=st.sampled_from([15, 60]),
        wh=st.integers(0, 2),
        status=st.integers(0, 4),
        known=st.integers(0, 2),
    )
    return st.lists(one, max_size=most)


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder that is removed afterwards, in memory where there is one: thousands are made, none worth a sync."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        yield Path(folder)


@contextmanager
def new_store() -> Iterator[IntervalStore]:
    """A store in a folder that is removed afterwards."""
    with scratch() as folder:
        yield IntervalStore.create(folder / "store")


def scalar_state(readings: Iterable[Reading]) -> dict[tuple[str, int, int, int], tuple[int, int, int]]:
    """(account, minutes, channel, start) -> (status, known, Wh or -1): what the store should know."""
    found: dict[tuple[str, int, int, int], set[tuple[int, int, int]]] = {}
    for row in readings:
        if row.status:
            where = (row.account, row.minutes, row.channel, row.start)
            found.setdefault(where, set()).add((row.status, row.known, row.wh))
    best = {where: max(row[:2] for row in rows) for where, rows in found.items()}
    values = {where: {row[2] for row in rows if row[:2] == best[where]} for where, rows in found.items()}
    return {where: (*best[where], wh.pop() if len(wh) == 1 else -1) for where, wh in values.items()}


def made_store(folder: Path) -> IntervalStore:
    """A small store with several versions, both interval lengths, a dispute and a compaction."""
    store = IntervalStore.create(folder)
    store.ingest([home(name, 2, minutes) for name in "abc" for minutes in (15, 60)], source("first"), ON)
    start = midnight_utc(DAY)
    store.ingest([batch([Reading("a", 0, start, 15, 901), Reading("d", 2, start, 60, 5, CORRECTED)])], source("b"), ON)
    store.compact(ON)
    return store


def everything(folder: Path) -> dict[str, Any]:
    """All that a reader can learn from a store."""
    store = IntervalStore.open(folder)
    found: dict[str, Any] = {"accounts": store.accounts(), "ingests": store.ingests, "disputes": store.disputes()}
    found["digests"] = [store.digest(number) for number in range(len(store.ingests) + 1)]
    for minutes in (15, 60):
        got = store.read(["a", "b", "c", "d"], DAY, DAY + 3, minutes)
        columns = [got.readings.delivered, got.readings.received, got.delivered_status, got.received_status]
        found[f"read {minutes}"] = [None if column is None else column.tobytes() for column in columns]
    return found
