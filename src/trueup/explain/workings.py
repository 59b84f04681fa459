"""The numbers behind each kind of line, read off the arrays that made it."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from trueup.charges.demand import NAMES, month_days
from trueup.charges.energy import PART_BUCKETS
from trueup.charges.grants import export_price_row, forfeited_part
from trueup.charges.whole import counted, discounted
from trueup.components import COMPONENTS, UTILITY
from trueup.explain.closings import export_bonus, minimum_credited, own_average, waived
from trueup.explain.hours import export_terms
from trueup.explain.model import Term, Working
from trueup.explain.parts import answer_in_force, books_of, dollars, exact_dollars
from trueup.explain.shared import part_of_credit
from trueup.line_rows import rows_of_line
from trueup.model import Lines, Result
from trueup.periods import day_text
from trueup.quantities import amount, decimal_text, price_multiple, price_text, usd_text
from trueup.rulebook import Rules
from trueup.rulebook.schema import BUCKETS, SEASONS
from trueup.statement import quantity_of
from trueup.trueup import mean_of_year_before, month_rate

Maker = Callable[[Result, Rules, int], Working]


def working_of(result: Result, rules: Rules, index: int) -> Working:
    """The working of a line."""
    component = COMPONENTS[result.lines.component[index]]
    return part_of_credit(result, index) or MAKERS.get(component.name, product)(result, rules, index)


def product(result: Result, rules: Rules, index: int) -> Working:
    """A quantity at a price."""
    lines = result.lines
    component = COMPONENTS[lines.component[index]]
    quantity = quantity_of(component.unit, int(lines.quantity[index]))
    return Working(
        "sum of products",
        (Term(component.title, str(quantity), component.unit, price_text(int(lines.price[index]))),),
    )


def segment_of(result: Result, index: int) -> int:
    """The segment of a line of the schedule's prices."""
    lines, segments = result.lines, result.measured.segments
    same = (segments.cycle == lines.cycle[index]) & (segments.version == lines.version[index])
    return int(np.nonzero(same)[0][0])


def recovery(result: Result, rules: Rules, index: int) -> Working:
    """kWh of fixed recovery charge or PCIA: under a program that nets, each period with net use on its own."""
    if not answer_in_force(result, index, "recovery_on_buckets"):
        return product(result, rules, index)
    price = price_text(int(result.lines.price[index]))
    terms = [
        Term(f"net use, {' '.join(BUCKETS[bucket])}", str(quantity_of("kWh", int(wh))), "kWh", price)
        for bucket, wh in enumerate(result.measured.segments.billed[segment_of(result, index)])
        if wh > 0
    ]
    return Working("sum of products", tuple(terms))


def baseline(result: Result, rules: Rules, index: int) -> Working:
    """kWh within or above the baseline allowance, of the part's use."""
    working, measured = product(result, rules, index), result.measured
    part = PART_BUCKETS.tolist().index(bucket) if (bucket := int(result.lines.bucket[index])) in PART_BUCKETS else None
    if result.lines.ledger[index] != UTILITY or part is None:
        return working
    segment = segment_of(result, index)
    if not measured.parts[segment, part]:
        return working
    used, within = (quantity_of("kWh", int(c[segment, part])) for c in (measured.part_use, measured.baseline))
    note = f"{used} kWh of use, {within} within the allowance{_allowance(result, segment, part)}"
    return Working("sum of products", (replace(working.terms[0], note=note),))


def _allowance(result: Result, segment: int, part: int) -> str:
    """The allowance a day and the days, by season; how two seasons share a cycle is in docs/decisions/0008."""
    segments, facts = result.measured.segments, result.shard.facts
    a_day = facts.allowance[result.spans.cycles.account[segments.cycle[segment]]]
    told = [
        f"{name} {days} days at {quantity_of('kWh', int(wh))}"
        for k, (name, days, wh) in enumerate(zip(SEASONS, segments.season_days[segment], a_day, strict=True))
        if days and part in {k, len(SEASONS)}
    ]
    return f" ({', '.join(told)} kWh)" if told else ""


def demand(result: Result, rules: Rules, index: int) -> Working:
    """The demand of the cycle at its price, for the days of the month that the price covers."""
    lines, cycle = result.lines, int(result.lines.cycle[index])
    name = COMPONENTS[lines.component[index]].name
    kind = [name in own for own in NAMES.values()].index(True)
    days = int(result.measured.demand_days[segment_of(result, index), kind])
    largest = quantity_of("kW", int(result.measured.largest[cycle, kind]))
    own = replace(product(result, rules, index).terms[0], note=f"the largest interval is {largest} kW, in whole kW")
    terms = (
        own,
        Term("days of the month at this price", str(days), "days"),
        Term("days of the month", str(int(month_days(result.spans)[cycle])), "days"),
    )
    return Working("part of a product", terms)


