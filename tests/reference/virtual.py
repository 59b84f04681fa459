"""Virtual metering: the generators' output is allotted to accounts by percentages (NEM V1; decision record 0015)."""

from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any

from .account import Account
from .clock import local_hour
from .meter import Meter
from .spans import takes_part_from

WHOLE = 1_000_000  # a hundred percent, in ten-thousandths of a percent
Accounts = dict[str, Account]
Terms = tuple[int, tuple[str, ...]]  # which set of shares holds, and who takes part


def takes_part(day: date, account: Account) -> bool:
    """From permission to operate or joining, whichever is later, to leaving or the end of service (record 0015)."""
    ends = [end for end in (account.seat.leaves, account.home["service_end"]) if end is not None]
    return account.program.kind != "standard" and takes_part_from(account) <= day and all(day < end for end in ends)


def terms_on(day: date, shares: list[dict[str, Any]], accounts: Accounts) -> Terms:
    """The last set of shares up to a day (NEM V8), -1 before the first one, and the accounts that take part."""
    begun = [number for number, entry in enumerate(shares) if entry["from"] <= day]
    taking = tuple(name for name in sorted(accounts) if takes_part(day, accounts[name]))
    return (begun[-1] if begun else -1), taking


def percent_of(text: str) -> int:
    """Ten-thousandths of a percent."""
    parts = Fraction(str(text)) * 10_000
    if parts.denominator != 1 or not 0 <= parts <= WHOLE:
        raise ValueError(f"no share of {text} percent")
    return int(parts)


def weights_of(terms: Terms, shares: list[dict[str, Any]], designated: str) -> dict[str, int]:
    """Who takes part gets its percentage, the designated account all the rest; without that one nobody has any."""
    number, taking = terms
    if designated not in taking:
        return {}
    if number < 0:
        raise ValueError("no shares are stated for the day")
    stated = {name: percent_of(text) for name, text in shares[number]["percent"].items()}
    if sum(stated.values()) > WHOLE:
        raise ValueError("shares of more than a hundred percent")
    weights = {name: stated.get(name, 0) for name in taking}
    weights[designated] = WHOLE - sum(weight for name, weight in weights.items() if name != designated)
    return weights


def allot_interval(
    wh: int, weights: dict[str, int], carried: dict[str, int], designated: str | None = None
) -> dict[str, int]:
    """Whole Wh of each percentage; what is left goes one each to the largest remainders.

    Of equal ones by account id, the designated account last.

    `carried`: what each account was due less what it got, in millionths of a Wh; changed here (record 0015; VIRT-01).
    """
    given = {name: wh * weight // WHOLE for name, weight in weights.items()}
    for name, weight in weights.items():
        carried[name] = carried.get(name, 0) + wh * weight - given[name] * WHOLE
    left = wh - sum(given.values())
    for name in sorted(weights, key=lambda name: (-carried[name], name == designated, name))[:left]:
        given[name] += 1
        carried[name] -= WHOLE
    return given


def allot(arrangement: dict[str, Any], accounts: Accounts, start_utc: int, minutes: int) -> dict[str, list[int]]:
    """Each account's part of every interval of the output.

    Remainders start at nothing where the data begin and on each day on which shares or who takes part change.
    """
    shares, output = arrangement["shares"], arrangement["output"]
    if any(earlier["from"] >= later["from"] for earlier, later in pairwise(shares)):
        raise ValueError("sets of shares must be in order")
    if any(set(entry["percent"]) - set(accounts) for entry in shares):
        raise ValueError("a share is for an account of the arrangement")
    allotted = {name: [0] * len(output) for name in accounts}
    carried: dict[str, int] = {}
    weights: dict[str, int] = {}
    today: date | None = None
    terms: Terms | None = None
    for i, wh in enumerate(output):
        day, _, _ = local_hour((start_utc + i * minutes * 60) // 3600)
        if day != today:
            today, now = day, terms_on(day, shares, accounts)
            if now != terms:
                terms = now
                weights, carried = weights_of(terms, shares, arrangement["designated"]), {}
        if weights:
            for name, part in allot_interval(int(wh), weights, carried, arrangement["designated"]).items():
                allotted[name][i] = part
    return allotted


def meter_of(account: Account, start_utc: int, minutes: int, delivered: list[int], allotted: list[int]) -> Meter:
    """The allotted energy stands for the received channel; a home under VSBP first offsets its own use (NBT 3.7)."""
    if not (account.program.offsets_use and account.home["customer_class"] == "residential"):
        return Meter(start_utc, minutes, delivered, allotted)
    offset = [min(used, given) for used, given in zip(delivered, allotted, strict=True)]
    imports = [used - off for used, off in zip(delivered, offset, strict=True)]
    exports = [given - off for given, off in zip(allotted, offset, strict=True)]
    return Meter(start_utc, minutes, imports, exports)
