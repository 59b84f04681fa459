"""The utility's monthly bill, one function per kind of program. Each changes the balances it is given."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from .account import Account, Banks
from .charges import (
    delivery_lines,
    generation_lines,
    nonbypassable_lines,
    nonbypassable_memos,
    other_provider_lines,
    recovery_lines,
    surcharges_on_recovery_kwh,
)
from .cycles import Cycle
from .exports import PARTS, bonus_lines, export_lines
from .fixed import DEMANDS, daily_lines, demand_lines, discount_lines, minimum_lines
from .meter import Outflow, Use
from .money import Lines, cents_of, exact_of
from .settlement import by_pool
from .taxes import FEES, climate_lines, fee_lines, municipal_lines, tax_lines, utility_surcharge_lines

Month = dict[str, Any]
Bill = tuple[Lines, Month]
Early = Sequence[Outflow] | None

DELIVERY = ("delivery", "delivery_baseline", "baseline_credit")
GENERATION = ("generation",)
SURCHARGES = ("pcia", "franchise_fee", "regulatory_fee", "fixed_recovery", "wildfire_fund_crs", "ctc_crs")
APART = ("nonbypassable", "wildfire_fund")
ELECTRIC = (
    *DELIVERY,
    *GENERATION,
    *SURCHARGES,
    *APART,
    *("daily", "three_phase", *DEMANDS, "minimum_charge", "discount"),
)


def payable(cycle: Cycle) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What delivery and generation credits may pay: energy, at SCE the PCIA too (NBT A7, notes 4.2; decisions 17)."""
    return (*DELIVERY, *(("pcia",) if cycle.law.credits_pay_pcia else ())), GENERATION


def ledger_components(cycle: Cycle) -> tuple[str, ...]:
    """What stands in the energy ledger of the relevant period.

    NEM: energy and what falls on its net kWh (decisions 14; record 0010.1); at PG&E's NEM 2 the non-bypassable charges
    too (NEM N2-8). A fuel cell: generation alone, whose credit pays nothing else (NEM F2; record 0014).
    """
    if cycle.law.kind == "generation_netting":
        return GENERATION
    return (*DELIVERY, *GENERATION, *SURCHARGES, *(APART if cycle.law.reconciled else ()))


def energy_lines(cycle: Cycle, use: Use, account: Account) -> Lines:
    """What every program charges per kWh, on its own kWh, and the fixed charges.

    Non-bypassable charges are inside the energy, so under NEM 1 they fall on the net (BILL-06), or apart (NBT Rates 2;
    NEM N2-1 to N2-4).
    """
    lines = delivery_lines(use, cycle, account)
    lines |= generation_lines(use, cycle, account)
    lines |= recovery_lines(use, cycle, account)
    lines |= surcharges_on_recovery_kwh(use, cycle, account)
    lines |= other_provider_lines(use, cycle, account)
    lines |= nonbypassable_lines(use, cycle, account)
    lines |= fixed_lines(lines, cycle, use, account)
    if cycle.law.apart == "inside":
        lines |= nonbypassable_memos(use, cycle, account)
    return lines


def bill_standard(cycle: Cycle, use: Use, _early: Early, account: Account, banks: Banks) -> Bill:
    """Imports at the full rates, exports worth nothing (TOU-D SC 11; decisions 26, 3)."""
    lines = energy_lines(cycle, use, account)
    charged = {name: line for name, line in lines.items() if name[0] in ELECTRIC}
    lines |= discount_lines(charged, use, cycle, account)
    lines |= tax_lines(exact_of(lines, ELECTRIC), account)
    lines |= other_items(use, cycle, account)
    month = describe(cycle, use, lines, charges=cents_of(lines, ELECTRIC))
    pay_rest(month, lines, banks)
    return lines, month


