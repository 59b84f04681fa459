"""The command line: reads files, calls the engine, prints. `python -m trueup` and `trueup` are the same."""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from trueup import present, urdb
from trueup.account import Account
from trueup.balances import read_opening
from trueup.bills import Bills
from trueup.cli_books import books_app, pay_app, run_app, store_app
from trueup.cli_together import (
    ArrangementFile,
    Asked,
    OfAccount,
    arrangement_command,
    deliver_together,
    instead_of,
    openings_in,
)
from trueup.compare import compare
from trueup.demo import run_demo
from trueup.errors import TrueupError
from trueup.estimated import check_reads
from trueup.home import bill, settle
from trueup.present_worth import show_worth, worth_fields
from trueup.price_files import PriceSource, apply, diff_text, plan_import, read_price_files
from trueup.quantities import kwh_text, wh_from_kwh_text
from trueup.reads import FORMS, read
from trueup.reads.registers import Registers, read_registers
from trueup.rulebook import Rules
from trueup.rulebook.check import findings
from trueup.rulebook.columns import IN_USE
from trueup.rulebook.load import RULES as SHIPPED
from trueup.rulebook.overlay import laid_over
from trueup.rulebook.vee import VeeRules
from trueup.storage import REQUIRED, discharges_of
from trueup.store import latest, read_explanation, write_results
from trueup.store.exports import EXPORTS, write_export
from trueup.store.results import lines_csv, statement
from trueup.together import bill_together, settle_together
from trueup.version import VERSION
from trueup.worth import worth_of_hours

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Settle net energy metering: bills, true-up, surplus compensation, each cent explained.",
)
rules_app = typer.Typer(no_args_is_help=True, help="The rules: what holds, on which day, and who says so.")
GROUPS = {"rules": rules_app, "store": store_app, "run": run_app, "pay": pay_app, "books": books_app}
for name, group in GROUPS.items():
    app.add_typer(group, name=name)

Files = Annotated[list[Path], typer.Argument(help="Meter files (docs/meter-files.md), zip and gz too.")]
AccountFile = Annotated[Path, typer.Option("--account", help="Account file (docs/account.md).")]
OneOrShared = Annotated[Path | None, typer.Option("--account", help="Account file (docs/account.md).")]
ReadFiles = Annotated[list[Path], typer.Option("--reads", help="Meter files; may be given several times.")]
Form = Annotated[str | None, typer.Option("--format", help=f"Insist on a format: {', '.join(FORMS)}.")]
Estimate = Annotated[bool, typer.Option("--estimate", help="Estimate missing and invalid intervals (docs/vee.md).")]
RegisterFile = Annotated[Path | None, typer.Option("--registers", help="Register reads (docs/meter-files.md).")]
Opening = Annotated[Path | None, typer.Option("--opening", help="Balances to start from: a closing.json.")]
Out = Annotated[Path, typer.Option("--out", help="Where result folders are written.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print the lines as CSV.")]
Stale = Annotated[bool, typer.Option("--allow-stale", help="Draft beyond the attested prices; such bills are marked.")]
RESULTS = Path("results")
URDB_RULES = Path("rules-urdb")


@app.command("read")
def read_command(
    files: Files,
    form: Form = None,
    export: Annotated[Path | None, typer.Option("--export", help="Write the readings to this new file.")] = None,
    registers: RegisterFile = None,
    check: Annotated[bool, typer.Option("--check", help="Validate them by the rules of docs/vee.md.")] = False,
    written_as: Annotated[str, typer.Option("--as", help=f"How to write them: {', '.join(EXPORTS)}.")] = "mdm",
    as_json: AsJson = False,
) -> None:
    """What meter files hold: span, channels, interval length, gaps, duplicates, clock changes."""
    reads, shown = read(files, form), dials(registers, check)
    if export is not None:
        write_export(reads, written_as, export)
        print(f"Wrote {export}", file=sys.stderr)
    found = present.reads_fields(reads)
    trail = check_reads(reads, VeeRules.load(IN_USE.get()), shown) if check else None
    if as_json:
        checks = {} if trail is None else {"checks": trail.to_dicts()}
        print(json.dumps(found | checks, indent=1, default=str))
    else:
        present.show_reads(reads)
        if trail is not None:
            present.show_trail(trail)
    failed = trail is not None and trail.get_column("verdict").is_in(["fail", "flag"]).any()
    raise typer.Exit(1 if found["gaps"] or found["duplicates"] or failed else 0)


