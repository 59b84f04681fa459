"""What a catalogue says: the ingests of a store and its files, as values in memory."""

import hashlib
from dataclasses import astuple, dataclass

from trueup.store.intervals.months import Month


@dataclass(frozen=True)
class Ingest:
    """One ingest that changed something, or one compaction (form ``compaction``).

    Attributes
    ----------
    number
        1, 2, 3 and so on: the version of the account-months it wrote, and what `as_of` names.
    name, sha256, form
        The file the readings came from, and its format.
    day
        ISO date stated by the caller.
    readings
        How many it gave; then intervals that were `new`, `corrected` in value, `confirmed` by a higher status or later
        reading of the same value, `disputed`, `unchanged`.
    """

    number: int
    name: str
    sha256: str
    form: str
    day: str
    readings: int
    new: int
    corrected: int
    confirmed: int
    disputed: int
    unchanged: int

    @property
    def copies(self) -> bool:
        """Whether it is a compaction, which reads nothing and changes no account-month."""
        return self.readings == 0


@dataclass(frozen=True)
class FileRow:
    """One stored file.

    Attributes
    ----------
    path
        Below the store.
    ingest
        Number of the ingest that wrote it.
    accounts, first, last, roster
        How many accounts, the first and last id, and the SHA-256 of the list of all ids.
    disputed
        How many of its intervals are disputed.
    generation
        1 where any of its accounts has a generation channel.
    """

    path: str
    sha256: str
    minutes: int
    month: int
    ingest: int
    accounts: int
    first: str
    last: str
    roster: str
    disputed: int
    generation: int

    @property
    def of(self) -> Month:
        """The month it holds."""
        return Month(self.minutes, self.month)


@dataclass(frozen=True)
class Catalogue:
    """All of a catalogue but the rosters, verified, in memory: a store as it was at one moment."""

    ingests: tuple[Ingest, ...]
    files: tuple[FileRow, ...]

    @property
    def last(self) -> int:
        """Number of the last ingest, 0 before the first."""
        return self.ingests[-1].number if self.ingests else 0

    @property
    def seal(self) -> str:
        """SHA-256 over every row."""
        rows = [*map(repr, map(astuple, self.ingests)), *map(repr, map(astuple, self.files))]
        return hashlib.sha256("\n".join(rows).encode("utf-8", "surrogatepass")).hexdigest()

    def months(self, as_of: int) -> dict[Month, list[FileRow]]:
        """The files up to an ingest by month, in order of months, the newest file first."""
        found: dict[Month, list[FileRow]] = {}
        for row in sorted(self.files, key=lambda row: (row.of, -row.ingest, row.path)):
            if row.ingest <= as_of:
                found.setdefault(row.of, []).append(row)
        return found
