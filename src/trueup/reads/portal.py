"""What the customer portals' CSV files share: a preamble, a heading found by its names, rows in local time."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

from trueup.errors import TrueupError
from trueup.reads import words
from trueup.reads.batch import NONE, Batch
from trueup.reads.columns import Columns
from trueup.reads.local_time import LocalClock
from trueup.reads.source import Source, cells_of
from trueup.reads.words import NOTHING


class Portal(ABC):
    """Reads rows by column name, never by position, and gathers them by account and interval length."""

    AGAIN = "Download the file again without editing it."
    HEADING: frozenset[str] = frozenset()

    def __init__(self, source: Source) -> None:
        self.source = source
        self.columns = Columns()
        self.clock = LocalClock()
        self.at: dict[str, int] = {}
        self.name = ""
        self.minutes = 0
        self.signed = False
        self.days = words.Memo(words.day)
        self.kwh = words.Memo(words.kwh)
        self._rows: tuple[list[int], list[int], list[int], list[int]] = ([], [], [], [])

    def batches(self) -> Iterator[Batch]:
        """Readings of the whole file."""
        for number, lines in self.source.line_blocks():
            for at, line in enumerate(lines, start=number):
                self._take(at, line)
            self.flush()
            yield from self.columns.full()
        if not self.at:
            raise self.source.error("E-READ-010", "there is no heading with the columns of this format", self.AGAIN)
        yield from self.columns.rest()

    @abstractmethod
    def row(self, number: int, cells: Sequence[str]) -> None:
        """Read one row under the heading; a ValueError of its words is reported as E-READ-010."""

    @abstractmethod
    def heading(self, number: int) -> None:
        """Learn from the heading, whose columns are in `at`."""

    @abstractmethod
    def preamble(self, number: int, cells: Sequence[str]) -> None:
        """Learn from a line above the heading."""

    def _take(self, number: int, line: str) -> None:
        try:
            cells = cells_of(line)
            if self.at and len(cells) > 1 and cells[0]:
                self.row(number, cells)
                return
            names = [cell.strip().lower() for cell in cells]
            if set(names) >= self.HEADING:
                self.flush()
                self.at = {name: index for index, name in reversed(list(enumerate(names)))}
                self.heading(number)
            elif not self.at:
                self.preamble(number, cells)
            elif any(names):
                raise ValueError(f"{line[:60]!r} is neither a heading nor a reading")
        except ValueError as error:
            raise self.error("E-READ-010", number, str(error)) from None

    def add(self, name: str, minutes: int, start: int, values: tuple[int, int], state: int) -> None:
        """One row: its two values, or the signed one and `NOTHING`."""
        if (name, minutes) != (self.name, self.minutes):
            self.flush()
            self.name, self.minutes = name, minutes
        if state != NONE:
            for column, value in zip(self._rows, (start, *values, state), strict=True):
                column.append(value)

    def flush(self) -> None:
        """Hand the rows gathered so far on."""
        starts, first, other, states = self._rows
        self.source.rounded = self.source.rounded or self.kwh.rounded
        if starts and self.signed:
            self.source.netted = True
            kept = [n for n, wh in enumerate(first) if wh != NOTHING]
            chosen = ([column[n] for n in kept] for column in (starts, first, states))
            self.columns.both(self.name, self.minutes, *chosen)
        elif starts:
            for channel, values in enumerate((first, other)):
                kept = [n for n, wh in enumerate(values) if wh != NOTHING]
                chosen = ([column[n] for n in kept] for column in (starts, values, states))
                self.columns.block(self.name, channel, self.minutes, *chosen)
        for column in self._rows:
            column.clear()

    def value(self, number: int, text: str) -> int:
        """kWh of a cell as signed Wh, `NOTHING` where it is empty (E-READ-016)."""
        try:
            return self.kwh[text]
        except ValueError as error:
            raise self.error("E-READ-016", number, str(error)) from None

    def second(self, number: int, day: int, minute: int, length: int, lane: object) -> int:
        """UTC second at which a row starts (E-READ-012, E-READ-013)."""
        if minute % length:
            raise self.error("E-READ-012", number, f"an interval that starts off its {length}-minute mark")
        try:
            return self.clock.second(day, minute, lane)
        except ValueError as error:
            raise self.error("E-READ-013", number, str(error)) from None

    def positive(self, number: int, values: tuple[int, int]) -> tuple[int, int]:
        """The values of two positive columns (E-READ-016)."""
        if any(wh < 0 and wh != NOTHING for wh in values):
            raise self.error("E-READ-016", number, f"{min(v for v in values if v != NOTHING)} Wh in a positive column")
        return values

    def error(self, code: str, number: int, what: str) -> TrueupError:
        """The error for a line."""
        return self.source.error(code, what, self.AGAIN, number)
