"""Which price version or table a line took its prices from, with the citation."""

from datetime import date

from trueup.components import COMPONENTS
from trueup.line_rows import EXPORTS
from trueup.model import Result
from trueup.periods import month_text
from trueup.quantities import UNKNOWN, price_text
from trueup.rulebook import Rules
from trueup.rulebook.schema import BUCKETS, TariffVersion

TABLES = {
    "state_surcharge": ("state", "energy-surcharge"),
    "bonus": ("sce", "acc-plus"),
    "early_bonus": ("sce", "acc-plus"),
    "climate": ("sce", "climate-credit"),
    "adjustment.delivery": ("sce", "average-export-rate"),
    "adjustment.generation": ("sce", "average-export-rate"),
    "surplus": ("sce", "nscr"),
}


def prices_of(result: Result, rules: Rules, index: int) -> list[str]:
    """The price sources of a line, each on one line; none where it has no price."""
    lines = result.lines
    name = COMPONENTS[lines.component[index]].name
    if lines.version[index] >= 0:
        return _version(result, rules, index, name)
    if name in EXPORTS:
        return _exports(result, rules, index)
    found = []
    if name in TABLES:
        found.append(_table(rules, TABLES[name], int(result.spans.cycles.end[lines.cycle[index]]) - 1))
    account = result.spans.cycles.account[lines.cycle[index]]
    if name == "surplus" and result.shard.facts.transfers_recs[account]:
        found.append(_table(rules, ("sce", "rec-adder"), int(result.spans.cycles.end[lines.cycle[index]]) - 1))
    return found


def _version(result: Result, rules: Rules, index: int, name: str) -> list[str]:
    lines, facts = result.lines, result.shard.facts
    account = result.spans.cycles.account[lines.cycle[index]]
    schedule = rules.book.schedule(rules.tariffs.schedules[facts.schedule[account]])
    start = date.fromordinal(int(rules.tariffs.version_from[lines.version[index]]))
    version = next(v for v in schedule.versions if v.from_ == start)
    parts = _parts(version, name, int(lines.bucket[index]))
    if name == "daily" and facts.base_services[account] != UNKNOWN and version.daily.name == "base_services_charge":
        return ["the account's own base services charge, a fact of the account file"]
    terms = int(result.spans.cycles.terms[lines.cycle[index]])
    if name in {"delivery", "generation"} and not facts.terms.apart[terms]:
        parts = parts[:1]
    told = ", ".join(f"{label} {price_text(price)}" for label, price in parts)
    return [f"{schedule.schedule} from {start}: {told}", rules.book.cite(version.source)]


def _parts(version: TariffVersion, name: str, bucket: int) -> list[tuple[str, int]]:
    """The printed prices behind a line's price."""
    delivery, ctc = version.inside_delivery, ("CTC", version.inside_generation["ctc"])
    pppc, ndc, wfc = (("PPPC", delivery["pppc"]), ("NDC", delivery["ndc"]), ("WFC", delivery["wfc"]))
    if name in {"delivery", "generation"}:
        season, tou = BUCKETS[bucket]
        total = getattr(version, name)[season][tou]
        inside = [pppc, ndc, wfc] if name == "delivery" else [ctc]
        return [("printed total", total), *((f"less {label}", price) for label, price in inside)]
    return {
        "nonbypassable": [ctc, ndc, pppc],
        "wildfire_fund": [wfc],
        "memo.delivery": [pppc, ndc, wfc],
        "memo.generation": [ctc],
        "fixed_recovery": [("fixed recovery charge", version.fixed_recovery)],
        "daily": [(version.daily.name.replace("_", " "), version.daily.usd_per_day)],
    }[name]


def _exports(result: Result, rules: Rules, index: int) -> list[str]:
    account = result.spans.cycles.account[result.lines.cycle[index]]
    vintage = f"NBT{int(result.shard.facts.vintage[account]) - 2000}"
    found = []
    for table in rules.book.tables.values():
        if table.kind == "export_prices" and vintage in table.vintages:
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
