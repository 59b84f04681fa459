"""Made files in the form of URDB's API: a rate like SCE's TOU-D-PRIME from June 2025, its prices unsplit."""

import json
from pathlib import Path
from typing import Any

LABEL = "67575253a01bc2d4e60f9981"
DAY = 86400
FIRST = 1748761200
"""2025-06-01 00:00 in California, as URDB writes an effective date."""
LAST = FIRST + 364 * DAY
"""2026-05-31 00:00 in California: the last day."""
ON, MID, OFF, WINTER_ON, WINTER_OFF = range(5)


def row(usual: int, evening: int) -> list[int]:
    """The periods of a day with another one from 16 to 21."""
    return [evening if 16 <= hour < 21 else usual for hour in range(24)]


def months(summer: list[int], winter: list[int], first: int = 6, last: int = 9) -> list[list[int]]:
    """Twelve rows of which those of months `first` to `last` are summer's."""
    return [list(summer if first <= month <= last else winter) for month in range(1, 13)]


def item(**changes: Any) -> dict[str, Any]:
    """One rate; a change to None takes the field away."""
    made = {
        "label": LABEL,
        "uri": f"https://apps.openei.org/USURDB/rate/view/{LABEL}",
        "approved": True,
        "is_default": False,
        "utility": "Southern California Edison Co",
        "eiaid": 17609,
        "name": "Time of Use, TOU-D-PRIME",
        "country": "USA",
        "sector": "Residential",
        "servicetype": "Bundled",
        "startdate": FIRST,
        "enddate": LAST,
        "source": "https://www.sce.com/regulatory/tariff-books",
        "fixedchargefirstmeter": 0.516,
        "fixedchargeunits": "$/day",
        "energyratestructure": [
            [{"unit": "kWh", "rate": 0.5601}],
            [{"unit": "kWh", "rate": 0.3777}],
            [{"unit": "kWh", "rate": 0.25764, "adj": 0.002}],
            [{"unit": "kWh", "rate": 0.52982}],
            [{"unit": "kWh", "rate": 0.24132}],
        ],
        "energyweekdayschedule": months(row(OFF, ON), row(WINTER_OFF, WINTER_ON)),
        "energyweekendschedule": months(row(OFF, MID), row(WINTER_OFF, WINTER_ON)),
        "flatdemandunit": "kW",
        "demandrateunit": "kW",
    } | changes
    return {key: value for key, value in made.items() if value is not None}


def flat(price: float, **tier: Any) -> dict[str, Any]:
    """The fields of a rate with one price."""
    always = [[0] * 24] * 12
    tiers = [{"unit": "kWh", "rate": price} | tier]
    return {"energyratestructure": [tiers], "energyweekdayschedule": always, "energyweekendschedule": always}


def hours_of_prices(prices: list[float]) -> dict[str, Any]:
    """The fields of a rate whose first hours have these prices, one each, and the others the last one."""
    day = [min(hour, len(prices) - 1) for hour in range(24)]
    structure = [[{"unit": "kWh", "rate": price}] for price in prices]
    return {"energyratestructure": structure, "energyweekdayschedule": [day] * 12, "energyweekendschedule": [day] * 12}


def write_items(path: Path, *items: dict[str, Any]) -> Path:
    """A file as the API answers."""
    path.write_text(json.dumps({"items": list(items)}), encoding="utf-8")
    return path
