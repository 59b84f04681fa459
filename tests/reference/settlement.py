"""The end of a relevant period: adjustment, left-over credits, yearly balance, surplus compensation."""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from . import law
from .account import POOL_OF_RULE, Account, Banks, Cycle
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


def settle_credits(rule: str, pool: str, bank: list[int], unoffset: list[int], adjustment: list[int]) -> dict[str, Any]:
    """Left-over export credits pay earlier months and the adjustment; the rest is forfeited or carried.

    Schedule NBT SC 4.e.ii of Advice 5228-E (R-2023), the help centre (R-FAQ, TRUE-03), SC 4.e of Advice 5209-E-B
    (R-2024). Amounts are cents, delivery then generation, or all in the first place with one pool. `due` is what the
    items add to the settlement bill: the adjustment less what credits paid (decisions 28; worked example NBT-G14).
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
    return {
        "to_earlier": paid["to_earlier"],
        "to_adjustment": paid["to_adjustment"],
        "forfeited": [0, 0] if rule == CARRIES else left,
        "carried": left if rule == CARRIES else [0, 0],
        "due": sum(adjustment) - sum(paid["to_adjustment"]) - sum(paid["to_earlier"]),
    }


def export_credit_adjustment(surplus_wh: int, month: str, account: Account) -> list[int]:
    """Surplus times the average retail export compensation rate, a line per component (Schedule NBT SC 4.e.i)."""
    if surplus_wh == 0:
        return [0, 0]
    rates = [law.monthly_rate(account.rules, "average-export-rate", month, part) for part in ("delivery", "generation")]
    return [to_cents(surplus_wh * rate / 1000) for rate in rates]


def compensation(surplus_wh: int, cycle: Cycle, account: Account) -> int:
    """Surplus times (NSCR of the period's last month, and the adder for RECs), rounded once (NBT Rates 4; NEM X2)."""
    if surplus_wh == 0 or account.home["nsc_election"] == "opt_out":
        return 0
    rate = law.monthly_rate(account.rules, "nscr", cycle.month, "nscr")
    if account.home["rec_transfer"]:
        rate += law.rec_adder(account.rules).on(cycle.last_day).value
    return to_cents(Fraction(surplus_wh, 1000) * rate)


def pay_compensation(earned: int, due: int, account: Account, banks: Banks) -> dict[str, int]:
    """Held without an election; else first what is owed, then check or credit (NBT SC 4.g; NEM X6, X9; NSC-03)."""
    election = account.home["nsc_election"]
    paid = {"nsc_earned": earned, "nsc_applied": 0, "nsc_paid": 0, "nsc_carried": 0, "nsc_held": 0}
    owed = max(0, due + banks.owed)
    kept_before = min(banks.nsc, owed)  # a rolled-over credit pays any charge (NSC-06)
    banks.nsc -= kept_before
    if election == "none":
        paid["nsc_held"] = earned
        paid["nsc_applied"] = kept_before
    else:
        newly = min(earned, owed - kept_before)
        paid["nsc_applied"] = kept_before + newly
        paid["nsc_paid" if election == "check" else "nsc_carried"] = earned - newly
    banks.nsc_held += paid["nsc_held"]
    banks.nsc += paid["nsc_carried"]
    earlier_debt_paid = max(0, paid["nsc_applied"] - max(due, 0))
    standing_credit_used = min(max(0, -banks.owed), max(due, 0))
    # a negative settlement bill stands on the account and pays the next one (decisions 30)
    banks.owed += min(due, 0) - earlier_debt_paid + standing_credit_used
    return paid


def close_sbp(cycle: Cycle, due: int, period: Period, account: Account, banks: Banks) -> dict[str, Any]:
    """Annual true-up of Schedule NBT (SC 4.e to 4.h): ACC Plus stays, left-over climate credit is paid out."""
    adjustment = export_credit_adjustment(period.surplus_wh, cycle.month, account)
    left = settle_credits(account.home["settlement_rule"], account.pool, banks.export, period.unoffset, adjustment)
    due += left.pop("due")
    banks.export = list(left["carried"])
    climate_paid, banks.climate = banks.climate, 0
    return {
        **statement(cycle, period),
        "adjustment": adjustment,
        **left,
        "due": due,
        **pay_compensation(compensation(period.surplus_wh, cycle, account), due, account, banks),
        "climate_paid": climate_paid,
    }


def close_nem_st(cycle: Cycle, due: int, period: Period, account: Account, banks: Banks) -> dict[str, Any]:
    """The year's energy balance: due if positive, forfeited if negative (NEM C11, B1); then compensation (X9)."""
    balance, banks.energy_to_date = banks.energy_to_date, 0
    due += max(0, balance)
    return {
        **statement(cycle, period),
        "energy_due": max(0, balance),
        "energy_forfeited": max(0, -balance),
        "due": due,
        **pay_compensation(compensation(period.surplus_wh, cycle, account), due, account, banks),
    }


def statement(cycle: Cycle, period: Period) -> dict[str, Any]:
    """The period's energy (BILL-13), and zeros for what a program does not know."""
    zeros = {name: [0, 0] for name in ("adjustment", "to_earlier", "to_adjustment", "forfeited", "carried")}
    return {
        "month": cycle.month,
        "imported_wh": period.imported_wh,
        "exported_wh": period.exported_wh,
        "surplus_wh": period.surplus_wh,
        **zeros,
        "energy_due": 0,
        "energy_forfeited": 0,
        "climate_paid": 0,
    }


CLOSINGS = {"sbp": close_sbp, "nem-st": close_nem_st}
