"""Rot in a whole world: files are flipped, cut and swapped, and each use of them must notice or give what it gave."""

import os
import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from trueup.errors import TrueupError

NOTICED, HARMLESS, UNDETECTED, CRASHED = "noticed", "harmless", "undetected", "crashed"
WORST = (HARMLESS, NOTICED, CRASHED, UNDETECTED)
"""The end of a mutant is the worst end of its uses."""
KINDS = ("flipped",) * 7 + ("cut",) * 2 + ("swapped",)
BESIDE = ("-journal", "-wal", "-shm")
"""What SQLite puts beside a catalogue."""
CHANGED = (".sqlite", ".lock")
"""Ends of the names of files that are changed in place."""
Change = Mapping[Path, bytes]
"""What some files become, by path below the world."""


class Waits(str):
    """The code for which an account waits, in place of what is billed of it."""


@dataclass
class Tally:
    """What became of mutants.

    Attributes
    ----------
    ends
        How many by kind of change, kind of file and end.
    wrong
        Those that ended badly: kind of change, file, use, what happened.
    """

    ends: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    wrong: list[tuple[str, str, str, str]] = field(default_factory=list)

    def count(self, end: str) -> int:
        """How many ended so."""
        return sum(number for (_, _, ended), number in self.ends.items() if ended == end)


class World:
    """A folder of files, what is done with it, and what comes of each use while nothing is wrong.

    Parameters
    ----------
    reading, writing
        Uses by name, given the folder; those that write are given a copy.
    """

    def __init__(
        self, folder: Path, reading: Mapping[str, Callable[[Path], Any]], writing: Mapping[str, Callable[[Path], Any]]
    ) -> None:
        self.folder, self.uses, self._writing = folder, {**reading, **writing}, set(writing)
        held = (path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)
        self.files = sorted(path.relative_to(folder) for path in held)
        self.due, self.reads = {}, dict[str, set[Path]]()
        for name in self.uses:
            with _traced() as seen, self._place(name) as place:
                self.due[name] = self.uses[name](place)
            self.reads[name] = {path.relative_to(place) for path in seen if path.is_relative_to(place)}

    def mutate(self, count: int, seed: int) -> Tally:
        """Change files at random, one mutant after the other, and see to what each use of them comes."""
        tally, chance = Tally(), random.Random(seed)
        catalogues = [path for path in self.files if path.suffix == ".sqlite"]
        for _ in range(count):
            path = chance.choice(catalogues if chance.random() < 0.2 else self.files)
            kind = chance.choice(KINDS)
            self.try_one(kind, path, self.changed(kind, path, chance), tally)
        return tally

    def changed(self, kind: str, path: Path, chance: random.Random) -> Change:
        """What files become."""
        data = (self.folder / path).read_bytes()
        if kind == "swapped":
            other = chance.choice(self.files)
            return {path: (self.folder / other).read_bytes(), other: data}
        at = chance.randrange(len(data))
        if kind == "cut":
            return {path: data[: at or 1]}
        flip = chance.choice([1 << chance.randrange(8), chance.randrange(1, 256)])
        return {path: data[:at] + bytes([data[at] ^ flip]) + data[at + 1 :]}

    def try_one(self, kind: str, path: Path, change: Change, tally: Tally) -> None:
        """Every use that reads what is changed, on the changed files; then they are put back."""
        ends = [HARMLESS]
        with self._harmed(change):
            for name in self.uses:
                if self.reads[name] & change.keys():
                    end, what = self._end(name)
                    ends.append(end)
                    if end in {UNDETECTED, CRASHED}:
                        tally.wrong.append((kind, str(path), name, what))
        tally.ends[kind, self._kind(path), max(ends, key=WORST.index)] += 1

    def _kind(self, path: Path) -> str:
        """The kind of a file, in tallies: folder of the world and ending."""
        return "".join([*path.parts[:1][: len(path.parts) - 1], path.suffix])

    def _end(self, name: str) -> tuple[str, str]:
        try:
            with self._place(name) as place:
                found = self.uses[name](place)
        except TrueupError as error:
            return NOTICED, error.code
        except Exception as error:
            return CRASHED, f"{type(error).__name__}: {error}"[:200]
        if found == self.due[name]:
            return HARMLESS, ""
        return (NOTICED, "") if _waits(found, self.due[name]) else (UNDETECTED, repr(found)[:200])

    @contextmanager
    def _place(self, name: str) -> Iterator[Path]:
        """The world, or a copy for a use that writes."""
        if name not in self._writing:
            yield self.folder
            return
        copy = self.folder.with_name(f"{self.folder.name}-copy")
        shutil.copytree(self.folder, copy, copy_function=_put)
        try:
            yield copy
        finally:
            shutil.rmtree(copy)

    @contextmanager
    def _harmed(self, change: Change) -> Iterator[None]:
        kept = {path: (self.folder / path).read_bytes() for path in change}
        for path, data in change.items():
            (self.folder / path).write_bytes(data)
        try:
            yield
        finally:
            for path, data in kept.items():
                for end in BESIDE:
                    (self.folder / path).with_name(path.name + end).unlink(missing_ok=True)
                (self.folder / path).write_bytes(data)


def _put(source: str, target: str) -> None:
    """Put a file in a copy: as a second name of it where it is never changed in place."""
    shutil.copyfile(source, target) if source.endswith(CHANGED) else os.link(source, target)


def _waits(found: Any, due: Any) -> bool:
    """Whether all that differs is not done, with a reason that says that a file is not as it was written."""
    if not isinstance(found, dict) or found.keys() != due.keys():
        return False
    other = [told for key, told in found.items() if told != due[key]]
    return all(isinstance(told, Waits) and told.startswith("E-STORE-") for told in other)


@contextmanager
def _traced() -> Iterator[set[Path]]:
    """The files whose bytes are read meanwhile."""
    seen, read, connect = set[Path](), Path.read_bytes, sqlite3.connect

    def reading(path: Path) -> bytes:
        seen.add(path)
        return read(path)

    def connecting(database: Any, *args: Any, **more: Any) -> sqlite3.Connection:
        seen.add(Path(str(database).removeprefix("file://").partition("?")[0]))
        return connect(database, *args, **more)

    with patch.object(Path, "read_bytes", reading), patch.object(sqlite3, "connect", connecting):
        yield seen


def report(tally: Tally) -> Sequence[str]:
    """Lines of figures: by kind of change and of file, then what went wrong."""
    lines = [f"{kind} {file}: {count:,} {end}" for (kind, file, end), count in sorted(tally.ends.items())]
    return lines + [" | ".join(one) for one in tally.wrong[:40]]
