"""Calendars as columns: season and day type of each day."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from trueup.quantities import Ints
from trueup.rulebook import schema
from trueup.rulebook.book import holidays_observed


@dataclass(frozen=True)
class CalendarColumns:
    """All calendars over the days that any covers, from `start` on.

    Attributes
    ----------
    names
        Ids in the order of every calendar index.
    first_day, last_day
        (calendars,) the days that each covers, both included.
    season
        (calendars, days) index into `schema.SEASONS`.
    tariff_day_type, export_day_type
        (calendars, days) 0 weekday, 1 weekend or observed holiday.
    """

    names: tuple[str, ...]
    start: int
    first_day: Ints
    last_day: Ints
    season: Ints
    tariff_day_type: Ints
    export_day_type: Ints

    def at(self, column: Ints, calendar: Ints, day: Ints) -> Ints:
        """A column's values on day ordinals; the nearest day held outside the span, which billing refuses."""
        return column[calendar, np.clip(day - self.start, 0, column.shape[1] - 1)]


def calendar_columns(calendars: list[schema.Calendar]) -> CalendarColumns:
    """Seasons and day types of calendars, day by day over the widest span of them."""
    first = [calendar.from_.toordinal() for calendar in calendars]
    last = [calendar.through.toordinal() for calendar in calendars]
    days = [date.fromordinal(day) for day in range(min(first), max(last) + 1)]
    return CalendarColumns(
        tuple(calendar.calendar for calendar in calendars),
        min(first),
        np.array(first),
        np.array(last),
        np.array([_seasons(calendar.seasons, days) for calendar in calendars]),
        np.array([_day_types(calendar.day_types["tariff"], days) for calendar in calendars]),
        np.array([_day_types(calendar.day_types["export_prices"], days) for calendar in calendars]),
    )


def _seasons(seasons: schema.Seasons, days: list[date]) -> Ints:
    month_days = [f"{day.month:02d}-{day.day:02d}" for day in days]
    summer = [seasons.summer <= text < seasons.winter for text in month_days]
    return np.where(summer, schema.SEASONS.index("summer"), schema.SEASONS.index("winter"))


def _day_types(holidays: schema.Holidays, days: list[date]) -> Ints:
    years = range(days[0].year, days[-1].year + 2)
    observed = {day for year in years for day in holidays_observed(holidays, year)}
    return np.array([day.weekday() >= 5 or day in observed for day in days], dtype=np.int64)
