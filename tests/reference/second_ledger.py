"""The provider's own ledger on the bill: generation, its credits, its taxes, its true-up (decision record 0010)."""

from fractions import Fraction
from typing import Any

from .account import Account, Banks
from .compensation import compensation, pay_compensation
from .cycles import Cycle
from .exports import export_lines
from .meter import HourlyExport, Use
from .money import Lines, cents_of, exact_of, priced, whole_kwh
from .provider import Provider, generation_prices
from .settlement import Period, statement
from .taxes import surcharge_basis, surcharge_lines, tax_lines

Month = dict[str, Any]

GENERATION = ("generation",)
GENERATION_PLACE = 1  # of a provider's export credits in `Banks.export`
ELECTION_OF = {"hold": "none", "on_bill": "on_bill", "check": "check", "opt_out": "opt_out"}
BILLS_ENERGY = {"yearly": False, "monthly_with_carry": True}


def provider_of(cycle: Cycle) -> Provider:
    """The provider whose ledger stands on the bill."""
    assert cycle.service.provider is not None
    return cycle.service.provider


def answer(question: str, cycle: Cycle, account: Account) -> Any:
    """What the provider says, or else the customer's program."""
    return provider_of(cycle).answer(question, cycle.program, cycle.facts(account))


def billed(wh: int, cycle: Cycle, account: Account) -> int:
    """The provider's own billed quantity (decisions 5; NBT-G6)."""
    return whole_kwh(wh) if answer("billed_quantity", cycle, account) == "whole_kwh" else wh


def provider_generation(use: Use, cycle: Cycle, account: Account) -> Lines:
    """Generation per period at its product's price, net per period under NEM (CCA-01; NEM D2)."""
    lines: Lines = {}
    prices = generation_prices(cycle.service, account.schedule)
    product = provider_of(cycle).product(cycle.service.product)
    for (version, season, period), wh in use.provider.energy(netted=cycle.netted).items():
        price = prices.starting(version).price(product, season, period)
        lines["generation", season, period, version.isoformat()] = priced(billed(wh, cycle, account), price)
    return lines


def bill_provider(
    cycle: Cycle, use: Use, early: HourlyExport | None, account: Account, banks: Banks
) -> tuple[Lines, Month]:
    """Generation charges, less its own export credits, plus state surcharge and tax (record 0010.1 and 0010.3)."""
    lines = provider_generation(use, cycle, account)
    charges = cents_of(lines, GENERATION)
    month: Month = {"granted": 0, "used": 0, "energy_billed": 0}
    if cycle.netted:
        banks.energy_to_date += charges
        billed_monthly = BILLS_ENERGY[answer("energy_billed", cycle, account)]
        month["energy_billed"] = banks.bill_energy() if billed_monthly else 0
        base, due_now = Fraction(charges, 100), 0
    else:
        if cycle.program == "sbp":
            lines |= provider_exports(use, early, account)
            month.update(use_credits(lines, charges, banks))
        base, due_now = exact_of(lines, GENERATION) - Fraction(month["used"], 100), charges - month["used"]
    lines |= tax_lines(base, account)
    lines |= surcharge_lines(billed(surcharge_basis(use, cycle), cycle, account), cycle, account)
    pay(month, lines, due_now, banks)
    return lines, month


def provider_exports(use: Use, early: HourlyExport | None, account: Account) -> Lines:
    """The generation part of the export credits (EEC-07; NBT notes 6)."""
    lines = export_lines(use.exports, account, GENERATION)
    return lines if early is None else lines | export_lines(early, account, GENERATION, early=True)


def use_credits(lines: Lines, charges: int, banks: Banks) -> dict[str, int]:
    """This month's generation credits and the bank against generation charges only (CCA-01; NBT notes 6)."""
    new = cents_of(lines, ("export.generation", "early_export.generation"))
    available = banks.export[GENERATION_PLACE] + new
    used = min(available, max(0, charges))
    banks.export[GENERATION_PLACE] = available - used
    return {"granted": new, "used": used}


def pay(month: Month, lines: Lines, due_now: int, banks: Banks) -> None:
    """The provider's rolled-over compensation pays what is left of its bill, taxes included (NSC-06)."""
    month["tax"] = cents_of(lines, ("local_tax",))
    month["surcharge"] = cents_of(lines, ("state_surcharge",))
    total = due_now + month["energy_billed"] + month["surcharge"] + month["tax"]
    month["nsc_used"] = min(banks.nsc, max(0, total))
    banks.nsc -= month["nsc_used"]
    month["due"] = total - month["nsc_used"]
    month["energy_to_date"] = banks.energy_to_date


def close_provider(cycle: Cycle, due: int, period: Period, account: Account, banks: Banks) -> dict[str, Any]:
    """The provider's true-up: credits reset in dollars, surplus kWh compensated (CCA-03, CCA-04; record 0010.4)."""
    energy_due, forfeited = close_energy(cycle, account, banks) if cycle.netted else (0, 0)
    left, stays = banks.export, cycle.provider_closing == "period" and keeps_left_over(cycle, account)
    banks.export = list(left) if stays else [0, 0]
    due += energy_due
    return {
        **statement(cycle, period, "provider"),
        "forfeited": [0, 0] if stays else list(left),
        "carried": list(left) if stays else [0, 0],
        "energy_due": energy_due,
        "energy_forfeited": forfeited,
        "due": due,
        **compensate(cycle, due, period, account, banks),
    }


def keeps_left_over(cycle: Cycle, account: Account) -> bool:
    """`left_over` of the provider; whoever leaves it forfeits."""
    return {"forfeited": False, "carried": True}[answer("left_over", cycle, account)]


def close_energy(cycle: Cycle, account: Account, banks: Banks) -> tuple[int, int]:
    """Due and forfeited of the energy ledger: earlier energy is refunded or kept (decision record 0009)."""
    balance, billed_before = banks.energy_to_date, banks.energy_billed
    banks.energy_to_date = banks.energy_billed = 0
    if answer("earlier_energy", cycle, account) == "kept":
        return max(0, balance - billed_before), max(0, billed_before - balance)
    return max(0, balance) - billed_before, max(0, -balance)


def compensate(cycle: Cycle, due: int, period: Period, account: Account, banks: Banks) -> dict[str, int]:
    """The provider pays by its own price, then the election in force (CCA-04, CCA-08; record 0010.4)."""
    election = account.election(cycle.last_day)
    if election == "none":
        election = ELECTION_OF[answer("without_election", cycle, account)]
    earned = 0
    if provider_of(cycle).kind in answer("surplus_eligible", cycle, account):
        earned = compensation(period.surplus_wh, cycle, account, by_provider=True, election=election)
    return pay_compensation(earned, due, election, banks, final=cycle.provider_closing in {"service_end", "switch"})
