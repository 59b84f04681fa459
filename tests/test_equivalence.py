"""The fast engine and the slow reference agree to the integer, on homes made by hypothesis and on the sample home."""

from collections import Counter
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import trueup
from tests.equivalence import closing_of, lines_of, months_of, settlements_of
from tests.made import MadeHome, homes, made_home, run, together
from tests.made_places import OTHERS, PROGRAMS
from tests.made_rules import shared_made_rules
from tests.reference import settle_home
from trueup.intervals import dense
from trueup.model import Result, State

RULES = shared_made_rules()
NOTHING = [0, 0, 0, 0, 0]
FACTS = (
    "program", "schedule", "customer_class", "pto", "application", "read_dates", "relevant_period_start", "service_end",
    "nsc_election", "acc_plus", "credit_pool", "billing_option", "baseline_region", "heating", "dwelling",
    "heat_pump_water_heater", "three_phase", "income_tier", "billed_quantity", "provider", "product", "crs_vintage",
    "settlement_rule", "provider_rule", "export_vintage", "exports_limited_by", "climate_zone", "production_factors",
)  # fmt: skip


def as_reference(home: trueup.Account) -> dict[str, Any]:
    """An account's facts in the words of the reference engine."""
    base, pcia = home.base_services_charge_per_day, home.pcia_per_kwh
    option, chosen = home.billing_option_change, [choice.model_dump() for choice in home.nsc_elections]
    rates = {
        month: {part: f"0.{getattr(rate, part):07d}" for part in ("delivery", "generation")}
        for month, rate in home.average_export_rates.items()
    }
    return {name: getattr(home, name) for name in FACTS} | {
        "local_tax": f"0.{home.local_tax:06d}",
        "rec_transfer": home.transfers_recs,
        "base_services_charge_per_day": None if base is None else f"0.{base:07d}",
        "pcia_per_kwh": None if pcia is None else f"0.{pcia:07d}",
        "generation_municipal_surcharge": _dollars(home.generation_municipal_surcharge),
        "climate_credits": _dollars(home.climate_credits),
        "average_export_rates": rates,
        "pv_kw": None if home.pv_kw is None else f"{home.pv_kw // 1000}.{home.pv_kw % 1000:03d}",
        "switches": [switch.model_dump() for switch in home.switches],
        "billing_option_change": None if option is None else option.model_dump(),
        "nsc_elections": chosen or None,
    }


def _dollars(cents: dict[str, int]) -> dict[str, str]:
    return {month: f"{value // 100}.{value % 100:02d}" for month, value in cents.items()}


def assert_equal(made: MadeHome, result: Result, rules: trueup.Rules, opening: dict[str, Any] | None = None) -> None:
    """Every line, month, settlement and balance of both ledgers, to the Wh and the cent."""
    readings = made.readings
    channels = (readings.delivered[0].tolist(), readings.received[0].tolist())
    home = as_reference(made.account)
    generation = None if readings.generation is None else readings.generation[0].tolist()
    slow = settle_home(home, made.first_utc, readings.minutes, *channels, opening, rules.book.folder, generation)
    assert lines_of(result, rules) == {k: (q if q is None else int(q), int(c)) for k, (q, c) in slow["lines"].items()}
    for month, expected in zip(months_of(result), slow["months"], strict=True):
        assert month == {name: expected[name] for name in month}
    for closed, expected in zip(settlements_of(result), slow["settlements"], strict=True):
        assert closed == {name: expected[name] for name in closed}
    assert closing_of(result) == slow["closing"]


@pytest.mark.rule("BILL-09", "NSC-09", "REC-04", "CCA-06", "CCA-07", "CCA-08", "STOR-01", "STOR-02")
@settings(max_examples=300)
@given(made=homes(OTHERS))
def test_made_homes_of_the_other_programs_agree_with_the_reference_to_the_integer(made: MadeHome) -> None:
    result = run(made.account, made.readings, RULES)
    assert not result.refusals, result.refusals[0].error
    assert_equal(made, result, RULES)
    OTHERS_SEEN.update({made.account.program, made.account.provider, made.account.exports_limited_by})
    for name in ("waived", "minimum_credited", "bonus_paid", "floor"):
        OTHERS_SEEN[name] += any(bool(getattr(books.settled, name).any()) for books in result.books)


def test_the_made_homes_reach_every_program_provider_and_limit() -> None:
    if not OTHERS_SEEN:
        pytest.skip("needs the made homes of this file")
    reached = {name for name, count in OTHERS_SEEN.items() if count}
    wanted = {"mce", "cleanpowersf", "peninsula", "sonoma", "direct-access", "production_estimate", "generation_meter"}
    assert {*OTHERS, *wanted, "waived", "minimum_credited", "bonus_paid", "floor"} <= reached


