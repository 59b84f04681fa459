"""State energy surcharge, generation municipal surcharge, local tax, fees and climate credit of a cycle."""

from datetime import date
from fractions import Fraction

from . import law
from .account import Account
from .clock import ONE_DAY
from .cycles import Cycle
from .meter import Use
from .money import Line, Lines, dollars, priced

FEES = ("fee.setup", "fee.monthly")


def surcharge_basis(use: Use, cycle: Cycle) -> int:
    """kWh of the state energy surcharge (decision record 0004; decisions 11).

    All imports; under NEM the cycle's net, if it is positive; under net billing at PG&E each day's net, if that is
    positive (NBT-G5). A day's net counts metered exports, the cycle's net credited ones (record 0014; NEM Q24).
    """
    basis = {
        "imports": use.imported_wh,
        "net_of_cycle": max(0, use.imported_wh - use.credited_wh),
        "net_of_days": use.net_of_days,
    }
    return basis[cycle.law.surcharge]


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
    """Generation municipal surcharge as the month's first bill prints it; no source has a formula (record 0010.2).

    Only SCE's bills print one (rules/utilities.yaml; NBT-G6).
    """
    if cycle.bundled or cycle.again_in_month or account.utility != "sce":
        return {}
    printed = account.home["generation_municipal_surcharge"]
    if cycle.month in printed:
        return {("municipal_surcharge", None, None, None): Line(None, dollars(printed[cycle.month]))}
    raise ValueError(f"the generation municipal surcharge of {cycle.month} is not stated")


def tax_lines(base: Fraction, account: Account) -> Lines:
    """Local tax: a percentage of an unrounded base that is never below zero (decision record 0004; decisions 12)."""
    if account.local_tax <= 0:
        return {}
    return {("local_tax", None, None, None): Line(None, max(Fraction(0), base) * account.local_tax)}


def fee_lines(cycle: Cycle, account: Account) -> Lines:
    """Fees of an aggregation: setup with the first bill in the program, monthly with each (record 0015; AGG-06).

    No credit but the climate credit pays them, and they are no base of a tax.
    """
    due = {"fee.setup": account.seat.setup * cycle.first, "fee.monthly": account.seat.monthly}
    if cycle.law.kind == "standard":
        return {}
    return {(name, None, None, None): Line(None, Fraction(cents, 100)) for name, cents in due.items() if cents}


def climate_lines(cycle: Cycle, account: Account) -> Lines:
    """California Climate Credit given in this cycle: the table's, or what the account states for its month."""
    stated = account.home["climate_credits"]
    if cycle.month in stated:
        given = dollars(stated[cycle.month]) if first_of_month(cycle) else Fraction(0)
    else:
        given = climate_of_table(cycle, account)
    return {("climate", None, None, None): Line(None, given)} if given else {}


def climate_of_table(cycle: Cycle, account: Account) -> Fraction:
    """By the utility's table (TOU-D SC 12; decisions 31); without one no source gives it (record 0014)."""
    span = law.climate_rules(account.rules, account.utility)
    if span is None:
        return Fraction(0)
    span.on(cycle.last_day)
    given = Fraction(0)
    for number, rule in enumerate(span.versions):
        later = span.versions[number + 1 :]
        until = later[0].start if later else span.through + ONE_DAY
        given += rule.usd * climate_events(rule, until, cycle)
    return given


def first_of_month(cycle: Cycle) -> bool:
    """No earlier cycle has its last service day in the same month."""
    last, before = cycle.last_day, cycle.start - ONE_DAY
    return (before.year, before.month) != (last.year, last.month)


def climate_events(rule: law.ClimateRule, until: date, cycle: Cycle) -> int:
    """How often a rule gives its credit in a cycle: for days inside it, or once for the month its last day lies in."""
    years = range(cycle.start.year, cycle.end.year + 1)
    days = [date(year, month, day) for year in years for month, day in rule.cycle_containing]
    events = sum(cycle.start <= day < cycle.end and rule.start <= day < until for day in days)
    last = cycle.last_day
    if rule.start <= last < until and last.month in rule.last_service_day_in and first_of_month(cycle):
        events += 1
    return events
