"""An ingest under way: the store locked, swept, files written one after the other, and in the end one commit."""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from trueup.store.files import MAKING, sha256_of, sweep, sync_folder, write_whole
from trueup.store.intervals.catalogue import Writer, locked, roster
from trueup.store.intervals.month_file import AccountMonths, encode
from trueup.store.intervals.months import Month
from trueup.store.intervals.refusals import writing_to
from trueup.store.intervals.rows import FileRow, Ingest

SCRATCH = "staging"


@dataclass(frozen=True)
class Source:
    """What readings come from: the name of a file, the SHA-256 of its bytes, its format."""

    name: str
    sha256: str
    form: str


@dataclass
class Work:
    """An ingest under way: what is counted, and the files written so far."""

    folder: Path
    writer: Writer
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("new", "corrected", "confirmed", "disputed", "unchanged"), 0)
    )
    files: list[FileRow] = field(default_factory=list)
    rosters: dict[str, bytes] = field(default_factory=dict)
    entering: bool = False

    @property
    def number(self) -> int:
        """The number that this ingest has if it changes anything."""
        return self.writer.catalogue.last + 1

    def write(self, month: Month, groups: Iterable[AccountMonths]) -> None:
        """Write a file of account-months, unless there are none."""
        made = encode(month, groups)
        if not made.names:
            return
        sha256, ids = sha256_of(made.data), roster(made.names)
        row = FileRow(
            path=f"{month.folder}/{self.number:06d}-{sha256[:12]}.parquet",
            sha256=sha256,
            minutes=month.minutes,
            month=month.index,
            ingest=self.number,
            accounts=len(made.names),
            first=made.names[0],
            last=made.names[-1],
            roster=sha256_of(ids),
            disputed=made.disputed,
            generation=int(made.generation),
        )
        self.files.append(row)
        self.rosters[row.roster] = ids
        with writing_to(self.folder):
            write_whole(self.folder / row.path, made.data)

    def commit(self, source: Source, on: date, readings: int) -> None:
        """Enter what was written, unless that is nothing."""
        if self.files:
            name = source.name.encode(errors="backslashreplace").decode()
            ingest = Ingest(self.number, name, source.sha256, source.form, on.isoformat(), readings, **self.counts)
            self._sync_folders()
            self.entering = True
            self.writer.commit(ingest, self.files, self.rosters.values())

    def _sync_folders(self) -> None:
        """Make the names of all folders durable: an ingest that was killed may have made some and not come to this."""
        with writing_to(self.folder):
            for above in sorted({above for file in self.files for above in Path(file.path).parents}):
                sync_folder(self.folder / above)


@contextlib.contextmanager
def working(folder: Path) -> Iterator[Work]:
    """The store, locked and swept. What fails inside leaves no file behind, and scratch never stays.

    From the moment of the commit on files stay whatever happens, as the catalogue may name them already; the next
    ingest removes them if it does not.
    """
    with locked(folder) as writer:
        work = Work(folder, writer)
        with writing_to(folder):
            _sweep(folder, writer)
        try:
            yield work
        except BaseException:
            for file in [] if work.entering else work.files:
                with contextlib.suppress(OSError):
                    (folder / file.path).unlink(missing_ok=True)
            raise
        finally:
            with contextlib.suppress(OSError):
                sweep(folder / SCRATCH, set())


def _sweep(folder: Path, writer: Writer) -> None:
    """Remove what a killed ingest left: scratch, unfinished files, and files that the catalogue does not name."""
    sweep(folder / SCRATCH, set())
    sweep(folder, {path.name for path in folder.iterdir() if not path.name.startswith(MAKING)})
    named: dict[str, set[str]] = {}
    for file in writer.catalogue.files:
        parent, _, name = file.path.rpartition("/")
        named.setdefault(parent, set()).add(name)
    for path in folder.glob("intervals/*/*"):
        sweep(path, named.get(path.relative_to(folder).as_posix(), set()))
