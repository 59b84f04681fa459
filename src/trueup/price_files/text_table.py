"""A published CSV file as columns of text, with the row numbers that a reader of the file sees."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from trueup.errors import TrueupError
from trueup.price_files.errors import price_error
from trueup.quantities import Ints

HEAD_LINES = 20
HEAD_BYTES = 65_536
UNREADABLE = -(2**60)
"""What a cell becomes that its reader refused; outside every value that a reader returns."""
AS_CSV = "Give the published CSV; of a workbook, save the sheet as CSV UTF-8 with all decimals shown."


@dataclass(frozen=True)
class TextTable:
    """The rows of a file below its headings; rows without any text are left out.

    Attributes
    ----------
    file
        Name of the file.
    headings
        As written, one a column.
    number
        (rows,) number of each row in the file, the first line being 1.
    cells
        (rows, columns) text.
    """

    file: str
    headings: tuple[str, ...]
    number: Ints
    cells: pl.DataFrame

    def place(self, index: int) -> str:
        """File and row number of a row."""
        return f"{self.file} row {self.number[index]:,}"

    def row(self, index: int) -> str:
        """File, row number and content of a row."""
        return f"{self.place(index)} ({_on_one_line(self.cells.row(index))})"


@dataclass(frozen=True)
class FileRows:
    """Rows that know where they stand.

    Attributes
    ----------
    tables
        The files.
    file, at
        (rows,) index into `tables`, and of the row in its table.
    """

    tables: tuple[TextTable, ...]
    file: Ints
    at: Ints

    def row(self, index: int) -> str:
        """File, row number and content of a row."""
        return self.tables[int(self.file[index])].row(int(self.at[index]))

    def place(self, index: int) -> str:
        """File and row number of a row."""
        return self.tables[int(self.file[index])].place(int(self.at[index]))

    def first(self, chosen: Ints) -> int:
        """Of some rows, the one that stands first in the files."""
        return int(chosen[np.lexsort((self.at[chosen], self.file[chosen]))[0]])


def read_text_table(path: Path, is_heading: Callable[[Sequence[str]], bool]) -> TextTable:
    """The table of a CSV file; lines above its headings, such as a title, are passed over.

    Raises
    ------
    TrueupError
        E-PRICE-001 if the file cannot be read as text, E-PRICE-002 if it has no such headings or a row is too long.
    """
    data = _bytes(path)
    line, headings, start = _heading(path.name, data, is_heading)
    body = data[start:]
    if not body.strip():
        raise price_error("E-PRICE-001", f"{path.name}: there is no row below the headings")
    names = {str(at): pl.String for at in range(len(headings))}
    try:
        cells = pl.read_csv(io.BytesIO(body), has_header=False, infer_schema=False, schema=names)
    except pl.exceptions.PolarsError:
        raise _no_table(path.name, body, len(headings), line) from None
    number = np.arange(len(cells), dtype=np.int64) + line + 1
    cells = cells.fill_null("")
    filled = cells.select(pl.any_horizontal(pl.all().str.strip_chars() != "")).to_series()
    return TextTable(path.name, headings, number[filled.to_numpy()], cells.filter(filled))


def read_column(table: TextTable, at: int, read: Callable[[str], int], code: str) -> Ints:
    """A column as integers; each distinct text is read once.

    Raises
    ------
    TrueupError
        `code`, with the first row whose text `read` refuses with a ValueError.
    """
    texts = table.cells.to_series(at)
    known = texts.unique()
    values = pl.Series([_value(read, text) for text in known], dtype=pl.Int64)
    found = texts.replace_strict(known, values, return_dtype=pl.Int64).to_numpy()
    refused = np.flatnonzero(found == UNREADABLE)
    if len(refused):
        raise _refused_cell(table, int(refused[0]), at, read, code)
    return found


def _value(read: Callable[[str], int], text: str) -> int:
    try:
        return read(text.strip())
    except ValueError:
        return UNREADABLE


def _refused_cell(table: TextTable, index: int, at: int, read: Callable[[str], int], code: str) -> TrueupError:
    text = table.cells.to_series(at)[index]
    try:
        read(text.strip())
    except ValueError as error:
        return price_error(code, f"{table.row(index)}: {table.headings[at].strip()} {text.strip()!r} {error}")
    raise AssertionError("the cell was refused before")


def _bytes(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise price_error("E-PRICE-001", f"{path}: {error.strerror or 'cannot be opened'}", "Check the path.") from None
    if not data.strip():
        raise price_error("E-PRICE-001", f"{path.name}: the file is empty", AS_CSV)
    if b"\0" in data[:HEAD_BYTES]:
        raise price_error("E-PRICE-001", f"{path.name}: the file is a workbook, an archive or another binary", AS_CSV)
    return data


def _heading(file: str, data: bytes, is_heading: Callable[[Sequence[str]], bool]) -> tuple[int, tuple[str, ...], int]:
    """Line number of the headings, their cells, and where the bytes after them start."""
    start = 0
    for number, line in enumerate(data[:HEAD_BYTES].split(b"\n")[:HEAD_LINES], start=1):
        start += len(line) + 1
        text = line.decode("utf-8-sig" if number == 1 else "utf-8", errors="replace").strip()
        cells = next(csv.reader([text]), [])
        if is_heading(cells):
            return number, tuple(cells), start
    raise price_error(
        "E-PRICE-002",
        f"{file}: none of the first {HEAD_LINES} lines has the headings of a price file",
        "Give an upload file (RIN, RateName, DateStart, ...) or a Pacific sheet (Year, Month, Hour, ...); "
        "docs/import-prices.md shows both.",
    )


def _no_table(file: str, body: bytes, width: int, line: int) -> TrueupError:
    """Why a body is no table: its encoding, or the first row that has not the cells of the headings."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return price_error("E-PRICE-001", f"{file}: the file is not UTF-8 text", AS_CSV)
    number, rows = line, csv.reader(io.StringIO(text), strict=True)
    try:
        for number, row in enumerate(rows, start=line + 1):
            if row and len(row) != width:
                what = f"{file} row {number:,} ({_on_one_line(row)}): {len(row)} cells, not {width}"
                return price_error("E-PRICE-002", what)
    except csv.Error:
        number += 1
    return price_error("E-PRICE-002", f"{file} row {number:,}: a quotation mark is not closed")


def _on_one_line(cells: Iterable[str]) -> str:
    return " ".join(",".join(cells).split("\n"))
