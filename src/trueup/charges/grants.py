"""Credits that a cycle grants: the value of its exports, ACC Plus, the climate credit."""

import numpy as np

from trueup.components import PROVIDER, UTILITY
from trueup.line_blocks import block
from trueup.model import Cycles, Facts, Lines, Profiles, Spans
from trueup.periods import month_index
from trueup.quantities import Bools, Ints, amount
from trueup.rulebook import Rules

PARTS = ("delivery", "generation")


def export_price_row(facts: Facts, spans: Spans, rules: Rules) -> Ints:
    """(R,) row of the hourly export prices; 0, the unknown one, where exports have no price.

    References
    ----------
    Schedule NBT, Rates 3.a.ii: by month, hour and weekday or weekend and holiday, fixed for nine years
    (spec `EEC-01`, `EEC-04`).
    """
    rows, calendar = spans.rows, rules.calendar
    day_type = calendar.at(calendar.export_day_type, rows.day)
    found = rules.exports.row(facts.vintage[rows.account], month_index(rows.day), day_type)
    return np.where(rows.locked & (spans.cycles.grants_to[rows.cycle] >= 0), found, 0)


def unknown_exports(profiles: Profiles, facts: Facts, spans: Spans, rules: Rules) -> Bools:
    """(R,) whether a row has exports to be valued that no table prices."""
    valued = spans.cycles.grants_to[spans.rows.cycle] >= 0
    unpriced = export_price_row(facts, spans, rules) == 0
    exported = profiles.credited.sum(axis=1) > 0
    found: Bools = valued & unpriced & exported
    return found


def export_lines(profiles: Profiles, facts: Facts, spans: Spans, rules: Rules) -> list[Lines]:
    """Export credits: every hour's kWh at that hour's price, exact over the cycle, rounded once per component.

    Exports before the first solar bill keep lines of their own on it (spec `BILL-11`).

    References
    ----------
    Schedule NBT, Rates 3.a.ii (spec `EEC-01`, `EEC-03`); spec decisions 1 and 26.
    """
    cycles = spans.cycles
    prices = rules.exports.at(export_price_row(facts, spans, rules), spans.rows.repeated)
    wh = _by_cycle(spans, profiles.credited.sum(axis=1))
    lines = []
    for part, name in enumerate(PARTS):
        value = _by_cycle(spans, amount(profiles.credited, prices[:, part]).sum(axis=1))
        for prefix, chosen in (("export", ~cycles.early), ("early_export", cycles.early)):
            own = np.nonzero(chosen & (cycles.grants_to >= 0))[0]
            to = cycles.grants_to[own]
            pool = part * facts.terms.split_pool[cycles.terms[to]]
            ledger = np.where(cycles.keeps_ledger[to], PROVIDER, UTILITY) if part else np.full(len(own), UTILITY)
            found = block(f"{prefix}.{name}", to, quantity=wh[own], exact=value[own], pool=pool, ledger=ledger)
            lines.append(found.take(grants_part(facts, cycles, to, part)))
    return lines


def grants_part(facts: Facts, cycles: Cycles, to: Ints, part: int) -> Bools:
    """Whether anybody here grants a part of the export price: the generation part is the utility's or the provider's.

    References
    ----------
    spec `EEC-07`; Schedule NBT, Rates 3.a.ii.
    """
    found: Bools = (part == 0) | facts.terms.bundled[cycles.terms[to]] | cycles.keeps_ledger[to]
    return found


def bonus_lines(profiles: Profiles, facts: Facts, spans: Spans) -> list[Lines]:
    """ACC Plus: the customer's constant adder on every exported kWh while it is locked in.

    References
    ----------
    Schedule NBT, Rates 3.b.
    """
    cycles, rows = spans.cycles, spans.rows
    wh = _by_cycle(spans, np.where(rows.locked, profiles.credited.sum(axis=1), 0))
    price = facts.bonus_price[cycles.account]
    lines = []
    for name, chosen in (("bonus", ~cycles.early), ("early_bonus", cycles.early)):
        own = np.nonzero(chosen & (cycles.grants_to >= 0) & (price > 0))[0]
        exact = amount(wh[own], price[own])
        lines.append(block(name, cycles.grants_to[own], quantity=wh[own], price=price[own], exact=exact))
    return lines


def climate_lines(spans: Spans, rules: Rules) -> Lines:
    """The climate credit, once per occasion.

    References
    ----------
    Schedule TOU-D, Special Condition 12; spec decisions 31: the cycle that contains the day, or the first
    cycle whose last service day lies in the month.
    """
    cycles, credit = spans.cycles, rules.climate_credit
    contains = (cycles.start[:, None] <= credit.days) & (credit.days < cycles.end[:, None])
    first_of_month = month_index(cycles.start - 1) != cycles.month
    in_month = (cycles.month[:, None] == credit.months) & first_of_month[:, None]
    cents = contains @ credit.day_cents + in_month @ credit.month_cents
    given = np.nonzero(cents)[0]
    return block("climate", given, quantity=cents[given], cents=cents[given])


def _by_cycle(spans: Spans, values: Ints) -> Ints:
    total = np.zeros(len(spans.cycles.account), dtype=np.int64)
    np.add.at(total, spans.rows.cycle, values)
    return total
