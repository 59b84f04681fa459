"""The header of an imported table: what it says, and its text where there is none yet."""

from calendar import monthrange
from hashlib import sha256
from typing import Any

import numpy as np

from trueup.periods import month_text
from trueup.price_files.cells import PriceCells
from trueup.price_files.header import flow
from trueup.price_files.months import PUBLISHED, MonthCells
from trueup.price_files.tables import HeldTable
from trueup.rulebook.prices import BASES

MEANS = "read in the utility's published price file"
RULES = ["EEC-01", "EEC-02", "EEC-03"]


def head_of(
    cells: PriceCells,
    own: HeldTable | None,
    others: list[HeldTable],
    source: str,
    merged: MonthCells,
    data: bytes,
    calculator: dict[str, str] | None,
) -> dict[str, Any]:
    """The header of the vintage's table as data; `own` is the table of an earlier import."""
    older = [table.head for table in ([own] if own else []) + others]
    name = f"export-{cells.vintage.lower()}"
    said = {
        "table": name,
        "kind": "export_prices",
        "utility": cells.utility,
        "vintages": [cells.vintage],
        "calendar": cells.utility,
        "from": f"{month_text(merged.first_month)}-01",
        "through": _last_day(merged.end_month - 1),
        "source": source,
        "rules": next((head["rules"] for head in older), RULES),
        "repeated_hour": str(cells.repeated_hour or next((head.get("repeated_hour", 1) for head in older), 1)),
        "calculator": {cells.vintage: calculator or _calculator(cells.vintage, older)},
        "basis": _bases(cells, older, source, merged),
        "data": f"{name}.csv",
        "sha256": sha256(data).hexdigest(),
    }
    return own.head | said if own else said


def text_of(head: dict[str, Any]) -> str:
    """A new header as text, laid out as the others are."""
    lines = [
        f"# Prices of {head['vintages'][0]} as `trueup rules import-prices` took them from the published files. Hours",
        "# are hour-starting, Pacific prevailing time; the second 01:00 of autumn takes the price of `repeated_hour`.",
    ]
    for key, value in head.items():
        if isinstance(value, dict):
            lines += [f"{key}:", *(f"  {name}: {flow(entry)}" for name, entry in value.items())]
        else:
            lines.append(f"{key}: {flow(value)}")
    return "\n".join(lines) + "\n"


def _last_day(month: int) -> str:
    return f"{month_text(month)}-{monthrange(month // 12, month % 12 + 1)[1]:02d}"


def _calculator(vintage: str, older: list[dict[str, Any]]) -> dict[str, str]:
    """As an older table says; else by the law: the one approved as of January 1 of the vintage year.

    References
    ----------
    EEC-02; NBT 2.1.1, and 2.2 for the floating series.
    """
    told = next((head["calculator"][vintage] for head in older if vintage in head.get("calculator", {})), None)
    if told:
        return dict(told)
    year = 2000 + int(vintage.removeprefix("NBT"))
    if year == 2000:
        day = "January 1 of the year of the energy"
        return {"name": f"Avoided Cost Calculator in force on {day}", "approved": f"before {day}"}
    return {"name": f"Avoided Cost Calculator in force on {year}-01-01", "approved": f"before {year}-01-01"}


def _bases(cells: PriceCells, older: list[dict[str, Any]], source: str, merged: MonthCells) -> dict[str, Any]:
    """What each basis of the cells means, published first."""
    known: dict[str, Any] = {}
    for head in reversed(older):
        known |= head["basis"]
    known["published"] = _published(cells, known.get("published"), source, merged)
    return {BASES[code]: known[BASES[code]] for code in np.unique(merged.basis)}


def _published(cells: PriceCells, held: dict[str, str] | None, source: str, merged: MonthCells) -> dict[str, str]:
    """The published basis; months kept from an older publication are named with their source."""
    inside = np.arange(merged.first_month, merged.end_month)
    kept = inside[(inside < cells.months.first_month) | (inside >= cells.months.end_month)]
    old = [int(month) for month in kept if (merged.basis[month - merged.first_month] == PUBLISHED).any()]
    if not old or held is None:
        return {"means": MEANS, "source": source}
    if held["source"] == source:
        return dict(held)
    span = f"{month_text(old[0])} to {month_text(old[-1])}"
    return {"means": f"{MEANS}; in {span} {held['means']} ({held['source']})", "source": source}
