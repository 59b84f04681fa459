"""A changed byte in a stored file is noticed before it is used."""

from pathlib import Path

import numpy as np
import pytest

from tests.store.made import DAY, ON, everything, home, made_store, refused, source
from tests.store.rot import HARMLESS, NOTICED, World
from trueup.errors import TrueupError
from trueup.periods import month_index
from trueup.store.intervals import IntervalStore, staging
from trueup.store.intervals.catalogue import load
from trueup.store.intervals.join import nothing
from trueup.store.intervals.month_file import AccountMonths, MonthFile, encode
from trueup.store.intervals.months import Month


def test_changed_bytes_are_noticed_or_were_not_used(tmp_path: Path) -> None:
    made_store(tmp_path / "store")
    tally = World(tmp_path / "store", {"everything": everything}, {}).mutate(500, seed=7)
    assert tally.wrong == []
    assert tally.ends["flipped", "intervals.parquet", HARMLESS] == 0
    assert tally.ends["flipped", "intervals.parquet", NOTICED] > 100
    assert tally.ends["flipped", ".sqlite", NOTICED] > 5


def test_a_changed_interval_file_is_named(tmp_path: Path) -> None:
    store = made_store(tmp_path / "store")
    path = store.folder / load(store.folder).files[-1].path
    data = path.read_bytes()
    path.write_bytes(data[:100] + bytes([data[100] ^ 1]) + data[101:])
    with pytest.raises(TrueupError, match=path.name) as error:
        everything(store.folder)
    assert error.value.code == "E-STORE-001"


def test_a_lost_interval_file_is_named_and_a_lost_catalogue_is_no_store(tmp_path: Path) -> None:
    store = made_store(tmp_path / "store")
    path = store.folder / load(store.folder).files[-1].path
    path.unlink()
    with pytest.raises(TrueupError, match=path.name):
        everything(store.folder)
    (store.folder / "catalogue.sqlite").unlink()
    with refused("E-STORE-002"):
        IntervalStore.open(store.folder)
    with refused("E-STORE-002"):
        IntervalStore.create(store.folder)


def test_a_file_that_holds_other_accounts_times_or_columns_than_its_place_says_is_refused(tmp_path: Path) -> None:
    november, hours = month_of_day(15), month_of_day(60)
    group = AccountMonths(("a", "b"), nothing((2, 3, november.intervals)), np.ones(2, dtype=np.int64))
    data = encode(november, [group]).data
    assert MonthFile(tmp_path, data, november, ("a", "b")).columns(0, ["version"])["version"].max() == 1
    for month, names in [
        (november, ("a", "c")),
        (november, ("b", "a")),
        (november, ("a",)),
        (hours, ("a", "b")),
        (Month(15, november.index + 12), ("a", "b")),
    ]:
        with refused("E-STORE-001"):
            MonthFile(tmp_path, data, month, names).columns(0, ["delivered"])
    with refused("E-STORE-001"):
        MonthFile(tmp_path, b"no table", november, ("a", "b"))


def month_of_day(minutes: int) -> Month:
    return Month(minutes, int(month_index(np.array([DAY]))[0]))


@pytest.mark.parametrize("data", [b"", b"SQLite format 3\0", b"no database at all" * 500])
def test_a_catalogue_that_is_none_is_refused(tmp_path: Path, data: bytes) -> None:
    store = made_store(tmp_path / "store")
    (store.folder / "catalogue.sqlite").write_bytes(data)
    with refused("E-STORE-003"):
        IntervalStore.open(store.folder)


def test_nothing_is_ingested_into_a_store_whose_held_readings_cannot_be_trusted(tmp_path: Path) -> None:
    store = made_store(tmp_path / "store")
    before = {path: path.read_bytes() for path in store.folder.rglob("*.parquet")}
    path = next(path for path in before if path.name.startswith("000003"))
    path.write_bytes(before[path][:-1])

    with refused("E-STORE-001"):
        store.ingest([home("a", 3, 15, seed=5), home("b", 3, 60, seed=5)], source(), ON)
    path.write_bytes(before[path])
    assert {path: path.read_bytes() for path in store.folder.rglob("*.parquet")} == before


def test_a_changed_byte_in_a_scratch_file_of_an_ingest_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = staging.append

    def rotten(path: Path, data: bytes) -> None:
        real(path, data[:-1] + bytes([data[-1] ^ 1]))

    store = IntervalStore.create(tmp_path / "store")
    monkeypatch.setattr(staging, "append", rotten)
    with refused("E-STORE-001"):
        store.ingest([home("a", 3), home("b", 3)], source(), ON, most_staged=1)
    assert sorted(path.name for path in store.folder.rglob("*") if path.is_file()) == ["catalogue.sqlite"]
