"""From the channels of intervals to the watt-hours of one cycle. No money here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from .account import Account
from .clock import demand_kinds, local_hour, midnight, season, tou_period
from .cycles import Cycle
from .money import Lines, half_up
from .provider import generation_prices

Bucket = tuple[date, str, str]  # first day of the price version, season, time-of-use period
Part = tuple[date, str]  # first day of the price version, season
LocalHour = tuple[date, int, bool]  # local day and hour; autumn's second hour 1:00 is told apart


@dataclass
class Outflow:
    """Exports of one price version, season and period, by hour (only hours that exported), in Wh.

    `kept`: what of their sum earns credit, where storage is capped; every hour keeps the same share (record 0014).
    """

    hours: dict[LocalHour, int] = field(default_factory=dict)
    kept: int = 0

    @property
    def whole(self) -> int:
        """All of it."""
        return sum(self.hours.values())


@dataclass(frozen=True)
class Interval:
    """Wh of one interval; `credited` is what of `received` may earn credit."""

    delivered: int
    received: int
    credited: int


@dataclass(frozen=True)
class Meter:
    """Two registers, dense intervals: channel 1 delivered to, channel 2 received from the customer (NBT SC 3.a).

    `generation`: a net generation output meter, where there is one (NEM notes 1, T5).
    """

    start_utc: int
    minutes: int
    delivered: Sequence[int]
    received: Sequence[int]
    generation: Sequence[int] | None = None

    def __post_init__(self) -> None:
        """Refuses readings that are no readings."""
        if self.minutes not in (15, 30, 60) or self.start_utc % 3600:
            raise ValueError("intervals must be 15, 30 or 60 minutes, from a full hour")
        channels = [self.delivered, self.received, *([] if self.generation is None else [self.generation])]
        if len({len(channel) for channel in channels}) > 1:
            raise ValueError("the channels differ in length")
        if any(min(channel, default=0) < 0 for channel in channels):
            raise ValueError("a register never runs backwards")

    def hours(self, start: date, end: date, *, by_generation: bool) -> Iterator[tuple[int, list[Interval]]]:
        """Each clock hour of the days from start to end (excluded)."""
        seconds = self.minutes * 60
        first, stop = ((midnight(day) - self.start_utc) // seconds for day in (start, end))
        if first < 0 or stop > len(self.delivered):
            raise ValueError(f"the readings do not cover {start} to {end}")
        per_hour = 60 // self.minutes
        for i in range(first, stop, per_hour):
            utc_hour = (self.start_utc + i * seconds) // 3600
            yield utc_hour, [self.interval(k, by_generation=by_generation) for k in range(i, i + per_hour)]

    def interval(self, k: int, *, by_generation: bool) -> Interval:
        """One interval; by the generation meter min(received, generation) earns credit (NEM T5; NBT notes 1.9)."""
        delivered, received = int(self.delivered[k]), int(self.received[k])
        if not by_generation:
            return Interval(delivered, received, received)
        if self.generation is None:
            raise ValueError("exports are limited by a generation meter, but it has no readings")
        return Interval(delivered, received, min(received, int(self.generation[k])))


@dataclass
class Register:
    """Imports and credited exports by price version, season and period. One that occurs is there, even with 0 Wh.

    `lowered`: the nets that are billed where credits are kept as kWh (record 0015).
    """

    imported: dict[Bucket, int] = field(default_factory=dict)
    exported: dict[Bucket, int] = field(default_factory=dict)
    lowered: dict[Bucket, int] | None = None

    def add(self, bucket: Bucket, delivered: int, credited: int) -> None:
        """One hour."""
        self.imported[bucket] = self.imported.get(bucket, 0) + delivered
        self.exported[bucket] = self.exported.get(bucket, 0) + credited

    def energy(self, *, netted: bool) -> dict[Bucket, int]:
        """Delivered, or delivered less credited per period of the cycle (NEM notes C1, BILL-02)."""
        if netted and self.lowered is not None:
            return dict(self.lowered)
        return {key: wh - (self.exported[key] if netted else 0) for key, wh in self.imported.items()}


@dataclass(frozen=True)
class Shared:
    """A member's share in the export of a net billing aggregation: Wh, and lines by ledger (record 0015)."""

    wh: int
    lines: dict[str, Lines]


