"""The numbers behind lines of accounts that share a generator: parts of export credits, and of energy."""

import numpy as np

from trueup.components import COMPONENTS
from trueup.explain.model import Term, Working
from trueup.explain.parts import dollars
from trueup.line_rows import EXPORTS, pool_of_line
from trueup.model import Result
from trueup.quantities import Ints, kwh_text, nearest
from trueup.shared_energy import pool_of_cycle


def part_of_credit(result: Result, index: int) -> Working | None:
    """An account's part of an export credit by its use, or what the others leave; None for a credit that is its own.

    References
    ----------
    Schedule NBT, Special Condition 10.c (NBT-G15); docs/decisions/0015 (spec `AGG-04`).
    """
    place = pool_of_line(result, index)
    if place is None:
        return None
    pool, column = place
    cents, weight = _cents_of_all(result, pool, index), result.measured.pools.weight[pool]
    whole, mine, all_use = int(cents.sum()), int(weight[column]), int(weight.sum())
    if whole == cents[column] and COMPONENTS[result.lines.component[index]].name in EXPORTS:
        return None
    credit = dollars("export credit of the generating account, before it is shared", whole)
    if int(nearest(np.array([2 * whole * mine]), 2 * all_use)[0]) == 2 * cents[column] * all_use:
        use = (("its use since the period began", mine), ("use of all accounts", all_use))
        return Working("part of a product", (credit, *(Term(label, kwh_text(wh), "kWh") for label, wh in use)))
    others = [(n, int(c)) for n, c in enumerate(cents) if n != column and c]
    return Working("difference", (credit, *(dollars(f"part of {_name(result, pool, n)}", c) for n, c in others)))


def _cents_of_all(result: Result, pool: int, index: int) -> Ints:
    """(K,) cents of a line in the bills of every account that shares it."""
    lines = result.lines
    alike = (lines.component == lines.component[index]) & (lines.ledger == lines.ledger[index])
    alike &= lines.pool == lines.pool[index]
    cycles = result.measured.pools.cycles[pool]
    return np.array([lines.cents[alike & (lines.cycle == cycle)].sum() for cycle in cycles], dtype=np.int64)


def _name(result: Result, pool: int, column: int) -> str:
    cycle = result.measured.pools.cycles[pool, column]
    return str(result.shard.facts.ids[result.spans.cycles.account[cycle]])


def given_in(result: Result, index: int) -> str:
    """What an account was given of a generator in the cycle of a line in kWh, and by what; nothing for other lines."""
    cycle, facts = int(result.lines.cycle[index]), result.shard.facts
    terms = facts.terms.take(result.spans.cycles.terms[cycle : cycle + 1])
    if COMPONENTS[result.lines.component[index]].unit != "kWh":
        return ""
    given = kwh_text(int(result.measured.cycle_credited[cycle]))
    if terms.allots_output[0]:
        return f"{given} kWh, by percentages of the {kwh_text(pool_of_cycle(result, cycle))} kWh of the generators"
    pools, place = result.measured.pools, result.measured.pools.place(cycle)
    if place is None:
        return ""
    pool, column = place
    giver = facts.ids[result.spans.cycles.account[pools.giver[pool]]]
    mine, whole = (kwh_text(int(wh)) for wh in (pools.weight[pool, column], pools.weight[pool].sum()))
    use = "of this cycle" if terms.shares_by_month[0] else "since the period began"
    how = ", up to its part of all exports since then" if terms.shares_to_target[0] else ""
    return f"{given} of {kwh_text(int(pools.wh[pool]))} kWh of {giver}, by use {use}: {mine} of {whole} kWh{how}"


def beyond_the_hours(result: Result, index: int, wh: int) -> Term:
    """What of a line's kWh is no sum of the account's own hours, and why."""
    cycle, pools = int(result.lines.cycle[index]), result.measured.pools
    if place := pools.place(cycle):
        giver = pools.giver[place[0]]
        label = f"its share of the exports of {result.shard.facts.ids[result.spans.cycles.account[giver]]}"
    elif result.measured.kept[int(result.lines.ledger[index])][cycle].any():
        label = "kept as kWh for later, less what was kept before"
    else:
        label = "export beyond the estimated production"
    return Term(label, kwh_text(wh), "kWh")
