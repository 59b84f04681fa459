"""The monthly bill of each program, written out as its own function. Each changes the balances it is given."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from .account import Account, Banks, Cycle
from .charges import (
    APART,
    ENERGY,
    climate_lines,
    daily_lines,
    energy_lines,
    nonbypassable_lines,
    nonbypassable_memos,
    recovery_lines,
    surcharge_lines,
    tax_lines,
)
from .exports import export_lines
from .meter import HourlyExport, Use, by_version
from .money import Lines, cents_of, exact_of
from .settlement import by_pool

Month = dict[str, Any]
Bill = tuple[Lines, Month]

ELECTRIC = (*ENERGY, *APART, "fixed_recovery", "daily")


def bill_standard(cycle: Cycle, use: Use, _early: HourlyExport | None, account: Account, banks: Banks) -> Bill:
    """Imports at the full rates, exports worth nothing (TOU-D SC 11; decisions 26, 3)."""
    imported = by_version(use.imported)
    lines = energy_lines(use.imported, account.tariff, apart=False)
    lines |= recovery_lines(imported, account.tariff)
    lines |= daily_lines(use.days, account)
    lines |= tax_lines(exact_of(lines, ELECTRIC), account)
    lines |= nonbypassable_memos(imported, account.tariff)
    lines |= surcharge_lines(use.imported_wh, cycle, account)
    lines |= climate_lines(cycle, account)
    month = describe(cycle, use, lines, charges=cents_of(lines, ELECTRIC), energy=cents_of(lines, ENERGY))
    pay_rest(month, lines, banks)
    return lines, month


def bill_sbp(cycle: Cycle, use: Use, early: HourlyExport | None, account: Account, banks: Banks) -> Bill:
    """Schedule NBT: imports at retail, export credits against energy charges, then ACC Plus (SC 4.b, 4.c).

    Non-bypassable charges fall on every imported kWh (Rates 2). The fixed recovery charge is protected from export
    credits (NBT A5). The tax base is what export credits left, before ACC Plus (decision record 0004).
    """
    imported = by_version(use.imported)
    lines = energy_lines(use.imported, account.tariff, apart=True)
    lines |= nonbypassable_lines(imported, account.tariff)
    lines |= recovery_lines(imported, account.tariff)
    lines |= daily_lines(use.days, account)
    lines |= export_lines(use.exports, account)
    if early is not None:
        lines |= export_lines(early, account, early=True)
    electric = cents_of(lines, ELECTRIC)
    used = use_export_credits(lines, account, banks)
    bonus_used = use_bonus(lines, electric - sum(used), banks)
    lines |= tax_lines(exact_of(lines, ELECTRIC) - Fraction(sum(used), 100), account)
    lines |= surcharge_lines(use.imported_wh, cycle, account)
    lines |= climate_lines(cycle, account)
    month = describe(cycle, use, lines, charges=electric, energy=cents_of(lines, ENERGY))
    month.update(granted=sum(granted(lines)), used=used, bonus_used=bonus_used)
    pay_rest(month, lines, banks)
    return lines, month


def bill_nem_st(cycle: Cycle, use: Use, _early: HourlyExport | None, account: Account, banks: Banks) -> Bill:
    """Schedule NEM-ST, annual option: net energy into the yearly ledger, the rest due monthly (NEM B1, C9, N2-4).

    Net per time-of-use period at retail less non-bypassable charges (N2-1); these on positive net per hour (N2-2); the
    fixed recovery charge on the positive nets of the periods (N2-6), in the ledger. The tax base is printed cents.
    """
    net = use.net()
    positive = by_version({bucket: max(0, quantity) for bucket, quantity in net.items()})
    lines = energy_lines(net, account.tariff, apart=True)
    lines |= recovery_lines(positive, account.tariff)
    lines |= nonbypassable_lines(use.hourly_positive, account.tariff)
    lines |= daily_lines(use.days, account)
    energy = cents_of(lines, (*ENERGY, "fixed_recovery"))
    monthly = cents_of(lines, (*APART, "daily"))
    banks.energy_to_date += energy
    lines |= tax_lines(Fraction(max(0, energy) + monthly, 100), account)
    lines |= surcharge_lines(max(0, use.imported_wh - use.exported_wh), cycle, account)
    lines |= climate_lines(cycle, account)
    month = describe(cycle, use, lines, charges=monthly, energy=energy)
    pay_rest(month, lines, banks)
    return lines, month


BILLS: dict[str, Callable[[Cycle, Use, HourlyExport | None, Account, Banks], Bill]] = {
    "standard": bill_standard,
    "sbp": bill_sbp,
    "nem-st": bill_nem_st,
}


def granted(lines: Lines) -> list[int]:
    """Export credits of the month, early ones included: delivery, generation."""
    return [cents_of(lines, (f"export.{part}", f"early_export.{part}")) for part in ENERGY]


def energy_by_pool(lines: Lines, account: Account) -> list[int]:
    """The month's printed energy charges, as the credit pools see them (NBT A1)."""
    return by_pool(account.pool, [cents_of(lines, (part,)) for part in ENERGY])


def use_export_credits(lines: Lines, account: Account, banks: Banks) -> list[int]:
    """This month's credits and the bank against the month's energy charges, regardless of period (NBT SC 4.b)."""
    new = by_pool(account.pool, granted(lines))
    charges = energy_by_pool(lines, account)
    used = []
    for pool in (0, 1):
        available = banks.export[pool] + new[pool]
        used.append(min(available, max(0, charges[pool])))
        banks.export[pool] = available - used[pool]
    return used


def use_bonus(lines: Lines, balance: int, banks: Banks) -> int:
    """ACC Plus pays what export credits left of the electric charges; the rest rolls without end (NBT SC 4.c)."""
    available = banks.bonus + cents_of(lines, ("bonus", "early_bonus"))
    used = min(available, max(0, balance))
    banks.bonus = available - used
    return used


def describe(cycle: Cycle, use: Use, lines: Lines, *, charges: int, energy: int) -> Month:
    """The month before anything is paid."""
    return {
        "start": cycle.start.isoformat(),
        "end": cycle.end.isoformat(),
        "month": cycle.month,
        "program": cycle.program,
        "imported_wh": use.imported_wh,
        "exported_wh": use.exported_wh,
        "charges": charges,
        "energy": energy,
        "granted": 0,
        "used": [0, 0],
        "bonus_used": 0,
        "tax": cents_of(lines, ("local_tax",)),
        "surcharge": cents_of(lines, ("state_surcharge",)),
    }


def pay_rest(month: Month, lines: Lines, banks: Banks) -> None:
    """Rolled-over compensation pays what is left, taxes included; then the climate credit (NSC-06, record 0004)."""
    total = month["charges"] - sum(month["used"]) - month["bonus_used"] + month["surcharge"] + month["tax"]
    nsc_used = min(banks.nsc, max(0, total))
    available = banks.climate + cents_of(lines, ("climate",))
    climate_used = min(available, max(0, total - nsc_used))
    banks.nsc -= nsc_used
    banks.climate = available - climate_used
    month.update(nsc_used=nsc_used, climate_used=climate_used, due=total - nsc_used - climate_used)
    month.update(export=list(banks.export), bonus=banks.bonus, nsc=banks.nsc, climate=banks.climate)
    month["energy_to_date"] = banks.energy_to_date
