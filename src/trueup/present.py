"""What the command line prints: tables and explanations, one screen each."""

import sys
from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path
from textwrap import fill
from typing import Any

import polars as pl
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from trueup.bills import Bills
from trueup.cited import answer_of
from trueup.compare import Compared
from trueup.quantities import Money, kwh_text, price_text, usd_text
from trueup.reads import Reads
from trueup.reads.table import CHANNELS, pacific
from trueup.rule_text import rule_text
from trueup.rulebook import Rulebook, Rules
from trueup.settlement import Settlement
from trueup.statement import Line

MAX_GAPS = 12
MAX_ROWS = 20
MAX_TERMS = 16
HOURS_ON_A_LINE = 4
PIPED_WIDTH = 140


def console() -> Console:
    """Standard output; plain text where it is not a terminal."""
    wide = None if sys.stdout.isatty() else PIPED_WIDTH
    return Console(highlight=False, soft_wrap=True, width=wide)


def plain_table(*names: str, right: Collection[str] = ()) -> Table:
    """A table without lines, some of its columns to the right."""
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="bold")
    for name in names:
        table.add_column(name, justify="right" if name in right else "left", no_wrap=True)
    return table


def kwh(energy_wh: int) -> str:
    """Energy for a table: whole kWh."""
    return f"{energy_wh / 1000:,.0f}"


def reads_fields(reads: Reads) -> dict[str, Any]:
    """What meter files hold, as plain data."""
    first, last = int(reads.start.min()), int((reads.start + 60 * reads.length).max())
    present = sorted(set(reads.channel.tolist()))
    return {
        "files": [{"name": name, "sha256": sha, "format": form} for name, sha, form in reads.files],
        "accounts": reads.accounts,
        "from": pacific(first).isoformat(),
        "to": pacific(last).isoformat(),
        "interval_minutes": list(reads.lengths),
        "channels": {
            CHANNELS[code]: {
                "readings": int((reads.channel == code).sum()),
                "kwh": reads.total_wh(CHANNELS[code]) / 1000,
            }
            for code in present
        },
        "gaps": [
            {"channel": gap.channel, "from": pacific(gap.start).isoformat(), "to": pacific(gap.end).isoformat()}
            for gap in reads.gaps()
        ],
        "duplicates": len(reads.duplicates),
        "repeated_across_files": reads.repeated,
        "clock_changes": [{"day": day, "intervals": count} for day, count in reads.clock_changes()],
        "netted": reads.netted,
        "rounded": reads.rounded,
        "left_out": dict(reads.skipped),
        "quality": {text: reads.quality.count(text) for text in sorted(set(reads.quality)) if text},
    }


def show_reads(reads: Reads) -> None:
    """Print what meter files hold."""
    found = reads_fields(reads)
    out = console()
    for file in found["files"]:
        out.print(f"{file['name']}: {file['format']}, SHA-256 {file['sha256'][:12]}...")
    if found["accounts"]:
        out.print(f"Accounts   {', '.join(found['accounts'][:MAX_GAPS])} (sums below are of all)")
    lengths = " and ".join(str(minutes) for minutes in found["interval_minutes"])
    out.print(f"Span       {found['from']} to {found['to']}, {lengths}-minute intervals")
    for name, channel in found["channels"].items():
        out.print(f"{name.capitalize():<10} {channel['readings']:,} readings, {channel['kwh']:,.2f} kWh")
    for gap in found["gaps"][:MAX_GAPS]:
        out.print(f"Gap        {gap['channel']} {gap['from']} to {gap['to']}")
    out.print(f"Gaps       {len(found['gaps'])}")
    out.print(f"Duplicates {found['duplicates']} in a file, {found['repeated_across_files']} repeated across files")
    for change in found["clock_changes"]:
        out.print(f"Clock      {change['day']} has {change['intervals']} intervals")
    if found["netted"]:
        out.print("Signed     export is set off against import in this file; only programs that net are billed from it")
    if found["rounded"]:
        out.print("Rounded    values finer than a watt-hour are taken at the nearest one")
    for text, count in found["left_out"].items():
        out.print(f"Left out   {count:,} {escape(text)}")
    for text, count in found["quality"].items():
        out.print(f"Quality    {escape(text)}: {count:,} readings")


