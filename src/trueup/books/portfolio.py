"""The accounts that a run may bill: a folder of account files, with balances that some of them bring along, and with
the arrangements in which some share a generator."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from trueup.account import Account
from trueup.arrangement import Arrangement
from trueup.balances import Opening, read_opening
from trueup.errors import TrueupError
from trueup.membership import refused

OPENING = ".opening.yaml"


@dataclass(frozen=True)
class Portfolio:
    """Account files, by account id; arrangements; files that cannot be used, by name, with the reason."""

    accounts: dict[str, Account]
    openings: dict[str, Opening]
    unusable: dict[str, TrueupError]
    arrangements: dict[str, Arrangement] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path) -> "Portfolio":
        """Read `*.yaml` of a folder: account files, and arrangement files, whose accounts are in the same folder.

        `<name>.opening.yaml` holds the balances with which `<name>.yaml` begins.

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
            if is_arrangement(path):
                found._add_arrangement(path)
            elif not path.name.endswith(OPENING):
                found._add(path)
        found._part_twice()
        return found

    def _add_arrangement(self, path: Path) -> None:
        try:
            arrangement = Arrangement.from_yaml(path)
        except TrueupError as error:
            self.unusable[path.name] = error
            return
        if arrangement.arrangement in self.arrangements:
            self.unusable[path.name] = refused(arrangement, "another file of the folder has the same id")
            return
        self.arrangements[arrangement.arrangement] = arrangement

    def _part_twice(self) -> None:
        """Leave out arrangements that have an account or a generator of another: it would be given twice (`AGG-08`)."""
        whole = [*self.arrangements.values()]
        of = Counter(meter for one in whole for meter in (*(seat.account for seat in one.accounts), *one.generators))
        for name, one in list(self.arrangements.items()):
            meters = [*(seat.account for seat in one.accounts), *one.generators]
            twice = next((meter for meter in meters if of[meter] > 1), None)
            if twice is not None:
                self.unusable[name] = refused(one, f"{twice} is in another arrangement of the folder too (AGG-08)")
                del self.arrangements[name]

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


def is_arrangement(path: Path) -> bool:
    """Whether a file is an arrangement file; one that cannot be read is none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return False
    return any(line.startswith("arrangement:") for line in lines)


def facts_digest(account: Account, last: date, arrangement: Arrangement | None = None) -> str:
    """A digest of what an account file, and that of its arrangement, say of the days before `last`.

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
    if arrangement is not None:
        told["arrangement"] = _shared(arrangement, day)
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def _shared(arrangement: Arrangement, day: str) -> dict[str, Any]:
    """What an arrangement file says of the days before a day: who is in it when, and what each gets."""
    told: dict[str, Any] = arrangement.model_dump(mode="json", by_alias=True)
    members = sorted(told["accounts"], key=lambda one: str(one["account"]))
    dated = [{name: one[name] for name in ("account", "joins", "leaves")} for one in members]
    for one in dated:
        one["leaves"] = one["leaves"] if one["leaves"] and one["leaves"] <= day else None
    there = [one for one in dated if not one["joins"] or one["joins"] < day]
    names = ("arrangement", "designated", "generating", "generators", "fee_billing")
    shares = [one for one in told["shares"] if one["from"] < day]
    return {name: told[name] for name in names} | {"accounts": there, "shares": shares}
