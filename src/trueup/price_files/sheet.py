"""Pacific sheets: a utility's workbook as CSV, one row a month and hour, told by the end of the hour.

A sheet names neither utility nor vintage. Its price columns are known by the words of their headings.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trueup.price_files import words
from trueup.price_files.errors import price_error
from trueup.price_files.text_table import FileRows, TextTable, read_column
from trueup.quantities import Ints

TIMES = {
    "year": [{"year"}, {"price", "effective", "date"}],
    "month": [{"month"}],
    "hour": [{"hour"}, {"hour", "ending"}, {"he"}],
}
DAY_WORDS = ({"weekday", "weekdays"}, {"weekend", "weekends", "holiday", "holidays"})
COMPONENT_WORDS = ({"delivery", "del"}, {"generation", "gen"})
IDLE_WORDS = {
    "eec", "export", "energy", "credit", "credits", "price", "prices", "rate", "rates", "component", "kwh", "per",
    "usd", "sce", "pge", "sdge",
}  # fmt: skip
LEAST_DECIMALS = 4
DECIMALS = rf"\.\d{{{LEAST_DECIMALS},}}$"
FULL_DECIMALS = "Show all five decimals in the workbook before it is saved as CSV."


@dataclass(frozen=True)
class SheetRows(FileRows):
    """The price cells of Pacific sheets as columns.

    Attributes
    ----------
    month
        Month index: 12 x year + month - 1.
    day_type, hour, component
        0 weekday or 1 weekend and holiday; 0..23; 0 delivery or 1 generation.
    price
        10^-7 $/kWh.
    """

    month: Ints
    day_type: Ints
    hour: Ints
    component: Ints
    price: Ints


def recognises(headings: Sequence[str]) -> bool:
    """Whether a line is the headings of a Pacific sheet: a year, a month and an hour."""
    found = [_time(heading) for heading in headings]
    return all(name in found for name in TIMES)


def read_sheets(tables: tuple[TextTable, ...]) -> SheetRows:
    """Pacific sheets as columns. Several sheets may share the work, by years or by price columns.

    Raises
    ------
    TrueupError
        E-PRICE-002, 005 and 007 with file and row.

    References
    ----------
    NBT 2.3.5.
    """
    parts = [_price_columns(table) for table in tables]
    file = np.repeat(np.arange(len(tables)), [len(part[0]) for part in parts])
    at, month, day_type, hour, component, price = (np.concatenate(column) for column in zip(*parts, strict=True))
    return SheetRows(tables, file, at, month, day_type, hour, component, price)


def _tokens(heading: str) -> set[str]:
    return set(re.findall(r"[a-z]+", heading.casefold()))


def _time(heading: str) -> str | None:
    return next((name for name, forms in TIMES.items() if _tokens(heading) in forms), None)


def _price_kind(table: TextTable, heading: str) -> tuple[int, int] | None:
    """Day type and component of a price column; None for a total of both components.

    Raises
    ------
    TrueupError
        E-PRICE-002 if the heading says neither or both of a pair, or a word that is not understood.
    """
    tokens = _tokens(heading)
    days = [code for code, known in enumerate(DAY_WORDS) if tokens & known]
    parts = [code for code, known in enumerate(COMPONENT_WORDS) if tokens & known]
    unknown = tokens.difference(IDLE_WORDS, *DAY_WORDS, *COMPONENT_WORDS)
    if "total" in tokens and len(parts) != 1:
        return None
    if len(days) != 1 or len(parts) != 1 or unknown:
        raise price_error(
            "E-PRICE-002",
            f"{table.file}: the heading {heading.strip()!r} does not say one day type and one component",
            "Name the four price columns by weekday or weekend/holiday, and by delivery or generation.",
        )
    return days[0], parts[0]


def _columns(table: TextTable) -> tuple[dict[str, int], dict[tuple[int, int], int]]:
    """Where the time columns and the price columns stand, each once; a column without any text is passed over."""
    times: dict[str, int] = {}
    prices: dict[tuple[int, int], int] = {}
    for at, heading in enumerate(table.headings):
        if not heading.strip() and not (table.cells.to_series(at).str.strip_chars() != "").any():
            continue
        time = _time(heading)
        kind = None if time else _price_kind(table, heading)
        if time in times or kind in prices:
            raise price_error("E-PRICE-002", f"{table.file}: two columns are headed as {heading.strip()!r} is")
        if time:
            times[time] = at
        elif kind:
            prices[kind] = at
    return times, prices


def _price_columns(table: TextTable) -> tuple[Ints, ...]:
    """Row, month, day type, hour, component and price of every price cell, column after column."""
    times, prices = _columns(table)
    if not prices:
        raise price_error("E-PRICE-002", f"{table.file}: no column is a price")
    year = read_column(table, times["year"], words.year, "E-PRICE-005")
    month = 12 * year + read_column(table, times["month"], words.month_number, "E-PRICE-005") - 1
    hour = read_column(table, times["hour"], words.hour_ending, "E-PRICE-005")
    price = [read_column(table, column, words.dollars, "E-PRICE-007") for column in prices.values()]
    _refuse_shortened(table, list(prices.values()))
    day_type, component = (np.repeat(codes, len(year)) for codes in zip(*prices, strict=True))
    at, month, hour = (np.tile(column, len(prices)) for column in (np.arange(len(year)), month, hour))
    return at, month, day_type, hour, component, np.concatenate(price)


def _refuse_shortened(table: TextTable, columns: list[int]) -> None:
    """A workbook that shows few decimals is saved with few: such prices are rounded, and no row tells it."""
    for at in columns:
        if not table.cells.to_series(at).str.strip_chars().str.contains(DECIMALS).any():
            raise price_error(
                "E-PRICE-007",
                f"{table.row(0)}: no price of {table.headings[at].strip()!r} has {LEAST_DECIMALS} decimals, in any row",
                FULL_DECIMALS,
            )
