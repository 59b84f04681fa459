"""The shapes of rule files. A file that skips a question, names an unknown key or breaks a date does not load."""

from datetime import date
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from trueup.quantities import UNKNOWN, cents_from_text, price_from_text

SEASONS = ("summer", "winter")
TOU_PERIODS = ("on_peak", "mid_peak", "off_peak", "super_off_peak")
BUCKETS = tuple((season, tou) for season in SEASONS for tou in TOU_PERIODS)
"""Season and time-of-use period of each bucket, in the order of every bucket axis."""


def _price(text: object) -> int:
    if text == "unknown":
        return UNKNOWN
    return text if isinstance(text, int) else price_from_text(str(text))


def _date_or_none(text: object) -> object:
    return None if text == "unknown" else text


def _cents(text: object) -> int:
    return cents_from_text(str(text))


Price = Annotated[int, BeforeValidator(_price)]
Cents = Annotated[int, BeforeValidator(_cents)]
KnownDate = Annotated[date | None, BeforeValidator(_date_or_none)]
"""A date, or None where the file says `unknown`."""

Season = Literal["summer", "winter"]
TouPeriod = Literal["on_peak", "mid_peak", "off_peak", "super_off_peak"]
DayType = Literal["weekday", "weekend_holiday"]
PriceGrid = dict[Season, dict[TouPeriod, Price]]


class Strict(BaseModel):
    """A part of a rule file: every key known, nothing changed after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Source(Strict):
    """A document that figures are cited from."""

    title: str
    where: str
    effective: KnownDate
    read: Literal["tariff", "web", "transcript", "decision"]


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


class Dated(Strict):
    """The head of a version: one filing."""

    from_: date = Field(alias="from")
    known: KnownDate
    source: str


class Daily(Strict):
    """A charge per day of service."""

    name: Literal["basic_charge", "base_services_charge"]
    usd_per_day: Price


class Split(Strict):
    """The parts of the delivery total that are not non-bypassable, where a source prints them."""

    everywhere: dict[str, Price]
    distribution: PriceGrid


class TariffVersion(Dated):
    """One filing of a schedule: all its prices, $/kWh and $/day."""

    delivery: PriceGrid
    generation: PriceGrid
    inside_delivery: dict[Literal["pppc", "ndc", "wfc"], Price]
    inside_generation: dict[Literal["ctc"], Price]
    fixed_recovery: Price
    daily: Daily
    split: Split | None = None


TouDay = dict[TouPeriod, str]


class Periods(Strict):
    """Hours of each time-of-use period, by season and day type; one period per day type takes the `rest`."""

    source: str
    summer: dict[DayType, TouDay]
    winter: dict[DayType, TouDay]


class IncomeTiers(Strict):
    """What each discount does to the bill; `unknown` where its figures are not given in full."""

    source: str
    none: Literal["full_price"]
    care: Literal["unknown"]
    fera: Literal["unknown"]
    medical_baseline: Literal["unknown"]


class Schedule(Strict):
    """`rules/tariffs/<utility>/*.yaml`: one rate schedule with all its dated versions."""

    schedule: str
    title: str
    utility: str
    customer_classes: list[str]
    calendar: str
    through: date
    through_source: str
    periods: Periods
    income_tiers: IncomeTiers
    versions: list[TariffVersion]


class Basis(Strict):
    """How a price cell came to us."""

    means: str
    source: str


class Table(Strict):
    """Head of a price table."""

    table: str
    utility: str
    title: str = ""
    rules: list[str]


class ExportPrices(Table):
    """Hourly export prices by vintage: one row a cell in the CSV beside it."""

    kind: Literal["export_prices"]
    vintages: list[str]
    calendar: str
    from_: date = Field(alias="from")
    through: date
    source: str
    basis: dict[Literal["published", "rebuilt", "derived"], Basis]
    data: str
    sha256: str


class Monthly(Table):
    """A price per calendar month, in the CSV beside it."""

    kind: Literal["monthly"]
    columns: list[str]
    from_: str = Field(alias="from")
    through: str
    source: str
    data: str
    sha256: str


class ByVintage(Table):
    """A price by vintage and segment; `vintage_source` says which vintage an account has."""

    kind: Literal["by_vintage"]
    from_: date = Field(alias="from")
    through: date
    source: str
    vintage_source: str
    values: dict[str, dict[Literal["residential", "equity", "none"], Price]]


class DatedValue(Dated):
    """A price that holds from a day on."""

    value: Price


class DatedPrices(Table):
    """A price with dated versions."""

    kind: Literal["dated"]
    through: date
    versions: list[DatedValue]


class CreditEvents(Dated):
    """An amount given in certain cycles."""

    usd: Cents
    cycle_containing: list[str] = []
    last_service_day_in: list[int] = []


class CreditSeries(Table):
    """A dated amount that some cycles receive."""

    kind: Literal["credit_events"]
    through: date
    versions: list[CreditEvents]


T = TypeVar("T")


class Answer(Strict, Generic[T]):
    """One answer of a program: a value and its source, or one for each value of a fact named in `by`."""

    value: T | dict[str, T | str]
    source: str | dict[str, str]
    rules: list[str]

    def cited(self, **facts: str) -> str:
        """The source of the answer for an account's facts."""
        return self.source if isinstance(self.source, str) else self.source[facts[self.source["by"]]]

    def given(self, **facts: str) -> T | None:
        """The answer for an account's facts; None where the file has none for them."""
        if isinstance(self.value, dict) and "by" in self.value:
            return self.value.get(facts[str(self.value["by"])])  # type: ignore[return-value]
        return self.value  # type: ignore[return-value]


