"""One home's facts and its balances."""

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from . import tariff
from .clock import EVENING, TIERED
from .law import Span
from .money import dollars, whole_kwh

SCHEDULES = (*EVENING, *TIERED)
SCHEDULES_OF = {  # TOU-D SC 11; Schedule NBT Rates 1 (sheet 2); NEM notes B5, N1-3, N2-9
    "standard": SCHEDULES,
    "sbp": ("tou-d-prime", "tou-gs-1-e", "tou-gs-1-d"),
    "nem": SCHEDULES,
    "nem-st": tuple(EVENING),
}
BILLING_OPTIONS = {  # the first is the default (NEM B1, C9; BILL-04, BILL-05)
    "residential": ("annual", "monthly"),
    "small_commercial": ("annual", "monthly"),
    "large_commercial": ("monthly",),
}
POOL_OF_RULE = {"R-2023": "combined", "R-FAQ": "combined", "R-2024": "split"}
ELECTIONS = ("on_bill", "check", "opt_out", "none")
NETTED = ("nem", "nem-st")
APART = ("sbp", "nem-st")

DEFAULTS: dict[str, Any] = {
    "customer_class": "residential",
    "billing_option": None,
    "billing_option_change": None,
    "baseline_region": None,
    "heating": "basic",
    "dwelling": "single_family",
    "heat_pump_water_heater": False,
    "three_phase": False,
    "income_tier": "none",
    "billed_quantity": "computed",
    "provider": "bundled",
    "product": None,
    "crs_vintage": None,
    "pcia_per_kwh": None,
    "generation_municipal_surcharge": {},
    "switches": [],
    "nsc_elections": None,
    "service_end": None,
}
KNOWN = {
    "program": tuple(SCHEDULES_OF),
    "settlement_rule": tuple(POOL_OF_RULE),
    "nsc_election": ELECTIONS,
    "schedule": SCHEDULES,
    "customer_class": tuple(BILLING_OPTIONS),
    "heating": ("basic", "all_electric"),
    "dwelling": ("single_family", "multi_family"),
    "income_tier": ("none", "care", "fera", "medical_baseline"),
    "billed_quantity": ("computed", "as_printed"),
}


@dataclass(frozen=True)
class Account:
    """What the account file says of one home, and where the law lies."""

    home: dict[str, Any]
    rules: Path

    def __post_init__(self) -> None:
        """Refuses what no tariff knows."""
        for fact, known in KNOWN.items():
            if self.home[fact] not in known:
                raise ValueError(f"{fact} {self.home[fact]} is not known")
        if self.pool not in POOL_OF_RULE.values():
            raise ValueError(f"no credit pool {self.pool}")
        if self.home["schedule"] not in SCHEDULES_OF[self.home["program"]]:
            raise ValueError(f"{self.home['program']} is not open to schedule {self.home['schedule']}")
        if self.home["customer_class"] not in tariff.schedule(self.rules, self.home["schedule"]).customer_classes:
            raise ValueError(f"{self.home['schedule']} is not open to {self.home['customer_class']}")
        if self.home["income_tier"] != "none" and self.home["program"] != "standard":
            raise ValueError("no source gives a discount to a customer with credits")

    @property
    def schedule(self) -> str:
        """The rate schedule."""
        return str(self.home["schedule"])

    @property
    def pool(self) -> str:
        """One pool under R-2023 and R-FAQ, two under R-2024, unless the account says otherwise (NBT A1, A2)."""
        return str(self.home["credit_pool"] or POOL_OF_RULE[self.home["settlement_rule"]])

    @property
    def local_tax(self) -> Fraction:
        """The city's percentage."""
        return dollars(self.home["local_tax"])

    @property
    def filings(self) -> Span[tariff.Filing]:
        """The dated prices of its schedule."""
        return tariff.schedule(self.rules, self.schedule).filings

    def billed(self, wh: int) -> int:
        """The utility's billed quantity: exact, or whole kWh as printed (decisions 5; decision record 0008.6)."""
        return whole_kwh(wh) if self.home["billed_quantity"] == "as_printed" else wh

    def daily_price(self, filing: tariff.Filing) -> Fraction:
        """$/day; a customer's own base services charge replaces the sheet's (decisions 15)."""
        own = self.home["base_services_charge_per_day"]
        name, price = filing.daily(self.home["dwelling"])
        return dollars(own) if own is not None and name == "base_services_charge" else price

    def election(self, day: date) -> str:
        """The last dated choice up to a day, before the first the standing one (NSC-07, NSC-14)."""
        chosen = str(self.home["nsc_election"])
        for entry in sorted(self.home["nsc_elections"] or [], key=lambda entry: entry["on"]):
            if entry["choice"] not in ELECTIONS:
                raise ValueError(f"no election {entry['choice']}")
            if entry["on"] <= day:
                chosen = entry["choice"]
        return chosen


@dataclass
class Banks:
    """Balances of one ledger in cents. `export` is [delivery or the one pool, generation].

    `energy_to_date` and `energy_billed` are S and P of decision record 0009.
    """

    export: list[int] = field(default_factory=lambda: [0, 0])
    bonus: int = 0
    nsc: int = 0
    nsc_held: int = 0
    climate: int = 0
    energy_to_date: int = 0
    energy_billed: int = 0
    owed: int = 0

    def bill_energy(self) -> int:
        """What the running sum exceeds everything billed so far: a credit carries on (NEM B2; decision record 0009)."""
        billed = max(self.energy_to_date - self.energy_billed, 0)
        self.energy_billed += billed
        return billed
