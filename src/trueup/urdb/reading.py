"""URDB JSON as data, within limits: the answer of the API (`items`), or one rate by itself.

References
----------
OpenEI, U.S. Utility Rate Database, `utility_rates` API, versions 3 to 8 with detail=full.
"""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from trueup.urdb.errors import urdb_error

Item = dict[str, Any]
"""One rate as the file has it; numbers are `int` or `Decimal`."""

LARGEST_FILE = 16 * 2**20
LONGEST_NUMBER = 25
LARGEST_EXPONENT = 60
DEEPEST = 12
MOST_NAMED = 10
LONGEST_SHOWN = 60
RATE = "energyratestructure"
FULL = "Give the API's answer with detail=full and format=json, for one rate (getpage=LABEL)."


def read_items(path: Path) -> list[Item]:
    """The rates in a file.

    Raises
    ------
    TrueupError
        E-URDB-001 if the file is missing, larger than 16 MB or no JSON; E-URDB-002 if it holds no URDB rate.
    """
    found = _parsed(path)
    items = found.get("items", [found]) if isinstance(found, dict) else None
    if not isinstance(items, list) or not items or not all(isinstance(item, dict) for item in items):
        raise urdb_error("E-URDB-002", f"{path.name}: no URDB rate is in it", FULL)
    if any(RATE not in item for item in items):
        raise urdb_error("E-URDB-002", f"{path.name}: a rate has no {RATE}", FULL)
    return items


def one_rate(items: list[Item], label: str | None = None) -> Item:
    """The rate of a label; without one, the only rate.

    Raises
    ------
    TrueupError
        E-URDB-003 if there are several, or none of this label.
    """
    mine = [item for item in items if label is None or item.get("label") == label]
    if len(mine) == 1:
        return mine[0]
    labels = ", ".join(text_of(item, "label") for item in items[:MOST_NAMED])
    what = f"{len(mine)} rates of the file are meant; its labels: {labels}"
    raise urdb_error("E-URDB-003", what, "Name one of them with --label.", "A schedule is imported from one rate.")


def text_of(item: Item, key: str, most: int = 300) -> str:
    """A text field on one line, what cannot be printed left out; empty where there is none.

    Raises
    ------
    TrueupError
        E-URDB-002 if the field holds something else.
    """
    value = item.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise urdb_error("E-URDB-002", f"{key} is no text", FULL)
    printable = "".join(letter if letter.isprintable() else " " for letter in value)
    return " ".join(printable.split())[:most]


def shown(value: Any) -> str:
    """A value as an error message names it, cut where it is long."""
    text = str(value) if isinstance(value, int | Decimal) else repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."


def _parsed(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
        if len(data) > LARGEST_FILE:
            raise ValueError("it is larger than 16 MB")
        found = json.loads(
            data.decode("utf-8-sig"),
            parse_int=_whole,
            parse_float=_decimal,
            parse_constant=_no_number,
            object_pairs_hook=_object,
        )
        _refuse_deep(found)
        return found
    except OSError as error:
        what = f"{path}: {error.strerror or error}"
    except (ValueError, RecursionError) as error:
        what = f"{path.name}: no JSON that can be read: {error}"
    raise urdb_error("E-URDB-001", what, FULL)


def _refuse_deep(found: Any) -> None:
    level = [found]
    for _ in range(DEEPEST):
        lists = [
            part if isinstance(part, list) else [*part.values()] for part in level if isinstance(part, list | dict)
        ]
        level = [child for children in lists for child in children]
    if level:
        raise ValueError(f"it is nested deeper than {DEEPEST} levels")


def _whole(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise ValueError(f"a number of {len(text)} digits")
    return int(text)


def _decimal(text: str) -> Decimal:
    value = Decimal(text) if len(text) <= LONGEST_NUMBER else None
    if value is None or abs(value.adjusted()) > LARGEST_EXPONENT:
        raise ValueError(f"the number {text[:LONGEST_NUMBER]} is too long or too large")
    return value


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def _object(pairs: list[tuple[str, Any]]) -> Item:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"{next(key for key in keys if keys.count(key) > 1)!r} stands twice in an object")
    return found
