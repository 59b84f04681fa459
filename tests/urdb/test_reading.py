"""URDB files are read within limits, and one rate is chosen."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.urdb.made import LABEL, item, write_items
from trueup.errors import TrueupError
from trueup.urdb import one_rate, read_items
from trueup.urdb.reading import LARGEST_FILE, text_of


def refused(path: Path, code: str) -> str:
    with pytest.raises(TrueupError) as caught:
        read_items(path)
    assert caught.value.code == code
    return str(caught.value)


def test_the_answer_of_the_api_and_a_rate_by_itself_read_the_same(tmp_path: Path) -> None:
    bare = tmp_path / "bare.json"
    bare.write_text(json.dumps(item()), encoding="utf-8-sig")
    assert read_items(write_items(tmp_path / "items.json", item())) == read_items(bare)


@pytest.mark.parametrize(
    "text",
    [
        "", "rate", "{", '{"items": [', "[1, NaN]", "[Infinity]", '{"a": 1, "a": 2}', "[" * 100_000,
        "[" * 13 + "]" * 13, "[1e61]", "[1e-61]", f"[{'9' * 26}]", f"[0.{'1' * 24}]",
    ],
)  # fmt: skip
def test_what_is_no_json_or_beyond_the_limits_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "rate.json"
    path.write_text(text, encoding="utf-8")
    refused(path, "E-URDB-001")


def test_bytes_that_are_no_text_and_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "rate.json"
    path.write_bytes(b'{"label": "\xff"}')
    refused(path, "E-URDB-001")
    refused(tmp_path / "none.json", "E-URDB-001")
    refused(tmp_path, "E-URDB-001")


@pytest.mark.parametrize(("more", "read"), [(0, True), (1, False)])
def test_a_file_of_16_mb_is_read_and_a_byte_more_is_not(more: int, read: bool, tmp_path: Path) -> None:
    path = write_items(tmp_path / "rate.json", item())
    path.write_bytes(path.read_bytes().ljust(LARGEST_FILE + more))
    if read:
        assert len(read_items(path)) == 1
    else:
        refused(path, "E-URDB-001")


@pytest.mark.parametrize(
    "document",
    [[], [{}], {}, {"items": []}, {"items": {}}, {"items": [1]}, {"items": None}, {"error": "no key"}, 1, None,
     {"items": [{"label": LABEL, "name": "detail=minimal"}]}, {"rateName": "A", "energyRateStrux": []}],
)  # fmt: skip
def test_json_without_a_urdb_rate_is_refused(document: Any, tmp_path: Path) -> None:
    path = tmp_path / "rate.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    refused(path, "E-URDB-002")


def test_of_two_rates_one_is_named_by_its_label() -> None:
    items = [item(), item(label="second")]
    assert one_rate(items, "second") is items[1]
    for label in (None, "third"):
        with pytest.raises(TrueupError, match=f"E-URDB-003.*{LABEL}, second"):
            one_rate(items, label)


def test_two_rates_of_one_label_are_refused() -> None:
    with pytest.raises(TrueupError, match="E-URDB-003"):
        one_rate([item(), item()], LABEL)


def test_text_is_kept_on_one_line_without_what_cannot_be_printed() -> None:
    assert text_of({"name": " A\r\n\tB\x00\ud800 C \u2028"}, "name") == "A B C"
    assert text_of({"name": "ABC"}, "name", 2) == "AB"
    assert text_of({}, "name") == ""
    with pytest.raises(TrueupError, match="E-URDB-002"):
        text_of({"name": 1}, "name")
