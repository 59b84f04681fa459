"""Green Button (NAESB ESPI) XML: usage points, meter readings, reading types and interval blocks, joined by links.

Read as a stream. A second look over the file is taken only where blocks come before what describes them or where links
are missing, and a third where values are negative. `updated` of an entry is the time of the download, so it dates no
value. Values finer than a watt-hour (PG&E gives tenths) are taken at the nearest one, which is noted.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from trueup.reads import words
from trueup.reads.batch import Batch
from trueup.reads.columns import Columns
from trueup.reads.espi_events import AGAIN, Item, Reading, holds_negatives, items_of
from trueup.reads.espi_types import (
    FORWARD,
    LONG,
    NET,
    NONE,
    REVERSE,
    Entry,
    Index,
    Kind,
    is_named,
    key_of,
    named,
    quality_of,
)
from trueup.reads.glimpse import Glimpse
from trueup.reads.source import Source

NAME, TITLE, IDS = "espi", "Green Button XML", "utility"
MARKS = ("naesb.org/espi", "IntervalBlock", "UsagePoint", "ReadingType", "<feed", ":feed")
SECONDS = {"300": 5, "900": 15, "1800": 30, "3600": 60}


def recognises(glimpse: Glimpse) -> bool:
    """Whether a text is Green Button XML."""
    return glimpse.text[:1] == "<" and any(mark in glimpse.text for mark in MARKS)


def batches(source: Source) -> Iterator[Batch]:
    """Readings of a Green Button file.

    Raises
    ------
    TrueupError
        E-READ-002 and -029 for XML that cannot be read, E-READ-012, -014, -016 for a bad length, time or quantity,
        E-READ-026 for a unit, direction or kind of value that is no energy, or for readings without a type.
    """
    reader = _Blocks(source)
    if holds_negatives(source):
        reader.look_for_negatives()
    for item in items_of(source):
        reader.take(item)
        yield from reader.columns.full()
    yield from reader.columns.rest()


@dataclass(frozen=True)
class _Series:
    """What the blocks of one meter reading are: account, channel (-1 where signed), reading type."""

    name: str
    channel: int
    kind: Kind
    left_out: str = ""


class _Blocks:
    """Joins blocks to their types and understands their readings."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.columns = Columns()
        self._index = Index()
        self._series: dict[str, _Series] = {}
        self._signed: set[str] = set()
        self._next = 0
        self._wh: dict[int, words.Nearest] = {}

    def look_ahead(self) -> None:
        """Index the whole file."""
        if not self._index.whole:
            for item in items_of(self.source):
                self._describe(item)
            self._index.whole = True

    def look_for_negatives(self) -> None:
        """Note which meter readings have negative values."""
        self.look_ahead()
        for item in items_of(self.source):
            if any(reading.value.startswith("-") for reading in item.readings):
                self._signed.add(key_of(self._index.meter_of(item.entry)))

    def take(self, item: Item) -> None:
        """One item of the file."""
        self._describe(item)
        if item.what != "IntervalBlock" or not item.readings:
            return
        series = self._series_of(item)
        if series.left_out:
            self.source.skipped[series.left_out] += len(item.readings)
            return
        if item.opens:
            self._next = self._number(item.readings[0], item.block[0] or "0")
        self._understand(item, series)

    def _describe(self, item: Item) -> None:
        if item.what != "IntervalBlock":
            try:
                self._index.add(item.what, item.entry, item.fields)
            except ValueError as error:
                raise self.source.error("E-READ-025", str(error), AGAIN) from None

    def _series_of(self, item: Item) -> _Series:
        meter = self._index.meter_of(item.entry)
        if meter is None and not self._index.whole:
            self.look_ahead()
            meter = self._index.meter_of(item.entry)
        key = key_of(meter)
        series = self._series.get(key)
        if series is None:
            series = self._join(meter, item.readings[0].line)
            if len(self._series) > 10_000:
                self._series.clear()
            self._series[key] = series
        return series

    def _join(self, meter: Entry | None, line: int) -> _Series:
        kind, point = self._index.kind_for(meter), self._index.point_of(meter)
        if not self._index.whole and (kind is None or point is None or kind.flow == NET):
            self.look_ahead()
            return self._join(meter, line)
        if kind is None:
            raise self.source.error("E-READ-026", "readings whose reading type no link tells", AGAIN, line)
        if kind.left_out:
            return _Series("", 0, kind, kind.left_out)
        if kind.why_not:
            raise self.source.error("E-READ-026", kind.why_not, "Download the energy (Wh) intervals.", line)
        if point is None and len(self._index.points.entries) > 1:
            raise self.source.error("E-READ-026", "readings whose usage point no link tells", AGAIN, line)
        name, generation = named(point)
        self.source.named = self.source.named or is_named(point)
        if kind.flow == NET and {FORWARD, REVERSE} <= self._index.flows_beside(point):
            return _Series(name, 0, kind, "net readings beside both directions")
        if kind.flow == NET or (kind.flow in (FORWARD, NONE) and key_of(meter) in self._signed):
            self.source.netted = True
            return _Series(name, -1, kind)
        return _Series(name, 2 if generation else int(kind.flow == REVERSE), kind)

    def _understand(self, item: Item, series: _Series) -> None:
        """Readings of a block, those of one length together."""
        kind = series.kind
        memo = self._wh.setdefault(kind.power, words.Nearest(kind.power))
        lists: tuple[list[int], list[int], list[int]] = ([], [], [])
        minutes = 0
        for reading in item.readings:
            length = self._minutes(reading, kind)
            if not length:
                self.source.skipped["totals of a day or longer"] += 1
                continue
            if length != minutes:
                self._hand_on(series, minutes, lists)
                minutes, lists = length, ([], [], [])
            start = self._start(reading, length)
            if reading.value:
                lists[0].append(start)
                lists[1].append(self._value(reading, memo, series.channel))
                lists[2].append(quality_of(reading.qualities) if reading.qualities else kind.status)
        self._hand_on(series, minutes, lists)
        self.source.rounded = self.source.rounded or memo.rounded

    def _hand_on(self, series: _Series, minutes: int, lists: tuple[list[int], list[int], list[int]]) -> None:
        if lists[0] and series.channel < 0:
            self.columns.both(series.name, minutes, *lists)
        elif lists[0]:
            self.columns.block(series.name, series.channel, minutes, *lists)

    def _minutes(self, reading: Reading, kind: Kind) -> int:
        """Interval length; 0 for a total of a day or longer."""
        text = reading.duration or str(kind.seconds)
        minutes = SECONDS.get(text)
        if minutes is None:
            if text.isascii() and text.isdigit() and int(text[:12]) >= LONG:
                return 0
            what = f"an interval of {text[:20]} seconds; 300, 900, 1800 or 3600 are read"
            raise self.source.error("E-READ-012", what, AGAIN, reading.line)
        return minutes

    def _start(self, reading: Reading, minutes: int) -> int:
        """UTC second; a reading that names none follows the one before it in its block."""
        start = self._number(reading, reading.start) if reading.start else self._next
        self._next = start + 60 * minutes
        try:
            words.checked_second(start)
        except ValueError as error:
            raise self.source.error("E-READ-014", str(error), AGAIN, reading.line) from None
        if start % (60 * minutes):
            raise self.source.error("E-READ-012", f"start is off its {minutes}-minute mark", AGAIN, reading.line)
        return start

    def _number(self, reading: Reading, text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 12):
            raise self.source.error("E-READ-014", f"start {text[:40]!r} is no second", AGAIN, reading.line)
        return int(text)

    def _value(self, reading: Reading, memo: words.Memo, channel: int) -> int:
        try:
            wh = memo[reading.value]
        except ValueError as error:
            raise self.source.error("E-READ-016", str(error), AGAIN, reading.line) from None
        if wh < 0 <= channel:
            raise self.source.error("E-READ-016", f"{wh} Wh against its flow direction", AGAIN, reading.line)
        return wh
