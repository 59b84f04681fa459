"""What people read of the rules: every id can be shown, and the generated pages are those of the rule files."""

from datetime import date
from pathlib import Path

import pytest

import trueup
from trueup.rule_pages import differences, flattened, rule_pages, write_rule_pages
from trueup.rule_text import rule_text

RULES = trueup.Rules.load()
PAGES = Path(__file__).resolve().parents[2] / "docs" / "rules"


@pytest.mark.parametrize("name", RULES.book.paths)
def test_every_rule_file_can_be_shown_with_a_citation(name: str) -> None:
    assert "read: " in rule_text(RULES, name, None)


def test_the_pages_in_the_docs_are_those_of_the_rule_files(tmp_path: Path) -> None:
    """`make docs` renews them."""
    write_rule_pages(RULES.book, tmp_path)
    made, kept = ({path.name: path.read_text() for path in folder.glob("*.md")} for folder in (tmp_path, PAGES))
    assert made == kept


def test_there_is_a_page_for_each_schedule_program_and_provider() -> None:
    names = set(rule_pages(RULES.book))
    wanted = {f"schedule-{name}.md" for name in RULES.book.schedules}
    wanted |= {f"program-{name}.md" for name in RULES.book.programs}
    wanted |= {f"provider-{name}.md" for name in RULES.book.providers}
    assert names == wanted | {"README.md"}


def test_differences_name_each_figure_that_a_version_changes() -> None:
    first = {"from": "2025-01-01", "source": "a", "delivery": {"summer": {"on_peak": "0.1"}}, "daily": "0.03"}
    second = {"from": "2025-06-01", "source": "b", "delivery": {"summer": {"on_peak": "0.2"}}, "fee": "1"}
    assert differences([first, second]) == [
        {}, {"delivery summer on_peak": ("0.1", "0.2"), "daily": ("0.03", "-"), "fee": ("-", "1")},
    ]  # fmt: skip
    assert flattened({"a": {"b": ["x", "y"]}, "c": []}) == {"a b": "x, y", "c": "none"}


def test_a_schedule_shows_what_a_version_changed() -> None:
    text = rule_text(RULES, "d", date(2026, 1, 10))
    assert "generation summer all_hours 0.13170 -> 0.11761" in text
    assert "fixed_recovery 0.00198 -> 0.00619" in text
