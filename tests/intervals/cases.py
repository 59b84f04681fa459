"""Small meters for hand-made cases, and the trail in words."""

from datetime import date, datetime
from typing import Any

import numpy as np

from tests.made import columns
from trueup.intervals import Metered, MeterFacts, Stretches, Trail
from trueup.model import NO_VALUE
from trueup.periods import PACIFIC
from trueup.quantities import Ints
from trueup.rulebook.vee import VeeRules

RULES = VeeRules.shipped()
JUNE = date(2025, 6, 2), date(2025, 6, 30)
"""Monday 2 June to Sunday 29 June: four whole weeks without a holiday."""


def ints(*values: int) -> Ints:
    return np.array(values, dtype=np.int64)


def second(text: str) -> int:
    """UTC second of a Pacific time ``YYYY-MM-DD HH:MM``."""
    return int(datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=PACIFIC).timestamp())


def stretch(first: str, last: str) -> Stretches:
    """One stretch of the first account."""
    return Stretches(ints(0), ints(second(first)), ints(second(last)))


def home(
    first: date = JUNE[0], last: date = JUNE[1], minutes: int = 60, flat: tuple[int, int] = (500, 0), **facts: Any
) -> Metered:
    """One home with flat channels and some facts."""
    return Metered.of(columns(first, last, minutes, flat), MeterFacts(**facts))


def at(metered: Metered, text: str) -> int:
    """The interval that starts at a Pacific time."""
    return int(metered.grid.slot(ints(second(text)))[0])


def put(metered: Metered, code: int, text: str, *values: int) -> Metered:
    """A copy with values from a Pacific time on."""
    changed = [column.copy() for column in metered.columns]
    begin = at(metered, text)
    changed[code][0, begin : begin + len(values)] = values
    shown = np.stack([column != NO_VALUE for column in changed])
    status = np.where(shown, np.maximum(metered.status, 4 * (metered.status == 0)), 0).astype(np.int8)
    return metered.with_columns(tuple(changed), status)


def gap(metered: Metered, count: int, code: int = 0, text: str = "2025-06-11 10:00") -> Metered:
    """A copy without some values; by default from a Wednesday morning on."""
    return put(metered, code, text, *[NO_VALUE] * count)


def read(metered: Metered, code: int, text: str, count: int) -> list[int]:
    """Values from a Pacific time on."""
    begin = at(metered, text)
    return [int(value) for value in metered.columns[code][0, begin : begin + count]]


def with_rule(rule: str, **limits: Any) -> VeeRules:
    """The shipped rules with other limits of a rule."""
    file = RULES.file
    changed = file.versions[0].rules
    one = getattr(changed, rule).model_copy(update=limits)
    version = file.versions[0].model_copy(update={"rules": changed.model_copy(update={rule: one})})
    return VeeRules(file.model_copy(update={"versions": [version]}), RULES.calendar)


def told(trail: Trail, rule: str) -> list[tuple[str, str, int, int]]:
    """Verdict, channel, observed and limit of a rule's records."""
    table = trail.of(rule).to_polars()
    return list(table.select("verdict", "channel", "observed", "limit").iter_rows())


def notes(trail: Trail, rule: str) -> set[str]:
    """The notes of a rule's records."""
    return set(trail.of(rule).to_polars()["note"])