@app.command("bill")
def bill_command(
    reads: ReadFiles,
    start: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day, a read date.")],
    end: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Day after the last, a read date.")],
    account: OneOrShared = None,
    arrangement: ArrangementFile = None,
    of: OfAccount = None,
    form: Form = None,
    estimate: Estimate = False,
    registers: RegisterFile = None,
    opening: Opening = None,
    out: Out = RESULTS,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    allow_stale: Stale = False,
) -> None:
    """Bill the cycles from one read date to another, of a home or of all accounts of an arrangement."""
    file = instead_of(account, arrangement, of)
    rules, meter, first, last = Rules.load(allow_stale), read(reads, form), start.date(), end.date()
    vee, shown = vee_rules(estimate), dials(registers, estimate)
    if arrangement is not None:
        held, asked = openings_in(opening), Asked(out, as_json, as_csv, of, (first, last))
        deliver_together(
            file, rules, asked, lambda a, homes: bill_together(a, homes, meter, first, last, held, rules, vee, shown)
        )
        return
    balances = None if opening is None else read_opening(opening)
    bills = bill(Account.from_yaml(file), meter, first, last, balances, rules, vee, shown)
    if (bills.rows[0].start, bills.rows[-1].end) != (str(first), str(last)):
        inside = f"{bills.rows[0].start} to {bills.rows[-1].end}"
        print(f"Note: the whole cycles inside these days are {inside}.", file=sys.stderr)
    deliver(bills, out, as_json, as_csv, lines=True)


@app.command("settle")
def settle_command(
    reads: ReadFiles,
    year_ending: Annotated[str, typer.Option("--year-ending", help="Month in which the period ends: YYYY-MM.")],
    account: OneOrShared = None,
    arrangement: ArrangementFile = None,
    of: OfAccount = None,
    form: Form = None,
    estimate: Estimate = False,
    registers: RegisterFile = None,
    opening: Opening = None,
    out: Out = RESULTS,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    allow_stale: Stale = False,
) -> None:
    """Bill and settle the relevant period that ends in a month; of an arrangement all that end in a year."""
    file = instead_of(account, arrangement, of)
    rules, vee, shown, meter = (
        Rules.load(allow_stale),
        vee_rules(estimate),
        dials(registers, estimate),
        read(reads, form),
    )
    if arrangement is not None:
        held, asked = openings_in(opening), Asked(out, as_json, as_csv, of)
        deliver_together(
            file, rules, asked, lambda a, homes: settle_together(a, homes, meter, year_ending, held, rules, vee, shown)
        )
        return
    balances = None if opening is None else read_opening(opening)
    year = settle(Account.from_yaml(file), meter, year_ending, balances, rules, vee, shown)
    deliver(year, out, as_json, as_csv)


def vee_rules(estimate: bool) -> VeeRules | None:
    """The rules of estimation of the rules folder in use, where estimates are asked for."""
    return VeeRules.load(IN_USE.get()) if estimate else None


def dials(registers: Path | None, used: bool) -> Registers | None:
    """The register reads of a file, where one is named; they serve checks and estimates only."""
    if registers is not None and not used:
        raise typer.BadParameter("register reads serve --check and --estimate", param_hint="--registers")
    return None if registers is None else read_registers(registers)


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


app.command("arrangement")(arrangement_command)


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


