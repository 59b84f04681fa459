"""Price tables as columns."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from trueup.periods import month_from_text, month_index
from trueup.quantities import UNKNOWN, Bools, Ints, price_from_text
from trueup.rulebook import schema
from trueup.rulebook.book import Rulebook
from trueup.rulebook.load import rule_error

EXPORT_HEADER = "year,month,day_type,hour_start,delivery,delivery_basis,generation,generation_basis"
DAY_TYPES = ("weekday", "weekend_holiday")
BASES = ("published", "rebuilt", "derived")


@dataclass(frozen=True)
class ExportColumns:
    """Hourly export prices of all tables, stacked; row 0 is the unknown price.

    Attributes
    ----------
    prices
        (rows, 2, 24): delivery and generation part, 10^-7 $/kWh.
    basis
        (rows, 2, 24): index into `BASES`.
    first_row, first_month, months
        (utilities, vintages from `first_vintage` on): where the table starts, 0 where there is none.
    repeated_as_two
        (rows,) whether the repeated hour of autumn takes the price of clock hour 2 (else of hour 1).
    """

    prices: Ints
    basis: Ints
    first_vintage: int
    first_row: Ints
    first_month: Ints
    months: Ints
    repeated_as_two: Bools

    def at(self, row: Ints, repeated: Bools) -> Ints:
        """(R, 2, 24) prices of rows; the repeated hour of autumn as the table prices it, unknown ones as zero.

        References
        ----------
        spec decisions 7 and NBT-A10: hour 1 of the local table, or hour 2 where a UTC price file was loaded.
        """
        found = self.prices[row]
        second = repeated & self.repeated_as_two[row]
        found[second, :, 1] = found[second, :, 2]
        found[found <= UNKNOWN // 2] = 0
        return found

    def row(self, utility: Ints, vintage: Ints, month: Ints, day_type: Ints) -> Ints:
        """Row of the prices for a utility, vintage year, month index and day type; 0 where none is given.

        A vintage has no price before its first calendar year (spec decisions 8).
        """
        index = np.clip(vintage - self.first_vintage, 0, self.first_row.shape[1] - 1)
        at = (utility, index)
        offset = month - self.first_month[at]
        known = (vintage - self.first_vintage == index) & (self.first_row[at] > 0)
        known &= (offset >= 0) & (offset < self.months[at]) & (month >= 12 * vintage)
        return np.where(known, self.first_row[at] + 2 * offset + day_type, 0)


FLOATING = 2000
"""The vintage year of the floating series NBT00: prices of the calculator in force in the year of the energy."""


def export_columns(book: Rulebook, utilities: tuple[str, ...]) -> ExportColumns:
    """Stack every export price table of the rulebook."""
    heads = [table for table in book.tables.values() if isinstance(table, schema.ExportPrices)]
    prices = [np.full((1, 2, 24), UNKNOWN, dtype=np.int64)]
    basis = [np.zeros((1, 2, 24), dtype=np.int64)]
    as_two = [np.zeros(1, dtype=np.bool_)]
    placed: dict[tuple[str, int], tuple[int, int, int]] = {}
    used = 1
    for head in heads:
        values, bases = _export_cells(book, head)
        first = int(month_index(np.array([head.from_.toordinal()]))[0])
        for vintage in head.vintages:
            placed[head.utility, vintage_year(vintage)] = (used, first, len(values) // 2)
        prices.append(values)
        basis.append(bases)
        as_two.append(np.full(len(values), head.repeated_hour == "2"))
        used += len(values)
    years = range(FLOATING, max((year for _, year in placed), default=FLOATING) + 1)
    cells = [[placed.get((utility, year), (0, 0, 0)) for year in years] for utility in utilities]
    columns = np.array(cells, dtype=np.int64).reshape(len(utilities), len(years), 3)
    placing = (FLOATING, columns[..., 0], columns[..., 1], columns[..., 2])
    return ExportColumns(np.concatenate(prices), np.concatenate(basis), *placing, np.concatenate(as_two))


def vintage_year(name: str) -> int:
    """The year of a vintage such as ``NBT24``."""
    return FLOATING + int(name.removeprefix("NBT"))


def _export_cells(book: Rulebook, head: schema.ExportPrices) -> tuple[Ints, Ints]:
    """The cells of one table, each present exactly once over the months that it covers."""
    path = book.paths[f"price/{head.utility}/{head.table}"]
    span = month_index(np.array([head.from_.toordinal(), head.through.toordinal()]))
    months = int(span[1] - span[0]) + 1
    cells = book.csv_frame(head, EXPORT_HEADER)
    year, month, hour = (cells[name].cast(pl.Int64).to_numpy() for name in ("year", "month", "hour_start"))
    row = 2 * (12 * year + month - 1 - int(span[0])) + _codes(cells["day_type"], DAY_TYPES)
    outside = (row < 0) | (row >= 2 * months)
    if outside.any() or len(np.unique(row * 24 + hour)) != len(row):
        raise rule_error(path, "a cell is doubled or outside the covered span")
    prices = np.full((2 * months, 2, 24), UNKNOWN, dtype=np.int64)
    basis = np.zeros_like(prices)
    for part, name in enumerate(("delivery", "generation")):
        texts = cells[name].unique().to_list()
        values = cells[name].replace_strict(texts, [price_from_text(text) for text in texts], return_dtype=pl.Int64)
        prices[row, part, hour] = values.to_numpy()
        basis[row, part, hour] = _codes(cells[f"{name}_basis"], BASES)
    if (prices == UNKNOWN).any():
        raise rule_error(path, "a cell inside the covered span is missing")
    return prices, basis


def _codes(texts: pl.Series, names: tuple[str, ...]) -> Ints:
    """The place of each text among names."""
    return texts.replace_strict(list(names), list(range(len(names))), return_dtype=pl.Int64).to_numpy()


@dataclass(frozen=True)
class MonthlyColumns:
    """A price per utility and calendar month: (utilities, months, columns), 10^-7 $/kWh."""

    first_month: int
    values: Ints
    before: Ints

    def at(self, utility: Ints, month: Ints) -> Ints:
        """(K, columns) prices of month indices; `before` in months before the tables, `UNKNOWN` where none is given."""
        offset, months = month - self.first_month, self.values.shape[1]
        found = self.values[utility, np.clip(offset, 0, months - 1)]
        outside = np.where(offset < 0, self.before[utility], UNKNOWN)
        return np.where(((offset >= 0) & (offset < months))[..., None], found, outside[..., None])


def monthly_columns(book: Rulebook, utilities: tuple[str, ...], name: str, columns: int) -> MonthlyColumns:
    """The monthly tables of this name of all utilities; a utility without one has no known price."""
    found = {u: _monthly(book, u, name) for u in utilities if (u, name) in book.tables}
    first = min((start for start, _, _ in found.values()), default=0)
    last = max((start + len(values) for start, values, _ in found.values()), default=1)
    stacked = np.full((len(utilities), last - first, columns), UNKNOWN, dtype=np.int64)
    before = np.full(len(utilities), UNKNOWN, dtype=np.int64)
    for row, utility in enumerate(utilities):
        if utility in found:
            start, values, outside = found[utility]
            stacked[row, : start - first] = outside
            stacked[row, start - first : start - first + len(values)] = values
            before[row] = outside
    return MonthlyColumns(first, stacked, before)


def _monthly(book: Rulebook, utility: str, name: str) -> tuple[int, Ints, int]:
    """A monthly table, one row for each month from the first to the last."""
    head = book.table(utility, name)
    rows = book.csv(head, ",".join(["month", *head.columns]))
    first, last = month_from_text(head.from_), month_from_text(head.through)
    if [month_from_text(row[0]) for row in rows] != list(range(first, last + 1)):
        raise rule_error(
            book.paths[f"price/{head.utility}/{head.table}"], "the months are not exactly those of the covered span"
        )
    before = 0 if head.before == "nothing" else UNKNOWN
    return first, np.array([[price_from_text(cell) for cell in row[1:]] for row in rows]), before


def price_on(table: schema.DatedPrices, days: Ints) -> Ints:
    """A dated price on day ordinals; `UNKNOWN` outside the covered span."""
    starts = np.array([version.from_.toordinal() for version in table.versions])
    values = np.array([UNKNOWN, *(version.value for version in table.versions)], dtype=np.int64)
    found = values[np.searchsorted(starts, days, side="right")]
    return np.where(days <= table.through.toordinal(), found, UNKNOWN)


def vintage_prices(table: schema.ByVintage) -> dict[tuple[int, str], int]:
    """ACC Plus adders by vintage year and segment."""
    return {
        (vintage_year(vintage), segment): price
        for vintage, segments in table.values.items()
        for segment, price in segments.items()
    }


@dataclass(frozen=True)
class CreditColumns:
    """The occasions of a credit: those tied to a day, and those tied to a month of the last service day."""

    days: Ints
    day_cents: Ints
    months: Ints
    month_cents: Ints
    first_day: int
    last_day: int


def credit_columns(table: schema.CreditSeries) -> CreditColumns:
    """Every occasion of a credit series inside the days that it covers."""
    by_day: list[tuple[int, int]] = []
    by_month: list[tuple[int, int]] = []
    ends = [version.from_ for version in table.versions[1:]] + [date.fromordinal(table.through.toordinal() + 1)]
    for version, end in zip(table.versions, ends, strict=True):
        for year in range(version.from_.year, end.year + 1):
            for text in version.cycle_containing:
                day = date.fromisoformat(f"{year}-{text}")
                if version.from_ <= day < end:
                    by_day.append((day.toordinal(), version.usd))
            for month in version.last_service_day_in:
                if version.from_ <= date(year, month, 1) < end:
                    by_month.append((12 * year + month - 1, version.usd))
    days, months = _pairs(by_day), _pairs(by_month)
    first, last = table.versions[0].from_.toordinal(), table.through.toordinal()
    return CreditColumns(days[0], days[1], months[0], months[1], first, last)


def _pairs(rows: list[tuple[int, int]]) -> Any:
    return np.array(sorted(rows), dtype=np.int64).reshape(-1, 2).T
