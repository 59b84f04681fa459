"""The prices of one vintage as cells, read from published files whose every row was checked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from trueup.errors import TrueupError
from trueup.price_files import sheet, upload
from trueup.price_files.errors import price_error
from trueup.price_files.hour_checks import BOTH, check_hours
from trueup.price_files.months import (
    CELLS_A_MONTH,
    COMPONENTS,
    PUBLISHED,
    SHAPE,
    MonthCells,
    cell_key,
    cell_name,
)
from trueup.price_files.sheet import SheetRows
from trueup.price_files.text_table import FileRows, TextTable, read_text_table
from trueup.price_files.words import UTILITIES, rate_year
from trueup.quantities import Ints, price_text


@dataclass(frozen=True)
class PriceCells:
    """The published prices of a vintage: each cell once, whole calendar years.

    Attributes
    ----------
    utility, vintage
        ``sce``, ``pge`` or ``sdge``; ``NBT26``, or ``NBT00`` for the floating series.
    months
        Prices by month, day type, hour and component.
    repeated_hour
        The clock hour, 1 or 2, whose price the second 01:00 of autumn has; None where a file does not tell it.
    labels_true_through
        Last year up to which the labels of an upload file follow the clock; None for a sheet.
    holidays
        Weekdays priced as weekend, in the years whose labels are checked; None for a sheet.
    """

    utility: str
    vintage: str
    months: MonthCells
    repeated_hour: int | None
    labels_true_through: int | None
    holidays: tuple[date, ...] | None

    @property
    def years(self) -> tuple[int, int]:
        """First and last calendar year."""
        return self.months.first_month // 12, (self.months.end_month - 1) // 12


def read_price_files(
    paths: str | Path | Sequence[str | Path], vintage: str | None = None, utility: str | None = None
) -> PriceCells:
    """Published export prices of one vintage: upload files (universal time) or Pacific sheets.

    Parameters
    ----------
    paths
        The file or files of one vintage, in any order.
    vintage, utility
        Needed for a sheet, which names neither; compared with what an upload file names.

    Raises
    ------
    TrueupError
        E-PRICE-001 to 014 with file and row; docs/errors.md lists the codes.

    References
    ----------
    NBT 2.3; EEC-02, EEC-05.
    """
    files = [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    if not files:
        raise price_error("E-PRICE-001", "no file is named", "Name the files of one vintage.")
    _check_words(vintage, utility)
    tables = tuple(read_text_table(path, _recognises) for path in files)
    uploads = [upload.recognises(table.headings) for table in tables]
    if any(uploads) and not all(uploads):
        names = ", ".join(path.name for path in files)
        raise price_error("E-PRICE-002", f"{names}: upload files and sheets together", "Import them one after another.")
    return _from_uploads(tables, vintage, utility) if all(uploads) else _from_sheets(tables, vintage, utility)


def _recognises(headings: Sequence[str]) -> bool:
    return upload.recognises(headings) or sheet.recognises(headings)


def _check_words(vintage: str | None, utility: str | None) -> None:
    if utility is not None and utility not in UTILITIES.values():
        raise price_error(
            "E-PRICE-004", f"there is no utility {utility!r}", f"Name one of {', '.join(UTILITIES.values())}."
        )
    try:
        rate_year(vintage or "NBT00")
    except ValueError as error:
        raise price_error("E-PRICE-004", f"the vintage {vintage!r} {error}", "Write it as NBT26.") from None


def _from_uploads(tables: tuple[TextTable, ...], vintage: str | None, utility: str | None) -> PriceCells:
    rows = upload.read_upload(tables)
    found = f"NBT{rows.vintage:02d}"
    if (vintage or found) != found or (utility or rows.utility) != rows.utility:
        asked = " ".join(word for word in (utility, vintage) if word)
        raise price_error(
            "E-PRICE-004",
            f"{rows.row(0)}: the files are {rows.utility} {found}, asked for is {asked}",
            "Give the files of the vintage that is asked for, or ask for theirs.",
        )
    facts = check_hours(rows)
    month = 12 * facts.year + rows.label // 48
    months = 12 * (facts.last_year - facts.first_year + 1)
    key = cell_key(month - 12 * facts.first_year, rows.label // 24 % 2, rows.label % 24, rows.component)
    cells = _folded(12 * facts.first_year, months, key, rows.price, rows)
    return PriceCells(rows.utility, found, cells, facts.repeated_hour, facts.labels_true_through, facts.holidays)


def _from_sheets(tables: tuple[TextTable, ...], vintage: str | None, utility: str | None) -> PriceCells:
    if vintage is None or utility is None:
        raise price_error(
            "E-PRICE-004", f"{tables[0].file}: a Pacific sheet names neither utility nor vintage", "Name both."
        )
    rows = sheet.read_sheets(tables)
    first_year, last_year = int(rows.month.min()) // 12, int(rows.month.max()) // 12
    months = 12 * (last_year - first_year + 1)
    key = cell_key(rows.month - 12 * first_year, rows.day_type, rows.hour, rows.component)
    _refuse_sheet_doubles(rows, key)
    _refuse_missing_component(rows)
    cells = _folded(12 * first_year, months, key, rows.price, rows)
    return PriceCells(utility, vintage, cells, None, None, None)


def _refuse_sheet_doubles(rows: SheetRows, key: Ints) -> None:
    order = np.lexsort((rows.at, rows.file, key))
    again = np.flatnonzero(key[order][1:] == key[order][:-1])
    if len(again):
        first, second = int(order[again[0]]), int(order[again[0] + 1])
        raise price_error("E-PRICE-011", f"{rows.row(second)}: the same month and hour stand in {rows.place(first)}")


def _refuse_missing_component(rows: SheetRows) -> None:
    for code, name in enumerate(COMPONENTS):
        if not (rows.component == code).any():
            files = ", ".join(table.file for table in rows.tables)
            raise price_error("E-PRICE-014", f"{files}: there is no column of the {name} component", BOTH)


def _folded(first_month: int, months: int, key: Ints, price: Ints, rows: FileRows) -> MonthCells:
    """One price a cell, all its rows agreeing.

    Raises
    ------
    TrueupError
        E-PRICE-012 with the row that contradicts the others, E-PRICE-013 for a cell without a row.
    """
    order = np.argsort(key, kind="stable")
    present, first = np.unique(key[order], return_index=True)
    low, high = np.minimum.reduceat(price[order], first), np.maximum.reduceat(price[order], first)
    unequal = np.flatnonzero(low != high)
    if len(unequal):
        raise _contradiction(int(present[unequal[0]]), first_month, key, price, rows)
    total = months * CELLS_A_MONTH
    if len(present) < total:
        missing = int(np.setdiff1d(np.arange(total), present)[0])
        raise _missing_cell(missing, first_month, key, rows)
    prices = low.reshape(months, *SHAPE)
    return MonthCells(first_month, prices, np.full_like(prices, PUBLISHED))


def _contradiction(cell: int, first_month: int, key: Ints, price: Ints, rows: FileRows) -> TrueupError:
    """The row of a cell whose price fewest rows have."""
    own = np.flatnonzero(key == cell)
    found, count = np.unique(price[own], return_counts=True)
    rare, common = int(found[count.argmin()]), int(found[len(count) - 1 - count[::-1].argmax()])
    odd, usual = int(own[price[own] == rare][0]), int(own[price[own] == common][0])
    return price_error(
        "E-PRICE-012",
        f"{rows.row(odd)}: the price of {cell_name(cell, first_month)} is {price_text(rare)} here and "
        f"{price_text(common)} in {int(count.max())} other rows such as {rows.place(usual)}",
    )


def _missing_cell(cell: int, first_month: int, key: Ints, rows: FileRows) -> TrueupError:
    nearest = int(np.abs(key - cell).argmin())
    return price_error(
        "E-PRICE-013", f"{rows.row(nearest)}: near it the files have no price of {cell_name(cell, first_month)}"
    )
