"""Who sells the generation: a file per provider with its answers and its prices (decision record 0010)."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from .law import Span, in_order, read_yaml
from .money import dollars

BUNDLED = "bundled"
UNSAID = {  # what a file need not say
    "netting": "as_the_program",
    "bonus": "none",
    "adjustment": "none",
    "compensation": "pays_the_bill_first",
}


@dataclass(frozen=True)
class Provider:
    """One file of a community choice aggregator or of Direct Access."""

    name: str
    data: dict[str, Any]
    rules: Path

    @property
    def kind(self) -> str:
        """`cca` or `da`."""
        return str(self.data["kind"])

    @property
    def has_ledger(self) -> bool:
        """A Direct Access provider bills generation itself (decision record 0010)."""
        return self.kind != "da"

    def entry(self, question: str) -> dict[str, Any]:
        """What it answers, with all that stands beside the value."""
        if question not in self.data["answers"]:
            raise ValueError(f"{self.name} does not say {question}")
        found: dict[str, Any] = self.data["answers"][question]
        return found

    def value_of(self, question: str) -> Any:
        """The value of an answer, or that of a file which says nothing."""
        if question in UNSAID and question not in self.data["answers"]:
            return UNSAID[question]
        return self.entry(question)["value"]

    def answer(self, question: str, facts: dict[str, Any]) -> Any:
        """The value of an answer; one that is keyed by a fact takes the fact's."""
        value = self.value_of(question)
        return value[str(facts[value["by"]])] if isinstance(value, dict) else value

    def rule(self, stated: str | None) -> str | None:
        """Which of its published readings holds: the account's `provider_rule`, else its default (record 0014)."""
        block = self.data.get("settlement_rules")
        if stated is not None and (block is None or stated not in block["known"]):
            raise ValueError(f"{self.name} has no rule {stated}")
        return stated or (block["default"] if block else None)

    def dated(self, name: str, day: date) -> dict[str, Any] | None:
        """`cash_out` or `export_bonus`: the version in force on a day; nothing where the provider has none at all."""
        if name not in self.data:
            return None
        begun: list[dict[str, Any]] = [entry for entry in self.data[name] if date.fromisoformat(entry["from"]) <= day]
        if not begun:
            raise ValueError(f"{name} of {self.name} is not known for {day}")
        return max(begun, key=lambda entry: str(entry["from"]))

    def product(self, wanted: str | None) -> str:
        """The product that the customer chose, or the provider's default."""
        name = wanted or self.data.get("default_product")
        if name not in self.data["products"]:
            raise ValueError(f"{self.name} sells no product {name}")
        return str(name)


@dataclass(frozen=True)
class GenerationPrices:
    """One dated version of a provider's generation prices for a schedule and vintage."""

    start: date
    products: dict[str, Any]
    per_kwh: Fraction | None  # on every imported kWh (decision record 0014)

    def price(self, product: str, season: str, period: str) -> Fraction:
        """$/kWh of a product."""
        row = self.products.get(product, {}).get(season, {})
        if period not in row:
            raise ValueError(f"no price of {product} for {season} {period} from {self.start}")
        return dollars(row[period])


@dataclass(frozen=True)
class Service:
    """Who serves the customer, from when on. No provider: bundled service."""

    start: date
    provider: Provider | None
    product: str | None
    crs_vintage: Any

    @property
    def name(self) -> str:
        """The provider's name."""
        return BUNDLED if self.provider is None else self.provider.name

    @property
    def kind(self) -> str:
        """`bundled`, `cca` or `da`."""
        return BUNDLED if self.provider is None else self.provider.kind


@cache
def find(rules: Path, name: str) -> Provider | None:
    """The provider of a name, wherever its file lies; none is bundled service."""
    if name == BUNDLED:
        return None
    for path in sorted((rules / "programs").rglob("*.yaml")):
        data = read_yaml(path)
        if data.get("provider") == name:
            return Provider(name, data, rules)
    raise ValueError(f"no provider {name}")


def price_version(entry: dict[str, Any]) -> GenerationPrices:
    """One dated version of a price card."""
    per_kwh = dollars(entry["per_kwh"]) if "per_kwh" in entry else None
    return GenerationPrices(date.fromisoformat(entry["from"]), entry["generation"], per_kwh)


def generation_prices(service: Service, schedule: str) -> Span[GenerationPrices]:
    """The price card for a schedule and the year the customer left; an empty list of vintages means all."""
    assert service.provider is not None
    data = service.provider.data
    for block in data["prices"]:
        vintages = block["vintages"]
        if block["schedule"] == schedule and (not vintages or str(service.crs_vintage) in vintages):
            return in_order([price_version(entry) for entry in block["versions"]], data["through"])
    raise ValueError(f"{service.name} has no prices for {schedule}, vintage {service.crs_vintage}")
