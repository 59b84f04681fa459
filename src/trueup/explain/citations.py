"""Which price version or table a line took its prices from, with the citation."""

from datetime import date

from trueup.charges.energy import ALL_HOURS
from trueup.cited import export_bonus_of, rule_of, told_of_line, version_day, version_of
from trueup.components import COMPONENTS, PROVIDER
from trueup.line_rows import EXPORTS
from trueup.model import Result
from trueup.periods import month_text
from trueup.quantities import UNKNOWN, decimal_text, price_text
from trueup.rulebook import Rules
from trueup.rulebook.columns import Terms
from trueup.rulebook.prices import FLOATING
from trueup.rulebook.schema import BUCKETS, IncomeTier, TariffVersion
from trueup.rulebook.schema.tariffs import DemandKind, Dwelling
from trueup.rulebook.tariffs import DWELLINGS, TIERS

TABLES = {
    "state_surcharge": "energy-surcharge",
    "bonus": "acc-plus",
    "early_bonus": "acc-plus",
    "climate": "climate-credit",
    "adjustment.delivery": "average-export-rate",
    "adjustment.generation": "average-export-rate",
    "surplus": "nscr",
}
"""The table behind a line that has no price version: the utility's, the provider's where it has one, or the state's."""


def prices_of(result: Result, rules: Rules, index: int) -> list[str]:
    """The price sources of a line, each on one line; none where it has no price."""
    lines = result.lines
    name = COMPONENTS[lines.component[index]].name
    if lines.version[index] >= 0:
        return _version(result, rules, index, name)
    if name in EXPORTS:
        return _exports(result, rules, index)
    if name == "export_bonus":
        return [rules.book.cite(export_bonus_of(result, rules, index).source)]
    return _tables(result, rules, index, name) if name in TABLES else []


def _tables(result: Result, rules: Rules, index: int, name: str) -> list[str]:
    """The tables behind a line that has no price version, or what the account states in their place."""
    lines = result.lines
    if stated := _stated(result, index, name):
        return [stated]
    account, names = result.spans.cycles.account[lines.cycle[index]], [TABLES[name]]
    terms, made = told_terms(result, index), rules.providers.surplus
    if name == "surplus" and made.fixed[terms.surplus_of]:
        return [rules.book.cite(rule_of(result, rules, index).source)]
    if name == "surplus" and result.shard.facts.transfers_recs[account]:
        names.append("rec-adder")
    day = int(result.spans.cycles.end[lines.cycle[index]]) - 1
    return [_table(rules, owned, day) for each in names if (owned := _owned(result, rules, index, each))]


def _owned(result: Result, rules: Rules, index: int, name: str) -> tuple[str, str] | None:
    """The table of this name that a line's account has: its provider's, its utility's or the state's."""
    account = result.spans.cycles.account[result.lines.cycle[index]]
    owners = (told_of_line(result, index)["ledger"], rules.utilities[result.shard.facts.utility[account]], "state")
    return next(((owner, name) for owner in owners if (owner, name) in rules.book.tables), None)


def _stated(result: Result, index: int, name: str) -> str:
    """What the account states itself in place of a table; empty where it does not."""
    facts, cycle = result.shard.facts, result.lines.cycle[index]
    account, month = result.spans.cycles.account[cycle], result.spans.cycles.month[cycle]
    if name == "climate" and month in facts.climate_month[account]:
        return "the account's own climate credit, a fact of the account file"
    if name.startswith("adjustment") and month in facts.rate_month[account]:
        return "the account's own average export rate, a fact of the account file"
    return ""


def told_terms(result: Result, index: int) -> Terms:
    """The answers in force in the ledger of a line, one row."""
    lines, cycles = result.lines, result.spans.cycles
    return result.shard.facts.terms.take(cycles.of_ledger(int(lines.ledger[index])).terms[lines.cycle[index]])


def _version(result: Result, rules: Rules, index: int, name: str) -> list[str]:
    lines, facts = result.lines, result.shard.facts
    account = result.spans.cycles.account[lines.cycle[index]]
    if lines.ledger[index] == PROVIDER:
        return _provider_version(result, rules, index)
    version = version_of(result, rules, index)
    schedule = rules.tariffs.schedules[facts.schedule[account]]
    parts = _parts(version, name, int(lines.bucket[index]), DWELLINGS[facts.dwelling[account]])
    if (
        name == "daily"
        and facts.base_services[account] != UNKNOWN
        and rules.tariffs.is_base_services[lines.version[index]]
    ):
        return ["the account's own base services charge, a fact of the account file"]
    if name == "pcia" and facts.pcia[account] != UNKNOWN:
        return ["the account's own PCIA, a fact of the account file"]
    source = version.source
    if name in {"pcia", "wildfire_fund_crs", "ctc_crs"} and version.other_providers is not None:
        source = version.other_providers.source
    if name == "discount":
        return _discount(rules, version, schedule, TIERS[facts.tier[account]])
    terms = int(result.spans.cycles.terms[lines.cycle[index]])
    if name in {"delivery", "generation"} and not facts.terms.apart[terms]:
        parts = parts[:1]
    told = ", ".join(f"{label} {price_text(price)}" for label, price in parts)
    found = [f"{schedule} from {version.from_}: {told}", rules.book.cite(source)]
    if name in {"delivery_baseline", "baseline_credit"}:
        service = rules.book.schedule(schedule).baseline
        owner, day = rules.book.schedule(schedule).utility, int(result.spans.cycles.end[lines.cycle[index]]) - 1
        found += [] if service is None else [_table(rules, (owner, service.allowances), day)]
    return found


