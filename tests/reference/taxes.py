"""State energy surcharge, generation municipal surcharge, local tax and climate credit of one cycle."""

from datetime import date
from fractions import Fraction

from . import law
from .account import Account
from .clock import ONE_DAY
from .cycles import Cycle
from .meter import Use
from .money import Line, Lines, dollars, priced


def surcharge_basis(use: Use, cycle: Cycle) -> int:
    """All imports; under NEM the cycle's net, if it is positive (decision record 0004; decisions 11)."""
    return max(0, use.imported_wh - use.exported_wh) if cycle.netted else use.imported_wh


def surcharge_lines(quantity_wh: int, cycle: Cycle, account: Account) -> Lines:
    """State energy surcharge at the price of the cycle's last service day (decision record 0004)."""
    price = law.energy_surcharge(account.rules).on(cycle.last_day).value
    return {("state_surcharge", None, None, None): priced(quantity_wh, price)}


def utility_surcharge_lines(use: Use, cycle: Cycle, account: Account) -> Lines:
    """On the utility's page, unless a provider has a page of its own (record 0010.1, NBT-G6)."""
    if cycle.provider_ledger:
        return {}
    return surcharge_lines(account.billed(surcharge_basis(use, cycle)), cycle, account)


def municipal_lines(cycle: Cycle, account: Account) -> Lines:
    """Generation municipal surcharge as the month's first bill prints it; no source has a formula (record 0010.2)."""
    if cycle.bundled or cycle.again_in_month:
        return {}
    printed = account.home["generation_municipal_surcharge"]
    if cycle.month not in printed:
        raise ValueError(f"the generation municipal surcharge of {cycle.month} is not stated")
    return {("municipal_surcharge", None, None, None): Line(None, dollars(printed[cycle.month]))}


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
