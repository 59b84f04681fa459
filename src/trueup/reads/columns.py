"""Readings gathered one after the other into batches of bounded size."""

from collections.abc import Iterator, Sequence

import numpy as np

from trueup.quantities import Ints
from trueup.reads.batch import Batch

ROWS = 100_000


class Columns:
    """Collects readings; `full` gives a batch once there are `ROWS` of them, `rest` what is left."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self._names: dict[str, int] = {}
        self._columns: tuple[list[int], ...] = tuple([] for _ in range(7))

    def block(
        self, name: str, channel: int, minutes: int, start: Sequence[int], wh: Sequence[int], status: Sequence[int]
    ) -> None:
        """Readings of one account, channel and length."""
        number, count = self._names.setdefault(name, len(self._names)), len(start)
        values = ([number] * count, [channel] * count, start, [minutes] * count, wh, status, [0] * count)
        for column, more in zip(self._columns, values, strict=True):
            column.extend(more)

    def both(self, name: str, minutes: int, start: Sequence[int], net: Sequence[int], status: Sequence[int]) -> None:
        """Readings of a signed column: what is positive is delivered, what is negative received."""
        self.block(name, 0, minutes, start, [max(wh, 0) for wh in net], status)
        self.block(name, 1, minutes, start, [max(-wh, 0) for wh in net], status)

    def full(self) -> Iterator[Batch]:
        """A batch, where enough is gathered."""
        if len(self._columns[0]) >= ROWS:
            yield from self.rest()

    def rest(self) -> Iterator[Batch]:
        """What is gathered, where there is anything."""
        if self._columns[0]:
            account, channel, start, minutes, wh, status, known = (_ints(column) for column in self._columns)
            names = tuple(self._names)
            self._start()
            yield Batch(names, account, channel, start, minutes, wh, status, known)


def batch_of(accounts: Sequence[str], columns: Ints) -> Batch:
    """A batch from accounts as text and (6, n) columns: channel, start, minutes, wh, status, known."""
    names: dict[str, int] = {}
    account = _ints([names.setdefault(name, len(names)) for name in accounts])
    return Batch(tuple(names), account, *columns)


def _ints(values: Sequence[int]) -> Ints:
    return np.array(values, dtype=np.int64)
