"""Questions to a whole store: its digest, what is disputed, and the days of an account."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from trueup.periods import PACIFIC
from trueup.reads.batch import CHANNELS
from trueup.store.intervals.catalogue import FileRow
from trueup.store.intervals.lookup import Lookup
from trueup.store.intervals.month_file import AccountMonths
from trueup.store.intervals.months import Month

Months = Mapping[Month, Sequence[FileRow]]


@dataclass(frozen=True)
class Span:
    """The days of an account's readings of one interval length, `last_day` excluded; ordinals."""

    minutes: int
    first_day: int
    last_day: int


@dataclass(frozen=True, order=True)
class Dispute:
    """An interval of which two values of equal status and known were given: it has none until a higher one settles it.

    Attributes
    ----------
    channel, status
        Indices into `CHANNELS` and `STATUSES`.
    start, known
        UTC seconds.
    """

    account: str
    channel: int
    start: int
    minutes: int
    status: int
    known: int


def digest(lookup: Lookup, months: Months) -> str:
    """SHA-256 over account, month, interval length, values, statuses and times of making of every account-month."""
    whole = hashlib.sha256()
    for month, files in months.items():
        entries = sorted(entry for held in lookup.newest(files) for entry in _entries(month, held))
        whole.update(f"{month.minutes} {month.text} {len(entries)}\n".encode() + b"".join(entries))
    return whole.hexdigest()


def _entries(month: Month, held: AccountMonths) -> Iterator[bytes]:
    """A digest of each account-month; a channel of which nothing was read does not enter."""
    for at, name in enumerate(held.names):
        entry = hashlib.sha256(f"{name}\n{month.minutes} {month.text}\n".encode())
        for channel, title in enumerate(CHANNELS):
            value, key = held.state.value[at, channel], held.state.key[at, channel]
            if key.any():
                entry.update(title.encode() + value.astype("<i4").tobytes() + key.astype("<i8").tobytes())
        yield entry.digest()


def disputes(lookup: Lookup, months: Months) -> tuple[Dispute, ...]:
    """The disputed intervals, sorted; files without any are not opened."""
    found: list[Dispute] = []
    for month, files in months.items():
        if any(file.disputed for file in files):
            for held in lookup.newest(files):
                found += _disputes(month, held)
    return tuple(sorted(found))


def _disputes(month: Month, held: AccountMonths) -> Iterator[Dispute]:
    starts, status, known = month.starts(), held.state.status, held.state.known
    for at in np.argwhere(held.state.disputed):
        account, channel, interval = (int(index) for index in at)
        where = (account, channel, interval)
        start = int(starts[interval])
        yield Dispute(held.names[account], channel, start, month.minutes, int(status[where]), int(known[where]))


def spans(lookup: Lookup, months: Months, account: str) -> tuple[Span, ...]:
    """The days of an account's readings, by interval length."""
    held = [month for month, files in months.items() if next(lookup.find(files, [account]), None)]
    found = []
    for minutes in sorted({month.minutes for month in held}):
        mine = [month for month in held if month.minutes == minutes]
        first, last = (_days(lookup, month, months[month], account) for month in (mine[0], mine[-1]))
        found.append(Span(minutes, first[0], last[1] + 1))
    return tuple(found)


def _days(lookup: Lookup, month: Month, files: Sequence[FileRow], account: str) -> tuple[int, int]:
    """The first and the last day of a month with a reading."""
    read = lookup.current(month, files, [account]).state.key[0].any(axis=0)
    starts = month.starts()[read]
    first, last = (datetime.fromtimestamp(int(at), PACIFIC).date().toordinal() for at in starts[[0, -1]])
    return first, last


def changes(lookup: Lookup, months: Months, after: int) -> dict[str, int]:
    """First day (ordinal) of the earliest month of which something was written after an ingest, by account."""
    found: dict[str, int] = {}
    for month, files in months.items():
        first = datetime.fromtimestamp(month.first_utc, PACIFIC).date().toordinal()
        for name in lookup.names([file for file in files if file.ingest > after]):
            found[name] = min(first, found.get(name, first))
    return found
