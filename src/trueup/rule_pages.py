"""Documentation pages of the rule files: versions side by side, differences, sources. `make docs` writes them."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from trueup.quantities import usd_text
from trueup.rulebook import Rulebook, schema
from trueup.rulebook.load import read_yaml

HEAD = ("from", "known", "source")
GENERATED = "<!-- Made by `make docs` from the rule files; edit those. -->"


def rule_pages(book: Rulebook) -> dict[str, str]:
    """A page for each schedule, program and provider, and the list of them, by file name."""
    pages = {f"schedule-{name}.md": "\n".join(_schedule(book, name)) for name in book.schedules}
    pages |= {f"program-{name}.md": "\n".join(_program(book, name)) for name in book.programs}
    pages |= {f"provider-{name}.md": "\n".join(_provider(book, name)) for name in book.providers}
    return pages | {"README.md": "\n".join(_list(book))}


def flattened(value: Any, path: str = "") -> dict[str, str]:
    """Every scalar of a part of a rule file by its path, as written in the file."""
    if isinstance(value, dict):
        return {k: v for name, part in value.items() for k, v in flattened(part, f"{path} {name}".strip()).items()}
    if isinstance(value, list):
        return {path: ", ".join(str(part) for part in value) or "none"}
    return {path: str(value)}


def differences(versions: list[dict[str, Any]]) -> list[dict[str, tuple[str, str]]]:
    """What each version changes of the one before: path -> before and after; `-` where it has no such figure."""
    flat = [_figures(version) for version in versions]
    found: list[dict[str, tuple[str, str]]] = [{}]
    for before, after in pairwise(flat):
        paths = dict.fromkeys([*before, *after])
        changed = {path: (before.get(path, "-"), after.get(path, "-")) for path in paths}
        found.append({path: pair for path, pair in changed.items() if pair[0] != pair[1]})
    return found


def _figures(version: dict[str, Any]) -> dict[str, str]:
    return flattened({name: part for name, part in version.items() if name not in HEAD})


def _schedule(book: Rulebook, name: str) -> Iterator[str]:
    raw, schedule = read_yaml(book.paths[f"tariff/{name}"]), book.schedules[name]
    yield from (GENERATED, f"# {schedule.title}", "")
    yield f"`{name}`, {book.utilities[schedule.utility].short}, {', '.join(schedule.customer_classes)}. "
    yield f"Covers {schedule.versions[0].from_} to {schedule.through} ({book.cite(schedule.through_source)})."
    yield from ("", "## Time-of-use periods", "", "| season | days | periods |", "| --- | --- | --- |")
    for season in ("summer", "winter"):
        for days, periods in raw["periods"][season].items():
            yield f"| {season} | {days.replace('_', ' or ')} | {', '.join(f'{k} {v}' for k, v in periods.items())} |"
    yield from ("", f"Source: {book.cite(raw['periods']['source'])}.", "")
    if schedule.baseline is not None:
        yield from (f"Baseline allowances: table `{schedule.utility}/{schedule.baseline.allowances}`.", "")
    yield from _versions(book, raw["versions"], "$/kWh, $/day and $/kW as printed")


LEGEND = """**Bold**: a version changes the figure; `-`: it has none; `unknown`: no source gives it.
`delivery` and `generation` are the sheet's totals, and what stands `inside` is contained in them."""


def _versions(book: Rulebook, versions: list[dict[str, Any]], unit: str) -> Iterator[str]:
    """Versions side by side, sources, and what each changes."""
    ordered = sorted(versions, key=lambda version: str(version["from"]))
    flat = [_figures(version) for version in ordered]
    paths = dict.fromkeys(path for figures in flat for path in figures if not path.endswith("source"))
    yield from ("## Versions", "", f"{unit}. {LEGEND}", "")
    yield f"| figure | {' | '.join(str(version['from']) for version in ordered)} |"
    yield f"| --- |{' --- |' * len(ordered)}"
    changes = differences(ordered)
    for path in paths:
        cells = (
            f"**{f.get(path, '-')}**" if path in c else f.get(path, "-") for f, c in zip(flat, changes, strict=True)
        )
        yield f"| {path.replace('_', ' ')} | {' | '.join(cells)} |"
    yield from ("", "| from | filed | document |", "| --- | --- | --- |")
    for version in ordered:
        yield f"| {version['from']} | {version['known']} | {book.cite(version['source'])} |"
    for source in dict.fromkeys(text for figures in flat for path, text in figures.items() if path.endswith("source")):
        yield f"| parts | | {book.cite(source)} |"
    yield ""


