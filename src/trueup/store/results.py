"""A result folder: all that is needed to read and explain bills later, written whole and renamed into place."""

import csv
import hashlib
import io
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from trueup.account import Account
from trueup.balances import to_fields
from trueup.bills import Bills, Year, unknown_line
from trueup.cited import answer_of
from trueup.errors import TrueupError
from trueup.quantities import Money, kwh_text, usd_text
from trueup.settlement import Settlement
from trueup.spreadsheet import cell, plain
from trueup.statement import Line, Step
from trueup.version import VERSION

FILES = (
    "lines.csv",
    "months.csv",
    "statement.json",
    "explanations.jsonl",
    "closing.json",
    "trail.csv",
    "manifest.json",
)


def write_results(bills: Bills, parent: Path) -> Path:
    """Write the result folder of some bills below `parent` and return it.

    An earlier result of the same name is replaced; a folder that holds anything else is never touched. Nothing is left
    behind if anything fails on the way.

    Raises
    ------
    TrueupError
        E-RESULT-002 if the folder cannot be written.
    """
    return write_folder(contents(bills), parent / folder_name(bills))


def write_folder(texts: Mapping[str, str], folder: Path) -> Path:
    """Write files, named by their paths in a folder, whole or not at all, as `write_results` does (E-RESULT-002)."""
    try:
        if folder.exists() and {path.relative_to(folder).as_posix() for path in _files(folder)} != set(texts):
            raise _unwritable(folder, "it holds other files, which would be lost")
        folder.parent.mkdir(parents=True, exist_ok=True)
        _write_whole(texts, folder)
    except OSError as error:
        raise _unwritable(folder, error.strerror or str(error)) from None
    return folder


def _files(folder: Path) -> Iterator[Path]:
    """Every file below a folder, and every folder in it that holds none."""
    for path in folder.rglob("*"):
        if not path.is_dir() or not any(path.iterdir()):
            yield path


def folder_name(bills: Bills) -> str:
    """Account, program, stated provider, product, option, settlement rule and pool, first and last day."""
    days = bills.rows[0].start, bills.rows[-1].end
    return file_name("-".join([bills.account.account, *stated_facts(bills.account), *days]))


def stated_facts(home: Account) -> list[str]:
    """The facts of an account by which its results are told apart: program, and what it states besides."""
    provider = None if home.provider == "bundled" else home.provider
    facts = (home.program, provider, home.product, home.billing_option, home.settlement_rule, home.credit_pool)
    return [text for text in facts if text]


def file_name(text: str) -> str:
    """A text as a name that every file system takes, in this folder and no other."""
    name = "".join(letter if letter.isalnum() or letter in "-._" else "_" for letter in text)
    return name if name.strip(".") else f"_{name}"


def _write_whole(texts: Mapping[str, str], folder: Path) -> None:
    """Write a folder beside its place and rename it there."""
    making = Path(tempfile.mkdtemp(prefix=".making-", dir=folder.parent))
    try:
        for file, text in texts.items():
            (making / file).parent.mkdir(parents=True, exist_ok=True)
            (making / file).write_text(text, encoding="utf-8", newline="")
        making.chmod(0o755)
        if folder.exists():
            shutil.rmtree(folder)
        making.rename(folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _unwritable(folder: Path, what: str) -> TrueupError:
    return TrueupError(
        "E-RESULT-002",
        f"{folder} cannot be written: {what}",
        "A result folder is written whole or not at all, and nothing of yours is overwritten.",
        "Name another place with --out.",
    )


def contents(bills: Bills) -> dict[str, str]:
    """The files of a result folder, by name."""
    texts = {
        "lines.csv": lines_csv(bills.statement),
        "months.csv": months_csv(bills),
        "statement.json": json_text(statement(bills)),
        "explanations.jsonl": "".join(
            json.dumps(bills.explain(line.id).as_dict(), ensure_ascii=False) + "\n" for line in bills.statement
        ),
        "closing.json": json_text(closing_fields(bills)),
        "trail.csv": bills.trail.to_polars().drop("account").write_csv(),
    }
    digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}
    return texts | {"manifest.json": json_text(manifest(bills, digests))}


def closing_fields(bills: Bills) -> dict[str, Any]:
    """The balances after the last cycle, with the account and day that they belong to."""
    utility, provider = (to_fields(own.closing, bills.position) for own in bills.result.books)
    return {"account": bills.account.account, "on": bills.rows[-1].end, "balances": utility, "provider": provider}


def lines_csv(lines: list[Line]) -> str:
    """Lines as CSV: exact decimals; text that a spreadsheet would run as a formula is quoted with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(Line.__dataclass_fields__)
    for line in lines:
        writer.writerow([cell(value) for value in line.__dict__.values()])
    return out.getvalue()


def months_csv(bills: Bills) -> str:
    """The month table as CSV."""
    return rows_csv(month_fields(bills))


def rows_csv(rows: list[dict[str, str]]) -> str:
    """Rows of one form as CSV; text that a spreadsheet would run as a formula is quoted with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(rows[0] if rows else ())
    writer.writerows([cell(value) for value in row.values()] for row in rows)
    return out.getvalue()


