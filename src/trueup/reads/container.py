"""Archives: gz and zip around any of the formats. Sizes are counted while unpacking, an archive's word is not taken."""

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import BinaryIO, cast

from trueup.errors import TrueupError
from trueup.reads.source import LIMITS, Limits, Source, unreadable

GZIP, ZIP = b"\x1f\x8b", (b"PK\x03\x04", b"PK\x05\x06")
FAILURES = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError,
            OverflowError, MemoryError, KeyError, IndexError)  # fmt: skip
"""What gzip, zlib and zipfile raise over damaged files, so many because they share no error of their own: the first
seven came up in files with changed bytes, the last four are for sizes and places that a file only claims."""
UNPACK = "Unpack the archive yourself and name the files in it."
SYMLINK, KINDS = 0o120000, 0o170000
STORED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
BESIDE = ("__MACOSX/", ".DS_Store")
STYLES = (".xsl", ".xslt")
EXCEL = "[Content_Types].xml"


class Archive:
    """A gz or zip file: its members as sources, and what they have unpacked to so far."""

    def __init__(self, name: str, opener: Callable[[], BinaryIO], limits: Limits = LIMITS) -> None:
        self.name = name
        self.limits = limits
        self._opener = opener
        self._unpacked: dict[str, int] = {}
        self._zip: zipfile.ZipFile | None = None
        self._file: BinaryIO | None = None

    def members(self, head: bytes) -> Iterator[Source]:
        """The members, each a source of its own.

        Raises
        ------
        TrueupError
            E-READ-025 beyond the limits, E-READ-028 for an archive that is broken, encrypted, nested or unsafe.
        """
        if head.startswith(GZIP):
            yield Source(self.name, self._open_gzip, self.limits)
            return
        for info in self._listed():
            name = f"{self.name}: {info.filename}"
            yield Source(name, partial(self._open_member, info), self.limits)

    def close(self) -> None:
        """Close the archive."""
        if self._zip:
            with suppress(*FAILURES):
                self._zip.close()
        if self._file:
            self._file.close()

    def _listed(self) -> list[zipfile.ZipInfo]:
        """Members that hold data, all of them checked."""
        try:
            self._file = self._opener()
            self._zip = zipfile.ZipFile(self._file)
            infos = self._zip.infolist()
        except FAILURES as error:
            raise self._unsafe(f"a broken zip: {str(error)[:120]}") from None
        if len(infos) > self.limits.members:
            raise self._beyond(f"more than {self.limits.members:,} files")
        if any(info.filename == EXCEL for info in infos):
            raise unreadable("E-READ-003", self.name, "an Excel workbook", "Save the sheet as CSV, or download CSV.")
        for info in infos:
            self._check(info)
        kept = [info for info in infos if not info.is_dir() and not info.filename.startswith(BESIDE[0])]
        return [i for i in kept if not i.filename.endswith((BESIDE[1], *STYLES))]

    def _check(self, info: zipfile.ZipInfo) -> None:
        name = info.filename
        parts = name.replace("\\", "/").split("/")
        if not name:
            raise self._unsafe("a file in it has no name")
        if name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0] or "\0" in info.orig_filename:
            raise self._unsafe(f"the name {name[:60]!r} leads out of the archive")
        if info.flag_bits & 1:
            raise self._unsafe(f"{name[:60]!r} is encrypted")
        if (info.external_attr >> 16) & KINDS == SYMLINK:
            raise self._unsafe(f"{name[:60]!r} is a link")
        if info.compress_type not in STORED:
            raise self._unsafe(f"{name[:60]!r} is packed by method {info.compress_type}, not deflate")

    def _open_gzip(self) -> BinaryIO:
        packed = self._opener()
        try:
            unpacked = gzip.GzipFile(fileobj=packed)
            return _counted(self, self.name, unpacked, packed.tell, packed)
        except FAILURES as error:
            packed.close()
            raise self._unsafe(f"a broken gz: {str(error)[:120]}") from None

    def _open_member(self, info: zipfile.ZipInfo) -> BinaryIO:
        try:
            assert self._zip is not None
            member = self._zip.open(info)
        except FAILURES as error:
            raise self._unsafe(f"{info.filename[:60]!r} cannot be unpacked: {str(error)[:120]}") from None
        return _counted(self, info.filename, member, lambda: info.compress_size, None)

    def count(self, member: str, unpacked: int, packed: int) -> None:
        """Take note of what a member has unpacked to (E-READ-025)."""
        self._unpacked[member] = max(unpacked, self._unpacked.get(member, 0))
        if unpacked > self.limits.ratio_from and unpacked > self.limits.ratio * max(packed, 1):
            raise self._beyond(f"{member} unpacks to more than {self.limits.ratio} times its size")
        if sum(self._unpacked.values()) > self.limits.unpacked:
            raise self._beyond(f"it unpacks to more than {self.limits.unpacked:,} bytes")

    def broken(self, member: str, error: BaseException) -> TrueupError:
        """The error for a member whose bytes are damaged."""
        return self._unsafe(f"{member} is damaged: {str(error)[:120]}")

    def _unsafe(self, what: str) -> TrueupError:
        return unreadable("E-READ-028", self.name, what, UNPACK)

    def _beyond(self, what: str) -> TrueupError:
        return unreadable("E-READ-025", self.name, what, UNPACK)


class _Member(io.RawIOBase):
    """Unpacked bytes that count themselves."""

    def __init__(
        self, archive: Archive, name: str, inner: BinaryIO, packed: Callable[[], int], outer: BinaryIO | None
    ) -> None:
        super().__init__()
        self._archive, self._name, self._inner, self._packed, self._outer = archive, name, inner, packed, outer
        self._count = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Unpack up to `size` bytes."""
        try:
            data = self._inner.read(size)
        except FAILURES as error:
            raise self._archive.broken(self._name, error) from None
        self._count += len(data)
        self._archive.count(self._name, self._count, self._packed())
        return data

    def close(self) -> None:
        """Close the member, and the file around it where it is this member's own."""
        if not self.closed:
            with suppress(*FAILURES):
                self._inner.close()
            if self._outer:
                self._outer.close()
        super().close()


def _counted(archive: Archive, name: str, inner: object, packed: Callable[[], int], outer: BinaryIO | None) -> BinaryIO:
    return cast(BinaryIO, _Member(archive, name, cast(BinaryIO, inner), packed, outer))


def is_archive(head: bytes) -> bool:
    """Whether bytes start as a gz or zip does."""
    return head.startswith((GZIP, *ZIP))
