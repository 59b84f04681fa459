"""Arrangements that cannot be billed: files, members and days that do not fit together, accounts that wait."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.made import account
from tests.made_arrangements import MadeArrangement, settled, shard_of
from tests.made_rules import MADE_CCA, MADE_ESP
from tests.test_arrangements import READS, RULES, USES, arranged, bill, closings, meter, shares
from trueup.arrangement import Arrangement
from trueup.errors import TrueupError
from trueup.facts import gather_facts
from trueup.model import NO_VALUE, Result
from trueup.pipeline import settle

VIRTUAL: dict[str, Any] = shares((READS[0], {"b": "50"}))
FILE: dict[str, Any] = {
    "arrangement": "made",
    "accounts": [{"account": "a"}, {"account": "b"}],
    "designated": "a",
    "generators": ["roof"],
    **VIRTUAL,
}
AGGREGATE: dict[str, Any] = {
    "arrangement": "made", "accounts": FILE["accounts"], "designated": "a", "generating": "a"
}  # fmt: skip


def codes(result: Result) -> dict[str, str]:
    """The code for each account that is refused."""
    return {result.shard.facts.ids[refusal.account]: refusal.error.code for refusal in result.refusals}


def percent(**of: str) -> dict[str, Any]:
    """A file with one set of shares."""
    return FILE | shares((READS[0], of))


def refusal_of(made: MadeArrangement) -> str:
    """What is said of an arrangement whose accounts do not belong together."""
    with pytest.raises(TrueupError) as caught:
        gather_facts(made.accounts, RULES, None, [made.arrangement])
    assert caught.value.code == "E-ARR-002"
    return caught.value.what


def with_accounts(made: MadeArrangement, **changes: dict[str, Any]) -> MadeArrangement:
    """The arrangement with other facts of some accounts."""
    homes = [home.with_facts(**changes.get(home.account, {})) for home in made.accounts]
    return MadeArrangement(made.arrangement, homes, made.readings, made.output)


WRONG = [
    (percent(b="100.0001"), "between 0 and 100"),
    (percent(a="50", b="50.0001"), "more than 100 percent"),
    (percent(b="33.33333"), "more than 4 decimals"),
    (percent(c="10"), "c is none of the accounts"),
    (FILE | {"sharess": []}, "there is no such field"),
    (FILE | {"accounts": [{"account": "a", "joins": "2025-07-01"}, {"account": "b"}]}, "there from the beginning"),
    (FILE | {"accounts": [{"account": "a", "leaves": "2025-07-01"}, {"account": "b"}]}, "to the end"),
    (AGGREGATE | {"generating": "b", "accounts": [{"account": "a"}, {"account": "b", "joins": "2025-07-01"}]},
     "generating: b must be"),
    (FILE | {"designated": "c"}, "designated: c must be one of the accounts"),
    (FILE | {"accounts": [{"account": "a"}, {"account": "a"}]}, "a stands twice"),
    (FILE | {"generating": "a"}, "either generating"),
    ({name: field for name, field in FILE.items() if name not in {"generators", "shares"}}, "either generating"),
    ({name: field for name, field in FILE.items() if name != "shares"}, "shares belong to generators"),
    (FILE | shares((READS[1], {}), (READS[0], {})), "in order"),
    (FILE | shares((READS[1], {}), (READS[1], {})), "in order"),
    (AGGREGATE | {"accounts": [{"account": "a"}, {"account": "b", "joins": "2025-07-01", "leaves": "2025-07-01"}]},
     "leaves must come after joins"),
    (FILE | {"accounts": []}, "accounts"),
    (FILE | {"designated": None}, "designated"),
]  # fmt: skip


@pytest.mark.rule("VIRT-01")
@pytest.mark.parametrize(("file", "said"), WRONG, ids=[said for _, said in WRONG])
def test_a_file_that_contradicts_itself_is_refused(file: dict[str, Any], said: str) -> None:
    with pytest.raises(TrueupError, match=said) as caught:
        Arrangement.from_fields(file)
    assert caught.value.code == "E-ARR-001"


@pytest.mark.rule("VIRT-01")
def test_shares_of_exactly_100_percent_and_of_nothing_are_taken() -> None:
    assert Arrangement.from_fields(percent(a="50", b="50.0000")).shares[0].percent == {"a": 500_000, "b": 500_000}
    assert Arrangement.from_fields(percent()).shares[0].percent == {}


@pytest.mark.parametrize("text", [None, "- a\n", "a: [\n"], ids=["missing", "no fields", "no YAML"])
def test_a_file_that_cannot_be_read_is_refused(text: str | None, tmp_path: Path) -> None:
    path = tmp_path / "arrangement.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(TrueupError) as caught:
        Arrangement.from_yaml(path)
    assert caught.value.code == "E-ARR-001"


def test_an_account_file_of_another_account_is_refused(tmp_path: Path) -> None:
    for name, held in (("a", "a"), ("b", "c")):
        text = f"account: {held}\nschedule: tou-d-prime\nprogram: nem-v\nread_dates: [2025-06-01, 2025-07-01]\n"
        (tmp_path / f"{name}.yaml").write_text(text)
    with pytest.raises(TrueupError, match=r"b\.yaml holds account c, not b") as caught:
        Arrangement.from_fields(FILE).accounts_beside(tmp_path / "arrangement.yaml")
    assert caught.value.code == "E-ARR-001"


def test_an_arrangement_without_the_account_file_of_a_member_is_refused() -> None:
    made = arranged("sbp-a", USES, [40])
    short = MadeArrangement(made.arrangement, made.accounts[:2], made.readings, None)
    assert "the account file of c is missing" in refusal_of(short)


def test_accounts_of_two_programs_are_refused() -> None:
    assert "b under nem-st-a" in refusal_of(with_accounts(arranged("nem-a", USES), b={"program": "nem-st-a"}))


@pytest.mark.parametrize(
    ("program", "file", "kind"),
    [("nem-v", {}, "aggregation"), ("sbp-a", VIRTUAL, "virtual metering"), ("nem", {}, "aggregation"),
     ("sbp", VIRTUAL, "virtual metering"), ("standard", {}, "aggregation")],
)  # fmt: skip
def test_a_program_of_the_other_kind_or_of_a_single_account_is_refused(
    program: str, file: dict[str, Any], kind: str
) -> None:
    assert f"is no program of {kind}" in refusal_of(arranged(program, USES, [40], file=file))


@pytest.mark.rule("AGG-08")
@pytest.mark.parametrize(
    "service",
    [
        {"provider": MADE_CCA, "crs_vintage": 2018},
        {"provider": MADE_ESP, "crs_vintage": 2018},
        {"switches": [{"on": READS[1], "provider": MADE_CCA, "crs_vintage": 2018}]},
    ],
    ids=["CCA", "Direct Access", "switches"],
)
def test_an_aggregation_with_different_providers_is_refused(service: dict[str, Any]) -> None:
    """All bundled, or all with one and the same provider, at all times."""
    made = arranged("nem-a", USES, [40])
    assert "with one and the same provider (AGG-08)" in refusal_of(with_accounts(made, b=service))


@pytest.mark.rule("AGG-08")
def test_an_aggregation_with_one_provider_is_billed_and_virtual_accounts_choose_their_own() -> None:
    provider: dict[str, Any] = {"provider": MADE_CCA, "crs_vintage": 2018}
    provider["generation_municipal_surcharge"] = {"2025-06": "0", "2025-07": "0"}
    bill(arranged("nem-a", USES, [40], **provider))
    bill(with_accounts(arranged("nem-v", USES, [40], file=VIRTUAL), b=provider))


@pytest.mark.rule("AGG-08")
def test_an_account_in_two_arrangements_is_refused() -> None:
    one, other = arranged("sbp-a", USES, [40]), arranged("sbp-a", {"a": [1, 1], "d": [1, 1]}, [40])
    twice = MadeArrangement(other.arrangement.model_copy(update={"arrangement": "other"}), other.accounts,
                            other.readings, None)  # fmt: skip
    with pytest.raises(TrueupError, match=r"a is in arrangement made too \(AGG-08\)") as caught:
        shard_of([one, twice], RULES)
    assert caught.value.code == "E-ARR-002"


@pytest.mark.parametrize("field", ["joins", "leaves"])
def test_a_day_of_joining_or_leaving_that_is_no_read_date_is_refused(field: str) -> None:
    made = arranged("sbp-a", USES, [40], stays={"b": {field: READS[1] + timedelta(1)}})
    assert f"b {field} on 2025-07-02, which is none of its read_dates" in refusal_of(made)
    bill(arranged("sbp-a", USES, [40], stays={"b": {field: READS[1]}}))


def test_a_running_period_that_began_before_an_account_joined_is_refused() -> None:
    made = arranged("sbp-a", USES | {"b": [1, 1, 1]}, [40], stays={"b": {"joins": READS[2]}})
    assert "an account that joins starts a period of its own" in refusal_of(
        with_accounts(made, b={"relevant_period_start": READS[1]})
    )


@pytest.mark.parametrize("program", ["nem-v", "mash-vnm", "nem-v-st", "vsbp", "nem-a", "nem-st-a", "sbp-a"])
def test_an_account_of_a_sharing_program_alone_is_refused(program: str) -> None:
    home = account(program=program, pto=READS[0], application=date(2024, 3, 1), read_dates=READS[:2])
    with pytest.raises(TrueupError) as caught:
        gather_facts([home], RULES)
    assert caught.value.code == "E-ARR-003"


def test_an_account_that_shares_exports_on_other_days_is_refused_and_the_others_wait_for_it() -> None:
    """NBT 3.6.3, NEM-A5: one billing cycle for all. b is read a day late in July; its own bill cannot be made."""
    made = arranged("sbp-a", USES, [40])
    late = with_accounts(made, b={"read_dates": [READS[0], READS[1] + timedelta(1), READS[2]]})
    result = settled(late, RULES)
    assert codes(result) == {"a": "E-ARR-005", "b": "E-ARR-004", "c": "E-ARR-005"}
    assert "2025-06-01..2025-07-01" in result.refusals[0].error.what
    assert len(result.lines.cents) == 0


def test_a_permission_to_operate_on_another_day_makes_other_cycles() -> None:
    """NEM starts with the day of permission to operate, which cuts a cycle of its own."""
    made = with_accounts(arranged("nem-a", USES, [40]), b={"pto": READS[0] + timedelta(4)})
    assert codes(settled(made, RULES)) == {"a": "E-ARR-005", "b": "E-ARR-004", "c": "E-ARR-005"}


def test_virtual_accounts_may_be_read_on_other_days() -> None:
    made = arranged("nem-v", USES, [40], file=VIRTUAL)
    late = with_accounts(made, b={"read_dates": [READS[0], READS[1] + timedelta(1), READS[2]]})
    assert closings(bill(late), "b") == []


def test_accounts_that_share_exports_wait_for_one_that_cannot_be_billed() -> None:
    """A gap in c's meter: no share of the month is known. Another arrangement of the shard is billed all the same."""
    made = arranged("sbp-a", USES, [40])
    made.readings.delivered[2, 300] = NO_VALUE
    other = arranged("nem-a", {"d": [1, 1]}, [4], file={"arrangement": "d", "designated": "d", "generating": "d"})
    refused = codes(settled(made, RULES))
    assert refused == {"a": "E-ARR-005", "b": "E-ARR-005", "c": "E-READ-030"}
    both = settle(shard_of([made, other], RULES), RULES)
    assert codes(both) == refused
    assert set(both.spans.cycles.account[both.lines.cycle]) == {3}


