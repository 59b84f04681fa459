"""The numbers behind each kind of line, read off the arrays that made it."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import numpy as np

from trueup.components import COMPONENTS
from trueup.explain.hours import export_terms
from trueup.explain.model import Term, Working
from trueup.model import Result
from trueup.periods import day_text
from trueup.quantities import Ints, decimal_text, price_text, usd_text
from trueup.rulebook import Rules
from trueup.rulebook.schema import BUCKETS
from trueup.statement import quantity_of

Maker = Callable[[Result, Rules, int], Working]


def working_of(result: Result, rules: Rules, index: int) -> Working:
    """The working of a line."""
    component = COMPONENTS[result.lines.component[index]]
    return MAKERS.get(component.name, product)(result, rules, index)


def product(result: Result, rules: Rules, index: int) -> Working:
    """A quantity at a price."""
    lines = result.lines
    component = COMPONENTS[lines.component[index]]
    quantity = quantity_of(component.unit, int(lines.quantity[index]))
    return Working(
        "sum of products",
        (Term(component.title, str(quantity), component.unit, price_text(int(lines.price[index]))),),
    )


def recovery(result: Result, rules: Rules, index: int) -> Working:
    """kWh of the fixed recovery charge: under a program that nets, each period with net use on its own."""
    lines, measured = result.lines, result.measured
    cycle, version = int(lines.cycle[index]), int(lines.version[index])
    if not result.shard.facts.terms.recovery_on_buckets[result.spans.cycles.terms[cycle]]:
        return product(result, rules, index)
    segment = int(np.nonzero((measured.cycle == cycle) & (measured.version == version))[0][0])
    price = price_text(int(lines.price[index]))
    terms = [
        Term(f"net use, {' '.join(BUCKETS[bucket])}", str(quantity_of("kWh", int(wh))), "kWh", price)
        for bucket, wh in enumerate(measured.billed[segment])
        if wh > 0
    ]
    return Working("sum of products", tuple(terms))


def surcharge(result: Result, rules: Rules, index: int) -> Working:
    """kWh of the state energy surcharge, with the two channels where the net of the cycle counts."""
    working, measured = product(result, rules, index), result.measured
    cycle = int(result.lines.cycle[index])
    if not result.shard.facts.terms.surcharge_on_net[result.spans.cycles.terms[cycle]]:
        return working
    taken, sent = (quantity_of("kWh", int(c[cycle])) for c in (measured.cycle_delivered, measured.cycle_credited))
    note = f"from the grid {taken} less to the grid {sent}, not below zero"
    return Working("sum of products", (replace(working.terms[0], note=note),))


def compensation(result: Result, rules: Rules, index: int) -> Working:
    """Surplus kWh at the month's rate, and at the REC adder where the RECs are transferred."""
    cycle, closed = int(result.lines.cycle[index]), result.settled
    kwh = str(quantity_of("kWh", int(closed.surplus_wh[cycle])))
    rate = int(rules.surplus_rate.at(result.spans.cycles.month[cycle : cycle + 1])[0, 0])
    adder = int(closed.surplus_price[cycle]) - rate
    terms = [Term("net surplus, at NSCR", kwh, "kWh", price_text(rate))]
    if adder:
        terms.append(Term("net surplus, at the REC adder", kwh, "kWh", price_text(adder)))
    return Working("sum of products", tuple(terms))


def exports(result: Result, rules: Rules, index: int) -> Working:
    """Every exported hour at its price."""
    return Working("sum of products", tuple(export_terms(result, rules, index)))


def local_tax(result: Result, rules: Rules, index: int) -> Working:
    """A share of the base."""
    cycle = int(result.lines.cycle[index])
    share = int(result.shard.facts.tax_ppm[result.spans.cycles.account[cycle]])
    base, before = int(result.billed.tax_base[cycle]), int(result.priced.tax_base[cycle])
    parts = {"charges of the cycle, as the program taxes them": before, "less export credits used": base - before}
    if base == 0:
        parts = {"tax base, never below zero": 0}
    rate = decimal_text(share, 6)
    terms = [
        Term(label, decimal_text(exact, 10, least=2), "$", rate) for label, exact in parts.items() if exact or not base
    ]
    return Working("sum of products", tuple(terms))


