"""Parquet files of readings, some rows at a time; what they hold is checked, never believed."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from trueup.reads.listing import HELP, Rows
from trueup.reads.source import Source

ROWS = 32_768
LARGEST_FOOTER = 1 << 24
LONGEST_TEXT = 4096
FEW = frozenset({"account", "channel", "status", "minutes", "netted"})
"""Columns of few words, whose dictionaries are kept as they are; unpacking those of times would cost more."""
FAILURES = (pa.ArrowException, OSError, ValueError, MemoryError, OverflowError, TypeError, KeyError, IndexError)
"""What pyarrow raises over damaged files: beside its own error Python's, for whatever a footer wrongly claims."""


def is_parquet(head: bytes) -> bool:
    """Whether a file starts as Parquet does."""
    return head[:4] == b"PAR1"


def columns_of(source: Source) -> tuple[str, ...]:
    """Column names in lower case."""
    with _opened(source) as file:
        return tuple(name.strip().lower() for name in file.schema_arrow.names)


def parquet_rows(source: Source, wanted: Sequence[str]) -> Iterator[Rows]:
    """Rows of a Parquet file with the columns of `wanted` that it has, every cell as text; rows count from 1.

    Raises
    ------
    TrueupError
        E-READ-002 for a broken file, E-READ-010 for a column named twice, E-READ-014 and -015 for a column of
        another type than text, whole numbers or UTC timestamps, E-READ-025 beyond the limits.
    """
    with _opened(source, wanted) as file:
        names = {name.strip().lower(): name for name in file.schema_arrow.names}
        if len(names) < len(file.schema_arrow.names):
            raise source.error("E-READ-010", "a column stands twice", HELP)
        found = [name for name in wanted if name in names]
        first = 1
        for table in _tables(source, file, [names[name] for name in found]):
            cells = {name: _texts(source, table.column(names[name]), name) for name in found}
            yield Rows(source, range(first, first + table.num_rows), cells)
            first += table.num_rows


@contextmanager
def _opened(source: Source, wanted: Sequence[str] = ()) -> Iterator[Any]:
    """The file, its footer read and the dictionaries of the wanted columns looked at."""
    with source.open() as stream:
        try:
            seekable = stream if stream.seekable() else io.BytesIO(_whole(source, stream))
            file = _file(seekable, [])
            names = file.schema_arrow.names
            if any(not isinstance(name, str) for name in names):
                raise ValueError("a column without a name")
            found = [name for name in names if name.strip().lower() in wanted]
            if found:
                _check_sizes(source, file.metadata)
                _check_dictionaries(source, _file(seekable, found), found)
                file = _file(seekable, [name for name in found if name.strip().lower() in FEW])
        except FAILURES as error:
            raise source.error("E-READ-002", f"no readable Parquet: {_first_line(error)}", HELP) from None
        yield file


def _file(stream: Any, dictionaries: list[str]) -> Any:
    return pq.ParquetFile(
        stream,
        read_dictionary=dictionaries,
        thrift_string_size_limit=LARGEST_FOOTER,
        thrift_container_size_limit=1_000_000,
        buffer_size=1 << 20,
    )


def _check_sizes(source: Source, metadata: Any) -> None:
    """A row group is unpacked as one, so it must fit.

    Its columns are not asked: the library ends the process on a column whose statistics are damaged.
    """
    for group in range(metadata.num_row_groups):
        if metadata.row_group(group).total_byte_size > source.limits.group:
            what = f"a row group of more than {source.limits.group:,} bytes"
            raise source.error("E-READ-025", what, "Write it in smaller row groups.")


def _check_dictionaries(source: Source, file: Any, names: list[str]) -> None:
    """One row of each row group shows its dictionaries: a long text in one may be repeated by every row."""
    for group in range(file.metadata.num_row_groups):
        first = file.iter_batches(batch_size=1, row_groups=[group], columns=names, use_threads=False)
        rows: Any = next(first, None)
        for name in names if rows else ():
            column = rows.column(name)
            if pa.types.is_dictionary(column.type):
                _check_texts(source, column.dictionary, name.strip().lower())


def _whole(source: Source, stream: Any) -> bytes:
    """An archive's Parquet member; its footer stands at the end, so all of it is held."""
    data: bytes = stream.read(source.limits.held + 1)
    if len(data) > source.limits.held:
        what = f"a packed Parquet file of more than {source.limits.held:,} bytes"
        raise source.error("E-READ-025", what, "Unpack it.")
    return data


def _tables(source: Source, file: Any, names: list[str]) -> Iterator[Any]:
    try:
        yield from file.iter_batches(batch_size=ROWS, columns=names, use_threads=False)
    except FAILURES as error:
        raise source.error("E-READ-002", f"no readable Parquet: {_first_line(error)}", HELP) from None


def _texts(source: Source, column: Any, name: str) -> list[str]:
    """Text of a column; an instant with a zone as ISO text, a number as its digits, a null as nothing."""
    kind = column.type
    try:
        if pa.types.is_timestamp(kind) and kind.tz == "UTC":
            return _instants(column)
        if pa.types.is_dictionary(kind):
            _check_texts(source, column.dictionary, name)
            column = column.dictionary_decode()
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            _check_texts(source, column, name)
            return ["" if text is None else text for text in column.to_pylist()]
        if pa.types.is_null(column.type):
            return [""] * len(column)
        if pa.types.is_integer(column.type):
            return ["" if value is None else str(value) for value in column.to_pylist()]
    except FAILURES as error:
        raise source.error("E-READ-002", f"no readable Parquet: {_first_line(error)}", HELP) from None
    code = "E-READ-014" if name in ("ts", "start", "known") else "E-READ-015"
    raise source.error(code, f"{name} is {kind}; give text, whole numbers (floats lose watt-hours) or UTC times", HELP)


def _check_texts(source: Source, column: Any, name: str) -> None:
    """A long text that a small file repeats a million times would fill the memory."""
    texts = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    if texts and (pc.max(pc.binary_length(column)).as_py() or 0) > LONGEST_TEXT:
        raise source.error("E-READ-025", f"{name} has a text of more than {LONGEST_TEXT} bytes", HELP)


def _instants(column: Any) -> list[str]:
    """UTC timestamps as ISO text."""
    texts = pc.strftime(column.cast(pa.timestamp("s", "UTC")), "%Y-%m-%dT%H:%M:%SZ").to_pylist()
    return ["" if text is None else text for text in texts]


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or ["broken"])[0][:200]