def show_trail(trail: pl.DataFrame) -> None:
    """What validation found, what could not be checked, and how many values each rule put in place."""
    found = trail.filter(pl.col("verdict").is_in(["fail", "flag", "left_missing"])).sort("account", "first", "rule")
    table = plain_table("Account", "Channel", "Rule", "Verdict", "From", "To", "Observed", "Limit", "Note")
    for row in found.head(MAX_ROWS).iter_rows(named=True):
        span = [pacific(int(row[name].timestamp())).strftime("%Y-%m-%d %H:%M") for name in ("first", "last")]
        figures = (str(row["observed"]), str(row["limit"]), escape(row["note"]))
        table.add_row(escape(row["account"]), row["channel"], row["rule"], row["verdict"], *span, *figures)
    console().print(table)
    console().print(
        f"Checks     {found.height:,} findings" + ("; the first are shown" if found.height > MAX_ROWS else "")
    )
    unchecked = trail.filter(verdict="not_checked")
    for rule, note in unchecked.select("rule", "note").unique(maintain_order=True).iter_rows():
        console().print(f"Not run    {rule}: {note}")
    put = trail.filter(pl.col("verdict") == "put").group_by("rule", "cause").agg(pl.len(), pl.col("value_wh").sum())
    for rule, cause, count, wh in put.sort("rule", "cause").iter_rows():
        console().print(f"{rule} put {count:,} values, {kwh_text(wh)} kWh, where {cause or 'another value'} failed")


def show_bills(bills: Bills, lines: bool = False) -> None:
    """Print the month table, the lines where asked for, and the settlements that close in these cycles."""
    out, program = console(), bills.rules.book.program(bills.account.program)
    out.print(escape(f"{bills.account.account}: {program.title}, {bills.account.schedule}"))
    out.print(f"{bills.rows[0].start} to {bills.rows[-1].end}; energy in kWh, money in dollars")
    if bills.draft:
        out.print("DRAFT: bills beyond the attested span of the schedule; not to be posted")
    out.print(month_table(bills))
    if lines:
        show_lines(bills)
    for part in bills.estimated:
        out.print(
            f"Estimated {part.month} {part.channel}: {kwh_text(part.wh)} of {kwh_text(part.of_wh)} kWh, "
            f"{part.intervals:,} of {part.of_intervals:,} intervals"
        )
    for settlement in bills.settlements:
        show_settlement(bills, settlement)
    show_so_far(bills)
    for notice in bills.notices:
        out.print(escape(f"Notice {notice}"))
    shares = bills.due_by_biller
    if len(shares) > 1:
        told = " + ".join(f"{biller_title(bills.rules.book, name)} {due}" for name, due in shares.items())
        out.print(escape(f"Due over these cycles, before compensation: {told} = {bills.due}"))
    else:
        out.print(f"Due over these cycles, before compensation: {bills.due}")
    if set(bills.bases) - {"published"}:
        out.print(f"Export prices: {' and '.join(bills.bases)}; `trueup explain` says which.")


def show_so_far(bills: Bills) -> None:
    """Print what the running period would settle as if it ended with the last of these bills."""
    for one in bills.so_far:
        if one.cycle_start == bills.rows[-1].start and not one.closes:
            told = f"settlement bill {one.due}, compensation {one.compensation}"
            title = biller_title(bills.rules.book, one.biller)
            console().print(escape(f"If the period ended with the bill of {one.month}: {title} {told}"))


def show_lines(bills: Bills) -> None:
    """Print the lines of each cycle with the ids by which they are explained."""
    out = console()
    for row in bills.rows:
        out.print(f"\nBill {row.month}, {row.start} to {row.end} ({row.program})", style="bold")
        mine = [line for line in bills.statement if line.cycle_start == row.start]
        for name in dict.fromkeys(line.provider for line in mine):
            page = [line for line in mine if line.provider == name]
            title = biller_title(bills.rules.book, name)
            if len({line.provider for line in mine}) > 1:
                out.print(escape(title))
            out.print(line_table(page))
            due = Money(sum(int(line.amount.scaleb(2)) for line in page if line.due))
            out.print(escape(f"{title}: {due} due"))
        if row.provider_charges.cents or row.provider_due.cents:
            out.print(f"Bill {row.month}: {Money(sum(int(n.amount.scaleb(2)) for n in mine if n.due))} due")
    out.print("Amounts in brackets are not due with the bill.\n")


def line_table(lines: list[Line]) -> Table:
    """Lines with quantity, price and amount; what is not due with the bill in brackets."""
    table = plain_table("Line", "Quantity", "", "Price", "Amount", right=("Quantity", "Price", "Amount"))
    for line in lines:
        price = "" if line.price is None else price_text(int(line.price.scaleb(7)))
        amount = f"{line.amount:,}" if line.due else f"({line.amount:,})"
        table.add_row(line.id, f"{line.quantity:,}", line.unit, price, amount)
    return table


def biller_title(book: Rulebook, name: str) -> str:
    """The name of a utility or provider as a bill prints it."""
    return book.biller(name)


