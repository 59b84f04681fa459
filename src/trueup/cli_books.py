"""The command line of stores and books: `trueup store`, `trueup run`, `trueup pay`, `trueup books`."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from trueup import present, present_books
from trueup.books import Books, Portfolio, Run
from trueup.books.catalogue import FILE as CATALOGUE
from trueup.books.changes import changes, listed
from trueup.books.check import findings
from trueup.books.estimates import estimates
from trueup.books.metering import TRAIL
from trueup.books.meters import StoreMeters, storable
from trueup.books.paying import answer, pay
from trueup.books.statements import balances, estimated, issued, statement
from trueup.errors import TrueupError
from trueup.periods import PACIFIC
from trueup.quantities import cents_from_text
from trueup.reads import open_meter_file
from trueup.rulebook import Rules
from trueup.rulebook.columns import IN_USE
from trueup.rulebook.vee import VeeRules
from trueup.store.intervals import IntervalStore, Source

store_app = typer.Typer(no_args_is_help=True, help="The interval store: meter files in, immutable month files kept.")
run_app = typer.Typer(no_args_is_help=True, help="Runs: bill many accounts, compare, approve, post, correct.")
pay_app = typer.Typer(no_args_is_help=True, help="Payments of surplus: batches, and what the bank answers.")
books_app = typer.Typer(no_args_is_help=True, help="The books: statements as known on a day, balances, checks.")

DAY = ["%Y-%m-%d"]
BooksAt = Annotated[Path, typer.Option("--books", help="Folder of the books.")]
StoreAt = Annotated[Path, typer.Option("--store", help="Folder of the interval store.")]
AccountsAt = Annotated[Path, typer.Option("--accounts", help="Folder of account files, one YAML each.")]
Number = Annotated[int, typer.Argument(help="Number of the run, as `trueup run status` shows it.")]
On = Annotated[datetime | None, typer.Option("--on", formats=DAY, help="The run's today; by default the clock's.")]
KnownOn = Annotated[datetime | None, typer.Option("--known-on", formats=DAY, help="As known on that day.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
BOOKS, STORE, ACCOUNTS = Path("books"), Path("store"), Path("accounts")


def _day(given: datetime | None) -> date:
    """A day as given, or today by the Pacific clock, by which cycles and limits run."""
    return datetime.now(PACIFIC).date() if given is None else given.date()


def existing(folder: Path) -> Books:
    """The books of a folder, which must be there (E-BOOK-007)."""
    if not (folder / CATALOGUE).exists() and not any(folder.glob("runs/*")):
        raise TrueupError(
            "E-BOOK-007",
            f"{folder} holds no books",
            "An empty answer about the wrong folder would look like an answer about the right one.",
            "Name the folder with --books; `trueup run new` makes new books.",
        )
    return Books(folder)


@store_app.command("ingest")
def store_ingest(
    files: Annotated[list[Path], typer.Argument(help="Meter files of any known format (docs/meter-files.md).")],
    store: StoreAt = STORE,
    form: Annotated[str | None, typer.Option("--format", help="Insist on a format.")] = None,
    account: Annotated[str | None, typer.Option("--account", help="Whose files these are, if they do not say.")] = None,
    on: On = None,
) -> None:
    """Bring meter files into the store. The same file again, renamed or cut differently, changes nothing."""
    held = IntervalStore.open(store) if store.exists() else IntervalStore.create(store)
    for path in files:
        with open_meter_file(path, form) as file:
            batches = storable(file, account)
            done = held.ingest(batches, Source(file.name, file.sha256, file.form), _day(on))
            present_books.show_ingested(file.name, done)


@store_app.command("status")
def store_status(store: StoreAt = STORE) -> None:
    """What the store holds: ingests, accounts, disputes, and the digest of its content."""
    present_books.show_store(IntervalStore.open(store))


@store_app.command("compact")
def store_compact(store: StoreAt = STORE, on: On = None) -> None:
    """Write the newest version of each account-month together, for faster reading. The content stays the same."""
    print(f"{IntervalStore.open(store).compact(_day(on))} files of account-months written")


@run_app.command("new")
def run_new(
    through: Annotated[datetime, typer.Option("--through", formats=DAY, help="Bill cycles that end by this day.")],
    books: BooksAt = BOOKS,
    accounts: AccountsAt = ACCOUNTS,
    store: StoreAt = STORE,
    on: On = None,
    again_from: Annotated[
        datetime | None,
        typer.Option("--again-from", formats=DAY, help="Bill again from this day, as after a late tariff."),
    ] = None,
    ask_late: Annotated[
        bool, typer.Option("--ask-late", help="Accounts taken over: bill new cycles of any age, write nothing off.")
    ] = False,
    estimate: Annotated[
        bool, typer.Option("--estimate/--no-estimate", help="Estimate missing and invalid intervals (docs/vee.md).")
    ] = True,
) -> None:
    """Draft and compute a run: new cycles, and posted ones of which facts or meter data changed since."""
    held, rules, meters = Books(books), Rules.load(), StoreMeters(IntervalStore.open(store))
    vee = VeeRules.load(IN_USE.get()) if estimate else None
    again = None if again_from is None else again_from.date()
    run = held.draft(Portfolio.load(accounts), meters, rules, _day(on), through.date(), again, vee, ask_late)
    _show(held, held.compute(run.number, meters, rules, vee))


@run_app.command("resume")
def run_resume(number: Number, books: BooksAt = BOOKS, store: StoreAt = STORE) -> None:
    """Go on with a run that was interrupted; what is done is not done again."""
    held = existing(books)
    run = held.catalogue.get(number)
    meters = StoreMeters(IntervalStore.open(store), run.ingest)
    vee = VeeRules.load(IN_USE.get()) if run.estimates == "made" else None
    _show(held, held.compute(number, meters, Rules.load(), vee) if run.state == "draft" else run)


@run_app.command("status")
def run_status(
    number: Annotated[int | None, typer.Argument(help="A run, for who waits in it.")] = None, books: BooksAt = BOOKS
) -> None:
    """All runs; or one, with the accounts that wait, their reasons and days."""
    held = existing(books)
    if number is None:
        present_books.show_runs(list(held.catalogue.runs.values()))
    else:
        _show(held, held.catalogue.get(number))


@run_app.command("trail")
def run_trail(
    number: Number,
    account: Annotated[str | None, typer.Option("--account", help="One account.")] = None,
    books: BooksAt = BOOKS,
    as_csv: AsCsv = False,
) -> None:
    """What validation found in a run's meter data, and what was put in place, by which rule."""
    held = existing(books)
    run = held.catalogue.get(number)
    found = held.shelf(run).table("trail", run.manifest) if run.manifest else pl.DataFrame(schema=TRAIL)
    mine = found if account is None else found.filter(pl.col("account") == account)
    print(mine.write_csv(), end="") if as_csv else present.show_trail(mine)


