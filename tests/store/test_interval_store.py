"""The interval store: what is written, what is read, what is refused."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from tests.store.made import DAY, ON, Reading, batch, home, refused, source
from trueup.errors import TrueupError
from trueup.periods import midnight_utc
from trueup.reads.batch import ACTUAL, CORRECTED, ESTIMATED, NONE, Batch
from trueup.store.intervals import IntervalStore, Source, Span
from trueup.store.intervals.month_file import MonthFile

SPRING = date(2026, 3, 8).toordinal()


@pytest.fixture
def store(tmp_path: Path) -> IntervalStore:
    return IntervalStore.create(tmp_path / "store")


def test_a_store_holds_every_reading_of_a_year_of_several_homes_to_the_watt_hour(store: IntervalStore) -> None:
    first = date(2025, 6, 1).toordinal()
    homes = [home(name, 365, first=first) for name in ("c", "a", "b")]
    store.ingest(homes, source(), ON)
    got = store.read(["a", "b", "c"], first, first + 365, 15)
    for row, one in enumerate([homes[1], homes[2], homes[0]]):
        assert np.array_equal(got.readings.delivered[row], one.wh[one.channel == 0])
        assert np.array_equal(got.readings.received[row], one.wh[one.channel == 1])
    assert got.readings.generation is None
    assert got.delivered_status is not None
    assert (got.delivered_status == ACTUAL).all()
    assert store.read(["a"], first, first + 365, 15, statuses=False).delivered_status is None


@pytest.mark.parametrize(("day", "intervals"), [(DAY, 100), (SPRING, 92), (DAY + 1, 96)])
def test_days_of_25_and_23_hours_keep_all_their_intervals(store: IntervalStore, day: int, intervals: int) -> None:
    given = home("a", 3, first=day - 1)
    store.ingest([given], source(), ON)
    got = store.read(["a"], day, day + 1, 15).readings
    mine = (given.start >= midnight_utc(day)) & (given.start < midnight_utc(day + 1)) & (given.channel == 0)
    assert got.delivered.shape == (1, intervals)
    assert np.array_equal(got.delivered[0], given.wh[mine])


def test_months_begin_and_end_at_pacific_midnight(store: IntervalStore) -> None:
    store.ingest([home("a", 2, first=date(2025, 10, 31).toordinal())], source(), ON)
    folders = sorted(path.parent.name for path in store.folder.rglob("*.parquet"))
    assert folders == ["2025-10", "2025-11"]
    assert store.span("a") == (Span(15, date(2025, 10, 31).toordinal(), date(2025, 11, 2).toordinal()),)


def test_meters_of_15_and_of_60_minutes_stay_apart(store: IntervalStore) -> None:
    store.ingest([home("a", 5, 60), home("a", 5, 15, first=DAY + 5), home("b", 5, 60)], source(), ON)
    assert store.span("a") == (Span(15, DAY + 5, DAY + 10), Span(60, DAY, DAY + 5))
    assert store.span("nobody") == ()
    hours = store.read(["a", "b"], DAY, DAY + 10, 60).readings
    assert hours.delivered.shape == (2, 241)
    assert (hours.delivered[:, :121] >= 0).all()
    assert (hours.delivered[:, 121:] == -1).all()


def test_a_gap_stays_a_gap_and_an_account_not_held_has_nothing(store: IntervalStore) -> None:
    given = home("a", 3)
    kept = (given.start < midnight_utc(DAY + 1)) | (given.start >= midnight_utc(DAY + 2))
    columns = {name: column[kept] for name, column in vars(given).items() if name != "names"}
    store.ingest([Batch(("a",), **columns)], source(), ON)
    got = store.read(["nobody", "a"], DAY, DAY + 3, 15)
    assert (got.readings.delivered[0] == -1).all()
    assert (got.readings.delivered[1] == -1).sum() == 96
    assert got.delivered_status is not None
    assert (got.delivered_status[1] == NONE).sum() == 96


def test_a_generation_channel_is_read_where_an_account_has_one(store: IntervalStore) -> None:
    start = midnight_utc(DAY)
    store.ingest([home("a", 1), batch([Reading("b", 2, start, 15, 7)])], source(), ON)
    generation = store.read(["a", "b"], DAY, DAY + 1, 15, statuses=False).readings.generation
    assert generation is not None
    assert generation[:, 0].tolist() == [-1, 7]
    assert store.read(["a"], DAY, DAY + 1, 15).readings.generation is None


def test_a_correction_is_a_new_version_and_the_old_one_stays_readable(store: IntervalStore) -> None:
    start = midnight_utc(DAY)
    first = store.ingest([batch([Reading("a", 0, start, 15, 5, ESTIMATED)])], source(), date(2025, 12, 1))
    files = set(store.folder.rglob("*.parquet"))
    second = store.ingest([batch([Reading("a", 0, start, 15, 6, ACTUAL)])], source("later"), date(2026, 1, 5))
    assert (second.corrected, second.new, second.account_months, second.number) == (1, 0, 1, first.number + 1)
    assert files < set(store.folder.rglob("*.parquet"))
    assert store.read(["a"], DAY, DAY + 1, 15).readings.delivered[0, 0] == 6
    old = store.read(["a"], DAY, DAY + 1, 15, as_of=store.known_on(date(2025, 12, 31)))
    assert old.readings.delivered[0, 0] == 5
    assert old.as_of == first.number
    assert store.known_on(date(2025, 11, 30)) == 0
    assert store.accounts(as_of=0) == ()
    assert [one.name for one in store.ingests] == ["made.csv", "later"]


def test_an_estimate_after_an_actual_reading_changes_nothing_and_writes_nothing(store: IntervalStore) -> None:
    start = midnight_utc(DAY)
    store.ingest([batch([Reading("a", 0, start, 15, 5, ACTUAL)])], source(), ON)
    before = {path: path.read_bytes() for path in store.folder.rglob("*") if path.is_file()}
    done = store.ingest([batch([Reading("a", 0, start, 15, 9, ESTIMATED, known=10**9)])], source("estimate"), ON)
    assert (done.unchanged, done.files, done.number) == (1, 0, 1)
    assert {path: path.read_bytes() for path in store.folder.rglob("*") if path.is_file()} == before


def test_only_the_accounts_that_change_are_written_again(store: IntervalStore) -> None:
    store.ingest([home(name, 40) for name in "abcdef"], source(), ON)
    done = store.ingest([home("a", 40), batch([Reading("c", 0, midnight_utc(DAY), 15, 901)])], source(), ON)
    assert (done.account_months, done.disputed) == (1, 1)
    later = Reading("c", 0, midnight_utc(DAY), 15, 901, CORRECTED, 5)
    assert store.ingest([batch([later])], source(), ON).unchanged == 1
    settled = store.ingest([batch([replace(later, status=ACTUAL)])], source(), ON)
    assert (settled.corrected, store.disputes()) == (1, ())


def test_homes_taken_in_one_by_one_are_compacted_into_few_files_with_the_same_content(store: IntervalStore) -> None:
    for name in "edcba":
        store.ingest([home(name, 2)], source(name), ON)
    digest, before = store.digest(), store.read(list("abcde"), DAY, DAY + 2, 15)
    assert store.compact(ON) == 1
    assert store.compact(ON) == 0
    after = store.read(list("abcde"), DAY, DAY + 2, 15)
    assert np.array_equal(before.readings.delivered, after.readings.delivered)
    assert (store.digest(), store.digest(as_of=5)) == (digest, digest)
    assert store.ingest([home("c", 2)], source(), ON).files == 0


def test_more_accounts_than_a_file_takes_are_read_in_any_order(store: IntervalStore) -> None:
    names = [f"home-{at:04d}" for at in range(620)]
    rows = [Reading(name, 0, midnight_utc(DAY), 60, at) for at, name in enumerate(names)]
    done = store.ingest([batch(rows)], source(), ON)
    assert (done.files, done.account_months) == (2, 620)
    asked = names[::-7]
    assert store.read(asked, DAY, DAY + 1, 60).readings.delivered[:, 0].tolist() == list(range(619, -1, -7))


def test_rows_without_a_reading_are_no_readings(store: IntervalStore) -> None:
    done = store.ingest([batch([Reading("a", 0, midnight_utc(DAY), 15, 0, NONE)]), batch([])], source(), ON)
    assert (done.readings, done.files, store.accounts()) == (0, 0, ())


RIGHT = Reading("a", 0, midnight_utc(DAY), 15, 5)


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        (replace(RIGHT, account=""), "name no account"),
        (replace(RIGHT, account="a\nb"), "name no account"),
        (replace(RIGHT, channel=3), "unknown channel"),
        (replace(RIGHT, status=5), "unknown status"),
        (replace(RIGHT, minutes=20), "minutes"),
        (replace(RIGHT, minutes=0), "minutes"),
        (replace(RIGHT, start=RIGHT.start + 60), "mark of its length"),
        (replace(RIGHT, start=0), "1990"),
        (replace(RIGHT, start=900 * 2**50), "1990"),
        (replace(RIGHT, wh=-1), "negative"),
        (replace(RIGHT, wh=10**8 + 1), "100 MWh"),
        (replace(RIGHT, known=-1), "impossible time"),
        (replace(RIGHT, known=2**40), "impossible time"),
    ],
)
def test_a_reading_that_has_no_place_refuses_the_whole_ingest(store: IntervalStore, wrong: Reading, what: str) -> None:
    with pytest.raises(TrueupError, match=what) as error:
        store.ingest([batch([RIGHT]), batch([wrong])], source(), ON)
    assert error.value.code == "E-STORE-006"
    assert sorted(path.name for path in store.folder.iterdir()) == ["catalogue.sqlite"]


def test_what_a_reader_raises_leaves_the_store_as_it_was(store: IntervalStore) -> None:
    def batches() -> object:
        yield home("a", 3)
        raise UnicodeDecodeError("utf-8", b"", 0, 1, "a broken file")

    with pytest.raises(UnicodeDecodeError):
        store.ingest(batches(), source(), ON, most_staged=1)  # type: ignore[arg-type]
    assert list(store.folder.rglob("*.parquet")) == []
    assert store.ingest([home("a", 3)], source(), ON).number == 1


def test_only_one_process_writes_at_a_time_and_others_read_meanwhile(
    store: IntervalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trueup.store.intervals.catalogue.PATIENCE", 0)
    store.ingest([home("a", 1)], source(), ON)

    def batches() -> object:
        with refused("E-STORE-004"):
            IntervalStore.open(store.folder).ingest([home("b", 1)], source(), ON)
        assert IntervalStore.open(store.folder).accounts() == ("a",)
        yield home("c", 1)

    store.ingest(batches(), source(), ON)  # type: ignore[arg-type]
    assert store.accounts() == ("a", "c")


def test_what_cannot_be_asked_is_refused(store: IntervalStore) -> None:
    store.ingest([home("a", 1)], source(), ON)
    asked = [
        (["a"], DAY, DAY + 1, 15, 2),
        (["a"], DAY, DAY + 1, 15, -1),
        (["a"], DAY, DAY + 1, 20, None),
        (["a"], DAY, DAY, 15, None),
        (["a"], date(1989, 12, 31).toordinal(), DAY, 15, None),
        (["a"], DAY, date(2100, 1, 2).toordinal(), 15, None),
        (["a", "a"], DAY, DAY + 1, 15, None),
    ]
    for arguments in asked:
        with refused("E-STORE-007"):
            store.read(*arguments)


def test_a_store_is_made_only_in_an_empty_folder_and_opened_only_where_one_is(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with refused("E-STORE-002"):
        IntervalStore.create(tmp_path)
    with refused("E-STORE-002"):
        IntervalStore.open(tmp_path)
    with refused("E-STORE-002"):
        IntervalStore.create(tmp_path / "letter.txt")
    IntervalStore.create(tmp_path / "new" / "store")
    assert IntervalStore.open(tmp_path / "new" / "store").ingests == ()


def test_a_source_is_remembered_with_its_digest_and_the_day_stated(store: IntervalStore) -> None:
    store.ingest([home("a", 1)], Source("june.csv", "ab" * 32, "neutral"), date(2026, 7, 1))
    one = store.ingests[0]
    assert (one.name, one.sha256, one.form, one.day, one.new) == ("june.csv", "ab" * 32, "neutral", "2026-07-01", 200)


def test_a_source_whose_name_is_no_text_is_remembered_legibly(store: IntervalStore) -> None:
    """A name that is no UTF-8 comes from the file system with surrogates in it."""
    store.ingest([home("a", 1)], Source("june-\udcff.csv", "", "neutral"), ON)
    assert IntervalStore.open(store.folder).ingests[0].name == "june-\\udcff.csv"


@pytest.mark.parametrize(("length", "stored"), [(1, True), (200, True), (201, False)])
def test_an_account_id_has_at_most_200_characters(store: IntervalStore, length: int, stored: bool) -> None:
    name = "\N{CJK UNIFIED IDEOGRAPH-4E00}" * length
    if stored:
        store.ingest([home(name, 1)], source(), ON)
        assert (store.read([name], DAY, DAY + 1, 15).readings.delivered >= 0).all()
    else:
        with refused("E-STORE-006"):
            store.ingest([home(name, 1)], source(), ON)


def test_changes_name_the_accounts_and_first_months_that_an_ingest_wrote(store: IntervalStore) -> None:
    october, november = (date(2025, month, 1).toordinal() for month in (10, 11))
    store.ingest([home(name, 40, first=DAY - 20) for name in "abc"], source(), ON)
    store.ingest([home("b", 1, seed=2, known=5), home("c", 40, first=DAY - 20)], source("later"), ON)
    store.ingest([home("d", 3, first=DAY - 3)], source("new"), ON)
    assert store.changes(0) == dict.fromkeys("abcd", october)
    assert store.changes(1) == {"b": november, "d": october}
    assert store.changes(1, as_of=2) == {"b": november}
    assert store.changes(3) == {}


def test_a_compaction_changes_nothing_that_is_billed(store: IntervalStore) -> None:
    for name in "abc":
        store.ingest([home(name, 2)], source(name), ON)
    store.compact(ON)
    assert store.changes(3) == {}
    assert set(store.changes(2)) == {"c"}
    store.ingest([home("a", 2, seed=2, known=5)], source("later"), ON)
    assert set(store.changes(3)) == set(store.changes(4)) == {"a"}


def test_changes_since_an_ingest_that_the_store_does_not_have_are_refused(store: IntervalStore) -> None:
    """As after it was put back from an older backup: what was billed from it may not be what it holds."""
    store.ingest([home("a", 1)], source(), ON)
    assert store.changes(1) == {}
    with refused("E-STORE-007"):
        store.changes(2)


def test_spans_are_told_without_reading_a_file_for_each_account(
    store: IntervalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"home-{at}" for at in range(40)]
    store.ingest([home(name, 2 + at, 60, first=DAY - at) for at, name in enumerate(names)], source(), ON)
    opened, real = [], MonthFile.columns
    monkeypatch.setattr(MonthFile, "columns", lambda file, *asked: opened.append(file.path) or real(file, *asked))
    assert [store.span(name) for name in names] == [(Span(60, DAY - at, DAY + 2),) for at in range(40)]
    assert len(opened) == len(set(opened)) == 3
