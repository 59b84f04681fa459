"""A meter file, opened: its format told, its digest taken, its readings handed out in batches of bounded size."""

import hashlib
import io
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from trueup.reads.batch import Batch
from trueup.reads.container import Archive, is_archive
from trueup.reads.formats import Format, format_named, format_of
from trueup.reads.source import FORMATS, LIMITS, Limits, Source, unreadable


@dataclass
class MeterFile:
    """A file of readings; a context manager, since an archive stays open while it is read.

    Attributes
    ----------
    name
        File name without folders.
    parts
        The file itself, or each member of an archive, with its format.
    """

    name: str
    whole: Source
    limits: Limits
    parts: list[tuple[Source, Format]] = field(default_factory=list)
    archive: Archive | None = None

    @property
    def form(self) -> str:
        """Format by its `--format` word; several, joined by ``+``, where members differ."""
        return "+".join(dict.fromkeys(reader.NAME for _, reader in self.parts))

    @property
    def title(self) -> str:
        """Format as the screen shows it."""
        return " + ".join(dict.fromkeys(reader.TITLE for _, reader in self.parts))

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the file's bytes, as they are on disk."""
        digest = hashlib.sha256()
        for chunk in self.whole.chunks():
            digest.update(chunk)
        return digest.hexdigest()

    @property
    def netted(self) -> bool:
        """Whether a column was signed; final once `batches` is exhausted."""
        return any(source.netted for source, _ in self.parts)

    @property
    def rounded(self) -> bool:
        """Whether values were finer than a watt-hour; final as `netted` is."""
        return any(source.rounded for source, _ in self.parts)

    @property
    def named(self) -> bool:
        """Whether accounts bear the account files' names; else the utility's ids. Final as `netted` is."""
        return any(source.named or reader.IDS == "account" for source, reader in self.parts)

    @property
    def skipped(self) -> dict[str, int]:
        """Rows left out, by what they are; final as `netted` is."""
        total: Counter[str] = Counter()
        for source, _ in self.parts:
            total.update(source.skipped)
        return dict(total)

    def batches(self) -> Iterator[Batch]:
        """The readings, in the order of the file; reading again starts anew.

        Raises
        ------
        TrueupError
            E-READ-... with file, line and reason; E-READ-004 where there is no reading, E-READ-025 beyond a limit.
        """
        count = 0
        for source, reader in self.parts:
            source.skipped.clear()
            for batch in reader.batches(source):
                count += len(batch.start)
                if count > self.limits.readings:
                    raise source.error("E-READ-025", f"more than {self.limits.readings:,} readings", "Split the file.")
                if len(batch.start):
                    yield batch
        if not count:
            left_out = "".join(f"; it has {number:,} {what}" for what, number in self.skipped.items())
            raise unreadable("E-READ-004", self.name, f"it holds no readings{left_out}", FORMATS)

    def close(self) -> None:
        """Close what is open."""
        if self.archive:
            self.archive.close()

    def __enter__(self) -> "MeterFile":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def open_meter_file(path: str | Path, form: str | None = None, limits: Limits = LIMITS) -> MeterFile:
    """Open a meter file; its format is told from what it holds, or insisted on by `form`.

    Raises
    ------
    TrueupError
        E-READ-001 for a file that is missing or empty, E-READ-002, -003 and -028 for one that is not understood,
        E-READ-005 for a `form` that does not exist.
    """
    place = Path(path)
    return _opened(place.name or str(path), lambda: place.open("rb"), form, limits, str(path))


def open_meter_bytes(data: bytes, name: str, form: str | None = None, limits: Limits = LIMITS) -> MeterFile:
    """The same for a file that is in memory, such as an upload."""
    return _opened(name, lambda: io.BytesIO(data), form, limits, name)


def _opened(name: str, opener: Callable[[], BinaryIO], form: str | None, limits: Limits, shown: str) -> MeterFile:
    insisted = format_named(form) if form else None
    head = Source(shown, opener, limits).head()
    whole = Source(name, opener, limits)
    file = MeterFile(name, whole, limits)
    if not is_archive(head):
        file.parts.append((whole, insisted or format_of(whole, head)))
        return file
    file.archive = Archive(name, opener, limits)
    try:
        for source in file.archive.members(head):
            file.parts.append((source, _format_within(source, insisted)))
    except BaseException:
        file.close()
        raise
    return file


def _format_within(source: Source, insisted: Format | None) -> Format:
    head = source.head()
    if is_archive(head):
        raise source.error("E-READ-028", "an archive in an archive", "Unpack the archive yourself.")
    return insisted or format_of(source, head)
