"""Energy prices of a URDB rate: what a kWh costs in each hour of each month's weekdays and weekends."""

from decimal import Decimal
from typing import Any

from trueup.urdb.amounts import not_negative, price
from trueup.urdb.errors import urdb_error
from trueup.urdb.reading import RATE, Item, shown

Row = tuple[int, ...]
"""Prices of 24 hours, hour-starting, 10^-7 $/kWh."""
Month = tuple[Row, Row]
"""Weekdays and weekends."""

SCHEDULES = ("energyweekdayschedule", "energyweekendschedule")
NO_LIMIT = 10**9
"""kWh; a `max` from here on is a way of saying none."""


def energy_prices(item: Item) -> list[int]:
    """The price of each period, `rate` and `adj` together, 10^-7 $/kWh.

    Raises
    ------
    TrueupError
        E-URDB-002 for another form, E-URDB-006 for tiers, E-URDB-007 for a unit other than kWh, E-URDB-008 for a price.
    """
    structure = item[RATE]
    if not _is_structure(structure):
        what = f"{RATE} is no list of periods, each a list of tiers"
        raise urdb_error("E-URDB-002", what, "Give the file as the API does.")
    return [_period_price(tiers, f"{RATE} period {number}") for number, tiers in enumerate(structure)]


def months_of(item: Item) -> tuple[Month, ...]:
    """The prices of the hours of twelve months, January first; errors as for `energy_prices`, and E-URDB-005."""
    prices = energy_prices(item)
    weekdays, weekends = (_matrix(item, key, prices) for key in SCHEDULES)
    return tuple(zip(weekdays, weekends, strict=True))


def _is_structure(structure: Any) -> bool:
    return (
        isinstance(structure, list)
        and bool(structure)
        and all(isinstance(tiers, list) and tiers and all(isinstance(t, dict) for t in tiers) for tiers in structure)
    )


def _period_price(tiers: list[Item], place: str) -> int:
    first = tiers[0]
    limit = first.get("max")
    if len(tiers) > 1 or not (limit is None or (isinstance(limit, int | Decimal) and limit >= NO_LIMIT)):
        raise urdb_error(
            "E-URDB-006",
            f"{place} has {len(tiers)} tiers" if len(tiers) > 1 else f"{place} ends at max {shown(limit)}",
            "Import a rate without tiers, or write a rule file by hand with the schedule's baseline allowances.",
            "Where a tier ends depends on the baseline allowance of the customer's region, which URDB does not tell.",
        )
    if first.get("unit") != "kWh":
        raise urdb_error(
            "E-URDB-007",
            f"{place} has the unit {shown(first.get('unit'))}, not kWh",
            "Import a rate that is priced per kWh; where the unit is merely left out, write kWh into the file.",
        )
    if first.get("rate") is None:
        raise urdb_error("E-URDB-008", f"{place} has no rate", "Write the period's price into the file.")
    return not_negative(price(first["rate"], f"{place}, rate") + price(first.get("adj"), f"{place}, adj"), place)


def _matrix(item: Item, key: str, prices: list[int]) -> list[Row]:
    rows = item.get(key)
    if not isinstance(rows, list) or len(rows) != 12 or not all(isinstance(r, list) and len(r) == 24 for r in rows):
        raise _no_matrix(f"{key} is not 12 months of 24 hours")
    for month, row in enumerate(rows, start=1):
        for hour, period in enumerate(row):
            if type(period) is not int or not 0 <= period < len(prices):
                raise _no_matrix(f"{key}, month {month} hour {hour}: {shown(period)} is no period of {RATE}")
    return [tuple(prices[period] for period in row) for row in rows]


def _no_matrix(what: str) -> Exception:
    return urdb_error("E-URDB-005", what, "Give the file as the API does, or have URDB mend the rate.")
