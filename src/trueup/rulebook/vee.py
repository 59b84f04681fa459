"""The rules of validation, estimation and editing: `rules/vee.yaml`, loaded strictly, by version."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from trueup.errors import TrueupError
from trueup.periods import day_text
from trueup.quantities import Ints
from trueup.rulebook import load, schema
from trueup.rulebook.book import holidays_observed

Mark = Literal["seen", "heading", "remembered", "ours"]
Effect = Literal["estimate", "suspect", "note"]
Count = Annotated[int, Field(ge=0)]
HOLIDAY, UNKNOWN_TYPE = 7, -1
"""Day classes beside the weekdays 0 (Monday) to 6: an observed holiday; a day that the calendar does not cover."""


class Rule(schema.Strict):
    """What every rule states: its name, who says so, how that came to us."""

    title: str
    source: str
    mark: Mark


class Check(Rule):
    """A validation rule, and what its findings do."""

    effect: Effect


class Clock(Check):
    """V1, V3: a clock against the standard."""

    tolerance_seconds: Count


class SumCheck(Check):
    """V7: the tolerance, before the multiplier."""

    tolerance_wh: Count


class Spike(Check):
    """V8: the formula's factor, the power below which nothing is a spike, and what a peak is compared with."""

    spike_permille: Count
    floor_w: Count
    against: Literal["day", "own_peaks"]
    own_permille: Count
    peak_rank_permille: Annotated[int, Field(ge=0, le=1000)]
    least_days: Count


class HighLow(Check):
    """V10: least and most average daily use against the reference."""

    least_permille: Count
    most_permille: Count


class Zero(Check):
    """V13: days of zeros that are too many."""

    days: Annotated[int, Field(ge=1)]


class SolarSanity(Check):
    """V14: most export against the nameplate; degrees below the horizon from which it is night."""

    most_permille: Count
    night_degrees: Annotated[int, Field(ge=0, le=18)]


class Prolonged(Check):
    """V15: estimated bills in a row that are still allowed, and the share of intervals that makes a bill estimated."""

    bills: Count
    share_permille: Count


class Swap(Check):
    """V16: the clock hours of the night; the least energy received in the nights of a day and of a month."""

    night_from: Annotated[int, Field(ge=12, le=23)]
    night_to: Annotated[int, Field(ge=0, le=12)]
    day_wh: Count
    month_wh: Count


class ClockShift(Check):
    """V17: windows before and after a day, the shift tried, and how well it must fit.

    A day is a change where moving gains at least `gain_permille` of the outline and leaves less than `weak_permille` of
    the difference. Two within `most_days` are a finding where together they leave less than `pair_permille`, or less
    than `unclear_permille` and all days between leave less than `whole_permille`; one alone where it leaves less than
    `alone_permille`, or less than `strong_permille` and gains `strong_gain_permille`.
    """

    window_days: list[Annotated[int, Field(ge=2)]]
    shift_minutes: Annotated[int, Field(ge=5)]
    gain_permille: Count
    weak_permille: Count
    pair_permille: Count
    unclear_permille: Count
    whole_permille: Count
    alone_permille: Count
    strong_permille: Count
    strong_gain_permille: Count
    most_days: Count
    least_energy_permille: Count
    least_day_wh: Count


class Multiplier(Check):
    """V18: ratios to the days around that show a wrong multiplier, and that days beside such a day must show.

    `factor_permille` for a day's energy and its quiet night intervals, `peak_permille` for the highest export against
    the account's usual daily peak, given `least_peaks` days with export.
    """

    factor_permille: Count
    peak_permille: Count
    beside_permille: Annotated[int, Field(ge=1000)]
    window_days: Annotated[int, Field(ge=3)]
    least_days: Annotated[int, Field(ge=3)]
    least_peaks: Count
    floor_wh: Count
    night_from: Annotated[int, Field(ge=12, le=23)]
    night_to: Annotated[int, Field(ge=0, le=12)]


class CopiedDay(Check):
    """V19: how many different values a repeated day must hold."""

    distinct_values: Count


class Linear(Rule):
    """E1: the longest gap, how far its end points may lie, and whether an interval with an outage may be one."""

    most_minutes: Count
    reach_minutes: Count
    outage_endpoint: Literal["skip", "use"]


