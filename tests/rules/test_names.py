"""No `if` on a utility's, an aggregator's or a program's name: what holds for whom stands in rule files alone."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import trueup
from trueup.rulebook import Rules

SOURCE = Path(trueup.__file__).parent
READERS = ("reads", "price_files", "sample", "urdb")
"""Formats of files, which are named after who publishes them, and the made sample home."""
BOOK = Rules.load().book
NAMES = {*BOOK.programs, *BOOK.providers, *BOOK.utilities, *(u.short for u in BOOK.utilities.values())}
NAMES |= {provider.title for provider in BOOK.providers.values()}


def modules() -> list[Path]:
    """Every module of the engine and what stands around it, save the readers."""
    found = (path.relative_to(SOURCE) for path in SOURCE.rglob("*.py"))
    return sorted(path for path in found if path.parts[0] not in READERS and path.name != "demo.py")


def strings(tree: ast.Module) -> Iterator[ast.Constant]:
    """Texts in the code, docstrings and help texts aside."""
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and node.body
        if isinstance(node.body[0], ast.Expr)
    }
    docs |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node


@pytest.mark.parametrize("module", modules(), ids=str)
def test_the_code_names_no_utility_aggregator_or_program(module: Path) -> None:
    tree = ast.parse((SOURCE / module).read_text(encoding="utf-8"))
    named = [(node.lineno, node.value) for node in strings(tree) if node.value in NAMES]
    assert named == []


def test_the_search_would_find_one() -> None:
    planted = ast.parse('"""sce"""\nif utility == "sce":\n    pass\n')
    assert [node.value for node in strings(planted) if node.value in NAMES] == ["sce"]
    assert {"sce", "pge", "sdge", "clean-power-alliance", "nem-st", "SCE"} <= NAMES
    assert Path("rulebook/columns.py") in modules()
