"""Arrangements: the fast engine and the slow reference agree to the integer, alone and many in one shard."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.equivalence import closing_of, lines_of, months_of, settlements_of
from tests.made import MadeHome, made_home, run
from tests.made_arrangements import SCHEDULES, MadeArrangement, made_arrangement, padded, settled
from tests.made_places import PROGRAMS
from tests.made_rules import shared_made_rules
from tests.reference import settle_arrangement
from tests.test_equivalence import as_reference
from trueup.facts import gather_facts
from trueup.membership import sharing_of
from trueup.model import NO_VALUE, Readings, Result, Shard, State
from trueup.pipeline import settle

RULES = shared_made_rules()
SEEN: Counter[str] = Counter()
CHANNELS = ("delivered", "received")


def slow_arrangement(made: MadeArrangement) -> dict[str, Any]:
    """An arrangement by the reference engine."""
    file, readings = made.arrangement, made.readings
    arrangement = {
        "accounts": {seat.account: {"joins": seat.joins, "leaves": seat.leaves} for seat in file.accounts},
        "designated": file.designated,
        "generating": file.generating,
        "fee_billing": file.fee_billing,
        "shares": [{"from": one.from_, "percent": _texts(one.percent)} for one in file.shares],
        "output": None if made.output is None else made.output.tolist(),
    }
    homes = {
        account.account: {
            "home": as_reference(account),
            "start_utc": made.first_utc,
            "minutes": readings.minutes,
            "delivered": readings.delivered[row].tolist(),
            "received": readings.received[row].tolist(),
        }
        for row, account in enumerate(made.accounts)
    }
    return settle_arrangement(arrangement, homes, RULES.book.folder)


def _texts(percent: dict[str, int]) -> dict[str, str]:
    return {name: f"{value // 10_000}.{value % 10_000:04d}" for name, value in percent.items()}


def assert_agrees(made: MadeArrangement, result: Result) -> None:
    """Every line, month, settlement and balance of every account, to the Wh and the cent."""
    slow = slow_arrangement(made)
    for row, account in enumerate(made.accounts):
        expected = slow[account.account]
        lines = {k: (q if q is None else int(q), int(c)) for k, (q, c) in expected["lines"].items()}
        assert lines_of(result, RULES, row) == lines
        for month, other in zip(months_of(result, row), expected["months"], strict=True):
            assert month == {name: other[name] for name in month}
        for closed, other in zip(settlements_of(result, row), expected["settlements"], strict=True):
            assert closed == {name: other[name] for name in closed}
        closing = closing_of(result, row)
        for ledger, books in zip(closing.values(), result.books, strict=True):
            ledger["kept_wh"] = books.closing.kept_wh[row].tolist()
        assert closing == expected["closing"]


@pytest.mark.rule("VIRT-01", "VIRT-02", "AGG-04", "AGG-06", "AGG-09")
@settings(max_examples=150)
@given(seed=st.integers(0, 10**9))
def test_made_arrangements_agree_with_the_reference_to_the_integer(seed: int) -> None:
    made = made_arrangement(seed)
    result = settled(made, RULES)
    assert not result.refusals, result.refusals[0].error
    assert_agrees(made, result)
    SEEN.update({made.accounts[0].program})
    SEEN["joins"] += any(seat.joins for seat in made.arrangement.accounts)
    SEEN["leaves"] += any(seat.leaves for seat in made.arrangement.accounts)
    SEEN["closes"] += bool(result.spans.cycles.closes.any())
    SEEN["kept"] += bool(result.books[0].closing.kept_wh.any())


def test_the_made_arrangements_reach_every_program_and_case() -> None:
    if not SEEN:
        pytest.skip("needs the made arrangements of this file")
    assert {*SCHEDULES, "joins", "leaves", "closes", "kept"} <= {name for name, count in SEEN.items() if count}


def test_arrangements_and_homes_in_one_shard_are_billed_as_alone() -> None:
    """Alone each arrangement agrees with the reference, here as above; a home is in none."""
    made, seen = list[MadeArrangement](), set[str]()
    for one in (made_arrangement(seed) for seed in range(70)):
        names = {account.account for account in one.accounts}
        if one.readings.minutes == 60 and not names & seen:
            made.append(one)
            seen |= names
    homes = [home for seed in range(30) if (home := made_home(seed, tuple(PROGRAMS))).readings.minutes == 60]
    assert {one.accounts[0].program for one in made} == set(SCHEDULES)
    result = settle(_one_shard(made, homes), RULES)
    assert not result.refusals
    row = 0
    for one in made:
        alone = settled(one, RULES)
        assert_agrees(one, alone)
        for own in range(len(one.accounts)):
            assert _account(result, row) == _account(alone, own), one.arrangement.arrangement
            row += 1
    for home in homes:
        assert _account(result, row) == _account(run(home.account, home.readings, RULES), 0)
        row += 1


def _one_shard(made: list[MadeArrangement], homes: list[MadeHome]) -> Shard:
    """All of them over the days of all; nothing where one of them has nothing."""
    accounts = [account for one in made for account in one.accounts] + [home.account for home in homes]
    parts = [one.readings for one in made] + [home.readings for home in homes]
    first, last = min(part.first_day for part in parts), max(part.last_day for part in parts)
    columns = [np.concatenate([padded(getattr(part, name), part, first, last) for part in parts]) for name in CHANNELS]
    generation = np.concatenate(
        [padded(np.full_like(p.delivered, NO_VALUE) if p.generation is None else p.generation, p, first, last)
         for p in parts]
    )  # fmt: skip
    outputs = {
        one.arrangement.arrangement: (60, padded(one.output[None], one.readings, first, last)[0])
        for one in made
        if one.output is not None
    }
    arrangements = [one.arrangement for one in made]
    facts = gather_facts(accounts, RULES, None, arrangements)
    sharing = sharing_of(arrangements, facts.ids, outputs, first)
    readings = Readings(first, last, 60, columns[0], columns[1], generation)
    return Shard(facts, readings, State.empty(len(accounts)), sharing=sharing)


def _account(result: Result, row: int) -> Any:
    """Everything that the engine says of an account."""
    return lines_of(result, RULES, row), months_of(result, row), settlements_of(result, row), closing_of(result, row)
