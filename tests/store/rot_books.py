"""A small world of meter data and books, and everything that is done with it: what no rotten byte may change."""

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from tests.books.made_books import portfolio
from tests.made import account, columns
from tests.made_rules import shared_made_rules
from tests.store.made import scratch
from tests.store.rot import Waits
from trueup.books import Books, Portfolio, Run, drafts
from trueup.books.changes import changes
from trueup.books.check import findings
from trueup.books.meters import StoreMeters
from trueup.books.paying import answer, pay
from trueup.books.segments import to_frame
from trueup.books.statements import balances, statement
from trueup.periods import midnight_utc
from trueup.reads.batch import ACTUAL, Batch
from trueup.store.intervals import IntervalStore, Source

READS = [date(2025, 6, 10) + timedelta(30 * k) for k in range(15)]
NAMES = ("anna", "bert", "cleo")
FIRST, SECOND, LAST = READS[12:]
BILLED, CORRECTED, PAID, ANSWERED, HALF, APPROVED = range(1, 7)
"""The runs of the world by number."""


@cache
def accounts() -> Portfolio:
    """Homes whose year settles with a surplus that is paid by check."""
    solar = {"program": "nem", "pto": READS[0], "application": date(2025, 1, 5), "nsc_election": "check"}
    return portfolio(*(account(account=name, read_dates=READS, **solar) for name in NAMES))


def batch(name: str, last: date, flat: int, known: int) -> Batch:
    """What a meter counted by a day, as a file would give it: a flat use, and a surplus in one hour."""
    sent = 9_000_000 + 1_000_000 * NAMES.index(name)
    found = columns(READS[0], last, flat=(flat, 0), at={"2025-07-01 12": (0, sent)})
    length = found.delivered.shape[1]
    start = midnight_utc(found.first_day) + 60 * found.minutes * np.arange(length)
    wh = np.concatenate([found.delivered[0], found.received[0]]).astype(np.int64)
    same = np.ones(2 * length, dtype=np.int64)
    channel, minutes = np.repeat([0, 1], length), found.minutes * same
    return Batch((name,), same * 0, channel, np.tile(start, 2), minutes, wh, same * ACTUAL, same * known)


def make_world(folder: Path) -> None:
    """Runs posted, one of them a correction; payments sent and answered; a run half computed, and one approved."""
    drafts.SHARD = 2  # type: ignore[misc]
    store, books = IntervalStore.create(folder / "store"), folder / "books"
    store.ingest([batch(name, LAST, 50, known=1) for name in NAMES], Source("first", "", "made"), FIRST)
    posted(books, restate(folder, FIRST), FIRST)
    store.ingest([batch(NAMES[0], READS[1], 60, known=2)], Source("second", "", "made"), SECOND)
    posted(books, restate(folder, SECOND), SECOND)
    posted(books, pay(Books(books), SECOND), SECOND)
    posted(books, answer(Books(books), PAID, [payment(1)], LAST), LAST)
    store.ingest([batch(NAMES[1], READS[1], 60, known=2)], Source("third", "", "made"), LAST)
    draft(folder, LAST)
    assert Books(books).approve(restate(folder, LAST).number).number == APPROVED
    compute_half(folder)


def compute_half(folder: Path) -> None:
    """Leave the first shard of a run as one does who is interrupted after it."""
    with scratch() as place:
        copy = place / "copy"
        shutil.copytree(folder, copy)
        resume(copy, HALF)
        made, wanted = (world / "books" / "runs" / f"{HALF:06d}" for world in (copy, folder))
        for path in made.glob("*/00000.*"):
            (wanted / path.parent.name).mkdir(exist_ok=True)
            shutil.copy(path, wanted / path.parent.name)


def payment(number: int) -> str:
    """A payment of the batch that was sent."""
    return f"{PAID:06d}-{number:05d}"


def posted(books: Path, run: Run, on: date) -> None:
    """Approve and post a run."""
    Books(books).approve(run.number)
    Books(books).post(run.number, on)


def draft(folder: Path, through: date) -> Run:
    """A run that is planned."""
    meters = StoreMeters(IntervalStore.open(folder / "store"))
    return Books(folder / "books").draft(accounts(), meters, shared_made_rules(), through, through)


def restate(folder: Path, through: date) -> Run:
    """A run of new cycles and of posted ones whose meter data changed, computed."""
    return resume(folder, draft(folder, through).number)


