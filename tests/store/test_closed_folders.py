"""Folders and catalogues that cannot be read or written are refused with a code, a reason and a way out."""

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.store.made import ON, home, refused, source
from trueup.errors import TrueupError
from trueup.store import files
from trueup.store.intervals import IntervalStore, catalogue, work

NOBODY = 65534


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without the rights of root, where the tests have these."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.fixture
def closed() -> Iterator[Path]:
    """A folder with a store in it, both of which only others may write to, and a folder that only others may enter."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        IntervalStore.create(folder / "store").ingest([home("a", 1)], source(), ON)
        (folder / "secret").mkdir()
        for path in (folder / "store", folder):
            path.chmod(0o555)
        (folder / "store" / catalogue.NAME).chmod(0o444)
        (folder / "secret").chmod(0)
        yield folder
        for path in (folder, folder / "secret", folder / "store"):
            path.chmod(0o755)


def test_a_store_that_this_user_may_only_read_is_read_and_not_written(closed: Path) -> None:
    with as_nobody():
        store = IntervalStore.open(closed / "store")
        assert store.accounts() == ("a",)
        assert store.ingest([home("a", 1)], source(), ON).files == 0
        with refused("E-STORE-005"):
            store.ingest([home("b", 1)], source(), ON)
        assert IntervalStore.open(closed / "store").accounts() == ("a",)


def test_a_catalogue_that_this_user_may_not_read_is_not_called_damaged(closed: Path) -> None:
    (closed / "store" / catalogue.NAME).chmod(0)
    with as_nobody(), pytest.raises(TrueupError, match="cannot be opened") as error:
        IntervalStore.open(closed / "store")
    assert error.value.code == "E-STORE-003"


@pytest.mark.parametrize("name", ["new", "secret", "secret/new", "store/new"])
def test_no_store_is_made_where_this_user_may_not_write(closed: Path, name: str) -> None:
    with as_nobody(), refused("E-STORE-005"):
        IntervalStore.create(closed / name)


def test_a_folder_that_this_user_may_not_enter_is_no_raw_error(closed: Path) -> None:
    with as_nobody(), refused("E-STORE-003"):
        IntervalStore.open(closed / "secret")


@pytest.mark.parametrize(
    ("name", "created", "opened"),
    [
        ("file", "E-STORE-002", "E-STORE-002"),
        ("file/store", "E-STORE-005", "E-STORE-002"),
        ("x" * 300, "E-STORE-005", "E-STORE-003"),
        ("loop", "E-STORE-005", "E-STORE-002"),
        ("full", "E-STORE-002", "E-STORE-002"),
        ("misused", "E-STORE-002", "E-STORE-002"),
    ],
)
def test_a_path_that_can_be_no_store_is_refused(tmp_path: Path, name: str, created: str, opened: str) -> None:
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "full" / "of").mkdir(parents=True)
    (tmp_path / "misused" / catalogue.NAME).mkdir(parents=True)
    with refused(created):
        IntervalStore.create(tmp_path / name)
    with refused(opened):
        IntervalStore.open(tmp_path / name)


@pytest.mark.parametrize("at", ["staging", "intervals", "intervals/15"])
def test_a_file_where_a_folder_should_be_stops_an_ingest_with_a_reason(tmp_path: Path, at: str) -> None:
    store = IntervalStore.create(tmp_path / "store")
    (store.folder / at).parent.mkdir(exist_ok=True)
    (store.folder / at).write_text("in the way")
    with refused("E-STORE-005"):
        store.ingest([home("a", 1)], source(), ON, most_staged=1)
    assert IntervalStore.open(store.folder).accounts() == ()


def test_of_many_who_make_a_store_at_once_one_does_and_keeps_it(tmp_path: Path) -> None:
    folder = tmp_path / "store"

    def make(name: str) -> str:
        try:
            IntervalStore.create(folder).ingest([home(name, 1)], source(), ON)
        except TrueupError as error:
            return error.code
        return name

    with ThreadPoolExecutor(8) as pool:
        ended = list(pool.map(make, "abcdefgh"))
    assert sorted(ended)[:7] == ["E-STORE-002"] * 7
    assert IntervalStore.open(folder).accounts() == (sorted(ended)[-1],)


def test_a_store_is_not_made_over_one_that_another_process_makes_meanwhile(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    folder.mkdir()
    with ThreadPoolExecutor(1) as pool:
        with files.alone_in(folder):
            waiting = pool.submit(IntervalStore.create, folder)
            files.write_whole(folder / catalogue.NAME, b"the other's")
        with refused("E-STORE-002"):
            waiting.result()
    assert (folder / catalogue.NAME).read_bytes() == b"the other's"


def test_a_catalogue_that_another_process_is_writing_is_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "PATIENCE", 0)
    store = IntervalStore.create(tmp_path / "store")
    with closing(sqlite3.connect(store.folder / catalogue.NAME, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with refused("E-STORE-004"):
            IntervalStore.open(store.folder)
    assert IntervalStore.open(store.folder).ingests == ()


def test_every_folder_above_a_new_file_is_durable_before_the_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A killed ingest may have made a folder without making its name durable."""
    store, steps = IntervalStore.create(tmp_path / "store"), []
    month = store.folder / "intervals" / "15" / "2025-11"
    month.mkdir(parents=True)
    sync, commit = files.sync_folder, catalogue._commit

    def noted(what: Any, act: Callable[..., Any]) -> Callable[..., Any]:
        def acting(given: Any) -> Any:
            steps.append(given if what is None else what)
            return act(given)

        return acting

    monkeypatch.setattr(work, "sync_folder", noted(None, sync))
    monkeypatch.setattr(catalogue, "_commit", noted("commit", commit))
    store.ingest([home("a", 1)], source(), ON)
    assert set(steps[:-1]) == {month, month.parent, month.parent.parent, store.folder}
    assert steps[-1] == "commit"
