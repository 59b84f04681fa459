"""Published price files in all their forms give the same cells."""

import csv
import gzip
import json
import random
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from tests.price_files.made import (
    HEAD,
    SHEET_HEAD,
    Row,
    cells,
    holidays,
    made_price,
    sheet_rows,
    shipped,
    upload_rows,
    write_csv,
)
from trueup.errors import TrueupError
from trueup.price_files import PriceCells, read_price_files, words
from trueup.price_files.clock import pacific_time
from trueup.quantities import price_from_text


def price_of(found: PriceCells, year: int, month: int, day_type: int, hour: int, component: int) -> int:
    return int(found.months.prices[12 * year + month - 1 - found.months.first_month, day_type, hour, component])


def same(one: PriceCells, other: PriceCells) -> bool:
    return one.months.first_month == other.months.first_month and bool(
        (one.months.prices == other.months.prices).all() and (one.months.basis == other.months.basis).all()
    )


@pytest.mark.rule("EEC-02", "EEC-03")
def test_every_month_day_type_hour_and_part_has_its_own_price(year_file: Path) -> None:
    found = read_price_files(year_file)
    assert (found.utility, found.vintage, found.years, found.repeated_hour) == ("sce", "NBT26", (2026, 2026), 2)
    for cell in cells(2026, 2026):
        assert price_of(found, *cell) == price_from_text(made_price(*cell)), cell


@pytest.mark.rule("EEC-05")
def test_the_upload_file_and_the_pacific_sheet_hold_the_same_prices(year_file: Path, sheet_file: Path) -> None:
    assert same(read_price_files(year_file), read_price_files([sheet_file], vintage="NBT26", utility="sce"))


@pytest.mark.parametrize("repeated", [1, 2])
def test_the_repeated_hour_is_the_one_that_the_file_names(repeated: int, tmp_path: Path) -> None:
    found = read_price_files(write_csv(tmp_path / "a.csv", upload_rows(2026, 2026, repeated=repeated)))
    assert found.repeated_hour == repeated


def test_a_file_as_pge_writes_it_tells_its_days_and_its_saturday_holidays(tmp_path: Path) -> None:
    rows = upload_rows(2026, 2027, code="PG", days_told=True)
    found = read_price_files(write_csv(tmp_path / "pge.csv", rows, end="\r\n", bom=True))
    assert found.utility == "pge"
    observed = holidays(2026, True) | holidays(2027, True)
    assert set(found.holidays or ()) == {day for day in observed if day.weekday() < 5}
    assert [str(day) for day in found.holidays or ()][3] == "2026-07-03"


def test_a_file_without_day_numbers_tells_holidays_by_its_labels(year_file: Path) -> None:
    told = [f"{day:%m-%d}" for day in read_price_files(year_file).holidays or ()]
    assert told == ["01-01", "02-16", "05-25", "09-07", "11-11", "11-26", "12-25"]


def test_order_of_rows_and_of_files_and_how_they_are_split_do_not_matter(year_rows: list[Row], tmp_path: Path) -> None:
    mixed = list(year_rows)
    random.Random(1).shuffle(mixed)
    generation, delivery = ([row for row in year_rows if word in row[0]] for word in ("XXSC", "SCXX"))
    one = read_price_files(write_csv(tmp_path / "mixed.csv", mixed))
    parts = [write_csv(tmp_path / "g.csv", generation), write_csv(tmp_path / "d.csv", delivery)]
    assert same(one, read_price_files(parts))
    assert same(one, read_price_files(parts[::-1]))


def test_padding_spaces_order_of_columns_and_other_headings_do_not_matter(
    year_rows: list[Row], year_file: Path, tmp_path: Path
) -> None:
    rows = [[*row, "note"] for row in year_rows]
    for row in rows:
        row[2] = "/".join(str(int(part)) for part in row[2].split("/"))
        row[3], row[5], row[9] = f"0{row[3]}"[-8:], f"0{row[5]}"[-8:], f" {row[9]} "
    head = [f" {name.lower()}" for name in HEAD] + ["Remarks"]
    head[0] = "RateLookupID"
    turned = [row[::-1] for row in rows]
    assert same(read_price_files(year_file), read_price_files(write_csv(tmp_path / "b.csv", turned, head[::-1])))