def given(result: Result, rules: Rules, index: int) -> Working:
    """An amount as given."""
    title = COMPONENTS[result.lines.component[index]].title
    return Working("sum of products", (_dollars(title, int(result.lines.cents[index])),))


def export_used(result: Result, rules: Rules, index: int) -> Working:
    """Export credits pay the pool's energy charges, as far as they go."""
    cycle, pool = int(result.lines.cycle[index]), int(result.lines.pool[index])
    bank, payable = int(result.billed.bank[cycle, pool]), int(result.priced.payable[cycle, pool])
    granted = int(result.priced.granted[cycle, pool])
    note = f"{usd_text(bank - granted)} carried in and {usd_text(granted)} earned"
    terms = (_dollars("credits available", bank, note), _dollars("energy charges that they may pay", max(payable, 0)))
    return Working("least of", terms, -1)


def bonus_used(result: Result, rules: Rules, index: int) -> Working:
    """ACC Plus pays the electric charges that export credits left."""
    cycle = int(result.lines.cycle[index])
    left = int(result.priced.electric[cycle] - result.billed.used[cycle].sum())
    bank = int(result.billed.bonus_bank[cycle])
    terms = (_dollars("ACC Plus available", bank), _dollars("electric charges left after export credits", max(left, 0)))
    return Working("least of", terms, -1)


def surplus_used(result: Result, rules: Rules, index: int) -> Working:
    """Rolled-over compensation pays any charge that is left."""
    cycle, billed = int(result.lines.cycle[index]), result.billed
    left = int(billed.before_climate[cycle] + billed.surplus_used[cycle])
    terms = (
        _dollars("compensation on the account", int(billed.surplus_bank[cycle])),
        _dollars("left of the bill, taxes included", max(left, 0)),
    )
    return Working("least of", terms, -1)


def climate_used(result: Result, rules: Rules, index: int) -> Working:
    """The climate credit comes last and makes no bill negative."""
    cycle, billed = int(result.lines.cycle[index]), result.billed
    terms = (
        _dollars("climate credit available", int(billed.climate_bank[cycle])),
        _dollars("left of the bill", max(int(billed.before_climate[cycle]), 0)),
    )
    return Working("least of", terms, -1)


def earlier_months(result: Result, rules: Rules, index: int) -> Working:
    """Left-over credits pay what no credit paid in the period."""
    cycle, pool, closed = int(result.lines.cycle[index]), int(result.lines.pool[index]), result.settled
    before = int(closed.to_adjustment[cycle, pool]) if _adjustment_first(result, cycle) else 0
    terms = (
        _dollars("credits left over", int(closed.left[cycle, pool]) - before),
        _dollars("energy charges of the period that no export credit paid", int(closed.unoffset[cycle, pool])),
    )
    return Working("least of", terms, -1)


def to_adjustment(result: Result, rules: Rules, index: int) -> Working:
    """Left-over credits pay the export credit adjustment."""
    cycle, pool, closed = int(result.lines.cycle[index]), int(result.lines.pool[index]), result.settled
    before = 0 if _adjustment_first(result, cycle) else int(closed.to_earlier[cycle, pool])
    split = bool(_terms(result, cycle, "split_pool"))
    owed = int(closed.adjustment[cycle, pool]) if split else int(closed.adjustment[cycle].sum())
    terms = (
        _dollars("credits left over", int(closed.left[cycle, pool]) - before),
        _dollars("export credit adjustment", owed),
    )
    return Working("least of", terms, -1)


