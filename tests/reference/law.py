"""Reads the rule data: dated figures of the state and of a utility. A day without one is a ValueError."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import yaml

from .money import dollars


class Dated(Protocol):
    """Something that holds from a day on."""

    @property
    def start(self) -> date:
        """Its first day."""


V = TypeVar("V", bound=Dated)


@dataclass(frozen=True)
class Amount:
    """One dated figure."""

    start: date
    value: Fraction


@dataclass(frozen=True)
class ClimateRule:
    """One dated rule of the California Climate Credit: its dollars, and the days or months that give it."""

    start: date
    usd: Fraction
    cycle_containing: tuple[tuple[int, int], ...]
    last_service_day_in: tuple[int, ...]


@dataclass(frozen=True)
class Span(Generic[V]):
    """Versions in order of their first day, attested up to and including `through`."""

    versions: tuple[V, ...]
    through: date

    def on(self, day: date) -> V:
        """The version that holds on a day; outside the covered span there is none (design, section 3)."""
        begun = [version for version in self.versions if version.start <= day]
        if not begun or day > self.through:
            raise ValueError(f"no figure is attested for {day}")
        return begun[-1]

    def starting(self, day: date) -> V:
        """The version that starts on a day."""
        return next(version for version in self.versions if version.start == day)


def read_yaml(path: Path) -> dict[str, Any]:
    """A rule file with every scalar as text."""
    if not path.is_file():
        raise ValueError(f"no rule file {path}")
    with path.open(encoding="utf-8") as file:
        loaded: dict[str, Any] = yaml.load(file, Loader=yaml.CBaseLoader)
    return loaded


def read_csv(path: Path) -> list[dict[str, str]]:
    """The rows of a price table as text."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def in_order(versions: Sequence[V], through: str) -> Span[V]:
    """Sorted by first day; two versions of one day would be two laws."""
    ordered = tuple(sorted(versions, key=lambda version: version.start))
    if len({version.start for version in ordered}) < len(ordered):
        raise ValueError("two versions start on the same day")
    return Span(ordered, date.fromisoformat(through))


def dated_amounts(path: Path) -> Span[Amount]:
    """A table of one figure with dates."""
    data = read_yaml(path)
    amounts = [Amount(date.fromisoformat(entry["from"]), dollars(entry["value"])) for entry in data["versions"]]
    return in_order(amounts, data["through"])


@cache
def energy_surcharge(rules: Path) -> Span[Amount]:
    """State energy surcharge, $/kWh (CDTFA L-971, L-1020; NBT notes 5.6)."""
    return dated_amounts(rules / "prices" / "state" / "energy-surcharge.yaml")


@cache
def rec_adder(rules: Path, utility: str) -> Span[Amount]:
    """Renewable attribute adder, $/kWh of net surplus (Schedule NBT Rates 4.a; NEM notes X5).

    Where a utility has no table nobody knows its adder, so a customer who transfers RECs to it is refused.
    """
    return dated_amounts(rules / "prices" / utility / "rec-adder.yaml")


def climate_rule(entry: dict[str, Any]) -> ClimateRule:
    """One version of the climate credit file."""
    days = [text.split("-") for text in entry.get("cycle_containing", [])]
    return ClimateRule(
        start=date.fromisoformat(entry["from"]),
        usd=dollars(entry["usd"]),
        cycle_containing=tuple((int(month), int(day)) for month, day in days),
        last_service_day_in=tuple(int(month) for month in entry.get("last_service_day_in", [])),
    )


@cache
def climate_rules(rules: Path, utility: str) -> Span[ClimateRule] | None:
    """California Climate Credit (TOU-D SC 12; decisions 31); a utility without a table has none (record 0014)."""
    path = rules / "prices" / utility / "climate-credit.yaml"
    if not path.is_file():
        return None
    data = read_yaml(path)
    return in_order([climate_rule(entry) for entry in data["versions"]], data["through"])
