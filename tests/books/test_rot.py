"""A rotten byte in the books or in the store behind them: every use notices it, or gives what it gave before."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.made import scratch
from tests.store.rot import HARMLESS, NOTICED, Tally, World
from tests.store.rot_books import APPROVED, READING, WRITING, make_world

MUTANTS = 100
CATALOGUE = Path("books/catalogue.sqlite")


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with scratch() as folder:
        make_world(folder / "world")
        yield World(folder / "world", READING, WRITING)


def test_flipped_cut_and_swapped_files_never_give_another_result(world: World) -> None:
    tally = world.mutate(MUTANTS, seed=7)
    assert tally.wrong == []
    assert tally.count(NOTICED) > MUTANTS // 2
    assert tally.count(HARMLESS) > 0


def test_a_file_cut_to_nothing_is_noticed_wherever_it_is_read(world: World) -> None:
    tally = Tally()
    for path in world.files:
        world.try_one("emptied", path, {path: b""}, tally)
    assert tally.wrong == []


def test_every_use_of_books_reads_files_and_every_table_of_posted_runs_is_read(world: World) -> None:
    assert all(CATALOGUE in read for name, read in world.reads.items() if name not in {"store", "ingest", "compaction"})
    read = set().union(*world.reads.values())
    unread = {path for path in world.files if path not in read}
    assert {path.parent.name for path in unread} <= {"done", "plan"}
    assert Path(f"books/runs/{APPROVED:06d}/manifest.json") in world.reads["posting"]
