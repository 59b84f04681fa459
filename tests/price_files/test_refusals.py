"""Every refusal of a price file: its code, the file, the row, and what the row says."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests.price_files.made import HEAD, SHEET_HEAD, Row, sheet_rows, upload_rows, write_csv
from trueup.errors import TrueupError
from trueup.price_files import read_price_files

RIN, RATE, DAY, TIME, END_DAY, END, DAY_START, DAY_END, LABEL, VALUE, UNIT = range(11)
HOURS = 8_760


def refusal(paths: Path | list[Path], *asked: str) -> TrueupError:
    with pytest.raises(TrueupError) as caught:
        read_price_files(paths, *asked)
    assert "\n" not in caught.value.what
    assert caught.value.why
    assert caught.value.todo
    return caught.value


def edited(rows: list[Row], places: Iterable[int], change: dict[int, str]) -> list[Row]:
    """The rows with other texts in some columns of some rows."""
    found = list(rows)
    for place in places:
        found[place] = [change.get(column, text) for column, text in enumerate(found[place])]
    return found


CELLS: list[tuple[str, str, dict[int, str], str]] = [
    ("a RIN of no utility", "E-PRICE-003", {RIN: "USCA-XXLA-NB26-0000"}, "is not a RIN"),
    ("a RIN of another form", "E-PRICE-003", {RIN: "USCA-XXSC-NBT26-0000"}, "is not a RIN"),
    ("a rate of another form", "E-PRICE-003", {RATE: "NB26"}, "is not a rate"),
    ("a rate of another vintage", "E-PRICE-003", {RATE: "NBT25"}, "different vintages"),
    ("another vintage", "E-PRICE-003", {RIN: "USCA-XXSC-NB25-0000", RATE: "NBT25"}, "another series"),
    ("another utility", "E-PRICE-003", {RIN: "USCA-XXPG-NB26-0000"}, "another series"),
    ("no day of the calendar", "E-PRICE-005", {DAY: "2/30/2026"}, "no day of the calendar"),
    ("a day in another order", "E-PRICE-005", {DAY: "2026-02-03"}, "is not a day"),
    ("a day of another century", "E-PRICE-005", {DAY: "1/1/1926"}, "is not a day"),
    ("no time", "E-PRICE-005", {TIME: "24:00:00"}, "is not a time"),
    ("a start inside the hour", "E-PRICE-005", {TIME: "12:30:00"}, "not exactly one hour"),
    ("two hours", "E-PRICE-005", {TIME: "12:00:00", END: "13:59:59"}, "not exactly one hour"),
    ("an end before the start", "E-PRICE-005", {END_DAY: "1/1/2026"}, "not exactly one hour"),
    ("another unit", "E-PRICE-006", {UNIT: "export $/MWh"}, "is not export $/kWh"),
    ("a negative price", "E-PRICE-007", {VALUE: "-0.00001"}, "is negative"),
    ("a price of eight decimals", "E-PRICE-007", {VALUE: "0.00000001"}, "more than seven decimals"),
    ("a spreadsheet's short form", "E-PRICE-007", {VALUE: "8E-05"}, "not a plain decimal"),
    ("no finite price", "E-PRICE-007", {VALUE: "inf"}, "not a plain decimal"),
    ("no number", "E-PRICE-007", {VALUE: "NaN"}, "not a plain decimal"),
    ("a missing price", "E-PRICE-007", {VALUE: ""}, "not a plain decimal"),
    ("a decimal comma in points", "E-PRICE-007", {VALUE: "1.234.5"}, "not a plain decimal"),
    ("an unknown label", "E-PRICE-008", {LABEL: "July Weekday HS1"}, "is not a label"),
    ("a label of hour 24", "E-PRICE-008", {LABEL: "Jul Weekday HS24"}, "is not a label"),
    ("an unknown day number", "E-PRICE-008", {DAY_START: "9"}, "is not 0, or 1"),
    ("day numbers in some rows", "E-PRICE-008", {DAY_START: "3", DAY_END: "3"}, "in all rows or in none"),
    ("a row over two days", "E-PRICE-008", {DAY_END: "1"}, "one day"),
    ("another hour's label", "E-PRICE-009", {LABEL: "Feb Weekday HS5"}, "this hour is Feb Weekday HS4"),
    ("another month's label", "E-PRICE-009", {LABEL: "Mar Weekday HS4"}, "this hour is Feb Weekday HS4"),
    ("a weekday hour as weekend", "E-PRICE-009", {LABEL: "Feb Weekend HS4"}, "weekday in some hours"),
    ("another price than its cell's", "E-PRICE-012", {VALUE: "0.5"}, "2026-02 weekday hour 4 generation is 0.50000"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "code", "change", "words"), CELLS, ids=[case[0] for case in CELLS])
def test_a_false_cell_is_refused_with_its_row(
    case: str, code: str, change: dict[int, str], words: str, year_rows: list[Row], tmp_path: Path
) -> None:
    """The row is Tuesday, 3 February 2026, 04:00 Pacific: row 798 of the file."""
    rows = edited(year_rows, [796], change)
    error = refusal(write_csv(tmp_path / "nbt26.csv", rows))
    assert error.code == code
    assert error.what.startswith(f"nbt26.csv row 798 ({','.join(rows[796])}): ")
    assert words in error.what


@pytest.mark.rule("EEC-02")
def test_the_row_that_contradicts_is_told_from_those_that_agree(year_rows: list[Row], tmp_path: Path) -> None:
    rows = edited(year_rows, [HOURS + 3], {VALUE: "0.99999"})
    error = refusal(write_csv(tmp_path / "nbt26.csv", rows))
    assert error.code == "E-PRICE-012"
    assert re.search(r"row 8,765 .* here and 0\.\d{5} in \d other rows such as nbt26.csv row 8,8", error.what)


def drop(rows: list[Row], *places: int) -> list[Row]:
    return [row for place, row in enumerate(rows) if place not in places]


SPANS: list[tuple[str, str, Callable[[list[Row]], list[Row]], str]] = [
    ("a gap", "E-PRICE-010", lambda rows: drop(rows, 100, 101), r"row 101 .* 2 generation hours from 2026-01-05 04:00"),
    ("a component that ends early", "E-PRICE-010", lambda rows: rows[:-24], r"24 delivery hours from 2026-12-31 00:00"),
    ("a component that starts late", "E-PRICE-010", lambda rows: drop(rows, HOURS), r"1 delivery hours from 2026-01"),
    ("a doubled row", "E-PRICE-011", lambda rows: [*rows, rows[5]], r"row 17,522 .* same hour stands in a.csv row 7"),
    ("a late start", "E-PRICE-013", lambda rows: drop(rows, 0, HOURS), r"row 2 .* first hour .* 2026-01-01 01:00 Pac"),
    ("an early end", "E-PRICE-013", lambda rows: drop(rows, HOURS - 1, 2 * HOURS - 1), r"row 8,760 .* last .*12-31"),
    ("generation alone", "E-PRICE-014", lambda rows: rows[:HOURS], r"no row of the delivery component"),
    ("delivery alone", "E-PRICE-014", lambda rows: rows[HOURS:], r"no row of the generation component"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "code", "change", "words"), SPANS, ids=[case[0] for case in SPANS])
def test_every_hour_of_whole_years_stands_once_for_each_component(
    case: str, code: str, change: Callable[[list[Row]], list[Row]], words: str, year_rows: list[Row], tmp_path: Path
) -> None:
    error = refusal(write_csv(tmp_path / "a.csv", change(year_rows)))
    assert (error.code, bool(re.search(words, error.what))) == (code, True), error.what


def test_the_same_file_given_twice_is_doubled(year_file: Path) -> None:
    assert refusal([year_file, year_file]).code == "E-PRICE-011"


@pytest.mark.parametrize("day", ["1", "8"], ids=["Monday", "holiday"])
def test_a_day_number_agrees_with_the_clock_and_with_the_label(day: str, tmp_path: Path) -> None:
    rows = upload_rows(2026, 2026, code="PG", days_told=True)
    rows[796][DAY_START] = rows[796][DAY_END] = day
    error = refusal(write_csv(tmp_path / "pge.csv", rows))
    assert (error.code, "2026-02-03, day 2 of the week" in error.what) == ("E-PRICE-009", True)


def test_a_saturday_is_weekend_where_days_are_not_told(year_rows: list[Row], tmp_path: Path) -> None:
    rows = list(year_rows)
    for place in range(48, 72):
        rows[place] = [text.replace("Weekend", "Weekday") for text in rows[place]]
    error = refusal(write_csv(tmp_path / "a.csv", rows))
    assert (error.code, "row 50 " in error.what) == ("E-PRICE-009", True)


def test_the_repeated_hour_is_labelled_alike_in_every_autumn(tmp_path: Path) -> None:
    rows = upload_rows(2026, 2027, repeated=2)
    again = upload_rows(2026, 2027, repeated=1)
    mixed = [new if new[DAY].endswith("2027") else old for old, new in zip(rows, again, strict=True)]
    error = refusal(write_csv(tmp_path / "a.csv", mixed))
    assert (error.code, "the repeated hour of autumn otherwise" in error.what) == ("E-PRICE-009", True)


@pytest.mark.parametrize(("standard_from", "refused"), [(2035, True), (2036, False)], ids=["ninth year", "tenth year"])
def test_labels_are_checked_through_the_ninth_year_after_the_vintage(
    standard_from: int, refused: bool, tmp_path: Path
) -> None:
    rows = upload_rows(2035, 2036, code="PG", days_told=True, standard_from=standard_from)
    path = write_csv(tmp_path / "a.csv", rows)
    if refused:
        assert refusal(path).code == "E-PRICE-009"
    else:
        assert read_price_files(path).labels_true_through == 2035


def test_a_file_that_is_no_text_table_is_refused(tmp_path: Path) -> None:
    texts: dict[str, tuple[bytes, str]] = {
        "empty.csv": (b" \n", "empty"),
        "book.xlsx": (b"PK\x03\x04\0\0", "workbook"),
        "head.csv": (",".join(HEAD).encode() + b"\n", "no row below"),
        "latin.csv": (",".join(HEAD).encode() + b"\nna\xefve\n", "not UTF-8"),
    }
    for name, (data, words) in texts.items():
        (tmp_path / name).write_bytes(data)
        error = refusal(tmp_path / name)
        assert (error.code, name in error.what, words in error.what) == ("E-PRICE-001", True, True), error.what
    assert refusal(tmp_path / "none.csv").code == "E-PRICE-001"
    assert refusal([]).code == "E-PRICE-001"


def test_headings_that_are_missing_doubled_or_unclear_are_refused(
    year_rows: list[Row], year_file: Path, sheet_file: Path, tmp_path: Path
) -> None:
    few = sheet_rows(2026, 2026)
    cases = [
        (write_csv(tmp_path / "a.csv", year_rows[:3], ["Date", *HEAD[1:]]), "none of the first 20 lines"),
        (write_csv(tmp_path / "b.csv", year_rows[:3], [*HEAD[:5], "When", *HEAD[6:]]), "0 columns are named 'timeend'"),
        (write_csv(tmp_path / "c.csv", year_rows[:3], [*HEAD[:11], "Value", "Sector"]), "2 columns are named 'value'"),
        (write_csv(tmp_path / "d.csv", [year_rows[0], [*year_rows[1], "x"]]), "row 3 .* 14 cells, not 13"),
        (write_csv(tmp_path / "i.csv", [year_rows[0][:4], *year_rows[1:]]), "row 2 .* 4 cells, not 13"),
        (write_csv(tmp_path / "j.csv", edited(year_rows, [5], {LABEL: '"Jan'})), "row 7: a quotation mark"),
        (write_csv(tmp_path / "e.csv", few, [*SHEET_HEAD[:6], "Weekend"]), "'Weekend' does not say"),
        (write_csv(tmp_path / "f.csv", few, [*SHEET_HEAD[:6], "Gen Weekday/Weekend"]), "'Gen Weekday/Weekend' does"),
        (
            write_csv(tmp_path / "g.csv", few, [*SHEET_HEAD[:6], "Gen Weekend, PDT"[:11] + " Kern"]),
            "Kern' does not say",
        ),
        (write_csv(tmp_path / "h.csv", few, [*SHEET_HEAD[:6], SHEET_HEAD[5]]), "two columns are headed"),
        ([year_file, sheet_file], "upload files and sheets together"),
    ]
    for paths, words in cases:
        error = refusal(paths, "NBT26", "sce")
        assert (error.code, bool(re.search(words, error.what))) == ("E-PRICE-002", True), error.what


def test_what_is_asked_for_is_what_the_files_are(year_file: Path, sheet_file: Path) -> None:
    assert "sce NBT26, asked for is NBT25" in refusal(year_file, "NBT25").what
    assert "asked for is pge NBT26" in refusal(year_file, "NBT26", "pge").what
    assert "names neither" in refusal(sheet_file).what
    assert "names neither" in refusal(sheet_file, "NBT26").what
    assert "no utility 'ladwp'" in refusal(sheet_file, "NBT26", "ladwp").what
    assert {refusal(sheet_file, word, "sce").code for word in ("26", "NBT2026", "nbt26")} == {"E-PRICE-004"}


def test_a_false_cell_of_a_sheet_is_refused_with_its_row(tmp_path: Path) -> None:
    cases = [
        (0, "26", "E-PRICE-005", "is not a year"),
        (1, "13", "E-PRICE-005", "is not a month"),
        (2, "0", "E-PRICE-005", "is not an hour-ending 1 to 24"),
        (2, "25", "E-PRICE-005", "is not an hour-ending 1 to 24"),
        (2, "3", "E-PRICE-011", "the same month and hour stand in a.csv row 4"),
        (0, "2027", "E-PRICE-013", "no price of 2026-01 weekday hour 3"),
        (4, "-0.1", "E-PRICE-007", "is negative"),
        (4, "$ -", "E-PRICE-007", "not a plain decimal"),
    ]
    for column, text, code, words in cases:
        rows = sheet_rows(2026, 2026)
        rows[3][column] = text
        error = refusal(write_csv(tmp_path / "a.csv", rows, SHEET_HEAD), "NBT26", "sce")
        assert (error.code, words in error.what) == (code, True), error.what
        assert code == "E-PRICE-013" or f"a.csv row 5 ({','.join(rows[3])})" in error.what


def test_a_sheet_without_a_component_or_with_shortened_prices_is_refused(tmp_path: Path) -> None:
    half = [row[:5] for row in sheet_rows(2026, 2026)]
    error = refusal(write_csv(tmp_path / "a.csv", half, SHEET_HEAD[:5]), "NBT26", "sce")
    assert (error.code, "generation" in error.what) == ("E-PRICE-014", True)
    short = [row[:3] + [text[:4] for text in row[3:]] for row in sheet_rows(2026, 2026)]
    error = refusal(write_csv(tmp_path / "b.csv", short, SHEET_HEAD), "NBT26", "sce")
    assert (error.code, "decimals" in error.what) == ("E-PRICE-007", True)
