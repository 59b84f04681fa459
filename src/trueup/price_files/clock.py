"""Pacific prevailing time of every hour of a span, as columns."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from trueup.periods import HOUR, PACIFIC, month_index, runs
from trueup.quantities import Bools, Ints


@dataclass(frozen=True)
class PacificHours:
    """The hours of a span, one row a UTC hour.

    Attributes
    ----------
    day
        Day ordinal.
    month
        Month index: 12 x year + month - 1.
    weekday
        1 (Monday) to 7.
    hour
        Clock hour at which the hour starts.
    repeated
        Whether it is the second 01:00 of an autumn day.
    """

    day: Ints
    month: Ints
    weekday: Ints
    hour: Ints
    repeated: Bools


def pacific_time(utc_hour: int) -> datetime:
    """A UTC hour (hours since 1970) as Pacific prevailing time."""
    return datetime.fromtimestamp(utc_hour * HOUR, UTC).astimezone(PACIFIC)


def pacific_hours(first: int, last: int) -> PacificHours:
    """The UTC hours (since 1970) from `first` to `last`, both included; both on Pacific day boundaries."""
    days = pacific_time(first).date().toordinal(), pacific_time(last).date().toordinal() + 1
    found = runs(*days)
    offset = np.arange(found.total_hours) - np.repeat(found.start, found.hours)
    day = days[0] + np.repeat(found.day, found.hours)
    return PacificHours(
        day,
        month_index(day),
        (day - 1) % 7 + 1,
        np.repeat(found.clock_hour, found.hours) + offset,
        np.repeat(found.repeated, found.hours),
    )