def forfeited(result: Result, rules: Rules, index: int) -> Working:
    """What is left when everything is paid."""
    cycle, pool, closed = int(result.lines.cycle[index]), int(result.lines.pool[index]), result.settled
    terms = (
        _dollars("credits left over", int(closed.left[cycle, pool])),
        _dollars("paid for earlier months", int(closed.to_earlier[cycle, pool])),
        _dollars("paid for the adjustment", int(closed.to_adjustment[cycle, pool])),
    )
    return Working("difference", terms)


def yearly_energy(result: Result, rules: Rules, index: int) -> Working:
    """The period's energy, month by month; a credit balance is forfeited."""
    cycle, cycles = int(result.lines.cycle[index]), result.spans.cycles
    mine = np.nonzero(cycles.account == cycles.account[cycle])[0]
    since = mine[(mine <= cycle) & (mine > _last_close_before(result, cycle))]
    balance = int(result.billed.energy_to_date[since[0]] - result.priced.yearly[since[0]])
    terms = [_dollars("balance before", balance)] if balance else []
    for at in since:
        terms.append(_dollars(f"energy of the cycle from {day_text(cycles.start[at])}", int(result.priced.yearly[at])))
    due = COMPONENTS[result.lines.component[index]].name == "energy.due"
    return Working("sum of products", tuple(terms), 1 if due else -1)


def applied(result: Result, rules: Rules, index: int) -> Working:
    """Compensation pays what is owed first."""
    cycle, closed = int(result.lines.cycle[index]), result.settled
    available = int(closed.applied[cycle] + closed.paid[cycle] + closed.kept[cycle])
    terms = (
        _dollars("compensation at hand", available),
        _dollars("owed with the settlement bill", int(closed.owed[cycle])),
    )
    return Working("least of", terms)


def rest_of_compensation(result: Result, rules: Rules, index: int) -> Working:
    """What compensation is left goes where the election says."""
    cycle, closed = int(result.lines.cycle[index]), result.settled
    parts = (
        ("compensation earned", int(closed.surplus[cycle])),
        ("released by an election", int(closed.released[cycle])),
        ("kept before on the account", int(closed.returned[cycle])),
        ("applied to what is owed", -int(closed.applied[cycle])),
    )
    return Working("sum of products", tuple(_dollars(label, cents) for label, cents in parts if cents))


MAKERS: dict[str, Maker] = {
    "export.delivery": exports,
    "export.generation": exports,
    "early_export.delivery": exports,
    "early_export.generation": exports,
    "fixed_recovery": recovery,
    "state_surcharge": surcharge,
    "local_tax": local_tax,
    "climate": given,
    "climate.paid": given,
    "surplus.released": given,
    "surplus.held": given,
    "export.used": export_used,
    "bonus.used": bonus_used,
    "surplus.used": surplus_used,
    "climate.used": climate_used,
    "credit.earlier_months": earlier_months,
    "credit.adjustment": to_adjustment,
    "credit.forfeited": forfeited,
    "energy.due": yearly_energy,
    "energy.forfeited": yearly_energy,
    "surplus": compensation,
    "surplus.applied": applied,
    "surplus.paid": rest_of_compensation,
}


def _dollars(label: str, cents: int, note: str = "") -> Term:
    return Term(label, str(Decimal(cents).scaleb(-2)), "$", None, note)


def _terms(result: Result, cycle: int, flag: str) -> Ints:
    facts, cycles = result.shard.facts, result.spans.cycles
    return getattr(facts.terms, flag)[facts.own[cycles.account[cycle]]]  # type: ignore[no-any-return]


def _adjustment_first(result: Result, cycle: int) -> bool:
    return bool(_terms(result, cycle, "adjustment_first"))


def _last_close_before(result: Result, cycle: int) -> int:
    cycles = result.spans.cycles
    same = (cycles.account == cycles.account[cycle]) & cycles.closes
    closes = np.nonzero(same)[0]
    earlier = closes[closes < cycle]
    return int(earlier[-1]) if len(earlier) else -1
