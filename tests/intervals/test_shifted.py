"""V17: the outline of the sun before and after a day, one below each limit, at it, and one above."""

from datetime import date
from typing import Any

import numpy as np
import pytest

from tests.intervals.cases import home, ints, with_rule
from trueup.intervals import Metered, Trail, validate
from trueup.intervals.outline import fit, left_within, views
from trueup.intervals.shifted import Change, _changes
from trueup.model import NO_VALUE
from trueup.rulebook.vee import VeeRules

SPAN = date(2025, 4, 1), date(2025, 7, 1)
DAYS = 91

SUN = np.array([0, 0, 0, 0, 0, 0, 40, 260, 700, 1300, 1900, 2300, 2500, 2400, 2000, 1400, 800, 300, 50, 0, 0, 0, 0, 0])


def sunny(changes: dict[int, int], wobble: int = 0, storage: int = 0, **facts: Any) -> Metered:
    """A spring of hourly export; from each day named on, the clock is so many hours late (negative: early).

    `wobble` is how far, in Wh, each hour of each day may lie above what the sun gives, by chance.
    """
    chance, rows, late = np.random.default_rng(1), [], 0
    for day in range(DAYS):
        late = changes.get(day, late)
        rows.append(np.roll(SUN + (SUN > 0) * chance.integers(0, wobble + 1, 24), late))
    plain = home(*SPAN, flat=(0, 0), storage=ints(storage), **facts)
    export = np.concatenate(rows)[None, : plain.grid.length].astype(np.int32)
    return plain.with_columns((np.zeros_like(export), export), np.full((2, *export.shape), 4, dtype=np.int8))


