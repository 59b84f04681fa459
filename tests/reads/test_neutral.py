"""The neutral CSV and Parquet, and dense columns from readings."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import trueup
from tests.reads.test_sce import day_file
from trueup.intervals import Spans, dense, exchanged

START = datetime(2025, 7, 2, 7, tzinfo=UTC)


def frame(count: int = 24, minutes: int = 60, **columns: Any) -> pl.DataFrame:
    times = [(START + timedelta(minutes=minutes * k)).isoformat().replace("+00:00", "Z") for k in range(count)]
    usual: dict[str, Any] = {"account": ["home"] * count, "ts": times, "delivered_wh": [250] * count,
                             "received_wh": [100] * count}  # fmt: skip
    return pl.DataFrame({k: v for k, v in (usual | columns).items() if v is not None})


def csv(tmp_path: Path, table: pl.DataFrame, name: str = "neutral.csv") -> Path:
    path = tmp_path / name
    table.write_csv(path)
    return path


def code_of(path: Path) -> str:
    with pytest.raises(trueup.TrueupError) as caught:
        trueup.read(path)
    return caught.value.code


def test_csv_parquet_and_the_sce_download_of_a_day_give_the_same_columns(tmp_path: Path) -> None:
    parquet = tmp_path / "neutral.parquet"
    frame().write_parquet(parquet)
    files = (csv(tmp_path, frame()), parquet, day_file(tmp_path))
    columns = [dense(trueup.read(path)).readings for path in files]
    for other in columns[1:]:
        assert np.array_equal(columns[0].delivered, other.delivered)
        assert np.array_equal(columns[0].received, other.received)
        assert columns[0].first_day == other.first_day


def test_kwh_as_decimal_text_are_exact_watt_hours(tmp_path: Path) -> None:
    table = frame(delivered_wh=None, received_wh=None, delivered_kwh=["0.105"] * 24, received_kwh=["1.001"] * 24)
    reads = trueup.read(csv(tmp_path, table))
    assert (reads.total_wh("delivered"), reads.total_wh("received")) == (24 * 105, 24 * 1001)


def test_a_generation_channel_is_kept(tmp_path: Path) -> None:
    readings = dense(trueup.read(csv(tmp_path, frame(generation_wh=[300] * 24)))).readings
    assert readings.generation is not None
    assert readings.generation.sum() == 24 * 300


def test_parquet_with_utc_timestamps_is_read(tmp_path: Path) -> None:
    path = tmp_path / "neutral.parquet"
    frame().with_columns(pl.col("ts").str.to_datetime(time_zone="UTC")).write_parquet(path)
    assert len(trueup.read(path).wh) == 48


def test_times_with_another_offset_are_the_same_instants(tmp_path: Path) -> None:
    local = [(START + timedelta(hours=k)).astimezone().isoformat() for k in range(24)]
    assert np.array_equal(
        trueup.read(csv(tmp_path, frame(ts=local))).start, trueup.read(csv(tmp_path, frame(), "b.csv")).start
    )


def test_several_accounts_in_a_file_are_told_apart(tmp_path: Path) -> None:
    both = pl.concat([frame(), frame(account=["other"] * 24, delivered_wh=[999] * 24)])
    reads = trueup.read(csv(tmp_path, both))
    assert reads.accounts == ["home", "other"]
    assert reads.of("home").total_wh("delivered") == 24 * 250
    with pytest.raises(trueup.TrueupError) as caught:
        reads.of("nobody")
    assert caught.value.code == "E-READ-017"


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"ts": ["2025-07-02T07:00:00"] * 24}, "E-READ-014"),
        ({"ts": ["yesterday"] * 24}, "E-READ-014"),
        ({"delivered_wh": [-1] + [250] * 23}, "E-READ-016"),
        ({"delivered_wh": ["0.5"] * 24}, "E-READ-016"),
        ({"delivered_wh": None, "delivered_kwh": ["0.25"] * 24}, "E-READ-010"),
        ({"received_wh": None}, "E-READ-010"),
        ({"account": None}, "E-READ-010"),
        ({"ts": [f"2025-07-02T{7 + k // 60:02d}:{k % 60:02d}:00Z" for k in range(24)]}, "E-READ-012"),
    ],
    ids=["no zone", "no time", "negative", "half a Wh", "mixed units", "one channel", "no account", "minutes"],
)
def test_a_bad_neutral_file_is_refused_with_a_code(tmp_path: Path, columns: dict[str, Any], code: str) -> None:
    assert code_of(csv(tmp_path, frame(**columns))) == code


def test_floats_in_parquet_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "floats.parquet"
    frame(delivered_wh=[0.25] * 24).write_parquet(path)
    assert code_of(path) == "E-READ-015"


def test_a_heading_without_rows_is_refused(tmp_path: Path) -> None:
    assert code_of(csv(tmp_path, frame(0))) == "E-READ-004"


def test_ragged_rows_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "ragged.csv"
    path.write_text("account,ts,delivered_wh,received_wh\nhome,2025-07-02T07:00:00Z,1,2,3,4\n")
    assert code_of(path) == "E-READ-010"


def test_a_reading_that_stands_twice_in_a_file_is_refused_before_billing(tmp_path: Path) -> None:
    reads = trueup.read(csv(tmp_path, pl.concat([frame(), frame()])))
    assert len(reads.duplicates) == 48
    with pytest.raises(trueup.TrueupError) as caught:
        dense(reads)
    assert caught.value.code == "E-READ-021"


def test_a_single_channel_is_refused_before_billing(tmp_path: Path) -> None:
    reads = trueup.read(csv(tmp_path, frame()))
    with pytest.raises(trueup.TrueupError) as caught:
        dense(reads.where(reads.channel == 0))
    assert caught.value.code == "E-READ-018"


@pytest.mark.parametrize(("delivered", "received", "refused"), [(0, 2000, True), (2000, 0, False), (100, 100, False),
                                                                (0, 100, False)])  # fmt: skip
def test_channels_that_look_exchanged_are_refused(tmp_path: Path, delivered: int, received: int, refused: bool) -> None:
    reads = trueup.read(csv(tmp_path, frame(delivered_wh=[delivered] * 24, received_wh=[received] * 24)))
    metered = dense(reads)
    days = Spans(np.array([0]), np.array([metered.readings.first_day]), np.array([metered.readings.last_day]))
    found = exchanged(metered, days, np.array([False]))
    assert {row: error.code for row, error in found.items()} == ({0: "E-READ-024"} if refused else {})
    assert exchanged(metered, days, np.array([True])) == {}


def test_a_reading_beyond_100_mwh_is_refused(tmp_path: Path) -> None:
    with pytest.raises(trueup.TrueupError) as caught:
        dense(trueup.read(csv(tmp_path, frame(delivered_wh=[10**8 + 1] * 24))))
    assert caught.value.code == "E-READ-019"
