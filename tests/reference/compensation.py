"""Net surplus compensation (AB 920): what a surplus earns and how it is paid, for the utility and for providers."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from . import law, tables
from .account import Account, Banks
from .cycles import Cycle
from .money import dollars, half_away, half_up, to_cents

FIRST_MONTH = "2011-01"  # before it a surplus was zeroed without compensation (TRUE-07, NSC-13)
PAID_OUT = ("on_bill", "check")


@dataclass(frozen=True)
class Payment:
    """How compensation is paid out (decision record 0014).

    `whole`: without paying what is owed first (CCA-08). `check_from`: a smaller check is not sent, its amount stays on
    the bill. `at_most`: what a period earns at most. Cents.
    """

    whole: bool = False
    check_from: int = 0
    at_most: int | None = None


BY_THE_UTILITY = Payment()  # any amount (NSC-08), after what is owed (NSC-05)


def utility_rate(month: str, account: Account) -> Fraction:
    """NSCR of the utility for a month (NBT Rates 4; NEM X4)."""
    return tables.monthly_rate(account.rules, account.utility, "nscr", month, "nscr")


def calendar_year_before(month: str, account: Account) -> Fraction:
    """Mean of the twelve rates of the calendar year before, half away from zero to 10^-7 (Sonoma; NBT notes 6)."""
    year = int(month[:4]) - 1
    rates = [utility_rate(f"{year}-{number:02d}", account) for number in range(1, 13)]
    return half_away(sum(rates, Fraction(0)) / 12, 7)


def provider_rate(cycle: Cycle, account: Account) -> Fraction:
    """A provider's price per surplus kWh, RECs of a fixed price included (CCA-04, CCA-07, NBT-G13; record 0014)."""
    assert cycle.service.provider is not None
    entry = cycle.service.provider.entry("surplus_price")
    if entry["value"] == "fixed":
        return fixed_price(entry, cycle, account)
    if entry["value"] not in ("nscr", "multiple_of_nscr"):
        raise ValueError(f"no surplus is priced at {entry['value']}")
    average = entry.get("average")
    if average not in (None, "calendar_year_before"):
        raise ValueError(f"no rate is averaged over {average}")
    rate = calendar_year_before(cycle.month, account) if average else utility_rate(cycle.month, account)
    rate = rate * Fraction(entry.get("multiple", "1")) + dollars(entry.get("adder", "0"))
    return half_up(rate, int(entry["decimals"])) if "decimals" in entry else rate


def fixed_price(entry: dict[str, Any], cycle: Cycle, account: Account) -> Fraction:
    """A fixed price with or without transfer of the RECs (CleanPowerSF: CCA-07, REC-04, NEM Q22)."""
    assert cycle.service.provider is not None
    prices = entry["fixed"][cycle.service.provider.rule(account.home["provider_rule"])]
    return dollars(prices["with_recs" if account.home["rec_transfer"] else "without_recs"])


def bears_adder(cycle: Cycle, account: Account, *, by_provider: bool) -> bool:
    """Transferred RECs earn the adder (NEM X5), except where a fixed price has them in it (record 0014)."""
    provider = cycle.service.provider if by_provider else None
    in_price = provider is not None and provider.entry("surplus_price")["value"] == "fixed"
    return bool(account.home["rec_transfer"]) and not in_price


def compensation(surplus_wh: int, cycle: Cycle, account: Account, *, by_provider: bool, election: str) -> int:
    """Surplus times (rate and, for transferred RECs, the adder), rounded once (NBT Rates 4; NEM X2, X5)."""
    if surplus_wh == 0 or election == "opt_out" or cycle.month < FIRST_MONTH:
        return 0
    rate = provider_rate(cycle, account) if by_provider else utility_rate(cycle.month, account)
    if bears_adder(cycle, account, by_provider=by_provider):
        rate += law.rec_adder(account.rules, account.utility).on(cycle.last_day).value
    return to_cents(Fraction(surplus_wh, 1000) * rate)


def pay_compensation(
    earned: int, due: int, election: str, banks: Banks, *, final: bool, payment: Payment = BY_THE_UTILITY
) -> dict[str, int]:
    """Held without an election; else first what is owed, then check or credit (NBT SC 4.g; NEM X6, X9; NSC-03, NSC-05).

    What was held is released with the first election of a payment. `final`: the account closes, so what is kept on it
    goes out by check, less what is owed (NSC-06; decision record 0006). `payment`: how a provider pays (record 0014).
    """
    owed = max(0, due + banks.owed)
    kept_before = min(banks.nsc, owed)  # a rolled-over credit pays any charge (NSC-06)
    banks.nsc -= kept_before
    released = banks.nsc_held if election in PAID_OUT else 0
    held = earned if election == "none" else 0
    pays_owed = election != "none" and not payment.whole
    newly = min(earned + released, owed - kept_before) if pays_owed else 0
    rest = earned + released - held - newly
    sent = final or (election == "check" and rest >= payment.check_from)
    by_check, on_bill = (rest, 0) if sent else (0, rest)
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
