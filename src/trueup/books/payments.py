"""Paying out what settlements made payable: a batch of payments, confirmed or returned, each a run of its own.

A payment leaves the payable account for clearing when its batch is posted, and clearing for cash when the bank confirms
it; a returned one goes back to payable and into the next batch. What a correction took back after it was paid is asked
of the customer.
"""

import csv
import io
from collections.abc import Sequence
from typing import Any

import polars as pl

from trueup.books.journal import RECEIVABLE, SCHEMA
from trueup.quantities import usd_text
from trueup.spreadsheet import cell

PAYABLES = ("payable.surplus", "payable.bonus", "payable.climate")
SENT, CASH = "clearing.payment", "cash"
NAMED = ["account", "biller", "book"]
COLUMNS = ("payment", "account", "biller", "what", "usd")
"""Columns of the batch file."""


def component(number: int) -> str:
    """What names the entries of a batch: of the payments sent, made and returned."""
    return f"payment.{number}"


def due(entries: pl.DataFrame, least_cents: int = 0) -> pl.DataFrame:
    """What is to be paid to customers and what they have to give back: account, biller, book, cents.

    Parameters
    ----------
    least_cents
        Smaller payments wait for the next batch; what customers owe is never left.
    """
    held = entries.filter(pl.col("book").is_in(PAYABLES)).group_by(NAMED).agg(cents=-pl.col("amount").sum())
    wanted = (pl.col("cents") < 0) | ((pl.col("cents") > 0) & (pl.col("cents") >= least_cents))
    return held.filter(wanted).sort(NAMED)


def sent(payable: pl.DataFrame, number: int) -> pl.DataFrame:
    """The entries of a batch: payments to clearing, overpaid amounts to the receivable."""
    target = pl.when(pl.col("cents") > 0).then(pl.lit(SENT)).otherwise(pl.lit(RECEIVABLE))
    named = payable.with_columns(component=pl.lit(component(number)), target=target)
    return moved(named, pl.col("book"), pl.col("target"))


def confirmed(batch: pl.DataFrame) -> pl.DataFrame:
    """The entries of payments that the bank made."""
    return moved(batch, pl.lit(SENT), pl.lit(CASH))


def returned(batch: pl.DataFrame, came_from: str) -> pl.DataFrame:
    """The entries of payments that came back, from clearing or from cash: payable again."""
    return moved(batch, pl.lit(came_from), pl.col("book"))


def moved(named: pl.DataFrame, debit: pl.Expr, credit: pl.Expr) -> pl.DataFrame:
    """Cents from one book to another: debited where they leave a credit, credited where they go."""
    sides = [
        named.with_columns(book=book, amount=pl.col("cents") * sign, measure=pl.lit("cents"), kind=pl.lit("payment"))
        for book, sign in ((debit, 1), (credit, -1))
    ]
    frame = pl.concat(
        [side.select("account", "biller", "component", "book", "amount", "measure", "kind") for side in sides]
    )
    missing = [pl.lit(None, kind).alias(name) for name, kind in SCHEMA.items() if name not in frame.columns]
    return frame.with_columns(missing).select(*SCHEMA)


def batch_file(payable: pl.DataFrame, number: int) -> str:
    """The payments of a batch as CSV, each under a number of its own by which the bank answers."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for payment, account, biller, book, cents in payments(payable, number):
        writer.writerow([payment, cell(account), biller, book.removeprefix("payable."), usd_text(cents)])
    return out.getvalue()


def payments(payable: pl.DataFrame, number: int) -> Sequence[tuple[Any, ...]]:
    """The payments of a batch: number, account, biller, book, cents."""
    rows = payable.filter(pl.col("cents") > 0).sort(NAMED).select(*NAMED, "cents").iter_rows()
    return [(f"{number:06d}-{k:05d}", *row) for k, row in enumerate(rows, start=1)]
