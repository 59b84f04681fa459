"""A small world that is interrupted: meter files come in, runs are made and posted; and what it should end as.

Run as a program it lives through the world once, and dies by SIGKILL at the n-th write if told so:
``python -m tests.books.crash_world FOLDER SEED [N [planted]]``.
"""

import os
import random
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from tests.books.made_books import TODAY, portfolio, without_openings
from tests.made import MadeHome, account, columns
from tests.made_rules import shared_made_rules
from trueup.books import Books, drafts, journal
from trueup.books.check import findings
from trueup.books.compute import Outcome
from trueup.books.meters import StoreMeters
from trueup.books.paying import answer, pay
from trueup.books.shelf import Shelf
from trueup.periods import midnight_utc
from trueup.reads.batch import ACTUAL, Batch
from trueup.rulebook.vee import VeeRules
from trueup.store import files
from trueup.store.intervals import IntervalStore, Source

MONTHS = (date(2025, 9, 1), date(2026, 3, 1), TODAY)
VEE = VeeRules.shipped()
LARGE, SMALL = 4, 1
"""Homes of a world."""
SHARD = 2


def sunny() -> MadeHome:
    """A home that is paid its surplus by check."""
    reads = [date(2025, 6, 10) + timedelta(30 * k) for k in range(14)]
    home = account(
        account="sunny", program="nem", read_dates=reads, pto=reads[0], application=date(2025, 1, 5),
        nsc_election="check",
    )  # fmt: skip
    noons = {f"{reads[0] + timedelta(k)} 12": (0, 25_000) for k in range(390)}
    return MadeHome(home, columns(reads[0], reads[-1], flat=(200, 0), at=noons))


def batch_of(home: MadeHome, through: date, wrong: bool) -> Batch:
    """What the meters of a home said by a day; wrong values are told by an earlier time of making."""
    readings, parts = home.readings, []
    step = 60 * readings.minutes
    length = (midnight_utc(min(through.toordinal(), readings.last_day)) - midnight_utc(readings.first_day)) // step
    for channel, column in enumerate((readings.delivered, readings.received)):
        wh = column[0, : max(length, 0)].astype(np.int64)
        parts.append((np.full(len(wh), channel), midnight_utc(readings.first_day) + step * np.arange(len(wh)), wh))
    channel, start, wh = (np.concatenate(column) for column in zip(*parts, strict=True))
    if wrong:
        wh = wh + (start % (7 * 86400) < 86400) * 50
    same = np.ones(len(wh), dtype=np.int64)
    known = same * (0 if wrong else 1_800_000_000)
    return Batch((home.account.account,), same * 0, channel, start, same * readings.minutes, wh, same * ACTUAL, known)


def live(
    folder: Path, seed: int, count: int = LARGE, months: tuple[date, ...] = MONTHS, vee: VeeRules | None = VEE
) -> None:
    """Bring the world to its end from wherever it stands; every step may be done again."""
    drafts.SHARD = SHARD  # type: ignore[misc]
    homes = [home for home in without_openings(range(seed, seed + 40)) if home.readings.generation is None][:count]
    homes.append(sunny())
    accounts, rules = portfolio(*(home.account for home in homes)), shared_made_rules()
    at = folder / "store"
    store = IntervalStore.open(at) if (at / "catalogue.sqlite").exists() else IntervalStore.create(at)
    for number, month in enumerate(months):
        chance = random.Random(seed + number)
        for home in homes:
            wrong = month != TODAY and chance.random() < 0.5
            batch = batch_of(home, month, wrong)
            if len(batch.wh):
                store.ingest([batch], Source(f"{home.account.account}-{number}", "", "made"), month)
        advance(folder / "books", store, accounts, rules, month, vee)
    settle_payments(folder / "books")


def advance(folder: Path, store: IntervalStore, accounts: Any, rules: Any, month: date, vee: VeeRules | None) -> None:
    """Bring the run of a month to its posting, from whatever state it is in."""
    books = Books(folder)
    mine = [run for run in books.catalogue.runs.values() if run.kind == "bill" and run.through == month]
    run = mine[-1] if mine else books.draft(accounts, StoreMeters(store), rules, month, month, vee=vee)
    if run.state == "draft":
        run = books.compute(run.number, StoreMeters(store, run.ingest), rules, vee)
    if run.state == "computed":
        run = books.approve(run.number)
    books.post(run.number, month)


def settle_payments(folder: Path) -> None:
    """One batch of payments and the bank's answer, both posted."""
    books = Books(folder)
    made = sorted(number for number, run in books.catalogue.runs.items() if run.kind == "pay")
    batch = made[0] if made else pay(books, TODAY).number
    finish(books, batch)
    finish(books, made[1] if len(made) > 1 else answer(books, batch, [], TODAY).number)


def finish(books: Books, number: int) -> None:
    """Approve and post what is computed."""
    if books.catalogue.get(number).state == "computed":
        books.approve(number)
    books.post(number, TODAY)


def final_state(folder: Path) -> tuple[str, ...]:
    """What must not depend on interruptions: the store's content, the posted runs and every byte of their tables."""
    books = Books(folder / "books")
    runs = [f"{run.number} {run.kind} {run.state} {run.through} {run.manifest}" for run in books.catalogue.posted]
    store = IntervalStore.open(folder / "store").digest()
    return store, *runs, *findings(books.history(), {"sce"}, TODAY)


@contextmanager
def at_write(number: int, then: Callable[[], None]) -> Iterator[list[int]]:
    """Do something at the n-th write: a file's bytes, a sync, a rename, a statement or commit of a catalogue."""
    count = [0]

    def tick() -> None:
        count[0] += 1
        if count[0] == number:
            then()

    def counted(act: Callable[..., Any]) -> Callable[..., Any]:
        def acting(*args: Any, **more: Any) -> Any:
            tick()
            return act(*args, **more)

        return acting

    class Counted(sqlite3.Connection):
        def execute(self, *args: Any) -> sqlite3.Cursor:
            if not args[0].lower().startswith(("select", "rollback")):
                tick()
            return super().execute(*args)

    kept = files._write, os.replace, os.fsync, sqlite3.connect
    files._write, os.replace, os.fsync = (counted(act) for act in kept[:3])  # type: ignore[assignment]
    sqlite3.connect = lambda *args, **more: kept[3](*args, **{"factory": Counted} | more)  # type: ignore[assignment]
    try:
        yield count
    finally:
        files._write, os.replace, os.fsync, sqlite3.connect = kept  # type: ignore[assignment]


def plant_two_transactions() -> None:
    """The bug that sums alone do not see: a shard is called whole before the issue of its bills is written."""
    whole = Shelf.write_shard

    def twice(self: Shelf, shard: int, outcome: Outcome, plan: str) -> None:
        issued = pl.col("component") == journal.ISSUE
        first = replace(outcome, entries=outcome.entries.filter(~issued))
        whole(self, shard, first, plan)
        whole(self, shard, outcome, plan)

    Shelf.write_shard = twice  # type: ignore[method-assign]


def die() -> None:
    """As the machine does: without a word."""
    os.kill(os.getpid(), signal.SIGKILL)


def main(folder: str, seed: str, number: str = "0", planted: str = "") -> None:
    """Live through the world, dying at a write."""
    if planted:
        plant_two_transactions()
    with at_write(int(number), die):
        live(Path(folder), int(seed))


if __name__ == "__main__":
    main(*sys.argv[1:])
