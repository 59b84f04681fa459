"""One home's facts and its balances."""

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from . import tariff
from .clock import PERIODS
from .law import Span
from .money import dollars, whole_kwh
from .programs import PROGRAMS, chosen_rule, program
from .terms import Program

POOL_OF_RULE = {"R-2023": "combined", "R-FAQ": "combined", "R-2024": "split"}
ELECTIONS = ("on_bill", "check", "opt_out", "none")

DEFAULTS: dict[str, Any] = {
    "settlement_rule": None,
    "provider_rule": None,
    "credit_pool": None,
    "export_vintage": None,
    "average_export_rates": {},
    "climate_credits": {},
    "exports_limited_by": "nothing",
    "pv_kw": None,
    "climate_zone": None,
    "production_factors": None,
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
    "program": tuple(PROGRAMS),
    "nsc_election": ELECTIONS,
    "customer_class": ("residential", "small_commercial", "large_commercial"),
    "heating": ("basic", "all_electric"),
    "dwelling": ("single_family", "multi_family"),
    "income_tier": ("none", "care", "fera", "medical_baseline"),
    "billed_quantity": ("computed", "as_printed"),
    "export_vintage": (None, "floating"),
    "exports_limited_by": ("nothing", "generation_meter", "production_estimate"),
}


@dataclass(frozen=True)
class Seat:
    """What an arrangement says of one of its accounts; fees in cents (decision record 0015)."""

    joins: date | None = None
    leaves: date | None = None
    setup: int = 0
    monthly: int = 0


@dataclass(frozen=True)
class Account:
    """What the account file says of one home, and where the law lies."""

    home: dict[str, Any]
    rules: Path
    seat: Seat = field(default_factory=Seat)

    def __post_init__(self) -> None:
        """Refuses what no tariff knows."""
        for fact, known in KNOWN.items():
            if self.home[fact] not in known:
                raise ValueError(f"{fact} {self.home[fact]} is not known")
        if self.pool not in POOL_OF_RULE.values():
            raise ValueError(f"no credit pool {self.pool}")
        if self.schedule not in self.program.schedules or self.utility != self.program.utility:
            raise ValueError(f"{self.home['program']} is not open to schedule {self.schedule}")
        if self.home["customer_class"] not in tariff.schedule(self.rules, self.schedule).customer_classes:
            raise ValueError(f"{self.schedule} is not open to {self.home['customer_class']}")
        if self.home["income_tier"] not in self.program.income_tiers:
            raise ValueError("no source gives a discount to a customer with credits")
        if self.program.allocation != "none" and self.home["exports_limited_by"] != "nothing":
            raise ValueError("no rule caps paired storage in an arrangement")

    @property
    def program(self) -> Program:
        """The program that starts with solar billing; before that day another holds (`Cycle.law`)."""
        return program(self.home["program"], self.home["settlement_rule"])

    @property
    def rule(self) -> str:
        """How the program settles: the rule that the account chose, or the program's only one."""
        chosen = chosen_rule(self.home["program"], self.home["settlement_rule"])
        return str(self.program.settlement or chosen)

    @property
    def utility(self) -> str:
        """Who delivers: the schedule's utility (decision record 0014)."""
        return tariff.schedule(self.rules, self.schedule).utility

    @property
    def schedule(self) -> str:
        """The rate schedule."""
        return str(self.home["schedule"])

    @property
    def pool(self) -> str:
        """SCE: one under R-2023 and R-FAQ, two under R-2024, unless the account says otherwise (NBT A1, A2).

        PG&E and SDG&E have two banks always (NBT notes 4.2, 5.1).
        """
        if self.program.utility != "sce":
            return "split"
        return str(self.home["credit_pool"] or POOL_OF_RULE.get(self.rule, "combined"))

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

    def daily_price(self, filing: tariff.Filing) -> Fraction | None:
        """$/day; a customer's own base services charge replaces the sheet's (decisions 15)."""
        own, charge = self.home["base_services_charge_per_day"], filing.daily(self.home["dwelling"], self.tier)
        if charge is None:
            return None
        name, price = charge
        return dollars(own) if own is not None and name == "base_services_charge" else price

    @property
    def tier(self) -> str:
        """The income tier."""
        return str(self.home["income_tier"])

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

    `energy_to_date` and `energy_billed` are S and P of decision record 0009. `floor`, `minimums`: what non-bypassable
    lines and provisional minimums came to in the running period; `granted`: its export credits, ACC Plus and export
    bonus (decision record 0014). `kept_wh`: credits kept as kWh, by period as `PERIODS` orders them (record 0015).
    """

    export: list[int] = field(default_factory=lambda: [0, 0])
    bonus: int = 0
    nsc: int = 0
    nsc_held: int = 0
    climate: int = 0
    energy_to_date: int = 0
    energy_billed: int = 0
    owed: int = 0
    floor: int = 0
    minimums: int = 0
    granted: int = 0
    kept_wh: list[int] = field(default_factory=lambda: [0] * len(PERIODS))

    def start_period(self) -> None:
        """The counters of a period that has closed start again; kept kWh earn nothing (record 0015)."""
        self.floor = self.minimums = self.granted = 0
        self.kept_wh = [0] * len(PERIODS)

    def bill_energy(self) -> int:
        """What the running sum exceeds everything billed so far: a credit carries on (NEM B2; decision record 0009)."""
        billed = max(self.energy_to_date - self.energy_billed, 0)
        self.energy_billed += billed
        return billed
