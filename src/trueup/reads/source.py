"""The bytes of a meter file or of a member of an archive: read again and again, within limits counted on the way."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from trueup.errors import TrueupError

NOTHING_DONE = "nothing was computed or written"
FORMATS = "docs/meter-files.md shows the formats that are read."
CHUNK = 1 << 18
HEAD = 1 << 16


def unreadable(code: str, file: str, what: str, todo: str) -> TrueupError:
    """The error for a meter file that cannot be used."""
    why = f"A doubtful meter file makes a doubtful bill, so {NOTHING_DONE}."
    return TrueupError(code, f"{file}: {what}", why, todo)


@dataclass(frozen=True)
class Limits:
    """What a meter file may ask of the machine; each is counted while reading, not taken from the file's word.

    Attributes
    ----------
    unpacked
        Bytes that all members of an archive may unpack to, together.
    ratio
        Bytes that one packed byte may become, counted once a member has given `ratio_from` bytes. Green Button
        XML packs about 30 to 1.
    members
        Files in an archive.
    line
        Characters in a line of text, and bytes in one tag of XML.
    held
        Bytes of a Parquet file in an archive: it is read from its end, so it must be held whole.
    group
        Bytes of a row group of a Parquet file, unpacked, as its footer says.
    readings
        Readings in a file.
    """

    unpacked: int = 2 << 30
    ratio: int = 200
    ratio_from: int = 1 << 20
    members: int = 1000
    line: int = 1 << 20
    held: int = 256 << 20
    group: int = 1 << 30
    readings: int = 1_000_000_000


LIMITS = Limits()


def _lone_space(error: UnicodeError) -> tuple[str, int]:
    """SCE once wrote its non-breaking spaces as the one byte of Latin-1; nothing else is forgiven."""
    if isinstance(error, UnicodeDecodeError) and error.object[error.start] == 0xA0:
        return "\u00a0", error.start + 1
    raise error


LONE_SPACE = "trueup-lone-space"
codecs.register_error(LONE_SPACE, _lone_space)


@dataclass
class Source:
    """The bytes of one part, and what a reader notes of them.

    Attributes
    ----------
    name
        File name, with the member's where it stands in an archive.
    opener
        Opens the bytes from the start.
    netted
        Set by a reader that met a signed column, in which export is already set off against import.
    named
        Whether accounts are named as the account files name them; else names are the utility's.
    rounded
        Set by a reader that met values finer than a watt-hour and took the nearest one.
    skipped
        Counted by a reader: rows that are no electric interval readings, by what they are.
    """

    name: str
    opener: Callable[[], BinaryIO]
    limits: Limits = LIMITS
    netted: bool = False
    named: bool = False
    rounded: bool = False
    skipped: Counter[str] = field(default_factory=Counter)

    def error(self, code: str, what: str, todo: str = FORMATS, line: int = 0) -> TrueupError:
        """The error for this part, at a line where one is given."""
        return unreadable(code, f"{self.name} line {line:,}" if line else self.name, what, todo)

    def open(self) -> BinaryIO:
        """The bytes from the start.

        Raises
        ------
        TrueupError
            E-READ-001 where they cannot be opened.
        """
        try:
            return self.opener()
        except OSError as error:
            reason = error.strerror or "cannot be opened"
            raise unreadable("E-READ-001", self.name, reason, "Check the path.") from None

    def head(self) -> bytes:
        """The first bytes, by which the format is told."""
        with self.open() as stream:
            return self._read(stream, HEAD)

    def chunks(self) -> Iterator[bytes]:
        """The bytes in pieces of at most `CHUNK`."""
        with self.open() as stream:
            while chunk := self._read(stream, CHUNK):
                yield chunk

    def line_blocks(self) -> Iterator[tuple[int, list[str]]]:
        """Lines of UTF-8 text without their ends, some at a time: the number of the first one, and the lines.

        Raises
        ------
        TrueupError
            E-READ-002 for bytes that are no UTF-8 text, E-READ-025 for a line beyond the limit.
        """
        decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8-sig")(LONE_SPACE), translate=True)
        number, rest = 1, ""
        for chunk in self.chunks():
            lines = (rest + self._text(decoder, chunk)).split("\n")
            rest = lines.pop()
            if len(rest) > self.limits.line:
                raise self.error("E-READ-025", f"a line of more than {self.limits.line:,} characters", line=number)
            if lines:
                yield number, lines
            number += len(lines)
        rest += self._text(decoder, b"", final=True)
        if rest:
            yield number, rest.split("\n")

    def _text(self, decoder: io.IncrementalNewlineDecoder, chunk: bytes, final: bool = False) -> str:
        try:
            text = decoder.decode(chunk, final)
        except UnicodeDecodeError:
            raise self.error("E-READ-002", "the file is not UTF-8 text") from None
        if "\0" in text:
            raise self.error("E-READ-002", "the file is binary")
        return text

    def _read(self, stream: BinaryIO, size: int) -> bytes:
        try:
            return stream.read(size)
        except OSError as error:
            raise self.error("E-READ-001", error.strerror or "cannot be read", "Check the file.") from None


def cells_of(line: str) -> list[str]:
    """The cells of a line of CSV; quotes are rare, so they are looked for first.

    Raises
    ------
    ValueError
        For a line that is no CSV.
    """
    if '"' not in line:
        return line.split(",")
    if line[0] == line[-1] == '"':
        cells = line[1:-1].split('","')
        if line.count('"') == 2 * len(cells):
            return cells
    try:
        return next(csv.reader([line]), [])
    except csv.Error as error:
        raise ValueError(f"no CSV: {error}") from None