def test_an_end_that_is_the_start_of_the_next_hour_is_an_hour_too(year_rows: list[Row], tmp_path: Path) -> None:
    rows = [list(row) for row in year_rows]
    rows[0][5] = "9:00:00"
    assert read_price_files(write_csv(tmp_path / "a.csv", rows)).years == (2026, 2026)


def test_the_floating_series_is_a_vintage_of_its_own(tmp_path: Path) -> None:
    assert read_price_files(write_csv(tmp_path / "a.csv", upload_rows(2026, 2026, vintage="00"))).vintage == "NBT00"


@pytest.mark.parametrize(
    "head",
    [
        SHEET_HEAD,
        ["YEAR", "Month ", "Hour", "delivery weekday ($/kWh)", "Delivery weekend", "Weekday Generation", "holiday gen"],
        ["Year", "Month", "Hour Ending", "Weekday Delivery EEC Price", "Weekend/Holiday Delivery EEC Price",
         "Weekday Generation EEC Price", "Weekend/Holiday Generation EEC Price"],
    ],
    ids=["as published", "in other words", "in full words"],
)  # fmt: skip
def test_the_headings_of_a_sheet_are_known_by_their_words(head: Row, sheet_file: Path, tmp_path: Path) -> None:
    other = write_csv(tmp_path / "other.csv", sheet_rows(2026, 2026), head)
    assert same(read_price_files(other, "NBT26", "sce"), read_price_files(sheet_file, "NBT26", "sce"))


def test_a_sheet_may_have_a_title_dollar_signs_month_names_and_totals(sheet_file: Path, tmp_path: Path) -> None:
    names = ["January", "Feb", "Mar", "Apr", "May", "June", "JUL", "Aug", "Sep", "Oct", "Nov", "December"]
    rows = []
    for year, month, hour, *prices in sheet_rows(2026, 2026):
        rows.append([year, names[int(month) - 1], hour, *(f"${price}" for price in prices), "1.23", ""])
    path = write_csv(tmp_path / "other.csv", rows, [*SHEET_HEAD, "Total - Weekday EEC", ""])
    path.write_text("Energy Export Credits\n\n" + path.read_text())
    assert same(read_price_files(path, "NBT26", "sce"), read_price_files(sheet_file, "NBT26", "sce"))


def test_sheets_may_share_the_price_columns_and_the_years(tmp_path: Path) -> None:
    rows = [row for row in sheet_rows(2026, 2027) if row[0]]
    paths = [
        write_csv(tmp_path / f"{name}{year}.csv", [row[:3] + row[at : at + 2] for row in rows if row[0] == year], head)
        for name, at, head in (("d", 3, SHEET_HEAD[:5]), ("g", 5, SHEET_HEAD[:3] + SHEET_HEAD[5:]))
        for year in ("2026", "2027")
    ]
    whole = write_csv(tmp_path / "whole.csv", rows, SHEET_HEAD)
    assert same(read_price_files(paths, "NBT26", "sce"), read_price_files(whole, "NBT26", "sce"))


