"""The pages of docs/programs: what they quote is printed, what they compute adds up, and every example has a page."""

import importlib.util
import re
from contextvars import copy_context
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from types import ModuleType

import pytest

import trueup

ROOT = Path(__file__).resolve().parent.parent
DOCS, RESULTS = ROOT / "docs/programs", ROOT / "examples/results"
HOMES, ARRANGEMENTS = ROOT / "examples/homes", ROOT / "examples/arrangements"
PAGES = sorted(path for path in DOCS.glob("*.md") if path.name != "README.md")
ROW = re.compile(r"^\| `([a-z0-9_-]+)` \|.*results/([a-z0-9-]+)\.txt.*\]\(([a-z0-9-]+\.md)\) \|$", re.M)
INDEX: list[tuple[str, str, str]] = ROW.findall((DOCS / "README.md").read_text(encoding="utf-8"))
"""Id, example and page of each row of the index."""
BLOCK = re.compile(r"^```text\n(.*?)^```$", re.M | re.S)
SUM = re.compile(r"`(-?[\d.,]+(?: [-+x/] -?[\d.,]+)+) = (-?[\d.,]+)`")


def examples() -> ModuleType:
    """The module examples/run.py."""
    spec = importlib.util.spec_from_file_location("examples_run", ROOT / "examples/run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RUN = examples()
NAMES = [*RUN.EXAMPLES, *RUN.ARRANGEMENTS]
UNSHOWN = {
    "standard", "pge-standard", "sdge-standard",
    "nem-v", "nem-v-st", "vsbp", "pge-nem2-v", "nem-a", "pge-nem-a", "pge-nem2-a",
}  # fmt: skip
"""Programs without an example of their own: standard service, and those that share the page of another."""


def number(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))


def worked(text: str) -> Decimal:
    """A sum of products, as the pages write them: `a x b / c + d - e`."""
    words = text.split()
    total, sign, term = Decimal(0), 1, number(words[0])
    for how, word in zip(words[1::2], words[2::2], strict=True):
        value = number(word)
        if how in "+-":
            total, sign, term = total + sign * term, 1 if how == "+" else -1, value
        else:
            term = term * value if how == "x" else term / value
    return total + sign * term


def rounded(value: Decimal, as_shown: str) -> Decimal:
    """Half away from zero, to as many decimals as are shown."""
    return value.quantize(number(as_shown), ROUND_HALF_UP)


def test_the_index_names_every_page_and_only_pages_that_exist() -> None:
    assert len(INDEX) == len(re.findall(r"^\| `", (DOCS / "README.md").read_text(encoding="utf-8"), re.M))
    assert {page for _, _, page in INDEX} == {path.name for path in PAGES}
    assert [example for _, example, _ in INDEX if not (RESULTS / f"{example}.txt").exists()] == []


def test_every_program_and_provider_with_an_example_has_a_page(rules: trueup.Rules) -> None:
    members = [path for path in ARRANGEMENTS.glob("*/*.yaml") if path.stem != "arrangement"]
    accounts = [trueup.Account.from_yaml(path) for path in (*HOMES.glob("*.yaml"), *members)]
    shown = {one.program for one in accounts} | {one.provider for one in accounts} - {"bundled"}
    known = set(rules.book.programs) | set(rules.book.providers)
    assert shown <= known
    assert shown - {name for name, _, _ in INDEX} == set()
    assert known - shown == UNSHOWN


def test_every_program_of_an_arrangement_is_on_a_page_and_named_by_the_index(rules: trueup.Rules) -> None:
    arranged = {name for name, program in rules.book.programs.items() if program.arranged is not None}
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    linked = {name for path in PAGES for name in re.findall(r"rules/program-([a-z0-9-]+)\.md", path.read_text("utf-8"))}
    assert arranged - linked == set()
    assert [name for name in sorted(arranged) if f"`{name}`" not in index] == []


def test_every_example_is_in_the_index_and_the_list_of_commands() -> None:
    homes = {path.stem for path in HOMES.glob("*.yaml")}
    arrangements = {path.parent.name for path in ARRANGEMENTS.glob("*/arrangement.yaml")}
    listed = (ROOT / "examples/README.md").read_text(encoding="utf-8")
    assert (homes, arrangements) == (set(RUN.EXAMPLES), set(RUN.ARRANGEMENTS))
    assert set(NAMES) == {example for _, example, _ in INDEX} == {path.stem for path in RESULTS.glob("*.txt")}
    assert [name for name in NAMES if f"trueup {' '.join(RUN.command(name))}`" not in listed] == []


@pytest.mark.parametrize(("name", "example", "page"), INDEX, ids=[name for name, _, _ in INDEX])
def test_a_page_names_its_program_and_its_example(name: str, example: str, page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    assert f"`{name}`" in text
    assert f"examples/results/{example}.txt" in text
    shared = example in RUN.ARRANGEMENTS
    assert f"examples/{f'arrangements/{example}/arrangement' if shared else f'homes/{example}'}.yaml" in text


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_quoted_line_is_a_line_that_trueup_printed_for_the_examples_of_the_page(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    named = re.findall(r"results/([a-z0-9-]+)\.txt", text)
    printed = {line for name in named for line in (RESULTS / f"{name}.txt").read_text(encoding="utf-8").splitlines()}
    quoted = [line for block in BLOCK.findall(text) for line in block.splitlines()]
    assert quoted
    assert [line for line in quoted if line not in printed] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_what_a_page_computes_by_hand_is_right(path: Path) -> None:
    found = SUM.findall(path.read_text(encoding="utf-8"))
    assert len(found) >= 3
    assert [f"{how} = {worked(how)}" for how, said in found if rounded(worked(how), said) != number(said)] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_no_sum_of_a_page_escapes_the_check(path: Path) -> None:
    spans = [span for span in re.findall(r"`([^`\n]+)`", path.read_text(encoding="utf-8")) if " = " in span]
    assert [span for span in spans if not SUM.fullmatch(f"`{span}`")] == []


@pytest.mark.parametrize("path", [*PAGES, DOCS / "README.md", ROOT / "examples/README.md"], ids=lambda path: path.stem)
def test_the_links_of_a_page_lead_to_files(path: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("name", NAMES)
def test_an_example_prints_what_is_kept(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`make examples` renews the results; then look at what changed, and at the pages that quote it."""
    monkeypatch.chdir(ROOT)
    again = copy_context().run(RUN.result, name)
    assert again == (RESULTS / f"{name}.txt").read_text(encoding="utf-8")
