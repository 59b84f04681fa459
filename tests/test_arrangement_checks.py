"""What is asked of an arrangement: below, at and above each boundary, with the rules that ask."""

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conformance import ROOT
from tests.made import account, rules_in
from trueup.account import Account
from trueup.arrangement import Arrangement, Generator, Member, Notice, Parcel, Shares
from trueup.arrangement_checks import Check, checks_of, refuse_failing
from trueup.arrangement_questions import QUESTIONS
from trueup.errors import TrueupError
from trueup.rulebook import Rules

Said = Mapping[str, Mapping[str, Any]]
NOTHING: Said = {}
NAMES = ("barn", "house", "well")
MONTHS = [date(2024 + k // 12, k % 12 + 1, 10) for k in range(36)]
VIRTUAL = ("nem-v", "mash-vnm", "nem-v-st", "vsbp", "pge-nem2-v")
NEM = ("nem-a", "nem-st-a", "pge-nem-a", "pge-nem2-a")
PROGRAMS = (*VIRTUAL, *NEM, "sbp-a")
CPA = {"provider": "clean-power-alliance", "product": "clean", "crs_vintage": 2018}
IN_TIME = {"vsbp": "2024-03-01", "sbp-a": "2024-03-01"}
FARM: dict[str, Any] = {
    "generating": "barn",
    "generator": {"kw": "150", "joint_load_kw": "150", "metered_minutes": 15},
    "parcels": {
        "p-barn": {"tenure": "owned", "next_to": ["p-house"]},
        "p-house": {"tenure": "leased", "across_road": ["p-well"]},
        "p-well": {"tenure": "rented"},
    },
}
BLOCK: dict[str, Any] = {
    "generators": ["roof"],
    "generator": {"kw": "40", "joint_load_kw": "55"},
    "shares": [{"from": "2024-02-10", "percent": {"barn": "33.33", "house": "33.33", "well": "33.33"}}],
}


def arranged(program: str, members: Said = NOTHING, **fields: Any) -> Arrangement:
    """An arrangement of three accounts that states everything, with what a case says of members and fields."""
    usual = {name: {"customer": "A. Grower", "parcel": f"p-{name}", "delivery_point": "dp-1"} for name in NAMES}
    accounts = [{"account": name} | usual[name] | members.get(name, {}) for name in NAMES]
    kind = BLOCK if program in VIRTUAL else FARM
    return Arrangement.from_fields({"arrangement": "made", "designated": "barn", "accounts": accounts} | kind | fields)


def accounts_of(program: str, **facts: Mapping[str, Any]) -> list[Account]:
    """Their account files, applied for in time, with what a case says of each."""
    usual = {"program": program, "read_dates": MONTHS, "application": IN_TIME.get(program, "2024-01-31")}
    return [account(**({"account": name} | usual | facts.get(name, {}))) for name in NAMES]


def asked(
    rules: Rules,
    program: str,
    rule: str,
    about: str,
    members: Said = NOTHING,
    facts: Said = NOTHING,
    **fields: Any,
) -> Check:
    """The one answer to the question of a rule that speaks about something."""
    checks = checks_of(arranged(program, members, **fields), accounts_of(program, **facts), rules)
    found = [check for check in checks if rule in check.rules and about in check.question]
    assert len(found) == 1, found
    return found[0]


def size(kw: str | None, load: str | None = None) -> dict[str, Any]:
    """What is stated of a generator."""
    return {"kw": kw, "joint_load_kw": load}


# --- every rule is asked -----------------------------------------------------------------------------------------


@pytest.mark.rule("VIRT-01", "VIRT-02", "VIRT-03", "VIRT-04", "VIRT-05")
@pytest.mark.parametrize("program", VIRTUAL)
def test_virtual_metering_is_asked_every_rule_of_its_kind(rules: Rules, program: str) -> None:
    checks = checks_of(arranged(program), accounts_of(program), rules)
    assert {f"VIRT-{k:02d}" for k in range(1, 6)} <= {rule for check in checks for rule in check.rules}
    assert [check for check in checks if check.answer in {"no", "not stated"}] == []


@pytest.mark.rule(*(f"AGG-{k:02d}" for k in range(1, 12)), "VIRT-05")
def test_solar_billing_plan_aggregation_is_asked_every_rule_of_its_kind(rules: Rules) -> None:
    checks = checks_of(arranged("sbp-a"), accounts_of("sbp-a"), rules)
    wanted = {f"AGG-{k:02d}" for k in range(1, 12)} | {"VIRT-05"}
    assert {rule for check in checks for rule in check.rules} == wanted
    assert [check for check in checks if check.answer in {"no", "not stated"}] == []


@pytest.mark.rule("AGG-12")
@pytest.mark.parametrize("program", NEM)
def test_nem_aggregation_is_asked_every_rule_of_its_kind(rules: Rules, program: str) -> None:
    checks = checks_of(arranged(program), accounts_of(program), rules)
    wanted = {f"AGG-{k:02d}" for k in (1, 2, 3, 5, 7, 8, 9, 12)} | {"NEM A1", "NEM A6", "NEM A8", "NEM A10"}
    assert {rule for check in checks for rule in check.rules} - {"AGG-06"} == wanted
    assert [check for check in checks if check.answer in {"no", "not stated"}] == []
    assert asked(rules, program, "AGG-12", "cap").answer == "office"


def test_every_id_that_a_program_asks_has_a_question(rules: Rules) -> None:
    known = {name for ids, _, _ in QUESTIONS for name in ids}
    arrangements = [one.arranged for one in rules.book.programs.values() if one.arranged is not None]
    assert len(arrangements) == len(PROGRAMS)
    for one in arrangements:
        assert {*one.rules, *one.notes} <= known
        assert one.rules


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_file_that_states_nothing_is_answered_and_never_refused(rules: Rules, program: str) -> None:
    bare = {name: {"customer": None, "parcel": None, "delivery_point": None} for name in NAMES}
    facts = {name: {"application": None} for name in NAMES}
    made = arranged(program, bare, generator={}, parcels={})
    checks = checks_of(made, accounts_of(program, **facts), rules)
    refuse_failing(made, checks)
    assert {check.answer for check in checks} >= {"yes", "not stated"}
    assert all("\n" not in check.told and check.told for check in checks)


def test_accounts_of_two_programs_are_refused_not_answered(rules: Rules) -> None:
    with pytest.raises(TrueupError, match="it has one program") as caught:
        checks_of(arranged("nem-a"), accounts_of("nem-a", well={"program": "nem-st-a"}), rules)
    assert caught.value.code == "E-ARR-002"
    with pytest.raises(TrueupError, match="it has one program"):
        checks_of(arranged("nem-v"), accounts_of("nem-v", well={"program": "mash-vnm", **CPA}), rules)


def test_an_account_without_its_file_is_refused_not_answered(rules: Rules) -> None:
    with pytest.raises(TrueupError, match="the account file of well is missing"):
        checks_of(arranged("nem-a"), accounts_of("nem-a")[:2], rules)
    with pytest.raises(TrueupError, match="the account file of well is missing"):
        checks_of(arranged("nem-a"), accounts_of("nem-a", house=CPA)[:2], rules)


def test_the_first_answer_of_no_refuses_with_its_rules(rules: Rules) -> None:
    made = arranged("sbp-a", {"well": {"customer": "B. Neighbour"}}, generator=size("150.001", "150"))
    with pytest.raises(TrueupError, match=r"A\. Grower and B\. Neighbour \(AGG-03\)") as caught:
        refuse_failing(made, checks_of(made, accounts_of("sbp-a"), rules))
    assert caught.value.code == "E-ARR-006"
    assert "made" in caught.value.what
    assert "docs/arrangements.md" in caught.value.todo


# --- virtual metering --------------------------------------------------------------------------------------------


@pytest.mark.rule("VIRT-01")
def test_sums_of_shares_and_what_they_leave_are_told(rules: Rules) -> None:
    later = {"from": "2024-05-10", "percent": {"house": "60", "well": "40"}}
    told = asked(rules, "nem-v", "VIRT-01", "shares", shares=[*BLOCK["shares"], later]).told
    assert told == "from 2024-02-10 99.99 %, 0.01 % left to barn; from 2024-05-10 100 %, 0 % left to barn"


@pytest.mark.rule("VIRT-01")
def test_shares_of_more_than_all_do_not_get_this_far() -> None:
    with pytest.raises(TrueupError, match="more than 100 percent"):
        arranged("nem-v", shares=[{"from": "2024-02-10", "percent": {"house": "60", "well": "40.0001"}}])


@pytest.mark.rule("VIRT-02")
def test_how_credits_are_kept_is_told_of_the_reading_that_holds(rules: Rules) -> None:
    assert asked(rules, "nem-v", "VIRT-02", "credited").told.endswith("kept in dollars")
    facts = {name: {"settlement_rule": "kwh-credits"} for name in NAMES}
    assert asked(rules, "nem-v", "VIRT-02", "credited", facts=facts).told.endswith("kept in kwh")


@pytest.mark.rule("VIRT-03")
@pytest.mark.parametrize(
    ("program", "answer"),
    [("nem-v", "no"), ("nem-v-st", "no"), ("pge-nem2-v", "no"), ("vsbp", "no"), ("mash-vnm", "yes")],
)
def test_only_affordable_housing_may_have_two_delivery_points(rules: Rules, program: str, answer: str) -> None:
    two = {"well": {"delivery_point": "dp-2"}}
    assert asked(rules, program, "VIRT-03", "point").answer == "yes"
    assert asked(rules, program, "VIRT-03", "point", two).answer == answer


@pytest.mark.rule("VIRT-03")
def test_an_account_without_a_delivery_point_leaves_it_open_unless_two_are_known(rules: Rules) -> None:
    lacks: dict[str, dict[str, Any]] = {"well": {"delivery_point": None}}
    found = asked(rules, "nem-v", "VIRT-03", "point", lacks)
    assert (found.answer, found.told) == ("not stated", "well has no delivery_point")
    assert asked(rules, "nem-v", "VIRT-03", "point", lacks | {"house": {"delivery_point": "dp-2"}}).answer == "no"
    assert asked(rules, "mash-vnm", "VIRT-03", "point", lacks).answer == "yes"


@pytest.mark.rule("VIRT-04", "AGG-09")
def test_virtual_accounts_are_paid_for_surplus_and_those_of_nem_aggregation_never(rules: Rules) -> None:
    assert asked(rules, "mash-vnm", "VIRT-04", "surplus").answer == "yes"
    assert asked(rules, "nem-a", "NEM A6", "never").answer == "yes"
    assert "never paid" in asked(rules, "nem-a", "AGG-09", "left-over").told
    assert "is paid" in asked(rules, "sbp-a", "AGG-09", "left-over").told


@pytest.mark.rule("VIRT-05")
@pytest.mark.parametrize(
    ("program", "day", "answer"),
    [
        ("nem-v-st", "2024-02-13", "yes"),
        ("nem-v-st", "2024-02-14", "yes"),
        ("nem-v-st", "2024-02-15", "no"),
        ("vsbp", "2024-02-14", "no"),
        ("vsbp", "2024-02-15", "yes"),
        ("sbp-a", "2024-02-14", "no"),
        ("sbp-a", "2024-02-15", "yes"),
        ("sbp-a", "2024-02-16", "yes"),
    ],
)
def test_applications_lie_between_the_first_and_the_last_day(rules: Rules, program: str, day: str, answer: str) -> None:
    found = asked(rules, program, "VIRT-05", "apply", facts={"well": {"application": day}})
    assert found.answer == answer
    assert (answer == "no") == (f"well applied on {day}" in found.told)


@pytest.mark.parametrize("program", NEM)
def test_nem_aggregation_took_applications_until_14_february_2024(rules: Rules, program: str) -> None:
    last = {"well": {"application": "2024-02-14"}}
    assert asked(rules, program, "NEM A10", "apply", facts=last).answer == "yes"
    assert asked(rules, program, "NEM A10", "apply", facts={"well": {"application": "2024-02-15"}}).answer == "no"
    assert asked(rules, program, "NEM A10", "meters").answer == "office"


@pytest.mark.rule("VIRT-05")
def test_an_account_without_an_application_leaves_it_open_unless_another_was_late(rules: Rules) -> None:
    lacks: dict[str, dict[str, Any]] = {"well": {"application": None}}
    assert asked(rules, "nem-v-st", "VIRT-05", "apply", facts=lacks).answer == "not stated"
    late = lacks | {"house": {"application": "2024-02-15"}}
    assert asked(rules, "nem-v-st", "VIRT-05", "apply", facts=late).answer == "no"
    assert asked(rules, "nem-v", "VIRT-05", "apply", facts=late).answer == "office"


# --- the generator -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kw", "answer"), [("999.999", "yes"), ("1000", "yes"), ("1000.001", "no"), (None, "not stated")]
)
@pytest.mark.parametrize("program", NEM)
def test_nem_aggregation_has_at_most_one_megawatt(rules: Rules, program: str, kw: str | None, answer: str) -> None:
    assert asked(rules, program, "NEM A1", "largest", generator=size(kw, "5000")).answer == answer


def test_the_solar_billing_plan_does_not_ask_for_one_megawatt(rules: Rules) -> None:
    made = arranged("sbp-a", generator=size("1000.001", "5000"))
    assert [one for one in checks_of(made, accounts_of("sbp-a"), rules) if one.answer == "no"] == []


@pytest.mark.rule("AGG-03")
@pytest.mark.parametrize(
    ("kw", "load", "answer"),
    [("149.999", "150", "yes"), ("150", "150", "yes"), ("150.001", "150", "no"), (None, "150", "not stated"),
     ("150", None, "not stated")],
)  # fmt: skip
def test_the_generator_is_no_larger_than_the_joint_load(
    rules: Rules, kw: str | None, load: str | None, answer: str
) -> None:
    assert asked(rules, "sbp-a", "AGG-03", "joint", generator=size(kw, load)).answer == answer
    assert asked(rules, "nem-v", "NEM V5", "joint", generator=size(kw, load)).answer == answer


@pytest.mark.rule("AGG-10")
@pytest.mark.parametrize(("minutes", "answer"), [(5, "no"), (15, "yes"), (60, "no"), (None, "not stated")])
def test_the_generating_meter_records_fifteen_minutes(rules: Rules, minutes: int | None, answer: str) -> None:
    assert asked(rules, "sbp-a", "AGG-10", "record", generator={"metered_minutes": minutes}).answer == answer
    assert asked(rules, "sbp-a", "AGG-10", "set up").answer == "office"


# --- customers and parcels ---------------------------------------------------------------------------------------


@pytest.mark.rule("AGG-03")
@pytest.mark.parametrize("program", ["nem-a", "sbp-a"])
def test_one_customer_holds_all_accounts(rules: Rules, program: str) -> None:
    other, lacks = {"well": {"customer": "B. Neighbour"}}, {"house": {"customer": None}}
    assert asked(rules, program, "AGG-03", "customer").answer == "yes"
    assert asked(rules, program, "AGG-03", "customer", lacks).answer == "not stated"
    assert asked(rules, program, "AGG-03", "customer", other | lacks).answer == "no"


@pytest.mark.rule("AGG-03")
def test_the_generating_account_is_told(rules: Rules) -> None:
    assert asked(rules, "sbp-a", "AGG-03", "named").told == "barn exports; accounts in all: 3"


def chain(rules: Rules, members: Said = NOTHING, **parcels: dict[str, Any] | None) -> tuple[str, str]:
    """Answers on sole tenure and on the chain, with parcels changed or (None) left out."""
    changed = FARM["parcels"] | {name.replace("_", "-"): fields for name, fields in parcels.items()}
    stated = {name: fields for name, fields in changed.items() if fields is not None}
    held = asked(rules, "sbp-a", "AGG-01", "alone", members, parcels=stated)
    return held.answer, asked(rules, "sbp-a", "AGG-02", "chain", members, parcels=stated).answer


@pytest.mark.rule("AGG-01", "AGG-02")
def test_a_road_does_not_break_the_chain_and_each_side_may_be_told_once(rules: Rules) -> None:
    assert chain(rules) == ("yes", "yes")
    told_by_the_other = {"p_house": {"tenure": "owned"}, "p_well": {"tenure": "owned", "across_road": ["p-house"]}}
    assert chain(rules, **told_by_the_other) == ("yes", "yes")


@pytest.mark.rule("AGG-02")
def test_a_parcel_that_adjoins_none_breaks_the_chain(rules: Rules) -> None:
    assert chain(rules, p_house={"tenure": "leased"}) == ("yes", "no")
    found = asked(rules, "sbp-a", "AGG-02", "chain", parcels=FARM["parcels"] | {"p-house": {"tenure": "leased"}})
    assert found.told == "no unbroken chain leads from parcel p-barn to p-well"


@pytest.mark.rule("AGG-02")
def test_a_parcel_between_that_is_not_listed_breaks_the_chain(rules: Rules) -> None:
    by_a_stranger = {"p_house": {"tenure": "owned", "next_to": ["stranger"]},
                     "p_well": {"tenure": "owned", "next_to": ["stranger"]}}  # fmt: skip
    assert chain(rules, **by_a_stranger) == ("yes", "no")
    assert chain(rules, **by_a_stranger, stranger={"tenure": "rented"}) == ("yes", "yes")


@pytest.mark.rule("AGG-01", "AGG-02")
def test_a_parcel_held_with_others_breaks_the_chain(rules: Rules) -> None:
    shared = {"tenure": "owned", "solely": False, "next_to": ["p-house", "p-well"]}
    between = {"p_house": {"tenure": "owned"}, "between": shared}
    assert chain(rules, **between) == ("yes", "no")
    assert chain(rules, p_well={"tenure": "owned", "solely": False}) == ("no", "no")
    assert chain(rules, p_barn={"tenure": "owned", "solely": False, "next_to": ["p-house"]}) == ("no", "no")


@pytest.mark.rule("AGG-01", "AGG-02")
def test_a_parcel_that_is_not_listed_leaves_it_open(rules: Rules) -> None:
    assert chain(rules, p_well=None) == ("not stated", "not stated")
    assert chain(rules, {"well": {"parcel": None}}) == ("not stated", "not stated")
    assert chain(rules, {"well": {"parcel": None}}, p_house={"tenure": "owned", "solely": False})[0] == "no"


@pytest.mark.rule("AGG-01", "AGG-02")
def test_accounts_on_one_parcel_need_no_neighbour(rules: Rules) -> None:
    same = {name: {"parcel": "p-barn"} for name in NAMES}
    assert chain(rules, same, p_barn={"tenure": "rented"}, p_house=None, p_well=None) == ("yes", "yes")


# --- changes of accounts -----------------------------------------------------------------------------------------


@pytest.mark.rule("AGG-07")
@pytest.mark.parametrize(("days", "answer"), [(59, "no"), (60, "yes"), (61, "yes"), (-1, "no")])
@pytest.mark.parametrize("what", ["joins", "leaves"])
def test_a_change_is_told_60_days_before(rules: Rules, what: str, days: int, answer: str) -> None:
    notice = {"on": "2025-03-10", "given": str(date(2025, 3, 10) - timedelta(days))}
    found = asked(rules, "sbp-a", "AGG-07", "told", {"well": {what: "2025-03-10"}}, notices=[notice])
    assert found.answer == answer
    assert answer == "yes" or f"told {days} days before" in found.told


@pytest.mark.rule("AGG-07")
def test_a_change_without_a_notice_of_its_day_is_not_stated(rules: Rules) -> None:
    joins = {"well": {"joins": "2025-03-10"}}
    other = {"on": "2025-03-11", "given": "2025-01-01"}
    assert asked(rules, "nem-a", "AGG-07", "told", joins, notices=[other]).answer == "not stated"
    assert asked(rules, "nem-a", "AGG-07", "told", notices=[other]).answer == "yes"


@pytest.mark.rule("AGG-07")
def test_the_first_of_two_notices_counts(rules: Rules) -> None:
    joins = {"well": {"joins": "2025-03-10"}}
    twice = [{"on": "2025-03-10", "given": "2025-01-09"}, {"on": "2025-03-10", "given": "2025-03-01"}]
    assert asked(rules, "sbp-a", "AGG-07", "told", joins, notices=twice).answer == "yes"
    assert asked(rules, "sbp-a", "AGG-07", "told", joins, notices=twice[::-1]).answer == "yes"


@pytest.mark.rule("AGG-07")
@pytest.mark.parametrize(("later", "answer"), [("2026-03-09", "no"), ("2026-03-10", "yes"), ("2026-03-11", "yes")])
@pytest.mark.parametrize("who", ["house", "well"])
def test_a_change_stands_for_12_months_to_the_day(rules: Rules, who: str, later: str, answer: str) -> None:
    days = sorted({*MONTHS, date.fromisoformat(later)})
    facts = {name: {"read_dates": days} for name in NAMES}
    changes: dict[str, dict[str, Any]] = {"well": {"joins": "2025-03-10"}}
    changes[who] = changes.get(who, {}) | {"leaves": later}
    assert asked(rules, "sbp-a", "AGG-07", "12 months", changes, facts).answer == answer


@pytest.mark.rule("AGG-07")
def test_accounts_that_change_on_one_day_are_one_change(rules: Rules) -> None:
    changes = {"well": {"joins": "2025-03-10"}, "house": {"leaves": "2025-03-10"}}
    found = asked(rules, "sbp-a", "AGG-07", "12 months", changes)
    assert (found.answer, found.told.count("2025-03-10")) == ("yes", 1)


# --- providers, fees, what the program answers -------------------------------------------------------------------


@pytest.mark.rule("AGG-08")
def test_all_accounts_have_one_provider_at_any_time(rules: Rules) -> None:
    later = {"switches": [{"on": "2025-03-10", **CPA}]}
    ask = ("sbp-a", "AGG-08", "bundled")
    assert asked(rules, *ask).answer == "yes"
    assert asked(rules, *ask, facts=dict.fromkeys(NAMES, CPA)).answer == "yes"
    assert asked(rules, *ask, facts=dict.fromkeys(NAMES, later)).answer == "yes"
    found = asked(rules, *ask, facts={"well": CPA})
    assert (found.answer, found.told) == ("no", "well is not served as barn is")
    assert asked(rules, *ask, facts={"well": later}).answer == "no"


@pytest.mark.rule("AGG-06")
@pytest.mark.parametrize(
    ("program", "billed", "told"),
    [
        ("sbp-a", "automated", "$16.00 once, $2.70 with every bill"),
        ("sbp-a", "manual", "$25.00 once, $20.00 with every bill"),
        ("nem-a", "automated", "$16.00 once, $2.70 with every bill"),
        ("pge-nem2-a", "automated", "$25.00 once (at most $500.00 for all), $5.00 with every bill"),
    ],
)
def test_fees_are_told_as_the_program_has_them(rules: Rules, program: str, billed: str, told: str) -> None:
    rule = "AGG-06" if program == "sbp-a" else "NEM A8"
    assert asked(rules, program, rule, "fees", fee_billing=billed).told == told


@pytest.mark.rule("AGG-04", "AGG-05", "AGG-07", "AGG-08", "AGG-09", "AGG-11")
def test_what_the_engine_does_by_design_is_yes_and_papers_are_an_office_s(rules: Rules) -> None:
    for rule, about in (("AGG-04", "dollars"), ("AGG-05", "separately"), ("AGG-07", "alone"), ("AGG-08", "only")):
        assert asked(rules, "sbp-a", rule, about).answer == "yes"
    for rule_of_2024 in ("R-2023", "R-2024", "R-FAQ"):
        facts = {name: {"settlement_rule": rule_of_2024} for name in NAMES}
        assert asked(rules, "sbp-a", "AGG-09", "left-over", facts=facts).answer == "yes"
    papers = asked(rules, "sbp-a", "AGG-11", "papers")
    assert papers.answer == "office"
    for paper in ("project number", "Form 14-937", "plot plan", "parcel map", "ownership or lease"):
        assert paper in papers.told


@pytest.mark.rule("AGG-04", "AGG-06", "AGG-09", "VIRT-02", "VIRT-04")
def test_a_program_file_that_answers_otherwise_is_told(tmp_path: Path) -> None:
    def without(name: str) -> Callable[[str], str]:
        return lambda text: re.sub(rf"^ *{name}:.*\n", "", text, flags=re.M)

    def turned(text: str) -> str:
        text = text.replace("{value: forfeited", "{value: carried").replace("value: cumulative_share", "value: none")
        return re.sub(r"^fee_amounts:\n(  .*\n)+", "", text, flags=re.M).replace(
            "twelve_bills_together", "twelve_bills"
        )

    own = rules_in(
        tmp_path,
        {
            "programs/sbp-a.yaml": turned,
            "programs/nem-st-a.yaml": lambda text: text.replace("AGG-12]", "AGG-04]"),
            "programs/nem-a.yaml": lambda text: without("surplus_eligible")(without("surplus_price")(text)),
            "programs/nem-v.yaml": lambda text: text.replace("{value: [bundled]", "{value: []"),
            "programs/nem-v-st.yaml": lambda text: text.replace("percent_of_output", "monthly_use"),
        },
    )
    assert asked(own, "nem-a", "NEM A6", "never").answer == "no"
    assert asked(own, "nem-v", "VIRT-04", "surplus").answer == "no"
    assert asked(own, "nem-v-st", "VIRT-02", "credited").answer == "no"
    assert asked(own, "nem-st-a", "AGG-04", "dollars").answer == "no"
    made, mine = arranged("sbp-a"), accounts_of("sbp-a")
    with pytest.raises(TrueupError, match="no program of aggregation"):
        checks_of(made, mine, own)
    apart = {"well": CPA}
    assert asked(own, "sbp-a", "AGG-09", "left-over", facts=apart).answer == "no"
    assert asked(own, "sbp-a", "AGG-04", "dollars", facts=apart).answer == "no"
    assert asked(own, "sbp-a", "AGG-07", "alone", facts=apart).answer == "no"
    assert asked(own, "sbp-a", "AGG-06", "fees", facts=apart).answer == "not stated"


# --- the page ----------------------------------------------------------------------------------------------------

PAGE = ROOT / "docs" / "arrangements.md"


def test_the_page_explains_every_field() -> None:
    page = PAGE.read_text(encoding="utf-8")
    explained = {name for row in re.findall(r"^\| (`.+?) \|", page, re.M) for name in re.findall(r"`([\w.]+)`", row)}
    for prefix, part in (
        ("", Arrangement), ("accounts.", Member), ("shares.", Shares), ("generator.", Generator),
        ("parcels.", Parcel), ("notices.", Notice),
    ):  # fmt: skip
        fields = {prefix + (field.alias or name) for name, field in part.model_fields.items()}
        assert fields <= explained, fields - explained


def test_the_examples_of_the_page_are_arrangements_that_pass(rules: Rules) -> None:
    texts = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    found = [Arrangement.from_fields(yaml.load(text, Loader=yaml.CBaseLoader)) for text in texts]
    assert [one.aggregates for one in found] == [False, True]
    for made, program in zip(found, ("nem-v", "sbp-a"), strict=True):
        applied = {"program": program, "application": IN_TIME.get(program, "2024-01-31"), "read_dates": MONTHS}
        accounts = [account(**(applied | {"account": one.account})) for one in made.accounts]
        assert {check.answer for check in checks_of(made, accounts, rules)} == {"yes", "office"}


def test_the_page_names_every_refusal() -> None:
    assert {f"E-ARR-{k:03d}" for k in range(1, 7)} <= set(re.findall(r"E-ARR-\d{3}", PAGE.read_text(encoding="utf-8")))