def minimum(result: Result, rules: Rules, index: int) -> Working:
    """What the charges that count lack of the minimum."""
    segment, charges = segment_of(result, index), _utility_lines(result)
    held = int(counted(charges, result.measured, result.shard.facts, result.spans, rules)[segment])
    least = int(result.lines.exact[index]) + held
    days = int(result.measured.segments.days[segment])
    terms = (
        exact_dollars(f"minimum charge of {days} days", least),
        exact_dollars("basic charge and delivery that count", held),
    )
    return Working("difference", terms)


def discount(result: Result, rules: Rules, index: int) -> Working:
    """A share of the version's charges, less what is paid in full."""
    segment, charges = segment_of(result, index), _utility_lines(result)
    base = int(discounted(charges, result.measured, result.shard.facts, result.spans, rules)[segment])
    tier = result.shard.facts.tier[result.spans.cycles.account[result.lines.cycle[index]]]
    share = int(rules.tariffs.discount[result.lines.version[index], tier])
    term = Term("charges that the discount is on", decimal_text(base, 10, least=2), "$", decimal_text(share, 6))
    return Working("sum of products", (term,), -1)


def energy_billed(result: Result, rules: Rules, index: int) -> Working:
    """The period's energy so far, less what was billed of it."""
    cycle, billed = int(result.lines.cycle[index]), books_of(result, index).billed
    so_far = int(billed.energy_to_date[cycle])
    before = so_far - int(billed.energy_billed[cycle])
    terms = (dollars("energy of the period so far", so_far), dollars("billed of it before", before))
    return Working("difference", terms)


def surcharge(result: Result, rules: Rules, index: int) -> Working:
    """kWh of the state energy surcharge, with the two channels where the net of the cycle counts."""
    working, measured = product(result, rules, index), result.measured
    cycle = int(result.lines.cycle[index])
    if not answer_in_force(result, index, "surcharge_on_net"):
        return working
    taken, sent = (quantity_of("kWh", int(c[cycle])) for c in (measured.cycle_delivered, measured.cycle_credited))
    note = f"from the grid {taken} less to the grid {sent}, not below zero"
    return Working("sum of products", (replace(working.terms[0], note=note),))


def adjustment(result: Result, rules: Rules, index: int) -> Working:
    """Surplus kWh at the average export rate, or at the account's own average."""
    by_rate = bool(result.lines.price[index])
    return product(result, rules, index) if by_rate else own_average(result, rules, index)


def compensation(result: Result, rules: Rules, index: int) -> Working:
    """Surplus kWh at the month's rate, and at the REC adder where the RECs are transferred."""
    cycle, closed = int(result.lines.cycle[index]), books_of(result, index).settled
    kwh = str(quantity_of("kWh", int(closed.surplus_wh[cycle])))
    price, made, row = (
        int(closed.surplus_price[cycle]),
        rules.providers.surplus,
        int(answer_in_force(result, index, "surplus_of")),
    )
    if made.fixed[row]:
        return Working(
            "sum of products", (Term("net surplus, at the provider's price", kwh, "kWh", price_text(price)),)
        )
    cycles, facts = result.spans.cycles, result.shard.facts
    utility, month = facts.utility[cycles.account[cycle : cycle + 1]], cycles.month[cycle : cycle + 1]
    of_month = mean_of_year_before if made.year_before[row] else month_rate
    nscr = int(of_month(utility, month, rules)[0])
    multiple, unit, plus = (int(column[row]) for column in (made.multiple, made.unit, made.adder))
    rate = int(price_multiple(np.array([nscr]), np.array([multiple]), np.array([unit]))[0]) + plus
    adder = price - rate
    added = f" + {price_text(plus)}" if plus else ""
    times = "" if rate == nscr else f"{price_text(nscr)} x {decimal_text(multiple, 6)}, rounded{added}"
    terms = [Term("net surplus, at NSCR", kwh, "kWh", price_text(rate), times)]
    if adder:
        terms.append(Term("net surplus, at the REC adder", kwh, "kWh", price_text(adder)))
    return Working("sum of products", tuple(terms))


def exports(result: Result, rules: Rules, index: int) -> Working:
    """Every exported hour at its price, less what lies beyond an estimate of production."""
    return Working("sum of products", (*export_terms(result, rules, index), *_forfeited(result, rules, index)))


