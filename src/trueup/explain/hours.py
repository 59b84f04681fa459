"""The days and clock hours behind a line's kWh."""

from collections.abc import Iterator

import numpy as np

from trueup.charges.grants import export_price_row
from trueup.components import COMPONENTS, UTILITY
from trueup.determinants.buckets import bucket_of_hour
from trueup.explain.model import Term
from trueup.explain.shared import beyond_the_hours
from trueup.line_rows import EXPORTS, pool_of_line, rows_of_line
from trueup.model import Result
from trueup.periods import month_index, month_text
from trueup.quantities import Ints, kwh_text, price_text
from trueup.rulebook import Rules
from trueup.rulebook.prices import BASES

DAY_TYPES = ("weekday", "weekend or holiday")


def row_label(result: Result, rules: Rules, row: int, day_types: Ints) -> str:
    """Month and day type of a row, as a person names its days."""
    rows = result.spans.rows
    month = month_text(int(month_index(rows.day[row : row + 1])[0]))
    which = result.shard.facts.calendar[rows.account[row : row + 1]]
    kind = DAY_TYPES[int(rules.calendar.at(day_types, which, rows.day[row : row + 1])[0])]
    return f"{month} {kind}{' (repeated hour)' if rows.repeated[row] else ''}"


def hours_of(result: Result, rules: Rules, index: int) -> list[Term]:
    """The hours that were summed into a line's quantity; none for lines without kWh of their own."""
    lines = result.lines
    component = COMPONENTS[lines.component[index]]
    if component.name in EXPORTS:
        return _shared_hours(result, rules, index) if pool_of_line(result, index) else []
    if component.unit != "kWh" or component.section in {"settlement", "compensation"}:
        return []
    if component.name in FLOORED and _flag(result, index, "nets_buckets"):
        return []
    if component.name in {"delivery_baseline", "baseline_credit"} or _is_tier(result, rules, index):
        return []
    rows, profiles = result.spans.rows, result.profiles
    at = rows_of_line(result, rules, index)
    channel = profiles.delivered[at]
    if component.name in {"bonus", "early_bonus"}:
        channel = np.where(rows.locked[at][:, None], profiles.credited[at], 0)
    elif component.name in {"nonbypassable", "wildfire_fund"}:
        if _flag(result, index, "on_positive_net"):
            channel = profiles.positive_net[at]
    elif component.name == "per_kwh":
        pass
    elif (_flag(result, index, "nets_buckets") or _nets_generation(result, index)) and not _is_shared(result, index):
        channel = profiles.delivered[at] - profiles.credited[at]
    bucket = bucket_of_hour(result.shard.facts, result.spans, rules)[at]
    wanted = (bucket == lines.bucket[index]) if lines.bucket[index] >= 0 else np.ones_like(bucket, dtype=np.bool_)
    found = [
        Term(
            f"{row_label(result, rules, int(at[i]), rules.calendar.tariff_day_type)} {hour:02d}:00",
            kwh_text(int(channel[i, hour])),
            "kWh",
        )
        for i, hour in zip(*np.nonzero(wanted & (channel != 0)), strict=True)
    ]
    beyond = int(lines.quantity[index]) - int(channel[wanted].sum())
    if beyond and (result.measured.forfeited.any() or _is_shared(result, index) or _keeps(result, index)):
        found.append(beyond_the_hours(result, index, beyond))
    return found


def _is_shared(result: Result, index: int) -> bool:
    """Whether a line stands in a cycle that shares the exports of one account."""
    return result.measured.pools.place(int(result.lines.cycle[index])) is not None


def _keeps(result: Result, index: int) -> bool:
    """Whether kWh are kept in a line's cycle, or taken of what was kept."""
    return bool(result.measured.kept[int(result.lines.ledger[index])][result.lines.cycle[index]].any())


def _shared_hours(result: Result, rules: Rules, index: int) -> list[Term]:
    """The generating account's hours behind a part of an export credit, and what of them others are given."""
    found = list(export_terms(result, rules, index))
    at = rows_of_line(result, rules, index)
    others = int(result.profiles.credited[at].sum()) - int(result.lines.quantity[index])
    return [*found, Term("less what the other accounts are given", kwh_text(-others), "kWh")] if others else []


def export_terms(result: Result, rules: Rules, index: int) -> Iterator[Term]:
    """Every exported hour of a line with the price of its month, day type and clock hour."""
    part = 0 if COMPONENTS[result.lines.component[index]].name.endswith("delivery") else 1
    price_row = export_price_row(result.shard.facts, result.spans, rules)
    repeated = result.spans.rows.repeated
    for row in rows_of_line(result, rules, index):
        label = row_label(result, rules, int(row), rules.calendar.export_day_type)
        for hour in np.nonzero(result.profiles.credited[row])[0]:
            price = int(rules.exports.at(price_row[row : row + 1], repeated[row : row + 1])[0, part, hour])
            basis = BASES[rules.exports.basis[price_row[row], part, hour]]
            kwh = kwh_text(int(result.profiles.credited[row, hour]))
            yield Term(f"{label} {hour:02d}:00", kwh, "kWh", price_text(price), basis)


FLOORED = {"fixed_recovery", "pcia", "franchise_fee", "regulatory_fee", "state_surcharge"}
"""Not sums of hours under netting: the net is floored at zero, as the working shows."""


def _is_tier(result: Result, rules: Rules, index: int) -> bool:
    """Whether a line is the upper tier of a rate: what is beyond the allowance is no sum of hours."""
    lines = result.lines
    if COMPONENTS[lines.component[index]].name != "delivery" or lines.ledger[index] != UTILITY:
        return False
    return bool(rules.tariffs.tiered[lines.version[index]])


def _nets_generation(result: Result, index: int) -> bool:
    """Whether a line is generation that nets while delivery does not."""
    name = COMPONENTS[result.lines.component[index]].name
    return name == "generation" and _flag(result, index, "nets_generation")


def _flag(result: Result, index: int, name: str) -> bool:
    lines = result.lines
    terms = result.spans.cycles.of_ledger(int(lines.ledger[index])).terms[lines.cycle[index]]
    return bool(getattr(result.shard.facts.terms, name)[terms])