def _discount(rules: Rules, version: TariffVersion, schedule: str, tier: IncomeTier) -> list[str]:
    """The share of an income tier, and what it does not pay."""
    found = version.discount(tier)
    if found is None:
        return []
    free = ", ".join(f"{name} {price_text(price)}" for name, price in found.exempt_per_kwh.items()) or "nothing"
    told = f"{schedule} from {version.from_}: {tier} {decimal_text(found.share, 6)} off; exempt from {free}"
    return [told, rules.book.cite(found.source)]


def _provider_version(result: Result, rules: Rules, index: int) -> list[str]:
    """The provider's price list behind a line of its ledger."""
    lines, cycles = result.lines, result.spans.cycles
    name, schedule, vintages, product = rules.providers.lists[cycles.prices[lines.cycle[index]]]
    provider, start = rules.book.provider(name), version_day(result, rules, index)
    prices = next(p for p in provider.prices if p.schedule == schedule and tuple(p.vintages) == vintages)
    version = next(v for v in prices.versions if str(v.from_) == start)
    left = f", vintage {', '.join(map(str, vintages))}" if vintages else ""
    return [f"{provider.products[product]}, {schedule}{left}, from {start}", rules.book.cite(version.source)]


def _parts(version: TariffVersion, name: str, bucket: int, dwelling: Dwelling) -> list[tuple[str, int]]:
    """The printed prices behind a line's price."""
    delivery = [(label.upper(), price) for label, price in version.inside_delivery.items()]
    generation = [(label.upper(), price) for label, price in version.inside_generation.items()]
    if name in {"delivery", "generation"}:
        season, tou = BUCKETS[bucket if bucket >= 0 else ALL_HOURS[0]]
        total = getattr(version, name)[season][tou]
        inside = delivery if name == "delivery" else generation
        return [("printed total", total), *((f"less {label}", price) for label, price in inside)]
    daily = version.daily
    found = {
        "nonbypassable": sorted(part for part in [*generation, *delivery] if part[0] != "WFC"),
        "wildfire_fund": [part for part in delivery if part[0] == "WFC"],
        "memo.delivery": delivery,
        "memo.generation": generation,
        "fixed_recovery": [("fixed recovery charge", version.fixed_recovery)],
        "regulatory_fee": [("regulatory fee", version.regulatory_fee or 0)],
        "daily": [] if daily is None else [(daily.name.replace("_", " "), daily.price(dwelling))],
        "delivery_baseline": [("up to the baseline allowance", version.delivery_baseline or 0)],
        "baseline_credit": [("baseline credit", version.baseline_credit or 0)],
        "three_phase": [("three-phase service", version.three_phase_per_day or 0)],
    }
    return found[name] if name in found else _other_parts(version, name)


def _other_parts(version: TariffVersion, name: str) -> list[tuple[str, int]]:
    """The printed prices of minimum and demand charges, and of the cost responsibility surcharge."""
    others, demand = version.other_providers, version.demand
    if name == "minimum_charge" and version.minimum_charge is not None:
        return [("minimum charge a day", version.minimum_charge.usd_per_day)]
    if others is not None and name in {"wildfire_fund_crs", "ctc_crs"}:
        return [("WFC", others.wfc or 0) if name == "wildfire_fund_crs" else ("CTC", others.ctc or 0)]
    if others is not None and name == "pcia":
        return [(f"PCIA of {year}", price) for year, price in others.pcia.items()]
    if others is not None and name == "franchise_fee":
        return [(f"franchise fee of {year}", price) for year, price in others.franchise_fee.items()]
    return [(kind.replace("_", " "), getattr(demand[kind], part)) for kind, part in DEMAND_LINES.get(name, ())]


DEMAND_LINES: dict[str, tuple[tuple[DemandKind, str], ...]] = {
    "facilities_demand": (("facilities", "delivery"),),
    "summer_demand.delivery": (("summer_on_peak", "delivery"),),
    "summer_demand.generation": (("summer_on_peak", "generation"),),
    "winter_demand": (("winter_weekday_mid_peak", "delivery"),),
}


def _exports(result: Result, rules: Rules, index: int) -> list[str]:
    account = result.spans.cycles.account[result.lines.cycle[index]]
    vintage = f"NBT{int(result.shard.facts.vintage[account]) - FLOATING:02d}"
    found, utility = [], rules.utilities[result.shard.facts.utility[account]]
    for table in rules.book.tables.values():
        if table.kind == "export_prices" and table.utility == utility and vintage in table.vintages:
            found.append(f"{vintage} hourly export prices ({table.table}): {rules.book.cite(table.source)}")
            found += [f"{name}: {basis.means} ({rules.book.cite(basis.source)})" for name, basis in table.basis.items()]
    return found


def _table(rules: Rules, key: tuple[str, str], day: int) -> str:
    table = rules.book.tables[key]
    source = getattr(table, "source", None)
    if source is None:
        held = [v for v in table.versions if v.from_.toordinal() <= day]
        source = (held or table.versions)[-1].source
        return f"{table.title}, from {(held or table.versions)[-1].from_}: {rules.book.cite(source)}"
    when = f", {month_text((date.fromordinal(day).year * 12) + date.fromordinal(day).month - 1)}"
    return f"{table.title}{when if table.kind == 'monthly' else ''}: {rules.book.cite(source)}"
