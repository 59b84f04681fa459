"""Seasons are found from twelve months, and periods are named by their prices."""

import pytest

from trueup.errors import TrueupError
from trueup.urdb.energy import Month
from trueup.urdb.seasons import Season, season, seasons_of


def year(*summer: int) -> tuple[Month, ...]:
    """Twelve months at price 1, those of `summer` (1 to 12) at 2."""
    return tuple(((2 if month in summer else 1,) * 24,) * 2 for month in range(1, 13))


@pytest.mark.parametrize(
    ("summer", "starts"),
    [((6, 7, 8, 9), (6, 10)), ((6, 7, 8, 9, 10), (6, 11)), ((7,), (7, 8)), ((1, 2, 3, 4, 5, 6, 7), (1, 8)),
     (tuple(range(2, 12)), (2, 12)), (tuple(range(1, 12)), (1, 12))],
)  # fmt: skip
def test_summer_is_the_group_of_months_that_holds_july(summer: tuple[int, ...], starts: tuple[int, int]) -> None:
    found = seasons_of(year(*summer))
    assert found.starts == starts
    assert (found.summer.prices, found.winter.prices) == ({"all_hours": 2}, {"all_hours": 1})


def test_a_group_of_winter_months_may_run_over_new_year() -> None:
    found = seasons_of(year(12, 1, 2))
    assert (found.starts, found.summer.prices, found.winter.prices) == ((3, 12), {"all_hours": 1}, {"all_hours": 2})


@pytest.mark.parametrize("summer", [(7, 8, 9, 10, 11, 12), (7, 8, 9, 10, 11, 12, 1), (1, 2, 3, 4, 5, 6), (6,)])
def test_the_season_of_july_may_not_end_with_the_year_or_run_over_it(summer: tuple[int, ...]) -> None:
    with pytest.raises(TrueupError, match="E-URDB-010"):
        seasons_of(year(*summer))


@pytest.mark.parametrize("summer", [(3, 7), (1, 3, 5), (6, 7, 9)])
def test_a_season_in_two_stretches_is_refused(summer: tuple[int, ...]) -> None:
    with pytest.raises(TrueupError, match="E-URDB-010"):
        seasons_of(year(*summer))


def test_three_seasons_are_refused() -> None:
    three = list(year(6, 7, 8, 9))
    three[9] = ((3,) * 24, (3,) * 24)
    with pytest.raises(TrueupError, match=r"E-URDB-010.*3 times a year"):
        seasons_of(tuple(three))


def test_months_that_differ_on_weekends_only_are_two_seasons() -> None:
    months = [((1,) * 24, (2 if 5 < month < 10 else 1,) * 24) for month in range(1, 13)]
    assert seasons_of(tuple(months)).starts == (6, 10)


def test_twelve_equal_months_know_no_seasons() -> None:
    found = seasons_of(year())
    assert found.starts is None
    assert found.summer == found.winter == Season({"all_hours": 1}, {"all_hours": "rest"}, {"all_hours": "rest"})


@pytest.mark.parametrize(
    ("prices", "names"),
    [
        ([5], ["all_hours"]),
        ([5, 4], ["on_peak", "off_peak"]),
        ([5, 4, 3], ["on_peak", "mid_peak", "off_peak"]),
        ([5, 4, 3, 2], ["on_peak", "mid_peak", "off_peak", "super_off_peak"]),
    ],
)
def test_periods_are_named_by_price_the_dearest_first(prices: list[int], names: list[str]) -> None:
    day = (*prices, *[prices[-1]] * (24 - len(prices)))
    assert season((day, day), "summer").prices == dict(zip(names, prices, strict=True))


def test_a_fifth_price_in_a_season_is_refused_though_it_is_a_weekend_s() -> None:
    weekday, weekend = (5, 4, 3, *[2] * 21), (1,) * 24
    with pytest.raises(TrueupError, match=r"E-URDB-011.*5 prices"):
        season((weekday, weekend), "summer")


def test_hours_are_written_in_stretches_and_the_longest_period_takes_the_rest() -> None:
    weekday = tuple(3 if hour in {0, 1, 22, 23} else 9 if 16 <= hour < 21 else 5 for hour in range(24))
    found = season((weekday, (5,) * 24), "summer")
    assert found.weekday == {"on_peak": "16-21", "mid_peak": "rest", "off_peak": "0-2 and 22-24"}
    assert found.weekend == {"mid_peak": "rest"}


def test_of_two_periods_of_equal_length_the_cheaper_takes_the_rest() -> None:
    assert season(((1,) * 12 + (2,) * 12,) * 2, "summer").weekday == {"on_peak": "12-24", "off_peak": "rest"}
