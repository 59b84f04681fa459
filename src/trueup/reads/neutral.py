"""The neutral formats: CSV or Parquet with account, ts (UTC, ISO) and Wh or kWh per channel, both positive."""

import io
from datetime import UTC, datetime

import numpy as np
import polars as pl

from trueup.quantities import Ints, scaled
from trueup.reads.table import CHANNELS, Parsed, check_length, unreadable

HELP = "docs/meter-files.md shows the columns: account, ts, delivered_wh, received_wh (or delivered_kwh, received_kwh)."


def recognises(first_line: str) -> bool:
    """Whether a heading is that of the neutral CSV."""
    names = [name.strip().lower() for name in first_line.split(",")]
    return "ts" in names and any(name.startswith("delivered_") for name in names)


def parse_csv(text: str, file: str, sha256: str) -> Parsed:
    """Read a neutral CSV; every cell is taken as text."""
    try:
        frame = pl.read_csv(io.StringIO(text), infer_schema=False)
    except pl.exceptions.PolarsError as error:
        raise unreadable("E-READ-010", file, str(error).splitlines()[0], HELP) from None
    return from_frame(frame, file, sha256, "neutral CSV")


def parse_parquet(data: bytes, file: str, sha256: str) -> Parsed:
    """Read a neutral Parquet file."""
    try:
        frame = pl.read_parquet(io.BytesIO(data))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise unreadable("E-READ-002", file, f"no readable Parquet: {str(error).splitlines()[0]}", HELP) from None
    return from_frame(frame, file, sha256, "neutral Parquet")


def from_frame(frame: pl.DataFrame, file: str, sha256: str, form: str) -> Parsed:
    """Readings of a frame with the neutral columns.

    Raises
    ------
    TrueupError
        E-READ-004 without rows, E-READ-010 without the columns, E-READ-012, -014, -016 for a bad length, time or
        quantity.
    """
    frame = frame.rename({name: name.strip().lower() for name in frame.columns})
    columns = {name: column for name in CHANNELS for column in (f"{name}_wh", f"{name}_kwh") if column in frame.columns}
    missing = [name for name in ("account", "ts") if name not in frame.columns]
    missing += [f"{name}_wh or {name}_kwh" for name in ("delivered", "received") if name not in columns]
    if missing:
        raise unreadable("E-READ-010", file, f"there is no column {missing[0]}", HELP)
    if len({column.rsplit("_", 1)[1] for column in columns.values()}) > 1:
        raise unreadable("E-READ-010", file, "it mixes Wh and kWh columns", HELP)
    frame = frame.filter(~pl.all_horizontal(pl.all().is_null()))
    if frame.is_empty():
        raise unreadable("E-READ-004", file, "it holds no readings", HELP)
    starts, accounts = _starts(frame["ts"], file), frame["account"].cast(pl.String).to_list()
    parts = [_channel(frame[column], file) for column in columns.values()]
    kept = [np.nonzero(wh >= 0)[0] for wh in parts]
    return Parsed(
        file,
        sha256,
        form,
        _length(starts, accounts, file),
        [accounts[i] for at in kept for i in at],
        np.repeat([CHANNELS.index(name) for name in columns], [len(at) for at in kept]),
        np.concatenate([starts[at] for at in kept]),
        np.concatenate([wh[at] for wh, at in zip(parts, kept, strict=True)]),
        [""] * sum(len(at) for at in kept),
    )


def _starts(column: pl.Series, file: str) -> Ints:
    """UTC seconds of the ts column."""
    if isinstance(column.dtype, pl.Datetime) and column.dtype.time_zone == "UTC" and column.null_count() == 0:
        return column.dt.epoch("s").to_numpy().astype(np.int64)
    if column.dtype != pl.String:
        raise unreadable("E-READ-014", file, f"ts is {column.dtype}, not text or UTC timestamps", HELP)
    return np.array([_second(text, row, file) for row, text in enumerate(column, start=2)], dtype=np.int64)


def _second(text: str | None, row: int, file: str) -> int:
    try:
        moment = datetime.fromisoformat((text or "").strip())
    except ValueError:
        raise unreadable("E-READ-014", f"{file} line {row:,}", f"ts {text!r} is no ISO time", HELP) from None
    if moment.utcoffset() is None:
        raise unreadable("E-READ-014", f"{file} line {row:,}", f"ts {text!r} has no zone; write UTC (Z)", HELP)
    return int(moment.astimezone(UTC).timestamp())


def _channel(column: pl.Series, file: str) -> Ints:
    """Wh of a column, -1 for an empty cell."""
    if column.dtype.is_integer() and column.name.endswith("_wh"):
        values = column.fill_null(-1).to_numpy().astype(np.int64)
        lowest = column.min()
    elif column.dtype == pl.String:
        digits = 3 if column.name.endswith("_kwh") else 0
        known = {text: _wh(text, digits, column.name, file) for text in column.unique().to_list()}
        values = np.array([known[text] for text in column.to_list()], dtype=np.int64)
        lowest = min((value for text, value in known.items() if text and text.strip()), default=0)
    else:
        raise unreadable("E-READ-015", file, f"{column.name} is {column.dtype}; floats lose watt-hours", HELP)
    if lowest is not None and int(str(lowest)) < 0:
        raise unreadable("E-READ-016", file, f"{column.name} has a negative value; both channels are positive", HELP)
    return values


def _wh(text: str | None, digits: int, name: str, file: str) -> int:
    if text is None or text.strip() == "":
        return -1
    try:
        return scaled(text, digits)
    except ValueError as error:
        raise unreadable("E-READ-016", file, f"{name}: {error}", HELP) from None


def _length(starts: Ints, accounts: list[str], file: str) -> int:
    """Interval length: the smallest step between two readings of one account."""
    first = np.array(accounts) == accounts[0]
    steps = np.diff(np.unique(starts[first]))
    minutes = check_length(int(steps.min()) // 60 if len(steps) else 60, file)
    if (starts % (60 * minutes)).any():
        raise unreadable("E-READ-012", file, f"a ts is not on a whole {minutes}-minute mark", HELP)
    return minutes