def month_table(bills: Bills) -> Table:
    """The month table in kWh and dollars; credits, other credits and the yearly ledger only where there are any."""
    groups = [("charges",), ("earned", "used", "carried"), ("other",), ("due",), ("energy_to_date",)]
    groups += [("provider_charges", "provider_carried", "provider_due")]
    shown = [name for group in groups if group in {("charges",), ("due",)} or _any(bills, group) for name in group]
    given = "exported_wh" if bills.beside is None else "credited_wh"
    figures = [
        "From grid",
        "To grid" if bills.beside is None else "Given",
        *(HEADINGS.get(name, name.replace("_", " ").capitalize()) for name in shown),
    ]
    table = plain_table("Month", *figures, right=figures)
    for row in bills.rows:
        energy = (kwh(wh) for wh in (row.imported_wh, getattr(row, given)))
        table.add_row(row.month, *energy, *(plain(getattr(row, name)) for name in shown))
    sums = (kwh(sum(getattr(row, name) for row in bills.rows)) for name in ("imported_wh", given))
    balances = {"carried", "energy_to_date", "provider_carried"}
    table.add_row("Sum", *sums, *("" if name in balances else plain(sum_of(bills, name)) for name in shown))
    return table


HEADINGS = {"provider_charges": "Provider", "provider_carried": "Its credit", "provider_due": "Provider due"}


def _any(bills: Bills, names: tuple[str, ...]) -> bool:
    return any(getattr(row, name).cents for row in bills.rows for name in names)


def plain(money: Money) -> str:
    """Money for a table of dollars."""
    return str(money).replace("$", "")


def sum_of(bills: Bills, name: str) -> Money:
    """Sum of a money column of the month table."""
    return Money(sum(getattr(row, name).cents for row in bills.rows))


