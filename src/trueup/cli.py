"""The command line: reads files, calls the engine, prints. `python -m trueup` and `trueup` are the same."""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from trueup import present
from trueup.account import Account
from trueup.balances import read_opening
from trueup.compare import compare
from trueup.demo import run_demo
from trueup.errors import TrueupError
from trueup.home import Bills, bill, settle
from trueup.price_files import PriceSource, apply, diff_text, plan_import, read_price_files
from trueup.reads import read
from trueup.rulebook import Rules
from trueup.rulebook.check import findings
from trueup.rulebook.columns import IN_USE
from trueup.rulebook.load import RULES as SHIPPED
from trueup.store import latest, read_explanation, write_results
from trueup.store.results import lines_csv, statement
from trueup.version import VERSION

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Settle net energy metering: bills, true-up, surplus compensation, each cent explained.",
)
rules_app = typer.Typer(no_args_is_help=True, help="The rules: what holds, on which day, and who says so.")
app.add_typer(rules_app, name="rules")

Files = Annotated[list[Path], typer.Argument(help="Meter files: SCE download, neutral CSV or Parquet.")]
AccountFile = Annotated[Path, typer.Option("--account", help="Account file (docs/account.md).")]
ReadFiles = Annotated[list[Path], typer.Option("--reads", help="Meter files; may be given several times.")]
Opening = Annotated[Path | None, typer.Option("--opening", help="Balances to start from: a closing.json.")]
Out = Annotated[Path, typer.Option("--out", help="Where result folders are written.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print the lines as CSV.")]
Stale = Annotated[bool, typer.Option("--allow-stale", help="Draft beyond the attested prices; such bills are marked.")]
RESULTS = Path("results")


@app.command("read")
def read_command(files: Files, as_json: AsJson = False) -> None:
    """What meter files hold: span, channels, interval length, gaps, duplicates, clock changes."""
    reads = read(files)
    found = present.reads_fields(reads)
    print(json.dumps(found, indent=1)) if as_json else present.show_reads(reads)
    raise typer.Exit(1 if found["gaps"] or found["duplicates"] else 0)


@app.command("bill")
def bill_command(
    account: AccountFile,
    reads: ReadFiles,
    start: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day, a read date.")],
    end: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Day after the last, a read date.")],
    opening: Opening = None,
    out: Out = RESULTS,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    allow_stale: Stale = False,
) -> None:
    """Bill the cycles from one read date to another."""
    balances = None if opening is None else read_opening(opening)
    rules = Rules.load(allow_stale)
    bills = bill(Account.from_yaml(account), read(reads), start.date(), end.date(), balances, rules)
    first, last = bills.rows[0].start, bills.rows[-1].end
    if (first, last) != (str(start.date()), str(end.date())):
        print(f"Note: the whole cycles inside these days are {first} to {last}.", file=sys.stderr)
    deliver(bills, out, as_json, as_csv, lines=True)


@app.command("settle")
def settle_command(
    account: AccountFile,
    reads: ReadFiles,
    year_ending: Annotated[str, typer.Option("--year-ending", help="Month in which the period ends: YYYY-MM.")],
    opening: Opening = None,
    out: Out = RESULTS,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    allow_stale: Stale = False,
) -> None:
    """Bill and settle the relevant period that ends in a month."""
    balances = None if opening is None else read_opening(opening)
    year = settle(Account.from_yaml(account), read(reads), year_ending, balances, Rules.load(allow_stale))
    deliver(year, out, as_json, as_csv)


def deliver(bills: Bills, out: Path, as_json: bool, as_csv: bool, lines: bool = False) -> None:
    """Write the result folder and print what was asked for."""
    if as_json and as_csv:
        raise typer.BadParameter("choose one of --json and --csv")
    folder = write_results(bills, out)
    if as_json:
        print(json.dumps(statement(bills) | {"result": str(folder)}, indent=1, ensure_ascii=False))
    elif as_csv:
        print(lines_csv(bills.statement), end="")
    else:
        present.show_bills(bills, lines)
        present.show_files(folder)