def test_a_tenant_with_a_gap_does_not_stop_the_others() -> None:
    """Percentages do not rest on anybody's use."""
    made = arranged("nem-v", USES, [40], file=VIRTUAL)
    made.readings.delivered[1, 300] = NO_VALUE
    assert codes(settled(made, RULES)) == {"b": "E-READ-030"}


def unknown_output(**stays: dict[str, Any]) -> MadeArrangement:
    """A generator without a value in an hour of the second month."""
    output = meter({}, READS[:3])
    output.received[0, 24 * 40] = NO_VALUE
    return arranged("nem-v", USES, output=output, file=shares((READS[0], {"b": "50", "c": "30"})), stays=stays)


def test_an_unknown_output_of_the_generator_stops_all_accounts_with_a_share() -> None:
    """docs/decisions/0015: no value of a generator, no value of anybody's share."""
    assert codes(settled(unknown_output(), RULES)) == dict.fromkeys("abc", "E-READ-030")


def test_an_unknown_output_does_not_stop_an_account_without_a_share() -> None:
    output = meter({}, READS[:3])
    output.received[0, 24 * 40] = NO_VALUE
    made = arranged("nem-v", USES, output=output, file=shares((READS[0], {"b": "50"})))
    assert codes(settled(made, RULES)) == dict.fromkeys("ab", "E-READ-030")


