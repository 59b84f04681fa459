"""What an import changes, cell by cell, as data and as text."""

from dataclasses import dataclass

import numpy as np

from trueup.periods import month_text
from trueup.price_files.months import COMPONENTS, PUBLISHED, SHAPE, MonthCells
from trueup.quantities import UNKNOWN, price_text
from trueup.rulebook.prices import BASES, DAY_TYPES

DOZEN = 12


@dataclass(frozen=True)
class ComponentDiff:
    """Cells of one component.

    Attributes
    ----------
    new, changed, unchanged
        Imported cells that had no price, another price, or the same.
    newly_published
        How many of the unchanged ones were rebuilt or derived until now.
    kept
        Cells of the old table in months that the files do not cover.
    """

    component: str
    new: int
    changed: int
    unchanged: int
    newly_published: int
    kept: int


@dataclass(frozen=True)
class ChangedCell:
    """A cell that gets another price; prices in 10^-7 $/kWh."""

    month: str
    day_type: str
    hour: int
    component: str
    old: int
    new: int
    old_basis: str

    def __str__(self) -> str:
        place = f"{self.month} {self.day_type:<15} hour {self.hour:>2} {self.component:<10}"
        return f"{place} {price_text(self.old)} -> {price_text(self.new)} (was {self.old_basis})"


def component_diffs(held: MonthCells, imported: MonthCells) -> tuple[ComponentDiff, ...]:
    """Counts of both components; `held` is the vintage's table before the import."""
    before = held.over(imported.first_month, len(imported.prices))
    known = before.prices != UNKNOWN
    same = before.prices == imported.prices
    rebuilt = same & (before.basis != PUBLISHED)
    outside = (held.prices != UNKNOWN).sum(axis=(0, 1, 2)) - known.sum(axis=(0, 1, 2))
    counts = [part.sum(axis=(0, 1, 2)) for part in (~known, known & ~same, same, rebuilt)]
    counted = [[int(count[code]) for count in [*counts, outside]] for code in range(len(COMPONENTS))]
    return tuple(ComponentDiff(name, *numbers) for name, numbers in zip(COMPONENTS, counted, strict=True))


def changed_cells(held: MonthCells, imported: MonthCells, most: int = DOZEN) -> tuple[ChangedCell, ...]:
    """The first changed cells, in order of month, day type, hour and component."""
    before = held.over(imported.first_month, len(imported.prices))
    changed = np.flatnonzero((before.prices != UNKNOWN) & (before.prices != imported.prices))[:most]
    found = []
    for key in changed:
        month, day_type, hour, component = np.unravel_index(key, (len(imported.prices), *SHAPE))
        cell = month, day_type, hour, component
        found.append(
            ChangedCell(
                month_text(imported.first_month + int(month)),
                DAY_TYPES[int(day_type)],
                int(hour),
                COMPONENTS[int(component)],
                int(before.prices[cell]),
                int(imported.prices[cell]),
                BASES[int(before.basis[cell])],
            )
        )
    return tuple(found)
