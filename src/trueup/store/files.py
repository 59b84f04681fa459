"""Immutable files: written whole, renamed into place, read with their digest. No other module of the stores writes any.

Everything that can fail on a disk goes through `_write`, `os.fsync` and `os.replace` of this module, so that a test can
make the n-th of them fail. A failed write raises `OSError` and leaves nothing under the final name.
"""

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from trueup.errors import TrueupError

MAKING = ".making-"
"""What the names of unfinished files begin with."""


def sha256_of(data: bytes) -> str:
    """The SHA-256 of some bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def write_whole(path: Path, data: bytes) -> str:
    """Put a file in its place, whole and durable, and return its SHA-256; missing folders are made.

    The bytes go to a temporary name in the same folder, which is synced and renamed; then the folder is synced. A file
    already there is replaced in one step. Who writes two files of one name at once must lock.

    Raises
    ------
    OSError
        If the disk refuses; the file that was there before, or none, is then in place.
    """
    make_folder(path.parent)
    making = path.parent / f"{MAKING}{os.getpid()}-{path.name}"
    try:
        _write(making, data)
        os.replace(making, path)
    except BaseException:
        with contextlib.suppress(OSError):
            making.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
    return sha256_of(data)


def append(path: Path, data: bytes) -> None:
    """Add to a scratch file, which is not synced and holds nothing that a rerun could not make again.

    Raises
    ------
    OSError
        If the disk refuses.
    """
    _write(path, data, mode="ab", durable=False)


def read_checked(path: Path, sha256: str) -> bytes:
    """The bytes of a file, which are those that were written.

    Raises
    ------
    TrueupError
        E-STORE-001 if the file is missing, cannot be read or has another SHA-256.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise changed(path, f"cannot be read: {error.strerror or error}") from None
    if sha256_of(data) != sha256:
        raise changed(path, "is not as it was written: its SHA-256 is another")
    return data


def sweep(folder: Path, keep: set[str]) -> int:
    """Remove the files of a folder whose names are not in `keep`, and return how many; folders in it stay as they are.

    For leftovers of an interrupted write: who calls holds the lock of the store and knows the names of all its files.

    Raises
    ------
    OSError
        If the disk refuses.
    """
    if not folder.is_dir():
        return 0
    left = [entry.name for entry in os.scandir(folder) if entry.is_file() and entry.name not in keep]
    for name in left:
        (folder / name).unlink()
    return len(left)


def changed(path: Path, what: str) -> TrueupError:
    """The error of a stored file that must not be used."""
    return TrueupError(
        "E-STORE-001",
        f"{path} {what}",
        "Stored files never change; one that did would bill energy that no meter measured.",
        "Restore this file from a backup, or build the store again from the meter files.",
    )


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, each entered durably in the one above.

    Raises
    ------
    OSError
        If the disk refuses.
    """
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable.

    Raises
    ------
    OSError
        If the disk refuses.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Be the only one of those who ask for the same folder; the others wait. A process that dies lets go.

    Raises
    ------
    OSError
        If the folder cannot be opened.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _write(path: Path, data: bytes, mode: str = "wb", durable: bool = True) -> None:
    with open(path, mode) as file:
        file.write(data)
        file.flush()
        if durable:
            os.fsync(file.fileno())