@pytest.fixture(scope="module")
def full_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty years as PG&E publishes them: from the eleventh year after the vintage labels stay on standard time."""
    rows = upload_rows(2026, 2045, code="PG", days_told=True, standard_from=2037)
    assert len(rows) == 350_640
    return write_csv(tmp_path_factory.mktemp("full") / "full.csv", rows, end="\r\n")


def test_the_full_form_is_read_and_its_labels_are_checked_for_the_guaranteed_years(full_file: Path) -> None:
    found = read_price_files(full_file)
    assert (found.years, found.labels_true_through, found.repeated_hour) == ((2026, 2045), 2036, 2)
    assert (found.months.prices >= 0).all()
    assert price_of(found, 2037, 7, 0, 18, 0) == price_from_text(made_price(2037, 7, 0, 18, 0))


@pytest.mark.rule("EEC-05")
def test_the_first_rows_of_pges_real_file_follow_the_clock(shared: Path) -> None:
    path = shared / "data" / "eec" / "pge" / "raw_midas_nbt26_head400.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 400
    for row in rows:
        start = words.day_start(row["DateStart"]) + words.second_of_day(row["TimeStart"])
        end = words.day_start(row["DateEnd"]) + words.second_of_day(row["TimeEnd"])
        local = pacific_time(start // 3600)
        weekend = words.day_number(row["DayStart"]) >= 6
        assert end - start == 3599
        assert row["ValueName"] == f"{local:%b} {'Weekend' if weekend else 'Weekday'} HS{local.hour}"
        assert words.label_text(words.label(row["ValueName"])) == row["ValueName"]
        assert words.unit(row["Unit"]) == 0
        assert words.price(row["Value"]) == price_from_text(row["Value"])


def test_a_part_of_a_file_is_refused_because_a_component_is_missing(shared: Path) -> None:
    with pytest.raises(TrueupError, match=r"E-PRICE-014  raw_midas_nbt26_head400.csv: .* generation"):
        read_price_files(shared / "data" / "eec" / "pge" / "raw_midas_nbt26_head400.csv")


@pytest.mark.rule("EEC-02", "EEC-05")
def test_pges_published_prices_come_out_at_the_hours_of_its_real_rows(shared: Path, tmp_path: Path) -> None:
    """NBT-G10 and 2,120 rows of the real files: the cells of NBT26 as a file, read back at the rows' instants."""
    pge = shared / "data" / "eec" / "pge"
    with gzip.open(pge / "nbt26.json.gz", "rt") as file:
        published = json.load(file, parse_float=Decimal)["data"]

    def price(year: int, month: int, day_type: int, hour: int, component: int) -> str:
        part = published[str(year)][("delivery", "generation")[component]]
        return f"{part[month - 1][day_type][hour]:f}"

    rows = upload_rows(2026, 2036, code="PG", days_told=True, price=price)
    found = read_price_files(write_csv(tmp_path / "pge.csv", rows))
    by_row = {(row[0], row[2], row[3]): row for row in rows}
    with gzip.open(pge / "golden_rows_upstream.jsonl.gz", "rt") as file:
        golden = [row for row in map(json.loads, file) if row["vintage"] == "NBT26"]
    compared = 0
    for row in golden:
        ours = by_row.get((row["rin"], row["date_start"], row["time_start"]))
        if ours is not None:
            compared += 1
            assert (ours[6], ours[8]) == (row["day_start"], row["value_name"])
            label = words.label(row["value_name"])
            start = words.day_start(row["date_start"]) + words.second_of_day(row["time_start"])
            cell = (
                pacific_time(start // 3600).year,
                label // 48 + 1,
                label // 24 % 2,
                label % 24,
                int("XXPG" in row["rin"]),
            )
            assert price_of(found, *cell) == price_from_text(row["value"]), row
    assert compared > 200
    assert [price_of(found, 2026, 7, 0, hour, part) for hour in (19, 15, 12) for part in (1, 0)] == [
        1_070_800, 3_503_800, 552_200, 11_900, 568_600, 7_700,
    ]  # fmt: skip


@pytest.mark.rule("EEC-02", "EEC-05")
def test_sces_golden_hours_are_found_by_instant(tmp_path: Path) -> None:
    """NBT-G9 on the shipped cells of 2026, written as SCE uploads them."""
    rows = upload_rows(2026, 2026, price=shipped(2026))
    found = read_price_files(write_csv(tmp_path / "a.csv", rows))
    for local, day_type, delivery, generation in (
        ("2026-07-03 10:00", 0, "0.00123", "0.05764"),
        ("2026-07-04 10:00", 1, "0.00045", "0.02609"),
        ("2026-09-07 16:00", 1, "0.08218", "0.04220"),
        ("2026-09-08 16:00", 0, "0.00240", "0.06778"),
    ):
        when = datetime.strptime(local, "%Y-%m-%d %H:%M")
        assert [price_of(found, 2026, when.month, day_type, when.hour, part) for part in (0, 1)] == [
            price_from_text(delivery),
            price_from_text(generation),
        ]
        utc = datetime(2026, when.month, when.day, when.hour + 7, tzinfo=UTC)
        labels = {row[8] for row in rows if row[2:4] == [f"{utc:%m/%d/%Y}", f"{utc.hour}:00:00"]}
        assert labels == {f"{when:%b} {('Weekday', 'Weekend')[day_type]} HS{when.hour}"}


def test_prices_are_integers_from_end_to_end(year_file: Path) -> None:
    months = read_price_files(year_file).months
    assert months.prices.dtype == months.basis.dtype == np.int64
