"""One stored file: whole account-months of one Pacific month, dense and sorted, so that identity follows from position.

An ordinary Parquet table, one row to an account and interval. Energy is split by bytes and packed (LZ4); columns that
hardly vary are dictionaries, and where the statistics say that one does not vary in a row group it is not decoded.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from trueup.quantities import Ints
from trueup.reads.batch import CHANNELS
from trueup.store.files import changed
from trueup.store.intervals.join import State, keys, nothing
from trueup.store.intervals.months import Month

Column = npt.NDArray[Any]
GENERATION = CHANNELS.index("generation")
STATUS = tuple(f"{channel}_status" for channel in CHANNELS)
KNOWN = tuple(f"{channel}_known" for channel in CHANNELS)
TYPES = {
    "account": pa.dictionary(pa.int32(), pa.string()),
    "ts": pa.timestamp("ms", tz="UTC"),
    **dict.fromkeys(CHANNELS, pa.int32()),
    **dict.fromkeys(STATUS, pa.int8()),
    **dict.fromkeys(KNOWN, pa.int64()),
    "version": pa.int32(),
}
SCHEMA = pa.schema([pa.field(name, kind, nullable=False) for name, kind in TYPES.items()])
ENCODINGS = {"ts": "DELTA_BINARY_PACKED", "delivered": "BYTE_STREAM_SPLIT", "received": "BYTE_STREAM_SPLIT"}


@dataclass(frozen=True)
class AccountMonths:
    """Some accounts in one month.

    Attributes
    ----------
    names
        Account ids, sorted.
    state
        (accounts, channels, intervals).
    version
        (accounts,) number of the ingest that made each account-month what it is.
    """

    names: tuple[str, ...]
    state: State
    version: Ints

    def take(self, chosen: Ints) -> "AccountMonths":
        """Some of them."""
        return AccountMonths(tuple(self.names[at] for at in chosen), self.state.take(chosen), self.version[chosen])


@dataclass(frozen=True)
class Encoded:
    """A file before it is written.

    Attributes
    ----------
    names
        Ids of its accounts, in their order.
    disputed
        How many of its intervals are disputed.
    generation
        Whether any of its accounts has a generation channel.
    """

    data: bytes
    names: tuple[str, ...]
    disputed: int
    generation: bool


def encode(month: Month, groups: Iterable[AccountMonths]) -> Encoded:
    """A file of account-months, one row group to each of the groups; accounts ascend from group to group."""
    options = {
        "compression": "lz4",
        "use_dictionary": [name for name in TYPES if name not in ENCODINGS],
        "column_encoding": ENCODINGS,
        "store_schema": False,
    }
    names: list[str] = []
    sink, disputed, generation = pa.BufferOutputStream(), 0, False
    with pq.ParquetWriter(sink, SCHEMA, **options) as writer:
        for group in groups:
            writer.write_table(_table(month, group), row_group_size=len(group.names) * month.intervals)
            names += group.names
            disputed += int(np.count_nonzero(group.state.disputed))
            generation |= bool(group.state.key[:, GENERATION].any())
    return Encoded(bytes(sink.getvalue()), tuple(names), disputed, generation)


def _table(month: Month, group: AccountMonths) -> Any:
    """The rows of one row group."""
    count, length, state = len(group.names), month.intervals, group.state
    at = np.repeat(np.arange(count, dtype=np.int32), length)
    status, known = state.status, state.known
    columns = [
        pa.DictionaryArray.from_arrays(pa.array(at), pa.array(group.names, pa.string())),
        pa.array(np.tile(month.starts() * 1000, count)).cast(TYPES["ts"]),
        *(pa.array(state.value[:, channel].ravel()) for channel in range(len(CHANNELS))),
        *(pa.array(status[:, channel].ravel()) for channel in range(len(CHANNELS))),
        *(pa.array(known[:, channel].ravel()) for channel in range(len(CHANNELS))),
        pa.array(group.version.astype(np.int32)[at]),
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


class MonthFile:
    """A file in memory, its bytes verified: columns by row group.

    Raises
    ------
    TrueupError
        E-STORE-001 if the file does not hold the account-months that it should.
    """

    def __init__(self, path: Path, data: bytes, month: Month, names: tuple[str, ...]) -> None:
        self.path, self.month, self.names = path, month, names
        try:
            self._file = pq.ParquetFile(pa.BufferReader(data))
        except (pa.ArrowException, OSError) as error:
            raise changed(path, f"is no Parquet file: {error}") from error
        self._about = self._file.metadata
        self._at = {name: at for at, name in enumerate(self._about.schema.names)}
        if list(self._at) != list(TYPES) or self.bounds[-1] != len(names):
            raise changed(path, "has other columns or accounts than the catalogue says")

    @property
    def groups(self) -> int:
        """How many row groups."""
        return int(self._about.num_row_groups)

    @cached_property
    def bounds(self) -> Ints:
        """(groups + 1,) position of the first account of each row group, and the end."""
        rows = [self._about.row_group(group).num_rows for group in range(self.groups)]
        found: Ints = np.cumsum([0, *rows], dtype=np.int64) // self.month.intervals
        return found

    def columns(self, group: int, wanted: Iterable[str]) -> dict[str, Column]:
        """(accounts, intervals) columns of a row group; what does not vary is broadcast from one value.

        Raises
        ------
        TrueupError
            E-STORE-001 if the row group does not hold whole account-months in the order of the roster.
        """
        self._check(group)
        shape = (int(self.bounds[group + 1] - self.bounds[group]), self.month.intervals)
        constant = {name: self._bounds(group, name) for name in wanted}
        found: dict[str, Column] = {
            name: np.broadcast_to(np.array(least, dtype=TYPES[name].to_pandas_dtype()), shape)
            for name, (least, most) in constant.items()
            if least is not None and least == most
        }
        varying = [name for name in constant if name not in found]
        if varying:
            table = self._file.read_row_group(group, columns=varying, use_threads=False)
            found |= {name: table.column(name).to_numpy().reshape(shape) for name in varying}
        return found

    def account_months(self, group: int) -> AccountMonths:
        """All that a row group holds."""
        columns = self.columns(group, [*CHANNELS, *STATUS, *KNOWN, "version"])
        first, end = int(self.bounds[group]), int(self.bounds[group + 1])
        state = nothing((end - first, len(CHANNELS), self.month.intervals))
        for at, channel in enumerate(CHANNELS):
            state.value[:, at] = columns[channel]
            state.key[:, at] = keys(columns[STATUS[at]], columns[KNOWN[at]])
        return AccountMonths(self.names[first:end], state, columns["version"][:, 0].astype(np.int64))

    def _bounds(self, group: int, name: str) -> tuple[Any, Any]:
        """The least and the greatest value of a column, none where the file does not say."""
        about = self._about.row_group(group).column(self._at[name]).statistics
        return (about.min, about.max) if about is not None and about.has_min_max else (None, None)

    def _check(self, group: int) -> None:
        """Position stands for account and time only if every account has every interval, in the order of the roster."""
        length, rows = self.month.intervals, self._about.row_group(group).num_rows
        first, end = (int(at) for at in self.bounds[group : group + 2])
        due = tuple(datetime.fromtimestamp(int(at), UTC) for at in self.month.starts()[[0, -1]])
        whole = rows % length == 0 and self._bounds(group, "ts") == due
        if not whole or self._bounds(group, "account") != (self.names[first], self.names[end - 1]):
            raise changed(self.path, f"does not hold whole account-months in row group {group}")
