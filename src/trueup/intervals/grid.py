"""The intervals of a stretch of Pacific days: which day, which clock slot, which UTC second."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from trueup.periods import local_hours, midnight_utc
from trueup.quantities import Ints


@dataclass(frozen=True)
class Grid:
    """Intervals of `minutes` from the Pacific midnight of `first_day` to that of `last_day` (excluded).

    Attributes
    ----------
    day
        (T,) index of the day of each interval.
    clock
        (T,) slot of the clock: both passes of an autumn hour have the same.
    """

    first_day: int
    last_day: int
    minutes: int
    day: Ints
    clock: Ints

    @property
    def step(self) -> int:
        """Seconds of an interval."""
        return 60 * self.minutes

    @property
    def days(self) -> int:
        """How many days."""
        return self.last_day - self.first_day

    @property
    def length(self) -> int:
        """How many intervals, T."""
        return len(self.day)

    @property
    def per_day(self) -> int:
        """Intervals of a day of 24 hours."""
        return 24 * 60 // self.minutes

    @cached_property
    def first_utc(self) -> int:
        """UTC second of the first interval."""
        return midnight_utc(self.first_day)

    @cached_property
    def starts(self) -> Ints:
        """(T,) UTC second of each interval."""
        return self.first_utc + self.step * np.arange(self.length, dtype=np.int64)

    @cached_property
    def day_start(self) -> Ints:
        """(days + 1,) interval at which each day starts, and the end."""
        found: Ints = np.searchsorted(self.day, np.arange(self.days + 1)).astype(np.int64)
        return found

    @cached_property
    def of_day(self) -> Ints:
        """(days, 25 hours of slots) the intervals of each day in order; T where the day has no more."""
        slots = self.day_start[:-1, None] + np.arange(self.per_day + 60 // self.minutes)
        return np.where(slots < self.day_start[1:, None], slots, self.length)

    @cached_property
    def of_clock(self) -> Ints:
        """(days, slots of 24 hours) the first interval at each clock slot of each day; T where there is none."""
        found = np.full((self.days, self.per_day), self.length, dtype=np.int64)
        order = np.arange(self.length - 1, -1, -1)
        found[self.day[order], self.clock[order]] = order
        return found

    @cached_property
    def of_sun(self) -> Ints:
        """(uniform days, slots) intervals of days of 24 hours from the first midnight on; T past the end.

        The sun does not know of clock changes, so what depends on it is compared on these days.
        """
        rows = -(-self.length // self.per_day)
        slots = np.arange(rows * self.per_day, dtype=np.int64).reshape(rows, self.per_day)
        return np.minimum(slots, self.length)

    def slot(self, seconds: Ints, upward: bool = False) -> Ints:
        """The interval in which UTC seconds lie, or with `upward` the first that starts no earlier; within 0..T."""
        at = seconds - self.first_utc + (self.step - 1 if upward else 0)
        return np.clip(at // self.step, 0, self.length)

    def utc(self, slots: Ints) -> Ints:
        """UTC second at which intervals start; the end of the stretch for T."""
        return self.first_utc + self.step * slots


@lru_cache(maxsize=32)
def grid(first_day: int, last_day: int, minutes: int) -> Grid:
    """The intervals of a stretch of days."""
    per_hour = 60 // minutes
    hours = [local_hours(day) for day in range(first_day, last_day)]
    day = np.repeat(np.arange(last_day - first_day, dtype=np.int64), [len(row) * per_hour for row in hours])
    clock_hour = np.array([hour for row in hours for hour in row], dtype=np.int64)
    clock = np.repeat(clock_hour * per_hour, per_hour) + np.tile(np.arange(per_hour, dtype=np.int64), len(clock_hour))
    return Grid(first_day, last_day, minutes, day, clock)
