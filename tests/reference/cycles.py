"""A home's billing cycles: who serves each, under which program, and which ledger each closes."""

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from .account import Account
from .clock import ONE_DAY
from .programs import PROGRAMS
from .provider import Service
from .spans import (
    billing_option,
    boundaries,
    exports_early,
    holds,
    program_start,
    services,
    takes_part_from,
    why_it_ends,
)
from .terms import Program

BILLS_IN_A_PERIOD = 12
APRIL = 4

Numbers = dict[tuple[date, date], int]  # of bills, in their relevant period


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
    number: int  # of the bill in that period, from 1; 0 where it does not count
    closing: str | None
    provider_closing: str | None
    again_in_month: bool  # the bill before ends in the same month, with another provider too
    early: bool  # exports are valued on the first solar bill (BILL-11; decisions 26)
    first: bool  # the first bill in the program (record 0015)

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


def cycles_of(account: Account, leader: Numbers | None = None) -> list[Cycle]:
    """Every twelfth bill closes the utility's relevant period, a short first one counted (NEM P2, Q20).

    A change of provider and the end of service close both ledgers, and the bills count anew (TRUE-06, NEM P3, D4).
    `leader`: the numbers of the generating account's bills, which hold for its aggregation (record 0015; NBT 3.6.3).
    """
    home, cycles, bills = account.home, list[Cycle](), 0
    for start, end in pairwise(boundaries(account)):
        begun = holds(start, account)
        program = home["program"] if begun else account.program.before
        law = account.program if begun else PROGRAMS[program][0]
        counts = in_a_period(start, law, account)
        service = [service for service in services(account) if service.start <= start][-1]
        leaving = why_it_ends(end, account)
        if counts:
            bills = (leader or {}).get((start, end)) or bills + 1
        closing = (leaving or ("period" if bills == BILLS_IN_A_PERIOD else None)) if counts else None
        before = cycles[-1] if cycles else None
        cycles.append(
            Cycle(
                start=start,
                end=end,
                program=program,
                law=law,
                service=service,
                option=billing_option(account, start),
                counts=counts,
                number=bills if counts else 0,
                closing=closing,
                provider_closing=closing_of_provider(start, end, program, service, leaving, before),
                again_in_month=before is not None and not before.bundled and before.month == month_of(end),
                early=exports_early(start, account),
                first=begun and is_first_bill(before, account),
            )
        )
        bills = 0 if closing else bills
    return cycles


def month_of(end: date) -> str:
    """`YYYY-MM` of the last day before a read."""
    return f"{end - ONE_DAY:%Y-%m}"


def in_a_period(start: date, law: Program, account: Account) -> bool:
    """A bill counts in a relevant period from the first on, or from a stated one (decision record 0005)."""
    begins, first = program_start(account), account.home["relevant_period_start"]
    if begins is not None and first is not None and (first < begins or first not in boundaries(account)):
        raise ValueError("relevant_period_start must be a read date of the program")
    counts = law.kind != "standard" and (first is None or start >= first)
    if law.has_energy_ledger and not counts:
        raise ValueError("energy before relevant_period_start belongs to a ledger that is not known")
    return counts


def is_first_bill(before: Cycle | None, account: Account) -> bool:
    """The first bill in the account's program (record 0015), unless a stated running period began before the data."""
    if before is not None and before.law.kind != "standard":
        return False
    running = account.home["relevant_period_start"] is not None
    return not (running and takes_part_from(account) < account.home["read_dates"][0])


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
