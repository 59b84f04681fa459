"""The interval store: what every meter said, joined; read as it is now or as it was known after any ingest."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np

from trueup.model.inputs import NO_VALUE, Readings
from trueup.periods import midnight_utc
from trueup.reads.batch import CHANNELS, Batch
from trueup.store.intervals.catalogue import create, load
from trueup.store.intervals.ingest import MOST_STAGED, Ingested, compact, ingest
from trueup.store.intervals.join import Status8
from trueup.store.intervals.lookup import Found, Lookup
from trueup.store.intervals.month_file import GENERATION, STATUS, Column
from trueup.store.intervals.months import END, FIRST, MINUTES, Month, first_day, months_between
from trueup.store.intervals.queries import Dispute, Span, changes, digest, disputes, spans
from trueup.store.intervals.refusals import not_held
from trueup.store.intervals.rows import Ingest
from trueup.store.intervals.work import Source

MOMENTS_KEPT = 4
"""States of a store whose files by month are kept in memory."""


@dataclass(frozen=True)
class Stored:
    """Meter columns of some accounts, in the order asked for.

    Attributes
    ----------
    readings
        (N, T) Wh of the days asked for; all `NO_VALUE` for an account that is not held. `generation` is None where no
        account has any in these days.
    delivered_status, received_status, generation_status
        (N, T) index into `STATUSES`; a status without a value is a disputed interval. The first two are None where not
        asked for, the last where there is no generation.
    as_of
        The ingest up to which this is known, to be kept with what is computed from it.
    """

    accounts: tuple[str, ...]
    readings: Readings
    delivered_status: Status8 | None
    received_status: Status8 | None
    generation_status: Status8 | None
    as_of: int


class IntervalStore:
    """A store, as it was when it was opened or last written to through this object.

    Everything read is checked against digests of what was written; see docs/interval-store.md.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lookup = Lookup(folder)
        self._load()

    def _load(self) -> None:
        self._catalogue = load(self.folder)
        self._months = lru_cache(maxsize=MOMENTS_KEPT)(self._catalogue.months)

    @classmethod
    def open(cls, folder: Path) -> "IntervalStore":
        """The store of a folder.

        Raises
        ------
        TrueupError
            E-STORE-002 if the folder has none, E-STORE-003 if its catalogue is damaged or cannot be opened.
        """
        return cls(folder)

    @classmethod
    def create(cls, folder: Path) -> "IntervalStore":
        """A new store in a new or empty folder.

        Raises
        ------
        TrueupError
            E-STORE-002 if the folder holds something, E-STORE-005 if it cannot be written.
        """
        create(folder)
        return cls(folder)

    @property
    def ingests(self) -> tuple[Ingest, ...]:
        """The ingests that changed something, in their order."""
        return self._catalogue.ingests

    def known_on(self, day: date) -> int:
        """The `as_of` of a day: the ingests before the first one stated for a later day."""
        later = (ingest.number for ingest in self.ingests if ingest.day > day.isoformat())
        return next(later, self._catalogue.last + 1) - 1

    def ingest(self, batches: Iterable[Batch], source: Source, on: date, most_staged: int = MOST_STAGED) -> Ingested:
        """Join readings into the store: `intervals.ingest.ingest`, which says what it raises."""
        done = ingest(self.folder, batches, source, on, most_staged)
        self._load()
        return done

    def compact(self, on: date) -> int:
        """Fewer files, the same content: `intervals.ingest.compact`, which says what it raises."""
        written = compact(self.folder, on)
        self._load()
        return written

    def read(
        self,
        accounts: Sequence[str],
        first_day: int,
        last_day: int,
        minutes: int,
        as_of: int | None = None,
        statuses: bool = True,
    ) -> Stored:
        """Meter columns of accounts over Pacific days, from meters of one interval length.

        Parameters
        ----------
        accounts
            Ids, each once.
        first_day, last_day
            Ordinals, `last_day` excluded.
        as_of
            Number of an ingest; the last where none is given.
        statuses
            Whether to read statuses too.

        Raises
        ------
        TrueupError
            E-STORE-001 or E-STORE-003 if a file is not as it was written, E-STORE-007 if what is asked for cannot be.
        """
        number = self._as_of(as_of)
        _check_asked(accounts, first_day, last_day, minutes)
        files = self._months(number)
        held = [
            (month, found)
            for month in months_between(first_day, last_day, minutes)
            for found in self._lookup.find(files.get(month, []), accounts)
        ]
        columns = self._decoded(held, len(accounts), midnight_utc(first_day), midnight_utc(last_day), minutes, statuses)
        return _stored(tuple(accounts), first_day, last_day, minutes, columns, number)

    def _decoded(
        self, held: list[tuple[Month, Found]], accounts: int, begin: int, end: int, minutes: int, statuses: bool
    ) -> dict[str, Column]:
        """Columns (accounts, T) from UTC second `begin` to `end`; no generation where no file has any."""
        step = 60 * minutes
        shape = (accounts, (end - begin) // step)
        channels = len(CHANNELS) if any(found.file.generation for _, found in held) else GENERATION
        columns: dict[str, Column] = {name: np.full(shape, NO_VALUE, dtype=np.int32) for name in CHANNELS[:channels]}
        told = STATUS[:channels] if statuses else STATUS[GENERATION:channels]
        columns |= {name: np.zeros(shape, dtype=np.int8) for name in told}
        for month, found in held:
            at = (month.first_utc - begin) // step
            here = slice(max(at, 0), min(at + month.intervals, shape[1]))
            into = {name: column[:, here] for name, column in columns.items()}
            self._lookup.paste(found, into, slice(here.start - at, here.stop - at))
        return columns

    def accounts(self, as_of: int | None = None) -> tuple[str, ...]:
        """The ids of all accounts, sorted."""
        files = [file for files in self._months(self._as_of(as_of)).values() for file in files]
        return tuple(self._lookup.names(files))

    def span(self, account: str, as_of: int | None = None) -> tuple[Span, ...]:
        """The days of an account's readings, by interval length; none where the account is not held."""
        return spans(self._lookup, self._months(self._as_of(as_of)), account)

    def changes(self, after: int, as_of: int | None = None) -> dict[str, int]:
        """First day of the earliest month of which something changed after an ingest, by account; ordinals.

        Raises
        ------
        TrueupError
            E-STORE-007 if the store has no such ingest, as after it was put back from an older backup.
        """
        since = self._as_of(after)
        real = {one.number for one in self.ingests if one.number > since and not one.copies}
        return changes(self._lookup, self._months(self._as_of(as_of)), real)

    def disputes(self, as_of: int | None = None) -> tuple[Dispute, ...]:
        """The disputed intervals of all accounts, sorted."""
        return disputes(self._lookup, self._months(self._as_of(as_of)))

    def digest(self, as_of: int | None = None) -> str:
        """SHA-256 of the state of every account and interval, equal for stores that know the same.

        What names, order and cutting the files of readings had, and what was overwritten since, does not enter.
        """
        return digest(self._lookup, self._months(self._as_of(as_of)))

    def _as_of(self, number: int | None) -> int:
        last = self._catalogue.last
        if number is not None and not 0 <= number <= last:
            raise not_held(f"the store has no ingest {number}: the last one is {last}")
        return last if number is None else number


def _check_asked(accounts: Sequence[str], day: int, end: int, minutes: int) -> None:
    if minutes not in MINUTES:
        raise not_held(f"there are no intervals of {minutes} minutes")
    if not first_day(FIRST) <= day < end <= first_day(END):
        raise not_held(f"the days {day} to {end} (excluded, ordinals) are none, or lie outside 1990 to 2099")
    if len(set(accounts)) != len(accounts):
        raise not_held("an account is asked for twice")


def _stored(
    accounts: tuple[str, ...], day: int, end: int, minutes: int, columns: dict[str, Column], number: int
) -> Stored:
    delivered, received, generated = (columns.get(name) for name in STATUS)
    generation = columns.get("generation")
    if generated is not None and not generated.any():
        generation = generated = None
    readings = Readings(day, end, minutes, columns["delivered"], columns["received"], generation)
    return Stored(accounts, readings, delivered, received, generated, number)
