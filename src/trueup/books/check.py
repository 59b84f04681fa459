"""Whether books hold: files as they were written, entries that sum to zero, banks that equal the balances carried."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import polars as pl

from trueup.books import journal, payments
from trueup.books.catalogue import Run
from trueup.books.history import History
from trueup.books.segments import Segment
from trueup.books.shelf import Shelf
from trueup.components import LEDGERS

LEDGER = "ledger"
UNDER = ["account", "biller", "cycle_start", "component", "measure"]


def findings(history: History, utilities: set[str], on: date) -> list[str]:
    """Everything that does not hold, each on one line; none if the books are sound.

    Parameters
    ----------
    utilities
        Billers that are utilities; all others are providers of generation.
    on
        The day from which the age of what stands in clearing is counted.

    Raises
    ------
    TrueupError
        E-STORE-001 at the first file that is not as it was written.
    """
    for run in history.runs:
        for _ in Shelf(history.folder / run.folder).check(run.manifest):
            pass
    entries = history.entries()
    return [*unbalanced(entries), *uncleared(entries, history.runs, on), *unequal(entries, history.segments, utilities)]


def unbalanced(entries: pl.DataFrame) -> Iterator[str]:
    """Entries of one name that do not sum to zero, in cents or Wh."""
    sums = (
        entries.group_by(UNDER).agg(pl.col("amount").sum()).filter(pl.col("amount") != 0).sort(UNDER, nulls_last=True)
    )
    for account, biller, cycle, component, measure, amount in sums.iter_rows():
        yield f"{account} {cycle}: {biller} {component} sums to {amount} {measure}, not to zero"


def uncleared(entries: pl.DataFrame, runs: Sequence[Run], on: date) -> Iterator[str]:
    """What stands in a clearing account: its name, amount and age: days since the bill's cycle ended, or since the
    payment's batch was posted."""
    posted = {payments.component(run.number): run.posted or run.on for run in runs}
    by = ["account", "biller", "cycle_start", "cycle_end", "batch", "book"]
    named = entries.with_columns(batch=pl.when(pl.col("cycle_start").is_null()).then(pl.col("component")))
    held = named.filter(pl.col("book").str.starts_with("clearing.")).group_by(by).agg(pl.col("amount").sum())
    for account, biller, start, end, batch, book, cents in held.filter(pl.col("amount") != 0).sort(by).iter_rows():
        days = (on - (end or posted[batch])).days
        yield f"{account} {start or batch}: {cents} cents of {biller} stand in {book} for {days} days"


def unequal(entries: pl.DataFrame, held: Mapping[str, Sequence[Segment]], utilities: set[str]) -> Iterator[str]:
    """Banks and counters whose entries do not add up to the balance that is carried on."""
    banks = [*journal.BANKS, *journal.POOL_BANKS, *journal.COUNTERS, *journal.KEPT, journal.ENERGY]
    side = pl.when(pl.col("biller").is_in(list(utilities))).then(pl.lit(LEDGERS[0])).otherwise(pl.lit(LEDGERS[1]))
    moved = entries.filter(pl.col("book").is_in(banks)).with_columns(side.alias(LEDGER))
    sums = moved.group_by("account", LEDGER, "book").agg(pl.col("amount").sum())
    found = {(account, ledger, book): amount for account, ledger, book, amount in sums.iter_rows()}
    for account, segments in sorted(held.items()):
        for ledger, state in zip(LEDGERS, segments[-1].closing, strict=True):
            apart = any((account, ledger, book) in found for book in journal.POOL_BANKS)
            wanted = {book: amount for book, _, amount in journal.brought(state, apart)}
            for book in banks:
                has, carried = found.get((account, ledger, book), 0), wanted.get(book, 0)
                if has != carried:
                    yield f"{account}: {book} of the {ledger} is {has} in the journal, {carried} in what is carried on"
