"""UtilityAPI's intervals JSON, as a stream: a service's readings with ISO times, kWh and data points.

Data points of delivered and received energy are used where a reading has both; else its net, which is signed; else
the one direction there is. Values finer than a watt-hour are taken at the nearest one, which is noted. `base` names
the service of the readings beside it, before or after them: where it comes after, the file is looked over twice.
"""

from codecs import BOM_UTF8
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import ijson

from trueup.reads import words
from trueup.reads.batch import ACTUAL, ESTIMATED, Batch
from trueup.reads.columns import Columns
from trueup.reads.glimpse import Glimpse
from trueup.reads.source import Source
from trueup.reads.words import NOTHING

NAME, TITLE, IDS = "utilityapi", "UtilityAPI intervals", "utility"
AGAIN = "Fetch the intervals again from UtilityAPI without editing them."
DELIVERED = frozenset({"delivered", "fwd", "forward", "import"})
RECEIVED = frozenset({"received", "rev", "reverse", "export"})
MARKS = ("readings", "intervals", "service_identifier")
DEEPEST = 32
LARGEST = 500
"""Values in one reading."""
FAILURES = (ijson.JSONError, ValueError, ArithmeticError, RecursionError)
"""What broken JSON brings: ijson's own error, and Python's for text that is none, absurd numbers and deep nesting."""


def recognises(glimpse: Glimpse) -> bool:
    """Whether a text is UtilityAPI JSON."""
    text = glimpse.text
    return text[:1] in ("{", "[") and any(f'"{name}"' in text for name in MARKS)


def batches(source: Source) -> Iterator[Batch]:
    """Readings of a file of intervals.

    Raises
    ------
    TrueupError
        E-READ-002 for broken JSON, E-READ-010 for a reading without what is needed, E-READ-012, -014, -016 for a bad
        length, time or quantity.
    """
    reader = _Readings(source)
    for kind, value in _objects(source):
        reader.take(kind, value)
        yield from reader.columns.full()
    yield from reader.columns.rest()


def _objects(source: Source) -> Iterator[tuple[str, Any]]:
    """("base", fields) and ("reading", fields) in the order of the file, ("end", {}) after those of a service."""
    path: list[str] = []
    builder, depth = None, 0
    try:
        for event, value in _events(source):
            if builder:
                builder.take(event, value)
                if builder.done:
                    yield builder.kind, builder.fields
                    builder = None
            elif event in ("end_map", "end_array"):
                if depth and len(path) == depth:
                    depth = 0
                    yield "end", {}
                path.pop()
            elif event == "map_key":
                path[-1] = str(value)
            elif event in ("start_map", "start_array"):
                kind = _kind(path, event)
                if kind:
                    builder, depth = _Object(kind), len(path) - (kind == "reading")
                else:
                    path.append("")
                if len(path) > DEEPEST:
                    raise ValueError(f"it is nested deeper than {DEEPEST}")
    except FAILURES as error:
        raise source.error("E-READ-002", f"broken JSON: {str(error)[:160]}", AGAIN) from None


def _kind(path: list[str], event: str) -> str:
    """What starts here: an element of an array `readings`, or the map `base`."""
    if event == "start_map" and len(path) > 1 and path[-1] == "" and path[-2] == "readings":
        return "reading"
    return "base" if event == "start_map" and path[-1:] == ["base"] else ""


def _events(source: Source) -> Iterator[tuple[str, Any]]:
    """Events of the JSON, the file being read in pieces."""
    events: Any = ijson.sendable_list()
    parser = ijson.basic_parse_coro(events)
    for number, chunk in enumerate(source.chunks()):
        parser.send(chunk.removeprefix(BOM_UTF8) if not number else chunk)
        yield from events
        del events[:]
    parser.close()
    yield from events


