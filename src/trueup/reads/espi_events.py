"""Green Button XML as a stream of entries and of raw readings; no tree is built, a document type is refused."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from trueup.errors import TrueupError
from trueup.reads.espi_types import Entry, path_of
from trueup.reads.source import Source

AGAIN = "Download the Green Button file again without editing it."
DEEPEST = 64
LONGEST_TEXT = 4096
MOST_LINKS = 10_000
"""Links of one entry that are kept: some meter readings name each of their blocks."""
TOGETHER = 50_000
"""Readings of one entry that are handed on together at most."""
DESCRIBES = frozenset({"UsagePoint", "MeterReading", "ReadingType"})
HOLDS = DESCRIBES | {
    "IntervalBlock", "UsageSummary", "ElectricPowerUsageSummary", "ElectricPowerQualitySummary", "LocalTimeParameters",
}  # fmt: skip
"""What an entry may hold. Summaries repeat the readings' total, so nothing inside them is read."""
LEAVES = frozenset({"id", "title", "start", "duration", "value", "quality"})
NEGATIVE = re.compile(rb"value\s*>\s*-")


class _Names(dict[str, str]):
    """Element names without their namespace, whatever its prefix."""

    def __missing__(self, tag: str) -> str:
        name = tag.rpartition("}")[2]
        if len(self) < 1000:
            self[tag] = name
        return name


NAMES = _Names()


@dataclass
class Reading:
    """An interval reading as it stands in the file; `start` and `duration` are empty where it names none."""

    line: int
    start: str = ""
    duration: str = ""
    value: str = ""
    qualities: list[str] = field(default_factory=list)


@dataclass
class Item:
    """What the stream gives: a description (`what` is of `DESCRIBES`), or readings of a block.

    `block` is (start, duration) of the block; `opens` whether these are its first readings.
    """

    what: str
    entry: Entry
    fields: dict[str, str] = field(default_factory=dict)
    readings: list[Reading] = field(default_factory=list)
    block: tuple[str, str] = ("", "")
    opens: bool = True


