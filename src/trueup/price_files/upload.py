"""Upload files: the prices as published for the MIDAS database, one row an hour and component, in universal time."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trueup.price_files import words
from trueup.price_files.errors import price_error
from trueup.price_files.text_table import FileRows, TextTable, read_column
from trueup.quantities import Ints

COLUMNS = (
    "rin", "ratename", "datestart", "timestart", "dateend", "timeend", "daystart", "dayend", "valuename", "value",
    "unit",
)  # fmt: skip
OTHER_NAMES = {"ratelookupid": "rin"}
ONE_SERIES = "Give the files of one vintage of one utility at a time."


@dataclass(frozen=True)
class HourRows(FileRows):
    """The rows of upload files as columns, in order of component and time.

    Attributes
    ----------
    utility, vintage
        ``sce``, ``pge`` or ``sdge``; the two digits of the vintage, 0 for the floating series.
    component
        0 delivery, 1 generation.
    start
        UTC hour, counted from 1970.
    day
        0, or 1 (Monday) to 7, or 8 (holiday).
    label
        ValueName as `words.label` codes it.
    price
        10^-7 $/kWh.
    """

    utility: str
    vintage: int
    component: Ints
    start: Ints
    day: Ints
    label: Ints
    price: Ints


def recognises(headings: Sequence[str]) -> bool:
    """Whether a line is the headings of an upload file."""
    return {"rin", "valuename", "value"} <= {_plain(heading) for heading in headings}


def read_upload(tables: tuple[TextTable, ...]) -> HourRows:
    """Upload files as columns; each row is one hour of one component of one series.

    Raises
    ------
    TrueupError
        E-PRICE-002, 003 and 005 to 008 with file and row.

    References
    ----------
    NBT 2.3.1 to 2.3.4.
    """
    parts = [_columns(table) for table in tables]
    series, start, day, label, price = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    file = np.repeat(np.arange(len(tables)), [len(table.number) for table in tables])
    at = np.concatenate([np.arange(len(table.number)) for table in tables])
    other = np.flatnonzero(series // 2 != series[0] // 2)
    if len(other):
        place = tables[file[other[0]]].row(int(at[other[0]]))
        raise price_error("E-PRICE-003", f"{place}: another series than in the first row", ONE_SERIES)
    utility, vintage = divmod(int(series[0]) // 2, 100)
    order = np.lexsort((at, file, start, series))
    file, at, component, start, day, label, price = (
        column[order] for column in (file, at, series % 2, start, day, label, price)
    )
    name = list(words.UTILITIES.values())[utility]
    return HourRows(tables, file, at, name, vintage, component, start, day, label, price)


def _plain(heading: str) -> str:
    """A heading without case and spaces, under the name that this module uses."""
    word = re.sub(r"[^a-z]", "", heading.casefold())
    return OTHER_NAMES.get(word, word)


def _places(table: TextTable) -> dict[str, int]:
    """Where each column stands."""
    names = [_plain(heading) for heading in table.headings]
    wrong = [name for name in COLUMNS if names.count(name) != 1]
    if wrong:
        count = names.count(wrong[0])
        raise price_error("E-PRICE-002", f"{table.file}: {count} columns are named {wrong[0]!r}, not one")
    return {name: names.index(name) for name in COLUMNS}


def _columns(table: TextTable) -> tuple[Ints, ...]:
    """Series, start hour, day, label and price of each row."""
    at = _places(table)
    read_column(table, at["unit"], words.unit, "E-PRICE-006")
    return (
        _series(table, at),
        _start_hours(table, at),
        _day_numbers(table, at),
        read_column(table, at["valuename"], words.label, "E-PRICE-008"),
        read_column(table, at["value"], words.price, "E-PRICE-007"),
    )


def _series(table: TextTable, at: dict[str, int]) -> Ints:
    found = read_column(table, at["rin"], words.series, "E-PRICE-003")
    rate = read_column(table, at["ratename"], words.rate_year, "E-PRICE-003")
    apart = np.flatnonzero(found // 2 % 100 != rate)
    if len(apart):
        raise price_error("E-PRICE-003", f"{table.row(int(apart[0]))}: RIN and RateName name different vintages")
    return found


def _start_hours(table: TextTable, at: dict[str, int]) -> Ints:
    """UTC hours since 1970. The end is the last second of the hour, or the first of the next."""
    ends = [
        read_column(table, at[f"date{end}"], words.day_start, "E-PRICE-005")
        + read_column(table, at[f"time{end}"], words.second_of_day, "E-PRICE-005")
        for end in ("start", "end")
    ]
    length = ends[1] - ends[0]
    wrong = np.flatnonzero((ends[0] % words.HOUR != 0) | ((length != words.HOUR) & (length != words.HOUR - 1)))
    if len(wrong):
        raise price_error("E-PRICE-005", f"{table.row(int(wrong[0]))}: the row is not exactly one hour")
    return ends[0] // words.HOUR


def _day_numbers(table: TextTable, at: dict[str, int]) -> Ints:
    """Day numbers; a file tells days in every row or in none."""
    day, last = (read_column(table, at[name], words.day_number, "E-PRICE-008") for name in ("daystart", "dayend"))
    wrong = np.flatnonzero((day != last) | ((day == 0) != (day[0] == 0)))
    if len(wrong):
        raise price_error(
            "E-PRICE-008", f"{table.row(int(wrong[0]))}: DayStart and DayEnd are one day, and 0 in all rows or in none"
        )
    return day