@pytest.mark.parametrize("stay", [{"leaves": READS[1]}, {"joins": READS[2]}], ids=["left before", "joins later"])
def test_an_unknown_output_does_not_stop_an_account_that_takes_no_part_on_that_day(stay: dict[str, Any]) -> None:
    """c is in the arrangement in the first month only, or not yet: its second month rests on its own meter alone."""
    assert codes(settled(unknown_output(c=stay), RULES)) == dict.fromkeys("ab", "E-READ-030")


@pytest.mark.rule("AGG-04")
def test_a_member_whose_read_dates_end_early_stops_all() -> None:
    """Else its use would count for nothing, and the others would share what is its."""
    made = arranged("sbp-a", USES, [40, 40], each={"b": {"read_dates": READS[:2]}})
    assert codes(settled(made, RULES)) == {"a": "E-ARR-005", "b": "E-ARR-004", "c": "E-ARR-005"}


@pytest.mark.rule("VIRT-01")
@pytest.mark.parametrize("program", ["nem-a", "nem-v"])
def test_the_designated_account_must_be_there_as_long_as_any_other(program: str) -> None:
    """Else what rounding and percentages leave would be nobody's."""
    file = {} if program == "nem-a" else VIRTUAL
    sent = [40] if program == "nem-a" else []
    made = arranged(program, USES, sent, file=file, each={"a": {"service_end": READS[1]}})
    with pytest.raises(TrueupError, match="is not there as long as"):
        settled(made, RULES)


