"""Credits that a cycle grants: the value of its exports, ACC Plus, the climate credit."""

import numpy as np

from trueup.components import INDEX, PROVIDER, UTILITY
from trueup.line_blocks import block
from trueup.model import Cycles, Facts, Lines, Measured, Profiles, Spans
from trueup.periods import month_index
from trueup.quantities import EXACT_PER_CENT, Bools, Ints, add_up, amount, nearest_part, share_of
from trueup.rulebook import Rules
from trueup.rulebook.prices import FLOATING, CreditColumns

PARTS = ("delivery", "generation")
GENERATION_EXPORTS = ("export.generation",)
GENERATION_CHARGES = ("generation", "per_kwh")


def export_price_row(facts: Facts, spans: Spans, rules: Rules) -> Ints:
    """(R,) row of the hourly export prices; 0, the unknown one, where exports have no price.

    References
    ----------
    Schedule NBT, Rates 3.a.ii: by month, hour and weekday or weekend and holiday, fixed for nine years
    (spec `EEC-01`, `EEC-04`); then the floating series (tariffs-nbt 2.2).
    """
    rows, calendar = spans.rows, rules.calendar
    day_type = calendar.at(calendar.export_day_type, facts.calendar[rows.account], rows.day)
    vintage = np.where(rows.locked, facts.vintage[rows.account], FLOATING)
    found = rules.exports.row(facts.utility[rows.account], vintage, month_index(rows.day), day_type)
    return np.where(spans.cycles.grants_to[rows.cycle] >= 0, found, 0)


def unknown_exports(profiles: Profiles, facts: Facts, spans: Spans, rules: Rules) -> Bools:
    """(R,) whether a row has exports to be valued that no table prices."""
    valued = spans.cycles.grants_to[spans.rows.cycle] >= 0
    unpriced = export_price_row(facts, spans, rules) == 0
    exported = profiles.credited.sum(axis=1) > 0
    found: Bools = valued & unpriced & exported
    return found


def export_lines(profiles: Profiles, measured: Measured, facts: Facts, spans: Spans, rules: Rules) -> list[Lines]:
    """Export credits: every hour's kWh at that hour's price, exact over the cycle, rounded once per component.

    Exports before the first solar bill keep lines of their own on it (spec `BILL-11`).

    References
    ----------
    Schedule NBT, Rates 3.a.ii (spec `EEC-01`, `EEC-03`); spec decisions 1 and 26.
    """
    cycles = spans.cycles
    prices = rules.exports.at(export_price_row(facts, spans, rules), spans.rows.repeated)
    wh = profiles.credited.sum(axis=1)
    lost_wh = forfeited_part(profiles.credited, measured, profiles, spans)
    lines = []
    for part, name in enumerate(PARTS):
        by_hour = amount(profiles.credited, prices[:, part])
        value = by_hour.sum(axis=1)
        lost = forfeited_part(by_hour, measured, profiles, spans)
        ledger = np.where(cycles.keeps_ledger & (part == 1), PROVIDER, UTILITY)
        pool = part * (facts.terms.split_pool[cycles.terms] & (ledger == UTILITY))
        for prefix, early in (("export", False), ("early_export", True)):
            to, quantity, exact = _granted(spans, early, (wh, lost_wh), (value, lost))
            at = to[somebody_grants(facts, cycles, part)[to]]
            found = block(
                f"{prefix}.{name}", at, quantity=quantity[at], exact=exact[at], pool=pool[at], ledger=ledger[at]
            )
            lines.append(found)
    return lines


def _granted(spans: Spans, early: bool, *values: tuple[Ints, Ints]) -> tuple[Ints, ...]:
    """The cycles on whose bills something is granted, and (M,) the sums granted there.

    Parameters
    ----------
    values
        (R,) by row, and (M,) what of it is forfeited by cycle.
    """
    cycles, rows = spans.cycles, spans.rows
    gives = (cycles.early == early) & (cycles.grants_to >= 0)
    chosen, at = gives[rows.cycle], np.nonzero(gives)[0]
    to = cycles.grants_to[rows.cycle[chosen]]
    sums = [np.zeros(len(cycles.account), dtype=np.int64) for _ in values]
    for total, (value, lost) in zip(sums, values, strict=True):
        np.add.at(total, to, value[chosen])
        np.subtract.at(total, cycles.grants_to[at], lost[at])
    return np.unique(cycles.grants_to[gives]), *sums


