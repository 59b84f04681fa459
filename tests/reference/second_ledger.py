"""The provider's own ledger on the bill: generation, its credits and bonuses, its taxes (records 0010 and 0014)."""

from fractions import Fraction
from typing import Any

from .account import Account, Banks
from .bills import Early, bonus_of
from .cycles import Cycle
from .exports import bonus_lines, export_lines
from .meter import Use, by_version
from .money import Line, Lines, cents_of, dollars, exact_of, priced, to_nearest, whole_kwh
from .provider import Provider, generation_prices
from .taxes import surcharge_basis, surcharge_lines, tax_lines

Month = dict[str, Any]

GENERATION = ("generation",)
CHARGES = ("generation", "per_kwh", "export_bonus")
GENERATION_PLACE = 1  # of a provider's export credits in `Banks.export`
BILLS_ENERGY = {"yearly": False, "monthly": False, "monthly_with_carry": True}
GRANTS_BONUS = {"none": False, "acc_plus": True}


def provider_of(cycle: Cycle) -> Provider:
    """The provider whose ledger stands on the bill."""
    assert cycle.service.provider is not None
    return cycle.service.provider


def answer(question: str, cycle: Cycle, account: Account) -> Any:
    """What the provider says."""
    return provider_of(cycle).answer(question, cycle.facts(account))


def billed(wh: int, cycle: Cycle, account: Account) -> int:
    """The provider's own billed quantity (decisions 5; NBT-G6)."""
    return whole_kwh(wh) if answer("billed_quantity", cycle, account) == "whole_kwh" else wh


def provider_generation(use: Use, cycle: Cycle, account: Account) -> Lines:
    """Generation per period at its product's price, net per period under NEM (CCA-01; NEM D2), and what is per kWh."""
    lines: Lines = {}
    prices = generation_prices(cycle.service, account.schedule)
    product = provider_of(cycle).product(cycle.service.product)
    for (version, season, period), wh in use.provider.energy(netted=cycle.provider_nets).items():
        price = prices.starting(version).price(product, season, period)
        lines["generation", season, period, version.isoformat()] = priced(billed(wh, cycle, account), price)
    for version, wh in by_version(use.provider.imported).items():
        per_kwh = prices.starting(version).per_kwh
        if per_kwh is not None:
            lines["per_kwh", None, None, version.isoformat()] = priced(billed(wh, cycle, account), per_kwh)
    return lines


def bill_provider(cycle: Cycle, use: Use, early: Early, account: Account, banks: Banks) -> tuple[Lines, Month]:
    """Generation charges, less its own export credits, plus state surcharge and tax (record 0010.1 and 0010.3).

    The tax base is that of the customer's program: under NEM printed energy, else exact charges less credits used.
    """
    lines = provider_generation(use, cycle, account)
    month: Month = {"granted": 0, "used": 0, "bonus_used": 0, "energy_billed": 0}
    due_now = 0
    if cycle.provider_nets:
        banks.energy_to_date += cents_of(lines, CHARGES)
        billed_monthly = BILLS_ENERGY[answer("energy_billed", cycle, account)]
        month["energy_billed"] = banks.bill_energy() if billed_monthly else 0
    else:
        if cycle.provider_grants:
            lines |= provider_exports(use, early, cycle, account)
            month.update(use_credits(lines, banks))
        due_now = cents_of(lines, CHARGES) - month["used"] - month["bonus_used"]
    if cycle.law.billed_net:
        base = Fraction(cents_of(lines, CHARGES), 100)
    else:
        base = exact_of(lines, CHARGES) - Fraction(month["used"], 100)
    lines |= tax_lines(base, account)
    lines |= surcharge_lines(billed(surcharge_basis(use, cycle), cycle, account), cycle, account)
    pay(month, lines, due_now, banks)
    return lines, month


def take_bonus_used(month: Month) -> int:
    """What the provider's own bonus paid, told beside its other figures."""
    return int(month.pop("bonus_used"))


def provider_exports(use: Use, early: Early, cycle: Cycle, account: Account) -> Lines:
    """The generation part of the export credits (EEC-07; NBT notes 6), and the provider's own bonuses (NBT notes 6)."""
    lines = use.shared.lines["provider"] if use.shared else provider_credits(use, early, cycle, account)
    return lines | export_bonus(provider_generation(use, cycle, account), lines, cycle)


def provider_credits(use: Use, early: Early, cycle: Cycle, account: Account) -> Lines:
    """What follows from exports alone, and so is shared in an aggregation (record 0015)."""
    flows, name = list(use.outflows.values()), provider_of(cycle).name
    lines = export_lines(flows, account, GENERATION)
    if early is not None:
        lines |= export_lines(early, account, GENERATION, early=True)
    if GRANTS_BONUS[answer("bonus", cycle, account)]:
        lines |= bonus_lines(flows, name, account)
        lines |= {} if early is None else bonus_lines(early, name, account, early=True)
    return lines


def export_credit(lines: Lines) -> int:
    """Generation credits granted on this bill."""
    return cents_of(lines, ("export.generation", "early_export.generation"))


def export_bonus(charges: Lines, credits: Lines, cycle: Cycle) -> Lines:
    """A share of the cycle's export credit lowers its generation charges, not below zero (MCE; NBT notes 6).

    Rounded once to the cent; what is too much is lost (decision record 0014).
    """
    entry = provider_of(cycle).dated("export_bonus", cycle.last_day)
    if entry is None:
        return {}
    share = to_nearest(dollars(entry["share"]) * cents_of(credits, ("export.generation",)))
    cents = min(share, max(0, cents_of(charges, CHARGES)))
    if not cents:
        return {}
    return {("export_bonus", None, None, None): Line(None, Fraction(-cents, 100))}


def use_credits(lines: Lines, banks: Banks) -> dict[str, int]:
    """This month's generation credits and the bank against generation charges only (CCA-01; NBT notes 6).

    The provider's own bonus pays what they left of them, and the rest of it rolls on (NBT notes 6; SC 4.c alike).
    """
    new, charges = export_credit(lines), cents_of(lines, CHARGES)
    available = banks.export[GENERATION_PLACE] + new
    used = min(available, max(0, charges))
    banks.export[GENERATION_PLACE] = available - used
    bonus = banks.bonus + bonus_of(lines)
    bonus_used = min(bonus, max(0, charges - used))
    banks.bonus = bonus - bonus_used
    banks.granted += cents_of(lines, ("export.generation", "bonus")) - cents_of(lines, ("export_bonus",))
    return {"granted": new, "used": used, "bonus_used": bonus_used}


def pay(month: Month, lines: Lines, due_now: int, banks: Banks) -> None:
    """The provider's rolled-over compensation pays what is left of its bill, taxes included (NSC-06)."""
    month["tax"] = cents_of(lines, ("local_tax",))
    month["surcharge"] = cents_of(lines, ("state_surcharge",))
    total = due_now + month["energy_billed"] + month["surcharge"] + month["tax"]
    month["nsc_used"] = min(banks.nsc, max(0, total))
    banks.nsc -= month["nsc_used"]
    month["due"] = total - month["nsc_used"]
    month["energy_to_date"] = banks.energy_to_date
