"""A settled shard's printed lines as a table, one row a line: what the books keep and SQL people read."""

from typing import Any

import numpy as np
import polars as pl

from trueup.cited import rule_of
from trueup.components import COMPONENTS, LEDGERS, PROVIDER, UTILITY
from trueup.ledger import is_due
from trueup.model import Lines, Result
from trueup.quantities import Bools, Ints
from trueup.rulebook import Rules
from trueup.rulebook.schema import BUCKETS
from trueup.statement import POOLS, SPLIT_NAMES, order_of_lines

NAMES = pl.Series([component.name for component in COMPONENTS], dtype=pl.String)
EPOCH = 719_163
"""The ordinal of 1970-01-01, from which dates in tables count."""

KEY = ("account", "cycle_start", "biller", "component", "season", "period", "pool", "version")
"""What names a line in the books; the rest is what it says."""
SCHEMA: dict[str, Any] = {
    "account": pl.String, "cycle_start": pl.Date, "cycle_end": pl.Date, "biller": pl.String, "component": pl.String,
    "season": pl.String, "period": pl.String, "pool": pl.String, "version": pl.Date, "ledger": pl.String,
    "section": pl.String, "quantity": pl.Int64, "unit": pl.String, "price": pl.Int64, "exact": pl.Int64,
    "cents": pl.Int64, "due": pl.Boolean, "rule": pl.String, "published": pl.String,
}  # fmt: skip


def book_lines(result: Result, rules: Rules) -> pl.DataFrame:
    """The lines of a shard in printing order, (Q,) rows in the columns of `SCHEMA`.

    `quantity` is Wh, W, days or cents by `unit`, `price` 10^-7 $ a unit, `exact` 10^-10 $ before the one rounding.
    """
    order = order_of_lines(result)
    lines = result.lines.take(order)
    due = is_due(lines, result.shard.facts, result.spans.cycles)
    told = _rules_of(result, rules, order)
    named = key_columns(result, lines, rules)
    rest = {
        "ledger": pick(LEDGERS, lines.ledger),
        "section": _of_component(lines, "section"),
        "quantity": lines.quantity,
        "unit": _of_component(lines, "unit"),
        "price": lines.price,
        "exact": lines.exact,
        "cents": lines.cents,
        "due": due,
        "rule": told[0],
        "published": told[1],
    }
    return pl.DataFrame(named | rest, schema_overrides=SCHEMA).select(*SCHEMA)


def key_columns(result: Result, lines: Lines, rules: Rules) -> dict[str, pl.Series]:
    """What names some lines: account, cycle, biller, component, bucket, pool, first day of the price version."""
    cycles, account = result.spans.cycles, result.spans.cycles.account[lines.cycle]
    split = _splits(result, lines)
    seasons, periods, pools = ([None, *names] for names in (*zip(*BUCKETS, strict=True), POOLS))
    return {
        "account": pick(result.shard.facts.ids, account),
        "cycle_start": dates(cycles.start[lines.cycle]),
        "cycle_end": dates(cycles.end[lines.cycle]),
        "biller": pick(billers(result, rules), _terms(result, lines)),
        "component": NAMES.gather(lines.component),
        "season": pick(seasons, lines.bucket + 1),
        "period": pick(periods, lines.bucket + 1),
        "pool": pick(pools, (lines.pool + 1) * split),
        "version": _version_days(lines, rules),
    }


def billers(result: Result, rules: Rules) -> list[str]:
    """Who bills, for each row of `Facts.terms`: the provider whose ledger it is, else the utility."""
    return [told["ledger"] or rules.book.program(told["program"]).utility for told in result.shard.facts.told]


def dates(days: Ints) -> pl.Series:
    """Ordinals as dates; none where negative."""
    found = pl.Series(days - EPOCH, dtype=pl.Int32).cast(pl.Date)
    return found.set(pl.Series(days < 0), None) if (days < 0).any() else found


def pick(names: Any, at: Ints) -> pl.Series:
    """Names by index."""
    return pl.Series(list(names), dtype=pl.String).gather(at)


def _terms(result: Result, lines: Lines) -> Ints:
    cycles = result.spans.cycles
    return np.where(lines.ledger == UTILITY, cycles.terms[lines.cycle], cycles.ledger_terms[lines.cycle])


def _splits(result: Result, lines: Lines) -> Ints:
    """(Q,) 1 where a line names its pool of export credits."""
    named = np.array([component.name in SPLIT_NAMES for component in COMPONENTS])[lines.component]
    return (named & in_two_pools(result, lines)).astype(np.int64)


def in_two_pools(result: Result, lines: Lines) -> Bools:
    """(Q,) whether export credits are kept in two pools, delivery and generation, where a line stands."""
    found: Bools = result.shard.facts.terms.split_pool[_terms(result, lines)]
    return found


def _version_days(lines: Lines, rules: Rules) -> pl.Series:
    days = np.full(len(lines.version), -1)
    for ledger, starts in ((UTILITY, rules.tariffs.versions.starts), (PROVIDER, rules.providers.versions.starts)):
        chosen = (lines.version >= 0) & (lines.ledger == ledger)
        days[chosen] = np.asarray(starts)[lines.version[chosen]]
    return dates(days)


def _of_component(lines: Lines, name: str) -> pl.Series:
    return pick([getattr(component, name) for component in COMPONENTS], lines.component)


def _rules_of(result: Result, rules: Rules, order: Ints) -> tuple[pl.Series, pl.Series]:
    """Rule and published ids of lines: asked once for all lines of a kind."""
    lines, cycles, facts = result.lines.take(order), result.spans.cycles, result.shard.facts
    account = cycles.account[lines.cycle]
    kinds = (
        lines.component, lines.ledger, lines.version, _terms(result, lines), cycles.prices[lines.cycle],
        facts.schedule[account], facts.tier[account], facts.pcia[account],
    )  # fmt: skip
    _, first, which = np.unique(np.stack(kinds, axis=1), axis=0, return_index=True, return_inverse=True)
    cited = [rule_of(result, rules, int(order[index])) for index in first]
    which = which.reshape(-1)
    return pick([one.rule for one in cited], which), pick([" ".join(one.published) for one in cited], which)
