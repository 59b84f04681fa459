"""The catalogue of the books: which runs there are and in what state. Small, sealed, one transaction a change."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

from trueup.errors import TrueupError

FILE = "catalogue.sqlite"
State = Literal["draft", "computed", "approved", "posted", "voided"]
NEXT: dict[State, tuple[State, ...]] = {
    "draft": ("computed", "voided"),
    "computed": ("approved", "voided"),
    "approved": ("posted", "voided"),
    "posted": (),
    "voided": (),
}
"""What may become of a run. A posted run stays; what it got wrong, a later run reverses and restates."""

BEFORE: dict[tuple[State, State], str] = {
    ("draft", "approved"): "Compute it with `trueup run resume`",
    ("draft", "posted"): "Compute and approve it",
    ("computed", "posted"): "Approve it with `trueup run approve`",
}
"""What to do before a run may come into a state."""


@dataclass(frozen=True)
class Run:
    """A run of the books.

    Attributes
    ----------
    number
        Its number; posted runs hold in the order of their numbers.
    kind
        bill, or pay.
    state
        draft, computed, approved, posted or voided.
    on
        The day on which it is made: the run's today.
    through
        Cycles that end by this day are billed.
    base
        The posted run that it builds on; 0 for none.
    ingest
        Newest ingest of the interval store that it reads.
    rules, zone, trueup
        Digest of the rule files (those of estimation too), version of the time-zone data, version of the program.
    estimates
        Whether missing and invalid intervals are estimated (`made`) or let an account wait (`none`).
    late
        Whether bills of cycles that ended before the limit of back-billing are asked for (`asked`, as for accounts
        taken over from other books) or go to the write-off account (`written_off`).
    manifest
        Digest of its manifest; empty before it is computed.
    plan
        Digest of its plan.
    posted
        Day of posting, if it is posted.
    """

    number: int
    kind: str
    state: State
    on: date
    through: date
    base: int
    ingest: int
    rules: str
    estimates: str
    zone: str
    trueup: str
    late: str = "written_off"
    plan: str = ""
    manifest: str = ""
    posted: date | None = None

    @property
    def folder(self) -> str:
        """Name of its folder below the books."""
        return f"runs/{self.number:06d}"


COLUMNS = [field.name for field in fields(Run)]
DATES = ("on", "through", "posted")


class Catalogue:
    """The runs of some books, read and checked at once, changed in single transactions."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.runs: dict[int, Run] = self._load() if path.exists() and path.stat().st_size else self._none()

    def add(self, run: Run, plan: str) -> Run:
        """Enter a run with the digest of its plan."""
        run = replace(run, plan=plan)
        with self._change() as book:
            marks = ", ".join("?" for _ in COLUMNS)
            book.execute(f"insert into run values ({marks})", _row(run))
        self.runs[run.number] = run
        return run

    def move(self, number: int, state: State, **changes: Any) -> Run:
        """Bring a run into another state; errors as for `may_become`."""
        moved = replace(self.may_become(number, state), state=state, **changes)
        with self._change() as book:
            names = ", ".join(f'"{name}" = ?' for name in COLUMNS)
            book.execute(f"update run set {names} where number = ?", (*_row(moved), number))
        self.runs[number] = moved
        return moved

    def may_become(self, number: int, state: State) -> Run:
        """A run that may come into another state.

        Raises
        ------
        TrueupError
            E-RUN-002 if there is no such run, E-RUN-003 if its state does not allow it.
        """
        run = self.get(number)
        if state not in NEXT[run.state]:
            raise TrueupError(
                "E-RUN-003",
                f"run {number} is {run.state}, so it cannot become {state}",
                "A run goes from draft to computed, approved and posted; a posted run is never changed.",
                f"{BEFORE.get((run.state, state), 'A correction is a new run')}; `trueup run status` shows the runs.",
            )
        return run

    def get(self, number: int) -> Run:
        """A run by its number (E-RUN-002)."""
        if number not in self.runs:
            known = ", ".join(str(one) for one in self.runs) or "none"
            raise TrueupError(
                "E-RUN-002", f"there is no run {number}; runs: {known}", "Runs are named by their numbers.",
                "`trueup run status` shows them.",
            )  # fmt: skip
        return self.runs[number]

    @property
    def posted(self) -> list[Run]:
        """The posted runs, in order."""
        return [run for _, run in sorted(self.runs.items()) if run.state == "posted"]

    @property
    def head(self) -> int:
        """The number of the newest posted run; 0 for none."""
        return self.posted[-1].number if self.posted else 0

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        """One transaction, which ends with the seal over all rows."""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as book:
            book.execute("pragma synchronous = full")
            book.execute("begin immediate")
            try:
                names = ", ".join(f'"{name}"' for name in COLUMNS)
                book.execute(f"create table if not exists run ({names}, primary key (number))")
                book.execute("create table if not exists seal (sha256)")
                yield book
                book.execute("delete from seal")
                book.execute("insert into seal values (?)", (_seal(_rows(book)),))
                book.execute("commit")
            except BaseException:
                book.execute("rollback")
                raise

    def _none(self) -> dict[int, Run]:
        """The runs of new books: none, and nothing may have been computed."""
        if next(self.path.parent.glob("runs/*/manifest.json"), None):
            raise _broken(self.path, "it is missing or empty, but there are computed runs")
        return {}

    def _load(self) -> dict[int, Run]:
        try:
            with closing(sqlite3.connect(self.path)) as book:
                rows, seal = _rows(book), book.execute("select sha256 from seal").fetchall()
        except sqlite3.Error as error:
            raise _broken(self.path, str(error)) from None
        if seal != [(_seal(rows),)]:
            raise _broken(self.path, "its rows are not those that were sealed")
        return {run.number: run for run in map(_run, rows)}


def _rows(book: sqlite3.Connection) -> list[tuple[Any, ...]]:
    names = ", ".join(f'"{name}"' for name in COLUMNS)
    return book.execute(f"select {names} from run order by number").fetchall()


def _seal(rows: list[tuple[Any, ...]]) -> str:
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def _row(run: Run) -> tuple[Any, ...]:
    values = (getattr(run, name) for name in COLUMNS)
    return tuple(value.isoformat() if isinstance(value, date) else value for value in values)


def _run(row: tuple[Any, ...]) -> Run:
    told = dict(zip(COLUMNS, row, strict=True))
    given: dict[str, Any] = {k: date.fromisoformat(v) if k in DATES and v else v for k, v in told.items()}
    return Run(**given)


def _broken(path: Path, what: str) -> TrueupError:
    return TrueupError(
        "E-BOOK-003",
        f"{path}: {what}",
        "The catalogue says which runs are posted; a doubtful one is not used at all.",
        "Restore the books from a backup.",
    )
