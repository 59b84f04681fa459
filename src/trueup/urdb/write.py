"""Writes a plan: all of it or nothing, and rules that load after each step."""

import contextlib
import os
from pathlib import Path

from trueup.errors import TrueupError
from trueup.price_files.tables import digest
from trueup.urdb.errors import FOLDER_STAYS, urdb_error
from trueup.urdb.plan import Plan

PART = ".part"


def apply(plan: Plan) -> tuple[Path, ...]:
    """Write a plan, and return the files that were written; an empty plan touches nothing.

    All bytes are first written beside their places, then put there by renames: the document cited, the calendar, the
    schedule, so that rules load after each. If anything fails, what was put in place is taken back.

    Raises
    ------
    TrueupError
        E-URDB-016 if a file cannot be written, E-URDB-017 if a file has changed since the plan was made.
    """
    _refuse_changed(plan)
    made: list[Path] = []
    done: list[tuple[Path, bytes | None]] = []
    try:
        for change in plan.files:
            _write_part(plan.folder / change.path, change.after or b"", made)
        for change in plan.files:
            path = plan.folder / change.path
            done.append((path, path.read_bytes() if path.exists() else None))
            part_of(path).replace(path)
    except BaseException as error:
        _take_back(plan, done, made)
        if isinstance(error, OSError):
            raise _unwritten(error) from None
        raise
    return tuple(plan.folder / change.path for change in plan.files)


def part_of(path: Path) -> Path:
    """Where the new bytes of a file wait beside its place."""
    return path.with_name(f".{path.name}{PART}")


def _refuse_changed(plan: Plan) -> None:
    for change in plan.files:
        if digest(plan.folder / change.path) != change.before:
            what = f"{change.path} has changed since the import was planned"
            raise urdb_error("E-URDB-017", what, "Run the import again; it plans anew.", FOLDER_STAYS)


def _write_part(path: Path, data: bytes, made: list[Path]) -> None:
    """Write new bytes safely to the disk; folders that had to be made are added to `made`, the outermost first."""
    missing = [folder for folder in path.parents if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir()
        made.append(folder)
    with part_of(path).open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _take_back(plan: Plan, done: list[tuple[Path, bytes | None]], made: list[Path]) -> None:
    """Earlier bytes and folders again; what cannot be written now is left to the next import."""
    for path, before in reversed(done):
        with contextlib.suppress(OSError):
            if before is None:
                path.unlink(missing_ok=True)
            else:
                part_of(path).write_bytes(before)
                part_of(path).replace(path)
    for change in plan.files:
        with contextlib.suppress(OSError):
            part_of(plan.folder / change.path).unlink(missing_ok=True)
    for folder in reversed(made):
        with contextlib.suppress(OSError):
            folder.rmdir()


def _unwritten(error: OSError) -> TrueupError:
    what = f"{error.filename or 'the folder'}: {error.strerror or error}"
    return urdb_error("E-URDB-016", what, "Make the folder writable, or name another with --into.", FOLDER_STAYS)