def forfeited_part(by_hour: Ints, measured: Measured, profiles: Profiles, spans: Spans) -> Ints:
    """(M,) what of (R, 24) values of credited export is forfeited: all hours of a period lose the same share.

    References
    ----------
    Schedule NBT, Special Condition 5.c; spec decisions 25; docs/decisions/0014.
    """
    cycles, segments = len(spans.cycles.account), measured.segments
    if not measured.forfeited.any():
        return np.zeros(cycles, dtype=np.int64)
    lost = measured.forfeited.reshape(-1)
    at = np.nonzero(lost[measured.slots].any(axis=1))[0]
    whole, value = (add_up(measured.slots[at], column[at], lost.size) for column in (profiles.credited, by_hour))
    wide = (column.astype(object) for column in (value, whole - lost, whole))  # a product may exceed 64 bits
    off = (value - nearest_part(*wide).astype(np.int64)).reshape(measured.forfeited.shape).sum(axis=1)
    return add_up(segments.cycle, off, cycles)


def somebody_grants(facts: Facts, cycles: Cycles, part: int) -> Bools:
    """(M,) whether a part of the export price is granted here: generation by the utility or a provider's ledger.

    References
    ----------
    spec `EEC-07`; Schedule NBT, Rates 3.a.ii.
    """
    theirs = cycles.keeps_ledger & facts.terms.priced_exports[cycles.ledger_terms]
    found: Bools = (part == 0) | facts.terms.bundled[cycles.terms] | theirs
    return found


def bonus_lines(profiles: Profiles, measured: Measured, facts: Facts, spans: Spans, rules: Rules) -> list[Lines]:
    """ACC Plus: the customer's constant adder on every exported kWh while it is locked in; a provider's own likewise.

    References
    ----------
    Schedule NBT, Rates 3.b (PG&E: D); MCE's export bonus (tariffs-nbt 6).
    """
    cycles, locked = spans.cycles, np.where(spans.rows.locked[:, None], profiles.credited, 0)
    wh, lost = locked.sum(axis=1), forfeited_part(locked, measured, profiles, spans)
    theirs = np.where(cycles.keeps_ledger, facts.provider_bonus_price[cycles.account], 0)
    lines = []
    for ledger, price in ((UTILITY, facts.bonus_price[cycles.account]), (PROVIDER, theirs)):
        for name, early in (("bonus", False), ("early_bonus", True)):
            to, quantity = _granted(spans, early, (wh, lost))
            at = to[price[to] > 0]
            exact = amount(quantity[at], price[at])
            lines.append(block(name, at, quantity=quantity[at], price=price[at], exact=exact, ledger=ledger))
    return lines


def export_bonus_lines(lines: Lines, spans: Spans, rules: Rules) -> Lines:
    """A provider's bonus: a share of the export credit of the cycle's own exports that lowers its charges.

    It is not kept.

    Parameters
    ----------
    lines
        Charges and export credits of the cycles.

    References
    ----------
    MCE's solar bonus credit (tariffs-nbt 6); docs/decisions/0014.
    """
    cycles = spans.cycles
    share = np.where(cycles.keeps_ledger, rules.providers.export_bonus.at(cycles.provider, cycles.end - 1)[:, 0], 0)
    earned, charged = (np.zeros(len(share), dtype=np.int64) for _ in range(2))
    for total, names in ((earned, GENERATION_EXPORTS), (charged, GENERATION_CHARGES)):
        at = np.nonzero((lines.ledger == PROVIDER) & np.isin(lines.component, [INDEX[name] for name in names]))[0]
        np.add.at(total, lines.cycle[at], lines.cents[at])
    bonus = np.minimum(share_of(earned * EXACT_PER_CENT, share), np.maximum(charged, 0))
    given = np.nonzero(bonus)[0]
    return block("export_bonus", given, quantity=bonus[given], cents=-bonus[given], ledger=PROVIDER)


def climate_lines(facts: Facts, spans: Spans, rules: Rules) -> Lines:
    """The climate credit, once per occasion.

    References
    ----------
    Schedule TOU-D, Special Condition 12; spec decisions 31: the cycle that contains the day, or the first
    cycle whose last service day lies in the month.
    """
    cycles = spans.cycles
    first_of_month = month_index(cycles.start - 1) != cycles.month
    stated = facts.climate_month[cycles.account] == cycles.month[:, None]
    cents = (facts.climate_cents[cycles.account] * stated).sum(axis=1) * first_of_month
    for utility, credit in enumerate(rules.climate_credit):
        if credit is not None:
            at = np.nonzero((facts.utility[cycles.account] == utility) & ~stated.any(axis=1))[0]
            cents[at] += _occasions(credit, cycles.start[at], cycles.end[at], cycles.month[at], first_of_month[at])
    given = np.nonzero(cents)[0]
    return block("climate", given, quantity=cents[given], cents=cents[given])


def _occasions(credit: CreditColumns, start: Ints, end: Ints, month: Ints, first_of_month: Bools) -> Ints:
    """(K,) cents of a credit series in cycles."""
    contains = (start[:, None] <= credit.days) & (credit.days < end[:, None])
    in_month = (month[:, None] == credit.months) & first_of_month[:, None]
    found: Ints = contains @ credit.day_cents + in_month @ credit.month_cents
    return found
