"""A rate becomes a schedule, a calendar and a source that load; again changes nothing; failures leave nothing."""

import errno
import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.urdb.conftest import Import
from tests.urdb.made import DAY, LABEL, LAST, flat, item, write_items
from trueup.errors import TrueupError
from trueup.rulebook import Rulebook, schema
from trueup.rulebook.check import findings
from trueup.rulebook.load import RULES
from trueup.rulebook.overlay import laid_over
from trueup.urdb import apply, diff_text, plan_file, write
from trueup.urdb.plan import Plan, open_programs


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def loaded(plan: Plan) -> Rulebook:
    """The shipped rules with the import laid over; nothing is wrong with them."""
    book = Rulebook.load(laid_over(RULES, [plan.folder]))
    assert findings(book) == []
    return book


def test_prices_and_hours_stand_in_the_schedule_as_in_the_rate(imported: Import) -> None:
    schedule = loaded(imported()).schedules["my-rate"]
    version = schedule.versions[0]
    assert version.delivery == {
        "summer": {"on_peak": 5_601_000, "mid_peak": 3_777_000, "off_peak": 2_596_400},
        "winter": {"on_peak": 5_298_200, "off_peak": 2_413_200},
    }
    assert {price for prices in version.generation.values() for price in prices.values()} == {0}
    assert schedule.periods.summer["weekday"] == {"on_peak": "16-21", "off_peak": "rest"}
    assert schedule.periods.summer["weekend_holiday"] == {"mid_peak": "16-21", "off_peak": "rest"}
    assert schedule.periods.winter["weekday"] == {"on_peak": "16-21", "off_peak": "rest"}
    assert (version.daily and version.daily.usd_per_day, version.minimum_charge) == (5_160_000, None)
    assert (version.from_, schedule.through) == (date(2025, 6, 1), date(2026, 5, 31))
    assert schedule.title == "Time of Use, TOU-D-PRIME (URDB, unofficial)"
    assert schedule.customer_classes == ["residential"]


def test_the_calendar_has_the_seasons_of_the_months_and_no_holiday(imported: Import) -> None:
    calendar = loaded(imported()).calendars["my-rate"]
    assert (calendar.seasons.summer, calendar.seasons.winter) == ("06-01", "10-01")
    assert [days.holidays for days in calendar.day_types.values()] == [{}, {}]


@pytest.mark.parametrize(
    ("utility", "name", "winter"),
    [("sce", "Southern California Edison Co", "10-01"), ("sdge", "San Diego Gas & Electric Co", "11-01")],
)
def test_a_rate_without_seasons_takes_the_utility_s(utility: str, name: str, winter: str, imported: Import) -> None:
    book = loaded(imported(of=utility, utility=name, **flat(0.3)))
    assert (book.calendars["my-rate"].seasons.summer, book.calendars["my-rate"].seasons.winter) == ("06-01", winter)
    assert book.schedules["my-rate"].versions[0].delivery == {
        "summer": {"all_hours": 3_000_000}, "winter": {"all_hours": 3_000_000},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("utility", "programs"),
    [
        ("sce", ["standard", "nem", "mash-vnm", "nem-a", "nem-v"]),
        ("pge", ["pge-standard", "pge-nem", "pge-nem-a"]),
        ("sdge", ["sdge-standard"]),
    ],
)
def test_only_programs_that_never_ask_for_parts_of_a_price_take_it(
    utility: str, programs: list[str], book: Rulebook
) -> None:
    assert open_programs(utility, book) == programs


def test_the_source_is_the_rate_by_its_label(imported: Import) -> None:
    book = loaded(imported())
    cited = book.cite(book.schedules["my-rate"].through_source)
    assert LABEL in cited
    assert "https://www.sce.com/regulatory/tariff-books" in cited
    assert book.sources["urdb-my-rate"].read == "transcript"
    assert book.sources["urdb-my-rate"].effective == date(2025, 6, 1)


def test_a_minimum_charge_per_day_is_one_and_medical_baseline_s_is_unknown(imported: Import) -> None:
    schedule = loaded(imported(mincharge=0.346, minchargeunits="$/day")).schedules["my-rate"]
    least = schedule.versions[0].minimum_charge
    assert least is not None
    assert (least.usd_per_day, least.medical_baseline < 0, least.leaves_out) == (3_460_000, True, [])
    assert any("minimum charge" in phrase for phrase in schedule.unofficial)


def untold(plan: Plan) -> str:
    return "; ".join(loaded(plan).schedules["my-rate"].unofficial)