class _Object:
    """One small object, gathered from its events: fields, and data points by type."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.fields: dict[str, Any] = {}
        self.done = False
        self._path: list[str] = [""]
        self._count = 0

    def take(self, event: str, value: Any) -> None:
        """One event inside the object: its leaves are kept by path, such as ``datapoints.2.type``."""
        self._count += 1
        if self._count > LARGEST or len(self._path) > DEEPEST:
            raise ValueError(f"a {self.kind} of more than {LARGEST} values")
        if event == "map_key":
            self._path[-1] = str(value)
        elif event in ("start_map", "start_array"):
            self._path.append("")
        elif event in ("end_map", "end_array"):
            self._path.pop()
            self.done = not self._path
        else:
            self.fields.setdefault(".".join(filter(None, self._path)), []).append(value)


class _Readings:
    """Understands readings in order; the `base` beside them names their service."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.columns = Columns()
        self._name: str | None = None
        self._names: list[str] | None = None
        self._service = 0
        self._second = words.Instants()
        self._units = {"kwh": words.Nearest(3), "wh": words.Nearest(0)}
        self._count = 0

    def take(self, kind: str, fields: dict[str, list[Any]]) -> None:
        """One object of the file."""
        if kind == "base":
            self._name = _service(fields)
        elif kind == "end":
            self._name = None
            self._service += 1
        else:
            self._reading(fields)

    def _reading(self, fields: dict[str, list[Any]]) -> None:
        self._count += 1
        name = self._name = self._later() if self._name is None else self._name
        start, end = (self._time(fields, which) for which in ("start", "end"))
        minutes = self._length(start, end)
        *both, net = self._quantities(fields)
        state = ESTIMATED if "estimat" in " ".join(map(str, fields.get("quality", []))).lower() else ACTUAL
        if NOTHING in both and net != NOTHING:
            self.source.netted = True
            self.columns.both(name, minutes, [start], [net], [state])
        else:
            for channel, wh in enumerate(both):
                if wh != NOTHING:
                    self.columns.block(name, channel, minutes, [start], [wh], [state])
        self.source.rounded = any(memo.rounded for memo in self._units.values())

    def _later(self) -> str:
        """The name of a service whose readings come before its `base`."""
        if self._names is None:
            self._names = [""]
            for kind, fields in _objects(self.source):
                if kind == "base":
                    self._names[-1] = _service(fields)
                elif kind == "end":
                    self._names.append("")
        return self._names[self._service]

    def _quantities(self, fields: dict[str, list[Any]]) -> tuple[int, int, int]:
        """Delivered, received and net Wh; `NOTHING` for what is not there."""
        found = [NOTHING, NOTHING, NOTHING]
        kinds, units, values = (fields.get(f"datapoints.{name}", []) for name in ("type", "unit", "value"))
        if not len(kinds) == len(units) == len(values):
            raise self._error("E-READ-010", "a data point lacks its type, unit or value")
        for kind, unit, value in zip(kinds, units, values, strict=True):
            place = 0 if kind in DELIVERED else 1 if kind in RECEIVED else 2 if kind == "net" else -1
            memo = self._units.get(str(unit).lower())
            if place >= 0 and memo is not None:
                found[place] = self._wh(value, memo, signed=place == 2)
        if found[2] == NOTHING and fields.get("kwh"):
            found[2] = self._wh(fields["kwh"][0], self._units["kwh"], signed=True)
        return found[0], found[1], found[2]

    def _wh(self, value: Any, memo: words.Nearest, signed: bool) -> int:
        if value is None:
            return NOTHING
        if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
            raise self._error("E-READ-016", "a quantity is no number")
        try:
            wh = memo[str(value)]
        except ValueError as error:
            raise self._error("E-READ-016", str(error)) from None
        if NOTHING < wh < 0 and not signed:
            raise self._error("E-READ-016", f"{value} is negative; delivered and received are positive")
        return wh

    def _time(self, fields: dict[str, list[Any]], name: str) -> int:
        try:
            return self._second[str(fields.get(name, [""])[0])]
        except ValueError as error:
            raise self._error("E-READ-014", f"{name}: {error}") from None

    def _length(self, start: int, end: int) -> int:
        minutes, rest = divmod(end - start, 60)
        try:
            minutes = words.length(str(minutes) if not rest else "")
        except ValueError as error:
            raise self._error("E-READ-012", str(error)) from None
        if start % (60 * minutes):
            raise self._error("E-READ-012", f"start is not on a whole {minutes}-minute mark")
        return minutes

    def _error(self, code: str, what: str) -> Exception:
        return self.source.error(code, f"reading {self._count:,}: {what}", AGAIN)


def _service(fields: dict[str, list[Any]]) -> str:
    return str(fields.get("service_identifier", [""])[0])[:80]