def resume(folder: Path, number: int) -> Run:
    """A run that is planned or half computed, computed."""
    books = Books(folder / "books")
    meters = StoreMeters(IntervalStore.open(folder / "store"), books.catalogue.get(number).ingest)
    return books.compute(number, meters, shared_made_rules())


def _balances(folder: Path, known_on: date | None, name: str | None) -> Any:
    return balances(Books(folder / "books").history(known_on), name)


def _statement(folder: Path, known_on: date | None) -> Any:
    return [statement(Books(folder / "books").history(known_on), NAMES[0], READS[at]) for at in (0, 11)]


def _history(folder: Path, name: str) -> Any:
    history = Books(folder / "books").history()
    return history.lines(name).rows(), history.entries([name]).rows(), to_frame(history.segments[name]).rows()


def _check(folder: Path) -> Any:
    return findings(Books(folder / "books").history(), {"sce"}, LAST)


def _compare(folder: Path) -> Any:
    books = Books(folder / "books")
    found = changes(books, books.catalogue.get(APPROVED))
    tables = [sorted(table.rows(), key=repr) for table in (found.new, found.restated, found.asked)]
    return tables, found.written_off


def _status(folder: Path) -> Any:
    books = Books(folder / "books")
    return books.catalogue.runs, [books.waiting(run).rows() for run in books.catalogue.runs.values()]


def _store(folder: Path) -> Any:
    store = IntervalStore.open(folder / "store")
    days = READS[0].toordinal(), READS[2].toordinal()
    got = store.read(NAMES, *days, 60)
    read = [got.readings.delivered.tobytes(), got.readings.received.tobytes()]
    told = [(store.span(name), store.changes(number)) for name in NAMES for number in range(4)]
    return store.digest(), store.ingests, store.accounts(), store.disputes(), read, told


def _restating(folder: Path) -> Any:
    """What is billed of each home, or that it waits."""
    run = restate(folder, LAST)
    books = Books(folder / "books")
    tables = [books.shelf(run).table(name, run.manifest) for name in ("lines", "entries")]
    billed = {name: [table.filter(pl.col("account") == name).rows() for table in tables] for name in NAMES}
    waiting = {account: Waits(code) for account, code, *_ in books.waiting(run).iter_rows()}
    return {"runs": sorted(books.catalogue.runs), **billed, **waiting}


def _resuming(folder: Path) -> Any:
    return resume(folder, HALF), Books(folder / "books").catalogue.runs


def _posting(folder: Path) -> Any:
    books = Books(folder / "books")
    return books.post(APPROVED, LAST), Books(folder / "books").catalogue.runs, balances(books.history())


def _paying(folder: Path) -> Any:
    books = Books(folder / "books")
    run = pay(books, LAST)
    return run, Books(folder / "books").catalogue.runs, (books.shelf(run).folder / "payments.csv").read_bytes()


def _answering(folder: Path) -> Any:
    run = answer(Books(folder / "books"), PAID, [payment(2)], LAST)
    return run, Books(folder / "books").catalogue.runs


def _ingesting(folder: Path) -> Any:
    store = IntervalStore.open(folder / "store")
    done = store.ingest([batch(NAMES[2], READS[1], 70, known=3)], Source("fourth", "", "made"), LAST)
    return done, store.digest(), IntervalStore.open(folder / "store").ingests


def _compacting(folder: Path) -> Any:
    store = IntervalStore.open(folder / "store")
    return store.compact(LAST), store.digest(), IntervalStore.open(folder / "store").ingests


READING: dict[str, Callable[[Path], Any]] = {
    "balances": partial(_balances, known_on=None, name=None),
    "balances of one": partial(_balances, known_on=SECOND, name=NAMES[0]),
    "statements": partial(_statement, known_on=None),
    "statements as known": partial(_statement, known_on=FIRST),
    "history of one": partial(_history, name=NAMES[0]),
    "check": _check,
    "compare": _compare,
    "status": _status,
    "store": _store,
}
"""What is asked of a world."""
WRITING: dict[str, Callable[[Path], Any]] = {
    "restating run": _restating,
    "resumed run": _resuming,
    "posting": _posting,
    "payment": _paying,
    "payment answer": _answering,
    "ingest": _ingesting,
    "compaction": _compacting,
}
"""What changes a world: each is done to a copy."""
