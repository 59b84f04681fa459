"""A result folder: all that is needed to read and explain bills later, written whole and renamed into place."""

import csv
import hashlib
import io
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

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
    folder = parent / folder_name(bills)
    texts = contents(bills)
    try:
        if folder.exists() and {path.name for path in folder.iterdir()} != set(texts):
            raise _unwritable(folder, "it holds other files, which would be lost")
        parent.mkdir(parents=True, exist_ok=True)
        _write_whole(texts, folder)
    except OSError as error:
        raise _unwritable(folder, error.strerror or str(error)) from None
    return folder


def folder_name(bills: Bills) -> str:
    """Account, program, stated provider, product, option, settlement rule and pool, first and last day."""
    home = bills.account
    provider = None if home.provider == "bundled" else home.provider
    facts = (provider, home.product, home.billing_option, home.settlement_rule, home.credit_pool)
    stated = [text for text in facts if text]
    name = "-".join([home.account, home.program, *stated, bills.rows[0].start, bills.rows[-1].end])
    return "".join(letter if letter.isalnum() or letter in "-._" else "_" for letter in name)


def _write_whole(texts: dict[str, str], folder: Path) -> None:
    """Write a folder beside its place and rename it there."""
    making = Path(tempfile.mkdtemp(prefix=".making-", dir=folder.parent))
    try:
        for file, text in texts.items():
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
        "statement.json": _json(statement(bills)),
        "explanations.jsonl": "".join(
            json.dumps(bills.explain(line.id).as_dict(), ensure_ascii=False) + "\n" for line in bills.statement
        ),
        "closing.json": _json(closing_fields(bills)),
        "trail.csv": bills.trail.to_polars().drop("account").write_csv(),
    }
    digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}
    return texts | {"manifest.json": _json(manifest(bills, digests))}


def closing_fields(bills: Bills) -> dict[str, Any]:
    """The balances after the last cycle, with the account and day that they belong to."""
    utility, provider = (to_fields(own.closing) for own in bills.result.books)
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
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    rows = month_fields(bills)
    writer.writerow(rows[0])
    writer.writerows(row.values() for row in rows)
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
    account = bills.account.model_dump_json().encode()
    return {
        "trueup": VERSION,
        "state": "draft" if bills.draft else "computed",
        "account_sha256": hashlib.sha256(account).hexdigest(),
        "meter_files": [{"name": name, "sha256": sha, "format": form} for name, sha, form in bills.reads.files],
        "price_versions": sorted({line.version for line in bills.statement if line.version is not None}),
        "rules": bills.rules.book.digests,
        "files": digests,
    }


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
        raise _no_folder(folder, "is no result folder") from None
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


def _json(data: object) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"
