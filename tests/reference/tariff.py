"""A rate schedule with its filings. A price stays text until it is asked for: `unknown` then is a ValueError."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from .law import Span, in_order, read_yaml
from .money import dollars


@dataclass(frozen=True)
class Discount:
    """What an income tier changes (TOU-D SC 8 and 9, sheet 18; NBT notes 3.2.1)."""

    share: Fraction
    exempt: Fraction  # $/kWh taken off the delivery price
    exempt_wfc: bool
    exempt_from_recovery: bool
    in_full: Fraction  # $/kWh inside the delivery price that is paid without the share
    daily_in_full: bool = False  # the daily charge is paid without the share

    @property
    def nothing(self) -> bool:
        """Full price."""
        return self.share == 0


DAILY = {"discounted": False, "in_full": True}
FULL_PRICE = Discount(Fraction(0), Fraction(0), False, False, Fraction(0))


@dataclass(frozen=True)
class Filing:
    """One filed version: $/kWh, $/day, and $/kW of a monthly demand."""

    start: date
    entry: dict[str, Any]

    def energy(self, part: str, season: str, period: str) -> Fraction:
        """Delivery or generation total of the sheet for a season and period."""
        if period not in self.entry[part].get(season, {}):
            raise ValueError(f"no {part} price for {season} {period} from {self.start}")
        return dollars(self.entry[part][season][period])

    def upper_tier(self) -> Fraction:
        """Delivery price above the allowance, where it is the same in both seasons (Schedule D)."""
        prices = {dollars(row["all_hours"]) for row in self.entry["delivery"].values()}
        if len(prices) != 1:
            raise ValueError(f"the upper tier from {self.start} differs by season")
        return prices.pop()

    def optional(self, name: str) -> Fraction | None:
        """`delivery_baseline` of a tiered rate, `baseline_credit`, `three_phase_per_day`."""
        return dollars(self.entry[name]) if name in self.entry else None

    @property
    def tiered(self) -> bool:
        """Has a price up to the allowance and one above it."""
        return "delivery_baseline" in self.entry

    @property
    def has_baseline(self) -> bool:
        """The allowance matters."""
        return self.tiered or "baseline_credit" in self.entry

    def inside(self, name: str) -> Fraction:
        """PPPC, NDC, WFC are inside delivery; CTC inside generation at SCE (NBT notes 3.2.1), else delivery."""
        return dollars({**self.entry["inside_delivery"], **self.entry.get("inside_generation", {})}[name])

    @property
    def ctc_in_delivery(self) -> bool:
        """PG&E and SDG&E: every customer pays CTC with delivery."""
        return "ctc" in self.entry["inside_delivery"]

    @property
    def nonbypassable_delivery(self) -> Fraction:
        """What the delivery total contains."""
        return sum(map(dollars, self.entry["inside_delivery"].values()), Fraction(0))

    @property
    def nonbypassable_generation(self) -> Fraction:
        """What the generation total contains: SCE's CTC."""
        return Fraction(0) if self.ctc_in_delivery else self.inside("ctc")

    @property
    def fixed_recovery(self) -> Fraction:
        """Fixed recovery charge, on top of the totals."""
        return dollars(self.entry["fixed_recovery"])

    def daily(self, dwelling: str, tier: str) -> tuple[str, Fraction] | None:
        """Name and $/day of the basic, base services or customer charge; some differ by dwelling or income tier."""
        block = self.entry.get("daily")
        if block is None:
            return None
        price = block.get("income_tiers", {}).get(tier, block["usd_per_day"])
        return block["name"], dollars(price[dwelling] if isinstance(price, dict) else price)

    def minimum(self, tier: str) -> Fraction | None:
        """Minimum charge a day, with a figure of its own for medical baseline (TOU-D sheets 2 to 5)."""
        block = self.entry.get("minimum_charge")
        if block is None:
            return None
        return dollars(block["medical_baseline" if tier == "medical_baseline" else "usd_per_day"])

    @property
    def minimum_leaves_out_wfc(self) -> bool:
        """Schedule D compares without the Wildfire Fund charge (NBT notes 7.2)."""
        return "wfc" in self.entry["minimum_charge"]["leaves_out"]

    def demand(self, kind: str, part: str) -> Fraction:
        """$/kW of a month; zero where the schedule has no such charge."""
        return dollars(self.entry.get("demand", {}).get(kind, {}).get(part, "0"))

    def discount(self, tier: str) -> Discount:
        """What the tier changes in this filing; where no source gives it, nobody knows (decision record 0008)."""
        if tier == "none":
            return FULL_PRICE
        block = self.entry.get("discounts", {}).get(tier)
        if block is None:
            raise ValueError(f"the discount of {tier} from {self.start} is not known")
        return Discount(
            share=dollars(block["share"]),
            exempt=sum(map(dollars, block["exempt_per_kwh"].values()), Fraction(0)),
            exempt_wfc="wfc" in block["exempt_per_kwh"],
            exempt_from_recovery=block["exempt_from_recovery"] == "yes",
            in_full=sum(map(dollars, block["in_full_per_kwh"].values()), Fraction(0)),
            daily_in_full=DAILY[block.get("daily", "discounted")],
        )

    def other_providers(self, name: str) -> Fraction:
        """Wildfire Fund and CTC of a customer of another provider (Schedule CCA-CRS; NEM notes D3)."""
        if "other_providers" not in self.entry:
            raise ValueError(f"what customers of other providers pay from {self.start} is not known")
        return dollars(self.entry["other_providers"][name])

    def pcia(self, crs_vintage: object) -> Fraction:
        """PCIA by the year in which the customer left bundled service (NBT notes 7.3)."""
        return self.by_vintage("pcia", crs_vintage)

    def franchise_fee(self, crs_vintage: object) -> Fraction | None:
        """$/kWh of another provider's customer by the same year, where the sheet has one (NBT notes 7.3; NBT-G2)."""
        return self.by_vintage("franchise_fee", crs_vintage) if self.has_franchise_fee else None

    @property
    def has_franchise_fee(self) -> bool:
        """The sheet prices the franchise fee of other providers' customers."""
        return "franchise_fee" in self.entry.get("other_providers", {})

    def by_vintage(self, name: str, crs_vintage: object) -> Fraction:
        """A price by the year of leaving."""
        prices = self.entry.get("other_providers", {}).get(name, {})
        if str(crs_vintage) not in prices:
            raise ValueError(f"no {name} is known for vintage {crs_vintage} from {self.start}")
        return dollars(prices[str(crs_vintage)])


@dataclass(frozen=True)
class Schedule:
    """The filings of a schedule, whose it is, and who may be on it."""

    utility: str
    filings: Span[Filing]
    customer_classes: tuple[str, ...]


@cache
def schedule(rules: Path, name: str) -> Schedule:
    """A schedule, in the folder of whichever utility has it."""
    for path in sorted((rules / "tariffs").glob(f"*/{name}.yaml")):
        data = read_yaml(path)
        filings = [Filing(date.fromisoformat(entry["from"]), entry) for entry in data["versions"]]
        return Schedule(data["utility"], in_order(filings, data["through"]), tuple(data["customer_classes"]))
    raise ValueError(f"no schedule {name}")
