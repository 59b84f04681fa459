"""SCE's download: a preamble, then per day a block of delivered and a block of received rows, in local time.

Spaces may be non-breaking or double, lines end in CRLF, cells may be quoted, the quality column is empty for actual
readings. Times carry no zone: the repeated autumn hour is told by order of occurrence (spec decisions 36). kWh are
rounded to 0.01. A file may be hourly first and of quarters later (the portal changed in March 2023); homes without
solar get blocks of consumption, which is what was delivered. The other form, one row with both, is in `sce_rows`.
"""

import re
from collections.abc import Iterator

from trueup.reads import sce_rows, words
from trueup.reads.batch import ACTUAL, NONE, Batch
from trueup.reads.columns import Columns
from trueup.reads.glimpse import Glimpse, glimpse
from trueup.reads.local_time import LocalClock
from trueup.reads.source import Source, cells_of
from trueup.reads.table import clock_minute

NAME, TITLE, IDS = "sce", "SCE download", "none"
HEADING = re.compile(r"^Energy (delivered|consumption|received) time period$", re.IGNORECASE)
CHANNEL = {"delivered": 0, "consumption": 0, "received": 1}
SPAN = re.compile(r"^ (\d\d):(\d\d):00 to (\d{4}-\d\d-\d\d) (\d\d):(\d\d):00$", re.ASCII)
BETWEEN = ("", "Data for period starting:", "Detailed Usage", "Start date:")
DAY = 24 * 60
AGAIN = "Download the file again from SCE without editing it."


def recognises(glimpse: Glimpse) -> bool:
    """Whether a text is an SCE download."""
    cells = glimpse.text.replace("\n", ",").split(",")[:99]
    return (
        "Energy Usage Information" in glimpse.text[:200]
        or any(HEADING.search(_plain(cell).strip('"')) for cell in cells)
        or sce_rows.recognises(glimpse)
    )


def batches(source: Source) -> Iterator[Batch]:
    """Readings of an SCE download.

    Raises
    ------
    TrueupError
        E-READ-010 for a row that is neither heading nor reading, E-READ-012 for lengths that change in a block,
        E-READ-013 for a local time that does not exist, E-READ-016 for a negative or too fine quantity.
    """
    if sce_rows.recognises(glimpse(source.head())):
        yield from sce_rows.batches(source)
        return
    blocks = _Blocks(source)
    for number, lines in source.line_blocks():
        blocks.take(number, lines)
        yield from blocks.columns.full()
    yield from blocks.columns.rest()


def _plain(text: str) -> str:
    return " ".join(text.replace("\u00a0", " ").split())


class _Blocks:
    """The rows of a file, read in order: which block they stand in, and how often a local time was seen."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.columns = Columns()
        self.minutes = 0
        self.channel = -1
        self._clock = LocalClock()
        self._spans: dict[str, int] = {}
        self._spanned = 0
        self._wh, self._days = words.Memo(words.kwh), words.Memo(words.day)
        self._quality = words.Memo(words.quality)
        self._rows: tuple[list[int], list[int], list[int]] = ([], [], [])

    def take(self, number: int, lines: list[str]) -> None:
        """Read some lines; the first is line `number` of the file."""
        starts, whs, states = self._rows
        spans, days, known, plain = self._spans, self._days, self._wh, self._clock.plain
        for at, line in enumerate(lines, start=number):
            cells = line[1:-1].split('","') if line[:1] == '"' else line.split(",")
            first = cells[0]
            past = spans.get(first[10:23] + first[33:], -1) if self.minutes else -1
            # Almost all rows: a span of the clock seen before, inside one plain day, three cells, actual.
            if past >= 0 and len(cells) == 3 and not cells[2] and first[23:33] == first[:10]:
                day, wh = days.get(first[:10]), known.get(cells[1], -1)
                midnight = plain(day) if day else 0
                if midnight and wh >= 0:
                    starts.append(midnight + past)
                    whs.append(wh)
                    states.append(ACTUAL)
                    continue
            self._slowly(at, line)
        self.close()

    def close(self) -> None:
        """Hand over what was read since the last heading or block of lines."""
        starts, whs, states = self._rows
        if starts:
            self.columns.block("", self.channel, self.minutes, starts, whs, states)
        for column in self._rows:
            column.clear()

    def _slowly(self, number: int, line: str) -> None:
        """Read any line of the file."""
        try:
            cells = [_plain(cell) for cell in cells_of(line)]
        except ValueError as error:
            raise self._error("E-READ-010", number, str(error)) from None
        first = cells[0] if cells else ""
        heading = HEADING.match(first)
        if heading:
            self.close()
            self.channel, self.minutes = CHANNEL[heading[1].lower()], 0
            return
        if self.channel < 0:
            return
        row = SPAN.match(first[10:])
        if row and len(cells) >= 3:
            self._reading(number, line.lstrip('"').split(",", 1)[0].rstrip('"'), row, cells)
        elif not any(first == text or (text and first.startswith(text)) for text in BETWEEN):
            raise self._error("E-READ-010", number, f"{first[:60]!r} is neither a heading nor a reading")

    def _reading(self, number: int, raw: str, row: re.Match[str], cells: list[str]) -> None:
        day_text = cells[0][:10]
        start, told = int(row[1]) * 60 + int(row[2]), int(row[4]) * 60 + int(row[5])
        length = (told - start) % 60 or 60
        if start >= DAY or told > DAY or int(row[2]) > 59:
            raise self._error("E-READ-010", number, f"{cells[0][:60]!r} is no time of day")
        if not self.minutes:
            self.minutes = self._word("E-READ-012", number, words.length, str(length))
            if self.minutes != self._spanned:
                self._spans.clear()
            self._spanned = self.minutes
        if length != self.minutes or start % length:
            raise self._error("E-READ-012", number, f"an interval of {length} minutes among {self.minutes}")
        if cells[1] == "":
            return
        day = self._word("E-READ-010", number, self._days.__getitem__, day_text)
        second = self._second(number, day, start)
        self._check_end(number, (start + length) % DAY, told, second + length * 60)
        if self._word("E-READ-010", number, self._days.__getitem__, row[3]) - day not in (0, told == 0):
            raise self._error("E-READ-012", number, f"a row of {day_text} ends on {row[3]}")
        wh = self._word("E-READ-016", number, self._wh.__getitem__, cells[1])
        if wh < 0:
            raise self._error("E-READ-016", number, f"{cells[1]} kWh is negative; both channels are positive")
        if told == start + length:
            self._spans[raw[10:23] + raw[33:]] = 60 * start
        state = self._quality[cells[2]]
        if state != NONE:
            for column, value in zip(self._rows, (second, wh, state), strict=True):
                column.append(value)

    def _check_end(self, number: int, clock_end: int, told: int, end: int) -> None:
        """The end of a row follows its start on the clock face, or as the clock shows it after a change."""
        if told not in (clock_end, clock_minute(end)):
            raise self._error(
                "E-READ-012", number, f"the row ends at {told // 60:02d}:{told % 60:02d}, not after its start"
            )

    def _second(self, number: int, day: int, minute: int) -> int:
        """UTC second of a local time, the repeated hour by order of occurrence."""
        try:
            return self._clock.second(day, minute, self.channel)
        except ValueError as error:
            raise self._error("E-READ-013", number, str(error)) from None

    def _word(self, code: str, number: int, parse: words.Parse, text: str) -> int:
        try:
            return parse(text)
        except ValueError as error:
            raise self._error(code, number, str(error)) from None

    def _error(self, code: str, number: int, what: str) -> Exception:
        return self.source.error(code, what, AGAIN, number)
