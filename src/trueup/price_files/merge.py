"""The cells of a vintage after an import: the published ones, and those of other months that the rules held."""

import numpy as np

from trueup.periods import month_text
from trueup.price_files.errors import RULES_STAY, price_error
from trueup.price_files.months import PUBLISHED, MonthCells, empty
from trueup.price_files.tables import HeldTable
from trueup.quantities import UNKNOWN


def first_month(vintage: str) -> int:
    """A vintage has no price before its first calendar year (spec decisions 8); the floating series has no first."""
    year = int(vintage.removeprefix("NBT"))
    return 12 * (2000 + year) if year else 0


def held_cells(carriers: list[HeldTable], first: int) -> MonthCells:
    """What the rules hold of the vintage now; of two tables, after an import that was broken off, the first wins."""
    if not carriers:
        return empty(first, 0)
    parts = [table.cells().since(first) for table in carriers]
    start, end = min(part.first_month for part in parts), max(part.end_month for part in parts)
    found = empty(start, end - start)
    for part in reversed(parts):
        given = part.over(start, end - start)
        known = given.prices != UNKNOWN
        found.prices[known], found.basis[known] = given.prices[known], given.basis[known]
    return found


def merged_cells(held: MonthCells, imported: MonthCells, vintage: str) -> MonthCells:
    """The imported cells, and the held ones of other months; every month of the span is there."""
    if not len(imported.prices):
        raise price_error(
            "E-PRICE-016",
            f"every year of the files lies before the first year of {vintage}",
            "Give the file of another vintage.",
            "A vintage has no price before its first calendar year.",
        )
    start, end = imported.first_month, imported.end_month
    if len(held.prices):
        start, end = min(start, held.first_month), max(end, held.end_month)
    merged = held.over(start, end - start)
    ours = slice(imported.first_month - start, imported.end_month - start)
    merged.prices[ours], merged.basis[ours] = imported.prices, PUBLISHED
    missing = np.flatnonzero((merged.prices == UNKNOWN).any(axis=(1, 2, 3)))
    if len(missing):
        raise price_error(
            "E-PRICE-016",
            f"{month_text(start + int(missing[0]))} would have no price, between months of {vintage} that have",
            "Import the files that cover the months between as well, first.",
            RULES_STAY,
        )
    return merged