def bill_net_billing(cycle: Cycle, use: Use, early: Early, account: Account, banks: Banks) -> Bill:
    """Schedule NBT: imports at retail, export credits against energy charges, then ACC Plus (SC 4.b, 4.c).

    Non-bypassable charges fall on every imported kWh (Rates 2; NBT notes 1.4). The fixed recovery charge is protected
    from export credits (NBT A5). The tax base is what export credits left, before ACC Plus (decision record 0004). The
    generation credit of another provider's customer is the provider's (EEC-07; NBT notes 3.5); ACC Plus stays with the
    utility.
    """
    lines = energy_lines(cycle, use, account)
    lines |= use.shared.lines["utility"] if use.shared else credit_lines(cycle, use, early, account)
    electric = cents_of(lines, ELECTRIC)
    used = use_export_credits(lines, cycle, account, banks)
    bonus_used = use_bonus(lines, electric - sum(used), banks)
    if cycle.counts:
        banks.granted += cents_of(lines, ("export.delivery", "export.generation", "bonus"))
    lines |= tax_lines(exact_of(lines, ELECTRIC) - Fraction(sum(used), 100), account)
    lines |= other_items(use, cycle, account)
    month = describe(cycle, use, lines, charges=electric)
    month.update(granted=sum(granted(lines)), used=used, bonus_used=bonus_used)
    pay_rest(month, lines, banks)
    return lines, month


def credit_lines(cycle: Cycle, use: Use, early: Early, account: Account) -> Lines:
    """Export credits and ACC Plus of the cycle, and of the days before the first solar bill (BILL-11)."""
    parts = PARTS if cycle.bundled else PARTS[:1]
    flows = list(use.outflows.values())
    lines = export_lines(flows, account, parts)
    if early is not None:
        lines |= export_lines(early, account, parts, early=True)
    if cycle.law.bonus:
        lines |= bonus_lines(flows, account.utility, account)
        lines |= {} if early is None else bonus_lines(early, account.utility, account, early=True)
    return lines


def bill_netting(cycle: Cycle, use: Use, _early: Early, account: Account, banks: Banks) -> Bill:
    """NEM and its kin: energy into the ledger, the rest due monthly (NEM B1, C9, N1-1; NEM F2).

    Energy is billed by the option (record 0009); the tax is on printed cents of the month (record 0004), but not on a
    provisional minimum, which prepays energy that is taxed itself (record 0014).
    """
    lines = energy_lines(cycle, use, account)
    inside = ledger_components(cycle)
    energy = cents_of(lines, inside)
    monthly = cents_of(lines, ELECTRIC) - energy
    banks.energy_to_date += energy
    count_reconciled(cycle, lines, banks)
    prepaid = cents_of(lines, ("minimum_charge",)) if cycle.law.minimum.startswith("provisional") else 0
    lines |= tax_lines(Fraction(max(0, energy) + monthly - prepaid, 100), account)
    lines |= other_items(use, cycle, account)
    month = describe(cycle, use, lines, charges=monthly)
    month["energy_billed"] = banks.bill_energy() if cycle.option == "monthly" else 0
    pay_rest(month, lines, banks)
    return lines, month


def count_reconciled(cycle: Cycle, lines: Lines, banks: Banks) -> None:
    """The floor and the provisional minimums of PG&E's true-up (NEM N1-5, N2-8; decision record 0014)."""
    if cycle.law.reconciled:
        banks.floor += cents_of(lines, APART)
    if cycle.law.minimum.startswith("provisional") and not cycle.closing:
        banks.minimums += cents_of(lines, ("minimum_charge",))


BILLS: dict[str, Callable[[Cycle, Use, Early, Account, Banks], Bill]] = {
    "standard": bill_standard,
    "net_billing": bill_net_billing,
    "netting": bill_netting,
    "generation_netting": bill_netting,
}


def fixed_lines(lines: Lines, cycle: Cycle, use: Use, account: Account) -> Lines:
    """Daily and demand charges, and what the energy lines so far lack to the minimum."""
    found = daily_lines(use, account)
    found |= minimum_lines(lines | found, use, cycle, account)
    return found | demand_lines(use, cycle, account)


