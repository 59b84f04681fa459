"""Figures of the rule files against published ones."""

import csv
import gzip
import json
import re
from datetime import date
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from trueup.quantities import Ints, price_text
from trueup.rulebook import Rules
from trueup.rulebook.book import holidays_observed
from trueup.rulebook.prices import BASES


def index_of(rules: Rules, name: str = "sce") -> Ints:
    """Index of a utility, and of its calendar."""
    assert rules.utilities == rules.calendar.names
    return np.array([rules.utilities.index(name)])


def prices(rules: Rules, vintage: int, day: date, hour: int, utility: str = "sce") -> tuple[str, str]:
    """Delivery and generation export price of an hour, as the engine looks it up."""
    ordinal = np.array([day.toordinal()])
    own = index_of(rules, utility)
    day_type = rules.calendar.at(rules.calendar.export_day_type, own, ordinal)
    row = rules.exports.row(own, np.array([vintage]), np.array([12 * day.year + day.month - 1]), day_type)[0]
    delivery, generation = rules.exports.prices[row, :, hour]
    return price_text(int(delivery)), price_text(int(generation))


@pytest.mark.rule("EEC-01", "EEC-03")
@pytest.mark.parametrize(
    ("day", "hour", "delivery", "generation"),
    [
        (date(2026, 7, 3), 10, "0.00123", "0.05764"),
        (date(2026, 7, 4), 10, "0.00045", "0.02609"),
        (date(2026, 9, 7), 16, "0.08218", "0.04220"),
        (date(2026, 9, 8), 16, "0.00240", "0.06778"),
    ],
    ids=["friday before a saturday holiday", "saturday holiday", "labor day", "weekday"],
)
def test_nbt_g9_export_price_look_ups_of_vintage_2026(
    day: date, hour: int, delivery: str, generation: str, rules: Rules
) -> None:
    assert prices(rules, 2026, day, hour) == (delivery, generation)


@pytest.mark.rule("EEC-04")
@pytest.mark.parametrize(
    ("vintage", "day", "found"),
    [
        (2023, date(2025, 7, 15), ("0.00826", "0.05349")),
        (2024, date(2026, 7, 15), ("0.00882", "0.05753")),
        (2025, date(2025, 7, 15), ("0.00115", "0.05262")),
        (2025, date(2026, 7, 15), ("0.00123", "0.05764")),
    ],
)
def test_a_vintage_keeps_its_own_prices(vintage: int, day: date, found: tuple[str, str], rules: Rules) -> None:
    assert prices(rules, vintage, day, 10) == found


@pytest.mark.rule("EEC-01")
@pytest.mark.parametrize(
    ("vintage", "day", "hour", "generation", "delivery"),
    [
        (2026, date(2026, 7, 15), 19, "0.10708", "0.35038"),
        (2026, date(2026, 7, 15), 15, "0.05522", "0.00119"),
        (2026, date(2026, 7, 15), 12, "0.05686", "0.00077"),
        (2023, date(2024, 9, 10), 19, "3.84015", "0.06323"),
        (2023, date(2024, 1, 1), 0, "0.05372", None),
        (2000, date(2026, 7, 15), 19, "0.10708", "0.35038"),
    ],
    ids=["peak", "part-peak", "noon", "a September evening", "New Year, 08:00 UTC", "the floating series"],
)
def test_nbt_g10_cells_of_pge(
    vintage: int, day: date, hour: int, generation: str, delivery: str | None, rules: Rules
) -> None:
    found = prices(rules, vintage, day, hour, "pge")
    assert found[1] == generation
    assert delivery is None or found[0] == delivery


def test_every_cell_of_pge_s_published_tables_stands_in_ours(rules: Rules, shared: Path) -> None:
    """Sampled rows of PG&E's own upload files, up to the year from which its labels drift (NBT 2.3)."""
    with gzip.open(shared / "data/eec/pge/nbt26.json.gz", "rt") as file:
        data = json.load(file)["data"]
    pge = index_of(rules, "pge")
    for year in ("2026", "2030", "2034"):
        for month in range(12):
            for day_type in (0, 1):
                row = rules.exports.row(
                    pge, np.array([2026]), np.array([12 * int(year) + month]), np.array([day_type])
                )[0]
                for part, name in enumerate(("delivery", "generation")):
                    wanted = [Fraction(str(value)) * 10**7 for value in data[year][name][month][day_type]]
                    assert rules.exports.prices[row, part].tolist() == wanted