@app.command("price")
def price_command(
    account: AccountFile,
    at: Annotated[str, typer.Option("--at", help="First hour, such as 2026-07-15T19:00: Pacific, or with an offset.")],
    hours: Annotated[int, typer.Option("--hours", min=1, max=8784, help="How many hours.")] = 1,
    as_json: AsJson = False,
) -> None:
    """What a kWh from and to the grid is worth in some hours, component by component."""
    found = worth_of_hours(Account.from_yaml(account), moment(at), hours)
    if as_json:
        print(json.dumps([worth_fields(hour) for hour in found], indent=1))
    else:
        show_worth(found)


@app.command("discharges")
def discharges_command(
    files: Files,
    capacity: Annotated[str, typer.Option("--capacity", help="Incentivised energy capacity in kWh, such as 13.5.")],
    year: Annotated[int, typer.Option("--year", help="Calendar year.")],
) -> None:
    """Full discharges of a battery in a year, of the 52 that SGIP asks for: what its own meter sent out (STOR-04)."""
    found = discharges_of(read(files), wh_from_kwh_text(capacity), year)
    told = "as many as SGIP asks for" if found.enough else f"{REQUIRED - found.full} fewer than SGIP asks for"
    print(f"{year}: {kwh_text(found.wh)} kWh sent out in {found.days} days, {found.full} full discharges, {told}")


def moment(text: str) -> datetime:
    """A point of time from text (E-WORTH-002)."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise TrueupError(
            "E-WORTH-002", f"{text!r} is no time", "A price holds in an hour.", "Write it as 2026-07-15T19:00."
        ) from None


@app.command("compare")
def compare_command(
    account: AccountFile,
    reads: ReadFiles,
    start: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day, a read date.")],
    end: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Day after the last, a read date.")],
    form: Form = None,
    estimate: Estimate = False,
    as_json: AsJson = False,
) -> None:
    """One home under every schedule, program and provider: what each would bill, and which the rules refuse."""
    rules = Rules.load()
    home, meter = Account.from_yaml(account), read(reads, form)
    rows = compare(home, meter, start.date(), end.date(), rules, vee_rules(estimate))
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


@rules_app.command("import-urdb")
def rules_import_urdb(
    file: Annotated[Path, typer.Argument(help="JSON of OpenEI's Utility Rate Database (docs/import-prices.md).")],
    schedule: Annotated[str, typer.Option("--schedule", help="Id that the schedule gets, such as my-rate.")],
    utility: Annotated[str, typer.Option("--utility", help="Such as sce; the rate must be its own.")],
    into: Annotated[Path, typer.Option("--into", help="Folder of rule files for `trueup --with`.")] = URDB_RULES,
    label: Annotated[str | None, typer.Option("--label", help="Which rate, where the file holds several.")] = None,
    first: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="Its first day.")] = None,
    last: Annotated[datetime | None, typer.Option("--through", formats=["%Y-%m-%d"], help="Its last day.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Write it; without this the change is only shown.")] = False,
) -> None:
    """Import a rate as an unofficial schedule of your own: check, show what changes, write if told."""
    days = [None if day is None else day.date() for day in (first, last)]
    plan = urdb.plan_file(file, schedule, utility, into, Rules.load().book, label, *days)
    print(urdb.diff_text(plan), end="")
    for path in urdb.apply(plan) if write else ():
        print(f"Wrote {path}")


def _version(asked: bool) -> None:
    if asked:
        print(VERSION)
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
    rules: Annotated[Path, typer.Option("--rules", show_default=False, help="A rules folder of your own.")] = SHIPPED,
    over: Annotated[
        list[Path] | None, typer.Option("--with", help="Rule files of your own, laid over the others; several times.")
    ] = None,
) -> None:
    """Settle net energy metering: bills, true-up, surplus compensation, each cent explained."""
    if not rules.is_dir():
        raise TrueupError(
            "E-RULE-001", f"{rules} is no folder", "Nothing can be billed without rules.", "Name a rules folder."
        )
    token = IN_USE.set(laid_over(rules, over) if over else rules)
    context.call_on_close(lambda: IN_USE.reset(token))


def main() -> None:
    """Run the command; an error that the user can mend is one screen and exit code 2."""
    try:
        app()
    except TrueupError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
