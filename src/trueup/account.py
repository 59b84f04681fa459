"""The account file: what is known of one home. `docs/account.md` explains every field."""

from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from trueup.errors import TrueupError
from trueup.periods import years_later
from trueup.quantities import PPM, cents_from_text, ppm_from_text, price_from_text, wh_from_kwh_text
from trueup.rulebook.load import TextLoader


def _text_to_ppm(value: object) -> int:
    share = value if isinstance(value, int) else ppm_from_text(str(value))
    if not 0 <= share <= PPM:
        raise ValueError("a share of the bill is between 0 and 1: 4.75 percent is '0.0475'")
    return share


def _text_to_price(value: object) -> int | None:
    price = _text_to_signed_price(value)
    if price is not None and price < 0:
        raise ValueError("a charge per day is not negative")
    return price


def _text_to_signed_price(value: object) -> int | None:
    return value if value is None or isinstance(value, int) else price_from_text(str(value))


def _text_to_watts(value: object) -> int | None:
    return value if value is None or isinstance(value, int) else wh_from_kwh_text(str(value))


def _text_to_cents(value: object) -> int:
    return value if isinstance(value, int) else cents_from_text(str(value))


DECIMAL = r"^[0-9]*\.?[0-9]+$"
Share = Annotated[
    int,
    BeforeValidator(_text_to_ppm),
    WithJsonSchema({"type": "string", "pattern": DECIMAL, "examples": ["0.0475"]}),
]
PricePerDay = Annotated[
    int | None,
    BeforeValidator(_text_to_price),
    WithJsonSchema({"type": ["string", "null"], "pattern": DECIMAL, "examples": ["0.76862"]}),
]


