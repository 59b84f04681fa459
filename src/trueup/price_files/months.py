"""Price cells as a dense table: one price for each month, day type, hour and component."""

from dataclasses import dataclass

import numpy as np

from trueup.quantities import UNKNOWN, Ints, price_from_text, price_text
from trueup.rulebook.prices import BASES, DAY_TYPES, EXPORT_HEADER

COMPONENTS = ("delivery", "generation")
SHAPE = (len(DAY_TYPES), 24, len(COMPONENTS))
CELLS_A_MONTH = len(DAY_TYPES) * 24 * len(COMPONENTS)
PUBLISHED = BASES.index("published")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class MonthCells:
    """Consecutive months of prices.

    Attributes
    ----------
    first_month
        Month index: 12 x year + month - 1.
    prices
        (months, 2 day types, 24 hours, 2 components), 10^-7 $/kWh; `UNKNOWN` where there is no price.
    basis
        Same shape: index into `BASES`.
    """

    first_month: int
    prices: Ints
    basis: Ints

    @property
    def end_month(self) -> int:
        """The month index after the last."""
        return self.first_month + len(self.prices)

    def since(self, month: int) -> "MonthCells":
        """The months from `month` on."""
        skipped = min(max(month - self.first_month, 0), len(self.prices))
        return MonthCells(self.first_month + skipped, self.prices[skipped:], self.basis[skipped:])

    def over(self, first_month: int, months: int) -> "MonthCells":
        """The same cells on another span; months that this table does not have are `UNKNOWN`."""
        found = empty(first_month, months)
        first, end = max(first_month, self.first_month), min(first_month + months, self.end_month)
        if first < end:
            ours, theirs = slice(first - self.first_month, end - self.first_month), slice(first - first_month, None)
            found.prices[theirs][: end - first] = self.prices[ours]
            found.basis[theirs][: end - first] = self.basis[ours]
        return found


def empty(first_month: int, months: int) -> MonthCells:
    """A table without prices."""
    prices = np.full((months, *SHAPE), UNKNOWN, dtype=np.int64)
    return MonthCells(first_month, prices, np.zeros_like(prices))


def cell_key(month: Ints, day_type: Ints, hour: Ints, component: Ints) -> Ints:
    """Flat index of a cell, `month` counted from the first month of the table."""
    return ((month * SHAPE[0] + day_type) * SHAPE[1] + hour) * SHAPE[2] + component


def cell_name(key: int, first_month: int) -> str:
    """A flat index in words: ``2026-07 weekday hour 19 delivery``."""
    rest, component = divmod(key, SHAPE[2])
    rest, hour = divmod(rest, SHAPE[1])
    month, day_type = divmod(rest, SHAPE[0])
    year, month = divmod(first_month + month, 12)
    return f"{year}-{month + 1:02d} {DAY_TYPES[day_type]} hour {hour} {COMPONENTS[component]}"


def to_csv(cells: MonthCells) -> bytes:
    """The CSV of a rule table: a heading, then one row a month, day type and hour, in that order."""
    lines = [EXPORT_HEADER]
    for (month, day_type, hour), (delivery, generation) in zip(
        np.ndindex(*cells.prices.shape[:3]), cells.prices.reshape(-1, 2).tolist(), strict=True
    ):
        year, number = divmod(cells.first_month + month, 12)
        bases = (BASES[code] for code in cells.basis[month, day_type, hour])
        text = [price_text(delivery), next(bases), price_text(generation), next(bases)]
        lines.append(",".join([str(year), str(number + 1), DAY_TYPES[day_type], str(hour), *text]))
    return ("\n".join(lines) + "\n").encode()


def from_csv(rows: list[list[str]], first_month: int, months: int) -> MonthCells:
    """The cells of a rule table's rows, whose heading is `EXPORT_HEADER`.

    Raises
    ------
    ValueError, IndexError
        If a row lies outside the span or has a word that no rule table has.
    """
    cells = empty(first_month, months)
    for year, month, day_type, hour, delivery, delivery_basis, generation, generation_basis in rows:
        at = 12 * int(year) + int(month) - 1 - first_month
        if at < 0:
            raise IndexError(f"{year}-{month} lies before the covered span")
        place = at, DAY_TYPES.index(day_type), int(hour)
        cells.prices[place] = price_from_text(delivery), price_from_text(generation)
        cells.basis[place] = BASES.index(delivery_basis), BASES.index(generation_basis)
    return cells