def test_homes_of_all_programs_utilities_and_providers_in_one_shard_are_billed_as_alone() -> None:
    """Alone each of them agrees with the reference, here as above."""
    made = [home for seed in range(90) if (home := made_home(seed, tuple(PROGRAMS))).readings.minutes == 60]
    result = together(RULES, made)
    assert not result.refusals
    assert len({home.account.program for home in made}) == len(PROGRAMS)
    for number, home in enumerate(made):
        alone = run(home.account, home.readings, RULES)
        assert_equal(home, alone, RULES)
        assert _lines(result, number) == _lines(alone, 0), home.account.account


def _lines(result: Result, account: int) -> list[tuple[int, ...]]:
    """The lines of an account: component, ledger, start of the cycle, version, period, pool, quantity, cents."""
    lines, cycles = result.lines, result.spans.cycles
    own = lines.take(cycles.account[lines.cycle] == account)
    columns = (own.component, own.ledger, cycles.start[own.cycle], own.version, own.bucket, own.pool, own.quantity)
    return sorted(zip(*(column.tolist() for column in (*columns, own.cents)), strict=True))


SEEN: Counter[str] = Counter()
OTHERS_SEEN: Counter[str] = Counter()


@pytest.mark.rule("BILL-01", "BILL-02", "BILL-03", "BILL-10", "EEC-01", "EEC-06", "TRUE-02", "TRUE-03", "NSC-01")
@settings(max_examples=500)
@example(made=made_home(90), cents=NOTHING)  # credits are carried
@example(made=made_home(111), cents=NOTHING)  # left-over credits pay earlier months
@given(made=homes(), cents=st.lists(st.sampled_from([0, 0, 1, 4_999, 250_000]), min_size=5, max_size=5))
def test_made_homes_agree_with_the_reference_to_the_integer(made: MadeHome, cents: list[int]) -> None:
    state = State.empty(1)
    if made.account.program != "sbp":
        cents = [0, 0, *cents[2:]]  # no other program has export credits or ACC Plus
    state.export[0, 0], state.bonus[0], state.surplus[0], state.climate[0], state.owed[0] = cents
    utility = {"export": [cents[0], 0], "bonus": cents[1], "nsc": cents[2], "climate": cents[3], "owed": cents[4]}
    theirs = State.empty(1)
    theirs.surplus[0], theirs.owed[0] = cents[3], cents[2]
    running = made.account.program == "sbp" and (made.account.pto or date.max) <= made.account.read_dates[0]
    theirs.export[0, 0] = cents[4] if running else 0  # nobody has export credits before the plan
    provider = {"export": [0, int(theirs.export[0, 0])], "nsc": cents[3], "owed": cents[2]}
    opening = {"utility": utility, "provider": provider}
    result = run(made.account, made.readings, RULES, state, theirs)
    assert not result.refusals, result.refusals[0].error
    assert_equal(made, result, RULES, opening)
    for name in ("surplus_wh", "to_earlier", "to_adjustment", "forfeited", "carried", "energy_forfeited", "energy_due"):
        SEEN[name] += bool(getattr(result.settled, name).any())
    SEEN["closes"] += int(result.spans.cycles.closes.sum())


def test_the_made_homes_reach_every_step_of_a_settlement() -> None:
    """Runs after the homes above, which are the same on every run."""
    if not SEEN:
        pytest.skip("needs the made homes of this file")
    assert SEEN["closes"] >= 30
    assert all(SEEN.values()), SEEN


@pytest.mark.parametrize("program", ["sbp", "nem-st", "standard"])
@pytest.mark.parametrize("rule", ["R-FAQ", "R-2023", "R-2024"])
def test_the_sample_home_agrees_with_the_reference_under_every_program_and_settlement_rule(
    program: str, rule: str, sample_home: trueup.Account, sample_reads: trueup.Reads, rules: trueup.Rules
) -> None:
    election = {} if program != "standard" else {"nsc_election": "none"}
    home = sample_home.with_facts(program=program, settlement_rule=rule, **election)
    made = MadeHome(home, dense(sample_reads).readings)
    assert_equal(made, run(home, made.readings, rules), rules)


def test_the_comparison_notices_one_watt_hour(rules: trueup.Rules, sample_home: trueup.Account,
                                              sample_reads: trueup.Reads) -> None:  # fmt: skip
    made = MadeHome(sample_home, dense(sample_reads).readings)
    result = run(made.account, made.readings, rules)
    other = made.readings.delivered.copy()
    other[0, np.argmax(other[0])] += 1
    altered = MadeHome(sample_home, type(made.readings)(**{**made.readings.__dict__, "delivered": other}))
    with pytest.raises(AssertionError):
        assert_equal(altered, result, rules)
