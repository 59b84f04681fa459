"""Where the newest account-months are, and reading them: files verified, then decoded straight to their place."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from trueup.quantities import Ints
from trueup.reads.batch import CHANNELS, NONE
from trueup.store.files import read_checked
from trueup.store.intervals.catalogue import load_roster
from trueup.store.intervals.join import nothing
from trueup.store.intervals.month_file import STATUS, AccountMonths, Column, MonthFile
from trueup.store.intervals.months import Month
from trueup.store.intervals.rows import FileRow

ROSTERS_KEPT, FILES_KEPT, ENDS_KEPT = 1024, 16, 1024


@dataclass(frozen=True)
class Found:
    """Account-months of one file that are the newest of their accounts.

    Attributes
    ----------
    position
        (n,) which accounts of the file.
    row
        (n,) which of the accounts asked for.
    """

    file: FileRow
    position: Ints
    row: Ints


class Lookup:
    """Reads the files of a store, from any thread.

    Holds no handle. Rosters and the bytes of the last files, verified, are kept in memory: the shards of a fleet that
    lie in the same files read and verify these once.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.roster = lru_cache(maxsize=ROSTERS_KEPT)(self._roster)
        self._bytes = lru_cache(maxsize=FILES_KEPT)(read_checked)
        self._ends = lru_cache(maxsize=ENDS_KEPT)(self._ends_of)

    def find(self, files: Sequence[FileRow], names: Sequence[str]) -> Iterator[Found]:
        """The newest account-months of some accounts, file by file; `files` are those of a month, the newest first."""
        missing, ordered = {name: row for row, name in enumerate(names)}, sorted(names)
        for file in files:
            between = ordered[bisect_left(ordered, file.first) : bisect_right(ordered, file.last)]
            held = self.roster(file.roster) if between else {}
            rows = sorted((held[name], missing.pop(name)) for name in between if name in held and name in missing)
            if rows:
                position, row = np.array(rows, dtype=np.int64).T
                yield Found(file, position, row)

    def names(self, files: Sequence[FileRow]) -> list[str]:
        """The accounts of some files, sorted."""
        return sorted({name for digest in {file.roster for file in files} for name in self.roster(digest)})

    def open(self, file: FileRow) -> MonthFile:
        """A file, verified.

        Raises
        ------
        TrueupError
            E-STORE-001 if it is missing or is not as it was written.
        """
        path = self.folder / file.path
        return MonthFile(path, self._bytes(path, file.sha256), file.of, tuple(self.roster(file.roster)))

    def newest(self, files: Sequence[FileRow]) -> Iterator[AccountMonths]:
        """The newest account-months of a month, some at a time, each once, in no order that matters."""
        for found in self.find(files, self.names(files)):
            opened = self.open(found.file)
            for group, inside, _ in groups_of(opened, found):
                yield opened.account_months(group).take(inside)

    def current(self, month: Month, files: Sequence[FileRow], names: Sequence[str]) -> AccountMonths:
        """The newest account-months of some accounts; nothing and version 0 where none is held."""
        state, version = nothing((len(names), len(CHANNELS), month.intervals)), np.zeros(len(names), dtype=np.int64)
        for found in self.find(files, names):
            opened = self.open(found.file)
            for group, inside, row in groups_of(opened, found):
                held = opened.account_months(group)
                state.value[row], state.key[row] = held.state.value[inside], held.state.key[inside]
                version[row] = held.version[inside]
        return AccountMonths(tuple(names), state, version)

    def paste(self, found: Found, into: Mapping[str, Column], cut: slice) -> None:
        """Decode columns of a file into arrays (accounts, intervals), the intervals of the month cut as said."""
        opened = self.open(found.file)
        for group, inside, row in groups_of(opened, found):
            there, here = _span(row), _span(inside)
            for name, column in opened.columns(group, into).items():
                into[name][there] = column[here, cut]

    def ends(self, found: Found) -> Ints:
        """(2,) the first and the last interval with a reading in the account-month found."""
        ends: Ints = self._ends(found.file)[:, found.position[0]]
        return ends

    def _ends_of(self, file: FileRow) -> Ints:
        """(2, accounts) the same of a whole file, since who asks for one account asks for its neighbours next."""
        opened = self.open(file)
        found = []
        for group in range(opened.groups):
            read = np.any([column > NONE for column in opened.columns(group, STATUS).values()], axis=0)
            found.append([read.argmax(axis=1), read.shape[1] - 1 - read[:, ::-1].argmax(axis=1)])
        return np.concatenate(found, axis=1)

    def _roster(self, digest: str) -> dict[str, int]:
        return {name: at for at, name in enumerate(load_roster(self.folder, digest))}


def groups_of(opened: MonthFile, found: Found) -> Iterator[tuple[int, Ints, Ints]]:
    """The row groups that hold what was found: group, positions inside it, and rows of the accounts asked for."""
    cuts = np.searchsorted(found.position, opened.bounds)
    for group in range(opened.groups):
        chosen = slice(int(cuts[group]), int(cuts[group + 1]))
        if chosen.start < chosen.stop:
            yield group, found.position[chosen] - opened.bounds[group], found.row[chosen]


def _span(indices: Ints) -> Any:
    """The same indices as a slice where they follow one another, which copies faster."""
    first, count = int(indices[0]), len(indices)
    return slice(first, first + count) if bool((indices == first + np.arange(count)).all()) else indices
