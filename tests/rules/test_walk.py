"""Generated over the rule files: on every day that a file covers exactly one value holds, and it has a source."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from trueup.quantities import UNKNOWN
from trueup.rulebook import Rulebook, Rules, schema
from trueup.rulebook.check import findings
from trueup.rulebook.columns import FLAGS
from trueup.rulebook.prices import vintage_year

BOOK = Rulebook.load()
SCHEDULES = list(BOOK.schedules.values())
VERSIONS = [(schedule, version) for schedule in SCHEDULES for version in schedule.versions]
UNKNOWN_VERSIONS = {("tou-d-5-8pm", "2025-03-01")}
"""Written down as unknown: no source gives 5-8 PM for March to May 2025."""
DATED = [table for table in BOOK.tables.values() if table.kind in {"dated", "credit_events"}]
EXPORTS = [table for table in BOOK.tables.values() if table.kind == "export_prices"]
MONTHLY = [table for table in BOOK.tables.values() if table.kind == "monthly"]


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(n) for n in range((last - first).days + 1)]


def name(value: Any) -> str:
    if isinstance(value, schema.TariffVersion):
        return str(value.from_)
    return str(getattr(value, "schedule", None) or getattr(value, "table", None) or value)


def test_the_check_that_users_can_run_finds_nothing() -> None:
    assert findings(BOOK) == []


@pytest.mark.parametrize("schedule", SCHEDULES, ids=name)
def test_exactly_one_version_of_a_schedule_holds_on_each_day_that_it_covers(schedule: schema.Schedule) -> None:
    rules = Rules(BOOK)
    at = rules.tariffs.schedules.index(schedule.schedule)
    every = days(schedule.versions[0].from_, schedule.through)
    found = rules.tariffs.versions.at(np.full(len(every), at), np.array([day.toordinal() for day in every]))
    for day, version in zip(every, found, strict=True):
        held = [v for v in schedule.versions if v.from_ <= day]
        assert rules.tariffs.versions.starts[version] == max(v.from_ for v in held).toordinal(), day


@pytest.mark.parametrize(("schedule", "version"), VERSIONS, ids=name)
def test_a_version_has_a_source_and_a_price_for_every_hour_of_the_week(
    schedule: schema.Schedule, version: schema.TariffVersion
) -> None:
    assert version.source in BOOK.sources
    for season in schema.SEASONS:
        for day_type, periods in getattr(schedule.periods, season).items():
            for tou in periods:
                unknown = (schedule.schedule, str(version.from_)) in UNKNOWN_VERSIONS
                assert (version.delivery[season][tou] == UNKNOWN) == unknown, (season, day_type, tou)
                assert (version.generation[season][tou] == UNKNOWN) == unknown


@pytest.mark.parametrize(("schedule", "version"), VERSIONS, ids=name)
def test_the_non_bypassable_parts_lie_inside_the_totals(
    schedule: schema.Schedule, version: schema.TariffVersion
) -> None:
    inside = sum(version.inside_delivery.values())
    for season, prices in version.delivery.items():
        for tou, total in prices.items():
            if total == UNKNOWN or inside <= UNKNOWN // 2:
                continue
            assert 0 < inside < total
            assert version.inside_generation.get("ctc", 0) < version.generation[season][tou]


@pytest.mark.parametrize(("schedule", "version"), [pair for pair in VERSIONS if pair[1].split], ids=name)
def test_where_the_build_up_is_published_its_parts_add_to_the_printed_total(
    schedule: schema.Schedule, version: schema.TariffVersion
) -> None:
    assert version.split is not None
    everywhere = sum(version.split.everywhere.values()) + sum(version.inside_delivery.values())
    for season, prices in version.delivery.items():
        for tou, total in prices.items():
            assert everywhere + version.split.distribution[season][tou] == total, (season, tou)


@pytest.mark.parametrize("table", DATED, ids=name)
def test_exactly_one_value_of_a_dated_table_holds_on_each_day(table: Any) -> None:
    starts = [version.from_ for version in table.versions]
    assert starts == sorted(set(starts))
    assert starts[-1] <= table.through
    for day in days(starts[0], table.through):
        assert sum(1 for this, after in pairwise([*starts, table.through + timedelta(1)]) if this <= day < after) == 1


@pytest.mark.parametrize("table", EXPORTS, ids=name)
def test_every_hour_of_every_day_of_an_export_table_has_exactly_one_price(table: schema.ExportPrices) -> None:
    rules = Rules(BOOK)
    every = np.array([day.toordinal() for day in days(table.from_, min(table.through, date(2027, 12, 31)))])
    vintage = vintage_year(table.vintages[0])
    months = np.array([12 * date.fromordinal(int(day)).year + date.fromordinal(int(day)).month - 1 for day in every])
    utility, calendar = rules.utilities.index(table.utility), rules.calendar.names.index(table.calendar)
    day_type = rules.calendar.at(rules.calendar.export_day_type, np.full_like(every, calendar), every)
    rows = rules.exports.row(np.full_like(every, utility), np.full_like(every, vintage), months, day_type)
    assert (rows > 0).all()
    assert (rules.exports.prices[rows] > UNKNOWN // 2).all()
    assert (rules.exports.prices[rows] >= 0).all(), "each component is floored at zero (tariffs-nbt 2.1)"


@pytest.mark.parametrize("table", MONTHLY, ids=name)
def test_a_monthly_table_has_each_month_once(table: schema.Monthly) -> None:
    months = [row[0] for row in BOOK.csv(table, ",".join(["month", *table.columns]))]
    assert months == sorted(set(months))
    assert (months[0], months[-1]) == (table.from_, table.through)
    years = int(table.through[:4]) - int(table.from_[:4])
    assert len(months) == 12 * years + int(table.through[5:]) - int(table.from_[5:]) + 1


@pytest.mark.parametrize("program", BOOK.programs.values(), ids=lambda p: p.program)
@pytest.mark.parametrize("question", schema.Answers.model_fields)
def test_a_program_answers_each_question_with_a_source_and_published_rules(
    program: schema.Program, question: str
) -> None:
    answer = getattr(program.answers, question)
    sources = _leaves(answer.source) if isinstance(answer.source, dict) else [answer.source]
    assert all(source in BOOK.sources for source in sources)
    assert all(rule in BOOK.published.rules for rule in answer.rules)


SELECTABLE = {"forfeits_unelected", "surcharge_on_days", "pays_recovery"}
"""Answers that the sources allow and no shipped program gives; cases of their own show them."""


@pytest.mark.parametrize("flag", FLAGS)
def test_a_flag_of_the_engine_is_an_answer_that_some_program_gives(flag: str) -> None:
    question, values = FLAGS[flag]
    answers = [getattr(p.answers, question, None) for p in (*BOOK.programs.values(), *BOOK.providers.values())]
    given = {str(v) for answer in answers if answer is not None for v in _leaves(answer.value)}
    if flag not in SELECTABLE:
        assert given & set(values), f"no program answers {question} with {values}"
    models = [model for model in (schema.Answers, schema.ProviderAnswers) if question in model.model_fields]
    allowed = "".join(str(model.model_fields[question].annotation) for model in models)
    allowed += str(schema.SurplusPrice.model_fields["value"].annotation)
    assert all(f"'{value}'" in allowed for value in values)


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for key, part in value.items() if key != "by" for leaf in _leaves(part)]
    return [leaf for part in value for leaf in _leaves(part)] if isinstance(value, list) else [value]


def test_every_source_is_cited_somewhere() -> None:
    text = "".join(path.read_text() for path in BOOK.folder.rglob("*.yaml") if path.name != "sources.yaml")
    assert [source for source in BOOK.sources if source not in text] == []
