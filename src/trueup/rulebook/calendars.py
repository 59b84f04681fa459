"""Calendars as columns: season and day type of each day."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from trueup.quantities import Ints
from trueup.rulebook import schema
from trueup.rulebook.book import holidays_observed


@dataclass(frozen=True)
class CalendarColumns:
    """One calendar over the days that it covers, from `first_day` on.

    Attributes
    ----------
    season
        (days,) index into `schema.SEASONS`.
    tariff_day_type, export_day_type
        (days,) 0 weekday, 1 weekend or observed holiday.
    """

    name: str
    first_day: int
    last_day: int
    season: Ints
    tariff_day_type: Ints
    export_day_type: Ints

    def at(self, column: Ints, day: Ints) -> Ints:
        """A column's values on day ordinals; the nearest covered day outside the span, which billing refuses."""
        return column[np.clip(day - self.first_day, 0, len(column) - 1)]


def calendar_columns(calendar: schema.Calendar) -> CalendarColumns:
    """A calendar's seasons and day types, day by day."""
    first, last = calendar.from_.toordinal(), calendar.through.toordinal()
    days = [date.fromordinal(day) for day in range(first, last + 1)]
    month_days = [f"{day.month:02d}-{day.day:02d}" for day in days]
    summer = [calendar.seasons.summer <= text < calendar.seasons.winter for text in month_days]
    return CalendarColumns(
        calendar.calendar,
        first,
        last,
        np.where(summer, schema.SEASONS.index("summer"), schema.SEASONS.index("winter")),
        _day_types(calendar.day_types["tariff"], days),
        _day_types(calendar.day_types["export_prices"], days),
    )


def _day_types(holidays: schema.Holidays, days: list[date]) -> Ints:
    years = range(days[0].year, days[-1].year + 1)
    observed = {day for year in years for day in holidays_observed(holidays, year)}
    return np.array([day.weekday() >= 5 or day in observed for day in days], dtype=np.int64)
