"""What exports are worth under net billing: export prices by vintage, and ACC Plus."""

from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from typing import Any

from . import tables
from .account import Account
from .clock import is_weekend_or_holiday
from .meter import LocalHour, Outflow
from .money import Line, Lines, half_away, priced, to_nearest
from .tables import Pair

LAST_PTO_BY_ITS_YEAR = date(2024, 6, 30)
LOCK_IN_YEARS = 9
FLOATING = "NBT00"
PARTS = ("delivery", "generation")


def vintage_year(rule: str, home: dict[str, Any]) -> int:
    """The year that names the vintage.

    SCE: PTO up to 2024-06-30, its year; later, the year of the application (Schedule NBT sheet 6, Advice 5497-E).
    PG&E: the year of the completed application (Schedule NBT Rates C). SDG&E: the year of interconnection (NBT 2.2).
    """
    pto, application = home["pto"], home["application"]
    if rule == "pto" or (rule == "pto_then_application" and pto <= LAST_PTO_BY_ITS_YEAR):
        return int(pto.year)
    if application is None:
        raise ValueError("the vintage needs the date of application")
    return int(application.year)


def after_lock_in(day: date, account: Account) -> bool:
    """Prices are fixed for nine years from the PTO day (Schedule NBT Rates 3.a.ii, sheet 6; PG&E Rates C).

    SDG&E counts them from January 1 of that year (NBT notes 2.2).
    """
    pto: date = account.home["pto"]
    month, first = (1, 1) if account.program.lock_in_from_january else (pto.month, pto.day)
    return (day.year, day.month, day.day) >= (pto.year + LOCK_IN_YEARS, month, first)


def vintage_of(day: date, account: Account) -> str:
    """The series that prices a day: the vintage; after its lock-in, or for whoever lost it, the floating one (2.2)."""
    if account.home["export_vintage"] == "floating" or after_lock_in(day, account):
        return FLOATING
    year = vintage_year(account.program.vintage, account.home)
    if day.year < year:
        raise ValueError(f"vintage {year} has no price in {day.year}")
    return f"NBT{year % 100}"


def export_price(moment: LocalHour, account: Account) -> Pair:
    """Delivery and generation price of one local hour, by month, day type and hour (Schedule NBT Rates 3.a.ii).

    Autumn's second hour 1:00 has the price of hour 1 or, as PG&E's files in UTC have it, of hour 2 (NBT 2.3.6, A10).
    """
    day, hour, second = moment
    day_type = "weekend_holiday" if is_weekend_or_holiday(day, account.utility, "export_prices") else "weekday"
    for table in tables.export_tables(account.rules, account.utility, vintage_of(day, account)):
        cell = (day.year, day.month, day_type, table.repeated_hour if second else hour)
        if cell in table.cells:
            return table.cells[cell]
    raise ValueError(f"no export price at {account.utility} of {vintage_of(day, account)} on {day} at {hour}")


def export_value(outflows: Iterable[Outflow], account: Account) -> Pair:
    """Each hour's export at its own price, exact; a quarter-hour takes the price of its hour (NBT A9, notes 1.3).

    Where storage is capped, a period's value is multiplied by kept / whole, half away from zero to 10^-10 dollars
    (decision record 0014, with the unit of 0001).
    """
    totals = [Fraction(0), Fraction(0)]
    for outflow in outflows:
        for part in (0, 1):
            prices = {hour: export_price(hour, account)[part] for hour in outflow.hours}
            value = sum((wh * prices[hour] / 1000 for hour, wh in outflow.hours.items()), Fraction(0))
            if outflow.kept < outflow.whole:
                value = half_away(value * outflow.kept / outflow.whole, 10)
            totals[part] += value
    return totals[0], totals[1]


def bonus_adder(owner: str, account: Account) -> Fraction:
    """ACC Plus adder of the vintage, of the utility or of a provider (Schedule NBT Rates 3.b, sheet 7; PG&E Rates D).

    Whoever has no vintage has none: it is not for a new party (NBT 2.5.3), so no table gives one for it.
    """
    customer = account.home["acc_plus"]
    if customer == "none":
        return Fraction(0)
    floating = account.home["export_vintage"] == "floating"
    vintage = FLOATING if floating else f"NBT{vintage_year(account.program.vintage, account.home) % 100}"
    return tables.bonus_adder(account.rules, owner, vintage, customer)


def export_lines(
    outflows: Iterable[Outflow], account: Account, parts: tuple[str, ...], *, early: bool = False
) -> Lines:
    """Export credits granted: rounded once per component (decision record 0003; Schedule NBT SC 4.b).

    `parts`: delivery and generation, or the one that a biller grants to another provider's customer (EEC-07). `early`:
    exports between PTO and the first solar cycle, on lines of their own on the first solar bill (BILL-11).
    """
    flows, prefix = list(outflows), "early_export" if early else "export"
    total = sum(outflow.kept for outflow in flows)
    values = dict(zip(PARTS, export_value(flows, account), strict=True))
    return {(f"{prefix}.{part}", None, None, None): Line(total, values[part]) for part in parts}


def bonus_wh(outflow: Outflow, account: Account) -> int:
    """Exports of the nine years that earn ACC Plus, kept as their value is (NBT 2.5; decision record 0014)."""
    within = sum(wh for (day, _, _), wh in outflow.hours.items() if not after_lock_in(day, account))
    return to_nearest(Fraction(within * outflow.kept, outflow.whole))


def bonus_lines(outflows: Iterable[Outflow], owner: str, account: Account, *, early: bool = False) -> Lines:
    """ACC Plus granted, rounded once (Schedule NBT SC 4.c)."""
    adder = bonus_adder(owner, account)
    if adder <= 0:
        return {}
    wh = sum(bonus_wh(outflow, account) for outflow in outflows)
    return {("early_bonus" if early else "bonus", None, None, None): priced(wh, adder)}