def _program(book: Rulebook, name: str) -> Iterator[str]:
    raw, program = read_yaml(book.paths[f"program/{name}"]), book.programs[name]
    yield from (GENERATED, f"# {program.title}", "", f"`{name}`, {book.utilities[program.utility].short}.", "")
    schedules = ", ".join(f"`{schedule}`" for schedule in program.schedules)
    yield f"Open to {schedules}: {book.cite(program.schedules_source)}."
    yield f"Customer classes: {', '.join(program.customer_classes)}. Services: {', '.join(program.services)}."
    if "billing_options" in raw:
        options = raw["billing_options"]
        told = "; ".join(f"{group}: {', '.join(options[group])}" for group in program.customer_classes)
        yield f"Billing options (the first is the default): {told}. {book.cite(options['source'])}."
    yield ""
    if "as" in raw:
        yield from (f"As [{raw['as']}](program-{raw['as']}.md) in all that is not answered here.", "")
    if raw["answers"]:
        yield from _answers(book, raw["answers"])
    yield from _of_arrangements(book, program)


def _of_arrangements(book: Rulebook, program: schema.Program) -> Iterator[str]:
    """What a program asks of accounts that share a generator, and what that costs them."""
    if program.applications is not None:
        days = program.applications
        span = " ".join(f"{word} {day}" for word, day in (("from", days.from_), ("until", days.until)) if day)
        yield from (f"Applications {span}: {book.cite(days.source)}.", "")
    for name, fees in program.fee_amounts.items():
        most = "" if fees.setup_at_most is None else f", at most ${usd_text(fees.setup_at_most)} for all accounts"
        told = f"${usd_text(fees.setup)} at set-up{most}, ${usd_text(fees.monthly)} with every bill"
        yield from (f"Fees, billed {name}: {told}. {book.cite(fees.source)}.", "")
    if program.arranged is not None:
        asked = ", ".join([*program.arranged.rules, *program.arranged.notes])
        yield from (f"[Arrangements](../arrangements.md) are asked: {asked}. {book.cite(program.arranged.source)}.", "")


def _answers(book: Rulebook, answers: dict[str, Any]) -> Iterator[str]:
    yield from ("| question | answer | published rules | source |", "| --- | --- | --- | --- |")
    for question, answer in answers.items():
        more = {k: v for k, v in answer.items() if k not in {"value", "source", "rules"}}
        text = "; ".join([_value(answer["value"]), *(f"{k} {v}" for k, v in more.items())])
        sources = answer["source"] if isinstance(answer["source"], dict) else {"": answer["source"]}
        cited = "; ".join(f"{k + ': ' if k else ''}{book.cite(v)}" for k, v in sources.items() if k != "by")
        yield f"| {question.replace('_', ' ')} | {text} | {' '.join(answer['rules'])} | {cited} |"
    yield ""


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{k}: {_value(v)}" for k, v in value.items() if k != "by") + f" (by {value['by']})"
    return (", ".join(value) or "none") if isinstance(value, list) else str(value)


def _provider(book: Rulebook, name: str) -> Iterator[str]:
    raw, provider = read_yaml(book.paths[f"provider/{name}"]), book.providers[name]
    yield from (
        GENERATED,
        f"# {provider.title}",
        "",
        f"`{name}`, {provider.kind.upper()}, up to {provider.through}.",
        "",
    )
    supported = ", ".join(f"`{program}`" for program in provider.supports)
    yield from (f"Supports {supported}: {book.cite(provider.supports_source)}.", "")
    yield from (
        "Its answers for its own ledger; what it leaves out is answered as the customer's program answers it.",
        "",
    )
    yield from _answers(book, raw["answers"])
    for prices in raw["prices"]:
        vintages = ", ".join(str(year) for year in prices["vintages"]) or "all"
        yield from (f"# {prices['schedule']}, customers who left bundled service in: {vintages}", "")
        yield from _versions(book, prices["versions"], "Generation, $/kWh by product")


def _list(book: Rulebook) -> Iterator[str]:
    yield from (
        GENERATED,
        "# The rules, page by page",
        "",
        "`trueup rules show ID` prints the same on a day asked for.",
        "",
    )
    groups = (("schedule", book.schedules), ("program", book.programs), ("provider", book.providers))
    for kind, items in groups:
        for name, item in items.items():
            yield f"- [{item.title}]({kind}-{name}.md)"
    yield ""


def write_rule_pages(book: Rulebook, folder: Path) -> None:
    """Write the pages into a folder, and remove pages of rules that are no more."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = rule_pages(book)
    for path in folder.glob("*.md"):
        if path.name not in pages:
            path.unlink()
    for name, text in pages.items():
        (folder / name).write_text(text.rstrip("\n") + "\n", encoding="utf-8")
