"""Immutable files: whole or absent, and never read when changed."""

import os
from pathlib import Path

import pytest

from tests.store.made import refused
from trueup.store.files import append, read_checked, sha256_of, sweep, write_whole


def test_a_file_is_read_as_it_was_written_with_its_digest(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "file"
    digest = write_whole(path, b"energy")
    assert digest == sha256_of(b"energy")
    assert read_checked(path, digest) == b"energy"
    assert [entry.name for entry in path.parent.iterdir()] == ["file"]


@pytest.mark.parametrize("data", [b"Energy", b"energ", b"energy ", b""])
def test_a_changed_or_cut_file_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "file"
    digest = write_whole(path, b"energy")
    path.write_bytes(data)
    with refused("E-STORE-001"):
        read_checked(path, digest)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with refused("E-STORE-001"):
        read_checked(tmp_path / "file", sha256_of(b""))


@pytest.mark.parametrize("name", ["fsync", "replace"])
def test_a_failed_write_leaves_the_file_that_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = tmp_path / "file"
    write_whole(path, b"before")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, name, fail)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, b"after")
    monkeypatch.undo()
    assert path.read_bytes() == b"before"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_sweep_removes_unnamed_files_and_no_folder(tmp_path: Path) -> None:
    for name in ("kept", "left", ".making-1-x"):
        append(tmp_path / name, b"a")
    append(tmp_path / "kept", b"b")
    (tmp_path / "folder").mkdir()
    assert sweep(tmp_path, {"kept"}) == 2
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["folder", "kept"]
    assert (tmp_path / "kept").read_bytes() == b"ab"
    assert sweep(tmp_path / "nowhere", set()) == 0
