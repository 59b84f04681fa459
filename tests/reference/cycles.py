"""A home's billing cycles: who serves each, under which program, and which ledger each closes."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from .account import Account
from .clock import ONE_DAY
from .programs import PROGRAMS, Program
from .provider import Service, find

BILLS_IN_A_PERIOD = 12
NOTICE = timedelta(days=60)
APRIL = 4


@dataclass(frozen=True)
class Cycle:
    """From a read date (included) to the next (excluded), under one program and service (decision record 0005).

    `closing`, `provider_closing`: why the utility's, the provider's period ends with this bill: `period`, `switch`,
    `service_end`, or not at all.
    """

    start: date
    end: date
    program: str
    law: Program  # how that program settles
    service: Service
    option: str  # annual or monthly, where the program nets
    counts: bool  # is a bill of a relevant period
    closing: str | None
    provider_closing: str | None
    again_in_month: bool  # the bill before ends in the same month, with another provider too
    early: bool  # exports are valued on the first solar bill (BILL-11; decisions 26)

    @property
    def last_day(self) -> date:
        """The last service day; its month is the month of the bill (decisions 6)."""
        return self.end - ONE_DAY

    @property
    def month(self) -> str:
        """`YYYY-MM` of the last service day."""
        return self.last_day.isoformat()[:7]

    @property
    def days(self) -> list[date]:
        """All its days."""
        return [self.start + number * ONE_DAY for number in range((self.end - self.start).days)]

    @property
    def bundled(self) -> bool:
        """The utility sells the generation too."""
        return self.service.provider is None

    @property
    def provider_ledger(self) -> bool:
        """A second ledger stands on the bill."""
        return self.service.provider is not None and self.service.provider.has_ledger

    @property
    def in_provider_ledger(self) -> bool:
        """It counts in a period of the provider's ledger."""
        return self.provider_ledger and self.law.kind != "standard"

    @property
    def credits_exports(self) -> bool:
        """Exports of its days are worth something, on this bill or on the first solar one."""
        return self.law.kind != "standard" or self.early

    @property
    def provider_nets(self) -> bool:
        """The provider's ledger nets generation per period: as the program does, or as the provider says (record 0014).

        Without credits, before solar billing, nobody nets.
        """
        if self.service.provider is None or self.law.kind == "standard":
            return False
        own = self.service.provider.value_of("netting")
        own = own[self.program] if isinstance(own, dict) else own
        if own not in ("as_the_program", "tou_bucket"):
            raise ValueError(f"no provider nets {own}")
        return own == "tou_bucket" or self.law.generation_net

    @property
    def provider_grants(self) -> bool:
        """The provider grants the generation part of export credits (EEC-07); not where it nets at retail."""
        return self.law.kind == "net_billing" and not self.provider_nets

    def facts(self, account: Account) -> dict[str, Any]:
        """What a provider's answer may be keyed by."""
        assert self.service.provider is not None
        return {
            "netting": "tou_bucket" if self.provider_nets else "none",
            "billing_option": self.option,
            "settlement_rule": self.service.provider.rule(account.home["provider_rule"]) or account.rule,
            "service": self.service.kind,
            "program": self.program,
            **{name: account.home[name] for name in ("customer_class", "billed_quantity")},
        }


def read_on_or_after(home: dict[str, Any], day: date) -> date | None:
    """The first scheduled read from a day on, if there is one."""
    return next((read for read in home["read_dates"] if read >= day), None)


def program_start(account: Account) -> date | None:
    """NEM starts on the PTO day, net billing at the first read on or after it (Schedule NBT SC 1.j; NEM P1)."""
    if account.program.kind == "standard":
        return None
    pto: date | None = account.home["pto"]
    if pto is None:
        raise ValueError(f"{account.home['program']} needs the date of permission to operate")
    return pto if account.program.has_energy_ledger else read_on_or_after(account.home, pto)


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


def is_april_bill(start: date, end: date, service: Service, before: Cycle | None) -> bool:
    """The ledger's first bill with its last service day in April, or the bill that contains all of April (CCA-03)."""
    assert service.provider is not None
    entry = service.provider.entry("true_up")
    if entry["value"] != "april":
        raise ValueError(f"no true-up in {entry['value']}")
    last = end - ONE_DAY
    if f"{last.year}-04" < entry["first"]:
        return False
    whole = start <= date(last.year, APRIL, 1) and end > date(last.year, APRIL, 30)
    already = before is not None and before.in_provider_ledger and before.service.name == service.name
    return whole or (last.month == APRIL and not (already and before is not None and before.month == f"{last:%Y-%m}"))


def cycles_of(account: Account) -> list[Cycle]:
    """Every twelfth bill closes the utility's relevant period, a short first one counted (NEM P2, Q20).

    A change of provider and the end of service close both ledgers, and the bills count anew (TRUE-06, NEM P3, D4).
    """
    home, marks = account.home, boundaries(account)
    starts, first = program_start(account), home["relevant_period_start"]
    if starts is not None and first is not None and (first < starts or first not in marks):
        raise ValueError("relevant_period_start must be a read date of the program")
    cycles: list[Cycle] = []
    bills, switches = 0, switch_days(account)
    for start, end in pairwise(marks):
        begun = starts is not None and start >= starts
        program = home["program"] if begun else account.program.before
        law = account.program if begun else PROGRAMS[program][0]
        counts = law.kind != "standard" and (first is None or start >= first)
        if law.has_energy_ledger and not counts:
            raise ValueError("energy before relevant_period_start belongs to a ledger that is not known")
        service = [service for service in services(account) if service.start <= start][-1]
        leaving = "service_end" if end == home["service_end"] else "switch" if end in switches else None
        bills += counts
        closing = (leaving or ("period" if bills == BILLS_IN_A_PERIOD else None)) if counts else None
        bills = 0 if closing else bills
        before = cycles[-1] if cycles else None
        provider_closing = closing_of_provider(start, end, program, service, leaving, before)
        again = before is not None and not before.bundled and before.month == f"{end - ONE_DAY:%Y-%m}"
        cycles.append(
            Cycle(
                start=start,
                end=end,
                program=program,
                law=law,
                service=service,
                option=billing_option(account, start),
                counts=counts,
                closing=closing,
                provider_closing=provider_closing,
                again_in_month=again,
                early=exports_early(start, begun=begun, account=account),
            )
        )
    return cycles


def exports_early(start: date, *, begun: bool, account: Account) -> bool:
    """Days from PTO to the first solar cycle: valued later, on the first solar bill (BILL-11; decisions 26)."""
    if account.program.kind != "net_billing" or begun or program_start(account) is None:
        return False
    pto: date = account.home["pto"]
    return start >= pto


def closing_of_provider(
    start: date, end: date, program: str, service: Service, leaving: str | None, before: Cycle | None
) -> str | None:
    """Why a provider's ledger closes: April, a change of service, the end of service (decision record 0010)."""
    provider, law = service.provider, PROGRAMS[program][0]
    if provider is None:
        return None
    if program not in provider.data["supports"] or law.utility not in provider.data["utilities"]:
        raise ValueError(f"{provider.name} does not support {program}")
    if law.kind == "standard" or not provider.has_ledger:
        return None
    april = is_april_bill(start, end, service, before)
    return leaving or ("period" if april else None)
