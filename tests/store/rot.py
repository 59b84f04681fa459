"""Bit rot: bytes of stored files are changed, and what a reader then gives is compared with what it gave before."""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.store.made import DAY, ON, Reading, batch, home, source
from trueup.errors import TrueupError
from trueup.periods import midnight_utc
from trueup.reads.batch import CORRECTED
from trueup.store.intervals import IntervalStore

NOTICED, UNUSED, UNNOTICED, CRASHED = "noticed", "in unused bytes", "unnoticed", "crashed"


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


def mutants(folder: Path, count: int, seed: int) -> Counter[tuple[str, str]]:
    """How many changed files ended how, by kind of file: one to three bytes of one file are changed at a time."""
    due, chance, ends = everything(folder), random.Random(seed), Counter[tuple[str, str]]()
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    for number in range(count):
        path = folder / "catalogue.sqlite" if number % 2 else chance.choice(paths)
        with restored(path):
            path.write_bytes(flipped(path.read_bytes(), chance))
            ends[path.suffix, outcome(folder, due)] += 1
    assert everything(folder) == due
    return ends


def flipped(data: bytes, chance: random.Random) -> bytes:
    """One to three bytes changed, by one bit or wholly."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(changed))
        changed[at] ^= chance.choice([1 << chance.randrange(8), chance.randrange(1, 256)])
    return bytes(changed)


def outcome(folder: Path, due: dict[str, Any]) -> str:
    """What a reader makes of a store in which a byte was changed."""
    try:
        return UNUSED if everything(folder) == due else UNNOTICED
    except TrueupError as error:
        return NOTICED if error.code.startswith("E-STORE-") else CRASHED
    except Exception:
        return CRASHED


@contextmanager
def restored(path: Path) -> Iterator[None]:
    """Puts a file back as it was, and removes what SQLite may have put beside it."""
    data = path.read_bytes()
    yield
    for beside in _beside(path):
        beside.unlink()
    path.write_bytes(data)


def _beside(path: Path) -> Iterator[Path]:
    return (path.with_name(path.name + end) for end in ("-wal", "-shm", "-journal") if Path(f"{path}{end}").exists())
