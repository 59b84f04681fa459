"""What the command line prints of stores and books."""

from collections.abc import Sequence
from typing import Any

import polars as pl
from rich.markup import escape
from rich.table import Table

from trueup.books import Books, Run
from trueup.books.changes import Changes
from trueup.books.journal import WRITE_OFF
from trueup.present import console, plain_table
from trueup.quantities import kwh_text, usd_text
from trueup.reads.table import CHANNELS, pacific
from trueup.store.intervals import Ingested, IntervalStore

MOST = 20
"""Rows of a list that are shown; the rest is counted."""


def _show(table: Table, count: int, what: str) -> None:
    out = console()
    out.print(table)
    if count > MOST:
        out.print(f"and {count - MOST:,} more {what}")


def show_ingested(name: str, done: Ingested) -> None:
    """What a meter file changed."""
    told = ", ".join(f"{getattr(done, field):,} {field}" for field in ("new", "corrected", "disputed", "unchanged"))
    console().print(escape(f"{name}: {done.readings:,} readings: {told}"))


def show_store(store: IntervalStore) -> None:
    """Ingests, accounts, disputes, digest."""
    table = plain_table("Ingest", "Day", "File", "Format", "Readings", right=("Readings",))
    for one in store.ingests[-MOST:]:
        table.add_row(str(one.number), one.day, escape(one.name), one.form, f"{one.readings:,}")
    console().print(table)
    disputes = store.disputes()
    console().print(
        f"{len(store.accounts()):,} accounts, {len(disputes):,} disputed intervals, digest {store.digest()}"
    )
    for dispute in disputes[:MOST]:
        at = f"{CHANNELS[dispute.channel]} of {pacific(dispute.start):%Y-%m-%d %H:%M %Z}"
        console().print(escape(f"  {dispute.account}: two files disagree about {at}"))


def show_runs(runs: Sequence[Run]) -> None:
    """Runs with their states."""
    table = plain_table("Run", "Kind", "State", "On", "Through", "Posted")
    for run in runs:
        posted = "" if run.posted is None else str(run.posted)
        table.add_row(str(run.number), run.kind, run.state, str(run.on), str(run.through), posted)
    console().print(table)


def show_counts(books: Books, run: Run) -> None:
    """How many accounts, bills and lines a run made."""
    if run.kind != "bill":
        return
    lines, entries = (books.shelf(run).table(name, run.manifest) for name in ("lines", "entries"))
    bills = lines.select("account", "cycle_start", "biller").unique().height
    accounts = lines.get_column("account").n_unique()
    console().print(f"{accounts:,} accounts, {bills:,} bills, {lines.height:,} lines")
    off = int(entries.filter(pl.col("book") == WRITE_OFF).get_column("amount").sum())
    if off:
        hint = "beyond the limit of back-billing; accounts taken over: `run new --ask-late`"
        console().print(f"${usd_text(off)} are written off: {hint}")
    estimated = books.shelf(run).table("estimated", run.manifest)
    if not estimated.is_empty():
        guessed = estimated.select("account", "cycle_start").unique().height
        wh = int(estimated.get_column("wh").sum())
        console().print(f"{guessed:,} cycles hold estimates: {kwh_text(wh)} kWh; `trueup run trail` lists why")


def show_waiting(waiting: pl.DataFrame) -> None:
    """Who waits, why, since when."""
    if waiting.is_empty():
        return
    table = plain_table("Waits", "Since", "Days", "Code", "Reason", right=("Days",))
    for row in waiting.head(MOST).iter_rows(named=True):
        table.add_row(escape(row["account"]), str(row["since"]), str(row["days"]), row["code"], escape(row["what"]))
    _show(table, waiting.height, "accounts wait")


