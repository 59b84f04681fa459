"""The two seasons of a rate, found from its months, and the names of its time-of-use periods, found from its prices."""

from dataclasses import dataclass
from functools import reduce

from trueup.rulebook.schema.base import TouPeriod
from trueup.urdb.energy import Month, Row
from trueup.urdb.errors import urdb_error

JULY = 6
NAMES: dict[int, tuple[TouPeriod, ...]] = {
    1: ("all_hours",),
    2: ("on_peak", "off_peak"),
    3: ("on_peak", "mid_peak", "off_peak"),
    4: ("on_peak", "mid_peak", "off_peak", "super_off_peak"),
}
"""Names of a season's periods by how many prices it has, the dearest first."""
BY_HAND = "Write the rule files by hand, in the pattern of src/trueup/rules/tariffs."


@dataclass(frozen=True)
class Season:
    """Periods of a season.

    Attributes
    ----------
    prices
        10^-7 $/kWh by period, the dearest first.
    weekday, weekend
        The hours of each period that occurs, such as ``16-21``; one of them takes the ``rest``.
    """

    prices: dict[TouPeriod, int]
    weekday: dict[TouPeriod, str]
    weekend: dict[TouPeriod, str]


@dataclass(frozen=True)
class Seasons:
    """Summer and winter; the first months of both (1 to 12), None where all months are alike."""

    summer: Season
    winter: Season
    starts: tuple[int, int] | None


def seasons_of(months: tuple[Month, ...]) -> Seasons:
    """Summer is the season that holds July.

    Raises
    ------
    TrueupError
        E-URDB-010 if the months are not one or two groups that follow one another, or summer runs over New Year;
        E-URDB-011 if a season has more than four prices.
    """
    changes = [month for month in range(12) if months[month] != months[month - 1]]
    if not changes:
        return Seasons(season(months[JULY], "the year"), season(months[JULY], "the year"), None)
    if len(changes) > 2:
        raise urdb_error(
            "E-URDB-010", f"prices change {len(changes)} times a year, in months {_listed(changes)}", BY_HAND
        )
    first, after = changes
    if not first <= JULY < after:
        raise urdb_error(
            "E-URDB-010",
            f"the season that holds July runs from month {after + 1} over New Year to month {first or 12}",
            BY_HAND,
            "A calendar's summer begins and ends within one calendar year.",
        )
    summer, winter = season(months[JULY], "summer"), season(months[after], "winter")
    return Seasons(summer, winter, (first + 1, after + 1))


def season(month: Month, name: str) -> Season:
    """The periods of a season from the hours of one of its months; E-URDB-011 if they have more than four prices."""
    prices = sorted({*month[0], *month[1]}, reverse=True)
    if len(prices) not in NAMES:
        what = f"{name} has {len(prices)} prices in a day, and a schedule has at most four periods"
        raise urdb_error("E-URDB-011", what, "Import a rate with at most four periods in a season.")
    named = dict(zip(prices, NAMES[len(prices)], strict=True))
    return Season({tou: value for value, tou in named.items()}, _hours(month[0], named), _hours(month[1], named))


def _hours(row: Row, named: dict[int, TouPeriod]) -> dict[TouPeriod, str]:
    """The hours of each period of a day; the one of most hours, the cheaper of two, takes the rest."""
    occurring = [price for price in named if price in row]
    most = max(occurring, key=lambda price: (row.count(price), -price))
    return {named[price]: "rest" if price == most else _stretches(row, price) for price in occurring}


def _stretches(row: Row, price: int) -> str:
    hours = [hour for hour in range(24) if row[hour] == price]
    found: list[list[int]] = reduce(_lengthened, hours, [])
    return " and ".join(f"{start}-{end}" for start, end in found)


def _lengthened(found: list[list[int]], hour: int) -> list[list[int]]:
    """Stretches of hours (start, end) with one hour more."""
    if found and found[-1][1] == hour:
        return [*found[:-1], [found[-1][0], hour + 1]]
    return [*found, [hour, hour + 1]]


def _listed(changes: list[int]) -> str:
    return ", ".join(str(month + 1) for month in changes)
