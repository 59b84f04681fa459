"""What a run changes: new bills by month, and posted lines before and after, one by one."""

from dataclasses import dataclass

import polars as pl

from trueup.books import lines
from trueup.books.catalogue import Run
from trueup.books.history import History
from trueup.books.journal import RECEIVABLE, WRITE_OFF
from trueup.books.restate import differences
from trueup.books.runs import Books
from trueup.errors import TrueupError

BILL = ["account", "cycle_start", "cycle_end", "biller"]


@dataclass(frozen=True)
class Changes:
    """What a run adds to the books.

    Attributes
    ----------
    new
        Bills of cycles that were not posted before: account, cycle, biller, cents due.
    restated
        Lines of posted cycles that differ: what names them, quantity, price and cents before and `_now`.
    asked
        Cents that the run asks of customers or gives back, by account and biller.
    written_off
        Cents that it writes off by the limits of back-billing.
    """

    new: pl.DataFrame
    restated: pl.DataFrame
    asked: pl.DataFrame
    written_off: int


def changes(books: Books, run: Run) -> Changes:
    """What a computed run changes in the books that it was drafted on.

    Raises
    ------
    TrueupError
        E-RUN-003 for a run that is not computed.
    """
    if not run.manifest:
        raise TrueupError(
            "E-RUN-003",
            f"run {run.number} is {run.state}: nothing is computed that could be compared",
            "What a run changes is known once it is computed.",
            f"`trueup run resume {run.number}` computes a draft.",
        )
    before = History(books.folder, tuple(one for one in books.catalogue.posted if one.number <= run.base))
    shelf = books.shelf(run)
    entries, after = shelf.table("entries", run.manifest), pl.DataFrame(schema=lines.SCHEMA)
    if run.kind == "bill":
        after = shelf.table("lines", run.manifest)
    again = [name for name in after.get_column("account").unique(maintain_order=True) if name in before.segments]
    old = pl.concat([pl.DataFrame(schema=lines.SCHEMA), *(_restated(before, after, name) for name in again)])
    key = ["account", "cycle_start"]
    known = pl.concat([old.select(key), *(before.lines(name).select(key) for name in again)]).unique()
    due = after.filter("due").group_by(BILL, maintain_order=True).agg(pl.col("cents").sum())
    moved = entries.filter(pl.col("book") == RECEIVABLE).group_by("account", "biller").agg(pl.col("amount").sum())
    return Changes(
        due.join(known, on=key, how="anti"),
        differences(old, after.join(known, on=key, how="semi")),
        moved.filter(pl.col("amount") != 0).sort("account", "biller"),
        int(entries.filter(pl.col("book") == WRITE_OFF).get_column("amount").sum()),
    )


def listed(found: Changes) -> pl.DataFrame:
    """New bills and lines that differ as one table: what names them, quantity, price and cents before and now."""
    new = found.new.with_columns(component=pl.lit("bill"), cents_now=pl.col("cents")).drop("cents")
    return pl.concat([new, found.restated], how="diagonal_relaxed").select(found.restated.columns)


def _restated(before: History, after: pl.DataFrame, account: str) -> pl.DataFrame:
    """The lines that an account had in the span that is billed again."""
    first = after.filter(pl.col("account") == account).get_column("cycle_start").min()
    return before.lines(account).filter(pl.col("cycle_start") >= first)