def show_settlement(bills: Bills, settlement: Settlement) -> None:
    """Print a settlement in numbered steps, each with its rule."""
    out = console()
    out.print(f"\nSettlement {settlement.month}, {biller_title(bills.rules.book, settlement.biller)}", style="bold")
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(justify="right")
    table.add_column(overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    table.add_column(style="dim", no_wrap=True)
    for step in settlement.steps:
        owner, answer = answer_of(settlement.told, step.question, bills.rules)
        published = answer.rules or [f"{owner}.{step.question}"]
        table.add_row(f"{step.number}.", step.text, "" if step.amount is None else str(step.amount), published[0])
    out.print(table)
    out.print()


def show_files(folder: Path) -> None:
    """Name the files of a result folder."""
    out = console()
    out.print(f"Wrote {escape(str(folder))}/: {', '.join(sorted(path.name for path in folder.iterdir()))}")


def show_explanation(found: Mapping[str, Any]) -> None:
    """Print an explanation; hours of alike days share a line."""
    out = console()
    working = found["working"]
    out.print(f"{found['title']}: ${found['amount']}", style="bold")
    out.print(f"Line      {found['line']}")
    out.print(f"Working   {working['operation']}{', as a credit' if working['sign'] < 0 else ''}")
    if len(working["terms"]) > MAX_TERMS:
        show_hours(out, working["terms"])
    else:
        for term in working["terms"]:
            note = f"  ({term['note']})" if term["note"] else ""
            out.print(f"          {term['label']}: {quantity(term)}{note}")
    if found["hours"]:
        out.print(f"Hours     kWh of {len(found['hours'])} clock hours of alike days")
        show_hours(out, found["hours"])
    if found.get("shared"):  # results of before arrangements have none
        out.print(escape(f"Given     {found['shared']}"))
    for text in found["prices"]:
        out.print(f"Prices    {escape(text)}")
    out.print(f"Rule      {found['rule']}: {found['answer']}")
    out.print(f"Citation  {escape(found['citation'])}")
    for text in found["published"]:
        out.print(f"Published {text}")


def quantity(term: Mapping[str, Any]) -> str:
    """A quantity with its unit, and the price or share it is multiplied by."""
    unit = f"${term['quantity']}" if term["unit"] == "$" else f"{term['quantity']} {term['unit']}"
    if term["price"] is None:
        return unit
    return f"{unit} x {term['price']}" if term["unit"] == "$" else f"{unit} x ${term['price']}"


def show_hours(out: Console, terms: list[Mapping[str, Any]]) -> None:
    """Print clock hours, four on a line, under the days that they belong to."""
    days: dict[str, list[str]] = {}
    for term in terms:
        label, _, hour = term["label"].rpartition(" ")
        if ":" not in hour:
            out.print(f"          {term['label']}: {quantity(term)}")
            continue
        price = f" x {term['price']}" if term["price"] else ""
        days.setdefault(label, []).append(f"{hour} {term['quantity']}{price}")
    notes = sorted({term["note"] for term in terms if term["note"]})
    if notes:
        out.print(f"          prices {', '.join(notes)}; kWh x $")
    for label, hours in days.items():
        out.print(f"          {label}")
        for start in range(0, len(hours), HOURS_ON_A_LINE):
            out.print(
                "            " + "  ".join(f"{text:<22}" for text in hours[start : start + HOURS_ON_A_LINE]).rstrip()
            )


def rule_list(book: Rulebook) -> list[dict[str, str]]:
    """Every rule file with what it is and what it covers."""
    rows = [{"id": f"program/{p.program}", "title": p.title, "covers": "open"} for p in book.programs.values()]
    rows += [
        {"id": f"provider/{p.provider}", "title": p.title, "covers": f"..{p.through}"} for p in book.providers.values()
    ]
    for schedule in book.schedules.values():
        covers = f"{schedule.versions[0].from_}..{schedule.through}"
        rows.append(
            {
                "id": f"tariff/{schedule.schedule}",
                "title": f"{schedule.title}, {len(schedule.versions)} version{'s' * (len(schedule.versions) > 1)}",
                "covers": covers,
            }
        )
    for calendar in book.calendars.values():
        covers = f"{calendar.from_}..{calendar.through}"
        rows.append({"id": f"calendar/{calendar.calendar}", "title": "Seasons and day types", "covers": covers})
    for (utility, name), table in book.tables.items():
        dated = book.table(utility, name)
        if dated.kind == "production_factors":
            rows.append({"id": f"price/{utility}/{name}", "title": table.title, "covers": dated.status})
            continue
        if dated.kind == "production_factors":
            rows.append({"id": f"price/{utility}/{name}", "title": table.title, "covers": dated.status})
            continue
        first = getattr(dated, "from_", None) or dated.versions[0].from_
        title = table.title or f"Export prices of {', '.join(table.vintages)}"
        rows.append({"id": f"price/{utility}/{name}", "title": title, "covers": f"{first}..{table.through}"})
    return rows


def show_rule_list(rows: list[dict[str, str]]) -> None:
    """Print the list of rule files."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Id", no_wrap=True)
    table.add_column("Covers", no_wrap=True)
    table.add_column("Title", overflow="fold")
    for row in rows:
        table.add_row(row["id"], row["covers"], row["title"])
    console().print(table)


def show_rule(rules: Rules, name: str, on: date | None) -> None:
    """Print what a rule file says, on a day."""
    console().print(escape(rule_text(rules, name, on)))


def compared_fields(row: Compared) -> dict[str, Any]:
    """A row of a comparison as plain data, in dollars; `refused` with code and reason where it is not allowed."""
    found: dict[str, Any] = {"schedule": row.schedule, "program": row.program, "provider": row.provider}
    if row.refusal is not None:
        return found | {"refused": {"code": row.refusal.code, "what": row.refusal.what}}
    names = ("utility", "supplier", "ledger", "credits", "total")
    return found | {name: usd_text(getattr(row, name).cents) for name in names}


def show_compared(rows: list[Compared], span: str) -> None:
    """Print a comparison: what each combination bills, then what the rules refuse and why."""
    out = console()
    out.print(f"{span}, in dollars; each from balances of zero")
    figures = ("Utility", "Provider due", "Energy ledger", "Total", "Credits left")
    table = plain_table("Schedule", "Program", "Provider", *figures, right=figures)
    for row in (row for row in rows if row.refusal is None):
        supplier, total = (plain(row.supplier), plain(row.total)) if row.billed_here else ("-", "-")
        money = (plain(row.utility), supplier, plain(row.ledger), total, plain(row.credits))
        table.add_row(row.schedule, row.program, row.provider, *money)
    out.print(table)
    if any(row.refusal is None and not row.billed_here for row in rows):
        out.print("- : the provider bills its generation itself, so no total is known here")
    out.print("\nNot billed:")
    for what, refused in _by_reason(rows).items():
        out.print(escape(fill(what, PIPED_WIDTH - 40, initial_indent="  ", subsequent_indent="    ")))
        for schedule in dict.fromkeys(row.schedule for row in refused):
            mine = [row for row in refused if row.schedule == schedule]
            programs, providers = (
                dict.fromkeys(getattr(row, name) for row in mine) for name in ("program", "provider")
            )
            out.print(f"      {schedule}: {', '.join(programs)} with {', '.join(providers)}")


def _by_reason(rows: list[Compared]) -> dict[str, list[Compared]]:
    """Refused combinations by what is said of them."""
    found: dict[str, list[Compared]] = {}
    for row in rows:
        if row.refusal is not None:
            found.setdefault(f"{row.refusal.code} {row.refusal.what.partition(': ')[2]}", []).append(row)
    return found
