"""What the entries of a Green Button file say of its blocks of readings: links joined, units and directions checked."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from trueup.reads.batch import ACTUAL, EDITED, ESTIMATED

ACCOUNT_ID, GENERATION_ID = "urn:x-trueup:account:", "urn:x-trueup:generation:"
"""How an export of our own names the account, or its generation meter, in the id of a usage point."""
WATT_HOURS = "72"
BESIDE = {
    "5": "current", "29": "voltage", "38": "power", "61": "apparent power", "63": "reactive power",
    "65": "power factor", "71": "apparent energy", "73": "reactive energy",
}  # fmt: skip
"""ESPI units of what meters count beside energy, which is left out; any other unit than Wh is refused."""
GAS = frozenset({"7", "8"})
LONG = 23 * 3600
"""Seconds from which a reading is a total, of a day or a bill, beside the intervals; it is left out."""
REGISTERS = frozenset({"1", "2", "3", "9", "12"})
"""Accumulation behaviours whose values are no energy of an interval: totals, running registers, instants."""
NONE, FORWARD, NET, REVERSE = "0", "1", "4", "19"
QUALITIES = {
    "0": ACTUAL, "14": ACTUAL, "17": ACTUAL, "18": ACTUAL, "19": ACTUAL, "7": EDITED,
}  # fmt: skip
"""ESPI QualityOfReading: valid, raw, validated, verified, revenue quality; manually edited; every other an estimate."""


@dataclass
class Entry:
    """An Atom entry: its id, title and links by kind, as paths."""

    id: str = ""
    title: str = ""
    own: str = ""
    up: str = ""
    related: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Kind:
    """A reading type, understood.

    Attributes
    ----------
    power
        Values times 10^power are Wh.
    flow
        Direction of flow: `FORWARD`, `REVERSE`, `NET` or `NONE`.
    seconds
        Usual interval length in seconds, 0 where it is not said.
    status
        Of readings without a quality of their own.
    why_not
        Why its readings are refused; empty where they are not.
    left_out
        What its readings are where they are left out, such as gas; else empty.
    """

    power: int
    flow: str
    seconds: int
    status: int
    why_not: str
    left_out: str = ""


def kind_of(fields: dict[str, str]) -> Kind:
    """A reading type from its elements."""
    power = fields.get("powerOfTenMultiplier", "0") or "0"
    flow = fields.get("flowDirection", NONE) or NONE
    seconds, unit = fields.get("intervalLength", "0"), fields.get("uom", "")
    whys = (
        (unit != WATT_HOURS, f"the unit is {unit[:9] or 'not given'}, not 72 (Wh)"),
        (flow not in (NONE, FORWARD, NET, REVERSE), f"the flow direction is {flow[:9]}, not 0, 1, 4 or 19"),
        (fields.get("accumulationBehaviour", "") in REGISTERS, "its values are no energy of an interval"),
        (power.lstrip("-") not in set("0123456789"), f"the power of ten is {power[:9]}"),
    )
    why_not = next((why for holds, why in whys if holds), "")
    return Kind(
        0 if why_not else int(power),
        flow,
        int(seconds[:12]) if seconds.isascii() and seconds.isdigit() else 0,
        quality_of([fields["defaultQuality"]]) if "defaultQuality" in fields else ACTUAL,
        why_not,
        _left_out(fields.get("commodity", ""), unit),
    )


def _left_out(commodity: str, unit: str) -> str:
    if commodity in GAS:
        return "gas readings"
    return f"readings of {BESIDE[unit]}" if unit in BESIDE else ""


def quality_of(codes: Iterable[str]) -> int:
    """The lowest rank that any of some quality codes has."""
    return min((QUALITIES.get(code, ESTIMATED) for code in codes), default=ACTUAL)


def path_of(link: str) -> str:
    """The path of a link, so that relative and absolute ones meet."""
    text = link.strip()
    if "://" in text:
        text = "/" + text.partition("://")[2].partition("/")[2]
    return text.rstrip("/")


UNCLEAR = Entry(id="unclear")
"""Stands for what several entries claim."""


@dataclass
class Table:
    """Entries of one kind, found by their own path or by the paths that they name."""

    entries: dict[str, Entry] = field(default_factory=dict)
    naming: dict[str, Entry] = field(default_factory=dict)

    def add(self, entry: Entry) -> None:
        """Take up an entry; the same entry again changes nothing."""
        self.entries[entry.own or entry.id] = entry
        for path in entry.related:
            before = self.naming.setdefault(path, entry)
            if before is not entry and (before.own, before.id) != (entry.own, entry.id):
                self.naming[path] = UNCLEAR

    def above(self, entry: Entry) -> Entry | None:
        """The entry that another belongs to, by the links of either: none where no link or more than one tells."""
        for path in (*_upwards(entry.up), *_upwards(entry.own), *entry.related):
            if path in self.entries:
                return self.entries[path]
        found = {id(e): e for e in (self.naming.get(path) for path in (entry.own, entry.up)) if e}
        clear = [e for e in found.values() if e is not UNCLEAR]
        return clear[0] if len(clear) == 1 else None

    def only(self) -> Entry | None:
        """The one entry there is."""
        return next(iter(self.entries.values())) if len(self.entries) == 1 else None

    @property
    def size(self) -> int:
        """Entries and the paths they name."""
        return len(self.entries) + len(self.naming)


@dataclass
class Index:
    """The entries that say what blocks are: usage points, meter readings, reading types. Small beside the readings."""

    LARGEST = 1_000_000

    points: Table = field(default_factory=Table)
    meters: Table = field(default_factory=Table)
    types: dict[str, Kind] = field(default_factory=dict)
    whole: bool = False
    _flows: dict[str, set[str]] = field(default_factory=dict)

    def add(self, what: str, entry: Entry, fields: dict[str, str]) -> None:
        """Take up an entry."""
        if what == "ReadingType":
            key, kind = entry.own or entry.id, kind_of(fields)
            before = self.types.get(key, kind)
            self.types[key] = kind if before == kind else replace(kind, why_not="two reading types bear one name")
        else:
            (self.points if what == "UsagePoint" else self.meters).add(entry)
        if self.points.size + self.meters.size + len(self.types) > self.LARGEST:
            raise ValueError(f"more than {self.LARGEST:,} usage points, meter readings and reading types")

    def meter_of(self, block: Entry) -> Entry | None:
        """The meter reading a block belongs to; the only one of the file where no link says."""
        return self.meters.above(block) or (self.meters.only() if self.whole else None)

    def kind_for(self, meter: Entry | None) -> Kind | None:
        """The reading type of a meter reading; the only one of the file where no link says."""
        linked = {self.types[path] for path in (meter.related if meter else ()) if path in self.types}
        kinds = linked or (set(self.types.values()) if self.whole else set())
        return kinds.pop() if len(kinds) == 1 else None

    def point_of(self, meter: Entry | None) -> Entry | None:
        """The usage point of a meter reading; the only one of the file where no link says."""
        found = self.points.above(meter) if meter else None
        return found or (self.points.only() if self.whole else None)

    def flows_beside(self, point: Entry | None) -> set[str]:
        """Flow directions of a usage point's reading types; asked for only once the whole file is indexed."""
        if not self._flows:
            for meter in self.meters.entries.values():
                kind = self.kind_for(meter)
                if kind and not kind.why_not:
                    self._flows.setdefault(key_of(self.point_of(meter)), set()).add(kind.flow)
        return self._flows.get(key_of(point), set())


def key_of(entry: Entry | None) -> str:
    """What tells an entry from others; empty for none."""
    return (entry.own or entry.id or "#") if entry else ""


def is_named(point: Entry | None) -> bool:
    """Whether an export of our own named the account of a usage point."""
    return point is not None and point.id.startswith((ACCOUNT_ID, GENERATION_ID))


def named(point: Entry | None) -> tuple[str, bool]:
    """Account of a usage point, and whether it is a generation meter."""
    if point is None:
        return "", False
    for prefix in (ACCOUNT_ID, GENERATION_ID):
        if point.id.startswith(prefix):
            return unquote(point.id.removeprefix(prefix)), prefix == GENERATION_ID
    return (point.own or point.id or point.title)[-160:], False


def _upwards(path: str) -> Iterable[str]:
    """A path and those above it."""
    while path:
        yield path
        path = path.rpartition("/")[0]
