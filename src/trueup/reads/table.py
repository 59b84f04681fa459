"""What every reader returns: one table of readings, and what a meter file holds."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

import numpy as np
import polars as pl

from trueup.errors import TrueupError
from trueup.periods import HOUR, PACIFIC, local_hours
from trueup.quantities import Bools, Ints

CHANNELS = ("delivered", "received", "generation")
NO_FILE = "nothing was computed or written"


def unreadable(code: str, file: str, what: str, todo: str) -> TrueupError:
    """The error for a meter file that cannot be used."""
    return TrueupError(code, f"{file}: {what}", f"A doubtful meter file makes a doubtful bill, so {NO_FILE}.", todo)


@dataclass(frozen=True)
class Parsed:
    """One file's readings as columns.

    Attributes
    ----------
    account
        Account id of each reading, empty where the format has none.
    channel
        Index into `CHANNELS`.
    start
        UTC second.
    wh
        Energy of the interval.
    quality
        What the file says of the reading; empty means actual.
    """

    file: str
    sha256: str
    form: str
    minutes: int
    account: list[str]
    channel: Ints
    start: Ints
    wh: Ints
    quality: list[str]


@dataclass(frozen=True)
class Gap:
    """A stretch without readings, in UTC seconds, end excluded."""

    channel: str
    start: int
    end: int


@dataclass(frozen=True)
class Reads:
    """The readings of some meter files: delivered is utility to customer, received is customer to utility.

    Attributes
    ----------
    files
        (name, SHA-256, format) of each file.
    minutes
        Interval length.
    account, channel, start, wh, quality, file
        Columns, in order of channel and start; `start` is a UTC second, `file` an index into `files`.
    repeated
        How many readings stand in two files with the same value; kept once.
    """

    files: tuple[tuple[str, str, str], ...]
    minutes: int
    account: tuple[str, ...]
    channel: Ints
    start: Ints
    wh: Ints
    quality: tuple[str, ...]
    file: Ints
    repeated: int

    @property
    def accounts(self) -> list[str]:
        """Account ids that the files name."""
        return sorted({name for name in self.account if name})

    def of(self, account: str) -> "Reads":
        """The readings of one account; all of them where the files name none."""
        if not self.accounts:
            return self
        if account not in self.accounts:
            raise TrueupError(
                "E-READ-017",
                f"the files hold no readings of account {account}; they hold {', '.join(self.accounts[:5])}",
                "Readings of another account must not be billed.",
                "Name the right files, or correct `account` in the account file.",
            )
        return self.where(np.array([name == account for name in self.account]))

    def where(self, chosen: Bools) -> "Reads":
        """Some of the readings."""
        at = np.nonzero(chosen)[0]
        return Reads(
            self.files,
            self.minutes,
            tuple(self.account[i] for i in at),
            self.channel[at],
            self.start[at],
            self.wh[at],
            tuple(self.quality[i] for i in at),
            self.file[at],
            self.repeated,
        )

    @cached_property
    def duplicates(self) -> Ints:
        """Indices of readings whose account, channel and start stand before them again."""
        same = (self.channel[1:] == self.channel[:-1]) & (self.start[1:] == self.start[:-1])
        same &= np.array(self.account[1:], dtype=object) == np.array(self.account[:-1], dtype=object)
        return np.nonzero(same)[0] + 1

    def gaps(self) -> list[Gap]:
        """Stretches inside the files' span without readings, account by account and channel by channel."""
        if len(self.accounts) > 1:
            return [gap for name in self.accounts for gap in self.of(name).gaps()]
        first, last = int(self.start.min()), int(self.start.max()) + 60 * self.minutes
        found = []
        for code in sorted(set(self.channel.tolist()) | {0, 1}):
            starts = np.unique(self.start[self.channel == code])
            edges = np.concatenate([[first], starts + 60 * self.minutes]), np.concatenate([starts, [last]])
            for begin, end in zip(*edges, strict=True):
                if end > begin:
                    found.append(Gap(CHANNELS[code], int(begin), int(end)))
        return found

    def clock_changes(self) -> list[tuple[str, int]]:
        """Days of 23 or 25 hours in the span: ISO date and how many intervals a whole one has."""
        first, last = (pacific(int(second)).date().toordinal() for second in (self.start.min(), self.start.max()))
        changed = [(day, len(local_hours(day))) for day in range(first, last + 1) if len(local_hours(day)) != 24]
        per_hour = 60 // self.minutes
        return [(datetime.fromordinal(day).date().isoformat(), hours * per_hour) for day, hours in changed]

    def total_wh(self, channel: str) -> int:
        """Energy of a channel."""
        return int(self.wh[self.channel == CHANNELS.index(channel)].sum())

    def to_polars(self) -> pl.DataFrame:
        """The table: account, channel, start (UTC), minutes, wh, quality, source."""
        return pl.DataFrame(
            {
                "account": list(self.account),
                "channel": [CHANNELS[code] for code in self.channel],
                "start": pl.Series(self.start * 1000).cast(pl.Datetime("ms")).dt.replace_time_zone("UTC"),
                "minutes": [self.minutes] * len(self.start),
                "wh": self.wh,
                "quality": list(self.quality),
                "source": [self.files[code][0] for code in self.file],
            }
        )