def found(metered: Metered, rules: VeeRules) -> list[tuple[int, int, int]]:
    """First day, day after the last, minutes of each finding."""
    trail: Trail = validate(metered, rules).of("V17")
    days = (metered.grid.slot(trail.first) // 24, metered.grid.slot(trail.last) // 24)
    return [(int(a), int(b), int(m)) for a, b, m in zip(*days, trail.observed, strict=True) if m]


def limits(**changed: int) -> VeeRules:
    """The rules with other limits of V17, by default none that a change could meet."""
    never = {
        "pair_permille": 0,
        "unclear_permille": 2000,
        "whole_permille": 0,
        "alone_permille": 0,
        "strong_permille": 0,
    }
    return with_rule("V17", **{**never, **changed})


def measured(metered: Metered) -> list[Change]:
    """The changes of the only home."""
    rule = with_rule("V17").on(metered.readings.first_day).rules.V17
    return _changes(fit(views(metered), 60, rule), np.ones(1, dtype=np.bool_), rule)[0]


@pytest.mark.parametrize(("late", "minutes"), [(1, 60), (-1, -60)])
def test_an_hour_too_late_or_too_early_is_found_from_the_change_to_the_change_back(late: int, minutes: int) -> None:
    assert found(sunny({40: late, 60: 0}), with_rule("V17")) == [(40, 60, minutes)]


def test_a_steady_clock_is_no_finding() -> None:
    assert found(sunny({}, wobble=200), with_rule("V17")) == []


def test_a_clock_that_is_never_changed_back_is_off_to_the_end() -> None:
    assert found(sunny({40: 1}), with_rule("V17")) == [(40, DAYS, 60)]


NOISY = sunny({40: 1, 60: 0}, wobble=900)


@pytest.mark.parametrize(("above", "flagged"), [(-1, False), (0, False), (1, True)])
def test_a_pair_must_leave_less_than_its_limit(above: int, flagged: bool) -> None:
    left = sum(change.left for change in measured(NOISY) if change.day in {40, 60})
    assert left > 0
    assert bool(found(NOISY, limits(pair_permille=left + above))) is flagged


@pytest.mark.parametrize(("above", "flagged"), [(-1, False), (0, False), (1, True)])
def test_a_pair_that_is_less_clear_is_judged_by_all_the_days_between(above: int, flagged: bool) -> None:
    whole = left_within(views(NOISY), 0, 40, 60, -1)
    assert whole > 0
    assert bool(found(NOISY, limits(whole_permille=whole + above))) is flagged


@pytest.mark.parametrize(("above", "flagged"), [(-1, False), (0, False), (1, True)])
def test_a_pair_that_is_not_clear_at_all_is_not_looked_at(above: int, flagged: bool) -> None:
    left = sum(change.left for change in measured(NOISY) if change.day in {40, 60})
    assert bool(found(NOISY, limits(whole_permille=1000, unclear_permille=left + above))) is flagged


ALONE = sunny({45: 1}, wobble=900)


@pytest.mark.parametrize(("above", "flagged"), [(-1, False), (0, False), (1, True)])
def test_a_change_alone_must_be_very_clear(above: int, flagged: bool) -> None:
    left = next(change.left for change in measured(ALONE) if change.day == 45)
    assert found(ALONE, limits(alone_permille=left + above)) == ([(45, DAYS, 60)] if flagged else [])


@pytest.mark.parametrize(("above", "flagged"), [(-1, False), (0, False), (1, True)])
def test_a_change_alone_that_is_clear_flags_the_days_on_both_sides(above: int, flagged: bool) -> None:
    one = next(change for change in measured(ALONE) if change.day == 45)
    rules = limits(strong_permille=one.left + above, strong_gain_permille=one.gain)
    assert found(ALONE, rules) == ([(41, 49, 60)] if flagged else [])


@pytest.mark.parametrize(("above", "flagged"), [(-1, True), (0, True), (1, False)])
def test_a_change_alone_must_gain_enough(above: int, flagged: bool) -> None:
    one = next(change for change in measured(ALONE) if change.day == 45)
    rules = limits(strong_permille=1000, strong_gain_permille=one.gain + above)
    assert bool(found(ALONE, rules)) is flagged


@pytest.mark.parametrize(("above", "flagged"), [(-1, False), (0, True), (1, True)])
def test_a_change_back_must_come_in_time(above: int, flagged: bool) -> None:
    assert bool(found(sunny({30: 1, 60: 0}), limits(pair_permille=2000, most_days=30 + above))) is flagged


@pytest.mark.parametrize(("above", "flagged"), [(-1, True), (0, False), (1, False)])
def test_there_must_be_more_than_a_least_energy(above: int, flagged: bool) -> None:
    outline = int(SUN.sum())
    rules = with_rule("V17", least_day_wh=outline + above)
    assert bool(found(sunny({40: 1, 60: 0}), rules)) is flagged


@pytest.mark.parametrize(("days", "checked"), [(24, False), (25, True), (26, True)])
def test_there_must_be_days_for_both_windows(days: int, checked: bool) -> None:
    short = home(SPAN[0], date.fromordinal(SPAN[0].toordinal() + days), flat=(0, 500), storage=ints(0))
    why = set(validate(short, with_rule("V17")).of("V17").to_polars()["note"])
    assert ("too few days to compare" not in why) is checked


def test_accounts_with_storage_are_checked_by_a_generation_meter_only() -> None:
    battery = sunny({40: 1, 60: 0}, storage=1)
    trail = validate(battery, with_rule("V17")).of("V17")
    assert set(trail.to_polars()["verdict"]) == {"not_checked"}
    made = battery.columns[1]
    three = battery.with_columns((*battery.columns, made), np.full((3, *made.shape), 4, dtype=np.int8))
    assert found(three, with_rule("V17")) == [(40, 60, 60)]


def test_a_week_without_readings_is_no_change_of_the_clock() -> None:
    lost = sunny({}, wobble=200)
    export = lost.columns[1].copy()
    export[0, 40 * 24 : 47 * 24] = NO_VALUE
    assert found(Metered.of(lost.with_columns((lost.columns[0], export), lost.status).readings, lost.facts),
                 with_rule("V17")) == []  # fmt: skip


def test_a_clock_that_is_off_in_all_the_readings_is_not_seen() -> None:
    """Named in docs/vee.md: there is nothing to compare with."""
    assert found(sunny({0: 1}), with_rule("V17")) == []
