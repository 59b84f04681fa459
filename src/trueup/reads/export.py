"""Readings as files for others: Green Button XML, the neutral CSV and Parquet, the meter data listing.

What each keeps: the listing everything but the file names; Green Button accounts, channels, times, quantities and
whether a value is actual, edited or estimated (a corrected one counts as validated); the neutral files no status.
Readings of a signed column stay marked: by a column `netted`, or as one net channel in Green Button.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from trueup.quantities import Ints
from trueup.reads.batch import ACTUAL, CHANNELS, CORRECTED, EDITED, STATUSES
from trueup.reads.espi_types import ACCOUNT_ID, FORWARD, GENERATION_ID, NET, REVERSE
from trueup.reads.source import unreadable
from trueup.reads.table import Reads, pacific

ROWS = 50_000
"""Rows put together at a time."""
QUALITY = {ACTUAL: "", CORRECTED: "17", EDITED: "7"}
ESTIMATE = "8"
FLOWS = (FORWARD, REVERSE, FORWARD)
FEED = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
    "<id>urn:x-trueup:readings</id><title>Readings</title><updated>{}</updated>\n"
)


def to_green_button(reads: Reads) -> Iterator[str]:
    """Green Button XML: per account a usage point, per channel and length a meter reading, blocks by Pacific day.

    Raises
    ------
    TrueupError
        E-READ-034 where a signed column stands among readings of two channels, which one net channel cannot hold.
    """
    made = iso(int((reads.start + 60 * reads.length).max())) if len(reads.start) else iso(0)
    yield FEED.format(made)
    for number, name in enumerate(reads.names):
        mine = reads.number == number
        for prefix, codes in ((ACCOUNT_ID, (0, 1)), (GENERATION_ID, (2,))):
            chosen = mine & np.isin(reads.channel, codes)
            if chosen.any():
                part, flows = reads.where(chosen), list(FLOWS)
                if reads.netted and codes[0] == 0:
                    part, flows = _net(part), [NET]
                identity = prefix + quote(name, safe="")
                yield from _usage_point(part, identity, f"{number}-{codes[0]}", flows, made)
    yield "</feed>\n"


def _net(reads: Reads) -> Reads:
    """Readings of two channels as one that is signed, in channel 0."""
    one, other = (reads.where(reads.channel == code) for code in (0, 1))
    same = all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("start", "length", "status"))
    if not same or (np.minimum(one.wh, other.wh) > 0).any():
        files = ", ".join(name for name, _, _ in reads.files)
        what = "a signed column among readings of two channels"
        raise unreadable("E-READ-034", files, what, "Write the meter data listing, or each file by itself.")
    return replace(one, wh=one.wh - other.wh)


def _usage_point(reads: Reads, identity: str, key: str, flows: Sequence[str], made: str) -> Iterator[str]:
    point = f"/UsagePoint/{key}"
    content = '<UsagePoint xmlns="http://naesb.org/espi"><ServiceCategory><kind>0</kind></ServiceCategory></UsagePoint>'
    yield _entry(identity, point, "/UsagePoint", (f"{point}/MeterReading",), content, made)
    for channel in np.unique(reads.channel).tolist():
        for minutes in np.unique(reads.length[reads.channel == channel]).tolist():
            at = (reads.channel == channel) & (reads.length == minutes)
            yield from _meter_reading(reads.where(at), f"{channel}-{minutes}-{flows[channel]}", point, made)


def _meter_reading(reads: Reads, name: str, point: str, made: str) -> Iterator[str]:
    """Entries of readings of one channel and length; the name is of channel, minutes and direction of flow."""
    _, length, flow = name.split("-")
    meter, kind = f"{point}/MeterReading/{name}", f"/ReadingType/{name}"
    up, blocks, minutes = f"{point}/MeterReading", f"{meter}/IntervalBlock", int(length)
    yield _entry(
        "urn:x-trueup:" + meter, meter, up, (blocks, kind), '<MeterReading xmlns="http://naesb.org/espi"/>', made
    )
    content = (
        '<ReadingType xmlns="http://naesb.org/espi"><accumulationBehaviour>4</accumulationBehaviour>'
        f"<commodity>1</commodity><flowDirection>{flow}</flowDirection><intervalLength>{60 * minutes}</intervalLength>"
        "<kind>12</kind><powerOfTenMultiplier>0</powerOfTenMultiplier><uom>72</uom></ReadingType>"
    )
    yield _entry("urn:x-trueup:" + kind, kind, "/ReadingType", (), content, made)
    for number, chosen in enumerate(_days(reads.start)):
        content = _block(reads, chosen, minutes)
        yield _entry(f"urn:x-trueup:{blocks}/{number}", f"{blocks}/{number}", blocks, (), content, made)


def _days(start: Ints) -> Iterator[slice]:
    """Stretches of readings, in order, that start on the same Pacific day."""
    days = {hour: pacific(hour * 3600).toordinal() for hour in np.unique(start // 3600).tolist()}
    day = np.array([days[hour] for hour in (start // 3600).tolist()], dtype=np.int64)
    edges = [0, *(np.nonzero(np.diff(day))[0] + 1).tolist(), len(day)]
    for begin, end in pairwise(edges):
        yield slice(begin, end)


def _block(reads: Reads, chosen: slice, minutes: int) -> str:
    start, wh, status = (column[chosen].tolist() for column in (reads.start, reads.wh, reads.status))
    readings = "".join(
        f"<IntervalReading>{_quality(state)}<timePeriod><duration>{60 * minutes}</duration><start>{second}</start>"
        f"</timePeriod><value>{value}</value></IntervalReading>"
        for second, value, state in zip(start, wh, status, strict=True)
    )
    span = start[-1] - start[0] + 60 * minutes
    interval = f"<interval><duration>{span}</duration><start>{start[0]}</start></interval>"
    return f'<IntervalBlock xmlns="http://naesb.org/espi">{interval}{readings}</IntervalBlock>'


def _quality(status: int) -> str:
    code = QUALITY.get(status, ESTIMATE)
    return f"<ReadingQuality><quality>{code}</quality></ReadingQuality>" if code else ""


def _entry(identity: str, own: str, up: str, related: tuple[str, ...], content: str, made: str) -> str:
    links = "".join(f'<link rel="related" href="{path}"/>' for path in related)
    return (
        f'<entry><id>{identity}</id><link rel="self" href="{own}"/><link rel="up" href="{up}"/>{links}<title/>'
        f"<content>{content}</content><published>{made}</published><updated>{made}</updated></entry>\n"
    )


def to_mdm_csv(reads: Reads) -> Iterator[str]:
    """The meter data listing: account, channel, start, minutes, wh, status, known; netted where a column was signed."""
    mark, flag = (",netted", ",yes") if reads.netted else ("", "")
    yield f"account,channel,start,minutes,wh,status,known{mark}\n"
    for at in range(0, len(reads.start), ROWS):
        part = slice(at, at + ROWS)
        rows = zip(*(column[part].tolist() for column in _listing(reads)), strict=True)
        yield "".join(
            f"{cell(reads.names[number])},{CHANNELS[channel]},{iso(start)},{minutes},{wh},{STATUSES[status]},"
            f"{iso(known) if known else ''}{flag}\n"
            for number, channel, start, minutes, wh, status, known in rows
        )


def _listing(reads: Reads) -> tuple[Ints, ...]:
    return reads.number, reads.channel, reads.start, reads.length, reads.wh, reads.status, reads.known


def to_neutral_csv(reads: Reads) -> Iterator[str]:
    """The neutral CSV: account, ts, minutes, and Wh of each channel, empty where there is no reading."""
    table = _wide(reads)
    names = list(table)
    yield ",".join(names) + "\n"
    for at in range(0, len(table["ts"]), ROWS):
        columns = [column[at : at + ROWS] for column in table.values()]
        rows = zip([cell(name) for name in columns[0]], *columns[1:], strict=True)
        yield "".join(",".join("" if value is None else str(value) for value in row) + "\n" for row in rows)


def to_neutral_parquet(reads: Reads) -> bytes:
    """The neutral Parquet file: the same columns, `ts` as a UTC timestamp, Wh as integers."""
    table = _wide(reads)
    arrays = {name: pa.array(table[name], pa.int64()) for name in table if name == "minutes" or name.endswith("_wh")}
    arrays |= {name: pa.array(table[name]) for name in table if name == "netted"}
    arrays["ts"] = pa.array([datetime.fromisoformat(text) for text in table["ts"]], type=pa.timestamp("s", "UTC"))
    arrays["account"] = pa.array(table["account"], type=pa.string()).dictionary_encode()
    out = io.BytesIO()
    pq.write_table(pa.table({name: arrays[name] for name in table}), out, compression="zstd")
    return out.getvalue()


def _wide(reads: Reads) -> dict[str, list[Any]]:
    """A row for each account, start and length; what stands twice in a channel takes a row more."""
    order = np.lexsort((reads.channel, reads.length, reads.start, reads.number))
    number, channel, start, length, wh = (
        column[order].tolist() for column in (reads.number, reads.channel, reads.start, reads.length, reads.wh)
    )
    rows: list[tuple[int, int, int]] = []
    values: tuple[list[int | None], ...] = tuple([] for _ in CHANNELS)
    for key, code, value in zip(zip(number, start, length, strict=True), channel, wh, strict=True):
        if not rows or rows[-1] != key or values[code][-1] is not None:
            rows.append(key)
            for column in values:
                column.append(None)
        values[code][-1] = value
    present = set(np.unique(reads.channel).tolist()) | {0, 1}
    return {
        "account": [reads.names[row[0]] for row in rows],
        "ts": [iso(row[1]) for row in rows],
        "minutes": [row[2] for row in rows],
        **{f"{name}_wh": values[code] for code, name in enumerate(CHANNELS) if code in present},
        **({"netted": ["yes"] * len(rows)} if reads.netted else {}),
    }


def iso(second: int) -> str:
    """A UTC second as ISO text."""
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%SZ}"


def cell(text: str) -> str:
    """A cell of CSV, quoted where it must be."""
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in '",\n\r') else text


__all__ = ["to_green_button", "to_mdm_csv", "to_neutral_csv", "to_neutral_parquet"]