@run_app.command("compare")
def run_compare(number: Number, books: BooksAt = BOOKS, as_csv: AsCsv = False) -> None:
    """What a run changes: new bills, and posted lines before and after; --csv gives every one of them."""
    held = existing(books)
    run = held.catalogue.get(number)
    if run.kind == "pay":
        present_books.show_payments(held.shelf(run).table("entries", run.manifest))
        return
    found = changes(held, run)
    print(listed(found).write_csv(), end="") if as_csv else present_books.show_changes(found)


@run_app.command("approve")
def run_approve(number: Number, books: BooksAt = BOOKS) -> None:
    """Approve a computed run for posting."""
    present_books.show_runs([existing(books).approve(number)])


@run_app.command("post")
def run_post(number: Number, books: BooksAt = BOOKS, on: On = None) -> None:
    """Post an approved run. Posted runs never change; posting twice is posting once."""
    present_books.show_runs([existing(books).post(number, _day(on))])


@run_app.command("void")
def run_void(number: Number, books: BooksAt = BOOKS) -> None:
    """Give up a run that is not posted."""
    present_books.show_runs([existing(books).void(number)])


@pay_app.command("new")
def pay_new(
    books: BooksAt = BOOKS,
    least: Annotated[str, typer.Option("--least", help="Smaller amounts, in dollars, wait for a later batch.")] = "0",
    on: On = None,
) -> None:
    """A batch of everything payable, to be approved and posted like any run."""
    held = existing(books)
    run = pay(held, _day(on), _cents(least))
    present_books.show_runs([run])
    print(f"Payments  {held.shelf(run).folder / 'payments.csv'}")


def _cents(text: str) -> int:
    try:
        cents = cents_from_text(text)
    except ValueError:
        cents = -1
    if cents < 0:
        raise typer.BadParameter(f"{text!r} is no amount in dollars and cents", param_hint="--least")
    return cents


@pay_app.command("answer")
def pay_answer(
    number: Number,
    returned: Annotated[list[str] | None, typer.Option("--returned", help="A payment that came back.")] = None,
    books: BooksAt = BOOKS,
    on: On = None,
) -> None:
    """What the bank says of a posted batch: made, but for those returned, which are payable again."""
    present_books.show_runs([answer(existing(books), number, returned or [], _day(on))])


@books_app.command("statement")
def books_statement(
    account: Annotated[str, typer.Option("--account", help="Account id.")],
    cycle: Annotated[datetime, typer.Option("--cycle", formats=DAY, help="First day of the cycle.")],
    books: BooksAt = BOOKS,
    known_on: KnownOn = None,
    as_json: AsJson = False,
) -> None:
    """A bill as it was issued, or as it was known on a day."""
    history = existing(books).history(None if known_on is None else known_on.date())
    lines, guessed = statement(history, account, cycle.date()), estimated(history, account, cycle.date())
    head = issued(history, account, cycle.date())
    if as_json:
        print(json.dumps(head | {"lines": lines, "estimated": guessed}, indent=1))
    else:
        present_books.show_statement(head, lines, guessed)


@books_app.command("balances")
def books_balances(
    account: Annotated[str | None, typer.Option("--account", help="One account; by default all together.")] = None,
    books: BooksAt = BOOKS,
    known_on: KnownOn = None,
) -> None:
    """What stands in each book, of one account or of all."""
    history = existing(books).history(None if known_on is None else known_on.date())
    present_books.show_balances(balances(history, account))


@books_app.command("estimates")
def books_estimates(books: BooksAt = BOOKS, known_on: KnownOn = None, as_csv: AsCsv = False) -> None:
    """Accounts with estimates in their bills: how much, and how many estimated bills in a row."""
    history = existing(books).history(None if known_on is None else known_on.date())
    found = estimates(history, VeeRules.load(IN_USE.get()))
    print(found.write_csv(), end="") if as_csv else present_books.show_estimates(found)


@books_app.command("check")
def books_check(books: BooksAt = BOOKS, on: On = None) -> None:
    """Check digests, sums, banks and clearing accounts; exit code 1 where something does not hold."""
    utilities = {program.utility for program in Rules.load().book.programs.values()}
    found = findings(existing(books).history(), utilities, _day(on))
    for line in found:
        print(line)
    print(f"{len(found)} findings")
    raise typer.Exit(1 if found else 0)


def _show(books: Books, run: Run) -> None:
    present_books.show_runs([run])
    if run.manifest:
        present_books.show_counts(books, run)
    present_books.show_waiting(books.waiting(run))
