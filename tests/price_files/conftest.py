"""A copy of the rules to import into, and a year of prices as published."""

import shutil
from pathlib import Path

import pytest

from tests.price_files.made import SHEET_HEAD, Row, sheet_rows, upload_rows, write_csv
from trueup.price_files import PriceSource
from trueup.rulebook.load import RULES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The rules that ship, to be changed."""
    return Path(shutil.copytree(RULES, tmp_path / "rules"))


@pytest.fixture(scope="session")
def source() -> PriceSource:
    """A document that the rules do not have yet."""
    return PriceSource("sce-eec-nbt26-file", "SCE prices, NBT26", "sce.com, upload file")


@pytest.fixture(scope="session")
def year_rows() -> list[Row]:
    """2026 as SCE would upload it for NBT26."""
    return upload_rows(2026, 2026)


@pytest.fixture(scope="session")
def year_file(year_rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as a file."""
    return write_csv(tmp_path_factory.mktemp("published") / "nbt26.csv", year_rows)


@pytest.fixture(scope="session")
def sheet_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same prices as SCE's Pacific sheet."""
    return write_csv(tmp_path_factory.mktemp("published") / "sheet.csv", sheet_rows(2026, 2026), SHEET_HEAD)
