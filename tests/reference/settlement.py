"""The end of the utility's relevant period: adjustment, left-over credits, the energy ledger, surplus compensation."""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from . import tables
from .account import POOL_OF_RULE, Account, Banks
from .compensation import Payment, compensation, pay_compensation
from .cycles import Cycle
from .money import dollars, to_cents

STEPS = {  # what left-over credits pay, in this order
    "R-2023": ("to_adjustment", "to_earlier"),  # Advice 5228-E, SC 4.e.ii
    "R-FAQ": ("to_earlier", "to_adjustment"),  # TRUE-03
    "R-2024": ("to_earlier", "to_adjustment"),  # Advice 5209-E-B, SC 4.e
    "pge": ("to_earlier", "to_adjustment"),  # PG&E Schedule NBT SC 2.h; the guide's example NBT-G1
    "sdge": ("to_adjustment",),  # SDG&E refunds no earlier months (NBT A22, notes 5.2)
}
CARRIES = ("R-2024", "pge")  # Advice 5209-E-B; NBT notes 4.6; the others forfeit
PARTS = ("delivery", "generation")


@dataclass
class Period:
    """Period-to-date counters that a settlement names. `unoffset`: energy charges less credits used, per pool."""

    imported_wh: int = 0
    exported_wh: int = 0
    unoffset: list[int] = field(default_factory=lambda: [0, 0])

    @property
    def surplus_wh(self) -> int:
        """Net surplus energy: only the kWh count, in exact Wh (NSC-01; decisions 28)."""
        return max(0, self.exported_wh - self.imported_wh)


def by_pool(pool: str, parts: list[int]) -> list[int]:
    """Delivery and generation apart, or both in pool 0 (NBT A1)."""
    return list(parts) if pool == "split" else [sum(parts), 0]


def settle_credits(
    rule: str, pool: str, bank: list[int], unoffset: list[int], adjustment: list[int], closing: str = "period"
) -> dict[str, Any]:
    """Left-over export credits pay earlier months and the adjustment; the rest is forfeited or carried.

    Schedule NBT SC 4.e.ii of Advice 5228-E (R-2023), the help centre (R-FAQ, TRUE-03), SC 4.e of Advice 5209-E-B
    (R-2024); PG&E's SC 2.h (`pge`) and SDG&E's SC 3.f (`sdge`). Amounts are cents, delivery then generation, or all in
    the first place with one pool. `due` is what the items add to the settlement bill: the adjustment less what credits
    paid (decisions 28; worked example NBT-G14).
    `closing` says why the period ends.
    """
    if rule not in STEPS or pool not in POOL_OF_RULE.values():
        raise ValueError(f"no settlement rule {rule} with pool {pool}")
    left = by_pool(pool, bank)
    earlier = [max(0, charges) for charges in by_pool(pool, unoffset)]
    owed = {"to_earlier": earlier, "to_adjustment": by_pool(pool, adjustment)}
    paid = {"to_earlier": [0, 0], "to_adjustment": [0, 0]}
    for step in STEPS[rule]:
        paid[step] = [min(credit, charge) for credit, charge in zip(left, owed[step], strict=True)]
        left = [credit - part for credit, part in zip(left, paid[step], strict=True)]
    carried = [credit if keeps else 0 for credit, keeps in zip(left, carries(rule, closing), strict=True)]
    return {
        "to_earlier": paid["to_earlier"],
        "to_adjustment": paid["to_adjustment"],
        "forfeited": [credit - kept for credit, kept in zip(left, carried, strict=True)],
        "carried": carried,
        "due": sum(adjustment) - sum(paid["to_adjustment"]) - sum(paid["to_earlier"]),
    }


def carries(rule: str, closing: str) -> tuple[bool, bool]:
    """Whether each pool is carried: R-2024 and PG&E; not over an end of service, over a switch not generation.

    One pool stands in the first place and is carried whole, for its parts cannot be told (decision record 0010.5).
    """
    if rule not in CARRIES or closing == "service_end":
        return False, False
    return True, closing != "switch"


def average_export_rate(part: str, cycle: Cycle, account: Account) -> Fraction:
    """What the account states for the month, else the utility's table (NBT A15, A21; decision record 0014)."""
    stated = account.home["average_export_rates"].get(cycle.month, {})
    if part in stated:
        return dollars(stated[part])
    return tables.monthly_rate(account.rules, account.utility, "average-export-rate", cycle.month, part)