@dataclass
class Use:
    """What one cycle's bill is computed from; `provider` is the same energy by the provider's price versions.

    Metered exports, not credited ones, count in `positive` and `metered_wh`; a day's net knows the generation meter's
    limit, not that of a cycle's estimate (NEM T8; record 0014).
    """

    days: dict[date, int] = field(default_factory=dict)
    part_days: dict[Part, int] = field(default_factory=dict)  # in the order of the days
    utility: Register = field(default_factory=Register)
    provider: Register = field(default_factory=Register)
    positive: dict[date, int] = field(default_factory=dict)
    day_nets: dict[date, int] = field(default_factory=dict)
    outflows: dict[Bucket, Outflow] = field(default_factory=dict)
    metered_wh: int = 0
    shared: Shared | None = None
    peak_wh: dict[str, int] = field(default_factory=dict)
    minutes: int = 60

    @property
    def imported_wh(self) -> int:
        """All energy delivered to the customer."""
        return sum(self.utility.imported.values())

    @property
    def credited_wh(self) -> int:
        """All energy received from the customer, or shared with it, that earns credit and counts as surplus."""
        if self.shared is not None:
            return self.shared.wh
        return sum(self.utility.exported.values())

    @property
    def net_of_days(self) -> int:
        """Delivered less credited of each day, where that is positive (NBT-G5; NBT notes 5.6)."""
        return sum(max(0, net) for net in self.day_nets.values())

    def demand_kw(self, kind: str) -> Fraction:
        """Largest delivered interval of the hours of a kind, in whole kW, half up (decision record 0008.4)."""
        return half_up(Fraction(self.peak_wh.get(kind, 0) * 60, self.minutes * 1000), 0)


def by_version(wh: dict[Bucket, int]) -> dict[date, int]:
    """Wh summed over seasons and periods, per price version."""
    totals: dict[date, int] = {}
    for (version, _, _), quantity in wh.items():
        totals[version] = totals.get(version, 0) + quantity
    return totals


def positive_net(intervals: list[Interval], account: Account) -> int:
    """Positive metered net of one hour: residential by the hour, other classes by the interval (NEM N2-2, Q10, T8).

    Virtual metering by the interval for everybody (NEM Q11).
    """
    nets = [interval.delivered - interval.received for interval in intervals]
    by_hour = account.home["customer_class"] == "residential" and not account.program.nets_intervals
    return max(0, sum(nets)) if by_hour else sum(max(0, net) for net in nets)


def measure(meter: Meter, cycle: Cycle, account: Account) -> Use:
    """Local time decides version, season and period (decisions 6); a price change splits by days (decisions 9)."""
    use, utility = Use(minutes=meter.minutes), account.utility
    versions = {day: account.filings.on(day).start for day in cycle.days}
    cards: dict[date, date] = {}
    if cycle.provider_ledger:
        prices = generation_prices(cycle.service, account.schedule)
        cards = {day: prices.on(day).start for day in cycle.days}
    for day, version in versions.items():
        part = (version, season(day, utility))
        use.days[version] = use.days.get(version, 0) + 1
        use.part_days[part] = use.part_days.get(part, 0) + 1
        use.positive.setdefault(version, 0)
    by_generation = account.home["exports_limited_by"] == "generation_meter" and cycle.credits_exports
    for utc_hour, intervals in meter.hours(cycle.start, cycle.end, by_generation=by_generation):
        add_hour(use, local_hour(utc_hour), intervals, versions, cards, account)
    return use


def add_hour(
    use: Use,
    moment: LocalHour,
    intervals: list[Interval],
    versions: dict[date, date],
    cards: dict[date, date],
    account: Account,
) -> None:
    """One clock hour into all counters."""
    day, hour, _ = moment
    place = (season(day, account.utility), tou_period(account.schedule, day, hour))
    delivered, received, credited = (
        sum(getattr(interval, channel) for interval in intervals) for channel in ("delivered", "received", "credited")
    )
    bucket = (versions[day], *place)
    use.utility.add(bucket, delivered, credited)
    if cards:
        use.provider.add((cards[day], *place), delivered, credited)
    use.metered_wh += received
    use.day_nets[day] = use.day_nets.get(day, 0) + delivered - credited
    use.positive[versions[day]] += positive_net(intervals, account)
    for kind in demand_kinds(account.schedule, day, hour):
        use.peak_wh[kind] = max(use.peak_wh.get(kind, 0), *(interval.delivered for interval in intervals))
    if credited:
        outflow = use.outflows.setdefault(bucket, Outflow())
        outflow.hours[moment] = credited
        outflow.kept += credited
