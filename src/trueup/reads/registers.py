"""Register reads: what the dials of a meter showed. CSV: channel, read_at, kwh; optional account, multiplier, dials."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trueup.quantities import Ints
from trueup.reads import words
from trueup.reads.listing import HELP, Rows, rows_of
from trueup.reads.source import Source
from trueup.reads.words import NOTHING, Memo

NEEDED = ("channel", "read_at", "kwh")
WANTED = ("account", *NEEDED, "multiplier", "dials")
MOST_DIALS, MOST_MULTIPLIER = 9, 100_000


@dataclass(frozen=True)
class Registers:
    """Register reads of some accounts, (K,) each.

    Attributes
    ----------
    names
        Account ids; one empty name where the file has none.
    account, channel
        Index into `names`, index into `CHANNELS`.
    instant
        UTC second.
    value_wh
        What the register showed, before the multiplier, in Wh.
    multiplier, dials
        What the reading is multiplied with (1 if not said); digits of whole kWh after which it rolls over (0 unknown).
    """

    names: tuple[str, ...]
    account: Ints
    channel: Ints
    instant: Ints
    value_wh: Ints
    multiplier: Ints
    dials: Ints


def read_registers(path: Path) -> Registers:
    """Read a file of register reads.

    Raises
    ------
    TrueupError
        E-READ-001 for a file that is missing, E-READ-010 without the columns, E-READ-014, -016, -027 for a time,
        quantity or channel that is none, E-READ-004 without a row.
    """
    source = Source(path.name, lambda: path.open("rb"))
    names: dict[str, int] = {}
    parts = [_columns(rows, names) for rows in rows_of(source, WANTED)]
    if not parts:
        raise source.error("E-READ-004", "it holds no register reads", HELP)
    return Registers(tuple(names), *np.concatenate(parts, axis=1))


def _columns(rows: Rows, names: dict[str, int]) -> Ints:
    """(6, n): account, channel, instant, value, multiplier, dials."""
    missing = next((name for name in NEEDED if name not in rows.cells), None)
    if missing:
        raise rows.source.error("E-READ-010", f"there is no column {missing}", HELP)
    count = len(rows.lines)
    accounts = [names.setdefault(name.strip(), len(names)) for name in rows.cells.get("account", [""] * count)]
    value = rows.words("kwh", Memo(words.kwh), "E-READ-016")
    wrong = next((line for line, wh in zip(rows.lines, value, strict=True) if wh < 0 or wh == NOTHING), None)
    if wrong:
        raise rows.source.error("E-READ-016", "a register shows no number, or less than 0", HELP, wrong)
    return np.array(
        [
            accounts,
            rows.words("channel", Memo(words.channel), "E-READ-027"),
            rows.words("read_at", words.Instants(), "E-READ-014"),
            value,
            _whole(rows, "multiplier", 1, MOST_MULTIPLIER, count),
            _whole(rows, "dials", 0, MOST_DIALS, count),
        ],
        dtype=np.int64,
    )


def _whole(rows: Rows, name: str, usual: int, most: int, count: int) -> list[int]:
    """A column of small whole numbers; empty cells as usual."""

    def number(text: str) -> int:
        if not text.strip():
            return usual
        if not (text.strip().isascii() and text.strip().isdigit() and usual <= int(text.strip()[:12]) <= most):
            raise ValueError(f"{text[:40]!r} is no whole number from {usual} to {most:,}")
        return int(text)

    return rows.words(name, Memo(number), "E-READ-016") if name in rows.cells else [usual] * count
