"""What is known of some accounts of a shard, numbered anew."""

from dataclasses import fields
from typing import Any

import numpy as np

from trueup.intervals.model import MeterFacts, Stretches
from trueup.quantities import Ints


def facts_of(facts: MeterFacts, rows: Ints, part: slice) -> MeterFacts:
    """What is known of some accounts, numbered anew; `part` of the intervals where there is a value for each."""
    found: dict[str, Any] = {}
    for item in fields(facts):
        value = getattr(facts, item.name)
        if item.name == "history_wh" and value is not None:
            found[item.name] = value[:, rows]
        elif item.name == "kvarh" and value is not None:
            found[item.name] = value[rows, part]
        elif isinstance(value, np.ndarray):
            found[item.name] = value[rows]
        elif value is not None:
            found[item.name] = _renumbered(value, rows)
    return MeterFacts(**found)


def _renumbered(held: Any, rows: Ints) -> Any:
    """Records of accounts, (K,) columns, for some accounts only."""
    row_of = {int(account): row for row, account in enumerate(rows)}
    chosen = np.isin(held.account, rows)
    columns = {item.name: getattr(held, item.name) for item in fields(held) if item.name != "told"}
    kept = {name: column[chosen] for name, column in columns.items()}
    kept["account"] = np.array([row_of[int(account)] for account in kept["account"]], dtype=np.int64)
    if isinstance(held, Stretches) and held.told is not None:
        kept["told"] = held.told[rows]
    return type(held)(**kept)
