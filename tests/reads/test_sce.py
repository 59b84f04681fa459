"""SCE's download in its known forms, and what happens to bad files."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

import trueup
from trueup.periods import local_hours
from trueup.reads.table import Gap, pacific

NBSP = "\u00a0"


def block(day: str, channel: str, rows: list[str]) -> list[str]:
    heading = f"Energy {NBSP}{channel} time period,Usage{NBSP}{channel}(Real energy in kilowatt-hours),Reading quality"
    return [f"Data for period starting: {day} 00:00:00{NBSP} for 24 hours,,", heading, *rows, ",,"]


def rows(day: str, minutes: int = 60, value: str = "0.25", quality: str = "") -> list[str]:
    found = []
    hours = local_hours(date.fromisoformat(day).toordinal())
    for hour in hours:
        for minute in range(0, 60, minutes):
            end = (hour * 60 + minute + minutes) % 1440
            text = f"{day} {hour:02d}:{minute:02d}:00{NBSP}to {day} {end // 60:02d}:{end % 60:02d}:00,{value},{quality}"
            found.append(text)
    return found


def download(*blocks: list[str]) -> str:
    head = ["Energy Usage Information,,", "For location: somewhere,,", ",,", "Detailed Usage,,"]
    return "\ufeff" + "\r\n".join([*head, *(line for part in blocks for line in part), f"{NBSP},,"]) + "\r\n"


def file(tmp_path: Path, text: str, name: str = "sce.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode())
    return path


def day_file(
    tmp_path: Path, day: str = "2025-07-02", minutes: int = 60, name: str = "sce.csv", value: str = "0.25"
) -> Path:
    return file(tmp_path, download(block(day, "Delivered", rows(day, minutes, value)),
                                   block(day, "Received", rows(day, minutes, "0.1"))), name)  # fmt: skip


@pytest.mark.rule("BILL-07")
@pytest.mark.parametrize(("minutes", "count"), [(15, 96), (60, 24)], ids=["quarters", "hours"])
def test_both_known_forms_are_read_with_both_channels_positive(tmp_path: Path, minutes: int, count: int) -> None:
    reads = trueup.read(day_file(tmp_path, minutes=minutes))
    assert reads.minutes == minutes
    assert (reads.channel == 0).sum() == (reads.channel == 1).sum() == count
    assert (reads.total_wh("delivered"), reads.total_wh("received")) == (250 * count, 100 * count)
    assert reads.gaps() == []
    assert pacific(int(reads.start.min())).isoformat() == "2025-07-02T00:00:00-07:00"


@pytest.mark.parametrize(("day", "count"), [("2025-11-02", 100), ("2026-03-08", 92), ("2025-11-03", 96)])
def test_days_of_92_and_100_quarters_are_whole(tmp_path: Path, day: str, count: int) -> None:
    reads = trueup.read(day_file(tmp_path, day, 15))
    assert (reads.channel == 0).sum() == count
    assert reads.gaps() == []
    assert len(reads.duplicates) == 0


def test_the_repeated_hour_is_told_by_order_of_occurrence(tmp_path: Path) -> None:
    lines = rows("2025-11-02")
    lines[1], lines[2] = lines[1].replace("0.25", "0.11"), lines[2].replace("0.25", "0.22")
    text = download(block("2025-11-02", "Delivered", lines), block("2025-11-02", "Received", rows("2025-11-02")))
    frame = trueup.read(file(tmp_path, text)).to_polars()
    found = {row["start"]: row["wh"] for row in frame.iter_rows(named=True) if row["channel"] == "delivered"}
    assert found[datetime(2025, 11, 2, 8, tzinfo=UTC)] == 110
    assert found[datetime(2025, 11, 2, 9, tzinfo=UTC)] == 220


def test_an_autumn_day_of_96_rows_is_a_gap(tmp_path: Path) -> None:
    once = rows("2025-11-02", 15)
    once = once[:8] + once[12:]
    text = download(block("2025-11-02", "Delivered", once), block("2025-11-02", "Received", rows("2025-11-02", 15)))
    gaps = trueup.read(file(tmp_path, text)).gaps()
    assert [(gap.channel, gap.end - gap.start) for gap in gaps] == [("delivered", 3600)]


def test_an_empty_quality_is_actual_and_an_estimate_is_told(tmp_path: Path) -> None:
    text = download(block("2025-07-02", "Delivered", rows("2025-07-02", quality="Estimated")),
                    block("2025-07-02", "Received", rows("2025-07-02")))  # fmt: skip
    reads = trueup.read(file(tmp_path, text))
    assert {reads.quality.count("estimated"), reads.quality.count("")} == {24}


def test_an_empty_reading_is_a_gap_not_a_zero(tmp_path: Path) -> None:
    lines = rows("2025-07-02")
    lines[5] = lines[5].replace("0.25", "")
    text = download(block("2025-07-02", "Delivered", lines), block("2025-07-02", "Received", rows("2025-07-02")))
    assert [gap.channel for gap in trueup.read(file(tmp_path, text)).gaps()] == ["delivered"]


def test_the_real_file_of_a_day_is_read_whole(shared: Path) -> None:
    reads = trueup.read(shared / "data/meter/sce_sbp_15min_2024-05-22_format_sample.csv")
    assert (reads.minutes, len(reads.wh), reads.gaps()) == (15, 192, [])


def test_the_sample_file_has_every_oddity_of_the_real_one(sample_file: Path, shared: Path) -> None:
    real = (shared / "data/meter/sce_sbp_15min_2024-05-22_format_sample.csv").read_text(encoding="utf-8").splitlines()
    ours = sample_file.read_bytes().decode("utf-8").split("\r\n")
    for kind in ("Energy ", "Data for period starting"):
        ends = [next(line for line in lines if line.startswith(kind)).encode()[-18:] for lines in (real, ours)]
        assert ends[0] == ends[1]
    shapes = [next(line for line in lines if f"{NBSP}to " in line)[10:22] for lines in (real, ours)]
    assert shapes[0] == shapes[1]


def test_the_same_file_named_twice_counts_once(tmp_path: Path) -> None:
    reads = trueup.read([day_file(tmp_path), day_file(tmp_path, name="again.csv")])
    assert (len(reads.wh), reads.repeated) == (48, 48)


def test_overlapping_files_that_agree_count_once(tmp_path: Path) -> None:
    two = download(*(block(day, channel, rows(day, value=value)) for day in ("2025-07-02", "2025-07-03")
                     for channel, value in (("Delivered", "0.25"), ("Received", "0.1"))))  # fmt: skip
    reads = trueup.read([day_file(tmp_path), file(tmp_path, two, "two.csv")])
    assert (len(reads.wh), reads.repeated, reads.gaps()) == (96, 48, [])


def bad(tmp_path: Path, kind: str) -> Path:
    """A meter file with one thing wrong."""
    good, hour = day_file(tmp_path).read_bytes().decode(), "05:00:00\u00a0to 2025-07-02 06:00:00"
    text = {
        "empty": "",
        "blank": "\r\n \r\n",
        "cut inside a row": good[: good.index("Received") - 400],
        "not a row": good.replace(",0.25,", ",0.25,\r\nwhat is this,,", 1),
        "no zone hour": download(block("2026-03-08", "Delivered", ["2026-03-08 02:00:00 to 2026-03-08 03:00:00,1,"])),
        "negative": good.replace("0.25", "-0.25", 1),
        "too fine": good.replace("0.25", "0.2505", 1),
        "no number": good.replace("0.25", "abc", 1),
        "mixed lengths": good.replace(hour, hour.replace("06:00", "05:30"), 1),
        "ends before it starts": good.replace(hour, hour.replace("06:00", "04:00"), 1),
        "no day": good.replace("2025-07-02 05:00:00\u00a0to", "2025-13-02 05:00:00\u00a0to", 1),
        "no readings": download([]),
        "other text": "Dear customer,\r\nthank you for your mail\r\n",
    }[kind]  # fmt: skip
    return file(tmp_path, text, "bad.csv")


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("empty", "E-READ-001"), ("blank", "E-READ-001"), ("cut inside a row", "E-READ-010"),
        ("not a row", "E-READ-010"), ("no zone hour", "E-READ-013"), ("negative", "E-READ-016"),
        ("too fine", "E-READ-016"), ("no number", "E-READ-016"), ("mixed lengths", "E-READ-012"),
        ("ends before it starts", "E-READ-012"), ("no day", "E-READ-010"), ("no readings", "E-READ-004"),
        ("other text", "E-READ-003"),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_with_a_code_a_place_and_what_to_do(tmp_path: Path, kind: str, code: str) -> None:
    with pytest.raises(trueup.TrueupError) as caught:
        trueup.read(bad(tmp_path, kind))
    assert caught.value.code == code
    assert "bad.csv" in caught.value.what
    assert caught.value.todo


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"\x00\x01\x02PK\x03\x04", "E-READ-002"), (b"\xff\xfe\xfa\x80abc", "E-READ-002"), (b"PAR1garbage", "E-READ-002")],
    ids=["binary", "no utf-8", "broken parquet"],
)
def test_a_binary_file_is_refused(tmp_path: Path, data: bytes, code: str) -> None:
    path = tmp_path / "bad.bin"
    path.write_bytes(data)
    with pytest.raises(trueup.TrueupError) as caught:
        trueup.read(path)
    assert caught.value.code == code


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(trueup.TrueupError) as caught:
        trueup.read(tmp_path / "nowhere.csv")
    assert caught.value.code == "E-READ-001"


def test_contradicting_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(trueup.TrueupError) as caught:
        trueup.read([day_file(tmp_path), day_file(tmp_path, name="other.csv", value="0.26")])
    assert caught.value.code == "E-READ-022"


def test_files_of_different_interval_length_are_refused(tmp_path: Path) -> None:
    with pytest.raises(trueup.TrueupError) as caught:
        trueup.read([day_file(tmp_path), day_file(tmp_path, minutes=15, name="quarters.csv")])
    assert caught.value.code == "E-READ-011"


def test_a_gap_is_named_by_channel_and_utc_seconds(tmp_path: Path) -> None:
    text = download(block("2025-07-02", "Delivered", rows("2025-07-02")),
                    block("2025-07-02", "Received", rows("2025-07-02")[:-2]))  # fmt: skip
    reads = trueup.read(file(tmp_path, text))
    last = int(reads.start.max()) + 3600
    assert reads.gaps() == [Gap("received", last - 7200, last)]
