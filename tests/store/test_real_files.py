"""Meter files come again, renamed, packed or cut otherwise, in any order: they make the same store."""

import gzip
import io
import random
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.reads.made_files import data_of, home_of, mdm, neutral, parquet, pge
from tests.store.made import ON
from trueup.reads import open_meter_file
from trueup.store.intervals import Ingested, IntervalStore, Source

DAY = "2025-10-30"
"""Four days from here cross the end of a month and the day of 25 hours."""
A, B = home_of(DAY, 4, 15, 1, "a"), home_of(DAY, 4, 60, 2, "b")
WORSE, LATER = home_of(DAY, 4, 15, 3, "a"), home_of("2025-11-01", 1, 15, 4, "a")
OTHER = home_of(DAY, 1, 60, 5, "b")
Files = Mapping[str, bytes]
FILES: Files = {
    "listing.csv": mdm(A, B).encode(),
    "estimates.csv": mdm(WORSE, extra=",estimated,2026-01-05T00:00:00Z").encode(),
    "later.csv": mdm(LATER, extra=",actual,2026-01-04T00:00:00Z").encode(),
    "disputed.csv": mdm(OTHER).encode(),
}


def zipped(files: Files, method: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(f"sent/{name}", data)
    return out.getvalue()


def cut(files: Files, lines: int, chance: random.Random) -> Files:
    """Files of so many lines each, under the heading of the file that they are from, in any order."""
    pieces = []
    for data in files.values():
        heading, *rows = data.decode().splitlines()
        chance.shuffle(rows)
        pieces += ["\n".join([heading, *rows[at : at + lines]]) + "\n" for at in range(0, len(rows), lines)]
    chance.shuffle(pieces)
    return {f"piece-{number}.csv": piece.encode() for number, piece in enumerate(pieces)}


def backwards(files: Files) -> Files:
    return dict(reversed(files.items()))


WAYS: dict[str, Callable[[Files], Files]] = {
    "in another order": backwards,
    "twice": lambda files: {**files, **{f"again-{name}": data for name, data in backwards(files).items()}},
    "renamed": lambda files: {f"x{number}.dat": data for number, data in enumerate(files.values())},
    "in one zip": lambda files: {"all.zip": zipped(files, zipfile.ZIP_DEFLATED)},
    "in one zip, stored, backwards": lambda files: {"all.zip": zipped(backwards(files), zipfile.ZIP_STORED)},
    "each in a gz": lambda files: {f"{name}.gz": gzip.compress(data) for name, data in files.items()},
    "in pieces of 40 lines": lambda files: cut(files, 40, random.Random(1)),
    "in pieces of 700 lines": lambda files: cut(files, 700, random.Random(2)),
    "as Parquet": lambda files: {name: parquet(data.decode()) for name, data in files.items()},
}


def take_in(store: IntervalStore, folder: Path, files: Files) -> list[Ingested]:
    """Put files in a folder and ingest them as the command line does."""
    folder.mkdir()
    done = []
    for name, data in files.items():
        (folder / name).write_bytes(data)
        with open_meter_file(folder / name) as file:
            done.append(store.ingest(file.batches(), Source(file.name, file.sha256, file.form), ON))
    return done


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> IntervalStore:
    parent = tmp_path_factory.mktemp("held")
    store = IntervalStore.create(parent / "store")
    take_in(store, parent / "files", FILES)
    return store


def test_the_files_hold_versions_and_a_dispute(held: IntervalStore) -> None:
    day = held.span("a")[0].first_day
    both = zip(OTHER.rows, B.rows, strict=False)
    two = [(channel, row[0]) for row, own in both for channel in (0, 1) if row[1 + channel] != own[1 + channel]]
    assert [(one.channel, one.start) for one in held.disputes()] == sorted(two)
    assert len(two) > 20
    assert [one.corrected > 96 for one in held.ingests] == [False, True, False]
    read = held.read(["a"], day, day + 4, 15).readings.delivered[0].tolist()
    assert read[: 2 * 96] == list(A.delivered[: 2 * 96])
    assert read[2 * 96 : 3 * 96] == list(LATER.delivered)


@pytest.mark.parametrize("way", WAYS)
def test_the_same_files_otherwise_make_the_same_store(held: IntervalStore, tmp_path: Path, way: str) -> None:
    store = IntervalStore.create(tmp_path / "store")
    take_in(store, tmp_path / "files", WAYS[way](FILES))
    assert store.digest() == held.digest()
    assert store.disputes() == held.disputes()


@pytest.mark.parametrize("way", WAYS)
def test_the_same_files_otherwise_add_nothing_to_the_store(tmp_path: Path, way: str) -> None:
    store = IntervalStore.create(tmp_path / "store")
    take_in(store, tmp_path / "files", FILES)
    before = {path: path.read_bytes() for path in store.folder.rglob("*") if path.is_file()}
    for done in take_in(store, tmp_path / "again", WAYS[way](FILES)):
        assert (done.files, done.number, done.unchanged > 0) == (0, store.ingests[-1].number, True)
    assert {path: path.read_bytes() for path in store.folder.rglob("*") if path.is_file()} == before


def test_the_same_readings_in_another_format_make_the_same_store(tmp_path: Path) -> None:
    made = {"mdm": mdm(A), "neutral": neutral(A), "pge": pge(A), "parquet": parquet(neutral(A))}
    digests = {}
    for form, data in made.items():
        store = IntervalStore.create(tmp_path / form)
        take_in(store, tmp_path / f"files-{form}", {"file": data_of(data)})
        digests[form] = store.digest()
    assert set(digests.values()) == {digests["mdm"]}