def show_changes(found: Changes) -> None:
    """New bills, restated lines before and after, what is asked of customers, what is written off."""
    out = console()
    out.print(f"{found.new.height:,} new bills, lines due ${usd_text(int(found.new.get_column('cents').sum()))}")
    if not found.restated.is_empty():
        table = plain_table("Account", "Cycle", "Biller", "Line", "Before", "Now", right=("Before", "Now"))
        for row in found.restated.head(MOST).iter_rows(named=True):
            parts = (row["component"], row["season"], row["period"], row["pool"])
            named = ".".join(part for part in parts if part)
            before, now = ("" if row[name] is None else usd_text(row[name]) for name in ("cents", "cents_now"))
            table.add_row(escape(row["account"]), str(row["cycle_start"]), row["biller"], named, before, now)
        _show(table, found.restated.height, "lines differ; --csv lists them")
    total = int(found.asked.get_column("amount").sum())
    out.print(f"Asked, after balances and compensation are applied: ${usd_text(total)}")
    for account, biller, cents in found.asked.head(MOST).iter_rows():
        out.print(escape(f"  {account}: ${usd_text(cents)} by {biller}"))
    if found.asked.height > MOST:
        out.print(f"  and {found.asked.height - MOST:,} more; --csv lists every bill and line")
    if found.written_off:
        out.print(f"Written off, beyond the limit of back-billing: ${usd_text(found.written_off)}")


def show_payments(entries: pl.DataFrame) -> None:
    """What a run of payments moves."""
    sums = entries.group_by("book").agg(pl.col("amount").sum(), pl.len()).sort("book")
    for book, cents, count in sums.iter_rows():
        console().print(f"{book}: ${usd_text(cents)}, {count:,} entries")


SIDES = {"applied": "balances and compensation", "written_off": "written off"}
"""What stands between the printed lines of a bill and what is asked."""


def show_statement(head: dict[str, Any], lines: Sequence[dict[str, Any]], estimated: Sequence[dict[str, Any]]) -> None:
    """The lines of a bill, what was asked with it, and how much of its energy was estimated."""
    out = console()
    out.print(escape(f"{head['account']}: {head['from']} to {head['to']}, run {head['run']} posted {head['posted']}"))
    table = plain_table("Line", "Quantity", "Unit", "Price", "Amount", "Rule", right=("Quantity", "Price", "Amount"))
    for line in lines:
        amount = line["amount"] if line["due"] else f"({line['amount']})"
        table.add_row(line["id"], line["quantity"], line["unit"], line["price"] or "", amount, line["rule"])
    console().print(table)
    out.print("Amounts in brackets are not due with the lines: they enter a balance, or are told only.")
    for bill in head["bills"]:
        parts = [f"${bill['printed']} printed"]
        parts += [f"{words} ${bill[name]}" for name, words in SIDES.items() if bill[name] != "0.00"]
        out.print(f"{bill['biller']}: {', '.join(parts)}; asked ${bill['asked']}")
    for one in estimated:
        console().print(
            f"Estimated {one['kwh']} of {one['of_kwh']} kWh {one['channel']}, {one['intervals']:,} of "
            f"{one['of_intervals']:,} intervals"
        )


def show_estimates(found: pl.DataFrame) -> None:
    """Accounts with estimates in their bills."""
    right = ("Bills", "Estimated", "In a row", "Of late", "kWh", "Of kWh")
    table = plain_table("Account", *right, right=right)
    for account, *counts, wh, of_wh in found.head(MOST).iter_rows():
        table.add_row(escape(account), *map(str, counts), kwh_text(wh), kwh_text(of_wh))
    _show(table, found.height, "accounts; --csv lists them")


def show_balances(rows: Sequence[tuple[str, str, int]]) -> None:
    """Books with what stands in them; a credit is negative."""
    table = plain_table("Book", "Balance", "Unit", right=("Balance",))
    for book, measure, amount in rows:
        text, unit = (usd_text(amount), "$") if measure == "cents" else (kwh_text(amount), "kWh")
        table.add_row(book, text, unit)
    console().print(table)
