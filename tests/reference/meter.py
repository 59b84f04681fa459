"""From two channels of intervals to the watt-hours of one cycle. No money here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from .account import Account
from .clock import demand_kinds, local_hour, midnight, season, tou_period
from .cycles import Cycle
from .money import half_up
from .provider import generation_prices

Bucket = tuple[date, str, str]  # first day of the price version, season, time-of-use period
Part = tuple[date, str]  # first day of the price version, season
HourlyExport = dict[tuple[date, int], int]  # Wh by local day and hour, only hours that exported
Hour = tuple[int, Sequence[int], Sequence[int]]  # UTC hour, its delivered and received intervals


@dataclass(frozen=True)
class Meter:
    """Two registers, dense intervals: channel 1 delivered to, channel 2 received from the customer (NBT SC 3.a)."""

    start_utc: int
    minutes: int
    delivered: Sequence[int]
    received: Sequence[int]

    def __post_init__(self) -> None:
        """Refuses readings that are no readings."""
        if self.minutes not in (15, 30, 60) or self.start_utc % 3600:
            raise ValueError("intervals must be 15, 30 or 60 minutes, from a full hour")
        if len(self.delivered) != len(self.received):
            raise ValueError("the two channels differ in length")
        if min(self.delivered, default=0) < 0 or min(self.received, default=0) < 0:
            raise ValueError("a register never runs backwards")

    def hours(self, start: date, end: date) -> Iterator[Hour]:
        """Each clock hour of the days from start to end (excluded)."""
        seconds = self.minutes * 60
        first, stop = ((midnight(day) - self.start_utc) // seconds for day in (start, end))
        if first < 0 or stop > len(self.delivered):
            raise ValueError(f"the readings do not cover {start} to {end}")
        per_hour = 60 // self.minutes
        for i in range(first, stop, per_hour):
            utc_hour = (self.start_utc + i * seconds) // 3600
            yield utc_hour, self.delivered[i : i + per_hour], self.received[i : i + per_hour]


@dataclass
class Register:
    """Both channels by price version, season and period. A period that occurs is there, even with 0 Wh."""

    imported: dict[Bucket, int] = field(default_factory=dict)
    exported: dict[Bucket, int] = field(default_factory=dict)

    def add(self, bucket: Bucket, delivered: int, received: int) -> None:
        """One hour."""
        self.imported[bucket] = self.imported.get(bucket, 0) + delivered
        self.exported[bucket] = self.exported.get(bucket, 0) + received

    def energy(self, *, netted: bool) -> dict[Bucket, int]:
        """Delivered, or delivered less received per period of the cycle (NEM notes C1, BILL-02)."""
        return {key: wh - (self.exported[key] if netted else 0) for key, wh in self.imported.items()}


@dataclass
class Use:
    """What one cycle's bill is computed from; `provider` is the same energy by the provider's price versions."""

    days: dict[date, int] = field(default_factory=dict)
    part_days: dict[Part, int] = field(default_factory=dict)  # in the order of the days
    utility: Register = field(default_factory=Register)
    provider: Register = field(default_factory=Register)
    positive: dict[date, int] = field(default_factory=dict)
    exports: HourlyExport = field(default_factory=dict)
    peak_wh: dict[str, int] = field(default_factory=dict)
    minutes: int = 60

    @property
    def imported_wh(self) -> int:
        """All energy delivered to the customer."""
        return sum(self.utility.imported.values())

    @property
    def exported_wh(self) -> int:
        """All energy received from the customer."""
        return sum(self.utility.exported.values())

    def demand_kw(self, kind: str) -> Fraction:
        """Largest delivered interval of the hours of a kind, in whole kW, half up (decision record 0008.4)."""
        return half_up(Fraction(self.peak_wh.get(kind, 0) * 60, self.minutes * 1000), 0)


def by_version(wh: dict[Bucket, int]) -> dict[date, int]:
    """Wh summed over seasons and periods, per price version."""
    totals: dict[date, int] = {}
    for (version, _, _), quantity in wh.items():
        totals[version] = totals.get(version, 0) + quantity
    return totals


def positive_net(delivered: Sequence[int], received: Sequence[int], customer_class: str) -> int:
    """Positive net of one hour: residential by the hour, other classes by the interval (NEM N2-2, Q10)."""
    if customer_class == "residential":
        return max(0, int(sum(delivered)) - int(sum(received)))
    return sum(max(0, int(plus) - int(minus)) for plus, minus in zip(delivered, received, strict=True))


def measure(meter: Meter, cycle: Cycle, account: Account) -> Use:
    """Local time decides version, season and period (decisions 6); a price change splits by days (decisions 9)."""
    use, schedule = Use(minutes=meter.minutes), account.schedule
    versions = {day: account.filings.on(day).start for day in cycle.days}
    cards: dict[date, date] = {}
    if cycle.provider_ledger:
        prices = generation_prices(cycle.service, schedule)
        cards = {day: prices.on(day).start for day in cycle.days}
    for day, version in versions.items():
        use.days[version] = use.days.get(version, 0) + 1
        use.part_days[version, season(day)] = use.part_days.get((version, season(day)), 0) + 1
        use.positive.setdefault(version, 0)
    for utc_hour, delivered, received in meter.hours(cycle.start, cycle.end):
        day, hour = local_hour(utc_hour)
        period = tou_period(schedule, day, hour)
        plus, minus = int(sum(delivered)), int(sum(received))
        use.utility.add((versions[day], season(day), period), plus, minus)
        if cards:
            use.provider.add((cards[day], season(day), period), plus, minus)
        use.positive[versions[day]] += positive_net(delivered, received, account.home["customer_class"])
        for kind in demand_kinds(schedule, day, hour):
            use.peak_wh[kind] = max(use.peak_wh.get(kind, 0), int(max(delivered)))
        if minus:
            use.exports[day, hour] = use.exports.get((day, hour), 0) + minus
    return use
