"""Readings on their way in, sorted by month and account; beyond a limit they wait in scratch files, not in memory."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from trueup.quantities import Bools, Ints
from trueup.reads.batch import CHANNELS, NONE, STATUSES, Batch
from trueup.store.files import append, make_folder, read_checked
from trueup.store.intervals.join import MOST_KNOWN, State, gather, keys
from trueup.store.intervals.months import END, FIRST, MINUTES, Month, month_of, month_starts
from trueup.store.intervals.refusals import unstorable, writing_to

LARGEST_WH = 10**8
"""As validation has it: 100 MWh in one interval."""
LONGEST_NAME = 200
"""Characters of an account id; Parquet keeps no statistics of names of several thousand."""
ACCOUNTS_A_PART = 500
STAGED = np.dtype([("account", "<i4"), ("place", "<i4"), ("wh", "<i4"), ("key", "<i8")])
"""A reading: account by order of appearance, channel times intervals of the month plus interval, value, key."""


@dataclass(frozen=True, order=True)
class Part:
    """What one stored file may be made of: a month and the accounts of one bucket, in order of their appearance."""

    month: Month
    bucket: int

    @property
    def scratch(self) -> str:
        """Name of its scratch file."""
        return f"{self.month.minutes}-{self.month.text}-{self.bucket}"


class Staging:
    """Readings by part. `most` is how many are kept in memory."""

    def __init__(self, folder: Path, most: int) -> None:
        self.readings = 0
        self._folder, self._most, self._held = folder, most, 0
        self._codes: dict[str, int] = {}
        self._names: list[str] = []
        self._parts: dict[Part, list[npt.NDArray[Any]]] = {}
        self._spilled: dict[Part, Any] = {}

    def add(self, batch: Batch) -> None:
        """Take in the readings of a batch; rows that say `none` hold no reading.

        Raises
        ------
        TrueupError
            E-STORE-006 for a reading that cannot be stored, E-STORE-005 if the disk refuses.
        """
        rows = batch.status != NONE
        check(batch, rows)
        codes = np.array([self._code(name) for name in batch.names], dtype=np.int64)
        account, minutes = codes[batch.account[rows]], batch.minutes[rows]
        month = month_of(batch.start[rows])
        label = ((minutes * 2**16 + month) << 32) + account // ACCOUNTS_A_PART
        order = np.argsort(label, kind="stable")
        label = label[order]
        staged = _staged(batch, rows, account, month)[order]
        for run in np.split(np.arange(len(order)), np.nonzero(np.diff(label))[0] + 1):
            if len(run):
                minutes_month, bucket = divmod(int(label[run[0]]), 2**32)
                part = Part(Month(*divmod(minutes_month, 2**16)), bucket)
                self._parts.setdefault(part, []).append(staged[run[0] : run[-1] + 1])
        self.readings += len(staged)
        self._held += len(staged)
        if self._held > self._most:
            self._spill()

    def parts(self) -> list[Part]:
        """The parts, by month."""
        return sorted(self._parts)

    def groups(self, part: Part, size: int) -> Iterator[tuple[tuple[str, ...], State]]:
        """What was read of the accounts of a part, `size` accounts at a time, sorted: (accounts, channels, T).

        Raises
        ------
        TrueupError
            E-STORE-001 if a scratch file is not as it was written.
        """
        staged, names = self._load(part), self._names
        codes = staged["account"] - part.bucket * ACCOUNTS_A_PART
        seen = np.nonzero(np.bincount(codes))[0]
        ordered = sorted((names[part.bucket * ACCOUNTS_A_PART + code], code) for code in seen.tolist())
        rank = np.zeros(ACCOUNTS_A_PART, dtype=np.int64)
        rank[[code for _, code in ordered]] = np.arange(len(ordered))
        row, cells = rank[codes], len(CHANNELS) * part.month.intervals
        for first in range(0, len(ordered), size):
            ids = tuple(name for name, _ in ordered[first : first + size])
            mine = (row >= first) & (row < first + size)
            chosen = staged[mine]
            spot = (row[mine] - first) * cells + chosen["place"]
            state = gather(spot, chosen["key"], chosen["wh"], len(ids) * cells)
            shape = (len(ids), len(CHANNELS), part.month.intervals)
            yield ids, State(state.value.reshape(shape), state.key.reshape(shape))

    def _load(self, part: Part) -> npt.NDArray[Any]:
        held = self._parts[part]
        if part in self._spilled:
            data = read_checked(self._folder / part.scratch, self._spilled[part].hexdigest())
            held = [np.frombuffer(data, dtype=STAGED), *held]
        return np.concatenate(held)

    def _code(self, name: str) -> int:
        """The number of an account, by order of appearance."""
        if name not in self._codes:
            self._codes[name] = len(self._names)
            self._names.append(name)
        return self._codes[name]

    def _spill(self) -> None:
        with writing_to(self._folder):
            make_folder(self._folder)
            for part, held in self._parts.items():
                if held:
                    data = np.concatenate(held).tobytes()
                    append(self._folder / part.scratch, data)
                    self._spilled.setdefault(part, hashlib.sha256()).update(data)
                    self._parts[part] = []
        self._held = 0


def _staged(batch: Batch, rows: Bools, account: Ints, month: Ints) -> npt.NDArray[Any]:
    step, starts = 60 * batch.minutes[rows], month_starts()
    first, end = starts[month - FIRST], starts[month - FIRST + 1]
    staged = np.empty(len(account), dtype=STAGED)
    staged["account"] = account
    staged["place"] = batch.channel[rows] * ((end - first) // step) + (batch.start[rows] - first) // step
    staged["wh"] = batch.wh[rows]
    staged["key"] = keys(batch.status[rows], batch.known[rows])
    return staged


def check(batch: Batch, rows: Bools) -> None:
    """Refuse a batch with a reading that has no place in a store.

    Raises
    ------
    TrueupError
        E-STORE-006 naming the first such reading.
    """
    if not all(name.isprintable() and 0 < len(name) <= LONGEST_NAME for name in batch.names):
        told = f"one with characters that cannot be printed, or of more than {LONGEST_NAME} characters"
        raise unstorable(f"some readings name no account, {told}")
    month = month_of(batch.start)
    wrong: dict[str, Bools] = {
        "names no account of its batch": (batch.account < 0) | (batch.account >= len(batch.names)),
        "has an unknown channel": (batch.channel < 0) | (batch.channel >= len(CHANNELS)),
        "has an unknown status": (batch.status < 0) | (batch.status >= len(STATUSES)),
        f"is not of {', '.join(map(str, MINUTES))} minutes": ~np.isin(batch.minutes, MINUTES),
        "does not start on a mark of its length": batch.start % np.maximum(60 * batch.minutes, 1) != 0,
        "lies outside 1990 to 2099": (month < FIRST) | (month >= END),
        "is negative or beyond 100 MWh": (batch.wh < 0) | (batch.wh > LARGEST_WH),
        "was made at an impossible time": (batch.known < 0) | (batch.known >= MOST_KNOWN),
    }
    for what, where in wrong.items():
        bad = np.nonzero(where & rows)[0]
        if len(bad):
            raise unstorable(f"reading {_told(batch, int(bad[0]))} {what}")


def _told(batch: Batch, at: int) -> str:
    account = int(batch.account[at])
    told = [f"account {batch.names[account] if 0 <= account < len(batch.names) else account}"]
    told += [
        f"{name} {int(getattr(batch, name)[at])}" for name in ("channel", "start", "minutes", "wh", "status", "known")
    ]
    return f"{at} ({', '.join(told)})"