def month_fields(bills: Bills) -> list[dict[str, str]]:
    """The month table with energy in kWh and money in dollars, as text."""
    return [
        {
            name.replace("_wh", "_kwh"): kwh_text(value) if name.endswith("_wh") else _usd(value)
            for name, value in row.__dict__.items()
        }
        for row in bills.rows
    ]


def statement(bills: Bills) -> dict[str, Any]:
    """The bills as one JSON document."""
    found: dict[str, Any] = {
        "account": bills.account.account,
        "program": bills.account.program,
        "schedule": bills.account.schedule,
        "from": bills.rows[0].start,
        "to": bills.rows[-1].end,
        "draft": bills.draft,
        "provider": bills.account.provider,
        "due": _usd(bills.due),
        "due_by_biller": {name: _usd(due) for name, due in bills.due_by_biller.items()},
        "notices": bills.notices,
        "months": month_fields(bills),
        "lines": [{name: plain(value) for name, value in line.__dict__.items()} for line in bills.statement],
    }
    found["export_prices"] = bills.bases
    found["estimated"] = [part.__dict__ for part in bills.estimated]
    found["settlements"] = [
        {"month": own.month, "biller": own.biller, "steps": [_step(bills, own, step) for step in own.steps]}
        for own in bills.settlements
    ]
    found["true_up_so_far"] = [
        {
            "month": one.month,
            "cycle_start": one.cycle_start,
            "biller": one.biller,
            "due": _usd(one.due),
            "compensation": _usd(one.compensation),
        }
        for one in bills.so_far
    ]
    if isinstance(bills, Year):
        found["settlement_due"] = _usd(bills.settlement_due)
        found["net_surplus_compensation"] = _usd(bills.nsc)
        found["forfeited"] = _usd(bills.forfeited)
        found["carried"] = _usd(bills.carried)
    return found


def _step(bills: Bills, settlement: Settlement, step: Step) -> dict[str, Any]:
    amount = None if step.amount is None else _usd(step.amount)
    owner, _ = answer_of(settlement.told, step.question, bills.rules)
    rule = f"{owner}.{step.question}"
    return {"step": step.number, "text": step.text.strip(), "amount": amount, "rule": rule}


def manifest(bills: Bills, digests: dict[str, str]) -> dict[str, Any]:
    """What went in, by digest, and which rule versions were used."""
    shared = {} if bills.beside is None else {"arrangement_sha256": digest_of(bills.beside.arrangement)}
    return {
        "trueup": VERSION,
        "state": "draft" if bills.draft else "computed",
        "account_sha256": digest_of(bills.account),
        **shared,
        "meter_files": [{"name": name, "sha256": sha, "format": form} for name, sha, form in bills.reads.files],
        "price_versions": sorted({line.version for line in bills.statement if line.version is not None}),
        "rules": bills.rules.book.digests,
        "files": digests,
    }


def digest_of(told: BaseModel) -> str:
    """SHA-256 of what a file of facts says."""
    return hashlib.sha256(told.model_dump_json().encode()).hexdigest()


def read_explanation(folder: Path, line: str) -> dict[str, Any]:
    """The explanation of a line from a result folder.

    Raises
    ------
    TrueupError
        E-RESULT-001 if the folder is none or was changed, E-LINE-001 if it has no such line.
    """
    try:
        texts = {name: (folder / name).read_bytes() for name in ("explanations.jsonl", "manifest.json")}
        wanted = json.loads(texts["manifest.json"])["files"]["explanations.jsonl"]
    except (OSError, ValueError, KeyError):
        several = sorted(path.parent for path in folder.glob("*/explanations.jsonl"))
        said = f"holds the results of several accounts, such as {several[0]}" if several else "is no result folder"
        raise _no_folder(folder, said) from None
    if hashlib.sha256(texts["explanations.jsonl"]).hexdigest() != wanted:
        raise _no_folder(folder, "was changed since it was written")
    known = [json.loads(row) for row in texts["explanations.jsonl"].decode().splitlines()]
    found = [row for row in known if row["line"] == line]
    if not found:
        raise unknown_line(line, [row["line"] for row in known])
    return dict(found[0])


def latest(parent: Path) -> Path:
    """The result folder written last below `parent`."""
    folders = [path.parent for path in parent.glob("*/manifest.json")]
    if not folders:
        raise _no_folder(parent, "holds no result folder")
    return max(folders, key=lambda path: (path / "manifest.json").stat().st_mtime_ns)


def _no_folder(folder: Path, what: str) -> TrueupError:
    return TrueupError(
        "E-RESULT-001",
        f"{folder} {what}",
        "An explanation is read from the folder that a bill or a settlement wrote, after its digests are checked.",
        "Run `trueup bill` or `trueup settle` again, or name the folder with --result.",
    )


def _usd(value: Money | str) -> str:
    return usd_text(value.cents) if isinstance(value, Money) else value


def json_text(data: object) -> str:
    """A document as JSON text."""
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"
