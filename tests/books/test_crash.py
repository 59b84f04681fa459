"""Interruptions: killed, or refused by the disk, at any write, the books end as if nothing had happened.

`make crash` kills more often and fails every write.
"""

import pytest

from tests.books.crash_world import plant_two_transactions
from tests.books.failing import diverging, ends, undisturbed
from tests.books.kills import kill_worlds
from trueup.books.shelf import Shelf

KILLS = 30
SEED = 5
STRIDE = 5


def test_whichever_write_fails_going_on_ends_in_the_same_books() -> None:
    """Every fifth write of a world of some four hundred; `make crash` fails each of them."""
    tried, diverged = diverging(STRIDE)
    assert tried > 60
    assert diverged == []


def test_killed_at_any_time_and_resumed_the_books_end_the_same() -> None:
    tally = kill_worlds(KILLS, SEED)
    assert (tally.kills, tally.diverged) == (KILLS, 0)


def test_a_planted_bug_of_two_transactions_is_caught_with_its_name_and_age(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shard that is called whole before the issue of its bills is written leaves clearing unequal to zero."""
    monkeypatch.setattr(Shelf, "write_shard", Shelf.write_shard)
    plant_two_transactions()
    writes, wanted = undisturbed()
    for number in range(writes * 2 // 3, writes, 3):
        state = ends(number)
        if any("stand in clearing.bill for" in line for line in state):
            assert state != wanted
            return
    pytest.fail("the planted bug went unnoticed")