def export_credit_adjustment(surplus_wh: int, cycle: Cycle, account: Account) -> list[int]:
    """Surplus times the average retail export compensation rate, a line per component (Schedule NBT SC 4.e.i).

    PG&E SC 2.e, SDG&E SC 3.f: bundled customers only, whose surplus is compensated. At SCE a customer of another
    provider had only delivery credits from the utility (decision record 0010.3).
    """
    if not cycle.bundled and cycle.program in {"pge-sbp", "sdge-sbp"}:
        return [0, 0]
    parts = PARTS if cycle.bundled else PARTS[:1]
    if surplus_wh == 0:
        return [0, 0]
    adjusted = [to_cents(surplus_wh * average_export_rate(part, cycle, account) / 1000) for part in parts]
    return [*adjusted, 0][:2]


def compensate(cycle: Cycle, due: int, period: Period, account: Account, banks: Banks) -> dict[str, int]:
    """The utility pays bundled customers only (NSC-09; NEM X8), and fuel cells and biogas nothing (NEM F4).

    Net billing at PG&E and SDG&E keeps it on the bill where nobody chose, and sends no check of a dollar or less (NBT
    notes 4.7; PG&E SC 5.e; SDG&E SC 6.d).
    """
    election = account.election(cycle.last_day)
    by_tariff = cycle.program in {"pge-sbp", "sdge-sbp"}
    election = "on_bill" if by_tariff and election == "none" else election
    earned = 0
    if cycle.bundled and cycle.law.compensates:
        earned = compensation(period.surplus_wh, cycle, account, by_provider=False, election=election)
    payment = Payment(check_from=101 if by_tariff else 0)
    return pay_compensation(earned, due, election, banks, final=cycle.closing == "service_end", payment=payment)


def close_net_billing(cycle: Cycle, due: int, period: Period, account: Account, banks: Banks) -> dict[str, Any]:
    """Annual true-up of Schedule NBT (SCE SC 4.e to 4.h; PG&E SC 2.h; SDG&E SC 3.f).

    ACC Plus stays, at PG&E it is paid out when service ends (SC 2.h). At SCE left-over climate credit is paid (SC 4.h).
    An aggregation forfeits left-over credits under every rule, as the end of service does (AGG-09).
    """
    adjustment = export_credit_adjustment(period.surplus_wh, cycle, account)
    closing = "service_end" if cycle.law.forfeits else cycle.closing or "period"
    left = settle_credits(account.rule, account.pool, banks.export, period.unoffset, adjustment, closing)
    due += left.pop("due")
    banks.export = list(left["carried"])
    paid = {"climate_paid": 0, "bonus_paid": 0}
    if cycle.law.climate_paid_out:
        paid["climate_paid"], banks.climate = banks.climate, 0
    if cycle.law.bonus_paid_at_end and cycle.closing == "service_end":
        paid["bonus_paid"], banks.bonus = banks.bonus, 0
    return {
        **statement(cycle, period),
        "adjustment": adjustment,
        **left,
        "due": due,
        **compensate(cycle, due, period, account, banks),
        **paid,
    }


def close_netting(cycle: Cycle, due: int, period: Period, account: Account, banks: Banks) -> dict[str, Any]:
    """The year's energy less what was billed of it: due or refunded; a credit is forfeited (NEM C11, B2, F4).

    At PG&E's NEM 2 the year is at least its non-bypassable charges, and minimums billed before are credited against
    what is due, never refunded (NEM N1-5, N2-8, NEM-G6; decision record 0014).
    """
    balance, billed = banks.energy_to_date, banks.energy_billed
    year = max(balance, banks.floor, 0)
    energy_due = year - billed
    credited = min(banks.minimums, max(energy_due, 0))
    banks.energy_to_date = banks.energy_billed = 0
    due += energy_due - credited
    return {
        **statement(cycle, period),
        "energy_due": energy_due,
        "energy_forfeited": year - balance,
        "minimum_credited": credited,
        "due": due,
        **compensate(cycle, due, period, account, banks),
    }


def statement(cycle: Cycle, period: Period, ledger: str = "utility") -> dict[str, Any]:
    """The period's energy (BILL-13), exports as far as credited, and zeros for what a program does not know."""
    zeros = {name: [0, 0] for name in ("adjustment", "to_earlier", "to_adjustment", "forfeited", "carried")}
    return {
        "ledger": ledger,
        "month": cycle.month,
        "imported_wh": period.imported_wh,
        "exported_wh": period.exported_wh,
        "surplus_wh": period.surplus_wh,
        **zeros,
        "energy_due": 0,
        "energy_forfeited": 0,
        "minimum_credited": 0,
        "adjustment_waived": 0,
        "climate_paid": 0,
        "bonus_paid": 0,
    }


CLOSINGS = {
    "net_billing": close_net_billing,
    "netting": close_netting,
    "generation_netting": close_netting,
}