class ReferenceDays(Rule):
    """E2: how many days are averaged, and how far away they may lie."""

    days: Annotated[int, Field(ge=1)]
    reach_days: Annotated[int, Field(ge=1)]


class ExportDays(ReferenceDays):
    """E4: besides, the bounds of the clear-sky ratio."""

    least_scale_permille: Count
    most_scale_permille: Count


class VeeLimits(schema.Strict):
    """All rules of a version, by their ids."""

    V1: Clock
    V2: Check
    V3: Clock
    V4: Check
    V5: Check
    V6: Check
    V7: SumCheck
    V8: Spike
    V9: Check
    V10: HighLow
    V11: Check
    V12: Check
    V13: Zero
    V14: SolarSanity
    V15: Prolonged
    V16: Swap
    V17: ClockShift
    V18: Multiplier
    V19: CopiedDay
    E1: Linear
    E2: ReferenceDays
    E3: Rule
    E4: ExportDays
    E5: Rule


class VeeVersion(schema.Dated):
    """One edition of the standard with our choices."""

    rules: VeeLimits


class VeeFile(schema.Strict):
    """`rules/vee.yaml`."""

    vee: str
    calendar: str
    day_types: Literal["tariff", "export_prices"]
    documents: dict[str, schema.Source]
    versions: Annotated[list[VeeVersion], Field(min_length=1)]


RULE_IDS = tuple(VeeLimits.model_fields)
"""Ids of all rules, in the order of the trail's `rule` column."""


@dataclass(frozen=True)
class VeeRules:
    """The rules, and the calendar that says which days are holidays."""

    file: VeeFile
    calendar: schema.Calendar

    @classmethod
    def load(cls, folder: Path = load.RULES) -> "VeeRules":
        """Read `vee.yaml` and its calendar.

        Raises
        ------
        TrueupError
            E-RULE-001 for a file that cannot be used: unknown keys, a source or calendar that does not exist, two
            versions from one day.
        """
        path = folder / "vee.yaml"
        file = load.one(path, VeeFile)
        calendars = {item.calendar: item for item in load.many(folder / "calendars", schema.Calendar).values()}
        if file.calendar not in calendars:
            raise load.rule_error(path, f"there is no calendar {file.calendar!r}")
        known = {*file.documents, *load.sources(folder)}
        cited = {version.source for version in file.versions} | {
            getattr(version.rules, rule).source for version in file.versions for rule in RULE_IDS
        }
        if cited - known:
            raise load.rule_error(path, f"source {min(cited - known)!r} is not listed")
        starts = [version.from_ for version in file.versions]
        if len(set(starts)) != len(starts):
            raise load.rule_error(path, "two versions hold from one day")
        return cls(file, calendars[file.calendar])

    @classmethod
    @cache
    def shipped(cls) -> "VeeRules":
        """The rules that ship, loaded once."""
        return cls.load()

    def on(self, day: int) -> VeeVersion:
        """The version in force on a day (ordinal); a stretch of readings is judged by that of its first day.

        Raises
        ------
        TrueupError
            E-VEE-001 before the first version.
        """
        started = [version for version in self.file.versions if version.from_.toordinal() <= day]
        if not started:
            raise TrueupError(
                "E-VEE-001",
                f"no version of the validation rules holds on {day_text(day)}",
                "Readings are judged by the rules of their day, never by the nearest ones known.",
                "Check the dates of the readings, or add a version to rules/vee.yaml.",
            )
        return max(started, key=lambda version: version.from_)

    def day_classes(self, first_day: int, last_day: int) -> Ints:
        """(days,) weekday of each day, `HOLIDAY` where one is observed, `UNKNOWN_TYPE` outside the calendar."""
        days = np.arange(first_day, last_day, dtype=np.int64)
        years = range(date.fromordinal(first_day).year, date.fromordinal(last_day).year + 1)
        listed = self.calendar.day_types[self.file.day_types]
        observed = [day.toordinal() for year in years for day in holidays_observed(listed, year)]
        covered = (days >= self.calendar.from_.toordinal()) & (days <= self.calendar.through.toordinal())
        weekday = (days + 6) % 7
        return np.where(covered, np.where(np.isin(days, observed), HOLIDAY, weekday), UNKNOWN_TYPE)
