"""Zip and gz around meter files, and the limits of what a file may ask of the machine: counted, not believed."""

import gzip
import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.reads import made_files as made
from tests.reads.made_files import home_of
from tests.reads.test_one_truth import intervals, read_bytes, truth
from trueup.errors import TrueupError
from trueup.reads import Limits, open_meter_bytes, open_meter_file, read
from trueup.reads.combine import combine, part_of

HOME = home_of("2025-07-02", 3, 15)


def zipped(*members: tuple[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            archive.writestr(info, data)
    return out.getvalue()


def code_of(data: bytes, limits: Limits | None = None, form: str | None = None) -> str:
    with pytest.raises(TrueupError) as caught, open_meter_bytes(data, "made", form, limits or Limits()) as file:
        combine([part_of(file)])
    assert "made" in caught.value.what or form
    assert caught.value.todo
    return caught.value.code


@pytest.mark.parametrize("make", made.BOTH)
def test_every_format_is_read_out_of_a_zip_and_a_gz(make: str) -> None:
    data = made.data_of(made.BOTH[make](HOME))
    for packed in (
        gzip.compress(data),
        zipped(("deep/in/it.dat", data)),
        zipped(("a", data), method=zipfile.ZIP_STORED),
    ):
        assert intervals(read_bytes(packed)) == truth(HOME)


def test_members_of_different_formats_become_one_table() -> None:
    one, other = home_of("2025-07-02"), home_of("2025-07-03")
    packed = zipped(("a.csv", made.neutral(one)), ("b.csv", made.mdm(other)))
    with open_meter_bytes(packed, "both.zip") as file:
        assert (file.form, file.title) == ("neutral+mdm", "neutral file + meter data listing")
    assert len(read_bytes(packed).wh) == 96


def test_style_sheets_and_what_a_mac_adds_are_passed_over() -> None:
    packed = zipped(
        ("a.csv", made.sce(HOME)), ("GreenButton.xslt", "<x/>"), ("__MACOSX/._a.csv", b"\0\1"), (".DS_Store", b"\0")
    )
    assert intervals(read_bytes(packed)) == truth(HOME)


def test_a_download_of_bills_or_gas_beside_the_intervals_is_counted() -> None:
    gas = "TYPE,DATE,START TIME,END TIME,USAGE (therms),COST\nNatural gas usage,2025-07-02,00:00,23:59,1.2,$2\n"
    bills = "TYPE,START DATE,END DATE,USAGE (kWh),COST\nElectric billing,2025-06-02,2025-07-01,300,$99\n"
    reads = read_bytes(zipped(("gas.csv", gas), ("bills.csv", bills), ("intervals.csv", made.pge(HOME))))
    assert (intervals(reads), reads.skipped) == (truth(HOME), {"gas readings": 1, "bills": 1})


def test_the_digest_is_of_the_archive_as_it_is_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(made.neutral(HOME).encode()))
    with open_meter_file(path) as file:
        assert len(file.sha256) == 64
        assert read(path).files[0][:2] == ("a.csv.gz", file.sha256)


def damaged() -> bytes:
    data = bytearray(zipped(("a.csv", made.neutral(HOME))))
    data[200] ^= 0xFF
    return bytes(data)


def encrypted() -> bytes:
    data = bytearray(zipped(("a.csv", made.neutral(HOME))))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.index(mark) + at
        data[place : place + 2] = struct.pack("<H", 1)
    return bytes(data)


def linked() -> bytes:
    info = zipfile.ZipInfo("a.csv")
    info.external_attr = 0o120777 << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(info, "b.csv")
    return out.getvalue()


def nameless() -> bytes:
    return zipped(("a", made.neutral(HOME))).replace(b"a\0\0\0", b"\0\0\0\0")


UNSAFE: dict[str, Callable[[], bytes]] = {
    "damaged": damaged,
    "encrypted": encrypted,
    "a link": linked,
    "out by dots": lambda: zipped(("../a.csv", made.neutral(HOME))),
    "out by the root": lambda: zipped(("/a.csv", made.neutral(HOME))),
    "out by a drive": lambda: zipped(("C:/a.csv", made.neutral(HOME))),
    "zip in zip": lambda: zipped(("a.zip", zipped(("a.csv", made.neutral(HOME))))),
    "gz in zip": lambda: zipped(("a.gz", gzip.compress(made.neutral(HOME).encode()))),
    "gz in gz": lambda: gzip.compress(gzip.compress(made.neutral(HOME).encode())),
    "another method": lambda: zipped(("a.csv", made.neutral(HOME)), method=zipfile.ZIP_BZIP2),
    "cut zip": lambda: zipped(("a.csv", made.neutral(HOME)))[:-30],
    "cut gz": lambda: gzip.compress(made.neutral(HOME).encode())[:-30],
}


@pytest.mark.parametrize("kind", UNSAFE)
def test_an_archive_that_is_broken_or_unsafe_is_refused(kind: str) -> None:
    assert code_of(UNSAFE[kind]()) == "E-READ-028"


def test_a_member_without_a_name_is_refused() -> None:
    data = zipped(("a", made.neutral(HOME)))
    local, central = data.index(b"PK\x03\x04"), data.index(b"PK\x01\x02")
    data = data[: local + 26] + b"\0\0" + data[local + 28 : local + 30] + data[local + 31 : central] + data[central:]
    central -= 1
    data = data[: central + 28] + b"\0\0" + data[central + 30 : central + 46] + data[central + 47 :]
    end = data.index(b"PK\x05\x06")
    size, start = struct.unpack("<LL", data[end + 12 : end + 20])
    data = data[: end + 12] + struct.pack("<LL", size - 1, start - 1) + data[end + 20 :]
    assert code_of(data) == "E-READ-028"


def test_an_excel_workbook_is_named_and_refused() -> None:
    assert code_of(zipped(("[Content_Types].xml", "<x/>"), ("xl/workbook.xml", "<x/>"))) == "E-READ-003"


@pytest.mark.parametrize(
    ("limits", "data"),
    [
        (Limits(ratio_from=1 << 16), gzip.compress(b"account,ts,delivered_wh,received_wh\n" + b"\n" * (1 << 20))),
        (Limits(ratio_from=1 << 16), zipped(("a", b"account,ts,delivered_wh,received_wh\n" + b"\n" * (1 << 20)))),
        (Limits(unpacked=1 << 12), gzip.compress(made.neutral(HOME).encode())),
        (Limits(unpacked=1 << 14), zipped(("a", made.neutral(HOME)), ("b", made.mdm(HOME)))),
        (Limits(members=2), zipped(*((str(n), made.neutral(HOME)) for n in range(3)))),
        (Limits(line=100), made.neutral(HOME).encode() + b"x" * 101),
        (Limits(line=100), made.espi(HOME).replace("<title/>", f'<title a="{"x" * 200_000}"/>', 1).encode()),
        (Limits(readings=100), made.neutral(HOME).encode()),
        (Limits(held=100), zipped(("a", made.BOTH["neutral parquet"](HOME)))),
        (Limits(group=100), made.data_of(made.BOTH["neutral parquet"](HOME))),
    ],
    ids=["ratio of gz", "ratio of zip", "size of gz", "size of zip", "members", "line", "tag", "readings", "held",
         "row group"],
)  # fmt: skip
def test_a_file_beyond_a_limit_is_refused(limits: Limits, data: bytes) -> None:
    assert code_of(data, limits) == "E-READ-025"


def test_at_its_limits_a_file_is_read() -> None:
    data = made.neutral(HOME).encode()
    exact = Limits(unpacked=len(data), members=1, readings=len(truth(HOME)[0]) * 2)
    with open_meter_bytes(zipped(("a", data)), "made", None, exact) as file:
        assert intervals(combine([part_of(file)])) == truth(HOME)


@pytest.mark.parametrize("form", ["sce", "espi", "pge", "sdge", "utilityapi", "mdm", "neutral"])
def test_a_format_that_is_insisted_on_and_is_not_there_is_refused(form: str) -> None:
    other = made.sce(HOME) if form != "sce" else made.pge(HOME)
    assert code_of(other.encode(), form=form) in ("E-READ-002", "E-READ-004", "E-READ-010")


def test_a_format_of_another_name_is_refused() -> None:
    assert code_of(b"x", form="edi") == "E-READ-005"


@pytest.mark.parametrize("column", ["account", "ts"])
def test_a_long_text_that_a_small_parquet_file_repeats_is_refused_before_it_fills_the_memory(column: str) -> None:
    rows = 100_000
    texts = {"account": "a", "ts": "2025-07-02T07:00:00Z", column: "x" * 100_000}
    same = pa.array([0] * rows, pa.int32())
    table = pa.table(
        {name: pa.DictionaryArray.from_arrays(same, pa.array([text])) for name, text in texts.items()}
        | {name: pa.array([1] * rows) for name in ("delivered_wh", "received_wh")}
    )
    out = io.BytesIO()
    pq.write_table(table, out)
    assert out.tell() < 1 << 20
    assert code_of(out.getvalue()) == "E-READ-025"
