"""Made price files in the published forms, by a generator that shares nothing with the reader.

A cell is priced by its place, so every cell has a price of its own; `cells` may replace any of them.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

from trueup.rulebook.load import RULES

PACIFIC = ZoneInfo("America/Los_Angeles")
STANDARD = timedelta(hours=-8)
HEAD = [
    "RIN", "RateName", "DateStart", "TimeStart", "DateEnd", "TimeEnd", "DayStart", "DayEnd", "ValueName", "Value",
    "Unit", "RateType", "Sector",
]  # fmt: skip
SHEET_HEAD = [
    "Price Effective Date", "Month", "Hour", "Delivery - Weekday EEC", "Delivery - Weekend/Holiday EEC",
    "SCE Gen - Weekday EEC", "SCE Gen - Weekend/Holiday EEC",
]  # fmt: skip
Row = list[str]
Cell = tuple[int, int, int, int, int]
Price = Callable[[int, int, int, int, int], str]


def made_price(year: int, month: int, day_type: int, hour: int, component: int) -> str:
    """Five decimals that differ between all cells of a few years."""
    place = (((year - 2000) * 12 + month) * 2 + day_type) * 24 + hour
    return f"0.{(place * 2 + component) * 7 % 99_991:05d}"


@cache
def hours(first: int, last: int) -> tuple[tuple[datetime, datetime], ...]:
    """Every hour of the Pacific years, in universal and in Pacific time."""
    start, end = datetime(first, 1, 1, 8, tzinfo=UTC), datetime(last + 1, 1, 1, 8, tzinfo=UTC)
    count = int((end - start).total_seconds()) // 3600
    return tuple((time, time.astimezone(PACIFIC)) for time in (start + timedelta(hours=n) for n in range(count)))


@cache
def holidays(year: int, saturday_on_friday: bool) -> frozenset[date]:
    """The eight holidays as observed; a utility may observe a Saturday's on Friday."""

    def monday(month: int, nth: int) -> date:
        first = date(year, month, 1)
        return first + timedelta((0 - first.weekday()) % 7 + 7 * (nth - 1))

    fixed = [date(year, 1, 1), date(year, 7, 4), date(year, 11, 11), date(year, 12, 25), date(year + 1, 1, 1)]
    november = date(year, 11, 1)
    memorial = max(day for day in (monday(5, 4), monday(5, 5)) if day.month == 5)
    found = {monday(2, 3), memorial, monday(9, 1), november + timedelta((3 - november.weekday()) % 7 + 21)}
    for day in fixed:
        found.add(day)
        if day.weekday() == 6:
            found.add(day + timedelta(1))
        if day.weekday() == 5 and saturday_on_friday:
            found.add(day - timedelta(1))
    return frozenset(day for day in found if day.year == year)


def shipped(year: int, table: str = "export-nbt25-nbt26") -> Price:
    """The prices that ship with trueup, as text."""
    lines = (RULES / "prices" / "sce" / f"{table}.csv").read_text().splitlines()[1:]
    found: dict[tuple[str, ...], tuple[str, str]] = {}
    for own, month, day_type, hour, delivery, _, generation, _ in (line.split(",") for line in lines):
        if int(own) == year:
            found[month, day_type, hour] = delivery, generation

    def price(_: int, month: int, day_type: int, hour: int, component: int) -> str:
        return found[str(month), ("weekday", "weekend_holiday")[day_type], str(hour)][component]

    return price


def upload_rows(
    first: int,
    last: int,
    code: str = "SC",
    vintage: str = "26",
    price: Price = made_price,
    repeated: int = 2,
    days_told: bool = False,
    standard_from: int = 9999,
) -> list[Row]:
    """The rows of an upload file, generation first. From `standard_from` on labels stay on standard time and each
    holiday is doubled onto the next day, as PG&E's files do."""
    rest = ["Export $/kWh", "TOU", "ALL"] if days_told else ["export $/kWh", "TOU", "All"]
    return [
        [rin, f"NBT{vintage}", *texts, price(*cell, component), *rest]
        for component, rin in ((1, f"USCA-XX{code}-NB{vintage}-0000"), (0, f"USCA-{code}XX-NB{vintage}-0000"))
        for cell, texts in marked_hours(first, last, repeated, days_told, standard_from)
    ]


@cache
def marked_hours(
    first: int, last: int, repeated: int, days_told: bool, standard_from: int
) -> list[tuple[tuple[int, int, int, int], Row]]:
    """Of each hour its cell (year, month, day type, hour), and the texts from DateStart to ValueName."""
    found = []
    for time, local in hours(first, last):
        quirky = local.year >= standard_from
        clock = (time + STANDARD) if quirky else local
        observed = holidays(clock.year, days_told)
        holiday = clock.date() in observed or (quirky and clock.date() - timedelta(1) in observed)
        day_type = int(holiday or clock.weekday() >= 5)
        hour = repeated if local.fold and not quirky else clock.hour
        day = "0" if not days_told else "8" if holiday else str(clock.isoweekday())
        date_text = f"{time.month}/{time.day}/{time.year}" if days_told else f"{time:%m/%d/%Y}"
        end = f"{time.hour:02d}:59:59" if days_told else f"{time.hour}:59:59"
        label = f"{clock:%b} {('Weekday', 'Weekend')[day_type]} HS{hour}"
        texts = [date_text, f"{time.hour}:00:00", date_text, end, day, day, label]
        found.append(((local.year, clock.month, day_type, hour), texts))
    return found


def write_csv(path: Path, rows: list[Row], head: Row = HEAD, end: str = "\n", bom: bool = False) -> Path:
    """Rows as a CSV file."""
    text = end.join(",".join(row) for row in [head, *rows]) + end
    path.write_bytes(("\ufeff" if bom else "").encode() + text.encode())
    return path


def sheet_rows(first: int, last: int, price: Price = made_price) -> list[Row]:
    """The rows of a Pacific sheet, hour-ending, a blank row between years."""
    found: list[Row] = []
    for year in range(first, last + 1):
        found += [[""] * 7] if found else []
        for month, hour in product(range(1, 13), range(24)):
            prices = [price(year, month, day, hour, component) for component in (0, 1) for day in (0, 1)]
            found.append([str(year), str(month), str(hour + 1), *prices])
    return found


def cells(first: int, last: int) -> Iterator[Cell]:
    """Every cell of the years: year, month, day type, hour, component."""
    return product(range(first, last + 1), range(1, 13), (0, 1), range(24), (0, 1))