def other_items(use: Use, cycle: Cycle, account: Account) -> Lines:
    """What no credit but rolled-over compensation and the climate credit pays, and the climate credit."""
    lines = utility_surcharge_lines(use, cycle, account) | fee_lines(cycle, account)
    return lines | municipal_lines(cycle, account) | climate_lines(cycle, account)


def granted(lines: Lines) -> list[int]:
    """Export credits of the month, early ones included: delivery, generation."""
    return [cents_of(lines, (f"export.{part}", f"early_export.{part}")) for part in PARTS]


def bonus_of(lines: Lines) -> int:
    """ACC Plus of the month, early included."""
    return cents_of(lines, ("bonus", "early_bonus"))


def energy_by_pool(lines: Lines, cycle: Cycle, account: Account) -> list[int]:
    """The month's printed energy charges, as the credit pools see them (NBT A1)."""
    return by_pool(account.pool, [cents_of(lines, components) for components in payable(cycle)])


def use_export_credits(lines: Lines, cycle: Cycle, account: Account, banks: Banks) -> list[int]:
    """This month's credits and the bank against the month's energy charges, regardless of period (NBT SC 4.b)."""
    new = by_pool(account.pool, granted(lines))
    charges = energy_by_pool(lines, cycle, account)
    used = []
    for pool in (0, 1):
        available = banks.export[pool] + new[pool]
        used.append(min(available, max(0, charges[pool])))
        banks.export[pool] = available - used[pool]
    return used


def use_bonus(lines: Lines, balance: int, banks: Banks) -> int:
    """ACC Plus pays what export credits left of the electric charges; the rest rolls without end (NBT SC 4.c)."""
    available = banks.bonus + bonus_of(lines)
    used = min(available, max(0, balance))
    banks.bonus = available - used
    return used


def describe(cycle: Cycle, use: Use, lines: Lines, *, charges: int) -> Month:
    """The month before anything is paid. `energy`: what its ledger takes, or delivery, generation and PCIA."""
    energy = ledger_components(cycle) if cycle.law.has_energy_ledger else (*DELIVERY, *GENERATION, "pcia")
    return {
        "start": cycle.start.isoformat(),
        "end": cycle.end.isoformat(),
        "month": cycle.month,
        "program": cycle.program,
        "imported_wh": use.imported_wh,
        "exported_wh": use.metered_wh,
        "credited_wh": use.credited_wh,
        "charges": charges,
        "energy": cents_of(lines, energy),
        "energy_billed": 0,
        "granted": 0,
        "used": [0, 0],
        "bonus_used": 0,
        "tax": cents_of(lines, ("local_tax",)),
        "surcharge": cents_of(lines, ("state_surcharge",)),
        "municipal": cents_of(lines, ("municipal_surcharge",)),
        "fees": cents_of(lines, FEES),
    }


def pay_rest(month: Month, lines: Lines, banks: Banks) -> None:
    """Rolled-over compensation pays what is left, taxes included; then the climate credit (NSC-06, record 0004)."""
    total = month["charges"] - sum(month["used"]) - month["bonus_used"] + month["energy_billed"]
    total += month["surcharge"] + month["municipal"] + month["fees"] + month["tax"]
    nsc_used = min(banks.nsc, max(0, total))
    available = banks.climate + cents_of(lines, ("climate",))
    climate_used = min(available, max(0, total - nsc_used))
    banks.nsc -= nsc_used
    banks.climate = available - climate_used
    month.update(nsc_used=nsc_used, climate_used=climate_used, due=total - nsc_used - climate_used)
    month.update(export=list(banks.export), bonus=banks.bonus, nsc=banks.nsc, climate=banks.climate)
    month["energy_to_date"] = banks.energy_to_date