class Answers(Strict):
    """The questionnaire: what every program must say. docs/programs.md explains each question."""

    starts: Answer[Literal["at_once", "pto", "first_read_on_or_after_pto"]]
    early_exports: Answer[Literal["worth_nothing", "granted_on_first_bill"]]
    netting: Answer[Literal["none", "tou_bucket"]]
    netting_interval: Answer[Literal["60", "15"]]
    export_value: Answer[Literal["nothing", "retail_less_nonbypassable", "export_price_table"]]
    lock_in_years: Answer[str]
    nonbypassable: Answer[Literal["inside_energy", "apart_on_imports", "apart_on_positive_net"]]
    recovery_charge: Answer[Literal["imports", "positive_net_of_buckets"]]
    fixed_charges: Answer[Literal["daily"]]
    billed_quantity: Answer[Literal["exact_wh"]]
    energy_billed: Answer[Literal["monthly", "yearly"]]
    state_surcharge: Answer[Literal["imports", "positive_net_of_cycle"]]
    local_tax: Answer[Literal["exact_charges", "exact_charges_after_credits", "printed_charges_and_positive_energy"]]
    credit_pays: Answer[list[Literal["delivery", "generation"]]]
    credit_pool: Answer[Literal["none", "combined", "split"]]
    bonus: Answer[Literal["none", "acc_plus"]]
    climate_credit: Answer[Literal["rolls_over", "paid_out_at_settlement"]]
    relevant_period: Answer[Literal["none", "twelve_bills"]]
    settlement: Answer[list[Literal["earlier_months", "adjustment", "reconcile_energy"]]]
    left_over: Answer[Literal["none", "forfeited", "carried"]]
    adjustment: Answer[Literal["none", "average_export_rate"]]
    surplus_eligible: Answer[list[Literal["bundled"]]]
    surplus_price: Answer[Literal["none", "nscr"]]
    without_election: Answer[Literal["hold", "forfeit"]]
    elections: Answer[list[Literal["on_bill", "check", "opt_out", "none"]]]
    allocation: Answer[Literal["none"]]
    storage_limit: Answer[Literal["none", "generation_meter"]]
    fees: Answer[Literal["none"]]
    lasts_years: Answer[str]
    followed_by: Answer[str]


SETTLEMENTS: tuple[list[str], ...] = (
    [],
    ["earlier_months", "adjustment"],
    ["adjustment", "earlier_months"],
    ["reconcile_energy"],
)
"""The orders of settlement steps that the engine knows."""


class SettlementRules(Strict):
    """Published generations of a settlement, one the default."""

    default: str
    known: list[str]


class Program(Strict):
    """`rules/programs/*.yaml`: a program's answers to the questionnaire."""

    program: str
    title: str
    utility: str
    schedules: list[str]
    schedules_source: str
    customer_classes: list[str]
    providers: list[str]
    settlement_rules: SettlementRules | None = None
    answers: Answers


class Document(Strict):
    """A source document of the published rules."""

    title: str
    where: str


class PublishedRule(Strict):
    """One rule that the source documents state."""

    documents: list[str]
    title: str


class Published(Strict):
    """`rules/published.yaml`."""

    documents: dict[str, Document]
    rules: dict[str, PublishedRule]
