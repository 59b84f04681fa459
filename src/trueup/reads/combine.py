"""Several files as one table: the same reading once, a better or later value in place of another, no contradiction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trueup.quantities import Bools, Ints
from trueup.reads.batch import CHANNELS, Batch
from trueup.reads.meter_file import MeterFile
from trueup.reads.source import unreadable
from trueup.reads.table import Reads, pacific

COLUMNS = ("number", "channel", "start", "length", "wh", "status", "known", "file")


@dataclass(frozen=True)
class Part:
    """One file, read whole."""

    name: str
    sha256: str
    title: str
    named: bool
    netted: bool
    skipped: dict[str, int]
    batches: tuple[Batch, ...]
    rounded: bool = False


def part_of(file: MeterFile) -> Part:
    """Read a whole file."""
    batches = tuple(file.batches())
    return Part(file.name, file.sha256, file.title, file.named, file.netted, file.skipped, batches, file.rounded)


def combine(parts: Sequence[Part]) -> Reads:
    """The readings of some files as one table.

    The same reading in two files counts once. Where values differ, the higher status wins, then the later `known`;
    equal in both, they contradict. What stands twice within one file stays, for `duplicates` to tell.

    Raises
    ------
    TrueupError
        E-READ-011 where readings of different length overlap, E-READ-022 for contradicting readings, E-READ-023
        where some name accounts and some do not.
    """
    names, columns = _columns(parts)
    kept, repeated, replaced = _versions(parts, columns)
    table = {name: column[kept] for name, column in columns.items()}
    _check_overlap(parts, table)
    skipped: dict[str, int] = {}
    for part in parts:
        for what, count in part.skipped.items():
            skipped[what] = skipped.get(what, 0) + count
    files = tuple((part.name, part.sha256, part.title) for part in parts)
    netted, rounded = (any(getattr(part, name) for part in parts) for name in ("netted", "rounded"))
    return Reads(
        files, names, **table, repeated=repeated, replaced=replaced, netted=netted, skipped=skipped, rounded=rounded
    )


def _columns(parts: Sequence[Part]) -> tuple[tuple[str, ...], dict[str, Ints]]:
    """All readings, sorted by account, channel, start and file."""
    given = [(n, batch) for n, part in enumerate(parts) for batch in part.batches]
    hidden = _hidden(parts)
    shown = [["" if name in hidden and not parts[n].named else name for name in b.names] for n, b in given]
    names = tuple(sorted({name for batch_names in shown for name in batch_names}))
    if "" in names and len(names) > 1:
        files = ", ".join(part.name for part in parts)
        raise unreadable("E-READ-023", files, "some files name accounts, some do not", "Bill them apart.")
    place = {name: number for number, name in enumerate(names)}
    own = [np.array([place[name] for name in batch_names], dtype=np.int64) for batch_names in shown]
    columns: dict[str, Ints] = {
        "number": _join([codes[batch.account] for codes, (_, batch) in zip(own, given, strict=True)]),
        "length": _join([batch.minutes for _, batch in given]),
        "file": _join([np.full(len(batch.start), n, dtype=np.int64) for n, batch in given]),
    }
    for name in ("channel", "start", "wh", "status", "known"):
        columns[name] = _join([getattr(batch, name) for _, batch in given])
    order = np.lexsort((columns["file"], columns["start"], columns["channel"], columns["number"]))
    return names, {name: columns[name][order] for name in COLUMNS}


def _hidden(parts: Sequence[Part]) -> set[str]:
    """A utility's name of the only meter there is: it says nothing, and files that name nobody are of that meter."""
    found = [{name for batch in part.batches for name in batch.names} for part in parts if not part.named]
    utility = set().union(*(names for names in found if names != {""}))
    return utility | {""} if len(utility) <= 1 else set()


def _versions(parts: Sequence[Part], columns: dict[str, Ints]) -> tuple[Bools, int, int]:
    """Which readings are kept, how many were the same, how many gave way."""
    same = _as_before(columns, "number", "channel", "start", "length")
    within = same & _as_before(columns, "file")
    group = np.cumsum(~same) - 1
    at = np.nonzero(~within)[0]
    groups, status, known, wh = group[at], columns["status"][at], columns["known"][at], columns["wh"][at]
    best = np.lexsort((-known, -status, groups))
    first = np.concatenate([[True], np.diff(groups[best]) != 0])
    winner = best[first][groups]
    lost = np.arange(len(at)) != winner
    differs = lost & (wh != wh[winner])
    equal = (status == status[winner]) & (known == known[winner])
    contradicts = np.nonzero(differs & equal)[0]
    if len(contradicts):
        raise _contradiction(parts, columns, int(at[winner[contradicts[0]]]), int(at[contradicts[0]]))
    kept = np.ones(len(same), dtype=np.bool_)
    kept[at[lost]] = False
    return kept, int((lost & ~differs).sum()), int(differs.sum())


def _contradiction(parts: Sequence[Part], columns: dict[str, Ints], one: int, other: int) -> Exception:
    one, other = min(one, other), max(one, other)
    wh, file = columns["wh"], columns["file"]
    return unreadable(
        "E-READ-022",
        f"{parts[file[one]].name} and {parts[file[other]].name}",
        f"{CHANNELS[columns['channel'][one]]} of {pacific(int(columns['start'][one])):%Y-%m-%d %H:%M %Z} is "
        f"{wh[one]} Wh in one and {wh[other]} Wh in the other",
        "Find out which file is right and leave the other out.",
    )


def _check_overlap(parts: Sequence[Part], columns: dict[str, Ints]) -> None:
    """Readings of different length may follow each other; they may not cover the same time."""
    start, length = columns["start"], columns["length"]
    lane = (columns["number"][1:] == columns["number"][:-1]) & (columns["channel"][1:] == columns["channel"][:-1])
    over = lane & (start[1:] < start[:-1] + 60 * length[:-1]) & (length[1:] != length[:-1])
    if over.any():
        at = int(np.nonzero(over)[0][0])
        names = ", ".join(dict.fromkeys(parts[columns["file"][n]].name for n in (at, at + 1)))
        what = (
            f"interval lengths differ: {length[at]} and {length[at + 1]} minutes over the same time, "
            f"{pacific(int(start[at + 1])):%Y-%m-%d %H:%M %Z}"
        )
        raise unreadable("E-READ-011", names, what, "Give each time in one interval length.")


def _as_before(columns: dict[str, Ints], *names: str) -> Bools:
    """Whether a row equals the one before it in some columns; (n,)."""
    same = np.ones(max(len(columns["start"]) - 1, 0), dtype=np.bool_)
    for name in names:
        same &= columns[name][1:] == columns[name][:-1]
    return np.concatenate([np.zeros(min(len(columns["start"]), 1), dtype=np.bool_), same])


def _join(columns: list[Any]) -> Ints:
    return np.concatenate([np.zeros(0, dtype=np.int64), *columns])
