"""Edits, rows into columns, hours from quarters, and the rule file."""

import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from tests.intervals.cases import RULES, at, home, ints, read, second
from tests.made import columns
from trueup.errors import TrueupError
from trueup.intervals import Edit, Metered, Rows, arrange, edit, to_length
from trueup.intervals.trail import LEFT_MISSING, PUT
from trueup.model import NO_VALUE
from trueup.reads.batch import ACTUAL, EDITED, ESTIMATED, NONE
from trueup.rulebook import Rulebook
from trueup.rulebook.load import RULES as FOLDER
from trueup.rulebook.vee import RULE_IDS, VeeRules

DAY = date(2025, 6, 2), date(2025, 6, 3)


def ranked(status: list[int], values: list[int]) -> Metered:
    """A day of hours: 24 statuses and values of the delivered channel."""
    plain = home(*DAY)
    made = np.zeros((2, 1, 24), dtype=np.int8)
    made[0, 0] = status
    wh = np.where(made[0] == NONE, NO_VALUE, np.array([values])).astype(np.int32)
    return plain.with_columns((wh, np.full_like(wh, NO_VALUE)), made)


def change(
    *values: int,
    rejects: bool = False,
    who: str = "R. Lee",
    why: str = "meter exchange sheet",
    on: date = date(2025, 7, 1),
) -> Edit:
    starts = ints(*(second(f"2025-06-02 {10 + k}:00") for k in range(len(values))))
    return Edit(0, 0, starts, ints(*values), on, who, why, rejects)


def test_an_edit_fills_what_is_missing_or_estimated_and_says_who_and_why() -> None:
    before = ranked([NONE, ESTIMATED] * 12, [5] * 24)
    after, trail = edit(before, [change(70, 80)], RULES)
    assert read(after, 0, "2025-06-02 10:00", 2) == [70, 80]
    assert after.status[0, 0, at(after, "2025-06-02 10:00")] == EDITED
    assert set(trail.to_polars()["note"]) == {"edited 2025-07-01 by R. Lee: meter exchange sheet"}
    assert trail.observed.tolist() == [NO_VALUE, 5]


def test_an_edit_overwrites_a_reading_only_if_the_person_rejects_it() -> None:
    before = ranked([ACTUAL] * 24, [5] * 24)
    after, trail = edit(before, [change(70)], RULES)
    assert read(after, 0, "2025-06-02 10:00", 1) == [5]
    assert trail.verdict.tolist() == [LEFT_MISSING]
    after, trail = edit(before, [change(70, rejects=True)], RULES)
    assert (read(after, 0, "2025-06-02 10:00", 1), trail.verdict.tolist(), trail.observed.tolist()) == (
        [70],
        [PUT],
        [5],
    )


def test_of_two_edits_the_later_day_stands_in_whatever_order_they_come() -> None:
    before = ranked([NONE] * 24, [0] * 24)
    first, second_day = change(70), change(90, on=date(2025, 7, 2))
    for order in ([first, second_day], [second_day, first]):
        assert read(edit(before, order, RULES)[0], 0, "2025-06-02 10:00", 1) == [90]


@pytest.mark.parametrize(
    "bad", [change(-1), change(70, who=" "), change(70, why=""), Edit(0, 5, ints(0), ints(1), DAY[0], "a", "b")]
)
def test_an_edit_without_reason_place_or_sense_is_refused(bad: Edit) -> None:
    with pytest.raises(TrueupError, match="E-VEE-003"):
        edit(ranked([NONE] * 24, [0] * 24), [bad], RULES)


def rows(*entries: tuple[int, int, str, int, int, int]) -> Rows:
    """Account, channel, time, Wh, status, known."""
    table = [(a, c, second(text), wh, status, known) for a, c, text, wh, status, known in entries]
    return Rows(*np.array(table, dtype=np.int64).T)


def placed(given_rows: Rows) -> tuple[Metered, list[tuple[str, str, int, int]]]:
    metered, trail = arrange(given_rows, DAY[0].toordinal(), DAY[1].toordinal(), 60, 2, RULES)
    return metered, list(trail.to_polars().select("rule", "verdict", "observed", "value_wh").iter_rows())


TEN = "2025-06-02 10:00"


def test_v11_the_same_value_again_is_kept_once() -> None:
    metered, trail = placed(rows((0, 0, TEN, 70, ACTUAL, 1), (0, 0, TEN, 70, ACTUAL, 1), (1, 0, TEN, 70, ACTUAL, 1)))
    assert metered.columns[0][:, 10].tolist() == [70, 70]
    assert trail == [("V11", "flag", 70, NO_VALUE)]


