"""The result folder of an arrangement: what each account was given and is to pay, and a result folder of each."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from trueup.bills import Bills, Year
from trueup.quantities import kwh_text, usd_text
from trueup.shared_energy import Shared
from trueup.store.results import (
    contents,
    digest_of,
    file_name,
    json_text,
    rows_csv,
    stated_facts,
    statement,
    write_folder,
)
from trueup.together import Together
from trueup.version import VERSION

FILES = ("accounts.csv", "shares.csv", "manifest.json")


def write_together(together: Together, parent: Path) -> Path:
    """Write the result folder of an arrangement below `parent` and return it, as `write_results` does (E-RESULT-002).

    In it a folder for each account, which is a result folder as of a home.
    """
    rows = [row for own in together.bills.values() for row in (own.rows[0].start, own.rows[-1].end)]
    home = next(iter(together.bills.values())).account.with_facts(billing_option=None, billing_option_change=None)
    name = "-".join([together.arrangement.arrangement, *stated_facts(home), min(rows), max(rows)])
    texts = {"accounts.csv": rows_csv(account_fields(together)), "shares.csv": rows_csv(share_fields(together))}
    for folder, own in zip(folders_of(together.bills), together.bills.values(), strict=True):
        texts |= {f"{folder}/{file}": text for file, text in contents(own).items()}
    digests = {file: hashlib.sha256(text.encode()).hexdigest() for file, text in texts.items()}
    told = {"trueup": VERSION, "arrangement_sha256": digest_of(together.arrangement), "files": digests}
    return write_folder(texts | {"manifest.json": json_text(told)}, parent / file_name(name))


def folders_of(accounts: Iterable[str]) -> list[str]:
    """A folder name for each account, none of them twice or that of a file of the arrangement."""
    found = list[str]()
    for account in accounts:
        name = file_name(account)
        while name in {*found, *FILES}:
            name = f"{name}_"
        found.append(name)
    return found


def account_fields(together: Together) -> list[dict[str, str]]:
    """What each account used, was given and is to pay over its cycles: kWh and dollars as text."""
    return [_account(own, together) for own in together.bills.values()]


def _account(own: Bills, together: Together) -> dict[str, str]:
    settled = isinstance(own, Year)
    return {
        "account": own.account.account,
        "schedule": own.account.schedule,
        "from": own.rows[0].start,
        "to": own.rows[-1].end,
        "imported_kwh": kwh_text(sum(row.imported_wh for row in own.rows)),
        "given_kwh": kwh_text(together.given[own.account.account]),
        "due": usd_text(own.due.cents),
        "settled": own.rows[-1].month if settled else "",
        "compensation": usd_text(own.nsc.cents) if isinstance(own, Year) else "",
        "forfeited": usd_text(own.forfeited.cents) if isinstance(own, Year) else "",
        "carried": usd_text(own.carried.cents) if isinstance(own, Year) else "",
    }


def share_fields(together: Together) -> list[dict[str, str]]:
    """What each account was given in each of its cycles: kWh, percent and dollars as text."""
    return [_share(row) for row in together.shares]


def _share(row: Shared) -> dict[str, str]:
    return {
        "account": row.account,
        "month": row.month,
        "from": row.start,
        "to": row.end,
        "used_kwh": kwh_text(row.used_wh),
        "given_kwh": kwh_text(row.given_wh),
        "of_kwh": kwh_text(row.of_wh),
        "percent": row.percent,
        "granted": usd_text(row.granted.cents),
    }


def together_fields(together: Together) -> dict[str, Any]:
    """The bills of an arrangement as one JSON document."""
    return {
        "arrangement": together.arrangement.arrangement,
        "due": usd_text(together.due.cents),
        "accounts": account_fields(together),
        "shares": share_fields(together),
        "statements": {name: statement(own) for name, own in together.bills.items()},
    }
