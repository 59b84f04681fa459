"""What an import does to the rule files, worked out before anything is written.

A vintage has one table, ``prices/<utility>/export-nbt26.yaml`` and the CSV beside it. Where another table carries the
vintage now, it moves: cells of months that the files do not cover go with it, with their basis, and the other table
loses the vintage, its calculator, and the months before the first year of those that stay.
"""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from trueup.periods import month_text
from trueup.price_files.cells import PriceCells
from trueup.price_files.diff import ChangedCell, ComponentDiff, changed_cells, component_diffs
from trueup.price_files.errors import RULES_STAY, price_error
from trueup.price_files.header import rewritten
from trueup.price_files.merge import first_month, held_cells, merged_cells
from trueup.price_files.months import to_csv
from trueup.price_files.new_header import head_of, text_of
from trueup.price_files.notes import notes_of
from trueup.price_files.sources import PriceSource, with_source
from trueup.price_files.tables import NEXT, HeldTable, digest, held_tables
from trueup.rulebook.load import read_yaml


@dataclass(frozen=True)
class FileChange:
    """One file of the rules folder that an import writes or removes.

    Attributes
    ----------
    path
        Below the rules folder.
    before
        SHA-256 of the file that the plan was made from; None where there was none.
    after
        Its new bytes; None where it is removed.
    """

    path: Path
    before: str | None
    after: bytes | None

    @property
    def what(self) -> str:
        """``create``, ``change`` or ``remove``."""
        return "remove" if self.after is None else "change" if self.before else "create"


@dataclass(frozen=True)
class Plan:
    """An import that is ready to be written.

    Attributes
    ----------
    folder
        The rules folder.
    years
        First and last calendar year of the imported prices.
    components
        Counts of cells, delivery first.
    changed
        The first dozen cells that get another price.
    files
        Every file that changes, in the order in which they are written; none if all is imported already.
    notes
        What the reader should know beside the figures.
    """

    folder: Path
    utility: str
    vintage: str
    years: tuple[int, int]
    components: tuple[ComponentDiff, ...]
    changed: tuple[ChangedCell, ...]
    files: tuple[FileChange, ...]
    notes: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the rules hold these prices already."""
        return not self.files


def plan_import(
    cells: PriceCells, rules_folder: Path, source: PriceSource, calculator: dict[str, str] | None = None
) -> Plan:
    """The changes that put published prices into a rules folder.

    Parameters
    ----------
    source
        The document cited; its title and place are needed where `sources.yaml` does not have the id.
    calculator
        ``name`` and ``approved`` of the Avoided Cost Calculator behind the vintage; by default as the old table says,
        or the one in force on January 1 of the vintage year.

    Raises
    ------
    TrueupError
        E-PRICE-015 for the source, E-PRICE-016 where the tables cannot be changed safely, E-RULE-001 for a rule file
        that is wrong already.

    References
    ----------
    EEC-02; spec decisions 7, 8, 35.
    """
    name = f"export-{cells.vintage.lower()}"
    _refuse_without_calendar(rules_folder, cells.utility)
    tables = held_tables(rules_folder, cells.utility)
    carriers = [table for table in tables if cells.vintage in table.head["vintages"]]
    own = _own_table(tables, name, cells.vintage)
    others = [table for table in carriers if table is not own]
    first = first_month(cells.vintage)
    held = held_cells(([own] if own else []) + others, first)
    imported = cells.months.since(first)
    merged = merged_cells(held, imported, cells.vintage)
    sources = rules_folder / "sources.yaml"
    listed = with_source(sources.read_bytes().decode("utf-8"), read_yaml(sources), source)
    data = to_csv(merged)
    head = head_of(cells, own, others, source.id, merged, data, calculator)
    text = rewritten(own.path.name, own.text, head) if own else text_of(head)
    csv = rules_folder / "prices" / cells.utility / f"{name}.csv"
    steps = [
        (sources, listed.encode()),
        (csv, data),
        (csv.with_suffix(".yaml"), text.encode()),
        *(step for table in tables if table is not own for step in _other_table(table, cells.vintage, tables)),
        *((spare, None) for spare in sorted(csv.parent.glob(f"*{NEXT}"))),
    ]
    return Plan(
        rules_folder,
        cells.utility,
        cells.vintage,
        (imported.first_month // 12, imported.end_month // 12 - 1),
        component_diffs(held, imported),
        changed_cells(held, imported),
        tuple(_changes(rules_folder, steps)),
        notes_of(cells, rules_folder, own, others),
    )


def _changes(folder: Path, steps: list[tuple[Path, bytes | None]]) -> list[FileChange]:
    """The steps that change a file."""
    found = []
    for path, after in steps:
        before = digest(path)
        if before != (None if after is None else sha256(after).hexdigest()):
            found.append(FileChange(path.relative_to(folder), before, after))
    return found


def _refuse_without_calendar(rules_folder: Path, utility: str) -> None:
    if not (rules_folder / "calendars" / f"{utility}.yaml").exists():
        raise price_error(
            "E-PRICE-016",
            f"the rules have no calendar of {utility} (calendars/{utility}.yaml)",
            "Add the utility's calendar first.",
            f"Without its seasons and holidays no hour finds its price. {RULES_STAY}",
        )


def _own_table(tables: list[HeldTable], name: str, vintage: str) -> HeldTable | None:
    """The table of the vintage alone, if it was imported before."""
    own = next((table for table in tables if name in (table.name, table.path.stem)), None)
    if own and (own.name, own.path.stem, own.head["vintages"]) != (name, name, [vintage]):
        raise price_error(
            "E-PRICE-016",
            f"{own.path.name}: table {own.name} is no table of {vintage} alone",
            f"Rename it and its file, so that {name} is free.",
            RULES_STAY,
        )
    return own


def _other_table(table: HeldTable, vintage: str, tables: list[HeldTable]) -> list[tuple[Path, bytes | None]]:
    """The steps by which a table loses a vintage; it goes with its last one. After a crash its CSV comes home.

    Its months before the first year of every vintage that stays have no price any more, so they go as well.
    """
    left = [name for name in table.head["vintages"] if name != vintage]
    if left == table.head["vintages"] and table.home == table.data:
        return []
    shared = sum(other.data == table.data for other in tables) > 1
    if not left:
        return [(table.path, None), *([] if shared else [(table.data, None)])]
    head: dict[str, Any] = table.head | {"vintages": left, "data": table.home.name}
    if isinstance(head.get("calculator"), dict):
        head["calculator"] = {name: value for name, value in head["calculator"].items() if name != vintage}
    cells, data = table.cells(), table.data.read_bytes()
    kept = cells.since(min(first_month(name) for name in left))
    if 0 < len(kept.prices) < len(cells.prices) and not shared:
        data = to_csv(kept)
        head |= {"from": f"{month_text(kept.first_month)}-01", "sha256": sha256(data).hexdigest()}
    text = rewritten(table.path.name, table.text, head).encode()
    return [(table.home, data), (table.path, text)]
