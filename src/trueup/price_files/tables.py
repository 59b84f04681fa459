"""The export price tables that a rules folder holds now, their headers as plain data."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trueup.periods import month_from_text
from trueup.price_files.months import MonthCells, from_csv
from trueup.rulebook.load import csv_rows, read_yaml, rule_error
from trueup.rulebook.prices import EXPORT_HEADER

NEXT = ".next.csv"
"""Ending of the file that holds new prices while a table's own CSV is replaced."""
NEEDED = ("table", "vintages", "from", "through", "rules", "basis", "data", "sha256")


@dataclass(frozen=True)
class HeldTable:
    """One table: its header file, the header as text and as data."""

    path: Path
    text: str
    head: dict[str, Any]

    @property
    def data(self) -> Path:
        """The CSV that the header names."""
        return self.path.parent / str(self.head["data"])

    @property
    def home(self) -> Path:
        """Where the CSV belongs; it stands elsewhere only after a crash while it was replaced."""
        name = self.data.name
        return self.path.parent / (name.removesuffix(NEXT) + ".csv" if name.endswith(NEXT) else name)

    @property
    def name(self) -> str:
        """The table's name."""
        return str(self.head["table"])

    def cells(self) -> MonthCells:
        """The cells of the CSV, after its digest was checked.

        Raises
        ------
        TrueupError
            E-RULE-001 if the CSV is not what the header names, or not in the form of a rule table.
        """
        first, last = (month_from_text(str(self.head[key])[:7]) for key in ("from", "through"))
        rows = csv_rows(self.data, str(self.head["sha256"]), EXPORT_HEADER)
        try:
            return from_csv(rows, first, last - first + 1)
        except (ValueError, IndexError) as error:
            raise rule_error(self.data, f"is no export price table: {error}") from None


def held_tables(rules_folder: Path, utility: str) -> list[HeldTable]:
    """The export price tables of a utility, in the order of their file names."""
    found = []
    for path in sorted((rules_folder / "prices" / utility).glob("*.yaml")):
        head = read_yaml(path)
        if isinstance(head, dict) and head.get("kind") == "export_prices":
            _refuse_without_keys(path, head)
            found.append(HeldTable(path, path.read_bytes().decode("utf-8"), head))
    return found


def _refuse_without_keys(path: Path, head: dict[str, Any]) -> None:
    missing = [key for key in NEEDED if key not in head]
    if missing or not isinstance(head["vintages"], list):
        raise rule_error(path, f"{(missing or ['vintages'])[0]} is missing or no list")


def digest(path: Path) -> str | None:
    """SHA-256 of a file; None where there is none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None