def _forfeited(result: Result, rules: Rules, index: int) -> Iterator[Term]:
    """The value of export beyond the estimated production, of the cycles that a line grants."""
    measured, profiles, spans = result.measured, result.profiles, result.spans
    rows = rows_of_line(result, rules, index)
    if not measured.forfeited.any() or len(rows) == 0:
        return
    part = 0 if COMPONENTS[result.lines.component[index]].name.endswith("delivery") else 1
    prices = rules.exports.at(export_price_row(result.shard.facts, spans, rules), spans.rows.repeated)
    lost = forfeited_part(amount(profiles.credited, prices[:, part]), measured, profiles, spans)
    value = int(lost[np.unique(spans.rows.cycle[rows])].sum())
    if value:
        yield Term("export beyond the estimated production", decimal_text(-value, 10), "$")


def local_tax(result: Result, rules: Rules, index: int) -> Working:
    """A share of the base."""
    cycle = int(result.lines.cycle[index])
    share = int(result.shard.facts.tax_ppm[result.spans.cycles.account[cycle]])
    base, before = (
        int(books_of(result, index).billed.tax_base[cycle]),
        int(books_of(result, index).priced.tax_base[cycle]),
    )
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
    return Working("sum of products", (dollars(title, int(result.lines.cents[index])),))


def export_used(result: Result, rules: Rules, index: int) -> Working:
    """Export credits pay the pool's energy charges, as far as they go."""
    cycle, pool = int(result.lines.cycle[index]), int(result.lines.pool[index])
    bank, payable = (
        int(books_of(result, index).billed.bank[cycle, pool]),
        int(books_of(result, index).priced.payable[cycle, pool]),
    )
    granted = int(books_of(result, index).priced.granted[cycle, pool])
    note = f"{usd_text(bank - granted)} carried in and {usd_text(granted)} earned"
    terms = (dollars("credits available", bank, note), dollars("energy charges that they may pay", max(payable, 0)))
    return Working("least of", terms, -1)


def bonus_used(result: Result, rules: Rules, index: int) -> Working:
    """ACC Plus pays the electric charges that export credits left."""
    cycle = int(result.lines.cycle[index])
    left = int(books_of(result, index).priced.electric[cycle] - books_of(result, index).billed.used[cycle].sum())
    bank = int(books_of(result, index).billed.bonus_bank[cycle])
    terms = (dollars("ACC Plus available", bank), dollars("electric charges left after export credits", max(left, 0)))
    return Working("least of", terms, -1)


def surplus_used(result: Result, rules: Rules, index: int) -> Working:
    """Rolled-over compensation pays any charge that is left."""
    cycle, billed = int(result.lines.cycle[index]), books_of(result, index).billed
    left = int(billed.before_climate[cycle] + billed.surplus_used[cycle])
    terms = (
        dollars("compensation on the account", int(billed.surplus_bank[cycle])),
        dollars("left of the bill, taxes included", max(left, 0)),
    )
    return Working("least of", terms, -1)


def climate_used(result: Result, rules: Rules, index: int) -> Working:
    """The climate credit comes last and makes no bill negative."""
    cycle, billed = int(result.lines.cycle[index]), books_of(result, index).billed
    terms = (
        dollars("climate credit available", int(billed.climate_bank[cycle])),
        dollars("left of the bill", max(int(billed.before_climate[cycle]), 0)),
    )
    return Working("least of", terms, -1)


def earlier_months(result: Result, rules: Rules, index: int) -> Working:
    """Left-over credits pay what no credit paid in the period."""
    cycle, pool, closed = int(result.lines.cycle[index]), int(result.lines.pool[index]), books_of(result, index).settled
    before = int(closed.to_adjustment[cycle, pool]) if _adjustment_first(result, index) else 0
    terms = (
        dollars("credits left over", int(closed.left[cycle, pool]) - before),
        dollars("energy charges of the period that no export credit paid", int(closed.unoffset[cycle, pool])),
    )
    return Working("least of", terms, -1)


def to_adjustment(result: Result, rules: Rules, index: int) -> Working:
    """Left-over credits pay the export credit adjustment."""
    cycle, pool, closed = int(result.lines.cycle[index]), int(result.lines.pool[index]), books_of(result, index).settled
    before = 0 if _adjustment_first(result, index) else int(closed.to_earlier[cycle, pool])
    split = bool(answer_in_force(result, index, "split_pool"))
    owed = int(closed.adjustment[cycle, pool]) if split else int(closed.adjustment[cycle].sum())
    terms = (
        dollars("credits left over", int(closed.left[cycle, pool]) - before),
        dollars("export credit adjustment", owed),
    )
    return Working("least of", terms, -1)


