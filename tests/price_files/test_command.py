"""`trueup rules import-prices` as a user runs it: shown first, written when told, unchanged the second time."""

from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from tests.price_files.made import Row, write_csv
from tests.price_files.test_refusals import HOURS, VALUE
from trueup.cli import app


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def run(file: Path, folder: Path, *more: str) -> Result:
    source = ["--source", "nbt26-file", "--title", "SCE export prices, NBT26", "--where", "upload file"]
    return CliRunner().invoke(app, ["--rules", str(folder), "rules", "import-prices", str(file), *source, *more])


@pytest.mark.rule("EEC-05")
def test_the_change_is_shown_first_written_when_told_and_not_a_second_time(year_file: Path, folder: Path) -> None:
    before = bytes_of(folder)
    shown = run(year_file, folder)
    assert shown.exit_code == 0, shown.output
    assert "changed" in shown.output
    assert bytes_of(folder) == before, "only shown"
    written = run(year_file, folder, "--write")
    assert "Wrote" in written.output
    after = bytes_of(folder)
    assert after != before
    again = run(year_file, folder, "--write")
    assert again.exit_code == 0
    assert "Wrote" not in again.output
    assert bytes_of(folder) == after


def test_a_file_with_one_contradicting_row_is_refused_with_the_row(
    year_rows: list[Row], tmp_path: Path, folder: Path
) -> None:
    wrong = [list(row) for row in year_rows]
    wrong[HOURS + 3][VALUE] = "0.99999"
    before = bytes_of(folder)
    refused = run(write_csv(tmp_path / "wrong.csv", wrong), folder, "--write")
    assert refused.exit_code != 0
    assert refused.exception is not None
    assert "E-PRICE-012" in str(refused.exception)
    assert "row 8,765" in str(refused.exception)
    assert bytes_of(folder) == before
