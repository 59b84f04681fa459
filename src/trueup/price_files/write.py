"""Writes a plan: every file whole, and rules that load after each step."""

import contextlib
import os
import shutil
from pathlib import Path

from trueup.errors import TrueupError
from trueup.price_files.errors import RULES_STAY, price_error
from trueup.price_files.header import parsed, rewritten
from trueup.price_files.plan import FileChange, Plan
from trueup.price_files.tables import NEXT, digest

PART = ".part"
Step = tuple[Path, bytes | None]


def apply(plan: Plan) -> tuple[Path, ...]:
    """Write a plan, and return the files that were written or removed; an empty plan touches nothing.

    All new bytes are first written beside their places; only then is one file after another put in its place by a
    rename. If anything fails, what was put in place is taken back. What a crash leaves, by the last step done:

    1. ``sources.yaml`` with a source that nothing cites yet: loads.
    2. A new CSV that no header names: loads, and is not read.
    3. The vintage's new header: loads; the vintage stands in two tables until step 5, with the new prices in its own.
    4. Where an earlier CSV is replaced, its header would not fit it for a moment. So the new prices first go to
       ``<table>.next.csv`` and the header names that; then the CSV is replaced, the header names it again, and the
       spare file goes. Each of the four loads, with the old prices or the new.
    5. The other table without the vintage (its months by the way of step 4), or removed, header before CSV: loads.

    After a crash the same import again completes it. Only a removed table's CSV may stay, which no header names.

    Raises
    ------
    TrueupError
        E-PRICE-017 if a file cannot be written, E-PRICE-018 if a file has changed since the plan was made.
    """
    _refuse_changed(plan)
    steps: list[Step] = []
    for change in plan.files:
        steps += [step for step in _steps(plan, change) if step not in steps]
    parts = _write_parts(steps)
    done: list[Step] = []
    try:
        for path, part in parts:
            done.append((path, path.read_bytes() if path.exists() else None))
            _put(path, part)
    except BaseException as error:
        _take_back(done)
        if isinstance(error, OSError):
            raise _unwritten(error) from None
        raise
    finally:
        for _, left in parts:
            if left is not None:
                left.unlink(missing_ok=True)
    return tuple(plan.folder / change.path for change in plan.files)


def _refuse_changed(plan: Plan) -> None:
    for change in plan.files:
        if digest(plan.folder / change.path) != change.before:
            raise price_error(
                "E-PRICE-018",
                f"{change.path} has changed since the import was planned",
                "Run the import again; it plans anew.",
                f"Another change would be lost. {RULES_STAY}",
            )


def _steps(plan: Plan, change: FileChange) -> list[Step]:
    """The steps of one change. A CSV that is replaced brings its header with it."""
    path = plan.folder / change.path
    found = _header_of(plan, change)
    if not (found and change.before and change.after):
        return [(path, change.after)]
    header, text = found
    spare = path.with_name(path.stem + NEXT)
    turned = rewritten(header.name, text, parsed(text) | {"data": spare.name})
    return [
        (spare, change.after),
        (header, turned.encode()),
        (path, change.after),
        (header, text.encode()),
        (spare, None),
    ]


def _header_of(plan: Plan, change: FileChange) -> tuple[Path, str] | None:
    """The header that names a CSV, where the plan writes both: its place and new text."""
    for other in plan.files:
        if other.path.suffix == ".yaml" and other.path.parent == change.path.parent and other.after:
            text = other.after.decode()
            if parsed(text).get("data") == change.path.name:
                return plan.folder / other.path, text
    return None


def _write_parts(steps: list[Step]) -> list[tuple[Path, Path | None]]:
    """The new bytes beside their places, safely on the disk; None for a removal. What a crash left of them goes."""
    parts: list[tuple[Path, Path | None]] = []
    try:
        for folder in {path.parent for path, _ in steps if path.parent.exists()}:
            for left in folder.glob(f".*.*{PART}"):
                left.unlink()
        for number, (path, data) in enumerate(steps):
            part = None if data is None else path.with_name(f".{path.name}.{number}{PART}")
            parts.append((path, part))
            if part is not None and data is not None:
                _write_part(part, data, path)
    except OSError as error:
        for _, part in parts:
            if part is not None:
                part.unlink(missing_ok=True)
        raise _unwritten(error) from None
    return parts


def _write_part(part: Path, data: bytes, like: Path) -> None:
    part.parent.mkdir(parents=True, exist_ok=True)
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    if like.exists():
        shutil.copymode(like, part)


def _put(path: Path, part: Path | None) -> None:
    if part is None:
        path.unlink(missing_ok=True)
    else:
        part.replace(path)


def _take_back(done: list[Step]) -> None:
    """Put earlier bytes back, the last step first; a place that cannot be written now is left to the next import."""
    for path, before in reversed(done):
        with contextlib.suppress(OSError):
            if before is None:
                path.unlink(missing_ok=True)
            elif not path.exists() or path.read_bytes() != before:
                part = path.with_name(f".{path.name}.back{PART}")
                _write_part(part, before, path)
                part.replace(path)


def _unwritten(error: OSError) -> TrueupError:
    return price_error(
        "E-PRICE-017",
        f"{error.filename or 'the rules folder'}: {error.strerror or error}",
        "Make the rules folder writable, or name a copy of it.",
        RULES_STAY,
    )
