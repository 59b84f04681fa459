"""The interval store: size, reading and ingest of made homes with a year of quarter hours.

Run `python -m bench.store [homes]`.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np

from bench.homes import FIRST, readings
from trueup.model import Readings
from trueup.periods import midnight_utc
from trueup.reads.batch import ACTUAL, Batch
from trueup.store.intervals import IntervalStore, Source

SEED = 7
DAYS = 365
SHARD = 100
ROUNDS = 5


def batches(data: Readings, homes: int) -> Iterator[Batch]:
    """A year of both channels, home after home."""
    first = FIRST.toordinal()
    start = np.arange(midnight_utc(first), midnight_utc(first + DAYS), 900, dtype=np.int64)
    length, of = len(start), np.ones(2 * len(start), dtype=np.int64)
    channel, starts = np.repeat([0, 1], length), np.tile(start, 2)
    for home in range(homes):
        wh = np.concatenate([data.delivered[home, :length], data.received[home, :length]]).astype(np.int64)
        yield Batch((f"made-{home:06d}",), 0 * of, channel, starts, 15 * of, wh, ACTUAL * of, 0 * of)


def read_all(folder: Path, homes: int, statuses: bool) -> tuple[float, float]:
    """Homes per second and per CPU-second, from files to arrays in shards; the best round, each with a cold store."""
    first, best = FIRST.toordinal(), (0.0, 0.0)
    for _ in range(ROUNDS):
        store = IntervalStore.open(folder)
        begin, cpu = time.perf_counter(), time.process_time()
        names = store.accounts()
        for at in range(0, homes, SHARD):
            store.read(names[at : at + SHARD], first, first + DAYS, 15, statuses=statuses)
        best = max(best, (homes / (time.perf_counter() - begin), homes / (time.process_time() - cpu)))
    return best


def measure(homes: int) -> None:
    """Print the figures of a store of made homes."""
    data = readings(homes, SEED)
    with tempfile.TemporaryDirectory() as parent:
        store = IntervalStore.create(Path(parent) / "store")
        for label in ("ingest", "the same again"):
            begin = time.perf_counter()
            done = store.ingest(batches(data, homes), Source("made", "0" * 64, "made"), date(2026, 5, 1))
            rate = done.readings / (time.perf_counter() - begin)
            print(f"{label}: {rate:,.0f} readings/s, {done.files} files written, {done.unchanged:,} unchanged")
        size = sum(path.stat().st_size for path in store.folder.rglob("*.parquet"))
        catalogue = (store.folder / "catalogue.sqlite").stat().st_size
        print(f"{size / homes / 1000:.1f} kB per account-year; catalogue {catalogue / 1000:.0f} kB in all")
        for label, statuses in (("values", False), ("values and statuses", True)):
            wall, cpu = read_all(store.folder, homes, statuses)
            print(f"{label}, files to arrays, one process: {wall:,.0f} homes/s, {cpu:,.0f} per CPU-second")
        one_home(store)


def one_home(store: IntervalStore) -> None:
    """Print how long one home among many takes, and the digest of all."""
    first, begin = FIRST.toordinal(), time.perf_counter()
    IntervalStore.open(store.folder).read(["made-000003"], first, first + DAYS, 15)
    print(f"one home's year among all: {1000 * (time.perf_counter() - begin):.0f} ms")
    store, begin = IntervalStore.open(store.folder), time.perf_counter()
    spans = [store.span(name) for name in store.accounts()]
    print(f"first and last days: {len(spans) / (time.perf_counter() - begin):,.0f} homes/s")
    begin = time.perf_counter()
    print(f"digest {store.digest()[:12]}: {len(store.accounts()) / (time.perf_counter() - begin):,.0f} homes/s")


if __name__ == "__main__":
    measure(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
