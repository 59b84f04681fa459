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

    def entry(self, question: str, program: str) -> dict[str, Any]:
        """Its own answer, else the one of the customer's program."""
        own: dict[str, Any] = self.data["answers"]
        if question in own:
            found: dict[str, Any] = own[question]
            return found
        answers = read_yaml(self.rules / "programs" / f"{program}.yaml")["answers"]
        if question not in answers:
            raise ValueError(f"{self.name} does not say {question}")
        fallback: dict[str, Any] = answers[question]
        return fallback

    def answer(self, question: str, program: str, facts: dict[str, Any]) -> Any:
        """The value of an answer; one that is keyed by a fact takes the fact's."""
        value = self.entry(question, program)["value"]
        return value[str(facts[value["by"]])] if isinstance(value, dict) else value

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


def generation_prices(service: Service, schedule: str) -> Span[GenerationPrices]:
    """The price card for a schedule and the year the customer left; an empty list of vintages means all."""
    assert service.provider is not None
    data = service.provider.data
    for block in data["prices"]:
        vintages = block["vintages"]
        if block["schedule"] == schedule and (not vintages or str(service.crs_vintage) in vintages):
            versions = [GenerationPrices(date.fromisoformat(v["from"]), v["generation"]) for v in block["versions"]]
            return in_order(versions, data["through"])
    raise ValueError(f"{service.name} has no prices for {schedule}, vintage {service.crs_vintage}")
