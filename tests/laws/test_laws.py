"""The six laws hold on made homes, and each is shown to fail on a planted bug."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import trueup
from tests.laws import laws
from tests.made import MadeHome, homes, run, together
from tests.made_places import PROGRAMS
from tests.made_rules import shared_made_rules
from trueup import credits, ledger, timeline
from trueup import pipeline as line
from trueup.determinants import buckets
from trueup.intervals import dense
from trueup.model import Result

RULES = shared_made_rules()
EVERY = tuple(PROGRAMS)
FEW, MANY = settings(max_examples=15), settings(max_examples=40)


@pytest.fixture
def sample(sample_home: trueup.Account, sample_reads: trueup.Reads) -> MadeHome:
    """The sample home, on which the planted bugs are tried: its cycles hold every price change."""
    return MadeHome(sample_home, dense(sample_reads).readings)


def settled(made: MadeHome, **options: Any) -> Result:
    return run(made.account, made.readings, RULES, **options)


@FEW
@given(made=homes(most_reads=6))
def test_law_1_every_interval_counts_once(made: MadeHome) -> None:
    laws.every_interval_counts_once(settled(made))


def test_law_1_fails_when_a_run_of_hours_is_left_out(sample: MadeHome, monkeypatch: pytest.MonkeyPatch) -> None:
    real = timeline.find_rows

    def leaves_out_the_repeated_hour(*args: Any) -> Any:
        rows, row_of_run = real(*args)
        row_of_run[:, args[3].repeated] = -1
        return rows, row_of_run

    monkeypatch.setattr(timeline, "find_rows", leaves_out_the_repeated_hour)
    with pytest.raises(AssertionError):
        laws.every_interval_counts_once(settled(sample))


@FEW
@given(made=homes(most_reads=14), seed=st.integers(0, 2**16))
def test_law_2_splitting_rows_further_or_day_by_day_changes_no_bill(made: MadeHome, seed: int) -> None:
    whole = settled(made)
    days = np.arange(made.readings.first_day, made.readings.last_day)
    some = np.random.default_rng(seed).choice(days, 5)
    laws.same_lines(whole, settled(made, also_split_at=some.tolist()))
    laws.same_lines(whole, settled(made, also_split_at=days.tolist()))


def test_law_2_fails_when_rows_mix_days_of_two_price_versions(
    sample: MadeHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RULES.__dict__, "breakpoints", frozenset())
    days = range(sample.readings.first_day, sample.readings.last_day)
    with pytest.raises(AssertionError):
        laws.same_lines(settled(sample), settled(sample, also_split_at=days))


@FEW
@given(made=homes(EVERY, most_reads=8))
def test_law_3_energy_is_conserved_from_stage_to_stage(made: MadeHome) -> None:
    laws.energy_is_conserved(settled(made))


def test_law_3_fails_when_a_channel_is_netted_before_it_is_summed(
    sample: MadeHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = buckets.add_up

    def loses_a_watt_hour(index: Any, values: Any, size: int) -> Any:
        total = real(index, values, size)
        if total.any():
            total[np.argmax(total)] -= 1
        return total

    monkeypatch.setattr(buckets, "add_up", loses_a_watt_hour)
    with pytest.raises(AssertionError):
        laws.energy_is_conserved(settled(sample))


@pytest.mark.rule("BILL-08", "EEC-06")
@MANY
@given(made=homes(EVERY))
def test_law_4_postings_sum_to_zero_and_each_bank_obeys_its_identity(made: MadeHome) -> None:
    laws.postings_balance(settled(made))


def test_law_4_fails_when_used_credit_stays_in_the_bank(sample: MadeHome, monkeypatch: pytest.MonkeyPatch) -> None:
    real = credits.step

    def keeps_what_it_used(state: Any, month: Any) -> Any:
        after, done = real(state, month)
        return replace(after, export=after.export + done.used), done

    monkeypatch.setattr(credits, "step", keeps_what_it_used)
    with pytest.raises(AssertionError):
        laws.postings_balance(settled(sample))


def test_law_4_fails_when_one_leg_of_a_posting_is_lost(sample: MadeHome, monkeypatch: pytest.MonkeyPatch) -> None:
    def loses_a_leg(*args: Any) -> Any:
        postings = ledger.post(*args)
        postings.cents[-1] = 0
        return postings

    monkeypatch.setattr(line, "post", loses_a_leg)
    with pytest.raises(AssertionError):
        laws.postings_balance(settled(sample))


@settings(max_examples=6)
@given(made=homes(EVERY))
def test_law_5_every_figure_names_its_rule_and_every_rule_its_source(made: MadeHome) -> None:
    laws.every_figure_names_its_rule(settled(made), RULES)


def test_law_5_fails_when_a_rule_cites_a_document_that_is_not_there(sample: MadeHome) -> None:
    missing = {name: source for name, source in RULES.book.sources.items() if name != "sce-nbt-sc-4b"}
    with pytest.raises(AssertionError):
        laws.every_figure_names_its_rule(settled(sample), trueup.Rules(replace(RULES.book, sources=missing)))


@settings(max_examples=8)
@given(made=st.lists(homes(EVERY).filter(lambda home: home.readings.minutes == 60), min_size=2, max_size=4))
def test_law_6_a_home_has_the_same_bill_alone_among_others_and_on_a_second_run(made: list[MadeHome]) -> None:
    named = [
        replace(home, account=home.account.model_copy(update={"account": f"home-{n}"})) for n, home in enumerate(made)
    ]
    fleet = together(RULES, named)
    assert not fleet.refusals
    for number, home in enumerate(named):
        laws.same_bill(settled(home), fleet, number)
    backwards = together(RULES, named[::-1])
    laws.same_bill(settled(named[0]), backwards, len(named) - 1)
    laws.same_lines(fleet, together(RULES, named))


def test_law_6_fails_when_a_balance_leaks_to_a_neighbour(sample: MadeHome, monkeypatch: pytest.MonkeyPatch) -> None:
    neighbour = MadeHome(sample.account.model_copy(update={"account": "neighbour"}), sample.readings)
    real = credits.step

    def leaks(state: Any, month: Any) -> Any:
        after, done = real(state, month)
        return replace(after, bonus=np.roll(after.bonus, 1) + np.arange(len(after.bonus))), done

    monkeypatch.setattr(credits, "step", leaks)
    fleet = together(RULES, [sample, neighbour])
    with pytest.raises(AssertionError):
        laws.same_bill(settled(neighbour), fleet, 1)


def test_one_refused_account_does_not_stop_the_others(sample: MadeHome) -> None:
    broken = sample.readings.delivered.copy()
    broken[0, 5000] = -1
    gap = MadeHome(sample.account.model_copy(update={"account": "gap"}), replace(sample.readings, delivered=broken))
    fleet = together(RULES, [gap, sample])
    assert [(refusal.account, refusal.error.code) for refusal in fleet.refusals] == [(0, "E-READ-030")]
    laws.same_bill(settled(sample), fleet, 1)
