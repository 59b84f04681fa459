"""One home's facts, its cycles and its balances."""

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

from . import law
from .clock import ONE_DAY
from .money import dollars

BILLS_IN_A_PERIOD = 12
PROGRAMS = ("standard", "sbp", "nem-st")
POOL_OF_RULE = {"R-2023": "combined", "R-FAQ": "combined", "R-2024": "split"}
ELECTIONS = ("on_bill", "check", "opt_out", "none")


@dataclass(frozen=True)
class Account:
    """What the account file says of one home, and where the law lies."""

    home: dict[str, Any]
    rules: Path

    def __post_init__(self) -> None:
        """Refuses what no tariff knows."""
        if self.home["program"] not in PROGRAMS:
            raise ValueError(f"no program {self.home['program']}")
        if self.home["settlement_rule"] not in POOL_OF_RULE:
            raise ValueError(f"no settlement rule {self.home['settlement_rule']}")
        if self.pool not in POOL_OF_RULE.values():
            raise ValueError(f"no credit pool {self.pool}")
        if self.home["nsc_election"] not in ELECTIONS:
            raise ValueError(f"no election {self.home['nsc_election']}")

    @property
    def pool(self) -> str:
        """One pool under R-2023 and R-FAQ, two under R-2024, unless the account says otherwise (NBT A1, A2)."""
        return str(self.home["credit_pool"] or POOL_OF_RULE[self.home["settlement_rule"]])

    @property
    def local_tax(self) -> Fraction:
        """The city's percentage."""
        return dollars(self.home["local_tax"])

    @property
    def tariff(self) -> law.Span[law.Filing]:
        """The dated prices of its schedule."""
        return law.tariff(self.rules, self.home["schedule"])

    def daily_price(self, filing: law.Filing) -> Fraction:
        """$/day; a customer's own base services charge replaces the sheet's (decisions 15)."""
        own = self.home["base_services_charge_per_day"]
        return dollars(own) if own is not None and filing.daily_name == "base_services_charge" else filing.daily


@dataclass(frozen=True)
class Cycle:
    """From a read date (included) to the next (excluded), under one program (decision record 0005)."""

    start: date
    end: date
    program: str
    counts: bool  # is a bill of a relevant period
    closes: bool  # is the bill that ends it

    @property
    def last_day(self) -> date:
        """The last service day; its month is the month of the bill (decisions 6)."""
        return self.end - ONE_DAY

    @property
    def month(self) -> str:
        """`YYYY-MM` of the last service day."""
        return self.last_day.isoformat()[:7]


def program_start(home: dict[str, Any]) -> date | None:
    """NEM-ST starts on the PTO day, net billing at the first read on or after it (Schedule NBT SC 1.j; NEM P1)."""
    if home["program"] == "standard":
        return None
    pto: date | None = home["pto"]
    if pto is None:
        raise ValueError(f"{home['program']} needs the date of permission to operate")
    if home["program"] == "nem-st":
        return pto
    return next((read for read in home["read_dates"] if read >= pto), None)


def boundaries(home: dict[str, Any]) -> list[date]:
    """All read dates, and PTO where it lies inside a cycle (decisions 26)."""
    reads: list[date] = home["read_dates"]
    if any(earlier >= later for earlier, later in pairwise(reads)):
        raise ValueError("read dates must ascend")
    pto: date | None = home["pto"]
    inside = pto is not None and bool(reads) and reads[0] < pto < reads[-1]
    return sorted({*reads, pto}) if inside and pto is not None else list(reads)


def cycles_of(home: dict[str, Any]) -> list[Cycle]:
    """Every twelfth bill of the program closes its relevant period, a short first one counted (NEM P2, Q20)."""
    marks = boundaries(home)
    starts = program_start(home)
    first: date | None = home["relevant_period_start"]
    if starts is not None and first is not None and (first < starts or first not in marks):
        raise ValueError("relevant_period_start must be a read date of the program")
    cycles, bills = [], 0
    for start, end in pairwise(marks):
        begun = starts is not None and start >= starts
        counts = begun and (first is None or start >= first)
        bills += counts
        closes = counts and bills % BILLS_IN_A_PERIOD == 0
        cycles.append(Cycle(start, end, home["program"] if begun else "standard", counts, closes))
    return cycles


@dataclass
class Banks:
    """Balances in cents. `export` is [delivery or the one pool, generation]."""

    export: list[int] = field(default_factory=lambda: [0, 0])
    bonus: int = 0
    nsc: int = 0
    nsc_held: int = 0
    climate: int = 0
    energy_to_date: int = 0
    owed: int = 0
