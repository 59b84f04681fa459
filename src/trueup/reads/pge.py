"""PG&E's portal CSV: a preamble, then a row per interval in local time, with import and export or one usage column.

Columns came and went (COST in 2020, NOTES, the unit's spelling), so they are found by name. The end of an interval is
its last minute (00:59) or the next one's first (01:00). Rows of gas and of bills are counted and left out. SDG&E's
older portal wrote the same form.
"""

from collections.abc import Iterator, Sequence

from trueup.reads import words
from trueup.reads.batch import ACTUAL, ESTIMATED, Batch
from trueup.reads.glimpse import Glimpse
from trueup.reads.portal import Portal
from trueup.reads.source import Source
from trueup.reads.table import clock_minute
from trueup.reads.words import NOTHING

NAME, TITLE, IDS = "pge", "PG&E download", "utility"
SIGNED = ("usage (kwh)", "usage")
BILLS = ("start date", "end date")
"""Columns of a download of bills; the same archive may hold one beside the intervals."""


def recognises(glimpse: Glimpse) -> bool:
    """Whether a text is a PG&E download."""
    return glimpse.heading("type", "date", "start time", "end time") or glimpse.heading("type", *BILLS)


def batches(source: Source) -> Iterator[Batch]:
    """Readings of a PG&E download.

    Raises
    ------
    TrueupError
        E-READ-010 for a row or column that is not understood, E-READ-012 for an interval length, E-READ-013 for a
        local time that does not exist, E-READ-016 for a quantity.
    """
    return _Pge(source).batches()


class _Pge(Portal):
    """Rows of a PG&E download."""

    AGAIN = "Download the interval data (CSV) again from PG&E without editing it."
    HEADING = frozenset({"type"})
    NEEDED = ("date", "start time", "end time")

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._account = ""
        self._values: tuple[int, int] = (-1, -1)
        self._spans: dict[tuple[str, str], tuple[int, int, int]] = {}

    def preamble(self, number: int, cells: Sequence[str]) -> None:
        """The account number stands above the heading."""
        if len(cells) > 1 and cells[0].strip().lower() == "account number":
            self._account = cells[1].strip()[:80]

    def heading(self, number: int) -> None:
        """Two positive columns, or one signed."""
        both = tuple(self.at.get(name, -1) for name in ("import (kwh)", "export (kwh)"))
        single = next((self.at[name] for name in SIGNED if name in self.at), -1)
        if min(both) >= 0:
            self._values = (both[0], both[1])
        elif "usage" in self.at and "units" not in self.at:
            raise ValueError("there is no column UNITS beside USAGE")
        else:
            self._values = (single, -1)
        self.signed = self._values[1] < 0

    def row(self, number: int, cells: Sequence[str]) -> None:
        """One interval."""
        kind = cells[0].strip().lower()
        if kind == "type":
            self._again(number, cells)
        elif kind.startswith("natural gas"):
            self.source.skipped["gas readings"] += 1
        elif kind == "electric billing":
            self.source.skipped["bills"] += 1
        elif kind != "electric usage":
            raise ValueError(f"{cells[0][:40]!r} is no electric usage; download the intervals, not the bills")
        else:
            self._interval(number, cells)

    def _again(self, number: int, cells: Sequence[str]) -> None:
        self.flush()
        self.at = {name.strip().lower(): index for index, name in enumerate(cells)}
        self.heading(number)

    def _interval(self, number: int, cells: Sequence[str]) -> None:
        first, other = self._values
        if first < 0 or any(name not in self.at for name in self.NEEDED):
            raise ValueError("there is no column START TIME, or none of IMPORT (kWh) with EXPORT (kWh) and USAGE (kWh)")
        if len(cells) <= max(first, other, *(self.at[name] for name in self.NEEDED)):
            raise ValueError(f"a row of {len(cells)} cells")
        minute, length, told = self._span(cells[self.at["start time"]], cells[self.at["end time"]])
        day = self.days[cells[self.at["date"]]]
        if -length not in words.LENGTHS and length not in words.LENGTHS:
            raise self.error("E-READ-012", number, f"intervals of {-length} minutes; 5, 15, 30 or 60 are read")
        start = self.second(number, day, minute, abs(length), None)
        if length < 0 and clock_minute(start - 60 * length) != told:
            raise self.error(
                "E-READ-012", number, f"the row ends at {told // 60:02d}:{told % 60:02d}, not after its start"
            )
        values = (self.value(number, cells[first]), NOTHING)
        if self.signed:
            self._check_unit(cells)
        else:
            values = self.positive(number, (values[0], self.value(number, cells[other])))
        self.add(self._account, abs(length), start, values, self._state(cells))

    def _check_unit(self, cells: Sequence[str]) -> None:
        unit = self.at.get("units", -1)
        if unit >= 0 and (len(cells) <= unit or cells[unit].strip().lower() != "kwh"):
            raise ValueError("the unit is not kWh")

    def _state(self, cells: Sequence[str]) -> int:
        notes = self.at.get("notes", -1)
        return ESTIMATED if 0 <= notes < len(cells) and "estimat" in cells[notes].lower() else ACTUAL

    def _span(self, start: str, end: str) -> tuple[int, int, int]:
        """Minute of the day, length, and minute of the end, which may be written as the interval's last minute.

        The length is negative where it is so only if the clock changes in between.
        """
        found = self._spans.get((start, end))
        if found is None:
            first, last = words.clock(start), words.clock(end)
            last = (last + (last % 5 == 4)) % words.DAY
            length = (last - first) % words.DAY
            if length not in words.LENGTHS:
                length = -((last - first) % 60 or 60)
            found = self._spans[start, end] = (first, length, last)
        return found