def forfeited(result: Result, rules: Rules, index: int) -> Working:
    """What is left when everything is paid."""
    cycle, pool, closed = int(result.lines.cycle[index]), int(result.lines.pool[index]), books_of(result, index).settled
    terms = (
        dollars("credits left over", int(closed.left[cycle, pool])),
        dollars("paid for earlier months", int(closed.to_earlier[cycle, pool])),
        dollars("paid for the adjustment", int(closed.to_adjustment[cycle, pool])),
    )
    return Working("difference", terms)


def energy_of_period(result: Result, rules: Rules, index: int) -> Working:
    """The period's energy, month by month, and what was billed of it; a credit balance is forfeited."""
    cycle, cycles, books = int(result.lines.cycle[index]), result.spans.cycles, books_of(result, index)
    mine = np.nonzero(cycles.account == cycles.account[cycle])[0]
    since = mine[(mine <= cycle) & (mine > _last_close_before(result, index))]
    carried_in = int(books.billed.energy_to_date[since[0]] - books.priced.yearly[since[0]])
    terms = [dollars("balance before", carried_in)] if carried_in else []
    for at in since:
        terms.append(dollars(f"energy of the cycle from {day_text(cycles.start[at])}", int(books.priced.yearly[at])))
    total, before = int(books.billed.energy_to_date[cycle]), int(books.settled.energy_before[cycle])
    due, floor = COMPONENTS[result.lines.component[index]].name == "energy.due", int(books.settled.floor[cycle])
    if due and total < floor:
        terms = [dollars("non-bypassable charges of the period, the least that is due", floor)]
    elif due and total < 0:
        terms = [dollars("energy of the period, a credit, so none", 0)]
    elif floor and total < floor:
        terms.append(dollars("non-bypassable charges of the period, due all the same", -floor))
    if before and (due or answer_in_force(result, index, "keeps_earlier")):
        terms.append(dollars("billed in its months", -before))
    return Working("sum of products", tuple(terms), 1 if due else -1)


def applied(result: Result, rules: Rules, index: int) -> Working:
    """Compensation pays what is owed first."""
    cycle, closed = int(result.lines.cycle[index]), books_of(result, index).settled
    available = int(closed.applied[cycle] + closed.paid[cycle] + closed.kept[cycle])
    terms = (
        dollars("compensation at hand", available),
        dollars("owed with the settlement bill", int(closed.owed[cycle])),
    )
    return Working("least of", terms)


def rest_of_compensation(result: Result, rules: Rules, index: int) -> Working:
    """What compensation is left goes where the election says."""
    cycle, closed = int(result.lines.cycle[index]), books_of(result, index).settled
    parts = (
        ("compensation earned", int(closed.surplus[cycle])),
        ("released by an election", int(closed.released[cycle])),
        ("kept before on the account", int(closed.returned[cycle])),
        ("applied to what is owed", -int(closed.applied[cycle])),
    )
    return Working("sum of products", tuple(dollars(label, cents) for label, cents in parts if cents))


MAKERS: dict[str, Maker] = {
    "export.delivery": exports,
    "export.generation": exports,
    "early_export.delivery": exports,
    "early_export.generation": exports,
    "fixed_recovery": recovery,
    "pcia": recovery,
    "franchise_fee": recovery,
    "regulatory_fee": recovery,
    "export_bonus": export_bonus,
    "minimum.credited": minimum_credited,
    "adjustment.delivery": adjustment,
    "adjustment.generation": adjustment,
    "adjustment.waived": waived,
    "bonus.paid": given,
    "delivery": baseline,
    "delivery_baseline": baseline,
    "baseline_credit": baseline,
    "facilities_demand": demand,
    "summer_demand.delivery": demand,
    "summer_demand.generation": demand,
    "winter_demand": demand,
    "minimum_charge": minimum,
    "discount": discount,
    "fee.setup": given,
    "fee.monthly": given,
    "municipal_surcharge": given,
    "energy.billed": energy_billed,
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
    "energy.due": energy_of_period,
    "energy.forfeited": energy_of_period,
    "surplus": compensation,
    "surplus.applied": applied,
    "surplus.paid": rest_of_compensation,
}


def _utility_lines(result: Result) -> Lines:
    return result.lines.take(result.lines.ledger == UTILITY)


def _adjustment_first(result: Result, index: int) -> bool:
    return bool(answer_in_force(result, index, "adjustment_first"))


def _last_close_before(result: Result, index: int) -> int:
    cycles, cycle = result.spans.cycles, result.lines.cycle[index]
    same = (cycles.account == cycles.account[cycle]) & cycles.of_ledger(int(result.lines.ledger[index])).closes
    closes = np.nonzero(same)[0]
    earlier = closes[closes < cycle]
    return int(earlier[-1]) if len(earlier) else -1
