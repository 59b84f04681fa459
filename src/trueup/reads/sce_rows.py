"""SCE's newer download: a preamble, then a row per interval with its start, its end, delivered and received kWh.

Cells are quoted and may end in a space, days are American, clock times have AM or PM: ``"07/28/2025 12:15AM "``.
"""

from collections.abc import Iterator, Sequence

from trueup.reads import words
from trueup.reads.batch import ACTUAL, Batch
from trueup.reads.glimpse import Glimpse
from trueup.reads.portal import Portal
from trueup.reads.source import Source
from trueup.reads.table import clock_minute
from trueup.reads.words import NOTHING

FROM, TO = "energy consumption time period start", "energy consumption time period end"
VALUES = ("delivered", "received")


def recognises(glimpse: Glimpse) -> bool:
    """Whether a text is of this form."""
    return glimpse.heading(FROM, TO, *VALUES)


def batches(source: Source) -> Iterator[Batch]:
    """Readings of a file of this form.

    Raises
    ------
    TrueupError
        E-READ-010 for a row that is not understood, E-READ-012 for an interval length, E-READ-013 for a local time
        that does not exist, E-READ-016 for a quantity.
    """
    return _Rows(source).batches()


class _Rows(Portal):
    """Rows of both channels."""

    AGAIN = "Download the file again from SCE without editing it."
    HEADING = frozenset({FROM, TO, *VALUES})

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._places: tuple[int, int, int, int] = (0, 0, 0, 0)
        self._clocks = words.Memo(words.clock)

    def preamble(self, number: int, cells: Sequence[str]) -> None:
        """The lines above the heading say nothing that is needed."""

    def heading(self, number: int) -> None:
        """Where the columns are."""
        start, end, delivered, received = (self.at[name] for name in (FROM, TO, *VALUES))
        self._places = (start, end, delivered, received)

    def row(self, number: int, cells: Sequence[str]) -> None:
        """One interval."""
        start, end, *values = self._places
        if len(cells) <= max(self._places):
            raise ValueError(f"a row of {len(cells)} cells")
        day, minute = self._moment(cells[start])
        until, told = self._moment(cells[end])
        told += words.DAY * until
        length = told - (day * words.DAY + minute)
        if length not in words.LENGTHS:
            length = length % 60 or 60
        if length not in words.LENGTHS:
            raise self.error("E-READ-012", number, f"intervals of {length} minutes; 5, 15, 30 or 60 are read")
        second = self.second(number, day, minute, length, None)
        if told != day * words.DAY + minute + length and clock_minute(second + 60 * length) != told % words.DAY:
            raise self.error("E-READ-012", number, f"the row ends at {cells[end].strip()[:30]}, not after its start")
        delivered, received = (self.value(number, cells[place]) if cells[place] else NOTHING for place in values)
        self.add("", length, second, self.positive(number, (delivered, received)), ACTUAL)

    def _moment(self, text: str) -> tuple[int, int]:
        """Day and minute of ``07/28/2025 12:15AM``."""
        day, _, clock = text.strip().partition(" ")
        return self.days[day], self._clocks[clock]
