"""Register reads as a file: what is understood, what is refused and where."""

from pathlib import Path

import pytest

from trueup.errors import TrueupError
from trueup.intervals import RegisterReads
from trueup.reads.registers import Registers, read_registers

HEADING = "account,channel,read_at,kwh,multiplier,dials"


def read(folder: Path, *rows: str, heading: str = HEADING) -> Registers:
    path = folder / "registers.csv"
    path.write_text("\n".join([heading, *rows]) + "\n", encoding="utf-8")
    return read_registers(path)


def test_reads_of_several_meters_are_columns_and_are_numbered_by_account(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "b,delivered,2025-07-17T07:00:00Z,100.5,40,5",
        "a,received,2025-07-17T00:00:00-07:00,7,,",
        "c,received,2025-07-17T00:00:00-07:00,8,,",
    )
    assert found.names == ("b", "a", "c")
    assert (found.value_wh.tolist(), found.multiplier.tolist(), found.dials.tolist()) == (
        [100_500, 7_000, 8_000], [40, 1, 1], [5, 0, 0],
    )  # fmt: skip
    assert len(set(found.instant.tolist())) == 1
    mine = RegisterReads.of(found, ["a", "b"])
    assert (mine.account.tolist(), mine.channel.tolist()) == ([1, 0], [0, 1])


def test_a_file_of_one_home_needs_no_account(tmp_path: Path) -> None:
    found = read(tmp_path, "delivered,2025-07-17T07:00:00Z,100", heading="channel,read_at,kwh")
    assert RegisterReads.of(found, ["home"]).account.tolist() == [0]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (",net,2025-07-17T07:00:00Z,100,1,5", "E-READ-027"),
        (",delivered,2025-07-17 07:00,100,1,5", "E-READ-014"),
        (",delivered,2025-07-17T07:00:00Z,-1,1,5", "E-READ-016"),
        (",delivered,2025-07-17T07:00:00Z,,1,5", "E-READ-016"),
        (",delivered,2025-07-17T07:00:00Z,100,0,5", "E-READ-016"),
        (",delivered,2025-07-17T07:00:00Z,100,1,10", "E-READ-016"),
        (",delivered,2025-07-17T07:00:00Z,100,1", "E-READ-010"),
    ],
)
def test_a_row_that_is_no_reading_is_refused_with_its_line(tmp_path: Path, row: str, code: str) -> None:
    with pytest.raises(TrueupError) as caught:
        read(tmp_path, ",delivered,2025-06-17T07:00:00Z,90,1,5", row)
    assert caught.value.code == code
    assert "registers.csv line 3" in caught.value.what


@pytest.mark.parametrize(("heading", "code"), [("channel,kwh", "E-READ-010"), (HEADING, "E-READ-004")])
def test_a_file_without_columns_or_rows_is_refused(tmp_path: Path, heading: str, code: str) -> None:
    rows = ["delivered,1"] if code == "E-READ-010" else []
    with pytest.raises(TrueupError) as caught:
        read(tmp_path, *rows, heading=heading)
    assert caught.value.code == code
