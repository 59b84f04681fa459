"""Readings into the store: joined with what is held, written as new versions, entered in one commit.

A crash at any point leaves files that the catalogue does not name, or names of scratch: nothing reads them and the next
ingest removes them. So the same ingest, repeated, ends in the same store.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np

from trueup.quantities import Ints
from trueup.reads.batch import Batch
from trueup.store.intervals.join import State, join
from trueup.store.intervals.lookup import Lookup
from trueup.store.intervals.month_file import AccountMonths
from trueup.store.intervals.rows import FileRow
from trueup.store.intervals.staging import ACCOUNTS_A_PART, Part, Staging
from trueup.store.intervals.work import SCRATCH, Source, Work, working

ACCOUNTS_A_GROUP = 100
MOST_STAGED = 8_000_000
"""Readings kept in memory before they go to scratch files: 160 MB."""
COMPACTION = "compaction"


@dataclass(frozen=True)
class Ingested:
    """What an ingest did.

    Attributes
    ----------
    number
        The state of the store after it, which `as_of` names: its own number, or the one before where nothing changed.
    readings
        How many were given.
    new, corrected, confirmed, disputed, unchanged
        Intervals that had nothing before, got another value, got the same value of a higher status or made later,
        became disputed, or stayed what they were.
    account_months, files
        How many were written.
    """

    number: int
    readings: int
    new: int
    corrected: int
    confirmed: int
    disputed: int
    unchanged: int
    account_months: int
    files: int


def ingest(
    folder: Path, batches: Iterable[Batch], source: Source, on: date, most_staged: int = MOST_STAGED
) -> Ingested:
    """Join readings into the store of a folder, all of them or, if anything fails, none.

    Parameters
    ----------
    on
        The day stated for it; the store asks no clock.
    most_staged
        Readings kept in memory at a time.

    Raises
    ------
    TrueupError
        E-STORE-001 or E-STORE-003 if what is held cannot be trusted, E-STORE-004 while another process writes,
        E-STORE-005 if the disk refuses, E-STORE-006 for a reading that cannot be stored; whatever `batches` raises.
    """
    with working(folder) as work:
        staging = Staging(folder / SCRATCH, most_staged)
        for batch in batches:
            staging.add(batch)
        held = work.writer.catalogue.months(work.number)
        for part in staging.parts():
            work.write(part.month, _changed(work, staging, part, held.get(part.month, [])))
        work.commit(source, on, staging.readings)
    written = sum(file.accounts for file in work.files)
    number = work.number if work.files else work.number - 1
    return Ingested(number, staging.readings, **work.counts, account_months=written, files=len(work.files))


def compact(folder: Path, on: date) -> int:
    """Write the newest version of each account-month into as few files as there need be; how many were written.

    Nothing that can be read changes: versions stay what they are, older files stay, and the compaction counts as an
    ingest, so that an earlier `as_of` reads the older files.

    Raises
    ------
    TrueupError
        As `ingest`.
    """
    with working(folder) as work:
        lookup = Lookup(folder)
        for month, files in work.writer.catalogue.months(work.number).items():
            names = lookup.names(files)
            used = sum(1 for _ in lookup.find(files, names))
            if used > -(-len(names) // ACCOUNTS_A_PART):
                for ids in _cut(names, ACCOUNTS_A_PART):
                    groups = _cut(ids, ACCOUNTS_A_GROUP)
                    work.write(month, (lookup.current(month, files, group) for group in groups))
        work.commit(Source("", "", COMPACTION), on, 0)
    return len(work.files)


def _changed(work: Work, staging: Staging, part: Part, held: Sequence[FileRow]) -> Iterator[AccountMonths]:
    """The account-months of a part that its readings change, in groups, as they are now."""
    lookup = Lookup(work.folder)
    for names, given in staging.groups(part, ACCOUNTS_A_GROUP):
        before = lookup.current(part.month, held, names).state
        after = join(before, given)
        moved = _count(work.counts, before, given, after)
        if len(moved):
            version = np.full(len(names), work.number, dtype=np.int64)
            yield AccountMonths(names, after, version).take(moved)


def _count(counts: dict[str, int], before: State, given: State, after: State) -> Ints:
    """Count what happened to the intervals, and return which accounts changed."""
    other = after.value != before.value
    moved = other | (after.key != before.key)
    disputed, new = moved & after.disputed, moved & (before.key == 0) & ~after.disputed
    corrected, confirmed = other & ~disputed & ~new, moved & ~other & ~disputed & ~new
    unchanged = (given.key > 0) & ~moved
    found = {"new": new, "corrected": corrected, "confirmed": confirmed, "disputed": disputed, "unchanged": unchanged}
    for name, where in found.items():
        counts[name] += int(np.count_nonzero(where))
    accounts: Ints = np.nonzero(moved.any(axis=(1, 2)))[0]
    return accounts


def _cut(names: Sequence[str], size: int) -> list[Sequence[str]]:
    """Names in stretches of a size."""
    bounds = [*range(0, len(names), size), len(names)]
    return [names[first:end] for first, end in pairwise(bounds)]
