"""The command line of arrangements: `bill` and `settle` with `--arrangement`, and `trueup arrangement`."""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from trueup.account import Account
from trueup.arrangement import Arrangement
from trueup.arrangement_checks import checks_of
from trueup.balances import Opening, read_opening
from trueup.errors import TrueupError
from trueup.membership import refused
from trueup.present import show_files
from trueup.present_together import show_checks, show_together
from trueup.rulebook import Rules
from trueup.store.results import rows_csv
from trueup.store.together import share_fields, together_fields, write_together
from trueup.together import Together

ArrangementFile = Annotated[
    Path | None, typer.Option("--arrangement", help="Arrangement file (docs/arrangements.md), instead of an account.")
]
OfAccount = Annotated[str | None, typer.Option("--of", help="Print the bills of this account of the arrangement too.")]


@dataclass(frozen=True)
class Asked:
    """How the results of an arrangement are wanted; `days` are those asked for, where it is not a year."""

    out: Path
    as_json: bool
    as_csv: bool
    of: str | None
    days: tuple[date, date] | None = None


def instead_of(account: Path | None, arrangement: Path | None, of: str | None) -> Path:
    """The file of the account or of the arrangement; neither and both of them are refused."""
    file = arrangement or account
    if file is None or (account is not None and arrangement is not None):
        raise typer.BadParameter("name either --account or --arrangement")
    if of is not None and arrangement is None:
        raise typer.BadParameter("--of names an account of an --arrangement")
    return file


def deliver_together(
    file: Path, rules: Rules, asked: Asked, work: Callable[[Arrangement, list[Account]], Together]
) -> None:
    """Bill the accounts of an arrangement file, write the result folder and print what was asked for."""
    if asked.as_json and asked.as_csv:
        raise typer.BadParameter("choose one of --json and --csv")
    arrangement, accounts = read_arrangement(file)
    if asked.of is not None and asked.of not in {account.account for account in accounts}:
        raise typer.BadParameter(f"{asked.of} is no account of {arrangement.arrangement}", param_hint="--of")
    together = work(arrangement, accounts)
    if asked.of is not None and asked.of not in together.bills:
        raise refused(arrangement, f"no whole billing cycle of {asked.of} lies in the days asked for")
    if asked.days is not None:
        note_inside(together, *asked.days)
    folder = write_together(together, asked.out)
    if asked.as_json:
        print(json.dumps(together_fields(together) | {"result": str(folder)}, indent=1, ensure_ascii=False))
    elif asked.as_csv:
        print(rows_csv(share_fields(together)), end="")
    else:
        show_together(together, asked.of, lines=asked.days is not None)
        show_files(folder)


def note_inside(together: Together, start: date, end: date) -> None:
    """Say that some accounts have cycles that reach beyond the days asked for, so that less of them is billed."""
    cut = [n for n, own in together.bills.items() if (own.rows[0].start, own.rows[-1].end) != (str(start), str(end))]
    lacking = len(together.accounts) - len(together.bills)
    if cut or lacking:
        print(f"Note: whole cycles only; of {len(cut)} accounts fewer days, of {lacking} none.", file=sys.stderr)


def read_arrangement(file: Path) -> tuple[Arrangement, list[Account]]:
    """An arrangement file and the account files beside it."""
    arrangement = Arrangement.from_yaml(file)
    return arrangement, arrangement.accounts_beside(file)


def openings_in(folder: Path | None) -> Mapping[str, Opening]:
    """The closing balances of every account in a result folder of an arrangement (E-STATE-002)."""
    if folder is None:
        return {}
    found = [read_opening(path) for path in sorted(folder.glob("*/closing.json"))]
    if not found:
        raise TrueupError(
            "E-STATE-002",
            f"{folder} is no result folder of an arrangement",
            "Opening balances enter the first bill of every account.",
            "Name the folder that `trueup bill --arrangement` or `trueup settle --arrangement` wrote.",
        )
    return {own.account: own for own in found if own.account is not None}


def arrangement_command(
    file: Annotated[Path, typer.Argument(help="Arrangement file (docs/arrangements.md).")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """What is asked of an arrangement, answered with the rules that ask; exit code 1 where an answer is no."""
    arrangement, accounts = read_arrangement(file)
    checks = checks_of(arrangement, accounts, Rules.load())
    if as_json:
        print(json.dumps([check.__dict__ for check in checks], indent=1))
    else:
        show_checks(arrangement.arrangement, checks)
    raise typer.Exit(1 if any(check.answer == "no" for check in checks) else 0)