class _Target:
    """Takes the parser's events; `items` is emptied by the stream."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.parser: Any = None
        self._depth = 0
        self._entry: Entry | None = None
        self._what, self._at = "", 0
        self._fields: dict[str, str] = {}
        self._held: list[Item] = []
        self._count = 0
        self._reading: Reading | None = None
        self._text: list[str] | None = None

    def start(self, tag: str, attributes: list[str]) -> None:
        """An element starts; attributes are names and values by turns."""
        self._depth += 1
        name = NAMES[tag]
        if self._reading is not None and self._depth < DEEPEST:
            self._text = [] if name in LEAVES else None
            return
        if self._depth > DEEPEST:
            raise OverflowError(f"elements nested deeper than {DEEPEST}")
        self._text = [] if name in LEAVES or self._what == "ReadingType" else None
        if name == "IntervalReading" and self._what == "IntervalBlock":
            self._reading = Reading(self.parser.CurrentLineNumber)
        elif name == "entry" and not self._what:
            self._entry = Entry()
        elif name == "link" and self._entry and not self._what:
            self._link(self._entry, dict(zip(attributes[::2], attributes[1::2], strict=True)))
        elif name in HOLDS and not self._what:
            self._what, self._at, self._fields = name, self._depth, {}
            if name == "IntervalBlock":
                self._held.append(Item(name, self._entry or Entry()))

    def data(self, text: str) -> None:
        """Some text of an element."""
        if self._text is not None:
            self._text.append(text)
            if len(self._text) > LONGEST_TEXT or len(text) > LONGEST_TEXT:
                raise OverflowError(f"a text of more than {LONGEST_TEXT} characters")

    def end(self, tag: str) -> None:
        """An element ends."""
        name = NAMES[tag]
        text = "".join(self._text).strip() if self._text else ""
        self._text = None
        if self._reading is not None:
            self._in_reading(self._reading, name, text)
        elif self._what:
            self._in_content(name, text)
        elif name == "entry":
            self._flush()
            self._entry = None
        elif self._entry and name in ("id", "title") and text:
            setattr(self._entry, name, text)
        self._depth -= 1

    def _in_content(self, name: str, text: str) -> None:
        """An element inside what an entry holds ends."""
        if self._depth == self._at:
            self._end_content()
        elif self._what == "ReadingType" and self._depth == self._at + 1:
            self._fields[name[:40]] = text
        elif self._what == "IntervalBlock" and name in ("start", "duration"):
            start, duration = self._held[-1].block
            self._held[-1].block = (text, duration) if name == "start" else (start, text)

    def _link(self, entry: Entry, attributes: dict[str, str]) -> None:
        kind, path = attributes.get("rel", ""), path_of(attributes.get("href", ""))
        if kind == "self":
            entry.own = path
        elif kind == "up":
            entry.up = path
        elif kind == "related" and len(entry.related) < MOST_LINKS:
            entry.related.append(path)

    def _in_reading(self, reading: Reading, name: str, text: str) -> None:
        if name == "start":
            reading.start = text
        elif name == "duration":
            reading.duration = text
        elif name == "value":
            reading.value = text
        elif name == "quality":
            reading.qualities = [*reading.qualities, text][:20]
        elif name == "IntervalReading":
            block = self._held[-1]
            block.readings.append(reading)
            self._reading = None
            self._count += 1
            if self._count >= TOGETHER:
                self._flush()
                self._held.append(Item("IntervalBlock", block.entry, block=block.block, opens=False))

    def _end_content(self) -> None:
        if self._what in DESCRIBES:
            self._held.append(Item(self._what, self._entry or Entry(), self._fields))
        self._what = ""
        if not self._entry:
            self._flush()

    def _flush(self) -> None:
        """Hand on what waited for the links of its entry."""
        self.items += self._held
        self._held, self._count = [], 0


def items_of(source: Source) -> Iterator[Item]:
    """The entries of a file in order; readings wait for the links of their entry.

    Raises
    ------
    TrueupError
        E-READ-002 for broken XML, E-READ-029 for a document type or entity, E-READ-025 beyond the limits.
    """
    target = _Target()
    parser = DefusedXMLParser(target=target, forbid_dtd=True)
    target.parser = inner = parser.parser
    # The refusals stay the library's; the events skip its detour through a tree builder, which takes half the time.
    inner.StartElementHandler, inner.EndElementHandler = target.start, target.end
    inner.CharacterDataHandler, inner.DefaultHandlerExpand = target.data, None
    inner.CommentHandler = inner.ProcessingInstructionHandler = None
    fed = 0
    for chunk in source.chunks():
        for start in range(0, len(chunk), 65_536):
            piece = chunk[start : start + 65_536]
            _feed(source, target, parser.feed, piece)
            fed += len(piece)
            if fed - parser.parser.CurrentByteIndex > source.limits.line + 65_536:
                raise source.error("E-READ-025", f"a tag of more than {source.limits.line:,} bytes", AGAIN)
            yield from target.items
            target.items.clear()
    _feed(source, target, parser.close)
    yield from target.items


def _feed(source: Source, target: _Target, step: Any, *piece: bytes) -> None:
    try:
        step(*piece)
    except DefusedXmlException:
        raise _error(source, target, "E-READ-029", "it declares a document type or an entity") from None
    except OverflowError as error:
        raise _error(source, target, "E-READ-025", str(error)) from None
    except (SyntaxError, ValueError, LookupError, AttributeError, AssertionError, RuntimeError) as error:
        raise _error(source, target, "E-READ-002", f"broken XML: {str(error)[:120]}") from None


def _error(source: Source, target: _Target, code: str, what: str) -> TrueupError:
    return source.error(code, what, AGAIN, target.parser.CurrentLineNumber)


def holds_negatives(source: Source) -> bool:
    """Whether any value of the file is negative; one quick look over the bytes."""
    tail = b""
    for chunk in source.chunks():
        if NEGATIVE.search(tail + chunk):
            return True
        tail = chunk[-64:]
    return False
