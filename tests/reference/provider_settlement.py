"""The provider's true-up: its credits, its adjustment, its compensation (decision records 0010.4 and 0014)."""

from fractions import Fraction
from typing import Any

from .account import Account, Banks
from .compensation import Payment, compensation, pay_compensation
from .cycles import Cycle
from .money import dollars, to_cents, to_nearest
from .second_ledger import GENERATION_PLACE, answer, provider_of
from .settlement import Period, statement

ELECTION_OF = {"hold": "none", "on_bill": "on_bill", "check": "check", "opt_out": "opt_out"}
WHOLE = {"whole": True, "pays_the_bill_first": False}


def close_provider(cycle: Cycle, due: int, period: Period, account: Account, banks: Banks) -> dict[str, Any]:
    """Credits reset or carried, surplus kWh charged back and compensated (CCA-03, CCA-04; record 0010.4; NBT notes 6).

    Left-over credits pay the adjustment first; what is then left of it is due, but no more than the surplus is worth,
    whoever opts out of it too: the rest is waived (NBT A17; decision record 0014).
    """
    energy_due, energy_forfeited = close_energy(cycle, account, banks) if cycle.provider_nets else (0, 0)
    adjustment = account_adjustment(period, cycle, account, banks)
    to_adjustment = min(banks.export[GENERATION_PLACE], adjustment)
    left = banks.export[GENERATION_PLACE] - to_adjustment
    carried = left if cycle.provider_closing == "period" and keeps_left_over(cycle, account) else 0
    banks.export = [0, carried]
    election = election_of(cycle, account)
    earned = earned_of(period, election, cycle, account)
    waived = max(0, adjustment - to_adjustment - worth_of(period, cycle, account)) if adjustment else 0
    due += energy_due + adjustment - to_adjustment - waived
    paid = pay_compensation(earned, due, election, banks, final=leaves(cycle), payment=payment_of(cycle, account))
    return {
        **statement(cycle, period, "provider"),
        "adjustment": [0, adjustment],
        "to_adjustment": [0, to_adjustment],
        "forfeited": [0, left - carried],
        "carried": [0, carried],
        "energy_due": energy_due,
        "energy_forfeited": energy_forfeited,
        "adjustment_waived": waived,
        "due": due,
        **paid,
    }


def leaves(cycle: Cycle) -> bool:
    """The ledger ends for good (decision record 0010.5)."""
    return cycle.provider_closing in {"service_end", "switch"}


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


def account_adjustment(period: Period, cycle: Cycle, account: Account, banks: Banks) -> int:
    """Surplus at the account's own average: granted x surplus / exported, rounded once (MCE; NBT A18, notes 6)."""
    kind = answer("adjustment", cycle, account)
    if kind not in ("none", "average_of_account"):
        raise ValueError(f"no provider adjusts by {kind}")
    if kind == "none" or cycle.provider_nets or period.surplus_wh == 0:
        return 0
    return to_nearest(Fraction(banks.granted * period.surplus_wh, period.exported_wh))


def election_of(cycle: Cycle, account: Account) -> str:
    """The election in force on the last service day; without one, what the provider does (CCA-08; record 0014)."""
    election = account.election(cycle.last_day)
    return ELECTION_OF[answer("without_election", cycle, account)] if election == "none" else election


def earned_of(period: Period, election: str, cycle: Cycle, account: Account) -> int:
    """The provider pays by its own price (CCA-04, CCA-07), at most its cap."""
    if provider_of(cycle).kind not in answer("surplus_eligible", cycle, account):
        return 0
    earned = compensation(period.surplus_wh, cycle, account, by_provider=True, election=election)
    at_most = payment_of(cycle, account).at_most
    return earned if at_most is None else min(earned, at_most)


def worth_of(period: Period, cycle: Cycle, account: Account) -> int:
    """What the surplus is worth to who takes it, at most the provider's cap (decision record 0014)."""
    return earned_of(period, "on_bill", cycle, account)


def payment_of(cycle: Cycle, account: Account) -> Payment:
    """Whole or after what is owed (CCA-08); from which amount on by check, and at most how much (NEM notes 9)."""
    terms = provider_of(cycle).dated("cash_out", cycle.last_day) or {}
    at_most = terms.get("at_most")
    return Payment(
        whole=WHOLE[answer("compensation", cycle, account)],
        check_from=to_cents(dollars(terms.get("check_from", "0"))),
        at_most=None if at_most is None else to_cents(dollars(at_most)),
    )
