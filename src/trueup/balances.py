"""Balances of one account as plain fields: what a closing file holds and an opening file gives."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from trueup.errors import TrueupError
from trueup.model import State
from trueup.quantities import cents_from_text, kwh_text, usd_text, wh_from_kwh_text

POOLED = ("export", "energy", "used")
ENERGY = ("imported_wh", "exported_wh")


def to_fields(state: State, account: int = 0) -> dict[str, Any]:
    """One account's balances: dollars and kWh as text, two pools as lists."""
    found: dict[str, Any] = {}
    for field in fields(State):
        value = getattr(state, field.name)[account]
        if field.name in POOLED:
            found[field.name] = [usd_text(int(cents)) for cents in value]
        elif field.name in ENERGY:
            found[field.name.replace("_wh", "_kwh")] = kwh_text(int(value))
        else:
            found[field.name] = usd_text(int(value))
    return found


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
        getattr(state, names[name])[0] = number
    return state


def _number(name: str, value: Any) -> Any:
    if name in POOLED:
        first, second = value
        return np.array([cents_from_text(first), cents_from_text(second)])
    return wh_from_kwh_text(value) if name in ENERGY else cents_from_text(value)


def read_opening(path: str | Path) -> State:
    """Opening balances from a YAML or JSON file, such as a result folder's `closing.json`."""
    path = Path(path)
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CBaseLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise _wrong(str(path), f"cannot be read ({str(error).splitlines()[0]})") from None
    if not isinstance(data, dict):
        raise _wrong(str(path), "it holds no balances")
    return from_fields(data.get("balances", data), path.name)


def _wrong(where: str, what: str) -> TrueupError:
    return TrueupError(
        "E-STATE-002",
        f"{where}: {what}",
        "Opening balances enter the first bill.",
        "Give a closing.json of an earlier result, or a file as docs/account.md shows.",
    )
