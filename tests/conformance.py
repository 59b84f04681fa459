"""The conformance table: every published rule, where it is implemented, which tests prove it.

A full run of the tests writes docs/conformance.md from the rule marks; a partial run only checks the marks.
"""

from collections import defaultdict
from pathlib import Path

import pytest

from trueup.rulebook import Rulebook

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "docs" / "conformance.md"
HEAD = """# Conformance

Every rule that the source documents state (`src/trueup/rules/published.yaml`), where it is implemented, and the
tests that prove it. Written by a full run of `make test`; a rule without a passing test is `open`. Of some rules
a part can be shown by an office only, from papers and records that no file of trueup holds: the row says what.

| rule | source | implemented in | tests | state |
| --- | --- | --- | --- | --- |
"""


class Marks:
    """Collects the rule marks of tests, and what became of them."""

    def __init__(self) -> None:
        self.rules: dict[str, tuple[str, ...]] = {}
        self.failed: set[str] = set()
        self.passed: set[str] = set()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Note the rules of every test; an id that no document states is an error."""
        known = set(Rulebook.load().published.rules)
        for item in items:
            marked = tuple(str(rule) for mark in item.iter_markers("rule") for rule in mark.args)
            unknown = sorted(set(marked) - known)
            if unknown:
                raise pytest.UsageError(f"{item.nodeid} names rules that no document states: {unknown}")
            if marked:
                self.rules[item.nodeid] = marked

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what passed and what did not."""
        if report.failed or report.skipped:
            self.failed.add(report.nodeid)
        elif report.when == "call":
            self.passed.add(report.nodeid)

    def table(self) -> str:
        """The table as text."""
        book = Rulebook.load()
        proofs: dict[str, set[str]] = defaultdict(set)
        broken: set[str] = set()
        for node, rules in self.rules.items():
            for rule in rules:
                (proofs[rule] if node in self.passed else broken).add(node if node in self.passed else rule)  # type: ignore[union-attr]
        rows, proven = [], 0
        for rule, stated in book.published.rules.items():
            state = "proven" if proofs[rule] and rule not in broken else "open"
            proven += state == "proven"
            files = sorted({node.split("::")[0].removeprefix("tests/") for node in proofs[rule]})
            office = f"; an office alone shows {stated.office}" if stated.office else ""
            told = f"{len(proofs[rule])} in {', '.join(files)}" if files else ""
            rows.append(
                f"| {rule} | {' '.join(stated.documents)} | {', '.join(implemented(rule))} | {told} | {state}{office} |"
            )
        return HEAD + "\n".join(rows) + f"\n\nproven {proven} of {len(rows)}\n"


def implemented(rule: str) -> list[str]:
    """The files of the product that name a rule."""
    package = ROOT / "src" / "trueup"
    files = [*package.rglob("*.py"), *(package / "rules" / "programs").rglob("*.yaml"),
             *(package / "rules" / "prices").rglob("*.yaml")]  # fmt: skip
    return sorted(str(path.relative_to(package)) for path in files if rule in path.read_text(encoding="utf-8"))
