"""Pacific days, months and the intervals of a span. Days are counted as proleptic ordinals (`date.toordinal`)."""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from trueup.quantities import Bools, Ints

PACIFIC = ZoneInfo("America/Los_Angeles")
HOUR = 3600
NEVER = date(9999, 12, 31).toordinal()
"""A day after all others: a fact that has not happened."""


def midnight_utc(day: int) -> int:
    """The UTC second at which a Pacific day starts."""
    local = datetime.combine(date.fromordinal(day), datetime.min.time(), PACIFIC)
    return int(local.timestamp())


def intervals_to(day: int, first_day: int, minutes: int) -> int:
    """How many intervals there are from the beginning of one Pacific day to that of another."""
    return (midnight_utc(day) - midnight_utc(first_day)) // (60 * minutes)


def midnights(days: Iterable[int]) -> Ints:
    """(K,) UTC seconds at which Pacific days (ordinals) start."""
    return np.array([midnight_utc(int(day)) for day in days], dtype=np.int64)


@lru_cache(maxsize=16384)
def local_hours(day: int) -> tuple[int, ...]:
    """The clock hours of a Pacific day in the order they pass: 24, or 23 and 25 where the clock changes."""
    start, end = midnight_utc(day), midnight_utc(day + 1)
    seconds = range(start, end, HOUR)
    return tuple(datetime.fromtimestamp(second, UTC).astimezone(PACIFIC).hour for second in seconds)


@dataclass(frozen=True)
class Runs:
    """The spans of a stretch of Pacific days in which clock hours follow one another, as columns.

    An ordinary day is one run; the spring day is two (00 to 02, 03 to 24), the autumn day three: its
    repeated hour is a run of its own, marked `repeated`. So a fold needs no clock-change branch.

    Attributes
    ----------
    day
        Index of the day in the span.
    start
        First hour of the run, counted from the start of the span.
    hours
        Length in hours.
    clock_hour
        Clock hour at which the run starts.
    repeated
        Whether the run is the second pass of an autumn hour.
    """

    first_day: int
    days: int
    day: Ints
    start: Ints
    hours: Ints
    clock_hour: Ints
    repeated: Bools

    @property
    def first_utc(self) -> int:
        """UTC second at which the span starts."""
        return midnight_utc(self.first_day)

    @property
    def total_hours(self) -> int:
        """Hours of the whole span."""
        return int(self.hours.sum())


@lru_cache(maxsize=64)
def runs(first_day: int, last_day: int) -> Runs:
    """The runs of the Pacific days from `first_day` (included) to `last_day` (excluded)."""
    rows: list[tuple[int, int, int, int, bool]] = []
    at = 0
    for index in range(last_day - first_day):
        for clock_hour, length, repeated in _runs_of_day(local_hours(first_day + index)):
            rows.append((index, at, length, clock_hour, repeated))
            at += length
    columns = np.array(rows, dtype=np.int64).reshape(-1, 5).T
    return Runs(
        first_day, last_day - first_day, columns[0], columns[1], columns[2], columns[3], columns[4].astype(np.bool_)
    )


def _runs_of_day(hours: tuple[int, ...]) -> list[tuple[int, int, bool]]:
    """(clock hour, length, repeated) of the runs in a day's clock hours."""
    found: list[tuple[int, int, bool]] = []
    seen: set[int] = set()
    for hour in hours:
        repeated = hour in seen
        clock_hour, length, was_repeated = found[-1] if found else (-1, 0, False)
        if found and hour == clock_hour + length and repeated == was_repeated:
            found[-1] = (clock_hour, length + 1, repeated)
        else:
            found.append((hour, 1, repeated))
        seen.add(hour)
    return found


def month_index(days: Ints) -> Ints:
    """Months since year 0 of day ordinals: 12 x year + month - 1."""
    since_epoch = np.asarray(days, dtype=np.int64) - date(1970, 1, 1).toordinal()
    months = since_epoch.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return months + 12 * 1970


def month_text(index: int) -> str:
    """``YYYY-MM`` of a month index."""
    return f"{index // 12:04d}-{index % 12 + 1:02d}"


def month_from_text(text: str) -> int:
    """Month index of ``YYYY-MM``."""
    year, month = text.split("-")
    return 12 * int(year) + int(month) - 1


def years_later(day: int, years: int) -> int:
    """The same calendar day some years later; 29 February becomes 28 February where there is none."""
    start = date.fromordinal(day)
    try:
        return start.replace(year=start.year + years).toordinal()
    except ValueError:
        return (start.replace(year=start.year + years, day=28)).toordinal()


def months_before(day: date, months: int) -> date:
    """The same day some months earlier, or the last of that month where it has none."""
    index = day.year * 12 + day.month - 1 - months
    last = monthrange(index // 12, index % 12 + 1)[1]
    return date(index // 12, index % 12 + 1, min(day.day, last))


def day_text(day: int) -> str:
    """ISO date of a day ordinal."""
    return date.fromordinal(int(day)).isoformat()


def nth_weekday(year: int, month: int, weekday: int, nth: int | None) -> date:
    """The nth weekday (Monday is 0) of a month; the last one where `nth` is None."""
    if nth is None:
        last = (date(year + month // 12, month % 12 + 1, 1)) - timedelta(days=1)
        return last - timedelta(days=(last.weekday() - weekday) % 7)
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))
