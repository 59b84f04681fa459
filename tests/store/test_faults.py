"""Crashes and full disks: an ingest is in the store whole or not at all, and repeating it ends in the same store."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.store.made import DAY, ON, home, new_store, refused, source
from trueup.errors import TrueupError
from trueup.reads.batch import Batch
from trueup.store import files
from trueup.store.intervals import IntervalStore, catalogue

ROOT = Path(__file__).resolve().parents[2]


def batches() -> list[Batch]:
    return [home("a", 3, first=DAY - 3), home("b", 3, 60), home("c", 3), home("a", 2, first=DAY - 3, seed=2, known=9)]


@dataclass
class Fault:
    """Counts the steps that write, and fails at the n-th: as a full disk does, or as a kill, which tidies nothing."""

    at: int
    kill: bool
    points: list[str] = field(default_factory=list)

    @property
    def hit(self) -> bool:
        """Whether it has failed."""
        return len(self.points) >= self.at

    def watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        watched = ((files, "_write"), (os, "replace"), (os, "fsync"), (catalogue, "_insert"), (catalogue, "_commit"))
        for module, name in watched:
            monkeypatch.setattr(module, name, self.failing(name, getattr(module, name)))
        unlink = Path.unlink
        monkeypatch.setattr(Path, "unlink", lambda path, **how: None if self.kill and self.hit else unlink(path, **how))

    def failing(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any, **named: Any) -> Any:
            self.points.append(name)
            if len(self.points) == self.at:
                raise Killed if self.kill else OSError(28, "No space left on device")
            return real(*arguments, **named)

        return called


class Killed(BaseException):
    """Stands for a process that ends between two steps."""


def end_without_fault() -> str:
    with new_store() as store:
        store.ingest([home("a", 3, first=DAY - 3)], source("first"), ON)
        store.ingest(batches(), source("second"), ON)
        return store.digest()


@pytest.mark.parametrize("kill", [False, True], ids=["full disk", "killed"])
def test_whichever_write_fails_the_store_is_as_before_and_a_rerun_ends_as_without_the_fault(kill: bool) -> None:
    due, at, hit = end_without_fault(), 0, True
    while hit:
        at += 1
        fault = Fault(at, kill)
        with new_store() as store, pytest.MonkeyPatch.context() as monkeypatch:
            store.ingest([home("a", 3, first=DAY - 3)], source("first"), ON)
            before = store.digest()
            fault.watch(monkeypatch)
            ended = outcome_of(store)
            hit = fault.hit
            monkeypatch.undo()
            assert ended == (("Killed" if kill else "E-STORE-005") if hit else "done")
            again = IntervalStore.open(store.folder)
            assert again.digest() == (before if hit else due), fault.points
            again.ingest(batches(), source("second"), ON)
            assert again.digest() == due
            assert unnamed(again) == []
    assert at > 20
    assert set(fault.points) == {"_write", "replace", "fsync", "_insert", "_commit"}


def outcome_of(store: IntervalStore) -> str:
    """How the second ingest ends: `done`, a code, or the kind of error."""
    try:
        store.ingest(batches(), source("second"), ON, most_staged=400)
    except TrueupError as error:
        return error.code
    except BaseException as error:
        return type(error).__name__
    return "done"


def test_a_fault_after_the_commit_never_takes_away_what_the_catalogue_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = catalogue._commit

    def committed_and_killed(database: Any) -> None:
        real(database)
        raise Killed

    store = IntervalStore.create(tmp_path / "store")
    store.ingest([home("a", 3, first=DAY - 3)], source("first"), ON)
    monkeypatch.setattr(catalogue, "_commit", committed_and_killed)
    assert outcome_of(store) == "Killed"
    monkeypatch.undo()
    assert IntervalStore.open(store.folder).digest() == end_without_fault()


def unnamed(store: IntervalStore) -> list[Path]:
    """Files in a store that its catalogue does not name."""
    named = {store.folder / file.path for file in catalogue.load(store.folder).files} | {store.folder / catalogue.NAME}
    return [path for path in store.folder.rglob("*") if path.is_file() and path not in named]


CHILD = """
import sys
from pathlib import Path
from tests.store.made import ON, source
from tests.store.test_faults import batches
from trueup.store.intervals import IntervalStore
store = IntervalStore.open(Path(sys.argv[1]))
print("ready", flush=True)
store.ingest(batches(), source("second"), ON, most_staged=400)
print("done", flush=True)
"""


def test_an_ingest_killed_at_any_moment_is_repeated_with_the_same_end() -> None:
    chance, due, ends = random.Random(7), end_without_fault(), []
    for _ in range(8):
        with new_store() as store:
            store.ingest([home("a", 3, first=DAY - 3)], source("first"), ON)
            before = store.digest()
            ends.append(run_and_kill(store.folder, chance.random() * 0.12))
            again = IntervalStore.open(store.folder)
            assert again.digest() in {before, due}
            again.ingest(batches(), source("second"), ON)
            assert again.digest() == due
            assert unnamed(again) == []
    assert -signal.SIGKILL in ends


def run_and_kill(folder: Path, delay: float) -> int:
    """Ingest in a child process, kill it after a delay, and return how it ended."""
    command = [sys.executable, "-c", CHILD, str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        time.sleep(delay)
        child.kill()
        child.stdout.read()
        return child.wait()


ONE_OF_MANY = """
import sys
from pathlib import Path
from tests.store.made import DAY, ON, home, source
from trueup.store.intervals import IntervalStore, catalogue
catalogue.PATIENCE = 60
store = IntervalStore.open(Path(sys.argv[1]))
for day in range(3):
    store.ingest([home(sys.argv[2], 1, first=DAY + day), home("shared", 1, first=DAY + day)], source(), ON)
"""


def test_processes_that_ingest_at_once_wait_for_each_other_and_none_loses_what_another_adds(tmp_path: Path) -> None:
    store = IntervalStore.create(tmp_path / "store")
    command = [sys.executable, "-c", ONE_OF_MANY, str(store.folder)]
    children = [subprocess.Popen([*command, name], cwd=ROOT) for name in "abc"]
    assert [child.wait() for child in children] == [0, 0, 0]
    with new_store() as alone:
        days = range(DAY, DAY + 3)
        alone.ingest([home(name, 1, first=day) for name in ("a", "b", "c", "shared") for day in days], source(), ON)
        assert IntervalStore.open(store.folder).digest() == alone.digest()
    assert unnamed(store) == []


def test_files_that_the_catalogue_does_not_name_are_ignored_and_swept_by_the_next_ingest(tmp_path: Path) -> None:
    store = IntervalStore.create(tmp_path / "store")
    store.ingest([home("a", 3)], source(), ON)
    digest, folder = store.digest(), next(store.folder.rglob("*.parquet")).parent
    left = [
        folder / "000002-0123456789ab.parquet",
        folder / ".making-77-000002-x.parquet",
        store.folder / ".making-1-c",
    ]
    (store.folder / "staging").mkdir()
    left.append(store.folder / "staging" / "15-2025-11-0")
    for path in left:
        path.write_bytes(b"left behind")
    assert IntervalStore.open(store.folder).digest() == digest
    assert store.ingest([home("a", 3)], source(), ON).unchanged == 584
    assert [path for path in left if path.exists()] == []
    assert store.digest() == digest


def test_a_folder_that_cannot_be_written_is_refused_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with refused("E-STORE-005"):
        IntervalStore.create(tmp_path / "file" / "store")
