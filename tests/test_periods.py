"""Pacific days, the repeated hour, months and anniversaries."""

from collections import Counter
from datetime import date, datetime, timedelta

import numpy as np
import pytest

from trueup import periods


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        (date(2025, 3, 8), 24), (date(2025, 3, 9), 23), (date(2025, 3, 10), 24),
        (date(2025, 11, 1), 24), (date(2025, 11, 2), 25), (date(2025, 11, 3), 24),
        (date(2026, 3, 8), 23), (date(2026, 11, 1), 25), (date(2024, 2, 29), 24),
    ],
)  # fmt: skip
def test_the_spring_day_has_23_hours_and_the_autumn_day_25(day: date, hours: int) -> None:
    assert len(periods.local_hours(day.toordinal())) == hours


def test_the_autumn_day_repeats_hour_one_and_the_spring_day_skips_hour_two() -> None:
    assert periods.local_hours(date(2025, 11, 2).toordinal())[:4] == (0, 1, 1, 2)
    assert periods.local_hours(date(2025, 3, 9).toordinal())[:4] == (0, 1, 3, 4)


def test_runs_tile_the_days_without_gap_or_overlap() -> None:
    stretch = periods.runs(date(2025, 1, 1).toordinal(), date(2026, 12, 31).toordinal())
    assert np.array_equal(stretch.start[1:], (stretch.start + stretch.hours)[:-1])
    elapsed = periods.midnight_utc(date(2026, 12, 31).toordinal()) - stretch.first_utc
    assert stretch.total_hours * 3600 == elapsed
    assert Counter(stretch.repeated.tolist())[True] == 2


def test_a_year_has_35040_quarters_and_a_leap_year_35136() -> None:
    for year, quarters in ((2025, 35_040), (2028, 35_136)):
        stretch = periods.runs(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal())
        assert stretch.total_hours * 4 == quarters


@pytest.mark.parametrize("day", [date(2025, 3, 9), date(2025, 11, 2), date(2025, 7, 4)])
def test_the_hours_of_a_run_are_the_clock_hours_that_pass(day: date) -> None:
    stretch = periods.runs(day.toordinal(), day.toordinal() + 1)
    clock = [h + k for h, n in zip(stretch.clock_hour, stretch.hours, strict=True) for k in range(n)]
    assert tuple(clock) == periods.local_hours(day.toordinal())


def test_month_indices_are_calendar_months() -> None:
    days = [date(2025, 1, 31), date(2025, 2, 1), date(2024, 2, 29), date(2026, 12, 31)]
    found = periods.month_index(np.array([day.toordinal() for day in days]))
    assert [periods.month_text(int(m)) for m in found] == ["2025-01", "2025-02", "2024-02", "2026-12"]
    assert periods.month_from_text("2026-12") == found[-1]


@pytest.mark.parametrize(
    ("start", "years", "end"),
    [
        (date(2024, 2, 29), 9, date(2033, 2, 28)), (date(2024, 2, 29), 4, date(2028, 2, 29)),
        (date(2023, 5, 31), 9, date(2032, 5, 31)),
    ],
)  # fmt: skip
def test_an_anniversary_of_29_february_is_the_28th_where_there_is_none(start: date, years: int, end: date) -> None:
    assert periods.years_later(start.toordinal(), years) == end.toordinal()


@pytest.mark.parametrize(
    ("year", "month", "weekday", "nth", "day"),
    [(2026, 2, 0, 3, 16), (2026, 5, 0, None, 25), (2026, 9, 0, 1, 7), (2026, 11, 3, 4, 26), (2025, 12, 2, None, 31)],
)
def test_the_nth_weekday_of_a_month(year: int, month: int, weekday: int, nth: int | None, day: int) -> None:
    assert periods.nth_weekday(year, month, weekday, nth) == date(year, month, day)


def test_midnight_is_midnight_in_both_halves_of_the_year() -> None:
    for day in (date(2026, 1, 1), date(2026, 7, 1)):
        local = datetime.fromtimestamp(periods.midnight_utc(day.toordinal()), periods.PACIFIC)
        assert (local.date(), local.hour) == (day, 0)
    assert timedelta(seconds=periods.midnight_utc(date(2026, 1, 1).toordinal()) % 86400) == timedelta(hours=8)


def test_midnights_of_days_are_those_of_each_day() -> None:
    days = np.array([date(2025, 3, 9).toordinal(), date(2025, 11, 3).toordinal()])
    assert periods.midnights(days).tolist() == [periods.midnight_utc(int(day)) for day in days]
    assert periods.midnights([]).dtype == np.int64
