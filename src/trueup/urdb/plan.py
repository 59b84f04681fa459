"""What an import writes into a folder of rule files of one's own, worked out before anything is written."""

import difflib
import re
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from trueup.errors import TrueupError
from trueup.price_files.header import flow, parsed
from trueup.price_files.plan import FileChange
from trueup.price_files.tables import digest
from trueup.rulebook.book import Rulebook
from trueup.rulebook.load import read_yaml
from trueup.rulebook.overlay import SOURCES
from trueup.rulebook.schema import Program
from trueup.urdb.errors import FOLDER_STAYS, urdb_error
from trueup.urdb.rate import UrdbRate, rate_of
from trueup.urdb.reading import one_rate, read_items
from trueup.urdb.schedule import calendar_text, schedule_text, source_entry, source_id

ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Plan:
    """An import that is ready to be written.

    Attributes
    ----------
    folder
        The folder of rule files of one's own.
    schedule
        Id of the schedule.
    files
        Every file that changes, in the order in which they are written; none if all is imported already.
    """

    folder: Path
    schedule: str
    files: tuple[FileChange, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the folder holds this rate already."""
        return not self.files


def plan_file(
    path: Path,
    schedule: str,
    utility: str,
    folder: Path,
    book: Rulebook,
    label: str | None = None,
    first: date | None = None,
    last: date | None = None,
) -> Plan:
    """The changes that put the rate of a file into a folder; see `one_rate`, `rate_of` and `plan_import`.

    Raises
    ------
    TrueupError
        E-URDB-001 to E-URDB-015.
    """
    if utility not in book.utilities:
        raise _unusable(f"there is no utility {utility!r}", f"Choose one of {', '.join(sorted(book.utilities))}.")
    rate = rate_of(one_rate(read_items(path), label), book.utilities[utility], first, last)
    return plan_import(rate, schedule, utility, folder, book)


def plan_import(rate: UrdbRate, schedule: str, utility: str, folder: Path, book: Rulebook) -> Plan:
    """The changes that put a rate into a folder, as a schedule with a calendar of its own.

    Parameters
    ----------
    schedule
        The id that accounts will name; one that the rules in use do not have, or have from an import.
    folder
        Rule files to lay over others with `trueup --with`; it need not exist yet.
    book
        The rules in use: programs, calendars, ids that are taken.

    Raises
    ------
    TrueupError
        E-URDB-014 for the id or the utility, E-URDB-015 where `sources.yaml` of the folder cannot be changed safely.
    """
    _refuse_id(schedule, utility, folder, book)
    seasons = book.calendars[utility].seasons if utility in book.calendars else None
    sources = folder / SOURCES
    steps = [
        (sources, _with_source(sources, source_id(schedule), source_entry(rate))),
        (folder / "calendars" / f"{schedule}.yaml", calendar_text(rate, schedule, utility, seasons)),
        (
            folder / "tariffs" / utility / f"{schedule}.yaml",
            schedule_text(rate, schedule, utility, open_programs(utility, book)),
        ),
    ]
    changes = [FileChange(path.relative_to(folder), digest(path), text.encode()) for path, text in steps]
    return Plan(
        folder, schedule, tuple(one for one in changes if one.after and one.before != sha256(one.after).hexdigest())
    )


def open_programs(utility: str, book: Rulebook) -> list[str]:
    """The utility's programs that ask only for the whole price of a kWh: standard service, NEM 1.0, NEM 1.0 shared.

    Raises
    ------
    TrueupError
        E-URDB-014 if it has none.
    """
    found = [program for program in book.programs.values() if program.utility == utility and _needs_no_part(program)]
    if not found:
        raise _unusable(
            f"no program of {utility} bills without the parts of a price", "Add its standard service first."
        )
    return [
        one.program
        for one in sorted(
            found,
            key=lambda one: (one.answers.export_value.value != "nothing", one.arranged is not None, one.program),
        )
    ]


def _needs_no_part(program: Program) -> bool:
    answers = program.answers
    return answers.nonbypassable.value == "inside_energy" and answers.export_value.value in ("nothing", "retail")


def diff_text(plan: Plan) -> str:
    """What an import changes, file by file, as text for the screen."""
    if plan.is_empty:
        return f"{plan.folder} holds this rate as {plan.schedule} already; no file changes.\n"
    return "".join(line for change in plan.files for line in _diff(plan.folder, change))


def _diff(folder: Path, change: FileChange) -> list[str]:
    path, name = folder / change.path, change.path.as_posix()
    old = path.read_bytes().decode("utf-8", "replace") if change.before else ""
    new = (change.after or b"").decode("utf-8")
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), name, name, n=1, lineterm="")
    return [f"{change.what} {name}\n", *(f"{line}\n" for line in [*lines][2:]), "\n"]


def _refuse_id(schedule: str, utility: str, folder: Path, book: Rulebook) -> None:
    if not ID.fullmatch(schedule):
        raise _unusable(f"{schedule!r} is no id: small letters, digits and hyphens", "Choose an id such as my-rate.")
    held = book.schedules.get(schedule)
    imported = held is not None and bool(held.unofficial) and held.utility == utility
    others = [path for path in folder.glob(f"tariffs/*/{schedule}.yaml") if path.parent.name != utility]
    if others or (not imported and (held is not None or schedule in book.calendars)):
        raise _unusable(f"there is a schedule or a calendar {schedule!r} already", "Choose another id for --schedule.")


def _with_source(path: Path, name: str, entry: dict[str, str]) -> str:
    """The text of `sources.yaml` with the entry on a line of its own; all other lines stay."""
    text, held = (path.read_bytes().decode("utf-8"), read_yaml(path) or {}) if path.exists() else ("", {})
    line = f"{name}: {{{', '.join(f'{key}: {flow(value)}' for key, value in entry.items())}}}"
    lines = text.rstrip("\n").split("\n") if text.strip() else []
    places = [number for number, one in enumerate(lines) if one.startswith(f"{name}:")]
    lines = [*lines[: places[0]], line, *lines[places[0] + 1 :]] if places else [*lines, line]
    found = "\n".join(lines) + "\n"
    if not _is_mapping_with(found, held, {name: entry}):
        what = f"{path} cannot be changed by lines"
        raise urdb_error("E-URDB-015", what, "Give each document a line of its own there.", FOLDER_STAYS)
    return found


def _is_mapping_with(text: str, held: Any, added: dict[str, Any]) -> bool:
    try:
        return isinstance(held, dict) and bool(parsed(text) == held | added)
    except yaml.YAMLError:
        return False


def _unusable(what: str, todo: str) -> TrueupError:
    return urdb_error("E-URDB-014", what, todo, FOLDER_STAYS)
