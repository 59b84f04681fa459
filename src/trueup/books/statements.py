"""Issued statements: the lines of an account's cycle as they were known on a day, which later runs never change."""

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from trueup.books.history import History
from trueup.books.journal import RECEIVABLE, WRITE_OFF
from trueup.components import LEDGERS, PROVIDER
from trueup.errors import TrueupError
from trueup.quantities import kwh_text, usd_text
from trueup.statement import quantity_of


def statement(history: History, account: str, cycle: date) -> list[dict[str, Any]]:
    """The printed lines of a cycle, in order, as plain text fields.

    Parameters
    ----------
    history
        What was posted by the day of the question (`Books.history(known_on)`).
    cycle
        First day of the cycle.

    Raises
    ------
    TrueupError
        E-BOOK-004 if nothing was posted for the cycle by then.
    """
    lines = history.lines(account)
    mine = lines.filter(pl.col("cycle_start") == cycle)
    if mine.is_empty():
        known = [str(day) for day in lines.get_column("cycle_start").unique().sort()]
        raise TrueupError(
            "E-BOOK-004",
            f"no bill of {account} for a cycle that begins on {cycle} was posted by then; posted: "
            f"{', '.join(known) or 'none of this account'}",
            "A statement is what a posted run says.",
            "Choose one of these cycles."
            if known
            else "Check the account's name, or name a later day with --known-on.",
        )
    return [_fields(row) for row in mine.iter_rows(named=True)]


def issued(history: History, account: str, cycle: date) -> dict[str, Any]:
    """What stands above and below the lines of a bill: days, run, day of posting, and for each biller what was printed
    as due, applied of balances (compensation kept or paid), written off and asked.

    `printed + applied = asked + written_off`; errors as for `statement`.
    """
    segment = next(one for one in history.segments[account] if one.first <= cycle < one.last)
    run = next(run for run in history.runs if run.number == segment.run)
    lines = history.lines(account).filter(pl.col("cycle_start") == cycle)
    entries = history.entries([account]).filter(pl.col("cycle_start") == cycle)
    last = entries.get_column("cycle_end").max()
    return {
        "account": account,
        "from": str(cycle),
        "to": str(last),
        "run": run.number,
        "posted": str(run.posted or run.on),
        "bills": [_bill(biller, lines, entries) for biller in lines.get_column("biller").unique(maintain_order=True)],
    }


def _bill(biller: str, lines: pl.DataFrame, entries: pl.DataFrame) -> dict[str, str]:
    printed = int(lines.filter(pl.col("due") & (pl.col("biller") == biller)).get_column("cents").sum())
    mine = entries.filter(biller=biller)
    asked, off = (int(mine.filter(book=book).get_column("amount").sum()) for book in (RECEIVABLE, WRITE_OFF))
    cents = {"printed": printed, "applied": asked + off - printed, "written_off": off, "asked": asked}
    return {"biller": biller} | {name: usd_text(value) for name, value in cents.items()}


def estimated(history: History, account: str, cycle: date) -> list[dict[str, Any]]:
    """How much of a cycle was estimated, by channel, as plain text fields; empty where all of it was metered."""
    mine = history.estimated(account).filter(pl.col("cycle_start") == cycle)
    return [
        {
            "channel": row["channel"],
            "kwh": kwh_text(row["wh"]),
            "of_kwh": kwh_text(row["of_wh"]),
            "intervals": row["intervals"],
            "of_intervals": row["of_intervals"],
        }
        for row in mine.iter_rows(named=True)
    ]


def _fields(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": _id(row),
        "biller": row["biller"],
        "component": row["component"],
        "quantity": str(quantity_of(row["unit"], row["quantity"])),
        "unit": row["unit"],
        "price": str(Decimal(row["price"]).scaleb(-7)) if row["price"] else None,
        "amount": usd_text(row["cents"]),
        "due": row["due"],
        "rule": row["rule"],
    }


def _id(row: dict[str, Any]) -> str:
    """The id of a line, as bills print it (`statement.line_id`)."""
    biller = row["biller"] if row["ledger"] == LEDGERS[PROVIDER] else None
    parts = (str(row["cycle_start"]), biller, row["component"], row["season"], row["period"], row["pool"])
    ending = f"@{row['version']}" if row["version"] else ""
    return ".".join(part for part in parts if part is not None) + ending


def balances(history: History, account: str | None = None) -> list[tuple[str, str, int]]:
    """What stands in each book: book, measure (cents or Wh), amount; debits positive, of one account or of all."""
    entries = history.entries(None if account is None else [account])
    sums = entries.group_by("book", "measure").agg(pl.col("amount").sum()).sort("book", "measure")
    return list(sums.iter_rows())
