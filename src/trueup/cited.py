"""The rule behind a printed line: the question of program or provider that makes it, or the filing that sets it."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from trueup.components import COMPONENTS, PROVIDER, UTILITY
from trueup.line_rows import pool_of_line
from trueup.model import Result
from trueup.periods import day_text
from trueup.quantities import UNKNOWN, decimal_text
from trueup.rulebook import Rules
from trueup.rulebook.schema import ExportBonus, TariffVersion
from trueup.rulebook.tariffs import TIERS

STATED = "trueup-providers"
OF_THE_FILING = {
    "three_phase": "three_phase", "facilities_demand": "demand", "summer_demand.delivery": "demand",
    "summer_demand.generation": "demand", "winter_demand": "demand", "minimum_charge": "minimum_charge",
    "regulatory_fee": "regulatory_fee",
}  # fmt: skip
"""Lines that a schedule's version sets by itself, and the part of the version that does."""
OF_OTHER_PROVIDERS = ("pcia", "franchise_fee", "wildfire_fund_crs", "ctc_crs")


@dataclass(frozen=True)
class Cited:
    """The rule behind a line: whose question it is, the answer for the account, its source, the published rules."""

    rule: str
    answer: str
    source: str
    published: tuple[str, ...]


def rule_of(result: Result, rules: Rules, index: int) -> Cited:
    """The answer, or the part of a filing, that makes a line."""
    component, ledger = COMPONENTS[result.lines.component[index]], int(result.lines.ledger[index])
    told = told_of_line(result, index)
    if component.name == "municipal_surcharge":
        return Cited("account.generation_municipal_surcharge", "as the account states it", STATED, ())
    if ledger == PROVIDER and component.name in {"generation", "per_kwh"}:
        return _provider_price(result, rules, index, told)
    if component.name == "export_bonus":
        bonus = export_bonus_of(result, rules, index)
        return Cited(f"{told['ledger']}.export_bonus", decimal_text(bonus.share, 6), bonus.source, ("CCA-01",))
    if component.name in OF_OTHER_PROVIDERS or component.name in OF_THE_FILING or component.name == "discount":
        return _filing(result, rules, index, component.name)
    cited = _answer(component.question, told, rules)
    if pool_of_line(result, index) is None:
        return cited
    sharing = _answer("allocation", told, rules)
    return replace(cited, published=(*sharing.published, *cited.published))


def _answer(question: str, told: dict[str, str], rules: Rules) -> Cited:
    owner, answer = answer_of(told, question, rules)
    if question == "credit_pool" and told["credit_pool"]:
        given: Any = told["credit_pool"]
    else:
        given = answer.given(**told, netting=netting_of(told, rules))
    text = ", ".join(given) if isinstance(given, list) else str(given)
    by = f" (by {answer.value['by']} {told.get(answer.value['by'], '')})" if isinstance(answer.value, dict) else ""
    return Cited(f"{owner}.{question}", text + by, answer.cited(**told), tuple(answer.rules))


def _provider_price(result: Result, rules: Rules, index: int, told: dict[str, str]) -> Cited:
    """A provider's generation: its price list (spec `CCA-01`, `CCA-02`)."""
    name, schedule, vintages, product = rules.providers.lists[result.spans.cycles.prices[result.lines.cycle[index]]]
    provider, start = rules.book.provider(name), version_day(result, rules, index)
    prices = next(p for p in provider.prices if p.schedule == schedule and tuple(p.vintages) == vintages)
    version = next(v for v in prices.versions if str(v.from_) == start)
    answer = provider.answers.energy_billed
    published = ("CCA-01", *(answer.rules if answer is not None else ()))
    return Cited(f"{told['ledger']}.prices", provider.products[product], version.source, published)


def export_bonus_of(result: Result, rules: Rules, index: int) -> ExportBonus:
    """The provider's export bonus in force on the last service day of a line's cycle."""
    last = int(result.spans.cycles.end[result.lines.cycle[index]]) - 1
    provider = rules.book.provider(told_of_line(result, index)["ledger"])
    return max((b for b in provider.export_bonus if b.from_.toordinal() <= last), key=lambda bonus: bonus.from_)


def _filing(result: Result, rules: Rules, index: int, name: str) -> Cited:
    """A part of the schedule's filing, or what the account states in its place."""
    version = version_of(result, rules, index)
    facts, account = result.shard.facts, result.spans.cycles.account[result.lines.cycle[index]]
    schedule = rules.tariffs.schedules[facts.schedule[account]]
    if name == "pcia" and facts.pcia[account] != UNKNOWN:
        return Cited("account.pcia_per_kwh", "as the account states it", STATED, ())
    if name == "pcia" and version.bundled_pcia is not None and told_of_line(result, index)["service"] == "bundled":
        return Cited(f"{schedule}.bundled_pcia", "PCIA of bundled customers", version.source, ())
    if name in OF_OTHER_PROVIDERS:
        source = version.other_providers.source if version.other_providers is not None else version.source
        return Cited(f"{schedule}.other_providers", "cost responsibility surcharge", source, ("CCA-01",))
    if name == "discount":
        tier = TIERS[facts.tier[account]]
        found = version.discount(tier)
        return Cited(f"{schedule}.discounts", tier, version.source if found is None else found.source, ())
    part = OF_THE_FILING[name]
    return Cited(f"{schedule}.{part}", part.replace("_", " "), version.source, ())


def netting_of(told: dict[str, str], rules: Rules) -> str:
    """How the program nets, by which a provider's answers may be keyed."""
    return str(rules.book.program(told["program"]).answers.netting.given(**told))


def answer_of(told: dict[str, str], question: str, rules: Rules) -> tuple[str, Any]:
    """Whose answer holds in a ledger, and the answer: the provider's own, else the program's."""
    if told["ledger"]:
        own = getattr(rules.book.provider(told["ledger"]).answers, question, None)
        if own is not None:
            return told["ledger"], own
    return told["program"], getattr(rules.book.program(told["program"]).answers, question)


def told_of_line(result: Result, index: int) -> dict[str, str]:
    """What decides the answers behind a line: program, provider's ledger, facts."""
    lines, cycles = result.lines, result.spans.cycles
    terms = cycles.of_ledger(int(lines.ledger[index])).terms
    return result.shard.facts.told[int(terms[lines.cycle[index]])]


def version_day(result: Result, rules: Rules, index: int) -> str:
    """First day of a line's price version."""
    versions = rules.tariffs.versions if result.lines.ledger[index] == UTILITY else rules.providers.versions
    return day_text(versions.starts[result.lines.version[index]])


def version_of(result: Result, rules: Rules, index: int) -> TariffVersion:
    """The version of the schedule behind a line of the utility."""
    account = result.spans.cycles.account[result.lines.cycle[index]]
    schedule = rules.book.schedule(rules.tariffs.schedules[result.shard.facts.schedule[account]])
    start = date.fromisoformat(version_day(result, rules, index))
    return next(version for version in schedule.versions if version.from_ == start)
