"""From two channels of intervals to the watt-hours of one cycle. No money here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from .account import Cycle
from .clock import ONE_DAY, local_hour, midnight, season, tou_period
from .law import Filing, Span

Bucket = tuple[date, str, str]  # first day of the price version, season, time-of-use period
HourlyExport = dict[tuple[date, int], int]  # Wh by local day and hour, only hours that exported


@dataclass(frozen=True)
class Meter:
    """Two registers, dense intervals: channel 1 delivered to, channel 2 received from the customer (NBT SC 3.a)."""

    start_utc: int
    minutes: int
    delivered: Sequence[int]
    received: Sequence[int]

    def __post_init__(self) -> None:
        """Refuses readings that are no readings."""
        if self.minutes not in (15, 60) or self.start_utc % 3600:
            raise ValueError("intervals must be 15 or 60 minutes, from a full hour")
        if len(self.delivered) != len(self.received):
            raise ValueError("the two channels differ in length")
        if min(self.delivered, default=0) < 0 or min(self.received, default=0) < 0:
            raise ValueError("a register never runs backwards")

    def hours(self, start: date, end: date) -> Iterator[tuple[int, int, int]]:
        """UTC hour, delivered and received Wh of each clock hour of the days from start to end (excluded)."""
        seconds = self.minutes * 60
        first, stop = ((midnight(day) - self.start_utc) // seconds for day in (start, end))
        if first < 0 or stop > len(self.delivered):
            raise ValueError(f"the readings do not cover {start} to {end}")
        per_hour = 60 // self.minutes
        for i in range(first, stop, per_hour):
            utc_hour = (self.start_utc + i * seconds) // 3600
            yield utc_hour, int(sum(self.delivered[i : i + per_hour])), int(sum(self.received[i : i + per_hour]))


@dataclass
class Use:
    """What one cycle's bill is computed from. A time-of-use period that occurs is there, even with 0 Wh."""

    days: dict[date, int] = field(default_factory=dict)
    imported: dict[Bucket, int] = field(default_factory=dict)
    exported: dict[Bucket, int] = field(default_factory=dict)
    hourly_positive: dict[date, int] = field(default_factory=dict)
    exports: HourlyExport = field(default_factory=dict)

    @property
    def imported_wh(self) -> int:
        """All energy delivered to the customer."""
        return sum(self.imported.values())

    @property
    def exported_wh(self) -> int:
        """All energy received from the customer."""
        return sum(self.exported.values())

    def net(self) -> dict[Bucket, int]:
        """Delivered less received per time-of-use period of the cycle (NEM notes C1, BILL-02)."""
        return {bucket: self.imported[bucket] - self.exported[bucket] for bucket in self.imported}


def by_version(wh: dict[Bucket, int]) -> dict[date, int]:
    """Wh summed over seasons and periods, per price version."""
    totals: dict[date, int] = {}
    for (version, _, _), quantity in wh.items():
        totals[version] = totals.get(version, 0) + quantity
    return totals


def measure(meter: Meter, cycle: Cycle, tariff: Span[Filing]) -> Use:
    """Local time decides version, season and period (decisions 6); a price change splits by days (decisions 9).

    The hour is the netting interval of the non-bypassable charges of a residential NEM-ST customer (NEM N2-2).
    """
    use, versions = Use(), {}
    for number in range((cycle.end - cycle.start).days):
        day = cycle.start + number * ONE_DAY
        versions[day] = version = tariff.on(day).start
        use.days[version] = use.days.get(version, 0) + 1
        use.hourly_positive.setdefault(version, 0)
    for utc_hour, delivered, received in meter.hours(cycle.start, cycle.end):
        day, hour = local_hour(utc_hour)
        bucket = (versions[day], season(day), tou_period(day, hour))
        use.imported[bucket] = use.imported.get(bucket, 0) + delivered
        use.exported[bucket] = use.exported.get(bucket, 0) + received
        use.hourly_positive[versions[day]] += max(0, delivered - received)
        if received:
            use.exports[day, hour] = use.exports.get((day, hour), 0) + received
    return use
