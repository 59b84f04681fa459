"""Stage 8: a settled shard as data: lines with ids and rules, months, and the settlement in numbered steps."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import polars as pl

from trueup.cited import rule_of, told_of_line, version_day
from trueup.components import COMPONENTS, INDEX, PROVIDER
from trueup.ledger import is_due
from trueup.line_rows import bases_of_line
from trueup.model import Result
from trueup.periods import day_text, month_text
from trueup.quantities import Ints, Money
from trueup.rulebook import Rules
from trueup.rulebook.schema import BUCKETS

ORDER = np.array([{"memo": 1}.get(component.section, 0) for component in COMPONENTS])
POOLS = ("delivery", "generation")


@dataclass(frozen=True)
class Line:
    """One printed line. `quantity` is kWh, days or dollars by `unit`; `price` $ per unit, None without a single one.

    `basis` says how export prices came to us: published, rebuilt or derived.
    """

    id: str
    month: str
    cycle_start: str
    cycle_end: str
    program: str
    provider: str
    section: str
    component: str
    title: str
    season: str | None
    period: str | None
    version: str | None
    quantity: Decimal
    unit: str
    price: Decimal | None
    amount: Decimal
    due: bool
    rule: str
    published: tuple[str, ...]
    basis: tuple[str, ...]


@dataclass(frozen=True)
class MonthRow:
    """One cycle of the month table: energy in Wh, and money.

    `exported_wh` is what the meter sent to the grid, `credited_wh` what of it counts, or what the account was
    given of a generator that it shares.
    `earned`, `used` and `carried` count export credits and ACC Plus; `other` the climate credit and rolled-over
    compensation used. Where energy is billed monthly, charges less used less other is due. All these are the utility's;
    the provider's ledger has columns of its own.
    """

    month: str
    start: str
    end: str
    program: str
    imported_wh: int
    exported_wh: int
    credited_wh: int
    charges: Money
    earned: Money
    used: Money
    carried: Money
    other: Money
    due: Money
    energy_to_date: Money
    provider_charges: Money
    provider_carried: Money
    provider_due: Money

    @property
    def total(self) -> Money:
        """Due to the utility and to the provider."""
        return self.due + self.provider_due


@dataclass(frozen=True)
class Step:
    """One numbered step of a settlement."""

    number: int
    text: str
    amount: Money | None
    question: str


def line_id(result: Result, rules: Rules, index: int) -> str:
    """The id of a line: cycle, component, period, version. Stable: it does not depend on what else is printed."""
    lines, cycles = result.lines, result.spans.cycles
    component = COMPONENTS[lines.component[index]]
    cycle, bucket, version = (int(getattr(lines, name)[index]) for name in ("cycle", "bucket", "version"))
    parts = [day_text(cycles.start[cycle]), *biller_of(result, rules, index), component.name]
    if bucket >= 0:
        parts += BUCKETS[bucket]
    if component.name in SPLIT_NAMES and splits(result, index):
        parts.append(POOLS[lines.pool[index]])
    ending = f"@{version_day(result, rules, index)}" if version >= 0 else ""
    return ".".join(parts) + ending


def biller_of(result: Result, rules: Rules, index: int) -> list[str]:
    """The provider in whose ledger a line stands; nothing for the utility's lines."""
    return [told_of_line(result, index)["ledger"]] if result.lines.ledger[index] == PROVIDER else []


SPLIT_NAMES = frozenset({"export.used", "credit.earlier_months", "credit.adjustment", "credit.forfeited"})


def splits(result: Result, index: int) -> bool:
    """Whether the export credits of a line's ledger are kept in two pools."""
    lines, cycles = result.lines, result.spans.cycles
    terms = cycles.of_ledger(int(lines.ledger[index])).terms[lines.cycle[index]]
    return bool(result.shard.facts.terms.split_pool[terms])


def order_of_lines(result: Result) -> Ints:
    """Indices of the lines as they are printed: by cycle, ledger, component, version, period; memos last."""
    lines = result.lines
    order = (
        lines.pool,
        lines.bucket,
        lines.version,
        lines.component,
        ORDER[lines.component],
        lines.ledger,
        lines.cycle,
    )
    return np.lexsort(order)


def statement_lines(result: Result, rules: Rules, cycles: Ints) -> list[Line]:
    """The printed lines of some cycles, in order."""
    due = is_due(result.lines, result.shard.facts, result.spans.cycles)
    wanted = set(cycles.tolist())
    return [
        statement_line(result, rules, int(index), bool(due[index]))
        for index in order_of_lines(result)
        if int(result.lines.cycle[index]) in wanted
    ]


