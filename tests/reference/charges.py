"""The printed charges of one cycle, each a small function."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

from . import law
from .account import Account, Cycle
from .clock import ONE_DAY
from .law import Filing, Span
from .meter import Bucket
from .money import Line, Lines, priced

ENERGY = ("delivery", "generation")
APART = ("nonbypassable", "wildfire_fund")


def energy_lines(wh: Mapping[Bucket, int], tariff: Span[Filing], *, apart: bool) -> Lines:
    """Energy charges per period, delivery and generation apart (Schedule NBT Rates 3.a.i; TOU-D SC 11; NEM C2).

    `apart`: without the non-bypassable components, which then stand on lines of their own (NBT Rates 2; NEM N2-1).
    """
    lines: Lines = {}
    for (version, season, period), quantity in wh.items():
        filing = tariff.on(version)
        if (season, period) not in filing.delivery or (season, period) not in filing.generation:
            raise ValueError(f"no price for {season} {period} from {version}")
        delivery = filing.delivery[season, period] - (filing.nonbypassable_delivery if apart else 0)
        generation = filing.generation[season, period] - (filing.ctc if apart else 0)
        lines["delivery", season, period, version.isoformat()] = priced(quantity, delivery)
        lines["generation", season, period, version.isoformat()] = priced(quantity, generation)
    return lines


def nonbypassable_lines(wh: Mapping[date, int], tariff: Span[Filing]) -> Lines:
    """Two printed lines on the same kWh: CTC + NDC + PPPC, and the Wildfire Fund (decisions 3; NEM N2-3)."""
    lines: Lines = {}
    for version, quantity in wh.items():
        filing = tariff.on(version)
        together = filing.ctc + filing.ndc + filing.pppc
        lines["nonbypassable", None, None, version.isoformat()] = priced(quantity, together)
        lines["wildfire_fund", None, None, version.isoformat()] = priced(quantity, filing.wfc)
    return lines


def nonbypassable_memos(wh: Mapping[date, int], tariff: Span[Filing]) -> Lines:
    """The amounts contained in the energy lines of import-only service; they add to nothing (decisions 3)."""
    lines: Lines = {}
    for version, quantity in wh.items():
        filing = tariff.on(version)
        name = version.isoformat()
        lines["memo.nonbypassable_delivery", None, None, name] = priced(quantity, filing.nonbypassable_delivery)
        lines["memo.nonbypassable_generation", None, None, name] = priced(quantity, filing.ctc)
    return lines


def recovery_lines(wh: Mapping[date, int], tariff: Span[Filing]) -> Lines:
    """Fixed recovery charge, one line per price version (decisions 1)."""
    return {
        ("fixed_recovery", None, None, version.isoformat()): priced(quantity, tariff.on(version).fixed_recovery)
        for version, quantity in wh.items()
    }


def daily_lines(days: Mapping[date, int], account: Account) -> Lines:
    """Basic charge, from 2025-11-15 base services charge: days of the version times its price (SCE Rule 9; NBT 5.5)."""
    return {
        ("daily", None, None, version.isoformat()): Line(count, count * account.daily_price(account.tariff.on(version)))
        for version, count in days.items()
    }


def surcharge_lines(quantity_wh: int, cycle: Cycle, account: Account) -> Lines:
    """State energy surcharge at the price of the cycle's last service day (decision record 0004)."""
    price = law.energy_surcharge(account.rules).on(cycle.last_day).value
    return {("state_surcharge", None, None, None): priced(quantity_wh, price)}


def tax_lines(base: Fraction, account: Account) -> Lines:
    """Local tax: a percentage of an unrounded base that is never below zero (decision record 0004; decisions 12)."""
    if account.local_tax <= 0:
        return {}
    return {("local_tax", None, None, None): Line(None, max(Fraction(0), base) * account.local_tax)}


def climate_lines(cycle: Cycle, account: Account) -> Lines:
    """California Climate Credit given in this cycle (TOU-D SC 12; decisions 31)."""
    span = law.climate_rules(account.rules)
    span.on(cycle.last_day)
    given = Fraction(0)
    for number, rule in enumerate(span.versions):
        later = span.versions[number + 1 :]
        until = later[0].start if later else span.through + ONE_DAY
        given += rule.usd * climate_events(rule, until, cycle)
    return {("climate", None, None, None): Line(None, given)} if given else {}


def climate_events(rule: law.ClimateRule, until: date, cycle: Cycle) -> int:
    """How often a rule gives its credit in a cycle: for days inside it, or once for the month its last day lies in."""
    years = range(cycle.start.year, cycle.end.year + 1)
    days = [date(year, month, day) for year in years for month, day in rule.cycle_containing]
    events = sum(cycle.start <= day < cycle.end and rule.start <= day < until for day in days)
    last, before = cycle.last_day, cycle.start - ONE_DAY
    first_of_month = (before.year, before.month) != (last.year, last.month)
    if rule.start <= last < until and last.month in rule.last_service_day_in and first_of_month:
        events += 1
    return events
