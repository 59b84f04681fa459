"""Rate schedules as columns: which version held on a day, and its prices."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from trueup.periods import NEVER
from trueup.quantities import UNKNOWN, Bools, Ints
from trueup.rulebook import schema
from trueup.rulebook.book import Rulebook
from trueup.rulebook.load import rule_error
from trueup.rulebook.schema.tariffs import Dwelling

NO_PERIOD = -1
FIRST_VINTAGE = 2000
VINTAGES = 100
"""The axis of years in which customers left bundled service."""
TIERS: tuple[schema.IncomeTier, ...] = ("none", "care", "fera", "medical_baseline")
DWELLINGS: tuple[Dwelling, ...] = ("single_family", "multi_family")


@dataclass(frozen=True)
class Versions:
    """Dated versions of several things, stacked in order of thing and first day.

    Attributes
    ----------
    first, last
        Per thing: its versions among all.
    starts
        (versions,) first day.
    first_day, last_day
        Per thing: the days it covers, both included.
    """

    first: Ints
    last: Ints
    starts: Ints
    first_day: Ints
    last_day: Ints

    def at(self, thing: Ints, day: Ints) -> Ints:
        """The version in force, as an index among all; the first one before its span, the last one after it."""
        owner = np.repeat(np.arange(len(self.first)), self.last - self.first)
        found = np.searchsorted(owner * NEVER + self.starts, thing * NEVER + day, side="right") - 1
        return np.clip(found, self.first[thing], len(self.starts) - 1)

    def covers(self, thing: Ints, start: Ints, end: Ints) -> Bools:
        """Whether all days from `start` to `end` (excluded) are covered."""
        found: Bools = (start >= self.first_day[thing]) & (end - 1 <= self.last_day[thing])
        return found


def stack(things: list[list[date]], through: list[int]) -> Versions:
    """Versions of things from the first days of each, and the last day up to which each is attested."""
    counts = np.array([len(starts) for starts in things], dtype=np.int64)
    last = np.cumsum(counts)
    return Versions(
        last - counts,
        last,
        np.array([start.toordinal() for starts in things for start in starts], dtype=np.int64),
        np.array([min(starts, default=date.max).toordinal() for starts in things], dtype=np.int64),
        np.array(through, dtype=np.int64),
    )


@dataclass(frozen=True)
class TariffColumns:
    """All versions of all schedules, stacked. Prices are 10^-7 $ per kWh, day or kW; buckets are `schema.BUCKETS`.

    Attributes
    ----------
    schedules
        Ids in the order of every schedule index.
    versions
        Which version holds when.
    delivery, generation
        (versions, buckets) printed totals; of a tiered rate the delivery price above the baseline allowance.
    delivery_nonbypassable, generation_nonbypassable
        (versions,) PPPC + NDC + WFC inside delivery, CTC inside generation.
    wildfire_fund, fixed_recovery, three_phase
        (versions,).
    tiered, delivery_baseline, baseline_credit
        (versions,) whether the rate has tiers, its lower price, and the credit up to the allowance.
    bundled_pcia, regulatory_fee
        (versions,) 0 where there is none.
    daily
        (versions, dwellings, income tiers).
    minimum
        (versions, 2) in general and with medical baseline, 0 where there is none.
    minimum_without_wildfire
        (versions,) whether the Wildfire Fund does not count towards the minimum charge.
    is_base_services
        (versions,) whether the daily charge is the base services charge, which an account may state otherwise.
    demand_delivery, demand_generation
        (versions, kinds of demand).
    discount, exempt, exempt_wildfire, recovery_exempt, daily_in_full, in_full
        (versions, income tiers) share off the charges (ppm), $/kWh not paid, the Wildfire Fund's part of it, whether
        the fixed recovery charge is not paid, whether the daily charge is paid in full, $/kWh paid in full.
    surcharge_apart
        (versions,) whether customers of another provider pay Wildfire Fund and CTC apart from delivery.
    other_wildfire, other_ctc
        (versions,) what they then pay.
    pcia, franchise_fee
        (versions, vintages) of customers of another provider.
    utility, calendar
        (schedules,) index into `Rules.utilities`; of the calendar.
    period_of_hour
        (schedules, seasons, day types, 24) index into `schema.TOU_PERIODS`.
    """

    schedules: tuple[str, ...]
    versions: Versions
    delivery: Ints
    generation: Ints
    delivery_nonbypassable: Ints
    generation_nonbypassable: Ints
    wildfire_fund: Ints
    bundled_pcia: Ints
    fixed_recovery: Ints
    regulatory_fee: Ints
    three_phase: Ints
    tiered: Bools
    delivery_baseline: Ints
    baseline_credit: Ints
    daily: Ints
    minimum: Ints
    minimum_without_wildfire: Bools
    is_base_services: Bools
    demand_delivery: Ints
    demand_generation: Ints
    discount: Ints
    exempt: Ints
    exempt_wildfire: Ints
    recovery_exempt: Bools
    daily_in_full: Bools
    in_full: Ints
    surcharge_apart: Bools
    other_wildfire: Ints
    other_ctc: Ints
    pcia: Ints
    franchise_fee: Ints
    utility: Ints
    calendar: Ints
    period_of_hour: Ints


def tariff_columns(book: Rulebook, utilities: tuple[str, ...], calendars: tuple[str, ...]) -> TariffColumns:
    """Stack every schedule of the rulebook."""
    schedules = list(book.schedules.values())
    columns: dict[str, list[Any]] = {}
    for schedule in schedules:
        for version in schedule.versions:
            for name, value in (_energy(version) | _per_day(version) | _tiers(version) | _others(version)).items():
                columns.setdefault(name, []).append(value)
    through = [NEVER if book.allow_stale else schedule.through.toordinal() for schedule in schedules]
    return TariffColumns(
        schedules=tuple(schedule.schedule for schedule in schedules),
        versions=stack([[v.from_ for v in schedule.versions] for schedule in schedules], through),
        utility=np.array([utilities.index(schedule.utility) for schedule in schedules]),
        calendar=np.array([calendars.index(schedule.calendar) for schedule in schedules]),
        period_of_hour=np.array([_hours(book, schedule) for schedule in schedules]),
        **{name: np.array(values) for name, values in columns.items()},
    )


def _energy(version: schema.TariffVersion) -> dict[str, Any]:
    inside = version.inside_delivery
    return {
        "delivery": grid(version.delivery),
        "generation": grid(version.generation),
        "delivery_nonbypassable": sum(inside.values()),
        "generation_nonbypassable": sum(version.inside_generation.values()),
        "bundled_pcia": version.bundled_pcia or 0,
        "regulatory_fee": version.regulatory_fee or 0,
        "wildfire_fund": inside["wfc"],
        "fixed_recovery": version.fixed_recovery,
        "tiered": version.delivery_baseline is not None,
        "delivery_baseline": version.delivery_baseline or 0,
        "baseline_credit": version.baseline_credit or 0,
    }


def _per_day(version: schema.TariffVersion) -> dict[str, Any]:
    least = version.minimum_charge
    return {
        "three_phase": version.three_phase_per_day or 0,
        "daily": [[_daily(version, dwelling, tier) for tier in TIERS] for dwelling in DWELLINGS],
        "minimum": [0, 0] if least is None else [least.usd_per_day, least.medical_baseline],
        "minimum_without_wildfire": least is not None and "wfc" in least.leaves_out,
        "is_base_services": version.daily is not None and version.daily.name == "base_services_charge",
        "demand_delivery": [version.demand[k].delivery if k in version.demand else 0 for k in schema.DEMANDS],
        "demand_generation": [version.demand[k].generation if k in version.demand else 0 for k in schema.DEMANDS],
    }


def _daily(version: schema.TariffVersion, dwelling: Dwelling, tier: schema.IncomeTier) -> int:
    return 0 if version.daily is None else version.daily.price(dwelling, tier)


def _tiers(version: schema.TariffVersion) -> dict[str, Any]:
    """What each income tier changes; a share that no source gives is unknown."""
    found = [version.discount(tier) for tier in TIERS]
    return {
        "discount": [0, *(UNKNOWN if given is None else given.share for given in found[1:])],
        "exempt": [0 if given is None else sum(given.exempt_per_kwh.values()) for given in found],
        "exempt_wildfire": [0 if given is None else given.exempt_per_kwh.get("wfc", 0) for given in found],
        "recovery_exempt": [given is not None and given.exempt_from_recovery == "yes" for given in found],
        "daily_in_full": [given is not None and given.daily == "in_full" for given in found],
        "in_full": [0 if given is None else sum(given.in_full_per_kwh.values()) for given in found],
    }


def _others(version: schema.TariffVersion) -> dict[str, Any]:
    """The cost responsibility surcharge by the year in which a customer left bundled service."""
    others = version.other_providers
    found: dict[str, Any] = {
        "surcharge_apart": others is None or others.wfc is not None,
        "other_wildfire": UNKNOWN if others is None else others.wfc or 0,
        "other_ctc": UNKNOWN if others is None else others.ctc or 0,
        "pcia": [UNKNOWN] * VINTAGES,
        "franchise_fee": [0] * VINTAGES,
    }
    if others is not None:
        for name in ("pcia", "franchise_fee"):
            for year, price in getattr(others, name).items():
                found[name][int(year) - FIRST_VINTAGE] = price
    return found


def grid(prices: schema.PriceGrid) -> list[int]:
    """Prices by bucket; a bucket that the schedule does not have is unknown."""
    return [prices.get(season, {}).get(tou, UNKNOWN) for season, tou in schema.BUCKETS]


def _hours(book: Rulebook, schedule: schema.Schedule) -> list[list[list[int]]]:
    """Period of each hour by season and day type; each hour must have exactly one."""
    path = book.paths[f"tariff/{schedule.schedule}"]
    seasons = (schedule.periods.summer, schedule.periods.winter)
    return [[hours_of(season[day_type], path) for day_type in ("weekday", "weekend_holiday")] for season in seasons]


def hours_of(periods: schema.TouDay, path: Path) -> list[int]:
    """The period of each of 24 hours from texts such as ``16-21`` and ``rest``."""
    hours = [NO_PERIOD] * 24
    rest = NO_PERIOD
    for tou, text in periods.items():
        code = schema.TOU_PERIODS.index(tou)
        if text == "rest":
            rest = code
            continue
        for stretch in text.split(" and "):
            start, end = (int(part) for part in stretch.split("-"))
            for hour in range(start, end):
                if hours[hour] != NO_PERIOD:
                    raise rule_error(path, f"hour {hour} lies in two time-of-use periods")
                hours[hour] = code
    hours = [rest if code == NO_PERIOD else code for code in hours]
    if NO_PERIOD in hours:
        raise rule_error(path, f"hour {hours.index(NO_PERIOD)} lies in no time-of-use period")
    return hours
