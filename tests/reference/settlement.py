"""The end of the utility's relevant period: adjustment, left-over credits, the energy ledger, surplus compensation."""

from dataclasses import dataclass, field
from typing import Any

from . import law
from .account import POOL_OF_RULE, Account, Banks
from .compensation import compensation, pay_compensation
from .cycles import Cycle
from .money import to_cents

ADJUSTMENT_FIRST = "R-2023"  # Advice 5228-E, SC 4.e.ii; R-FAQ and R-2024 refund earlier months first
CARRIES = "R-2024"  # Advice 5209-E-B; the others forfeit


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
    (R-2024). Amounts are cents, delivery then generation, or all in the first place with one pool. `due` is what the
    items add to the settlement bill: the adjustment less what credits paid (decisions 28; worked example NBT-G14).
    `closing` says why the period ends.
    """
    if rule not in POOL_OF_RULE or pool not in POOL_OF_RULE.values():
        raise ValueError(f"no settlement rule {rule} with pool {pool}")
    left = by_pool(pool, bank)
    earlier = [max(0, charges) for charges in by_pool(pool, unoffset)]
    owed = {"to_earlier": earlier, "to_adjustment": by_pool(pool, adjustment)}
    order = ("to_adjustment", "to_earlier") if rule == ADJUSTMENT_FIRST else ("to_earlier", "to_adjustment")
    paid: dict[str, list[int]] = {}
    for step in order:
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
    """Whether each pool is carried: R-2024 only; not over an end of service; over a change of provider not generation.

    One pool stands in the first place and is carried whole, for its parts cannot be told (decision record 0010.5).
    """
    if rule != CARRIES or closing == "service_end":
        return False, False
    return True, closing != "switch"


def export_credit_adjustment(surplus_wh: int, cycle: Cycle, account: Account) -> list[int]:
    """Surplus times the average retail export compensation rate, a line per component (Schedule NBT SC 4.e.i).

    A customer of another provider had only delivery credits from the utility (decision record 0010.3).
    """
    if surplus_wh == 0:
        return [0, 0]
    parts = ("delivery", "generation")
    rates = [law.monthly_rate(account.rules, "average-export-rate", cycle.month, part) for part in parts]
    delivery, generation = (to_cents(surplus_wh * rate / 1000) for rate in rates)
    return [delivery, generation if cycle.bundled else 0]


def compensate(cycle: Cycle, due: int, period: Period, account: Account, banks: Banks) -> dict[str, int]:
    """The utility pays bundled customers only (NSC-09; NEM X8)."""
    election = account.election(cycle.last_day)
    earned = 0
    if cycle.bundled:
        earned = compensation(period.surplus_wh, cycle, account, by_provider=False, election=election)
    return pay_compensation(earned, due, election, banks, final=cycle.closing == "service_end")


def close_sbp(cycle: Cycle, due: int, period: Period, account: Account, banks: Banks) -> dict[str, Any]:
    """Annual true-up of Schedule NBT (SC 4.e to 4.h): ACC Plus stays, left-over climate credit is paid out."""
    rule, adjustment = account.home["settlement_rule"], export_credit_adjustment(period.surplus_wh, cycle, account)
    left = settle_credits(rule, account.pool, banks.export, period.unoffset, adjustment, cycle.closing or "period")
    due += left.pop("due")
    banks.export = list(left["carried"])
    climate_paid, banks.climate = banks.climate, 0
    return {
        **statement(cycle, period),
        "adjustment": adjustment,
        **left,
        "due": due,
        **compensate(cycle, due, period, account, banks),
        "climate_paid": climate_paid,
    }


def close_nem(cycle: Cycle, due: int, period: Period, account: Account, banks: Banks) -> dict[str, Any]:
    """The year's energy less what was billed of it: due or refunded; a credit is forfeited (NEM C11, B2)."""
    balance, billed = banks.energy_to_date, banks.energy_billed
    banks.energy_to_date = banks.energy_billed = 0
    energy_due = max(0, balance) - billed
    due += energy_due
    return {
        **statement(cycle, period),
        "energy_due": energy_due,
        "energy_forfeited": max(0, -balance),
        "due": due,
        **compensate(cycle, due, period, account, banks),
    }


def statement(cycle: Cycle, period: Period, ledger: str = "utility") -> dict[str, Any]:
    """The period's energy (BILL-13), and zeros for what a program does not know."""
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
        "climate_paid": 0,
    }


CLOSINGS = {"sbp": close_sbp, "nem": close_nem, "nem-st": close_nem}