def test_v11_another_value_is_a_new_version_by_rank_then_by_time() -> None:
    for other, stands in (
        ((0, 0, TEN, 90, ACTUAL, 2), 90),
        ((0, 0, TEN, 90, ESTIMATED, 9), 70),
        ((0, 0, TEN, 60, ACTUAL, 1), 70),
    ):
        for order in ((first := (0, 0, TEN, 70, ACTUAL, 1), other), (other, first)):
            metered, trail = placed(rows(*order))
            assert metered.columns[0][0, 10] == stands
            assert trail == [("V11", "put", 160 - stands if other[3] == 90 else 60, stands)]


def test_v12_a_negative_row_is_not_placed() -> None:
    for value, failed in ((-1, True), (0, False), (1, False)):
        metered, trail = placed(rows((0, 1, TEN, value, ACTUAL, 0)))
        assert (trail, metered.columns[1][0, 10]) == (
            ([("V12", "fail", -1, NO_VALUE)], NO_VALUE) if failed else ([], value)
        )


def test_rows_beside_the_grid_are_not_placed() -> None:
    metered, trail = placed(rows((0, 0, "2025-06-02 10:15", 70, ACTUAL, 0), (0, 0, "2025-06-05 10:00", 70, ACTUAL, 0)))
    assert (metered.columns[0] == NO_VALUE).all()
    assert trail == []


@pytest.mark.parametrize("day", [date(2026, 3, 8), date(2025, 11, 2), date(2025, 6, 2)])
def test_hours_are_the_sums_of_whole_quarters(day: date) -> None:
    quarters = columns(day, date.fromordinal(day.toordinal() + 1), 15, (25, 3))
    hourly = to_length(quarters, 60)
    assert hourly.delivered.tolist() == [[100] * (quarters.delivered.shape[1] // 4)]
    assert (hourly.minutes, int(hourly.received.sum())) == (60, int(quarters.received.sum()))
    quarters.delivered[0, 5] = NO_VALUE
    assert to_length(quarters, 60).delivered[0, :3].tolist() == [100, NO_VALUE, 100]
    assert np.array_equal(to_length(hourly, 60).delivered, hourly.delivered)


def altered(tmp_path: Path, old: str, new: str) -> Path:
    folder = tmp_path / "rules"
    shutil.copytree(FOLDER, folder)
    text = (folder / "vee.yaml").read_text(encoding="utf-8")
    assert old in text
    (folder / "vee.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("tolerance_wh: 2000", "tolerance_wh: 2.5"),
        ("tolerance_wh: 2000", "tolerance: 2000"),
        ("mark: heading", "mark: sure"),
        ("effect: estimate", "effect: ignore"),
        ("source: oracle-vee", "source: nobody"),
        ("calendar: sce", "calendar: moon"),
        ("outage_endpoint: skip", "outage_endpoint: maybe"),
        ("days: 3, reach_days: 60", "days: 0, reach_days: 60"),
    ],
)
def test_a_doubtful_rule_file_is_refused(tmp_path: Path, old: str, new: str) -> None:
    with pytest.raises(TrueupError, match="E-RULE-001"):
        VeeRules.load(altered(tmp_path, old, new))


def test_the_other_rules_load_beside_it_and_its_digest_is_known() -> None:
    assert "vee.yaml" in Rulebook.load().digests


def test_figures_that_were_not_read_in_a_document_say_so() -> None:
    rules = RULES.on(DAY[0].toordinal()).rules
    assert {rules.V3.mark, rules.V7.mark, rules.V8.mark, rules.V10.mark} == {"remembered"}
    assert {rules.V14.mark, rules.V16.mark, rules.V17.mark, rules.V18.mark, rules.V19.mark, rules.E4.mark} == {"ours"}


def test_the_page_for_analysts_has_every_rule_with_its_mark() -> None:
    page = (Path(__file__).parents[2] / "docs" / "vee.md").read_text(encoding="utf-8")
    rows = {line.split()[1]: line for line in reversed(page.splitlines()) if line.startswith(("| V", "| E"))}
    rules = RULES.on(DAY[0].toordinal()).rules
    for rule in RULE_IDS:
        mark = getattr(rules, rule).mark
        assert mark in rows[rule], rule
        assert getattr(getattr(rules, rule), "effect", "") in rows[rule], rule
