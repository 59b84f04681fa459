"""The rule files of a rate as text: the schedule, its calendar, and the document that they cite."""

from trueup.price_files.header import flow
from trueup.quantities import price_text
from trueup.rulebook.schema import Seasons as CalendarSeasons
from trueup.urdb.rate import UrdbRate
from trueup.urdb.seasons import Season

HEAD = (
    "# Written by `trueup rules import-urdb` from OpenEI's Utility Rate Database; no filed tariff stands behind it.\n"
    "# An import again replaces the file. docs/import-prices.md says what is taken from where.\n"
)
UNKNOWN_PARTS = "{pppc: unknown, ndc: unknown, wfc: unknown, ctc: unknown}"


def source_id(schedule: str) -> str:
    """The id of the document that a schedule cites."""
    return f"urdb-{schedule}"


def source_entry(rate: UrdbRate) -> dict[str, str]:
    """The document, as an entry of `sources.yaml`."""
    where = ", ".join(part for part in (rate.uri, rate.source and f"its source: {rate.source}") if part)
    return {
        "title": f"OpenEI URDB label {rate.label}, {rate.name}",
        "where": where or "no address is given",
        "effective": str(rate.first),
        "read": "transcript",
    }


def schedule_text(rate: UrdbRate, schedule: str, utility: str, programs: list[str]) -> str:
    """`tariffs/<utility>/<schedule>.yaml`; prices are $/kWh and $/day."""
    source = source_id(schedule)
    summer, winter = rate.seasons.summer, rate.seasons.winter
    lines = [
        f"schedule: {schedule}",
        f"title: {flow(f'{rate.name} (URDB, unofficial)')}",
        f"utility: {utility}",
        f"customer_classes: {flow([*rate.customer_classes])}",
        f"open_to: {flow(programs)}",
        "unofficial:",
        *(f"  - {flow(phrase)}" for phrase in rate.untold),
        f"calendar: {schedule}",
        f"through: {rate.last}",
        f"through_source: {source}",
        "periods:",
        f"  source: {source}",
        *_periods("summer", summer),
        *_periods("winter", winter),
        "versions:",
        f"  - from: {rate.first}",
        "    known: unknown",
        f"    source: {source}",
        "    delivery:",
        f"      summer: {_prices(summer)}",
        f"      winter: {_prices(winter)}",
        "    generation:",
        f"      summer: {_zeros(summer)}",
        f"      winter: {_zeros(winter)}",
        f"    inside_delivery: {UNKNOWN_PARTS}",
        "    fixed_recovery: 0",
        *_per_day(rate),
    ]
    return HEAD + "\n".join(lines) + "\n"


def calendar_text(rate: UrdbRate, schedule: str, utility: str, by_default: CalendarSeasons | None) -> str:
    """`calendars/<schedule>.yaml`; `by_default` has the utility's seasons, used where prices know none."""
    source = source_id(schedule)
    summer, winter = "06-01", "10-01"
    if rate.seasons.starts:
        summer, winter = (f"{month:02d}-01" for month in rate.seasons.starts)
    elif by_default:
        summer, winter = by_default.summer, by_default.winter
    days = f"{{source: {source}, sunday_holiday: stays, saturday_holiday: stays, holidays: {{}}}}"
    lines = [
        *(
            []
            if rate.seasons.starts
            else ["# All months have the same prices; the seasons only name the bill's lines."]
        ),
        f"calendar: {schedule}",
        f"utility: {utility}",
        f"from: {rate.first}",
        f"through: {rate.last}",
        f"seasons: {{source: {source}, summer: {summer}, winter: {winter}}}",
        "day_types:",
        f"  tariff: {days}",
        f"  export_prices: {days}",
    ]
    return HEAD + "\n".join(lines) + "\n"


def _periods(name: str, season: Season) -> list[str]:
    return [f"  {name}:", f"    weekday: {flow(season.weekday)}", f"    weekend_holiday: {flow(season.weekend)}"]


def _prices(season: Season) -> str:
    return flow({tou: price_text(price) for tou, price in season.prices.items()})


def _zeros(season: Season) -> str:
    return flow(dict.fromkeys(season.prices, "0"))


def _per_day(rate: UrdbRate) -> list[str]:
    """The charges per day; medical baseline's own minimum is not in the file."""
    found = []
    if rate.daily:
        found.append(f"    daily: {{name: customer_charge, usd_per_day: {price_text(rate.daily)}}}")
    if rate.minimum:
        least = f"usd_per_day: {price_text(rate.minimum)}, medical_baseline: unknown, leaves_out: []"
        found.append(f"    minimum_charge: {{{least}}}")
    return found
