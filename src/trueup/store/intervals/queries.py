"""Questions to a whole store: its digest, what is disputed, and the days of an account."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from trueup.periods import PACIFIC
from trueup.reads.batch import CHANNELS
from trueup.store.intervals.lookup import Lookup
from trueup.store.intervals.month_file import AccountMonths
from trueup.store.intervals.months import MINUTES, Month
from trueup.store.intervals.rows import FileRow

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
    found = []
    for minutes in MINUTES:
        mine = [(month, files) for month, files in months.items() if month.minutes == minutes]
        first = next(_days(lookup, mine, account), None)
        last = next(_days(lookup, reversed(mine), account), None)
        if first and last:
            found.append(Span(minutes, first[0], last[1] + 1))
    return tuple(found)


def _days(lookup: Lookup, months: Iterable[tuple[Month, Sequence[FileRow]]], account: str) -> Iterator[tuple[int, int]]:
    """The first and the last day with a reading of each month in which an account has any."""
    for month, files in months:
        for found in lookup.find(files, [account]):
            ends = month.first_utc + 60 * month.minutes * lookup.ends(found)
            first, last = (datetime.fromtimestamp(int(at), PACIFIC).date().toordinal() for at in ends)
            yield first, last


def changes(lookup: Lookup, months: Months, ingests: Collection[int]) -> dict[str, int]:
    """First day (ordinal) of the earliest month of which some ingests changed something, by account."""
    found: dict[str, int] = {}
    for month, files in months.items():
        for name in lookup.names([file for file in files if file.ingest in ingests]):
            found[name] = min(month.first_day, found.get(name, month.first_day))
    return found
