"""STYLE.md as a test: sizes, docstrings, no float near money, no names that hide what they hold."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = sorted((ROOT / "src" / "trueup").rglob("*.py"))
ALL = PRODUCT + sorted((ROOT / "tests").rglob("*.py")) + sorted((ROOT / "bench").rglob("*.py"))
BODY_MAX, FILE_MAX = 40, 500
FLOATS_ALLOWED = {
    "src/trueup/sample/meter.py": "weather and appliances, before there is a meter reading",
    "src/trueup/present.py": "kWh rounded for the eye",
    "src/trueup/intervals/sun.py": "where the sun stands; out come integers",
    "src/trueup/intervals/swapped.py": "kWh in an error message",
    "src/trueup/refusals.py": "hours in an error message",
}
VAGUE = {"utils.py", "helpers.py", "common.py", "misc.py"}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return (node.end_lineno or 0) - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("path", ALL, ids=name)
def test_files_and_function_bodies_stay_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= FILE_MAX
    assert [node.name for node in functions(path) if body_lines(node) > BODY_MAX] == []


@pytest.mark.parametrize("path", PRODUCT, ids=name)
def test_modules_classes_and_public_functions_say_what_they_are(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), "a module says what it is"
    nodes = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.ClassDef) and not n.name.startswith("_")]
    inner = {f for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) for f in ast.walk(n) if f is not n}
    assert [node.name for node in nodes if not ast.get_docstring(node) and node not in inner] == []


@pytest.mark.parametrize("path", PRODUCT, ids=name)
def test_no_float_comes_near_energy_or_money(path: Path) -> None:
    if name(path) in FLOATS_ALLOWED:
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), f"line {node.lineno}"
        assert not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and not _is_path(node)), node.lineno
        assert not (isinstance(node, ast.Name) and node.id == "float"), node.lineno
        assert not (isinstance(node, ast.Attribute) and node.attr.startswith("float")), node.lineno


def _is_path(node: ast.BinOp) -> bool:
    """A division whose text joins paths: a string, a name of a file or folder on either side."""
    words = ast.dump(node)
    return any(word in words for word in ("folder", "parent", "'out'", "files", "RULES", "making", "path"))


def test_only_the_quantities_round() -> None:
    for path in PRODUCT:
        if name(path) in FLOATS_ALLOWED or path.name == "quantities.py":
            continue
        calls = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)]
        assert not [c for c in calls if isinstance(c.func, ast.Name) and c.func.id == "round"], name(path)


def test_no_file_has_a_name_that_says_nothing() -> None:
    assert [name(path) for path in ALL if path.name in VAGUE] == []


def test_the_law_holds_no_python_and_the_engine_names_no_program() -> None:
    assert list((ROOT / "src" / "trueup" / "rules").rglob("*.py")) == []
    files = {"credits.py", "trueup.py", "timeline.py", "profiles.py", "credit_lines.py", "ledger.py", "pipeline.py"}
    for path in [p for p in PRODUCT if p.parent.name in {"charges", "determinants"} or p.name in files]:
        words = [n.value for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Constant)]
        assert not {"sbp", "nem-st", "standard", "sce"} & {w for w in words if isinstance(w, str)}, name(path)


def test_no_text_of_the_repository_names_a_machine_or_an_index() -> None:
    private = re.compile(
        "|".join(["/wo" + "rk/", "/ro" + "ot/", "file:/" + "//", "extra-index" + "-url", "pypi" + r"\.org"])
    )
    parts = [ROOT / part for part in ("src", "tests", "bench", "docs", "examples", ".ci")]
    files = (
        [path for part in parts for path in part.rglob("*")]
        + list(ROOT.glob("*.md"))
        + list(ROOT.glob("*.toml"))
        + list(ROOT.glob("*.lock"))
        + [ROOT / "Makefile"]
    )
    texts = {path: path.read_text(encoding="utf-8", errors="ignore") for path in files if path.is_file()}
    assert [name(path) for path, text in texts.items() if "__pycache__" not in str(path) and private.search(text)] == []


def test_the_version_is_said_once_in_two_places() -> None:
    from trueup.version import VERSION

    assert f'version = "{VERSION}"' in (ROOT / "pyproject.toml").read_text()


def test_every_error_code_is_explained() -> None:
    codes = {code for path in PRODUCT for code in re.findall(r"E-[A-Z]+-\d{3}", path.read_text(encoding="utf-8"))}
    explained = set(re.findall(r"^\| `(E-[A-Z]+-\d{3})`", (ROOT / "docs" / "errors.md").read_text(), re.M))
    assert codes == explained
