"""What the interval store refuses, and what it cannot do, as errors that a user can act on."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trueup.errors import TrueupError


def no_store(folder: Path, what: str) -> TrueupError:
    """The folder is no store, or none can be made there."""
    return TrueupError(
        "E-STORE-002",
        f"{folder} {what}",
        "A store is one folder with a catalogue of all its files; nothing else may lie in it.",
        "Name the folder of a store, or a new or empty one to make a store in.",
    )


def damaged(path: Path, what: str) -> TrueupError:
    """The catalogue cannot be believed."""
    return TrueupError(
        "E-STORE-003",
        f"{path} is damaged: {what}",
        "The catalogue says which files hold the newest readings; a wrong one would bill from old or other readings.",
        "Restore the whole store from a backup, or build it again from the meter files.",
    )


def unreadable(path: Path, what: str) -> TrueupError:
    """The catalogue may be as it was written, but not for this user."""
    return TrueupError(
        "E-STORE-003",
        f"{path} cannot be opened: {what}",
        "Without the catalogue nobody can tell which files hold the newest readings.",
        "Give the user who runs this the right to read and write the folder, or name another one.",
    )


def at_work(path: Path) -> TrueupError:
    """Another process writes."""
    return TrueupError(
        "E-STORE-004",
        f"another process writes to {path.parent}",
        "Two that write at once would each lose what the other adds.",
        "Wait until it has ended, then repeat the command; reading is possible meanwhile.",
    )


def unwritable(folder: Path, what: str) -> TrueupError:
    """The disk refuses."""
    return TrueupError(
        "E-STORE-005",
        f"{folder} cannot be written: {what}",
        "Readings are stored whole or not at all; the store is as it was before.",
        "Make room or mend the permissions, then repeat the command.",
    )


def unstorable(what: str) -> TrueupError:
    """A reading that has no place in a store."""
    return TrueupError(
        "E-STORE-006",
        f"{what}",
        "A reading out of its place would be billed at the wrong hour, or to somebody else.",
        "Correct the file, or name the account that a file without account ids belongs to.",
    )


def not_held(what: str) -> TrueupError:
    """Something asked for that a store cannot have."""
    return TrueupError(
        "E-STORE-007",
        what,
        "A bill from another state of the store than the one named could not be explained later.",
        "Ask for an ingest that the store lists, days from 1990 to 2099, intervals of 5, 15, 30 or 60 minutes.",
    )


@contextmanager
def writing_to(folder: Path) -> Iterator[None]:
    """Turn what the disk refuses into an error that says so.

    Raises
    ------
    TrueupError
        E-STORE-005.
    """
    try:
        yield
    except OSError as error:
        raise unwritable(folder, error.strerror or str(error)) from error
    except sqlite3.Error as error:
        raise unwritable(folder, f"{error}") from error
