"""Cycles, programs that start, relevant periods that close, and the rows of a cycle."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from tests.made import account, columns, run
from trueup.facts import gather_facts
from trueup.looked_up import vintage_year
from trueup.model import Spans, State
from trueup.periods import day_text, month_text
from trueup.rulebook import Rules
from trueup.timeline import cuts, lock_in_end, timeline

READS = [date(2025, 5, 16) + timedelta(30 * k) for k in range(15)]


def spans(rules: Rules, **fields: Any) -> Spans:
    home = account(**({"read_dates": READS, "application": date(2025, 2, 1)} | fields))
    return timeline(gather_facts([home], rules), rules, READS[0].toordinal(), READS[-1].toordinal())


def starts(found: Spans) -> list[str]:
    return [day_text(day) for day in found.cycles.start]


def test_cycles_run_from_a_read_date_included_to_the_next_excluded(rules: Rules) -> None:
    found = spans(rules).cycles
    assert [(s, e) for s, e in zip(found.start, found.end, strict=True)] == [
        (a.toordinal(), b.toordinal()) for a, b in pairwise(READS)
    ]


@pytest.mark.rule("BILL-11")
@pytest.mark.parametrize(("shift", "cycles"), [(0, 14), (1, 15), (29, 15), (30, 14)])
def test_a_cycle_is_cut_at_permission_to_operate_unless_that_is_a_read_date(
    shift: int, cycles: int, rules: Rules
) -> None:
    pto = READS[1] + timedelta(shift)
    found = spans(rules, program="sbp", pto=pto)
    assert len(found.cycles.start) == cycles
    assert day_text(pto.toordinal()) in starts(found)


@pytest.mark.rule("TRUE-01", "BILL-11")
@pytest.mark.parametrize(
    ("shift", "first_solar"), [(-1, 1), (0, 1), (1, 2)], ids=["day before", "read date", "day after"]
)
def test_net_billing_starts_at_the_first_read_date_on_or_after_permission(
    shift: int, first_solar: int, rules: Rules
) -> None:
    found = spans(rules, program="sbp", pto=READS[1] + timedelta(shift))
    assert day_text(found.cycles.start[np.argmax(found.cycles.in_period)]) == str(READS[first_solar])


@pytest.mark.rule("TRUE-01")
def test_nem_starts_on_the_day_of_permission_with_a_short_first_cycle(rules: Rules) -> None:
    pto = READS[1] + timedelta(11)
    found = spans(rules, program="nem-st", pto=pto).cycles
    first = int(np.argmax(found.in_period))
    assert (found.start[first], found.end[first]) == (pto.toordinal(), READS[2].toordinal())


@pytest.mark.rule("TRUE-01", "TRUE-02")
@pytest.mark.parametrize(("program", "bills"), [("sbp", 12), ("nem-st", 12)])
def test_a_relevant_period_is_twelve_bills_a_short_first_one_counted(program: str, bills: int, rules: Rules) -> None:
    found = spans(rules, program=program, pto=READS[0] + timedelta(3)).cycles
    closing = int(np.nonzero(found.closes)[0][0])
    assert found.in_period[: closing + 1].sum() == bills
    assert found.in_period[closing + 1 :].all(), "the next period begins at the next read date"


@pytest.mark.rule("TRUE-01")
def test_a_stated_start_of_a_running_period_counts_from_there(rules: Rules) -> None:
    found = spans(rules, program="sbp", pto=date(2025, 3, 1), relevant_period_start=READS[2]).cycles
    assert [day_text(day) for day in found.end[found.closes]] == [str(READS[14])]


def test_a_cycle_is_named_by_the_month_of_its_last_service_day(rules: Rules) -> None:
    home = account(read_dates=[date(2025, 6, 1), date(2025, 7, 1), date(2025, 8, 2)])
    found = timeline(gather_facts([home], rules), rules, READS[0].toordinal(), READS[-1].toordinal()).cycles
    assert [month_text(int(m)) for m in found.month] == ["2025-06", "2025-08"]


@pytest.mark.rule("BILL-11")
def test_exports_before_the_first_solar_bill_are_granted_on_it(rules: Rules) -> None:
    found = spans(rules, program="sbp", pto=READS[1] + timedelta(11)).cycles
    assert found.grants_to[:4].tolist() == [-1, -1, 3, 3]
    assert found.early[:4].tolist() == [False, False, True, False]


def test_an_account_without_permission_is_standard_throughout(rules: Rules) -> None:
    found = spans(rules)
    assert not found.cycles.in_period.any()
    assert (found.cycles.grants_to == -1).all()


def test_every_run_of_a_cycle_lies_in_exactly_one_row_and_all_days_are_counted(rules: Rules) -> None:
    found = spans(rules, program="sbp", pto=READS[1] + timedelta(5))
    assert (found.row_of_run >= 0).all()
    days = np.zeros(len(found.cycles.start), dtype=np.int64)
    np.add.at(days, found.rows.cycle, found.rows.days)
    assert np.array_equal(days, found.cycles.end - found.cycles.start)


def test_rows_are_some_forty_sets_of_alike_days_not_one_a_day(rules: Rules) -> None:
    found = spans(rules)
    assert 40 <= len(found.rows.day) <= 80
    assert found.rows.repeated.sum() == 1


@pytest.mark.rule("EEC-04")
@pytest.mark.parametrize(
    ("application", "pto", "vintage"),
    [
        (date(2023, 5, 1), date(2024, 6, 30), 2024),
        (date(2023, 5, 1), date(2024, 7, 1), 2023),
        (date(2024, 7, 1), date(2025, 1, 9), 2024),
        (date(2025, 1, 1), date(2026, 2, 2), 2025),
        (date(2023, 4, 15), date(2023, 12, 31), 2023),
        (None, date(2025, 1, 1), 0),
    ],
    ids=[
        "pto on the last day of the old rule",
        "pto a day later",
        "request 2024",
        "request 2025",
        "2023",
        "no request",
    ],
)
def test_the_vintage_follows_from_application_and_permission(application: date | None, pto: date, vintage: int) -> None:
    assert vintage_year("pto_then_application", application, pto) == vintage


@pytest.mark.rule("EEC-04")
@pytest.mark.parametrize(
    ("pto", "january", "end"),
    [
        (date(2023, 5, 31), False, date(2032, 5, 31)),  # NBT-G12: SCE
        (date(2023, 5, 1), False, date(2032, 5, 1)),  # NBT-G12: PG&E, up to and with 2032-04-30
        (date(2024, 2, 29), False, date(2033, 2, 28)),
        (date(2023, 5, 31), True, date(2032, 1, 1)),  # SDG&E counts from January 1
    ],
)
def test_prices_are_locked_for_nine_years(pto: date, january: bool, end: date) -> None:
    assert lock_in_end(np.array([pto.toordinal()]), np.array([9]), np.array([january]))[0] == end.toordinal()


@pytest.mark.rule("EEC-04")
@pytest.mark.parametrize(
    ("rule", "year"), [("pto_then_application", 2024), ("application", 2023), ("pto", 2024), ("none", 0)]
)
def test_each_utility_has_its_own_vintage_year(rule: str, year: int) -> None:
    """tariffs-nbt 2.2: an application of December 2023, permission of March 2024."""
    assert vintage_year(rule, date(2023, 12, 5), date(2024, 3, 8)) == year


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"read_dates": [date(2024, 12, 20), date(2025, 1, 20)]}, "E-RULE-003"),
        ({"read_dates": [date(2026, 7, 23), date(2026, 8, 21)]}, None),
        ({"read_dates": [date(2026, 7, 23), date(2026, 8, 22)]}, "E-RULE-003"),
        ({"read_dates": READS[2:], "program": "sbp", "pto": READS[0], "application": READS[0]}, "E-TRUE-002"),
        ({"read_dates": READS[2:], "program": "nem-st", "pto": READS[0]}, "E-TRUE-002"),
        ({"read_dates": READS[:6], "program": "nem-st", "pto": READS[0]}, None),
    ],
    ids=[
        "before the first version",
        "last attested day",
        "a day beyond it",
        "sbp before reads",
        "nem before reads",
        "fine",
    ],
)
def test_days_and_starts_that_are_not_known_are_refused_with_a_code(
    fields: dict[str, Any], code: str | None, rules: Rules
) -> None:
    home = account(**fields)
    result = run(home, columns(home.read_dates[0], home.read_dates[-1]), rules)
    assert [refusal.error.code for refusal in result.refusals] == ([code] if code else [])
    assert (len(result.lines.cents) == 0) == bool(code)


def test_read_dates_are_padded_accounts_of_different_length_share_a_shard(rules: Rules) -> None:
    homes = [account(read_dates=READS), account(read_dates=READS[:3])]
    found = cuts(gather_facts(homes, rules))
    assert (found.points < date(9999, 1, 1).toordinal()).sum(axis=1).tolist() == [15, 3]


@pytest.mark.parametrize("shift", [0, 7], ids=["on a read date", "inside a cycle"])
def test_the_end_of_service_cuts_the_cycle_and_closes_the_running_period(shift: int, rules: Rules) -> None:
    end = READS[5] + timedelta(shift)
    found = spans(rules, program="sbp", pto=READS[1], service_end=end).cycles
    assert found.end.max() == end.toordinal()
    assert found.closes.sum() == found.final.sum() == 1
    assert found.closes[-1]


def test_an_account_that_closes_has_no_balance_left_on_it(rules: Rules) -> None:
    home = account(program="sbp", pto=READS[0], application=date(2025, 2, 1), read_dates=READS[:4],
                   service_end=READS[2] + timedelta(3), nsc_election="on_bill")  # fmt: skip
    opening = State.empty(1)
    opening.surplus[0] = 100_000
    result = run(home, columns(READS[0], READS[3], flat=(100, 300)), rules, opening)
    assert not result.refusals
    assert result.closing.surplus[0] == result.closing.export.sum() == 0
    assert result.settled.paid.sum() > 0
