"""What reading gives: one table of readings of one or several files, and what they hold."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cached_property

import numpy as np
import polars as pl

from trueup.errors import TrueupError
from trueup.periods import HOUR, PACIFIC, local_hours
from trueup.quantities import Bools, Ints
from trueup.reads.batch import ACTUAL, CHANNELS, STATUSES
from trueup.reads.source import unreadable

QUALITY = tuple("" if code == ACTUAL else word for code, word in enumerate(STATUSES))


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
    names
        Account ids that occur; an empty one where a file has none.
    number, channel, start, length, wh, status, known, file
        Columns, in order of account, channel and start: index into `names`, index into `CHANNELS`, UTC second,
        minutes, Wh, index into `STATUSES`, UTC second at which the value was made (0 unknown), index into `files`.
    repeated
        How many readings stand in two files with the same value; kept once.
    replaced
        How many readings another file's better or later value took the place of.
    netted
        Whether a column was signed: export was set off against import before the file was made.
    skipped
        Rows left out, by what they are.
    rounded
        Whether values were finer than a watt-hour, and are at the nearest one.
    """

    files: tuple[tuple[str, str, str], ...]
    names: tuple[str, ...]
    number: Ints
    channel: Ints
    start: Ints
    length: Ints
    wh: Ints
    status: Ints
    known: Ints
    file: Ints
    repeated: int = 0
    replaced: int = 0
    netted: bool = False
    skipped: dict[str, int] = field(default_factory=dict)
    rounded: bool = False

    @classmethod
    def of_channels(
        cls, files: tuple[tuple[str, str, str], ...], minutes: int, channel: Ints, start: Ints, wh: Ints
    ) -> "Reads":
        """Readings of one home from arrays, all actual and of one length, in order of channel and start."""
        nothing = np.zeros(len(start), dtype=np.int64)
        same = nothing + minutes
        return cls(files, ("",), nothing, channel, start, same, wh, nothing + ACTUAL, nothing, nothing)

    @cached_property
    def lengths(self) -> tuple[int, ...]:
        """Interval lengths that occur, in minutes, ascending."""
        return tuple(np.unique(self.length).tolist())

    @property
    def minutes(self) -> int:
        """The one interval length.

        Raises
        ------
        TrueupError
            E-READ-011 where there are several; `lengths` names them.
        """
        if len(self.lengths) != 1:
            files = ", ".join(name for name, _, _ in self.files)
            found = " and ".join(str(length) for length in self.lengths)
            what = f"interval lengths differ ({found} minutes)"
            raise unreadable("E-READ-011", files, what, "Bill files of one interval length together.")
        return self.lengths[0]

    @property
    def account(self) -> tuple[str, ...]:
        """Account id of each reading."""
        return tuple(np.array(self.names, dtype=object)[self.number].tolist())

    @property
    def quality(self) -> tuple[str, ...]:
        """Status word of each reading; empty means actual."""
        return tuple(np.array(QUALITY, dtype=object)[self.status].tolist())

    @cached_property
    def accounts(self) -> list[str]:
        """Account ids that the readings name."""
        return sorted({self.names[number] for number in np.unique(self.number).tolist()} - {""})

    def of(self, account: str) -> "Reads":
        """The readings of one account; all of them where the files name none.

        Raises
        ------
        TrueupError
            E-READ-017 where the files name other accounts only.
        """
        if not self.accounts:
            return self
        if account not in self.accounts:
            raise TrueupError(
                "E-READ-017",
                f"the files hold no readings of account {account}; they hold {', '.join(self.accounts[:5])}",
                "Readings of another account must not be billed.",
                "Name the right files, or correct `account` in the account file.",
            )
        return self.where(self.number == self.names.index(account))

    def where(self, chosen: Bools) -> "Reads":
        """Some of the readings."""
        columns = ("number", "channel", "start", "length", "wh", "status", "known", "file")
        return replace(self, **{name: getattr(self, name)[chosen] for name in columns})

    @cached_property
    def duplicates(self) -> Ints:
        """Indices of readings whose account, channel and start stand before them again."""
        same = (self.channel[1:] == self.channel[:-1]) & (self.start[1:] == self.start[:-1])
        return np.nonzero(same & (self.number[1:] == self.number[:-1]))[0] + 1

    def gaps(self) -> list[Gap]:
        """Stretches inside the files' span without readings, account by account and channel by channel."""
        if len(self.accounts) > 1:
            return [gap for name in self.accounts for gap in self.of(name).gaps()]
        ends = self.start + 60 * self.length
        first, last = int(self.start.min()), int(ends.max())
        found = []
        for code in sorted(set(self.channel.tolist()) | {0, 1}):
            chosen = self.channel == code
            edges = np.concatenate([[first], ends[chosen]]), np.concatenate([self.start[chosen], [last]])
            for begin, end in np.stack(edges, axis=1)[edges[1] > edges[0]].tolist():
                found.append(Gap(CHANNELS[code], begin, end))
        return found

    def clock_changes(self) -> list[tuple[str, int]]:
        """Days of 23 or 25 hours in the span: ISO date and how many intervals a whole one has."""
        first, last = (pacific(int(second)).date().toordinal() for second in (self.start.min(), self.start.max()))
        hours = {day: len(local_hours(day)) for day in range(first, last + 1)}
        changed = {day: count for day, count in hours.items() if count != 24}
        return [
            (date.fromordinal(day).isoformat(), count * 60 // self._length_on(day)) for day, count in changed.items()
        ]

    def _length_on(self, day: int) -> int:
        """The shortest interval near a day."""
        noon = int(datetime.combine(date.fromordinal(day), datetime.min.time(), PACIFIC).timestamp()) + 12 * HOUR
        near = self.length[np.abs(self.start - noon) <= 24 * HOUR]
        return int(near.min()) if len(near) else self.lengths[0]

    def total_wh(self, channel: str) -> int:
        """Energy of a channel."""
        return int(self.wh[self.channel == CHANNELS.index(channel)].sum())

    def to_polars(self) -> pl.DataFrame:
        """The table: account, channel, start (UTC), minutes, wh, quality, source."""

        def words(names: Sequence[str], codes: Ints) -> pl.Series:
            return pl.Series(list(names), dtype=pl.String).gather(codes)

        return pl.DataFrame(
            {
                "account": words(self.names, self.number),
                "channel": words(CHANNELS, self.channel),
                "start": pl.Series(self.start * 1000).cast(pl.Datetime("ms")).dt.replace_time_zone("UTC"),
                "minutes": self.length,
                "wh": self.wh,
                "quality": words(QUALITY, self.status),
                "source": words([name for name, _, _ in self.files], self.file),
            }
        )


def pacific(second: int) -> datetime:
    """A UTC second as Pacific prevailing time."""
    return datetime.fromtimestamp(second, UTC).astimezone(PACIFIC)


def clock_minute(second: int) -> int:
    """Minute of the day that a Pacific clock shows at a UTC second."""
    moment = pacific(second)
    return 60 * moment.hour + moment.minute


__all__ = ["CHANNELS", "HOUR", "Gap", "Reads", "clock_minute", "pacific", "unreadable"]
