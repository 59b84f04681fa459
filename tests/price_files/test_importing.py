"""Imports into the rules: what moves, what stays, what is written, and what a failure leaves."""

import os
import re
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from tests.price_files.made import SHEET_HEAD, Row, made_price, sheet_rows, shipped, upload_rows, write_csv
from trueup.errors import TrueupError
from trueup.price_files import Plan, PriceCells, PriceSource, apply, diff_text, plan_import, read_price_files, write
from trueup.quantities import UNKNOWN, Ints, price_from_text
from trueup.rulebook import Rulebook, Rules
from trueup.rulebook.check import findings
from trueup.rulebook.load import read_yaml
from trueup.rulebook.prices import BASES, EXPORT_HEADER

SCE = Path("prices") / "sce"
NEW_NAMES = ["sources.yaml", "export-nbt26.csv", "export-nbt26.yaml", "export-nbt25-nbt26.yaml"]


class Crash(BaseException):
    """The machine stops."""


@pytest.fixture(scope="module")
def cells(year_file: Path) -> PriceCells:
    """2026 with prices that no table has."""
    return read_price_files(year_file)


def prices(folder: Path, vintage: int) -> tuple[Ints, Ints]:
    """Prices and basis of a vintage as the engine has them: (month, day type, part, hour) of 2023 to 2047."""
    return prices_of(Rules(Rulebook.load(folder)), vintage)


