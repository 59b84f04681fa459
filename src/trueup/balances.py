"""Balances of one account as plain fields: what a closing file holds and an opening file gives."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from trueup.errors import TrueupError
from trueup.model import State
from trueup.quantities import cents_from_text, kwh_text, usd_text, wh_from_kwh_text
from trueup.rulebook.load import TextLoader
from trueup.rulebook.schema import TOU_PERIODS

POOLED = ("export", "energy", "used")
ENERGY = ("imported_wh", "exported_wh")
LISTED = ("kept_wh",)
SIGNED = ("owed", "energy_to_date", "energy", "energy_billed")


def to_fields(state: State, account: int = 0) -> dict[str, Any]:
    """One account's balances: dollars and kWh as text, two pools as lists."""
    found: dict[str, Any] = {}
    for field in fields(State):
        value = getattr(state, field.name)[account]
        if field.name in POOLED:
            found[field.name] = [usd_text(int(cents)) for cents in value]
        elif field.name in LISTED:
            found[field.name.replace("_wh", "_kwh")] = [kwh_text(int(wh)) for wh in value]
        elif field.name in ENERGY:
            found[field.name.replace("_wh", "_kwh")] = kwh_text(int(value))
        else:
            found[field.name] = usd_text(int(value))
    return found


@dataclass(frozen=True)
class Opening:
    """Balances to start from, with the account and the day that they belong to, where these are stated."""

    state: State
    account: str | None = None
    on: str | None = None
    provider: State | None = None

    def check(self, account: str, first_day: str) -> None:
        """Refuse balances of another account or another day (E-STATE-003)."""
        for stated, wanted, name in ((self.account, account, "account"), (self.on, first_day, "day")):
            if stated is not None and stated != wanted:
                raise TrueupError(
                    "E-STATE-003",
                    f"the opening balances are of {name} {stated}, the first cycle to bill is of {wanted}",
                    "Balances of another account or day would enter the bill unnoticed.",
                    "Give the closing.json of the cycle before, or start where these balances end.",
                )


def from_fields(data: dict[str, Any], where: str) -> State:
    """A state of one account; a balance left out is zero.

    Raises
    ------
    TrueupError
        E-STATE-002 for an unknown balance or a value that is no amount.
    """
    state = State.empty(1)
    names = {name.replace("_wh", "_kwh"): name for name in (field.name for field in fields(State))}
    for name, value in data.items():
        if name not in names:
            raise _wrong(where, f"there is no balance {name!r}; known: {', '.join(names)}")
        try:
            number = _number(names[name], value)
        except (ValueError, TypeError, AttributeError):
            raise _wrong(where, f"{name}: {value!r} is no amount") from None
        if names[name] not in SIGNED and np.min(number) < 0:
            raise _wrong(where, f"{name}: {value!r} is negative, which this balance never is")
        getattr(state, names[name])[0] = number
    return state


def _number(name: str, value: Any) -> Any:
    if name in POOLED:
        first, second = value
        return np.array([cents_from_text(first), cents_from_text(second)])
    if name in LISTED:
        if len(value) != len(TOU_PERIODS):
            raise ValueError(f"one for each of {', '.join(TOU_PERIODS)}")
        return np.array([wh_from_kwh_text(one) for one in value])
    return wh_from_kwh_text(value) if name in ENERGY else cents_from_text(value)


def read_opening(path: str | Path) -> Opening:
    """Opening balances from a YAML or JSON file, such as a result folder's `closing.json`."""
    path = Path(path)
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=TextLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise _wrong(str(path), f"cannot be read ({str(error).splitlines()[0]})") from None
    if not isinstance(data, dict):
        raise _wrong(str(path), "it holds no balances")
    about = {name: data.pop(name, None) for name in ("account", "on")}
    stated = data.pop("provider", None)
    provider = None if stated is None else from_fields(stated or {}, path.name)
    return Opening(from_fields(data.get("balances", data), path.name), **about, provider=provider)


def _wrong(where: str, what: str) -> TrueupError:
    return TrueupError(
        "E-STATE-002",
        f"{where}: {what}",
        "Opening balances enter the first bill.",
        "Give a closing.json of an earlier result, or a file as docs/account.md shows.",
    )
