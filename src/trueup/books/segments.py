"""Stretches of an account that are billed at once, with the balances before and after: the only state between runs."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from trueup.components import LEDGERS
from trueup.model import State

ENDS = ("opening", "closing")


@dataclass(frozen=True)
class Segment:
    """A stretch [first, last) of an account's cycles as a run billed it.

    Attributes
    ----------
    run
        The run that posted it.
    ingest
        Newest ingest of the interval store that it was billed from.
    facts
        Digest of the account's facts up to `last`.
    opening, closing
        Balances before and after, by ledger.
    """

    account: str
    first: date
    last: date
    run: int
    ingest: int
    facts: str
    opening: tuple[State, State]
    closing: tuple[State, State]


def state_columns() -> list[str]:
    """Names of a ledger's balances in tables; several, numbered, where a balance is kept in parts."""
    found: list[str] = []
    for name, shape in SHAPES.items():
        found += [f"{name}.{part}" for part in range(shape[0])] if shape else [name]
    return found


SHAPES = {field.name: getattr(State.empty(1), field.name).shape[1:] for field in fields(State)}
"""Of each balance of one account: () for a number, (parts,) for one that is kept in parts."""
STATE = state_columns()
BALANCES = [f"{end}.{ledger}.{name}" for end in ENDS for ledger in LEDGERS for name in STATE]
SCHEMA: dict[str, Any] = {
    "account": pl.String, "first": pl.Date, "last": pl.Date, "run": pl.Int64, "ingest": pl.Int64, "facts": pl.String,
    **dict.fromkeys(BALANCES, pl.Int64),
}  # fmt: skip


def to_frame(segments: Sequence[Segment]) -> pl.DataFrame:
    """Segments as a table."""
    rows = [[one.account, one.first, one.last, one.run, one.ingest, one.facts, *_both(one)] for one in segments]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _both(one: Segment) -> list[int]:
    return [value for state in (*one.opening, *one.closing) for value in values_of(state)]


def from_frame(frame: pl.DataFrame) -> list[Segment]:
    """Segments of a table."""
    size = len(STATE)
    found = []
    for row in frame.select(*SCHEMA).iter_rows():
        parts = [state_of(row[6 + k * size : 6 + (k + 1) * size]) for k in range(len(ENDS) * len(LEDGERS))]
        account, first, last, run, ingest, facts = row[:6]
        found.append(Segment(account, first, last, run, ingest, facts, (parts[0], parts[1]), (parts[2], parts[3])))
    return found


def current(segments: Sequence[Segment]) -> list[Segment]:
    """What holds of one account's posted segments, in order of days: a later run restates all from its first day on."""
    held: list[Segment] = []
    for segment in sorted(segments, key=lambda one: one.run):
        held = [one for one in held if one.last <= segment.first] + [segment]
    return held


def one_of(state: State, account: int) -> State:
    """The state of one account of several."""
    return State(*(getattr(state, f.name)[account : account + 1].copy() for f in fields(State)))


def same(one: State, other: State) -> bool:
    """Whether two states are equal in every balance."""
    return all(np.array_equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(State))


def values_of(state: State) -> list[int]:
    """The balances of one account in the order of `STATE`."""
    return [int(value) for f in fields(State) for value in np.ravel(getattr(state, f.name)[0])]


def state_of(values: Sequence[int]) -> State:
    """A state of one account from its balances in the order of `STATE`."""
    sizes = [int(np.prod(shape)) for shape in SHAPES.values()]
    parts = np.split(np.array(values, dtype=np.int64), np.cumsum(sizes)[:-1])
    return State(*(part.reshape(1, *shape) for part, shape in zip(parts, SHAPES.values(), strict=True)))