@pytest.mark.rule("AGG-08")
def test_only_the_provider_during_the_arrangement_counts() -> None:
    """c leaves, and changes its provider afterwards."""
    reads = READS[:4]
    stated = {"2025-07": "0", "2025-08": "0", "2025-09": "0"}
    switch = {"on": str(reads[2]), "provider": MADE_ESP, "crs_vintage": 2023}
    later = {"c": {"switches": [switch], "generation_municipal_surcharge": stated}}
    made = arranged("nem-a", USES, [40], stays={"c": {"leaves": reads[1]}}, each=later, read_dates=reads)
    assert codes(settled(made, RULES)) == {}


@pytest.mark.parametrize("percent", [50, "50"])
def test_a_share_is_percent_as_text_or_number(percent: Any) -> None:
    one = Arrangement.from_fields(
        {"arrangement": "x", "accounts": [{"account": "a"}, {"account": "b"}], "designated": "a",
         "generators": ["roof"], "shares": [{"from": "2025-06-01", "percent": {"b": percent}}]}
    )  # fmt: skip
    assert one.shares[0].percent == {"b": 500_000}
    assert Arrangement.from_fields(one.model_dump(mode="json", by_alias=True)) == one


def test_a_generator_counts_once() -> None:
    fields = {"arrangement": "x", "accounts": [{"account": "a"}], "designated": "a", "generators": ["roof", "roof"],
              "shares": [{"from": "2025-06-01", "percent": {}}]}  # fmt: skip
    with pytest.raises(TrueupError, match="roof stands twice"):
        Arrangement.from_fields(fields)


def test_a_gap_of_the_generators_is_told_as_theirs() -> None:
    refusals = settled(unknown_output(), RULES).refusals
    assert all("of the generators that it shares" in refusal.error.what for refusal in refusals)
    assert all("--estimate" not in refusal.error.todo for refusal in refusals)
