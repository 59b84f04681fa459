"""CSV with one heading on its first line: rows in columns, some thousand at a time, with the number of each line."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from trueup.reads.glimpse import names_in
from trueup.reads.source import Source, cells_of
from trueup.reads.words import Memo

HELP = "docs/meter-files.md shows the columns."


@dataclass(frozen=True)
class Rows:
    """Some rows of a listing, or of a Parquet file.

    Attributes
    ----------
    lines
        Line number of each row; in a Parquet file the number of the row.
    cells
        Text of each column, by name.
    """

    source: Source
    lines: Sequence[int]
    cells: Mapping[str, Sequence[str]]

    def words(self, name: str, memo: Memo, code: str) -> list[int]:
        """A column understood by a memo; its first word that is not is refused with `code`."""
        return memo.column(self.cells[name], self.source, code, HELP, self.lines, name)


def rows_of(source: Source, wanted: Sequence[str]) -> Iterator[Rows]:
    """Rows of a CSV with the columns of `wanted` that it has.

    Raises
    ------
    TrueupError
        E-READ-010 for a row that is not as long as the heading, or a column named twice.
    """
    names: list[str] = []
    for first, lines in source.line_blocks():
        kept = [(number, line) for number, line in enumerate(lines, start=first) if line.strip(", \t")]
        if not names and kept:
            names = _heading(source, *kept.pop(0))
        if not kept:
            continue
        numbers = [number for number, _ in kept]
        cells = _cells(source, kept, len(names))
        yield Rows(source, numbers, {name: cells[names.index(name)] for name in wanted if name in names})


def _heading(source: Source, number: int, line: str) -> list[str]:
    names = [name.lower() for name in names_in(line)]
    twice = next((name for name in names if name and names.count(name) > 1), None)
    if twice:
        raise source.error("E-READ-010", f"the column {twice[:40]} stands twice", HELP, number)
    return names


def _cells(source: Source, kept: list[tuple[int, str]], width: int) -> list[Sequence[str]]:
    """Columns of some lines."""
    try:
        quoted = any('"' in line for _, line in kept)
        rows = [cells_of(line) for _, line in kept] if quoted else [line.split(",") for _, line in kept]
    except ValueError as error:
        raise source.error("E-READ-010", str(error), HELP, kept[0][0]) from None
    if set(map(len, rows)) != {width}:
        number, count = next((n, len(row)) for (n, _), row in zip(kept, rows, strict=True) if len(row) != width)
        raise source.error("E-READ-010", f"{count} cells under {width} columns", HELP, number)
    return list(zip(*rows, strict=True))
