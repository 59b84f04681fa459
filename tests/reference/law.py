"""Reads the rule data: dated prices and price tables. A day or cell without a price is a ValueError, never a guess."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import yaml

from .clock import ONE_DAY
from .money import dollars

Cell = tuple[int, int, str, int]  # year, month, day type, hour
Pair = tuple[Fraction, Fraction]  # delivery, generation


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
def rec_adder(rules: Path) -> Span[Amount]:
    """Renewable attribute adder, $/kWh of net surplus (Schedule NBT Rates 4.a; NEM notes X5)."""
    return dated_amounts(rules / "prices" / "sce" / "rec-adder.yaml")


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
def climate_rules(rules: Path) -> Span[ClimateRule]:
    """California Climate Credit (TOU-D SC 12; decisions 31)."""
    data = read_yaml(rules / "prices" / "sce" / "climate-credit.yaml")
    return in_order([climate_rule(entry) for entry in data["versions"]], data["through"])


@cache
def monthly_table(rules: Path, name: str) -> dict[str, dict[str, str]]:
    """A table by `YYYY-MM`: net surplus compensation rate, average export rate."""
    data = read_yaml(rules / "prices" / "sce" / f"{name}.yaml")
    rows = read_csv(rules / "prices" / "sce" / data["data"])
    return {row["month"]: row for row in rows if data["from"] <= row["month"] <= data["through"]}


def monthly_rate(rules: Path, name: str, month: str, column: str) -> Fraction:
    """The rate posted for the month in which a relevant period ends (NBT A15): an error where it is missing."""
    row = monthly_table(rules, name).get(month)
    if row is None:
        raise ValueError(f"{name} has no rate for {month}")
    return dollars(row[column])


@cache
def export_table(rules: Path, vintage: str) -> dict[Cell, Pair]:
    """Export prices of a vintage, $/kWh by local month, day type and hour (Schedule NBT Rates 3.a.ii)."""
    table: dict[Cell, Pair] = {}
    for header in sorted((rules / "prices" / "sce").glob("export-*.yaml")):
        data = read_yaml(header)
        if vintage not in data["vintages"]:
            continue
        for row in read_csv(header.parent / data["data"]):
            cell = (int(row["year"]), int(row["month"]), row["day_type"], int(row["hour_start"]))
            table[cell] = (dollars(row["delivery"]), dollars(row["generation"]))
    return table


def bonus_adder(rules: Path, vintage: str, customer: str) -> Fraction:
    """ACC Plus, $ per exported kWh (Schedule NBT Rates 3.b, sheet 7)."""
    values = read_yaml(rules / "prices" / "sce" / "acc-plus.yaml")["values"]
    if vintage not in values or customer not in values[vintage]:
        raise ValueError(f"no ACC Plus adder is known for vintage {vintage}, customer {customer}")
    return dollars(values[vintage][customer])


@cache
def baseline_table(rules: Path) -> dict[str, Any]:
    """Baseline allowances and their add-ons, kWh a day (Preliminary Statement Part H; NBT notes 7.2)."""
    return read_yaml(rules / "prices" / "sce" / "baseline.yaml")


def baseline_figure(rules: Path, group: str, name: str, day: date, season: str, heating: str) -> Fraction:
    """kWh of one day: `regions` and a region, or `add_ons` and an add-on."""
    table = baseline_table(rules)
    if not date.fromisoformat(table["from"]) <= day < date.fromisoformat(table["through"]) + ONE_DAY:
        raise ValueError(f"no baseline allowance is attested for {day}")
    if name not in table[group]:
        raise ValueError(f"no baseline allowance is known for {name}")
    return dollars(table[group][name][season][heating])
