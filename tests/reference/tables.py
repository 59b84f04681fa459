"""Reads the price tables: rates by month, export prices, ACC Plus, allowances, production factors."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from .clock import ONE_DAY
from .law import read_csv, read_yaml
from .money import dollars

Cell = tuple[int, int, str, int]  # year, month, day type, hour
Pair = tuple[Fraction, Fraction]  # delivery, generation


@cache
def monthly_table(rules: Path, utility: str, name: str) -> dict[str, dict[str, str]]:
    """A table by `YYYY-MM`: net surplus compensation rate, average export rate."""
    folder = rules / "prices" / utility
    data = read_yaml(folder / f"{name}.yaml")
    rows = read_csv(folder / data["data"])
    return {row["month"]: row for row in rows if data["from"] <= row["month"] <= data["through"]}


def monthly_rate(rules: Path, utility: str, name: str, month: str, column: str) -> Fraction:
    """The rate posted for the month in which a relevant period ends (NBT A15): an error where it is missing."""
    row = monthly_table(rules, utility, name).get(month)
    if row is None:
        raise ValueError(f"{name} of {utility} has no rate for {month}")
    return dollars(row[column])


@dataclass(frozen=True)
class ExportTable:
    """Export prices, $/kWh by local month, day type and hour; `repeated_hour`: whose price autumn's second 1:00 has."""

    repeated_hour: int
    cells: dict[Cell, Pair]


@cache
def export_tables(rules: Path, utility: str, vintage: str) -> Sequence[ExportTable]:
    """The tables that price a vintage (SCE Schedule NBT Rates 3.a.ii, PG&E Rates C); NBT00 is the floating series."""
    tables = []
    for header in sorted((rules / "prices" / utility).glob("export-*.yaml")):
        data = read_yaml(header)
        if vintage not in data["vintages"]:
            continue
        cells: dict[Cell, Pair] = {}
        for row in read_csv(header.parent / data["data"]):
            cell = (int(row["year"]), int(row["month"]), row["day_type"], int(row["hour_start"]))
            cells[cell] = (dollars(row["delivery"]), dollars(row["generation"]))
        tables.append(ExportTable(int(data["repeated_hour"]), cells))
    return tuple(tables)


def bonus_adder(rules: Path, owner: str, vintage: str, customer: str) -> Fraction:
    """ACC Plus, $ per exported kWh, of a utility or of a provider (Schedule NBT Rates 3.b, sheet 7; PG&E Rates D)."""
    values = read_yaml(rules / "prices" / owner / "acc-plus.yaml")["values"]
    if vintage not in values or customer not in values[vintage]:
        raise ValueError(f"no ACC Plus adder of {owner} is known for vintage {vintage}, customer {customer}")
    return dollars(values[vintage][customer])


@cache
def baseline_table(rules: Path, utility: str) -> dict[str, Any]:
    """Baseline allowances and their add-ons, kWh a day (Preliminary Statement Part H; NBT notes 7.2, 7.3)."""
    return read_yaml(rules / "prices" / utility / "baseline.yaml")


def baseline_figure(rules: Path, utility: str, group: str, name: str, day: date, season: str, heating: str) -> Fraction:
    """kWh of one day: `regions` and a region, or `add_ons` and an add-on."""
    table = baseline_table(rules, utility)
    if not date.fromisoformat(table["from"]) <= day < date.fromisoformat(table["through"]) + ONE_DAY:
        raise ValueError(f"no baseline allowance is attested for {day}")
    if name not in table[group]:
        raise ValueError(f"no baseline allowance is known for {name}")
    return dollars(table[group][name][season][heating])


@cache
def production_table(rules: Path, name: str) -> dict[str, Any]:
    """A table of production factors by name, wherever it lies (NEM T1; no utility publishes one: Q18)."""
    for path in sorted((rules / "prices").glob(f"*/{name}.yaml")):
        return read_yaml(path)
    raise ValueError(f"no table of production factors is called {name}")


def production_factor(rules: Path, name: str, zone: str, month: int) -> Fraction:
    """kWh that a kW of solar is taken to produce in a month of a climate zone (NEM T1; NBT notes 3.8)."""
    zones = production_table(rules, name)["zones"]
    if zone not in zones or len(zones[zone]) != 12:
        raise ValueError(f"{name} has no twelve factors for climate zone {zone}")
    return dollars(zones[zone][month - 1])
