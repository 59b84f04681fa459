"""The utility's monthly bill, one function per program. Each changes the balances it is given."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from .account import Account, Banks
from .charges import (
    delivery_lines,
    generation_lines,
    nonbypassable_lines,
    nonbypassable_memos,
    other_provider_lines,
    pcia_lines,
    recovery_lines,
)
from .cycles import Cycle
from .exports import bonus_lines, export_lines
from .fixed import DEMANDS, daily_lines, demand_lines, discount_lines, minimum_lines
from .meter import HourlyExport, Use, by_version
from .money import Lines, cents_of, exact_of
from .settlement import by_pool
from .taxes import climate_lines, municipal_lines, tax_lines, utility_surcharge_lines

Month = dict[str, Any]
Bill = tuple[Lines, Month]

PARTS = ("delivery", "generation")
PAYABLE = (("delivery", "delivery_baseline", "baseline_credit", "pcia"), ("generation",))  # by each credit (NBT A7)
YEARLY = (*PAYABLE[0], *PAYABLE[1], "fixed_recovery", "wildfire_fund_crs", "ctc_crs")  # NEM's energy ledger
MONTHLY = ("nonbypassable", "wildfire_fund", "daily", "three_phase", *DEMANDS, "minimum_charge", "discount")
ELECTRIC = (*YEARLY, *MONTHLY)


def bill_standard(cycle: Cycle, use: Use, _early: HourlyExport | None, account: Account, banks: Banks) -> Bill:
    """Imports at the full rates, exports worth nothing (TOU-D SC 11; decisions 26, 3)."""
    lines = delivery_lines(use, cycle, account)
    lines |= generation_lines(use, cycle, account)
    lines |= recovery_lines(use, cycle, account)
    lines |= pcia_lines(use, cycle, account)
    lines |= other_provider_lines(use, cycle, account)
    lines |= fixed_lines(lines, cycle, use, account)
    lines |= discount_lines(lines, use, cycle, account)
    lines |= tax_lines(exact_of(lines, ELECTRIC), account)
    lines |= nonbypassable_memos(use, cycle, account)
    lines |= other_items(use, cycle, account)
    month = describe(cycle, use, lines, charges=cents_of(lines, ELECTRIC))
    pay_rest(month, lines, banks)
    return lines, month


def bill_sbp(cycle: Cycle, use: Use, early: HourlyExport | None, account: Account, banks: Banks) -> Bill:
    """Schedule NBT: imports at retail, export credits against energy charges, then ACC Plus (SC 4.b, 4.c).

    Non-bypassable charges fall on every imported kWh (Rates 2). The fixed recovery charge is protected from export
    credits (NBT A5). The tax base is what export credits left, before ACC Plus (decision record 0004). The generation
    credit of another provider's customer is the provider's (EEC-07; NBT notes 3.5); ACC Plus stays with the utility.
    """
    lines = delivery_lines(use, cycle, account)
    lines |= generation_lines(use, cycle, account)
    lines |= nonbypassable_lines(by_version(use.utility.imported), cycle, account)
    lines |= recovery_lines(use, cycle, account)
    lines |= pcia_lines(use, cycle, account)
    lines |= fixed_lines(lines, cycle, use, account)
    parts = PARTS if cycle.bundled else PARTS[:1]
    lines |= export_lines(use.exports, account, parts) | bonus_lines(use.exports, account)
    if early is not None:
        lines |= export_lines(early, account, parts, early=True) | bonus_lines(early, account, early=True)
    electric = cents_of(lines, ELECTRIC)
    used = use_export_credits(lines, account, banks)
    bonus_used = use_bonus(lines, electric - sum(used), banks)
    lines |= tax_lines(exact_of(lines, ELECTRIC) - Fraction(sum(used), 100), account)
    lines |= other_items(use, cycle, account)
    month = describe(cycle, use, lines, charges=electric)
    month.update(granted=sum(granted(lines)), used=used, bonus_used=bonus_used)
    pay_rest(month, lines, banks)
    return lines, month


def bill_nem(cycle: Cycle, use: Use, _early: HourlyExport | None, account: Account, banks: Banks) -> Bill:
    """Schedule NEM: net energy at the full retail rate into the ledger, the rest due monthly (NEM B1, C9, N1-1).

    Non-bypassable charges stay inside the energy, so they fall on the net (BILL-06).
    """
    lines = delivery_lines(use, cycle, account)
    lines |= generation_lines(use, cycle, account)
    lines |= recovery_lines(use, cycle, account)
    lines |= pcia_lines(use, cycle, account)
    lines |= other_provider_lines(use, cycle, account)
    lines |= fixed_lines(lines, cycle, use, account)
    lines |= nonbypassable_memos(use, cycle, account)
    return settle_month(cycle, use, lines, account, banks)


def bill_nem_st(cycle: Cycle, use: Use, _early: HourlyExport | None, account: Account, banks: Banks) -> Bill:
    """Schedule NEM-ST: as NEM, but non-bypassable charges apart and monthly, on positive net (NEM N2-1 to N2-4).

    Net per time-of-use period at retail less non-bypassable charges (N2-1); these on positive net per interval (N2-2);
    the fixed recovery charge on the positive nets of the periods (N2-6), in the ledger.
    """
    lines = delivery_lines(use, cycle, account)
    lines |= generation_lines(use, cycle, account)
    lines |= recovery_lines(use, cycle, account)
    lines |= pcia_lines(use, cycle, account)
    lines |= nonbypassable_lines(use.positive, cycle, account)
    lines |= fixed_lines(lines, cycle, use, account)
    return settle_month(cycle, use, lines, account, banks)


BILLS: dict[str, Callable[[Cycle, Use, HourlyExport | None, Account, Banks], Bill]] = {
    "standard": bill_standard,
    "sbp": bill_sbp,
    "nem": bill_nem,
    "nem-st": bill_nem_st,
}


def settle_month(cycle: Cycle, use: Use, lines: Lines, account: Account, banks: Banks) -> Bill:
    """Energy into the ledger, billed by the option (record 0009); tax on printed cents of the month (record 0004)."""
    energy, monthly = cents_of(lines, YEARLY), cents_of(lines, MONTHLY)
    banks.energy_to_date += energy
    lines |= tax_lines(Fraction(max(0, energy) + monthly, 100), account)
    lines |= other_items(use, cycle, account)
    month = describe(cycle, use, lines, charges=monthly)
    month["energy_billed"] = banks.bill_energy() if cycle.option == "monthly" else 0
    pay_rest(month, lines, banks)
    return lines, month


def fixed_lines(lines: Lines, cycle: Cycle, use: Use, account: Account) -> Lines:
    """Daily and demand charges, and what the energy lines so far lack to the minimum."""
    found = daily_lines(use, account)
    found |= minimum_lines(lines | found, use, cycle, account)
    return found | demand_lines(use, cycle, account)


def other_items(use: Use, cycle: Cycle, account: Account) -> Lines:
    """What no credit but rolled-over compensation and the climate credit pays, and the climate credit."""
    lines = utility_surcharge_lines(use, cycle, account)
    return lines | municipal_lines(cycle, account) | climate_lines(cycle, account)


def granted(lines: Lines) -> list[int]:
    """Export credits of the month, early ones included: delivery, generation."""
    return [cents_of(lines, (f"export.{part}", f"early_export.{part}")) for part in PARTS]


def energy_by_pool(lines: Lines, account: Account) -> list[int]:
    """The month's printed energy charges, as the credit pools see them (NBT A1)."""
    return by_pool(account.pool, [cents_of(lines, components) for components in PAYABLE])


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


