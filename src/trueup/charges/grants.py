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
    wh = profiles.credited.sum(axis=1)
    lines = []
    for part, name in enumerate(PARTS):
        value = amount(profiles.credited, prices[:, part]).sum(axis=1)
        ledger = np.where(cycles.keeps_ledger & (part == 1), PROVIDER, UTILITY)
        pool = part * (facts.terms.split_pool[cycles.terms] & (ledger == UTILITY))
        for prefix, early in (("export", False), ("early_export", True)):
            to, quantity, exact = _granted(spans, early, wh, value)
            at = to[somebody_grants(facts, cycles, part)[to]]
            found = block(
                f"{prefix}.{name}", at, quantity=quantity[at], exact=exact[at], pool=pool[at], ledger=ledger[at]
            )
            lines.append(found)
    return lines


def _granted(spans: Spans, early: bool, *values: Ints) -> tuple[Ints, ...]:
    """The cycles on whose bills something is granted, and (M,) the sums of (R,) values granted there."""
    cycles, rows = spans.cycles, spans.rows
    gives = (cycles.early == early) & (cycles.grants_to >= 0)
    chosen = gives[rows.cycle]
    to = cycles.grants_to[rows.cycle[chosen]]
    sums = [np.zeros(len(cycles.account), dtype=np.int64) for _ in values]
    for total, value in zip(sums, values, strict=True):
        np.add.at(total, to, value[chosen])
    return np.unique(cycles.grants_to[gives]), *sums


def somebody_grants(facts: Facts, cycles: Cycles, part: int) -> Bools:
    """(M,) whether a part of the export price is granted here: generation by the utility or a provider's ledger.

    References
    ----------
    spec `EEC-07`; Schedule NBT, Rates 3.a.ii.
    """
    found: Bools = (part == 0) | facts.terms.bundled[cycles.terms] | cycles.keeps_ledger
    return found


def bonus_lines(profiles: Profiles, facts: Facts, spans: Spans) -> list[Lines]:
    """ACC Plus: the customer's constant adder on every exported kWh while it is locked in.

    References
    ----------
    Schedule NBT, Rates 3.b.
    """
    wh = np.where(spans.rows.locked, profiles.credited.sum(axis=1), 0)
    price = facts.bonus_price[spans.cycles.account]
    lines = []
    for name, early in (("bonus", False), ("early_bonus", True)):
        to, quantity = _granted(spans, early, wh)
        at = to[price[to] > 0]
        exact = amount(quantity[at], price[at])
        lines.append(block(name, at, quantity=quantity[at], price=price[at], exact=exact))
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
