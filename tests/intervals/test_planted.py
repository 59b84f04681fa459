"""A small made fleet with planted defects; `python -m bench.vee` measures a larger one."""

import numpy as np
import pytest

from bench.vee import SEED, found_days, found_twice
from tests.intervals.cases import RULES
from tests.intervals.fleet import KINDS, RULE_OF, day_marks, made_fleet, plant
from trueup.intervals import Metered, validate
from trueup.quantities import Bools

HOMES = 50
BLIND_WITH_STORAGE = {"swap", "shift"}


@pytest.fixture(scope="module", params=[15, 60])
def clean(request: pytest.FixtureRequest) -> Metered:
    """The first homes of the bench's fleet, a year each."""
    return made_fleet(SEED, HOMES, request.param)


def found(metered: Metered, kind: str) -> Bools:
    return found_days(metered, validate(metered, RULES), RULE_OF[kind])


def test_at_most_one_clean_day_in_a_hundred_is_flagged(clean: Metered) -> None:
    marks = found_days(clean, validate(clean, RULES), None)
    assert 100 * int(marks.sum()) <= marks.size


@pytest.mark.parametrize("kind", KINDS)
def test_planted_defects_are_found(clean: Metered, kind: str) -> None:
    """At least 99 of 100 incidents, with storage where the rule can tell; docs/vee.md gives the figures of a fleet."""
    planted = plant(kind, clean, 11)
    marks = found(planted.metered, kind)
    due = day_marks(planted.metered, planted.account, planted.begin, planted.end)
    assert clean.facts.storage is not None
    kept = due.any(axis=1) & ((clean.facts.storage == 0) | (kind not in BLIND_WITH_STORAGE))
    assert 100 * int((marks & due)[kept].any(axis=1).sum()) >= 99 * int(kept.sum())


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "shift"])
def test_every_day_of_a_planted_defect_is_named(clean: Metered, kind: str) -> None:
    """All but of a shifted clock, whose first and last day cloud may hide."""
    planted = plant(kind, clean, 11)
    marks = found(planted.metered, kind)
    due = day_marks(planted.metered, planted.account, planted.begin, planted.end)
    assert clean.facts.storage is not None
    kept = clean.facts.storage == 0 if kind in BLIND_WITH_STORAGE else np.ones(HOMES, dtype=np.bool_)
    assert 100 * int((marks & due)[kept].sum()) >= 99 * int(due[kept].sum())


def test_every_reading_given_twice_is_named_and_no_other(clean: Metered) -> None:
    found_rows, planted, false, _ = found_twice(clean, RULES, 11)
    assert (found_rows, false) == (planted, 0)
