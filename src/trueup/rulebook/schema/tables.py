"""Price tables."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from trueup.rulebook.schema.base import Cents, CustomerClass, Dated, Energy, Price, Season, Strict


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


class Calculator(Strict):
    """The Avoided Cost Calculator behind a vintage, approved as of January 1 of its year."""

    name: str
    approved: str


class ExportPrices(Table):
    """Hourly export prices by vintage: one row a cell in the CSV beside it.

    `repeated_hour` is the clock hour whose price the second 01:00 of the autumn day takes.
    """

    kind: Literal["export_prices"]
    vintages: list[str]
    calendar: str
    from_: date = Field(alias="from")
    through: date
    source: str
    repeated_hour: Literal["1", "2"]
    calculator: dict[str, Calculator]
    basis: dict[Literal["published", "rebuilt", "derived"], Basis]
    data: str
    sha256: str


class Monthly(Table):
    """A price per calendar month, in the CSV beside it; `before` says what holds in earlier months."""

    kind: Literal["monthly"]
    columns: list[str]
    from_: str = Field(alias="from")
    through: str
    before: Literal["unknown", "nothing"] = "unknown"
    source: str
    data: str
    sha256: str


class Reference(Strict):
    """A table of another utility."""

    utility: str
    table: str


class SameAs(Table):
    """A table that is another utility's table."""

    kind: Literal["same_as"]
    through: date
    source: str
    of: Reference


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
    cycle_containing: list[str] = Field(default=[])
    last_service_day_in: list[int] = Field(default=[])


class CreditSeries(Table):
    """A dated amount that some cycles receive."""

    kind: Literal["credit_events"]
    through: date
    versions: list[CreditEvents]


Allowances = dict[Season, dict[Literal["basic", "all_electric"], Energy]]


class Baseline(Table):
    """Baseline allowances per day by region, and what is added to them; Wh here, kWh in the file."""

    kind: Literal["baseline"]
    from_: date = Field(alias="from")
    through: date
    source: str
    regions: dict[str, Allowances]
    add_ons: dict[Literal["heat_pump_water_heater", "medical_baseline"], Allowances]


class ProductionFactors(Table):
    """What a kW of solar is taken to make in each month, Wh here and kWh in the file, by climate zone."""

    kind: Literal["production_factors"]
    status: Literal["published", "sample"]
    source: str
    zones: dict[str, Annotated[list[Energy], Field(min_length=12, max_length=12)]]


class BackBillingLimit(Dated):
    """How many months back an undercharge may be billed, by customer class."""

    months: dict[CustomerClass, int]


class BackBilling(Strict):
    """`rules/back-billing.yaml`."""

    title: str
    rules: list[str]
    versions: list[BackBillingLimit]

    def months(self, customer_class: CustomerClass, on: date) -> int:
        """The limit that holds on a day for a customer class, in months."""
        held = [version for version in self.versions if version.from_ <= on]
        return (held or self.versions)[-1].months[customer_class]