def pacific(second: int) -> datetime:
    """A UTC second as Pacific prevailing time."""
    return datetime.fromtimestamp(second, UTC).astimezone(PACIFIC)


def _common_length(parts: list[Parsed]) -> int:
    """The interval length of files that may be billed together."""
    files = ", ".join(f"{part.file} ({part.minutes} min)" for part in parts)
    if len({bool(name) for part in parts for name in part.account[:1]}) > 1:
        raise unreadable("E-READ-023", files, "some files name accounts, some do not", "Bill them apart.")
    if len({part.minutes for part in parts}) > 1:
        raise unreadable("E-READ-011", files, "interval lengths differ", "Bill files of one interval length together.")
    return parts[0].minutes


def combine(parts: list[Parsed]) -> Reads:
    """Several files as one table. The same reading in two files counts once; a contradiction is an error.

    Raises
    ------
    TrueupError
        E-READ-011 for files of different interval length, E-READ-022 for contradicting readings.
    """
    minutes = _common_length(parts)
    account = np.array([name for part in parts for name in part.account], dtype=object)
    quality = np.array([text for part in parts for text in part.quality], dtype=object)
    channel, start, wh = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("channel", "start", "wh")
    )
    file = np.repeat(np.arange(len(parts)), [len(part.start) for part in parts])
    number = np.unique(account.astype(str), return_inverse=True)[1]
    order = np.lexsort((file, start, channel, number))
    account, channel, start, wh, quality, file, number = (
        column[order] for column in (account, channel, start, wh, quality, file, number)
    )
    same = (number[1:] == number[:-1]) & (channel[1:] == channel[:-1]) & (start[1:] == start[:-1])
    again = np.concatenate([[False], same & (file[1:] != file[:-1])])
    contradicts = np.nonzero(again & np.concatenate([[False], wh[1:] != wh[:-1]]))[0]
    if len(contradicts):
        at = contradicts[0]
        raise unreadable(
            "E-READ-022",
            f"{parts[file[at - 1]].file} and {parts[file[at]].file}",
            f"{CHANNELS[channel[at]]} of {pacific(int(start[at])):%Y-%m-%d %H:%M %Z} is {wh[at - 1]} Wh in one and "
            f"{wh[at]} Wh in the other",
            "Find out which file is right and leave the other out.",
        )
    kept = ~again
    return Reads(
        tuple((part.file, part.sha256, part.form) for part in parts),
        minutes,
        tuple(account[kept]),
        channel[kept],
        start[kept],
        wh[kept],
        tuple(quality[kept]),
        file[kept],
        int(again.sum()),
    )


def check_length(minutes: int, file: str) -> int:
    """Refuse interval lengths that do not fit an hour (E-READ-012)."""
    if minutes not in (5, 15, 30, 60):
        raise unreadable("E-READ-012", file, f"intervals of {minutes} minutes", "Give 5, 15, 30 or 60 minute data.")
    return minutes


__all__ = ["CHANNELS", "HOUR", "Gap", "Parsed", "Reads", "combine", "pacific", "unreadable"]
