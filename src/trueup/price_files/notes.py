"""What a reader of an import should know beside its figures."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from trueup.price_files.cells import PriceCells
from trueup.price_files.tables import HeldTable
from trueup.rulebook import schema
from trueup.rulebook.book import holidays_observed
from trueup.rulebook.load import read_yaml

FRIDAY = 5


def notes_of(cells: PriceCells, rules_folder: Path, own: HeldTable | None, others: list[HeldTable]) -> tuple[str, ...]:
    """The notes of an import, each a sentence."""
    return (
        *_early(cells),
        *_labels(cells),
        *_repeated(cells, own, others),
        *_holidays(cells, rules_folder),
        *_comments(others),
    )


def _early(cells: PriceCells) -> Iterator[str]:
    """A vintage has no price before its first calendar year (spec decisions 8)."""
    year = int(cells.vintage.removeprefix("NBT"))
    if year and cells.years[0] < 2000 + year:
        yield f"The years before {2000 + year} are left out: {cells.vintage} has no price before its first year."


def _labels(cells: PriceCells) -> Iterator[str]:
    """Years whose labels leave the clock lie beyond the guaranteed nine."""
    last = cells.years[1]
    if cells.labels_true_through is not None and cells.labels_true_through < last:
        yield (
            f"From {cells.labels_true_through + 1} to {last} some labels are not the Pacific hour of their row; these "
            "years are not guaranteed, and their cells are taken as labelled."
        )


def _repeated(cells: PriceCells, own: HeldTable | None, others: list[HeldTable]) -> Iterator[str]:
    """The repeated hour decides a credit, so a change of it is told."""
    held = [str(table.head.get("repeated_hour", 1)) for table in ([own] if own else []) + others]
    if held and cells.repeated_hour and held[0] != str(cells.repeated_hour):
        yield f"The repeated hour of autumn takes the price of hour {cells.repeated_hour}, until now of hour {held[0]}."


def _holidays(cells: PriceCells, rules_folder: Path) -> Iterator[str]:
    """Bills find the day type in the calendar, so it must have the file's holidays."""
    if cells.holidays is None:
        return
    path = rules_folder / "calendars" / f"{cells.utility}.yaml"
    calendar = read_yaml(path)
    days = schema.Holidays.model_validate(calendar["day_types"]["export_prices"])
    first, last = (date.fromisoformat(calendar[key]).year for key in ("from", "through"))
    years = range(max(first, cells.years[0]), min(last, cells.years[1]) + 1)
    observed = {day for year in years for day in holidays_observed(days, year) if day.isoweekday() <= FRIDAY}
    told = {day for day in cells.holidays if day.year in years}
    for day in sorted(told ^ {day for day in observed if day.year in years}):
        side = "the files price it as weekend" if day in told else "the files price it as weekday"
        yield f"{day} is not as {path.name} says: {side}."


def _comments(others: list[HeldTable]) -> Iterator[str]:
    for table in others:
        if len(table.head["vintages"]) > 1:
            yield f"The comments of {table.path.name} were kept; read whether they still hold."
