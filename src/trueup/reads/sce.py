"""SCE's download: a preamble, then per day a block of delivered and a block of received rows, in local time.

Spaces may be non-breaking or double, lines end in CRLF, the quality column is empty for actual readings. Times carry
no zone: the repeated autumn hour is told by order of occurrence (spec decisions 36). kWh are rounded to 0.01.
"""

import csv
import re
from datetime import date

import numpy as np

from trueup.periods import HOUR, local_hours, midnight_utc
from trueup.quantities import wh_from_kwh_text
from trueup.reads.table import Parsed, check_length, pacific, unreadable

HEADING = re.compile(r"^Energy (Delivered|Received) time period$")
ROW = re.compile(r"^(\d{4}-\d\d-\d\d) (\d\d):(\d\d):00 to \d{4}-\d\d-\d\d (\d\d):(\d\d):00$")
BETWEEN = ("", "Data for period starting:", "Detailed Usage", "Start date:")
DAY = 24 * 60
AGAIN = "Download the file again from SCE without editing it."


def recognises(text: str) -> bool:
    """Whether a text is an SCE download."""
    return "Energy Usage Information" in text[:200] or HEADING.search(_plain(text[:4000])) is not None


def parse(text: str, file: str, sha256: str) -> Parsed:
    """Read an SCE download.

    Raises
    ------
    TrueupError
        E-READ-010 for a row that is neither heading nor reading, E-READ-012 for changing interval lengths,
        E-READ-013 for a local time that does not exist, E-READ-016 for a negative or too fine quantity.
    """
    reader = _Blocks(file)
    for number, cells in enumerate(csv.reader(text.splitlines()), start=1):
        reader.take(number, [_plain(cell) for cell in cells])
    if not reader.rows:
        raise unreadable("E-READ-004", file, "it holds no readings", AGAIN)
    channel, start, wh, quality = zip(*reader.rows, strict=True)
    return Parsed(
        file,
        sha256,
        "SCE download",
        reader.minutes,
        [""] * len(start),
        np.array(channel),
        np.array(start),
        np.array(wh),
        list(quality),
    )


def _plain(text: str) -> str:
    return " ".join(text.replace("\u00a0", " ").split())


class _Blocks:
    """The rows of a file, read in order: which block they stand in, and how often a local time was seen."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.minutes = 0
        self.channel = -1
        self.rows: list[tuple[int, int, int, str]] = []
        self._seen: dict[tuple[int, str, int], int] = {}
        self._days: dict[str, dict[int, list[int]]] = {}

    def take(self, number: int, cells: list[str]) -> None:
        """Read one line of the file."""
        first = cells[0] if cells else ""
        heading = HEADING.match(first)
        if heading:
            self.channel = ("Delivered", "Received").index(heading[1])
            return
        row = ROW.match(first)
        if row and self.channel >= 0 and len(cells) >= 3:
            self._reading(number, row, cells)
        elif self.channel >= 0 and not any(first == text or (text and first.startswith(text)) for text in BETWEEN):
            raise self._error("E-READ-010", number, f"{first[:60]!r} is neither a heading nor a reading")

    def _reading(self, number: int, row: re.Match[str], cells: list[str]) -> None:
        day, hour, minute = row[1], int(row[2]), int(row[3])
        length = ((int(row[4]) - hour) * 60 + int(row[5]) - minute) % 60 or 60
        self.minutes = self.minutes or check_length(length, f"{self.file} line {number:,}")
        if length != self.minutes or minute % length:
            raise self._error("E-READ-012", number, f"an interval of {length} minutes among {self.minutes}")
        if cells[1] == "":
            return
        start = self._utc(number, day, hour, minute)
        self._check_end(
            number, (hour * 60 + minute + length) % DAY, int(row[4]) * 60 + int(row[5]), start + length * 60
        )
        try:
            wh = wh_from_kwh_text(cells[1])
        except ValueError as error:
            raise self._error("E-READ-016", number, str(error)) from None
        if wh < 0:
            raise self._error("E-READ-016", number, f"{cells[1]} kWh is negative; both channels are positive")
        self.rows.append((self.channel, start, wh, cells[2] if len(cells) > 2 else ""))

    def _check_end(self, number: int, clock_end: int, told: int, end: int) -> None:
        """The end of a row follows its start on the clock face, or as the clock shows it after a change."""
        if told != clock_end and told != pacific(end).hour * 60 + pacific(end).minute:
            raise self._error(
                "E-READ-012", number, f"the row ends at {told // 60:02d}:{told % 60:02d}, not after its start"
            )

    def _utc(self, number: int, day: str, hour: int, minute: int) -> int:
        """UTC second of a local time, the repeated hour by order of occurrence."""
        if day not in self._days:
            self._days[day] = self._hours_of(number, day)
        passes = self._days[day].get(hour)
        if passes is None:
            raise self._error(
                "E-READ-013", number, f"{day} {hour:02d}:{minute:02d} does not exist: the clock skipped it"
            )
        key = (self.channel, day, hour * 60 + minute)
        seen = self._seen.get(key, 0)
        self._seen[key] = seen + 1
        return passes[min(seen, len(passes) - 1)] + minute * 60

    def _hours_of(self, number: int, day: str) -> dict[int, list[int]]:
        try:
            ordinal = date.fromisoformat(day).toordinal()
        except ValueError:
            raise self._error("E-READ-010", number, f"{day} is no day") from None
        hours: dict[int, list[int]] = {}
        for index, hour in enumerate(local_hours(ordinal)):
            hours.setdefault(hour, []).append(midnight_utc(ordinal) + index * HOUR)
        return hours

    def _error(self, code: str, number: int, what: str) -> Exception:
        return unreadable(code, f"{self.file} line {number:,}", what, AGAIN)
