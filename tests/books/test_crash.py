"""Interruptions: killed, or refused by the disk, at any write, the books end as if nothing had happened.

`make crash` kills more often.
"""

import tempfile
from datetime import date
from pathlib import Path

import pytest

from tests.books.crash_world import TODAY, at_write, final_state, live, plant_two_transactions
from tests.books.kills import kill_worlds
from trueup.books.shelf import Shelf
from trueup.errors import TrueupError

KILLS = 30
SEED = 5
MONTHS = (date(2025, 12, 1), TODAY)


def lived(folder: Path, failing: int = 0) -> int:
    """A small world in which the n-th write fails, and then goes on; how many writes there were to the failure."""

    def fail() -> None:
        raise OSError(28, "No space left on device (planted)")

    with at_write(failing, fail) as count:
        try:
            live(folder, SEED, 1, MONTHS)
        except (TrueupError, OSError):
            assert failing
    writes = count[0]
    if failing:
        live(folder, SEED, 1, MONTHS)
    return writes


@pytest.fixture(scope="module")
def undisturbed() -> tuple[int, tuple[str, ...]]:
    with tempfile.TemporaryDirectory() as scratch:
        writes = lived(Path(scratch))
        return writes, final_state(Path(scratch))


def ends(failing: int) -> tuple[str, ...]:
    with tempfile.TemporaryDirectory() as scratch:
        lived(Path(scratch), failing)
        return final_state(Path(scratch))


def test_whichever_write_fails_going_on_ends_in_the_same_books(undisturbed: tuple[int, tuple[str, ...]]) -> None:
    writes, wanted = undisturbed
    assert writes > 100
    assert [number for number in range(1, writes + 1) if ends(number) != wanted] == []


def test_killed_at_any_time_and_resumed_the_books_end_the_same() -> None:
    tally = kill_worlds(KILLS, SEED)
    assert (tally.kills, tally.diverged) == (KILLS, 0)


def test_a_planted_bug_of_two_transactions_is_caught_with_its_name_and_age(
    undisturbed: tuple[int, tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shard that is called whole before the issue of its bills is written leaves clearing unequal to zero."""
    monkeypatch.setattr(Shelf, "write_shard", Shelf.write_shard)
    plant_two_transactions()
    writes, wanted = undisturbed
    for number in range(writes // 3, writes):
        state = ends(number)
        if state != wanted:
            assert "stand in clearing.bill for" in state[-1]
            return
    pytest.fail("the planted bug went unnoticed")
