"""Pacific months as rows of intervals: what a stored file spans, so that no local day is ever cut."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache

import numpy as np

from trueup.periods import midnights, month_from_text, month_text
from trueup.quantities import Ints

MINUTES = (5, 15, 30, 60)
"""Lengths of an interval."""
FIRST, END = month_from_text("1990-01"), month_from_text("2100-01")
"""The months that can be stored, `END` excluded."""


@dataclass(frozen=True, order=True)
class Month:
    """A Pacific month in intervals of one length.

    Attributes
    ----------
    minutes
        Length of an interval.
    index
        Months since year 0, as `periods.month_index`.
    """

    minutes: int
    index: int

    @property
    def text(self) -> str:
        """``YYYY-MM``."""
        return month_text(self.index)

    @property
    def folder(self) -> str:
        """Where its files lie below the store."""
        return f"intervals/{self.minutes}/{self.text}"

    @property
    def first_day(self) -> int:
        """Ordinal of its first day."""
        return first_day(self.index)

    @property
    def last_day(self) -> int:
        """Ordinal of the day after its last."""
        return first_day(self.index + 1)

    @property
    def first_utc(self) -> int:
        """UTC second at which it begins."""
        return int(month_starts()[self.index - FIRST])

    @cached_property
    def intervals(self) -> int:
        """How many it has: 2,976 of 15 minutes in 31 days, four more or fewer where the clock changes."""
        return int(month_starts()[self.index - FIRST + 1] - self.first_utc) // (60 * self.minutes)

    def starts(self) -> Ints:
        """(intervals,) UTC seconds at which its intervals begin."""
        found: Ints = self.first_utc + 60 * self.minutes * np.arange(self.intervals, dtype=np.int64)
        return found


def first_day(index: int) -> int:
    """Ordinal of the first day of a month."""
    return date(index // 12, index % 12 + 1, 1).toordinal()


@lru_cache(maxsize=1)
def month_starts() -> Ints:
    """UTC seconds at which the Pacific months from `FIRST` to `END` begin, both included."""
    found = midnights(first_day(index) for index in range(FIRST, END + 1))
    found.flags.writeable = False
    return found


def month_of(seconds: Ints) -> Ints:
    """The month indices of UTC seconds; below `FIRST` or from `END` on where they cannot be stored."""
    if not len(seconds):
        return np.empty(0, dtype=np.int64)
    starts = month_starts()
    least, most = np.searchsorted(starts, [seconds.min(), seconds.max()], side="right")
    found: Ints = np.searchsorted(starts[least:most], seconds, side="right") + (least + FIRST - 1)
    return found


def months_between(day: int, end: int, minutes: int) -> list[Month]:
    """The months that the days from `day` to `end` (excluded) touch."""
    months, on = [], date.fromordinal(day)
    index = 12 * on.year + on.month - 1
    while first_day(index) < end:
        months.append(Month(minutes, index))
        index += 1
    return months
