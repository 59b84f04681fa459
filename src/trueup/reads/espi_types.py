"""What the entries of a Green Button file say of its blocks of readings: links joined, units and directions checked."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from urllib.parse import unquote

from trueup.reads.batch import ACTUAL, EDITED, ESTIMATED

ACCOUNT_ID, GENERATION_ID = "urn:x-trueup:account:", "urn:x-trueup:generation:"
"""How an export of our own names the account, or its generation meter, in the id of a usage point."""
WATT_HOURS = "72"
GAS = frozenset({"7", "8"})
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
    related: tuple[str, ...] = ()

    def names(self, path: str) -> bool:
        """Whether a link of the entry names a path."""
        return bool(path) and (path in self.related or path == self.up)


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
    gas
        Whether it is gas, which is left out.
    """

    power: int
    flow: str
    seconds: int
    status: int
    why_not: str
    gas: bool


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
        int(seconds) if seconds in ("300", "900", "1800", "3600") else 0,
        quality_of([fields["defaultQuality"]]) if "defaultQuality" in fields else ACTUAL,
        why_not,
        fields.get("commodity", "") in GAS,
    )


def quality_of(codes: Iterable[str]) -> int:
    """The lowest rank that any of some quality codes has."""
    return min((QUALITIES.get(code, ESTIMATED) for code in codes), default=ACTUAL)


def path_of(link: str) -> str:
    """The path of a link, so that relative and absolute ones meet."""
    text = link.strip()
    if "://" in text:
        text = "/" + text.partition("://")[2].partition("/")[2]
    return text.rstrip("/")


@dataclass
class Index:
    """The entries that say what blocks are: usage points, meter readings, reading types. Small beside the readings."""

    LARGEST = 300_000

    points: dict[str, Entry] = field(default_factory=dict)
    meters: dict[str, Entry] = field(default_factory=dict)
    types: dict[str, Kind] = field(default_factory=dict)
    signed: set[str] = field(default_factory=set)
    whole: bool = False

    def add(self, what: str, entry: Entry, fields: dict[str, str]) -> None:
        """Take up an entry; the same entry again changes nothing."""
        table: dict[str, Entry] = self.points if what == "UsagePoint" else self.meters
        key = entry.own or entry.id or f"#{what}"
        if what == "ReadingType":
            self.types[key] = kind_of(fields)
        else:
            table[key] = entry
        if len(table) + len(self.types) > self.LARGEST:
            raise ValueError(f"more than {self.LARGEST:,} usage points, meter readings and reading types")

    def meter_of(self, block: Entry) -> Entry | None:
        """The meter reading a block belongs to, by the links of either."""
        for path in _upwards(block.up or block.own):
            if path in self.meters:
                return self.meters[path]
        for path in block.related:
            if path in self.meters:
                return self.meters[path]
        found = self._search(self.meters, lambda meter: meter.names(block.up) or meter.names(block.own))
        return found or (next(iter(self.meters.values())) if self.whole and len(self.meters) == 1 else None)

    def kind_for(self, meter: Entry | None) -> Kind | None:
        """The reading type of a meter reading; the only one of the file where no link says."""
        for path in meter.related if meter else ():
            if path in self.types:
                return self.types[path]
        kinds = set(self.types.values())
        return kinds.pop() if self.whole and len(kinds) == 1 else None

    def point_of(self, meter: Entry | None) -> Entry | None:
        """The usage point of a meter reading."""
        if meter:
            for path in _upwards(meter.up or meter.own):
                if path in self.points:
                    return self.points[path]
            found = self._search(self.points, lambda point: point.names(meter.up) or point.names(meter.own))
            if found:
                return found
        return next(iter(self.points.values())) if self.whole and len(self.points) == 1 else None

    def flows_beside(self, point: Entry | None) -> set[str]:
        """Flow directions of a usage point's reading types."""
        kinds = [self.kind_for(meter) for meter in self.meters.values() if self.point_of(meter) is point]
        return {kind.flow for kind in kinds if kind and not kind.why_not}

    @staticmethod
    def _search(table: dict[str, Entry], fits: Callable[[Entry], bool]) -> Entry | None:
        return next((entry for entry in table.values() if fits(entry)), None)


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
