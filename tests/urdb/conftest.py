"""The rules in use, and a way to import made rates."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.urdb.made import item, write_items
from trueup.rulebook import Rulebook
from trueup.rulebook.load import RULES
from trueup.urdb import Plan, apply, plan_file

Import = Callable[..., Plan]


@pytest.fixture(scope="session")
def book() -> Rulebook:
    """The rules that ship."""
    return Rulebook.load(RULES)


@pytest.fixture
def planned(tmp_path: Path, book: Rulebook) -> Import:
    """Plans the import of a made rate with changed fields into `rules` below the test's folder."""

    def plan(schedule: str = "my-rate", of: str = "sce", **changes: Any) -> Plan:
        file = write_items(tmp_path / "rate.json", item(**changes))
        return plan_file(file, schedule, of, tmp_path / "rules", book)

    return plan


@pytest.fixture
def imported(planned: Import) -> Import:
    """The same, written."""

    def write(*told: Any, **changes: Any) -> Plan:
        plan = planned(*told, **changes)
        apply(plan)
        return plan

    return write