@app.command("explain")
def explain_command(
    line: Annotated[str, typer.Argument(help="A line id, as `bill`, lines.csv and --json print it.")],
    result: Annotated[Path | None, typer.Option("--result", help="Result folder; by default the latest.")] = None,
    as_json: AsJson = False,
) -> None:
    """From a printed figure to its rule, citation, price version and hours."""
    folder = result or latest(RESULTS)
    found = read_explanation(folder, line)
    if as_json:
        print(json.dumps(found, indent=1, ensure_ascii=False))
    else:
        present.show_explanation(found)
        print(f"Result    {folder}")


@app.command("compare")
def compare_command(
    account: AccountFile,
    reads: ReadFiles,
    start: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day, a read date.")],
    end: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Day after the last, a read date.")],
    as_json: AsJson = False,
) -> None:
    """One home under every schedule, program and provider: what each would bill, and which the rules refuse."""
    rules = Rules.load()
    rows = compare(Account.from_yaml(account), read(reads), start.date(), end.date(), rules)
    if as_json:
        print(json.dumps([present.compared_fields(row) for row in rows], indent=1))
    else:
        present.show_compared(rows, f"{start:%Y-%m-%d} to {end:%Y-%m-%d}")


@app.command("demo")
def demo_command(out: Out = RESULTS) -> None:
    """Settle the sample home's year, and compare it with NEM 2.0."""
    run_demo(out)


@rules_app.command("list")
def rules_list(as_json: AsJson = False) -> None:
    """Every rule file: programs, schedules, calendars, price tables."""
    found = present.rule_list(Rules.load().book)
    print(json.dumps(found, indent=1)) if as_json else present.show_rule_list(found)


@rules_app.command("show")
def rules_show(
    name: Annotated[str, typer.Argument(help="An id of `rules list`, or a published rule such as TRUE-03.")],
    on: Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="The day asked for.")] = None,
) -> None:
    """What a rule file says, on a day where it is dated."""
    present.show_rule(Rules.load(), name, None if on is None else on.date())


@rules_app.command("check")
def rules_check() -> None:
    """Check that every rule file has exactly one value, with a source, on each day that it covers."""
    book = Rules.load().book
    found = findings(book)
    for line in found:
        print(line)
    print(f"{len(book.paths)} rule files, {len(found)} findings")
    raise typer.Exit(1 if found else 0)


@rules_app.command("import-prices")
def rules_import_prices(
    files: Annotated[list[Path], typer.Argument(help="Published price files of one vintage (docs/import-prices.md).")],
    source: Annotated[str, typer.Option("--source", help="Id of the document in sources.yaml, or a new one.")],
    title: Annotated[str | None, typer.Option("--title", help="Title of a new document.")] = None,
    where: Annotated[str | None, typer.Option("--where", help="Where a new document was read.")] = None,
    effective: Annotated[datetime | None, typer.Option("--effective", formats=["%Y-%m-%d"], help="Its day.")] = None,
    vintage: Annotated[str | None, typer.Option("--vintage", help="Such as NBT26; a Pacific sheet needs it.")] = None,
    utility: Annotated[str | None, typer.Option("--utility", help="Such as sce; a Pacific sheet needs it.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Write it; without this the change is only shown.")] = False,
) -> None:
    """Import a vintage's published export prices: check, show what changes, write if told. Twice changes nothing."""
    day = None if effective is None else effective.date()
    plan = plan_import(read_price_files(files, vintage, utility), IN_USE.get(), PriceSource(source, title, where, day))
    print(diff_text(plan), end="")
    for path in apply(plan) if write else ():
        print(f"Wrote {path}")


def _version(asked: bool) -> None:
    if asked:
        print(VERSION)
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
    rules: Annotated[Path, typer.Option("--rules", help="A rules folder other than the one that ships.")] = SHIPPED,
) -> None:
    """Settle net energy metering: bills, true-up, surplus compensation, each cent explained."""
    IN_USE.set(rules)


def main() -> None:
    """Run the command; an error that the user can mend is one screen and exit code 2."""
    try:
        app()
    except TrueupError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