def prices_of(rules: Rules, vintage: int) -> tuple[Ints, Ints]:
    exports = rules.exports
    months = np.repeat(np.arange(12 * 2023, 12 * 2048), 2)
    sce = np.full(len(months), rules.utilities.index("sce"))
    rows = exports.row(sce, np.full(len(months), vintage), months, np.tile([0, 1], len(months) // 2))
    return exports.prices[rows], exports.basis[rows]


def unsound(rules: Rules) -> list[str]:
    """Sources that export tables cite and the rules do not have, after all tables were loaded cell by cell."""
    assert len(rules.exports.prices) > 1
    tables = [table for table in rules.book.tables.values() if table.kind == "export_prices"]
    cited = [source for table in tables for source in [table.source, *(basis.source for basis in table.basis.values())]]
    return [source for source in cited if source not in rules.book.sources]


def bytes_of(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file with its bytes and the time of its last change."""
    found = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns) for path in found}


def contents(folder: Path) -> dict[str, bytes]:
    return {name: data for name, (data, _) in bytes_of(folder).items()}


def imported(folder: Path, files: Any, source: PriceSource, **asked: Any) -> Plan:
    plan = plan_import(read_price_files(files, **asked), folder, source)
    apply(plan)
    return plan


@pytest.mark.rule("EEC-02")
def test_the_vintage_moves_to_a_table_of_its_own_and_the_others_keep_their_prices(
    folder: Path, cells: PriceCells, source: PriceSource
) -> None:
    rules = Rules(Rulebook.load(folder))
    before = {vintage: prices_of(rules, vintage) for vintage in (2023, 2024, 2025, 2026)}
    old_csv = (folder / SCE / "export-nbt25-nbt26.csv").read_bytes()
    plan = plan_import(cells, folder, source)
    assert [change.path.name for change in plan.files] == NEW_NAMES
    apply(plan)
    for vintage in (2023, 2024, 2025):
        for was, is_now in zip(before[vintage], prices(folder, vintage), strict=True):
            assert np.array_equal(was, is_now), vintage
    assert (folder / SCE / "export-nbt25-nbt26.csv").read_bytes() == old_csv
    price, basis = prices(folder, 2026)
    year = slice(2 * 36, 2 * 48)
    for month, day_type, part, hour in np.ndindex(12, 2, 2, 24):
        text = made_price(2026, month + 1, day_type, hour, part)
        assert price[year][2 * month + day_type, part, hour] == price_from_text(text)
    assert (basis[year] == BASES.index("published")).all()
    assert np.array_equal(price[2 * 48 :], before[2026][0][2 * 48 :])
    assert np.array_equal(basis[2 * 48 :], before[2026][1][2 * 48 :])
    assert (price[: 2 * 36] == UNKNOWN).all()


def test_the_header_says_where_the_prices_come_from_and_comments_survive(
    folder: Path, cells: PriceCells, source: PriceSource
) -> None:
    old = folder / SCE / "export-nbt25-nbt26.yaml"
    lines = old.read_text().splitlines()
    apply(plan_import(cells, folder, source))
    gone = set(lines) - set(old.read_text().splitlines())
    assert {line.split(":")[0].strip() for line in gone} == {"vintages", "NBT26"}
    assert read_yaml(old)["vintages"] == ["NBT25"]
    assert list(read_yaml(old)["calculator"]) == ["NBT25"]
    head = read_yaml(folder / SCE / "export-nbt26.yaml")
    assert (head["vintages"], head["from"], head["through"]) == (["NBT26"], "2026-01-01", "2027-12-31")
    assert (head["repeated_hour"], head["source"], head["data"]) == ("2", source.id, "export-nbt26.csv")
    assert head["calculator"] == {"NBT26": {"name": "Avoided Cost Calculator of 2024", "approved": "before 2026-01-01"}}
    assert {name: basis["source"] for name, basis in head["basis"].items()} == {
        "published": source.id,
        "rebuilt": "acc-2024",
    }
    assert (folder / SCE / "export-nbt26.csv").read_text().startswith(f"{EXPORT_HEADER}\n2026,1,weekday,0,")
    assert read_yaml(folder / "sources.yaml")[source.id]["effective"] == "unknown"
    assert findings(Rulebook.load(folder)) == []


def test_the_same_import_again_plans_nothing_and_touches_nothing(
    folder: Path, year_rows: list[Row], cells: PriceCells, source: PriceSource, tmp_path: Path
) -> None:
    apply(plan_import(cells, folder, source))
    after = bytes_of(folder)
    turned = write_csv(tmp_path / "turned.csv", year_rows[::-1], end="\r\n", bom=True)
    plan = plan_import(read_price_files(turned), folder, replace(source, title=None, where=None))
    assert plan.is_empty
    assert [(part.new, part.changed, part.unchanged) for part in plan.components] == [(0, 0, 576)] * 2
    assert apply(plan) == ()
    assert bytes_of(folder) == after
    assert "no file changes" in diff_text(plan)


@pytest.mark.rule("EEC-05")
def test_a_file_written_from_the_shipped_prices_changes_none(folder: Path, source: PriceSource, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", upload_rows(2026, 2026, price=shipped(2026)))
    plan = plan_import(read_price_files(path), folder, source)
    for part in plan.components:
        assert (part.new, part.changed, part.unchanged, part.kept) == (0, 0, 576, 576)
    rebuilt = [row.split(",")[5::2] for row in _lines(folder, "export-nbt25-nbt26.csv") if row.startswith("2026,")]
    assert [part.newly_published for part in plan.components] == [
        sum(row[code] == "rebuilt" for row in rebuilt) for code in (0, 1)
    ]
    assert plan.changed == ()
    price, basis = prices(folder, 2026)
    apply(plan)
    assert np.array_equal(price, prices(folder, 2026)[0])
    assert not np.array_equal(basis, prices(folder, 2026)[1])


def _lines(folder: Path, name: str) -> list[str]:
    return (folder / SCE / name).read_text().splitlines()


def test_the_diff_counts_and_shows_the_first_dozen_changed_cells(
    folder: Path, source: PriceSource, tmp_path: Path
) -> None:
    real = shipped(2026)

    def price(year: int, month: int, day_type: int, hour: int, component: int) -> str:
        changed = year == 2026 and (month, component) == (7, 1)
        return "0.12345" if changed else real(year, month, day_type, hour, component)

    path = write_csv(tmp_path / "a.csv", upload_rows(2026, 2028, price=price))
    plan = plan_import(read_price_files(path), folder, source)
    delivery, generation = plan.components
    assert (delivery.new, delivery.kept, generation.new) == (576, 0, 576)
    assert generation.changed - _changed_of_2027(real, 1) == 48
    assert len(plan.changed) == 12
    assert str(plan.changed[0]) == "2026-07 weekday         hour  0 generation 0.07089 -> 0.12345 (was published)"
    text = diff_text(plan)
    assert "sce NBT26, published prices of 2026 to 2028" in text
    assert re.search(
        r"create prices/sce/export-nbt26.csv\n  create .*\n  change prices/sce/export-nbt25-nbt26.yaml", text
    )
    assert "The repeated hour of autumn takes the price of hour 2, until now of hour 1." in text


def _changed_of_2027(of_2026: Any, component: int) -> int:
    of_2027 = shipped(2027)
    places = [(month, day, hour) for month in range(1, 13) for day in (0, 1) for hour in range(24)]
    return sum(of_2026(0, *place, component) != of_2027(0, *place, component) for place in places)


@pytest.mark.parametrize("repeated", [1, 2])
def test_a_pacific_sheet_leaves_the_repeated_hour_as_it_is(
    repeated: int, folder: Path, sheet_file: Path, source: PriceSource, tmp_path: Path
) -> None:
    header = folder / SCE / "export-nbt26.yaml"
    imported(folder, sheet_file, source, vintage="NBT26", utility="sce")
    assert read_yaml(header)["repeated_hour"] == "1"
    imported(folder, write_csv(tmp_path / "a.csv", upload_rows(2026, 2026, repeated=repeated)), source)
    assert read_yaml(header)["repeated_hour"] == str(repeated)
    assert imported(folder, sheet_file, source, vintage="NBT26", utility="sce").is_empty
    assert read_yaml(header)["repeated_hour"] == str(repeated)


def test_a_later_import_replaces_its_years_and_keeps_the_others_with_their_source(
    folder: Path, source: PriceSource, tmp_path: Path
) -> None:
    sheet = write_csv(tmp_path / "s.csv", sheet_rows(2026, 2028), SHEET_HEAD)
    imported(folder, sheet, source, vintage="NBT26", utility="sce")
    header = folder / SCE / "export-nbt26.yaml"
    header.write_text("# Mine.\n" + header.read_text().replace("kind:", "title: SCE's prices  # theirs\nkind:"))
    later = PriceSource("sce-eec-nbt26-later", 'SCE "NBT26", later', "sce.com", date(2027, 1, 1))
    other = write_csv(tmp_path / "b.csv", upload_rows(2027, 2029, price=lambda y, *cell: made_price(y + 1, *cell)))
    plan = imported(folder, other, later)
    assert [change.what for change in plan.files] == ["change", "change", "change"]
    assert [(part.new, part.changed, part.kept) for part in plan.components] == [(576, 1152, 576)] * 2
    head = read_yaml(header)
    assert (head["from"], head["through"], head["title"]) == ("2026-01-01", "2029-12-31", "SCE's prices")
    assert head["basis"]["published"] == {
        "means": "read in the utility's published price file; in 2026-01 to 2026-12 read in the utility's published "
        f"price file ({source.id})",
        "source": later.id,
    }
    assert header.read_text().startswith("# Mine.\n")
    assert "title: SCE's prices  # theirs" in header.read_text()
    assert read_yaml(folder / "sources.yaml")[later.id]["title"] == 'SCE "NBT26", later'
    assert imported(folder, other, later).is_empty
    assert unsound(Rules(Rulebook.load(folder))) == []


def test_a_table_without_a_vintage_left_is_removed(folder: Path, source: PriceSource, tmp_path: Path) -> None:
    before = prices(folder, 2025)[0]
    for vintage in ("25", "26"):
        imported(folder, write_csv(tmp_path / "a.csv", upload_rows(2026, 2026, vintage=vintage)), source)
    names = sorted(path.name for path in (folder / SCE).glob("export-*"))
    assert names == [f"export-{name}.{kind}" for name in ("nbt23-nbt24", "nbt25", "nbt26") for kind in ("csv", "yaml")]
    now = prices(folder, 2025)[0]
    kept = [*range(2 * 36), *range(2 * 48, len(now))]
    assert np.array_equal(now[kept], before[kept])
    assert not np.array_equal(now, before)
    assert unsound(Rules(Rulebook.load(folder))) == []


@pytest.mark.rule("EEC-02")
def test_years_before_the_first_of_the_vintages_that_stay_go_with_the_vintage_that_had_them(
    folder: Path, source: PriceSource, tmp_path: Path
) -> None:
    before = prices(folder, 2026)
    imported(folder, write_csv(tmp_path / "a.csv", upload_rows(2026, 2026, vintage="25")), source)
    left = read_yaml(folder / SCE / "export-nbt25-nbt26.yaml")
    assert (left["vintages"], left["from"]) == (["NBT26"], "2026-01-01")
    assert np.array_equal(before[0], prices(folder, 2026)[0])
    assert read_yaml(folder / SCE / "export-nbt25.yaml")["from"] == "2025-01-01"


def test_years_before_the_vintage_are_left_out(folder: Path, source: PriceSource, tmp_path: Path) -> None:
    early = read_price_files(write_csv(tmp_path / "a.csv", upload_rows(2025, 2026)))
    plan = plan_import(early, folder, source)
    assert plan.years == (2026, 2026)
    assert "The years before 2026 are left out: NBT26 has no price before its first year." in plan.notes
    with pytest.raises(TrueupError, match=r"E-PRICE-016 .* before the first year of NBT26"):
        plan_import(read_price_files(write_csv(tmp_path / "b.csv", upload_rows(2025, 2025))), folder, source)


def test_a_new_vintage_has_the_calculator_that_the_law_names_or_the_caller(
    folder: Path, source: PriceSource, tmp_path: Path
) -> None:
    new = read_price_files(write_csv(tmp_path / "a.csv", upload_rows(2027, 2027, vintage="27")))
    plan = plan_import(new, folder, source, {"name": "Avoided Cost Calculator of 2026", "approved": "2026-09-10"})
    assert b"  NBT27: {name: Avoided Cost Calculator of 2026, approved: 2026-09-10}\n" in (plan.files[2].after or b"")
    apply(plan_import(new, folder, source))
    found = read_yaml(folder / SCE / "export-nbt27.yaml")
    assert found["calculator"]["NBT27"]["approved"] == "before 2027-01-01"
    assert (prices(folder, 2027)[0][2 * 48 : 2 * 60] >= 0).all()


def test_the_floating_series_has_a_table_and_leaves_the_others(
    folder: Path, source: PriceSource, tmp_path: Path
) -> None:
    before = prices(folder, 2026)[0]
    imported(folder, write_csv(tmp_path / "a.csv", upload_rows(2026, 2026, vintage="00")), source)
    assert read_yaml(folder / SCE / "export-nbt00.yaml")["vintages"] == ["NBT00"]
    assert np.array_equal(before, prices(folder, 2026)[0])


def test_holidays_that_the_calendar_does_not_have_are_told(folder: Path, source: PriceSource, tmp_path: Path) -> None:
    assert plan_import(read_price_files(write_csv(tmp_path / "a.csv", upload_rows(2026, 2027))), folder, source).notes[
        1:
    ] == ("The comments of export-nbt25-nbt26.yaml were kept; read whether they still hold.",)
    rows = upload_rows(2026, 2026, days_told=True)
    notes = plan_import(read_price_files(write_csv(tmp_path / "b.csv", rows)), folder, source).notes
    assert "2026-07-03 is not as sce.yaml says: the files price it as weekend." in notes


def test_years_whose_labels_leave_the_clock_are_told(folder: Path, source: PriceSource, tmp_path: Path) -> None:
    rows = upload_rows(2028, 2037, days_told=True, standard_from=2037)
    notes = plan_import(read_price_files(write_csv(tmp_path / "a.csv", rows)), folder, source).notes
    assert any(note.startswith("From 2037 to 2037 some labels are not the Pacific hour") for note in notes)


def test_a_refused_file_writes_nothing(folder: Path, year_rows: list[Row], tmp_path: Path, source: PriceSource) -> None:
    before = bytes_of(folder)
    rows = [list(row) for row in year_rows]
    rows[500][9] = "0.77777"
    with pytest.raises(TrueupError, match=r"E-PRICE-012  bad.csv row 502"):
        imported(folder, write_csv(tmp_path / "bad.csv", rows), source)
    assert bytes_of(folder) == before


def test_a_source_is_one_that_the_rules_have_or_is_described(
    folder: Path, cells: PriceCells, source: PriceSource
) -> None:
    known = plan_import(cells, folder, PriceSource("acc-2024"))
    assert "sources.yaml" not in [change.path.name for change in known.files]
    for wrong, words in (
        (PriceSource("nothing"), "no 'nothing'"),
        (PriceSource("nothing", "title"), "no 'nothing'"),
        (PriceSource("No id", "title", "where"), "is no source id"),
        (PriceSource("acc-2024", "another"), "another title"),
        (PriceSource("acc-2024", effective=date(2020, 1, 1)), "another effective"),
    ):
        with pytest.raises(TrueupError) as caught:
            plan_import(cells, folder, wrong)
        assert (caught.value.code, words in caught.value.what) == ("E-PRICE-015", True)


def test_a_utility_without_a_calendar_is_refused(folder: Path, source: PriceSource, tmp_path: Path) -> None:
    rows = upload_rows(2026, 2026, code="PG", days_told=True)
    (folder / "calendars/pge.yaml").unlink()
    with pytest.raises(TrueupError, match="E-PRICE-016  the rules have no calendar of pge"):
        imported(folder, write_csv(tmp_path / "a.csv", rows), source)


def test_months_between_two_publications_may_not_be_missing(folder: Path, source: PriceSource, tmp_path: Path) -> None:
    with pytest.raises(TrueupError, match="E-PRICE-016  2028-01 would have no price"):
        imported(folder, write_csv(tmp_path / "a.csv", upload_rows(2029, 2029)), source)


def test_a_table_of_the_name_that_holds_more_vintages_is_refused(
    folder: Path, cells: PriceCells, source: PriceSource
) -> None:
    header = folder / SCE / "export-nbt25-nbt26.yaml"
    header.write_text(header.read_text().replace("table: export-nbt25-nbt26", "table: export-nbt26"))
    with pytest.raises(TrueupError, match=r"E-PRICE-016 .* is no table of NBT26 alone"):
        plan_import(cells, folder, source)


@pytest.mark.parametrize(
    ("written", "line"),
    [
        ("vintages: [NBT25, NBT26] # both", "vintages: [NBT25] # both"),
        ("vintages:\n  - NBT25\n  - NBT26 # both\n# next", "vintages:\n  [NBT25]"),
    ],
    ids=["on a line", "a line each"],
)
def test_vintages_are_edited_in_the_styles_of_yaml(
    written: str, line: str, folder: Path, cells: PriceCells, source: PriceSource
) -> None:
    header = folder / SCE / "export-nbt25-nbt26.yaml"
    header.write_text(header.read_text().replace("vintages: [NBT25, NBT26]", written))
    apply(plan_import(cells, folder, source))
    assert line in header.read_text()
    assert read_yaml(header)["vintages"] == ["NBT25"]


def test_calculators_are_edited_in_the_styles_of_yaml(folder: Path, cells: PriceCells, source: PriceSource) -> None:
    header = folder / SCE / "export-nbt25-nbt26.yaml"
    text = header.read_text()
    start, end = text.index("calculator:"), text.index("basis:")
    one, two = "{name: A, approved: before}", "{name: B, approved: after}"
    for written in (
        f"calculator: {{NBT25: {one}, NBT26: {two}}} # why\n",
        f"calculator: {{NBT26: {two}, NBT25: {one}}} # why\n",
        f"calculator:\n  NBT26: {two} # gone\n  # why\n  NBT25: {one}\n",
        f"calculator:\n  NBT25: {one}\n  NBT26:\n    name: B\n    approved: after\n# why\n",
        f"calculator:\n  NBT26:\n    name: B\n    approved: after # gone\n  # why\n  NBT25: {one}\n",
    ):
        header.write_text(text[:start] + written + text[end:])
        plan = plan_import(cells, folder, source)
        changed = (plan.files[-1].after or b"").decode()
        assert "# why\n" in changed
        assert "NBT26: {" not in changed
        assert "approved: before" in changed
        assert read_yaml(header)["calculator"]["NBT26"]["name"] == "B"


def test_a_header_that_cannot_be_edited_by_lines_is_refused(
    folder: Path, cells: PriceCells, source: PriceSource
) -> None:
    header = folder / SCE / "export-nbt25-nbt26.yaml"
    text = header.read_text().replace("vintages: [NBT25, NBT26]", "vintages: &both [NBT25, NBT26]\nalso: *both")
    header.write_text(text)
    with pytest.raises(TrueupError, match=r"E-PRICE-016  export-nbt25-nbt26.yaml: this header cannot be edited"):
        plan_import(cells, folder, source)


def test_a_plan_is_not_written_over_another_change(folder: Path, cells: PriceCells, source: PriceSource) -> None:
    plan = plan_import(cells, folder, source)
    sources = folder / "sources.yaml"
    sources.write_text(sources.read_text() + "# Mine.\n")
    before = bytes_of(folder)
    with pytest.raises(TrueupError, match=r"E-PRICE-018  sources.yaml has changed"):
        apply(plan)
    assert bytes_of(folder) == before


@pytest.mark.parametrize("fails_at", range(8))
def test_a_failure_while_writing_takes_everything_back(
    fails_at: int, folder: Path, source: PriceSource, of_2025: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_import(of_2025[0], folder, source)
    before = contents(folder)
    put, count = write._put, iter(range(100))

    def failing(path: Path, part: Path | None) -> None:
        if next(count) == fails_at:
            raise OSError(28, "No space left on device", str(path))
        put(path, part)

    monkeypatch.setattr(write, "_put", failing)
    with pytest.raises(TrueupError, match=r"E-PRICE-017 .*\.(yaml|csv): No space left on device"):
        apply(plan)
    assert contents(folder) == before


def test_a_disk_that_is_full_before_anything_is_replaced_leaves_no_part_behind(
    folder: Path, cells: PriceCells, source: PriceSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = bytes_of(folder)
    plan = plan_import(cells, folder, source)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TrueupError, match="E-PRICE-017"):
        apply(plan)
    assert bytes_of(folder) == before


def test_parts_that_a_crash_left_go_with_the_next_import(folder: Path, cells: PriceCells, source: PriceSource) -> None:
    left = folder / SCE / ".export-nbt26.csv.12.part"
    left.write_text("half")
    apply(plan_import(cells, folder, source))
    assert not left.exists()


CRASHES = [("moved", 4), ("replaced", 5), ("moved and trimmed", 8), ("moved and removed", 4)]


@pytest.fixture(scope="module")
def of_2025(tmp_path_factory: pytest.TempPathFactory) -> tuple[PriceCells, PriceCells]:
    """2026 as NBT25 has it, in two publications."""
    path = tmp_path_factory.mktemp("published") / "nbt25.csv"
    first = read_price_files(write_csv(path, upload_rows(2026, 2026, vintage="25")))
    later = replace(first.months, prices=first.months.prices + 1)
    return first, replace(first, months=later)


def crashing_import(kind: str, folder: Path, source: PriceSource, cells: PriceCells, of_2025: Any) -> PriceCells:
    """Cells whose import moves a vintage, replaces a table, trims the table that it leaves, or removes it."""
    if kind == "moved":
        return cells
    if kind == "replaced":
        apply(plan_import(of_2025[1], folder, source))
    if kind == "moved and removed":
        apply(plan_import(cells, folder, source))
    return cast(PriceCells, of_2025[0])


@pytest.mark.parametrize(("kind", "stops_after"), [(kind, at) for kind, steps in CRASHES for at in range(steps)])
def test_a_crash_leaves_rules_that_load_and_the_same_import_completes_it(
    kind: str,
    stops_after: int,
    folder: Path,
    source: PriceSource,
    cells: PriceCells,
    of_2025: tuple[PriceCells, PriceCells],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = crashing_import(kind, folder, source, cells, of_2025)
    plan = plan_import(found, folder, source)
    whole = Path(shutil.copytree(folder, folder.parent / "whole"))
    apply(replace(plan, folder=whole))
    done, put = iter(range(100)), write._put

    def crashing(place: Path, part: Path | None) -> None:
        if next(done) == stops_after:
            raise Crash
        put(place, part)

    with monkeypatch.context() as patch:
        patch.setattr(write, "_put", crashing)
        patch.setattr(write, "_take_back", lambda _: None)
        with pytest.raises(Crash):
            apply(plan)
    rules = Rules(Rulebook.load(folder))
    assert unsound(rules) == []
    assert (prices_of(rules, 2000 + int(found.vintage[3:]))[0][2 * 36 : 2 * 48] >= 0).all()
    apply(plan_import(found, folder, source))
    stray = {"prices/sce/export-nbt25-nbt26.csv"} if (kind, stops_after) == ("moved and removed", 3) else set()
    assert {name: data for name, data in contents(folder).items() if name not in stray} == contents(whole)
    assert plan_import(found, folder, source).is_empty
