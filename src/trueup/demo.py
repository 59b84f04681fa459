"""`trueup demo`: the main job on the sample home, from its meter file to a settled year."""

import os
import sys
from pathlib import Path

from trueup import present
from trueup.account import Account
from trueup.balances import Opening
from trueup.home import settle
from trueup.model import State
from trueup.quantities import Money
from trueup.reads import read
from trueup.rulebook import Rules
from trueup.sample import HOME, meter_file
from trueup.store import write_results

YEAR_ENDING = "2026-06"


def run_demo(out: Path) -> None:
    """Make the sample's meter file, settle its year, write the result folder, compare with NEM 2.0."""
    rules = Rules.load()
    home = Account.from_yaml(HOME)
    files = out / "sample-home"
    files.mkdir(parents=True, exist_ok=True)
    account, usage = files / "home.yaml", files / "sce_usage.csv"
    account.write_text(HOME.read_text(encoding="utf-8"), encoding="utf-8")
    usage.write_text(meter_file(home.read_dates[0], home.read_dates[-1]), encoding="utf-8", newline="")
    reads = read(usage)
    year = settle(home, reads, YEAR_ENDING, rules=rules)
    folder = write_results(year, out)
    present.show_bills(year)
    other = settle(
        home.with_facts(program="nem-st", relevant_period_start=year.rows[0].start),
        reads,
        YEAR_ENDING,
        Opening(State.empty(1)),
        rules,
    )
    line = next(line.id for line in year.statement if line.component == "export.generation")
    screen = present.console()
    screen.print(
        f"The same twelve cycles under NEM 2.0: {other.due} due before compensation, "
        f"{Money(year.due.cents - other.due.cents)} less."
    )
    screen.print(f"\nWrote {account}, {usage}")
    present.show_files(folder)
    screen.print(f"Next: {command()} explain {line} --result {folder}")


def command() -> str:
    """How this program was called, so that what is printed can be copied."""
    called = Path(sys.argv[0])
    return os.path.relpath(called) if called.name == "trueup" else "trueup"