def describe(cycle: Cycle, use: Use, lines: Lines, *, charges: int) -> Month:
    """The month before anything is paid."""
    return {
        "start": cycle.start.isoformat(),
        "end": cycle.end.isoformat(),
        "month": cycle.month,
        "program": cycle.program,
        "imported_wh": use.imported_wh,
        "exported_wh": use.exported_wh,
        "charges": charges,
        "energy": cents_of(lines, YEARLY if cycle.netted else (*PAYABLE[0], *PAYABLE[1])),
        "energy_billed": 0,
        "granted": 0,
        "used": [0, 0],
        "bonus_used": 0,
        "tax": cents_of(lines, ("local_tax",)),
        "surcharge": cents_of(lines, ("state_surcharge",)),
        "municipal": cents_of(lines, ("municipal_surcharge",)),
    }


def pay_rest(month: Month, lines: Lines, banks: Banks) -> None:
    """Rolled-over compensation pays what is left, taxes included; then the climate credit (NSC-06, record 0004)."""
    total = month["charges"] - sum(month["used"]) - month["bonus_used"] + month["energy_billed"]
    total += month["surcharge"] + month["municipal"] + month["tax"]
    nsc_used = min(banks.nsc, max(0, total))
    available = banks.climate + cents_of(lines, ("climate",))
    climate_used = min(available, max(0, total - nsc_used))
    banks.nsc -= nsc_used
    banks.climate = available - climate_used
    month.update(nsc_used=nsc_used, climate_used=climate_used, due=total - nsc_used - climate_used)
    month.update(export=list(banks.export), bonus=banks.bonus, nsc=banks.nsc, climate=banks.climate)
    month["energy_to_date"] = banks.energy_to_date
