"""Where a home's cycles begin and end, and from when to when its program and its services hold."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from .account import Account
from .provider import Service, find

NOTICE = timedelta(days=60)


def read_on_or_after(home: dict[str, Any], day: date) -> date | None:
    """The first scheduled read from a day on, if there is one."""
    return next((read for read in home["read_dates"] if read >= day), None)


def program_start(account: Account) -> date | None:
    """NEM starts on the PTO day, net billing at the first read on or after it (Schedule NBT SC 1.j; NEM P1).

    In an arrangement not before the account joins (record 0015).
    """
    if account.program.kind == "standard":
        return None
    pto: date | None = account.home["pto"]
    if pto is None:
        raise ValueError(f"{account.home['program']} needs the date of permission to operate")
    start = pto if account.program.has_energy_ledger else read_on_or_after(account.home, pto)
    return start if start is None else max(start, account.seat.joins or start)


def takes_part_from(account: Account) -> date:
    """Exports are worth something from permission to operate on, but not before the account joins (record 0015)."""
    pto: date = account.home["pto"]
    return max(pto, account.seat.joins or pto)


def holds(start: date, account: Account) -> bool:
    """The account's own program holds in the cycle: from its start until the account leaves (record 0015)."""
    begins, leaves = program_start(account), account.seat.leaves
    return begins is not None and begins <= start and (leaves is None or start < leaves)


def exports_early(start: date, account: Account) -> bool:
    """Days from PTO to the first solar cycle: valued later, on the first solar bill (BILL-11; decisions 26).

    Not days before an account joins an arrangement, nor of one that leaves before its first such bill (record 0015).
    """
    begins, leaves = program_start(account), account.seat.leaves
    if account.program.kind != "net_billing" or begins is None or (leaves is not None and leaves <= begins):
        return False
    return takes_part_from(account) <= start < begins


def why_it_ends(end: date, account: Account) -> str | None:
    """What ends the running periods with the bill to a day; leaving is as the end of service (record 0015; AGG-07)."""
    if end in (account.home["service_end"], account.seat.leaves):
        return "service_end"
    return "switch" if end in switch_days(account) else None


def services(account: Account) -> list[Service]:
    """The service of the first cycle and every change that takes effect (TRUE-06, CCA-05; decision record 0010)."""
    home, rules = account.home, account.rules
    first = Service(date.min, find(rules, home["provider"]), home["product"], home["crs_vintage"])
    found = [first]
    for switch in home["switches"]:
        provider = find(rules, switch["provider"])
        joins = "on_the_day" if provider is None else provider.value_of("joins")
        if joins not in ("on_the_day", "next_read_date"):
            raise ValueError(f"nobody joins {joins}")
        next_read = read_on_or_after(home, switch["on"])
        start = switch["on"] if joins == "on_the_day" else next_read
        if next_read is None or start is None:
            continue
        if start <= found[-1].start:
            raise ValueError("changes of service must take effect one after the other")
        found.append(Service(start, provider, switch.get("product"), switch.get("crs_vintage")))
    return found


def switch_days(account: Account) -> set[date]:
    """Effective days on which the provider changes; another product of the same one ends no period."""
    return {later.start for earlier, later in pairwise(services(account)) if earlier.name != later.name}


def boundaries(account: Account) -> list[date]:
    """All read dates, and inside them PTO, changes of service and the end of service (decisions 26; record 0010)."""
    reads: list[date] = account.home["read_dates"]
    if any(earlier >= later for earlier, later in pairwise(reads)):
        raise ValueError("read dates must ascend")
    end: date | None = account.home["service_end"]
    cuts = [account.home["pto"], end, *(service.start for service in services(account))]
    for day in (account.seat.joins, account.seat.leaves):
        if day is not None and reads and reads[0] < day < reads[-1] and day not in reads:
            raise ValueError("an account joins and leaves on read dates")
    inside = {cut for cut in cuts if cut is not None and reads and reads[0] < cut < reads[-1]}
    return [mark for mark in sorted({*reads, *inside}) if end is None or mark <= end]


def billing_option(account: Account, start: date) -> str:
    """The option of a cycle; a change holds from the first read date 60 days after its request (NEM B1, B4)."""
    home = account.home
    options = account.program.options[home["customer_class"]]
    option, change = home["billing_option"] or options[0], home["billing_option_change"]
    if option not in options or (change is not None and change["to"] not in options):
        raise ValueError(f"{home['customer_class']} has only {options}")
    effective = None if change is None else read_on_or_after(home, change["requested"] + NOTICE)
    return str(change["to"] if effective is not None and start >= effective else option)
