"""The accounts that a run may bill: a folder of account files, with balances that some of them bring along."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from trueup.account import Account
from trueup.balances import Opening, read_opening
from trueup.errors import TrueupError

OPENING = ".opening.yaml"


@dataclass(frozen=True)
class Portfolio:
    """Account files, by account id; files that cannot be used, by name, with the reason."""

    accounts: dict[str, Account]
    openings: dict[str, Opening]
    unusable: dict[str, TrueupError]

    @classmethod
    def load(cls, folder: Path) -> "Portfolio":
        """Read `*.yaml` of a folder; `<name>.opening.yaml` holds the balances with which `<name>.yaml` begins.

        Raises
        ------
        TrueupError
            E-BOOK-001 if the folder is none. An account that two files hold is unusable (E-BOOK-002).
        """
        if not folder.is_dir():
            raise TrueupError(
                "E-BOOK-001",
                f"{folder} is no folder",
                "A run bills the accounts of a folder, one YAML file each.",
                "Name it with --accounts; docs/account.md shows an account file.",
            )
        found = cls({}, {}, {})
        for path in sorted(folder.glob("*.yaml")):
            if not path.name.endswith(OPENING):
                found._add(path)
        return found

    def _add(self, path: Path) -> None:
        beside = path.with_name(path.stem + OPENING)
        try:
            account = Account.from_yaml(path)
            opening = read_opening(beside) if beside.exists() else None
        except TrueupError as error:
            self.unusable[path.name] = error
            return
        if account.account in self.accounts or account.account in self.unusable:
            self.accounts.pop(account.account, None)
            self.unusable[account.account] = TrueupError(
                "E-BOOK-002",
                f"{path.name} holds account {account.account}, as another file of the folder does",
                "An account would be billed twice.",
                "Keep one of the files.",
            )
            return
        self.accounts[account.account] = account
        if opening is not None:
            self.openings[account.account] = opening


def facts_digest(account: Account, last: date) -> str:
    """A digest of what an account file says of the days before `last`.

    Dated entries of later days leave it as it is, so that another month of read dates restates nothing. A switch on
    `last` itself counts: it ends the period with the cycle before it (`TRUE-06`).
    """
    told: dict[str, Any] = account.model_dump(mode="json")
    day, month = last.isoformat(), last.isoformat()[:7]
    told["read_dates"] = [one for one in told["read_dates"] if one <= day]
    told["switches"] = [one for one in told["switches"] if one["on"] <= day]
    told["nsc_elections"] = [one for one in told["nsc_elections"] if one["on"] < day]
    stated = told["generation_municipal_surcharge"]
    told["generation_municipal_surcharge"] = {key: value for key, value in stated.items() if key <= month}
    for name, key in (("billing_option_change", "requested"), ("service_end", None)):
        held = told[name][key] if told[name] and key else told[name]
        told[name] = told[name] if held and held <= day else None
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]
