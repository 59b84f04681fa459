"""The examples of docs/meter-files.md are files that are read, and its table names every format."""

import re
from pathlib import Path

import pytest

from tests.reads.test_one_truth import read_bytes
from trueup.reads import FORMS, LIMITS, open_meter_bytes
from trueup.reads.registers import read_registers

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "meter-files.md").read_text(encoding="utf-8")
TEXTS = re.findall(r"```\w*\n(.*?)```", PAGE, re.DOTALL)
EXAMPLES = [text for text in TEXTS if "read_at" not in text]


def test_every_format_has_an_example() -> None:
    found = []
    for text in EXAMPLES:
        with open_meter_bytes(text.encode(), "example") as file:
            found.append(file.form)
    assert sorted(set(found)) == sorted(FORMS)


@pytest.mark.parametrize("text", EXAMPLES, ids=range(len(EXAMPLES)))
def test_an_example_is_read(text: str) -> None:
    reads = read_bytes(text)
    assert (len(reads.wh) > 0, reads.netted, reads.rounded) == (True, False, False)


def test_the_example_of_register_reads_is_read(tmp_path: Path) -> None:
    path = tmp_path / "registers.csv"
    path.write_text(next(text for text in TEXTS if "read_at" in text), encoding="utf-8")
    assert read_registers(path).value_wh.tolist() == [99_990_000, 635_123]


def test_every_format_stands_in_the_table() -> None:
    assert re.findall(r"^\| `(\w+)` \| .* \| .* \| .* \|$", PAGE, re.MULTILINE)[: len(FORMS)] == [
        "espi", "sce", "pge", "sdge", "utilityapi", "mdm", "neutral",
    ]  # fmt: skip


def test_the_limits_of_the_page_are_those_of_the_code() -> None:
    for words in ("2 GiB", "| 200 |", "| 1,000 |", "1,000,000,000", "1 Mi characters", "256 MiB; 1 GiB"):
        assert words in PAGE
    found = (LIMITS.unpacked, LIMITS.ratio, LIMITS.members, LIMITS.readings, LIMITS.line, LIMITS.held, LIMITS.group)
    assert found == (2 << 30, 200, 1000, 1_000_000_000, 1 << 20, 256 << 20, 1 << 30)
