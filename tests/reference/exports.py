"""What exports are worth under net billing: export prices by vintage, and ACC Plus."""

from datetime import date
from fractions import Fraction
from typing import Any

from . import law
from .account import Account
from .clock import is_weekend_or_holiday
from .law import Pair
from .meter import HourlyExport
from .money import Line, Lines, priced

LAST_PTO_BY_ITS_YEAR = date(2024, 6, 30)
LOCK_IN_YEARS = 9


def vintage_year(home: dict[str, Any]) -> int:
    """PTO up to 2024-06-30: its year; later: the year of the application (Schedule NBT sheet 6, Advice 5497-E)."""
    pto: date = home["pto"]
    if pto <= LAST_PTO_BY_ITS_YEAR:
        return pto.year
    application: date | None = home["application"]
    if application is None:
        raise ValueError("the vintage needs the date of application")
    return application.year


def after_lock_in(day: date, pto: date) -> bool:
    """Prices are fixed for the nine years that begin on the PTO day (Schedule NBT Rates 3.a.ii, sheet 6)."""
    return (day.year, day.month, day.day) >= (pto.year + LOCK_IN_YEARS, pto.month, pto.day)


def export_price(day: date, hour: int, account: Account) -> Pair:
    """Delivery and generation price of one local hour, by month, day type and hour (Schedule NBT Rates 3.a.ii)."""
    year = vintage_year(account.home)
    if after_lock_in(day, account.home["pto"]):
        raise ValueError(f"{day} lies after the lock-in; the floating prices are not known")
    if day.year < year:
        raise ValueError(f"vintage {year} has no price in {day.year}")
    day_type = "weekend_holiday" if is_weekend_or_holiday(day) else "weekday"
    cell = (day.year, day.month, day_type, hour)
    table = law.export_table(account.rules, f"NBT{year % 100}")
    if cell not in table:
        raise ValueError(f"no export price for vintage {year} in {cell}")
    return table[cell]


def export_value(exports: HourlyExport, account: Account) -> Pair:
    """Each hour's export at its own price, exact; a quarter-hour takes the price of its hour (NBT A9, notes 1.3)."""
    delivery = generation = Fraction(0)
    for (day, hour), quantity in exports.items():
        price = export_price(day, hour, account)
        delivery += quantity * price[0] / 1000
        generation += quantity * price[1] / 1000
    return delivery, generation


def bonus_adder(account: Account) -> Fraction:
    """ACC Plus adder of the vintage, constant during the lock-in (Schedule NBT Rates 3.b, sheet 7)."""
    customer = account.home["acc_plus"]
    if customer == "none":
        return Fraction(0)
    return law.bonus_adder(account.rules, f"NBT{vintage_year(account.home) % 100}", customer)


def export_lines(exports: HourlyExport, account: Account, parts: tuple[str, ...], *, early: bool = False) -> Lines:
    """Export credits granted: rounded once per component (decision record 0003; Schedule NBT SC 4.b).

    `parts`: delivery and generation, or the one that a biller grants to another provider's customer (EEC-07). `early`:
    exports between PTO and the first solar cycle, on lines of their own on the first solar bill (BILL-11).
    """
    total, prefix = sum(exports.values()), "early_export" if early else "export"
    values = dict(zip(("delivery", "generation"), export_value(exports, account), strict=True))
    return {(f"{prefix}.{part}", None, None, None): Line(total, values[part]) for part in parts}


def bonus_lines(exports: HourlyExport, account: Account, *, early: bool = False) -> Lines:
    """ACC Plus granted, rounded once (Schedule NBT SC 4.c)."""
    adder = bonus_adder(account)
    if adder <= 0:
        return {}
    return {("early_bonus" if early else "bonus", None, None, None): priced(sum(exports.values()), adder)}
