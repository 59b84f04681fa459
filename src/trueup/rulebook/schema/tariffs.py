"""Rate schedules and calendars."""

from datetime import date
from typing import Literal

from pydantic import Field

from trueup.rulebook.schema.base import (
    CustomerClass,
    Dated,
    DayType,
    IncomeTier,
    Price,
    PriceGrid,
    Season,
    Share,
    Strict,
    TouPeriod,
)

DemandKind = Literal["facilities", "summer_on_peak", "winter_weekday_mid_peak"]
DEMANDS: dict[DemandKind, tuple[Season | None, TouPeriod | None, bool]] = {
    "facilities": (None, None, False),
    "summer_on_peak": ("summer", "on_peak", False),
    "winter_weekday_mid_peak": ("winter", "mid_peak", True),
}
"""The hours whose largest demand is billed: season and time-of-use period (None for all), weekdays only."""


class Holiday(Strict):
    """A fixed day, or the nth weekday of a month."""

    month: int = Field(ge=1, le=12)
    day: int | None = None
    weekday: Literal["monday", "tuesday", "wednesday", "thursday", "friday"] | None = None
    nth: Literal["last"] | int | None = None


class Holidays(Strict):
    """One day-type list: its holidays count as weekend."""

    source: str
    sunday_holiday: Literal["monday", "stays"]
    saturday_holiday: Literal["friday", "stays"]
    holidays: dict[str, Holiday]


class Seasons(Strict):
    """First day (month-day) of each season."""

    source: str
    summer: str
    winter: str


class Calendar(Strict):
    """`rules/calendars/*.yaml`."""

    calendar: str
    utility: str
    from_: date = Field(alias="from")
    through: date
    seasons: Seasons
    day_types: dict[Literal["tariff", "export_prices"], Holidays]


Dwelling = Literal["single_family", "multi_family"]


class Daily(Strict):
    """A charge per day of service, for every customer or by kind of dwelling; `income_tiers` pay another one."""

    name: Literal["basic_charge", "base_services_charge", "customer_charge"]
    usd_per_day: Price | dict[Dwelling, Price]
    income_tiers: dict[IncomeTier, Price] = Field(default={})

    def price(self, dwelling: Dwelling, tier: IncomeTier = "none") -> int:
        """$/day for a kind of dwelling and an income tier, 10^-7 $."""
        of_all = self.usd_per_day[dwelling] if isinstance(self.usd_per_day, dict) else self.usd_per_day
        return self.income_tiers.get(tier, of_all)


class MinimumCharge(Strict):
    """The least that delivery energy and the basic charge come to, per day; `leaves_out` is not counted towards it."""

    usd_per_day: Price
    medical_baseline: Price
    leaves_out: list[Literal["wfc"]]


class Demand(Strict):
    """$ per kW of the largest demand in some hours of the cycle."""

    delivery: Price
    generation: Price


class Discount(Strict):
    """What an income tier does to the bill: a share off the charges, and parts of prices that are not paid at all.

    `exempt_per_kwh` is taken off the delivery price; `in_full_per_kwh` is charged without the discount; the daily
    charge bears it where `daily` says so.
    """

    source: str
    share: Share
    daily: Literal["discounted", "in_full"] = "discounted"
    exempt_per_kwh: dict[str, Price]
    exempt_from_recovery: Literal["yes", "no"]
    in_full_per_kwh: dict[str, Price]


class OtherProviders(Strict):
    """The cost responsibility surcharge of customers of another provider; by the year they left (vintage).

    `wfc` and `ctc` stand here where the utility prints them apart for these customers; else they stay inside delivery.
    """

    source: str
    wfc: Price | None = None
    ctc: Price | None = None
    pcia: dict[str, Price]
    franchise_fee: dict[str, Price] = Field(default={})


class Split(Strict):
    """The parts of the delivery total that are not non-bypassable, where a source prints them."""

    everywhere: dict[str, Price]
    distribution: PriceGrid


class TariffVersion(Dated):
    """One filing of a schedule: all its prices, $/kWh, $/day and $/kW.

    `baseline_credit` is taken off each kWh up to the baseline allowance; a tiered rate instead names the delivery price
    up to the allowance, `delivery_baseline`, and `delivery` is the price above it. `bundled_pcia` is what bundled
    customers pay for the same purpose as others their PCIA, and stands neither in delivery nor in generation.
    """

    delivery: PriceGrid
    generation: PriceGrid
    baseline_credit: Price | None = None
    delivery_baseline: Price | None = None
    inside_delivery: dict[Literal["pppc", "ndc", "wfc", "ctc"], Price]
    inside_generation: dict[Literal["ctc"], Price] = Field(default={})
    bundled_pcia: Price | None = None
    fixed_recovery: Price
    regulatory_fee: Price | None = None
    daily: Daily | None = None
    three_phase_per_day: Price | None = None
    minimum_charge: MinimumCharge | None = None
    demand: dict[DemandKind, Demand] = Field(default={})
    discounts: dict[Literal["care", "fera", "medical_baseline"], Discount] = Field(default={})
    other_providers: OtherProviders | None = None
    split: Split | None = None

    def discount(self, tier: IncomeTier) -> Discount | None:
        """The discount of an income tier; None where there is none or no source gives it."""
        return None if tier == "none" else self.discounts.get(tier)


TouDay = dict[TouPeriod, str]


class Periods(Strict):
    """Hours of each time-of-use period, by season and day type; one period per day type takes the `rest`."""

    source: str
    summer: dict[DayType, TouDay]
    winter: dict[DayType, TouDay]


class BaselineService(Strict):
    """Which table holds the allowances of a schedule, and which add-ons count under it."""

    allowances: str
    add_ons: list[Literal["heat_pump_water_heater"]]


class Schedule(Strict):
    """`rules/tariffs/<utility>/*.yaml`: one rate schedule with all its dated versions.

    `open_to` names programs that take the schedule beside those that list it themselves. `unofficial` says what a file
    that no filed tariff stands behind cannot tell; bills under it say so.
    """

    schedule: str
    title: str
    utility: str
    customer_classes: list[CustomerClass]
    open_to: list[str] = Field(default=[])
    unofficial: list[str] = Field(default=[])
    calendar: str
    through: date
    through_source: str
    periods: Periods
    baseline: BaselineService | None = None
    versions: list[TariffVersion]
