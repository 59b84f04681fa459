"""Payment batches as runs: made, approved and posted like any other, then answered by the bank."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl

from trueup.books import payments
from trueup.books.catalogue import Run
from trueup.books.runs import Books
from trueup.errors import TrueupError

BATCH_SCHEMA: dict[str, Any] = {
    "payment": pl.String, "account": pl.String, "biller": pl.String, "book": pl.String, "cents": pl.Int64,
}  # fmt: skip


def pay(books: Books, on: date, least_cents: int = 0) -> Run:
    """A batch of everything payable, of at least some cents each; to be approved and posted.

    Raises
    ------
    TrueupError
        E-PAY-001 if nothing is to be paid.
    """
    with books.locked():
        payable = payments.due(books.history().entries(), least_cents)
        if payable.is_empty():
            raise _error("E-PAY-001", "nothing is payable", "Post the run that settles first, or lower --least.")
        run = books.new("pay", on, on)
        rows = [list(row) for row in payments.payments(payable, run.number)]
        entries = payments.sent(payable, run.number)
        return _computed(books, run, {"payments": rows}, entries, payments.batch_file(payable, run.number))


def answer(books: Books, number: int, returned: Collection[str], on: date) -> Run:
    """What the bank says of a posted batch: all payments that were still out are made, but those returned.

    A payment that comes back later, after it was made, is returned from cash. Either way it is payable again.

    Raises
    ------
    TrueupError
        E-PAY-002 for a payment that the batch does not hold or that came back before, E-PAY-003 if the batch is not
        posted or has nothing left to answer.
    """
    with books.locked():
        batch = _batch(books, number)
        out = _standing(books, batch, number)
        unknown = sorted(set(returned) - set(out.filter(pl.col("at") != "").get_column("payment")))
        if unknown:
            raise _error(
                "E-PAY-002", f"batch {number} has no payment {unknown[0]} that could come back",
                "Name payments as its payments.csv does.",
            )  # fmt: skip
        back = out.filter(pl.col("payment").is_in(list(returned)))
        made = out.filter((pl.col("at") == payments.SENT) & ~pl.col("payment").is_in(list(returned)))
        parts = [payments.confirmed(made), *(_returned(back, place) for place in (payments.SENT, payments.CASH))]
        entries = pl.concat(parts)
        if entries.is_empty():
            raise _error("E-PAY-003", f"batch {number} is answered already", "Name the payments that came back since.")
        told = {"answers": number, "returned": sorted(returned), "made": made.get_column("payment").to_list()}
        return _computed(books, books.new("pay", on, on), told, entries, "")


def _returned(back: pl.DataFrame, place: str) -> pl.DataFrame:
    return payments.returned(back.filter(pl.col("at") == place), place)


def _batch(books: Books, number: int) -> pl.DataFrame:
    run = books.catalogue.get(number)
    told = books.shelf(run).read_json("plan.json", run.plan) if run.kind == "pay" else {}
    if run.state != "posted" or "payments" not in told:
        raise _error("E-PAY-003", f"run {number} is no posted batch of payments", "`trueup run status` shows the runs.")
    frame = pl.DataFrame(told["payments"], schema=BATCH_SCHEMA, orient="row")
    return frame.with_columns(component=pl.lit(payments.component(number)))


def _standing(books: Books, batch: pl.DataFrame, number: int) -> pl.DataFrame:
    """Where each payment of a batch stands: in clearing, in cash, or nowhere because it came back (`at` is empty)."""
    at = dict.fromkeys(batch.get_column("payment"), payments.SENT)
    for run in books.catalogue.posted:
        told = books.shelf(run).read_json("plan.json", run.plan) if run.kind == "pay" else {}
        if told.get("answers") == number:
            at |= dict.fromkeys(told["made"], payments.CASH) | dict.fromkeys(told["returned"], "")
    return batch.with_columns(at=pl.col("payment").replace_strict(at, return_dtype=pl.String))


def _computed(books: Books, run: Run, plan: dict[str, Any], entries: pl.DataFrame, text: str) -> Run:
    shelf = books.shelf(run)
    digest = shelf.write_json("plan.json", plan)
    manifest = shelf.write_entries(entries, digest, text)
    return books.catalogue.add(replace(run, state="computed", manifest=manifest), digest)


def _error(code: str, what: str, todo: str) -> TrueupError:
    return TrueupError(code, what, "A payment is made once, and every cent that left is known.", todo)