Amount = Annotated[
    int, BeforeValidator(_text_to_cents), WithJsonSchema({"type": "string", "pattern": DECIMAL, "examples": ["2.27"]})
]
SignedPrice = Annotated[
    int | None,
    BeforeValidator(_text_to_signed_price),
    WithJsonSchema(
        {"type": ["string", "null"], "pattern": "^-?[0-9]*\\.?[0-9]+$", "examples": ["0.02311", "-0.00412"]}
    ),
]
Power = Annotated[
    int | None,
    BeforeValidator(_text_to_watts),
    WithJsonSchema({"type": ["string", "null"], "pattern": DECIMAL, "examples": ["5.0"]}),
]
Month = Annotated[str, Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$", examples=["2026-08"])]
SAID = {
    "extra_forbidden": "there is no such field",
    "date_from_datetime_parsing": "is no date; write YYYY-MM-DD",
    "date_parsing": "is no date; write YYYY-MM-DD",
}
"""Plain words for what pydantic reports."""
Product = Annotated[str | None, Field(description="Product of the provider; where left out, its default.")]
CrsVintage = Annotated[
    int | None, Field(ge=2000, le=2099, description="Year in which the customer left bundled service (PCIA vintage).")
]


class Fact(BaseModel):
    """A dated fact of an account."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ExportRate(Fact):
    """What a surplus kWh gives back of the export credits, by part."""

    delivery: SignedPrice
    generation: SignedPrice


class Switch(Fact):
    """A change of who supplies generation."""

    on: date = Field(description="Day of the change, or from which it is asked for (the provider's file says which).")
    provider: str = Field(description="bundled, or the id of a provider's rule file.")
    product: Product = None
    crs_vintage: CrsVintage = None


class OptionChange(Fact):
    """A change of the NEM billing option."""

    requested: date = Field(description="Day of the request; it holds from the first read date 60 days later.")
    to: Literal["annual", "monthly"] = Field(description="The new option.")


class Choice(Fact):
    """A choice for net surplus compensation."""

    on: date = Field(description="Day from which it stands.")
    choice: Literal["none", "on_bill", "check", "opt_out"] = Field(description="The choice.")


class Account(BaseModel):
    """One service account and its dated facts. Days are local; a program is the id of a rule file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    account: str = Field(description="Id of the service account, as the utility prints it.")
    schedule: str = Field(description="Rate schedule, such as tou-d-prime.")
    program: str = Field(description="Program: the id of a rule file, such as sbp, nem-st, pge-nem2 or fc-nem.")
    read_dates: list[date] = Field(
        min_length=2, description="Scheduled meter read dates in order; a cycle runs from one (included) to the next."
    )
    utility: str | None = Field(None, description="The utility that delivers; follows from the schedule.")
    provider: str = Field(
        "bundled", description="Who supplies generation: bundled (the utility) or the id of a provider's rule file."
    )
    product: Product = None
    crs_vintage: CrsVintage = None
    pcia_per_kwh: SignedPrice = Field(
        None, description="PCIA in $/kWh, in quotes, where a bill shows it and the rule file has no figure."
    )
    average_export_rates: dict[Month, ExportRate] = Field(
        {},
        description="Average export rate of a true-up month as the bill shows it, where the rule files have none: "
        "{'2026-08': {delivery: '0.01', generation: '0.04'}}.",
    )
    climate_credits: dict[Month, Amount] = Field(
        {}, description="California Climate Credit that bills print, by month: {'2026-04': '58.23'}."
    )
    generation_municipal_surcharge: dict[Month, Amount] = Field(
        {}, description="What bills of another provider's customer print, in dollars by month: {'2026-08': '2.27'}."
    )
    switches: list[Switch] = Field([], description="Changes of provider, in order; each ends the relevant period.")
    customer_class: Literal["residential", "small_commercial", "large_commercial"] = Field(
        "residential", description="Customer class."
    )
    dwelling: Literal["single_family", "multi_family"] = Field("single_family", description="Kind of dwelling.")
    baseline_region: str | None = Field(None, description="Baseline region or territory, in quotes: '6', 'X'.")
    heating: Literal["basic", "all_electric"] = Field("basic", description="Kind of baseline service.")
    heat_pump_water_heater: bool = Field(False, description="A heat pump water heater: more baseline on 4-9 and 5-8.")
    three_phase: bool = Field(False, description="Three-phase service (GS-1).")
    pto: date | None = Field(None, description="Day of permission to operate. Needed by every solar program.")
    application: date | None = Field(
        None, description="Day of the interconnection request. Decides the vintage where PTO came after 2024-06-30."
    )
    relevant_period_start: date | None = Field(
        None, description="First day of a running relevant period, where read_dates do not reach back to PTO."
    )
    service_end: date | None = Field(
        None, description="Day on which service ends (itself excluded): the running period is settled on it."
    )
    billing_option: Literal["annual", "monthly"] | None = Field(
        None, description="NEM: when energy is billed; where left out, the first that the program has for the class."
    )
    billing_option_change: OptionChange | None = Field(None, description="A change of the billing option.")
    settlement_rule: str | None = Field(
        None, description="Which published reading of the program's rules holds; where left out, its default."
    )
    provider_rule: str | None = Field(
        None, description="Which published reading of the provider's rules holds; where left out, its default."
    )
    export_vintage: Literal["floating"] | None = Field(
        None, description="floating: the customer left the locked export prices, or never had them."
    )
    credit_pool: Literal["combined", "split"] | None = Field(
        None, description="One pool of export credits or two; where left out, as the settlement rule says."
    )
    nsc_election: Literal["none", "on_bill", "check", "opt_out"] = Field(
        "none", description="Choice for net surplus compensation; none: it is held until a form arrives."
    )
    nsc_elections: list[Choice] = Field(
        [], description="Later choices, in order, at least 12 months apart; each stands until changed."
    )
    acc_plus: Literal["residential", "equity", "none"] = Field(
        "none", description="Segment of the ACC Plus adder, none where the home is not eligible."
    )
    income_tier: Literal["none", "care", "fera", "medical_baseline"] = Field(
        "none", description="Discount; refused where its figures are unknown."
    )
    local_tax: Share = Field(
        "0", validate_default=True, description="Local utility tax as a share, in quotes: '0.0475'."
    )
    base_services_charge_per_day: PricePerDay = Field(
        None, description="The account's own base services charge in $/day, in quotes, where a bill shows another."
    )
    billed_quantity: Literal["computed", "as_printed"] = Field(
        "computed",
        description="computed: exact Wh; as_printed: rounded as the biller prints it, to repeat a bill.",
    )
    transfers_recs: bool = Field(
        False, description="WREGIS registration, certification and transfer of the surplus RECs are documented."
    )
    storage: bool = Field(
        False, description="A battery that may export at night; switches off the swapped-channel check."
    )
    technology: Literal["solar", "wind", "other_renewable", "fuel_cell", "biogas"] = Field(
        "solar", description="What the generator is; a fuel cell on renewable fuel is other_renewable."
    )
    storage_kw: Power = Field(None, description="Inverter rating of the battery in kW, in quotes: '5.0'.")
    storage_charges_from_grid: bool = Field(False, description="Paired storage that charges from the grid is refused.")
    exports_limited_by: Literal["nothing", "generation_meter", "production_estimate", "power_control"] = Field(
        "nothing",
        description="Whether credited export is capped: by a generation meter's recording (storage over 10 kW), by the "
        "estimated production of the solar system (smaller storage), or certified power control, which caps nothing.",
    )
    pv_kw: Power = Field(None, description="Solar in kW, in quotes; for production_estimate.")
    climate_zone: str | None = Field(None, description="Climate zone of the factor table, in quotes: '9'.")
    production_factors: str | None = Field(
        None, description="Factor table: kWh a month per kW of solar, a rule file of your own (docs/programs.md)."
    )

    @model_validator(mode="after")
    def _dates_agree(self) -> "Account":
        if self.read_dates != sorted(set(self.read_dates)):
            raise ValueError("read_dates must be in order, each once")
        if self.pto is not None and self.application is not None and self.application > self.pto:
            raise ValueError("application, the interconnection request, cannot come after pto")
        start = self.relevant_period_start
        if start is not None and (start not in self.read_dates or (self.pto is not None and start < self.pto)):
            raise ValueError("relevant_period_start must be one of the read_dates, on or after pto")
        end = self.service_end
        if end is not None and not self.read_dates[0] < end <= self.read_dates[-1]:
            raise ValueError("service_end must lie after the first of the read_dates, at the latest on the last")
        return self

    @model_validator(mode="after")
    def _changes_in_order(self) -> "Account":
        days = [switch.on for switch in self.switches]
        if days != sorted(set(days)):
            raise ValueError("switches must be in order, each on a day of its own")
        if days and days[0] <= self.read_dates[0]:
            said = f"switches: {days[0]} is not after {self.read_dates[0]}, the first of the read_dates"
            raise ValueError(f"{said}; who supplies from the beginning is `provider`")
        chosen = [choice.on for choice in self.nsc_elections]
        for earlier, later in pairwise(chosen):
            if years_later(earlier.toordinal(), 1) > later.toordinal():
                raise ValueError(f"nsc_elections: {later} comes within 12 months of {earlier} (NSC-07)")
        return self

    @classmethod
    def from_yaml(cls, path: str | Path) -> "Account":
        """Read an account file.

        Raises
        ------
        TrueupError
            E-ACCT-001 if the file cannot be read, E-ACCT-002 if a field is missing, unknown or wrong.
        """
        path = Path(path)
        try:
            data = yaml.load(path.read_text(encoding="utf-8"), Loader=TextLoader)
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise _unreadable(path, error) from None
        if not isinstance(data, dict):
            raise _unreadable(path, "it holds no fields")
        return cls.from_fields(data, str(path.name))

    @classmethod
    def from_fields(cls, data: dict[str, Any], where: str = "account") -> "Account":
        """An account from plain fields; errors as for `from_yaml`."""
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"]) or "dates"
            said = SAID.get(first["type"], first["msg"].removeprefix("Value error, "))
            raise TrueupError(
                "E-ACCT-002",
                f"{where}: {field}: {said}",
                "The account file holds the facts that decide the bill.",
                "Correct the field; docs/account.md lists every field and its values.",
            ) from None

    def with_facts(self, **changes: Any) -> "Account":
        """The same home with other facts, for comparison."""
        return Account.model_validate(self.model_dump() | changes)


def _unreadable(path: Path, reason: object) -> TrueupError:
    return TrueupError(
        "E-ACCT-001",
        f"{path}: cannot be read as an account file ({str(reason).splitlines()[0]})",
        "Without the account's facts there is nothing to bill.",
        "Give a YAML file as docs/account.md describes it.",
    )