def test_what_no_urdb_rate_can_tell_is_always_said(imported: Import) -> None:
    said = untold(imported(**flat(0.3)))
    for word in ("delivery and generation", "non-bypassable", "baseline", "CARE", "cost responsibility", "holidays"):
        assert word in said
    assert "before 2025-06-01 and after 2026-05-31" in said


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        (flat(0.3, adj=0.01), "(adj)"),
        (flat(0.3, sell=0.05), "sell rates"),
        ({"approved": False}, "approved"),
        ({"approved": None}, "approved"),
        ({"servicetype": None}, "bundled service"),
        ({"sector": "Commercial"}, "size of business"),
        ({"mincharge": 0.3, "minchargeunits": "$/day"}, "minimum charge"),
        ({"fixedattrs": [{"Climate credit": "$-56"}], "newcharge": 1}, "fixedattrs, newcharge"),
    ],
)
def test_what_this_rate_cannot_tell_is_said_of_it_alone(changes: dict[str, Any], word: str, imported: Import) -> None:
    assert word in untold(imported(**(flat(0.3) | changes)))
    assert word not in untold(imported(**flat(0.3, adj=0, sell=0), fixedattrs=[], newcharge=0))


def test_texts_of_the_file_cannot_break_the_rule_files(imported: Import) -> None:
    name = 'a: "b" \\ #c\n- d\u2028{e}\x00, \U0001f600'
    book = loaded(imported(name=name, source="*&!%@`\udc00", **{"odd\nkey: x": 1}))
    assert book.schedules["my-rate"].title == 'a: "b" \\ #c - d {e} , \U0001f600 (URDB, unofficial)'
    assert "its source: *&!%@`" in book.sources["urdb-my-rate"].where


def test_the_same_import_again_changes_nothing(imported: Import) -> None:
    first = imported()
    before = files_of(first.folder)
    again = imported()
    assert again.is_empty
    assert "no file changes" in diff_text(again)
    assert files_of(first.folder) == before


def test_another_rate_of_the_same_id_replaces_it(imported: Import, planned: Import) -> None:
    imported()
    changed = planned(label="another", fixedchargefirstmeter=0.6)
    text = diff_text(changed)
    assert [one.what for one in changed.files] == ["change", "change"]
    assert "-    daily: {name: customer_charge, usd_per_day: 0.51600}" in text
    assert "+    daily: {name: customer_charge, usd_per_day: 0.60000}" in text
    apply(changed)
    assert "another" in loaded(changed).sources["urdb-my-rate"].title


def test_a_second_rate_stands_beside_the_first_and_other_sources_stay(imported: Import, tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    own = '# mine\nmy-letter: {title: "A letter", where: "a drawer", effective: unknown, read: web}'
    (tmp_path / "rules" / "sources.yaml").write_text(own)
    imported()
    book = loaded(imported("second-rate"))
    assert {"my-rate", "second-rate"} <= set(book.schedules)
    assert book.sources["my-letter"].title == "A letter"
    assert (tmp_path / "rules" / "sources.yaml").read_text().startswith(own + "\n")


def test_rates_that_are_in_use_may_be_imported_again(imported: Import, tmp_path: Path) -> None:
    in_use = loaded(imported())
    file = write_items(tmp_path / "rate.json", item())
    assert plan_file(file, "my-rate", "sce", tmp_path / "rules", in_use).is_empty


def test_the_schedule_is_one_as_the_schema_has_it(imported: Import) -> None:
    schedule = loaded(imported(sector="Commercial")).schedules["my-rate"]
    assert schedule.customer_classes == ["small_commercial", "large_commercial"]
    assert schema.Schedule.model_validate(schedule.model_dump(by_alias=True)) == schedule


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("step", range(6))
def test_a_write_that_fails_leaves_all_as_it_was(
    step: int, again: bool, planned: Import, imported: Import, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if again:
        imported()
    plan = planned(name="B", enddate=LAST - DAY)
    before, calls = files_of(tmp_path), iter(range(100))

    def failing(name: str) -> Any:
        real = getattr(Path if name == "replace" else os, name)

        def call(*told: Any) -> Any:
            if next(calls) == step:
                raise OSError(errno.ENOSPC, "no space left")
            return real(*told)

        return call

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", failing("fsync"))
        patched.setattr(Path, "replace", failing("replace"))
        with pytest.raises(TrueupError, match="E-URDB-016"):
            apply(plan)
    assert files_of(tmp_path) == before
    assert (tmp_path / "rules").exists() == again
    assert len(apply(plan)) == 3


def test_a_folder_that_is_a_file_is_refused(planned: Import, tmp_path: Path) -> None:
    (tmp_path / "rules").write_text("a file")
    with pytest.raises(TrueupError, match="E-URDB-016"):
        apply(planned())
    assert (tmp_path / "rules").read_text() == "a file"


def test_a_file_that_changed_since_the_plan_is_not_overwritten(planned: Import, tmp_path: Path) -> None:
    plan = planned()
    (tmp_path / "rules" / "calendars").mkdir(parents=True)
    (tmp_path / "rules" / "calendars" / "my-rate.yaml").write_text("mine")
    with pytest.raises(TrueupError, match="E-URDB-017"):
        apply(plan)
    assert files_of(tmp_path / "rules") == {"calendars/my-rate.yaml": b"mine"}


def test_nothing_waits_beside_the_files(imported: Import) -> None:
    plan = imported()
    assert [path for path in plan.folder.rglob("*") if path.name.endswith(write.PART)] == []
    assert sorted(files_of(plan.folder)) == ["calendars/my-rate.yaml", "sources.yaml", "tariffs/sce/my-rate.yaml"]
