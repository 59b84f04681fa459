"""Net surplus compensation (AB 920): what a surplus earns and how it is paid, for the utility and for providers."""

from fractions import Fraction

from . import law
from .account import Account, Banks
from .cycles import Cycle
from .money import half_up, to_cents

FIRST_MONTH = "2011-01"  # before it a surplus was zeroed without compensation (TRUE-07, NSC-13)
PAID_OUT = ("on_bill", "check")


def utility_rate(cycle: Cycle, account: Account) -> Fraction:
    """NSCR of the period's last month (NBT Rates 4; NEM X4)."""
    return law.monthly_rate(account.rules, "nscr", cycle.month, "nscr")


def provider_rate(cycle: Cycle, account: Account) -> Fraction:
    """A provider's price: the utility's rate, or a multiple of it, half up to published decimals (CCA-04, NBT-G13)."""
    assert cycle.service.provider is not None
    entry = cycle.service.provider.entry("surplus_price", cycle.program)
    if entry["value"] == "nscr":
        return utility_rate(cycle, account)
    if entry["value"] != "multiple_of_nscr":
        raise ValueError(f"no surplus is priced at {entry['value']}")
    return half_up(utility_rate(cycle, account) * Fraction(entry["multiple"]), int(entry["decimals"]))


def compensation(surplus_wh: int, cycle: Cycle, account: Account, *, by_provider: bool, election: str) -> int:
    """Surplus times (rate and, for transferred RECs, the adder), rounded once (NBT Rates 4; NEM X2, X5)."""
    if surplus_wh == 0 or election == "opt_out" or cycle.month < FIRST_MONTH:
        return 0
    rate = (provider_rate if by_provider else utility_rate)(cycle, account)
    if account.home["rec_transfer"]:
        rate += law.rec_adder(account.rules).on(cycle.last_day).value
    return to_cents(Fraction(surplus_wh, 1000) * rate)


def pay_compensation(earned: int, due: int, election: str, banks: Banks, *, final: bool) -> dict[str, int]:
    """Held without an election; else first what is owed, then check or credit (NBT SC 4.g; NEM X6, X9; NSC-03, NSC-05).

    What was held is released with the first election of a payment. `final`: the account closes, so what is kept on it
    goes out by check, less what is owed (NSC-06; decision record 0006).
    """
    owed = max(0, due + banks.owed)
    kept_before = min(banks.nsc, owed)  # a rolled-over credit pays any charge (NSC-06)
    banks.nsc -= kept_before
    released = banks.nsc_held if election in PAID_OUT else 0
    held = earned if election == "none" else 0
    newly = 0 if election == "none" else min(earned + released, owed - kept_before)
    rest = earned + released - held - newly
    by_check, on_bill = (rest, 0) if election == "check" or final else (0, rest)
    if final:
        by_check, banks.nsc = by_check + banks.nsc, 0
    banks.nsc_held += held - released
    banks.nsc += on_bill
    settle_owed(due, kept_before + newly, banks)
    return {
        "nsc_earned": earned,
        "nsc_released": released,
        "nsc_applied": kept_before + newly,
        "nsc_paid": by_check,
        "nsc_carried": on_bill,
        "nsc_held": held,
    }


def settle_owed(due: int, applied: int, banks: Banks) -> None:
    """A negative settlement bill stands on the account and pays the next one (decisions 30)."""
    earlier_debt_paid = max(0, applied - max(due, 0))
    standing_credit_used = min(max(0, -banks.owed), max(due, 0))
    banks.owed += min(due, 0) - earlier_debt_paid + standing_credit_used
