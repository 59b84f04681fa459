"""Rate schedules and calendars as columns: which version, season, day type and price held on a day."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from trueup.periods import NEVER
from trueup.quantities import UNKNOWN, Bools, Ints
from trueup.rulebook import schema
from trueup.rulebook.book import Rulebook, holidays_observed
from trueup.rulebook.load import rule_error

NO_PERIOD = -1


@dataclass(frozen=True)
class TariffColumns:
    """All versions of all schedules, stacked. Prices are 10^-7 $/kWh or $/day; the bucket axis is `schema.BUCKETS`.

    Attributes
    ----------
    schedules
        Ids in the order of every schedule index.
    first_version, last_version
        Per schedule: its versions among all.
    version_from
        (versions,) first day.
    first_day, last_day
        Per schedule: the days it covers, both included.
    delivery, generation
        (versions, buckets) printed totals.
    delivery_nonbypassable, generation_nonbypassable
        (versions,) PPPC + NDC + WFC inside delivery, CTC inside generation.
    wildfire_fund, fixed_recovery, daily
        (versions,).
    is_base_services
        (versions,) whether the daily charge is the base services charge, which an account may state otherwise.
    period_of_hour
        (schedules, seasons, day types, 24) index into `schema.TOU_PERIODS`.
    """

    schedules: tuple[str, ...]
    names: tuple[str, ...]
    first_version: Ints
    last_version: Ints
    version_from: Ints
    first_day: Ints
    last_day: Ints
    delivery: Ints
    generation: Ints
    delivery_nonbypassable: Ints
    generation_nonbypassable: Ints
    wildfire_fund: Ints
    fixed_recovery: Ints
    daily: Ints
    is_base_services: Bools
    period_of_hour: Ints

    def version(self, schedule: Ints, day: Ints) -> Ints:
        """The version in force, as an index among all; the first one before its span, the last one after it."""
        found = self.first_version[schedule]
        for version in range(len(self.version_from)):
            of_schedule = (self.first_version[schedule] <= version) & (version < self.last_version[schedule])
            found = np.where(of_schedule & (day >= self.version_from[version]), version, found)
        return found

    def breakpoints(self) -> set[int]:
        """Days on which some schedule's prices change."""
        return {int(day) for day in self.version_from}


def tariff_columns(book: Rulebook) -> TariffColumns:
    """Stack every schedule of the rulebook."""
    schedules = list(book.schedules.values())
    versions = [version for schedule in schedules for version in schedule.versions]
    counts = np.array([len(schedule.versions) for schedule in schedules])
    last = np.cumsum(counts)
    first_days = [min((v.from_ for v in s.versions), default=date.max) for s in schedules]
    inside = [version.inside_delivery for version in versions]
    return TariffColumns(
        tuple(schedule.schedule for schedule in schedules),
        tuple(f"{schedule.schedule} from {v.from_}" for schedule in schedules for v in schedule.versions),
        last - counts,
        last,
        np.array([version.from_.toordinal() for version in versions]),
        np.array([day.toordinal() for day in first_days]),
        np.array([NEVER if book.allow_stale else schedule.through.toordinal() for schedule in schedules]),
        np.array([_grid(version.delivery) for version in versions]),
        np.array([_grid(version.generation) for version in versions]),
        np.array([parts["pppc"] + parts["ndc"] + parts["wfc"] for parts in inside]),
        np.array([version.inside_generation["ctc"] for version in versions]),
        np.array([parts["wfc"] for parts in inside]),
        np.array([version.fixed_recovery for version in versions]),
        np.array([version.daily.usd_per_day for version in versions]),
        np.array([version.daily.name == "base_services_charge" for version in versions]),
        np.array([_hours(book, schedule) for schedule in schedules]),
    )


def _grid(prices: schema.PriceGrid) -> list[int]:
    """Prices by bucket; a bucket that the schedule does not have is unknown."""
    return [prices.get(season, {}).get(tou, UNKNOWN) for season, tou in schema.BUCKETS]  # type: ignore[call-overload]


def _hours(book: Rulebook, schedule: schema.Schedule) -> list[list[list[int]]]:
    """Period of each hour by season and day type; each hour must have exactly one."""
    path = book.paths[f"tariff/{schedule.schedule}"]
    seasons = (schedule.periods.summer, schedule.periods.winter)
    return [[hours_of(season[day_type], path) for day_type in ("weekday", "weekend_holiday")] for season in seasons]


def hours_of(periods: schema.TouDay, path: Path) -> list[int]:
    """The period of each of 24 hours from texts such as ``16-21`` and ``rest``."""
    hours = [NO_PERIOD] * 24
    rest = NO_PERIOD
    for tou, text in periods.items():
        code = schema.TOU_PERIODS.index(tou)
        if text == "rest":
            rest = code
            continue
        start, end = (int(part) for part in text.split("-"))
        for hour in range(start, end):
            if hours[hour] != NO_PERIOD:
                raise rule_error(path, f"hour {hour} lies in two time-of-use periods")
            hours[hour] = code
    hours = [rest if code == NO_PERIOD else code for code in hours]
    if NO_PERIOD in hours:
        raise rule_error(path, f"hour {hours.index(NO_PERIOD)} lies in no time-of-use period")
    return hours


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
