"""The catalogue of a store: which files hold what, and which ingest brought them. Small: no rows of accounts.

One SQLite file. Its content is sealed by a SHA-256 over every row in a fixed order, renewed in the transaction of each
ingest and verified whenever the catalogue is loaded. The ids of a file's accounts (its roster) are kept once under
their own SHA-256, which the sealed row of the file names: the same accounts month after month cost one roster.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import astuple, fields
from pathlib import Path

from trueup.errors import TrueupError
from trueup.store.files import alone_in, make_folder, sha256_of, sync_folder, write_whole
from trueup.store.intervals.refusals import at_work, damaged, no_store, unreadable, writing_to
from trueup.store.intervals.rows import Catalogue, FileRow, Ingest

NAME = "catalogue.sqlite"
PATIENCE = 5
"""Seconds to wait for another process that writes."""


INGEST_FIELDS, FILE_FIELDS = ([field.name for field in fields(kind)] for kind in (Ingest, FileRow))
SCHEMA = f"""
CREATE TABLE ingests ({", ".join(INGEST_FIELDS)});
CREATE TABLE files ({", ".join(FILE_FIELDS)});
CREATE TABLE rosters (sha256 TEXT PRIMARY KEY, names BLOB) WITHOUT ROWID;
CREATE TABLE seal (sha256);
"""


def create(folder: Path) -> None:
    """Put an empty catalogue in a new or empty folder.

    Raises
    ------
    TrueupError
        E-STORE-002 if something is in the folder, E-STORE-005 if it cannot be written.
    """
    with writing_to(folder):
        if folder.is_file():
            raise no_store(folder, "is a file")
        make_folder(folder)
        with alone_in(folder):
            if any(not at.name.startswith(".") for at in folder.iterdir()):
                raise no_store(folder, "holds other files already")
            sync_folder(folder.parent)
            write_whole(folder / NAME, _empty())


def _empty() -> bytes:
    """A catalogue without rows."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        database.executescript(SCHEMA)
        database.execute("INSERT INTO seal VALUES (?)", [Catalogue((), ()).seal])
        return database.serialize()


def load(folder: Path) -> Catalogue:
    """The catalogue of a store, verified.

    Raises
    ------
    TrueupError
        E-STORE-002 if the folder has none, E-STORE-003 if it is damaged.
    """
    with closing(_connect(folder)) as database, _believing(folder):
        database.execute("BEGIN")
        return _verified(folder, database)


def load_roster(folder: Path, sha256: str) -> tuple[str, ...]:
    """The account ids of a file, sorted.

    Raises
    ------
    TrueupError
        E-STORE-003 if the list is missing or is not as it was written.
    """
    with closing(_connect(folder)) as database, _believing(folder):
        found = database.execute("SELECT names FROM rosters WHERE sha256 = ?", [sha256]).fetchone()
    if found is None or not isinstance(found[0], bytes) or sha256_of(found[0]) != sha256:
        raise damaged(folder / NAME, "a list of account ids is missing or is not as it was written")
    return tuple(json.loads(found[0]))


def roster(names: Iterable[str]) -> bytes:
    """The list of a file's account ids, as it is stored."""
    return json.dumps(list(names), ensure_ascii=True, separators=(",", ":")).encode()


class Writer:
    """The catalogue, locked for one ingest."""

    def __init__(self, folder: Path, database: sqlite3.Connection, catalogue: Catalogue) -> None:
        self.folder, self.catalogue, self._database = folder, catalogue, database

    def commit(self, ingest: Ingest, files: list[FileRow], rosters: Iterable[bytes]) -> None:
        """Enter an ingest and its files, all in place by now, in one transaction.

        Raises
        ------
        TrueupError
            E-STORE-005 if the disk refuses; then nothing of it is entered.
        """
        after = Catalogue((*self.catalogue.ingests, ingest), (*self.catalogue.files, *files))
        with writing_to(self.folder):
            _insert(self._database, "ingests", [astuple(ingest)])
            _insert(self._database, "files", [astuple(row) for row in files])
            _insert(self._database, "rosters", [(sha256_of(names), names) for names in rosters])
            self._database.execute("UPDATE seal SET sha256 = ?", [after.seal])
            _commit(self._database)


@contextmanager
def locked(folder: Path) -> Iterator[Writer]:
    """The catalogue for one who writes; nobody else can meanwhile. What is not committed is undone.

    Raises
    ------
    TrueupError
        E-STORE-002 or E-STORE-003 as `load`, E-STORE-004 while another process writes.
    """
    with closing(_connect(folder)) as database:
        with _believing(folder):
            _lock(folder, database)
            catalogue = _verified(folder, database)
        yield Writer(folder, database, catalogue)


def _lock(folder: Path, database: sqlite3.Connection) -> None:
    database.execute("PRAGMA synchronous = EXTRA")
    database.execute("BEGIN IMMEDIATE")
    if database.execute("PRAGMA quick_check").fetchall() != [("ok",)]:
        raise damaged(folder / NAME, "its pages do not fit together")


def _connect(folder: Path) -> sqlite3.Connection:
    """An open catalogue; closing it undoes what was not committed."""
    path = folder / NAME
    with _believing(folder):
        if not path.is_file():
            raise no_store(folder, f"is no interval store: it has no {NAME}")
        uri = f"{path.resolve().as_uri()}?mode=rw"
        return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=PATIENCE)


@contextmanager
def _believing(folder: Path) -> Iterator[None]:
    """Turn what SQLite cannot read into an error that says so."""
    try:
        yield
    except OSError as error:
        raise unreadable(folder / NAME, error.strerror or str(error)) from error
    except sqlite3.Error as error:
        raise _refused(folder / NAME, error) from error
    except UnicodeError as error:
        raise damaged(folder / NAME, str(error)) from error


def _refused(path: Path, error: sqlite3.Error) -> TrueupError:
    """What an error of SQLite means: locked by another process, closed to this user, or not to be believed."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_BUSY:
        return at_work(path)
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return unreadable(path, str(error))
    return damaged(path, str(error))


def _verified(folder: Path, database: sqlite3.Connection) -> Catalogue:
    ingests, files = (
        database.execute(f"SELECT {', '.join(names)} FROM {table} ORDER BY rowid").fetchall()
        for table, names in (("ingests", INGEST_FIELDS), ("files", FILE_FIELDS))
    )
    found = Catalogue(tuple(Ingest(*row) for row in ingests), tuple(FileRow(*row) for row in files))
    if database.execute("SELECT sha256 FROM seal").fetchall() != [(found.seal,)]:
        raise damaged(folder / NAME, "its rows are not those that were written")
    return found


def _insert(database: sqlite3.Connection, table: str, rows: list[tuple[object, ...]]) -> None:
    for row in rows:
        database.execute(f"INSERT OR IGNORE INTO {table} VALUES ({', '.join('?' * len(row))})", row)


def _commit(database: sqlite3.Connection) -> None:
    database.execute("COMMIT")