@pytest.mark.rule("EEC-04")
@pytest.mark.parametrize(
    ("vintage", "year", "known"),
    [(2023, 2023, True), (2024, 2023, False), (2024, 2024, True), (2026, 2025, False), (2026, 2026, True),
     (2025, 2027, True), (2025, 2028, False), (2022, 2025, False), (2027, 2027, False), (0, 2025, False)],
)  # fmt: skip
def test_a_vintage_has_no_price_before_its_first_year_nor_beyond_its_table(
    vintage: int, year: int, known: bool, rules: Rules
) -> None:
    row = rules.exports.row(index_of(rules), np.array([vintage]), np.array([12 * year + 5]), np.array([0]))[0]
    assert (row > 0) == known


@pytest.mark.rule("EEC-01")
@pytest.mark.parametrize(
    ("year", "expected"),
    [
        (2026, ["01-01", "02-16", "05-25", "07-04", "09-07", "11-11", "11-26", "12-25"]),
        (2023, ["01-01", "01-02", "02-20", "05-29", "07-04", "09-04", "11-11", "11-23", "12-25"]),
        (2027, ["01-01", "02-15", "05-31", "07-04", "07-05", "09-06", "11-11", "11-25", "12-25"]),
    ],
)
def test_sce_moves_a_sunday_holiday_to_monday_and_a_saturday_one_to_no_day(
    year: int, expected: list[str], rules: Rules
) -> None:
    for days in rules.book.calendars["sce"].day_types.values():
        assert sorted(day.strftime("%m-%d") for day in holidays_observed(days, year)) == expected


def test_every_price_of_the_filed_sheet_of_2025_06_01_stands_in_the_schedule(rules: Rules, shared: Path) -> None:
    filed = json.loads((shared / "data/rates/sce_tou_d_2025-06-01.json").read_text(), parse_float=Fraction)
    sheet = filed["options"]["TOU-D-PRIME"]
    version = next(v for v in rules.book.schedules["tou-d-prime"].versions if v.from_ == date(2025, 6, 1))
    names = {"transmission": "transmission", "nsgc": "new_system_generation", "cia": "conservation_incentive",
             "dwra": "dwr_refund", "pucrf": "puc_reimbursement"}  # fmt: skip
    assert version.split is not None
    for season, prices_by_period in sheet["energy_usd_per_kwh"].items():
        for tou, printed in prices_by_period.items():
            parts = printed["delivery_components"]
            assert version.delivery[season][tou] == printed["delivery_total"] * 10**7
            assert version.generation[season][tou] == printed["generation_ug"] * 10**7
            assert version.split.distribution[season][tou] == parts["distribution"] * 10**7
            assert sum(parts.values()) == printed["delivery_total"], "the published total is that of its components"
            for short, ours in names.items():
                assert version.split.everywhere[ours] == parts[short] * 10**7
            for part in ("pppc", "ndc", "wfc"):
                assert version.inside_delivery[part] == parts[part] * 10**7  # type: ignore[index]
    assert version.fixed_recovery == sheet["fixed_recovery_charge_usd_per_kwh"] * 10**7
    assert version.daily.usd_per_day == sheet["basic_charge_usd_per_meter_day"] * 10**7