def statement_line(result: Result, rules: Rules, index: int, due: bool) -> Line:
    """One line with its names, its rule and exact decimals."""
    lines, cycles = result.lines, result.spans.cycles
    component = COMPONENTS[lines.component[index]]
    cycle, bucket, version = (int(getattr(lines, name)[index]) for name in ("cycle", "bucket", "version"))
    cited = rule_of(result, rules, index)
    program = told_of_line(result, index)["program"]
    biller = biller_of(result, rules, index) or [rules.book.program(program).utility]
    season, period = BUCKETS[bucket] if bucket >= 0 else (None, None)
    priced = lines.price[index] != 0
    return Line(
        line_id(result, rules, index),
        month_text(int(cycles.month[cycle])),
        day_text(cycles.start[cycle]),
        day_text(cycles.end[cycle]),
        program,
        biller[0],
        component.section,
        component.name,
        component.title,
        season,
        period,
        version_day(result, rules, index) if version >= 0 else None,
        quantity_of(component.unit, int(lines.quantity[index])),
        component.unit,
        Decimal(int(lines.price[index])).scaleb(-7) if priced else None,
        Decimal(int(lines.cents[index])).scaleb(-2),
        due,
        cited.rule,
        cited.published,
        bases_of_line(result, rules, index),
    )


def quantity_of(unit: str, value: int) -> Decimal:
    """A line's quantity in its unit: Wh as kWh, W as kW, cents as dollars."""
    return Decimal(value).scaleb({"kWh": -3, "kW": -3, "$": -2, "days": 0}[unit])


def lines_frame(lines: list[Line]) -> pl.DataFrame:
    """Lines as a table; money and energy are exact decimals."""
    rows = [{**line.__dict__, "published": " ".join(line.published), "basis": " ".join(line.basis)} for line in lines]
    schema: dict[str, pl.DataType | type[pl.DataType]] = {
        **dict.fromkeys(Line.__dataclass_fields__, pl.String),
        "quantity": pl.Decimal(None, 3),
        "price": pl.Decimal(None, 7),
        "amount": pl.Decimal(None, 2),
        "due": pl.Boolean,
    }
    return pl.DataFrame(rows, schema=schema)


def month_rows(result: Result, cycles: Ints) -> list[MonthRow]:
    """The month table of some cycles; `charges` include those of a yearly energy ledger, and taxes."""
    return [_month_row(result, int(cycle)) for cycle in cycles]


def _month_row(result: Result, cycle: int) -> MonthRow:
    priced, billed, measured, at = result.priced, result.billed, result.measured, result.spans.cycles
    used = int(billed.used[cycle].sum()) + int(billed.bonus_used[cycle])
    bank = int((billed.bank[cycle] - billed.used[cycle]).sum())
    charges = int(priced.electric[cycle] + priced.yearly[cycle] + priced.surcharge[cycle] + billed.tax[cycle])
    return MonthRow(
        month_text(int(at.month[cycle])),
        day_text(at.start[cycle]),
        day_text(at.end[cycle]),
        result.shard.facts.told[at.terms[cycle]]["program"],
        int(measured.cycle_delivered[cycle]),
        int(measured.cycle_received[cycle]),
        int(measured.cycle_credited[cycle]),
        Money(charges),
        Money(int(priced.granted[cycle].sum() + priced.bonus[cycle])),
        Money(used),
        Money(bank + int(billed.bonus_bank[cycle] - billed.bonus_used[cycle])),
        Money(int(billed.climate_used[cycle] + billed.surplus_used[cycle])),
        Money(int(billed.due[cycle])),
        Money(int(billed.energy_to_date[cycle])),
        *_provider_columns(result, cycle),
    )


def _provider_columns(result: Result, cycle: int) -> tuple[Money, Money, Money]:
    """Charges, credits carried and amount due of the provider's ledger."""
    priced, billed = result.books[PROVIDER].priced, result.books[PROVIDER].billed
    charges = int(priced.electric[cycle] + priced.yearly[cycle] + priced.surcharge[cycle] + billed.tax[cycle])
    bank = int((billed.bank[cycle] - billed.used[cycle]).sum())
    return Money(charges), Money(bank + _energy_credit(result, cycle)), Money(int(billed.due[cycle]))


def _energy_credit(result: Result, cycle: int) -> int:
    """What was billed of the provider's energy ledger beyond what it holds: the credit that goes on."""
    cycles, billed = result.spans.cycles, result.books[PROVIDER].billed
    if not cycles.ledger_in_period[cycle]:
        return 0
    closes = np.nonzero(cycles.ledger_closes & (cycles.account == cycles.account[cycle]))[0]
    since = closes[closes < cycle].max(initial=-1)
    mine = np.arange(since + 1, cycle + 1)[cycles.account[since + 1 : cycle + 1] == cycles.account[cycle]]
    opening = result.shard.provider_opening
    before = int(opening.energy_billed[cycles.account[cycle]]) if opening is not None and since < 0 else 0
    return max(before + int(billed.energy_billed[mine].sum() - billed.energy_to_date[cycle]), 0)


def cents_of(result: Result, cycles: Ints, *names: str) -> Money:
    """Sum of some components' printed lines over some cycles."""
    lines = result.lines
    chosen = np.isin(lines.component, [INDEX[name] for name in names]) & np.isin(lines.cycle, cycles)
    return Money(int(lines.cents[chosen].sum()))
