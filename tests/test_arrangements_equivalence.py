"""Arrangements: the fast engine and the slow reference agree to the integer, alone and many in one shard."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.equivalence import closing_of, lines_of, months_of, settlements_of
from tests.made_arrangements import SCHEDULES, MadeArrangement, made_arrangement, settled
from tests.made_rules import shared_made_rules
from tests.reference import settle_arrangement
from tests.test_equivalence import as_reference
from trueup.model import Result

RULES = shared_made_rules()
SEEN: Counter[str] = Counter()


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