def test_every_row_of_the_prime_table_of_the_tariff_notes_stands_in_the_schedule(rules: Rules, shared: Path) -> None:
    text = (shared / "spec/tariffs-nbt.md").read_text()
    table = text.split("TOU-D-PRIME (columns")[1].split("No minimum charge")[0]
    rows = re.findall(r"^\| (\d{4}-\d\d-\d\d) \(.*?\) \|(.*)\|$", table, re.M)
    versions = {str(v.from_): v for v in rules.book.schedules["tou-d-prime"].versions}
    assert [day for day, _ in rows] == list(versions)
    for day, cells in rows:
        *energy, daily, recovery = [cell.strip().removeprefix("BSC ") for cell in cells.split("|")]
        version = versions[day]
        periods = [("summer", "on_peak"), ("summer", "mid_peak"), ("summer", "off_peak"), ("winter", "mid_peak"),
                   ("winter", "off_peak")]  # fmt: skip
        for (season, tou), cell in zip(periods, energy, strict=True):
            delivery, generation = (Fraction(part) * 10**7 for part in cell.split("+"))
            assert (version.delivery[season][tou], version.generation[season][tou]) == (delivery, generation)  # type: ignore[index]
        assert version.daily.usd_per_day == Fraction(daily) * 10**7
        assert version.fixed_recovery == Fraction(recovery) * 10**7
    parts = text.split("SCE NBC components")[1].split("(Negative CTC")[0]
    for day, pppc, ndc, wfc, total, ctc in re.findall(
        r"^\| (\d{4}-\d\d-\d\d) \|(.*)\|(.*)\|(.*)\|(.*)\|(.*)\|$", parts, re.M
    ):
        version = versions[day]
        found = [
            *version.inside_delivery.values(),
            sum(version.inside_delivery.values()),
            version.inside_generation["ctc"],
        ]
        assert found == [Fraction(cell.strip()) * 10**7 for cell in (pppc, ndc, wfc, total, ctc)]


def test_the_spot_checked_cells_of_nbt26_are_the_published_ones(rules: Rules, shared: Path) -> None:
    with (shared / "data/eec/sce_nbt26_2026_published_spotcheck.csv").open() as file:
        cells = list(csv.DictReader(file))
    for cell in cells:
        month, day_type = np.array([12 * 2026 + int(cell["month"]) - 1]), np.array([cell["day_type"] != "weekday"]) * 1
        row = rules.exports.row(index_of(rules), np.array([2026]), month, day_type)[0]
        part = ("delivery", "generation").index(cell["component"])
        hour = int(cell["hour_start"])
        assert rules.exports.prices[row, part, hour] == Fraction(cell["published_usd_per_kwh"]) * 10**7
        assert BASES[rules.exports.basis[row, part, hour]] == "published"
    assert len(cells) == 552


def test_every_cell_of_the_published_nbt24_table_stands_in_ours(rules: Rules, shared: Path) -> None:
    with gzip.open(shared / "data/eec/sce_nbt24_2024_2034_published.csv.gz", "rt") as file:
        cells = list(csv.DictReader(file))
    for cell in cells:
        month = np.array([12 * int(cell["year"]) + int(cell["month"]) - 1])
        row = rules.exports.row(
            index_of(rules), np.array([2024]), month, np.array([cell["day_type"] != "weekday"]) * 1
        )[0]
        found = rules.exports.prices[row, :, int(cell["hour_start"])]
        wanted = [Fraction(cell[f"{part}_usd_per_kwh"]) * 10**7 for part in ("delivery", "generation")]
        assert list(found) == wanted
    assert len(cells) == 11 * 576


@pytest.mark.parametrize(
    ("month", "rate"), [("2023-09", "0.06818"), ("2025-09", "0.01645"), ("2026-06", "0.01815"), ("2026-09", "0.01825")]
)
def test_published_surplus_rates(month: str, rate: str, rules: Rules) -> None:
    index = 12 * int(month[:4]) + int(month[5:]) - 1
    assert price_text(int(rules.surplus_rate.at(index_of(rules), np.array([index]))[0, 0])) == rate


def test_the_published_rules_are_those_of_the_source_documents(rules: Rules, shared: Path) -> None:
    rows = re.findall(r"^\| ([A-Z]+-\d\d) \| ([A-Z ]+) \|", (shared / "spec/rules.md").read_text(), re.M)
    ours = {name: rule.documents for name, rule in rules.book.published.rules.items()}
    assert ours == {name: codes.split() for name, codes in rows}
    assert len(ours) == 117
