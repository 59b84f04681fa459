"""What comes out: lines, what credits did, settlements, postings, refusals."""

from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np

from trueup.errors import TrueupError
from trueup.model.inputs import Shard, State
from trueup.model.measures import Measured, Profiles, Spans
from trueup.quantities import Bools, Ints
from trueup.rulebook.schema import TOU_PERIODS


@dataclass(frozen=True)
class Lines:
    """Printed lines, (Q,) each.

    Attributes
    ----------
    component
        Index into `components.COMPONENTS`.
    ledger
        Index into `components.LEDGERS`: the utility's, or that of another provider of generation.
    cycle
        The cycle on whose bill it stands.
    version
        Price version (of the schedule, or of the provider in its ledger), -1 where none.
    bucket
        Season and time-of-use period, -1 where none.
    pool
        0, or 1 for the generation part of credits kept apart.
    quantity
        Wh, W, days or cents, by the component's unit.
    price
        10^-7 $ per kWh, kW or day; 0 where the line has no single price.
    exact
        10^-10 $, before the one rounding.
    cents
        The printed amount.
    """

    component: Ints
    ledger: Ints
    cycle: Ints
    version: Ints
    bucket: Ints
    pool: Ints
    quantity: Ints
    price: Ints
    exact: Ints
    cents: Ints

    def take(self, index: Ints | Bools) -> "Lines":
        """Some of the lines."""
        return Lines(*(getattr(self, f.name)[index] for f in fields(self)))


def join_lines(blocks: list[Lines]) -> Lines:
    """Blocks of lines as one."""
    return Lines(*(np.concatenate([getattr(block, f.name) for block in blocks]) for f in fields(Lines)))


def pooled(by_component: Ints, split: Bools) -> Ints:
    """(N, 2) delivery and generation as one pool, or apart."""
    together = np.stack([by_component.sum(axis=1), np.zeros(len(by_component), dtype=np.int64)], axis=1)
    return np.where(split[:, None], by_component, together)


@dataclass(frozen=True)
class Priced:
    """What the credits stage needs of one ledger's lines, (M,) or (M, 2) by pool.

    Attributes
    ----------
    payable
        (M, 2) energy charges that export credits may pay.
    granted
        (M, 2) export credits granted on the cycle's bill.
    electric
        (M,) electric charges due with the month.
    yearly, floor
        (M,) what enters the energy ledger, and the non-bypassable charges in it.
    minimum
        (M,) minimum charges that a true-up credits.
    bonus, climate, surcharge
        (M,) ACC Plus and climate credit granted; surcharges.
    granted_on_own
        (M,) export credits, ACC Plus and export bonus for exports of the period.
    tax_base
        (M,) exact base of the local tax before credits.
    """

    payable: Ints
    granted: Ints
    electric: Ints
    yearly: Ints
    floor: Ints
    minimum: Ints
    bonus: Ints
    granted_on_own: Ints
    climate: Ints
    surcharge: Ints
    tax_base: Ints


@dataclass(frozen=True)
class Billed:
    """What was done with credits in each cycle, (M,) or (M, 2) by pool, in cents."""

    bank: Ints
    used: Ints
    bonus_bank: Ints
    bonus_used: Ints
    tax: Ints
    tax_base: Ints
    surplus_bank: Ints
    surplus_used: Ints
    climate_bank: Ints
    climate_used: Ints
    before_climate: Ints
    due: Ints
    energy_to_date: Ints
    energy_billed: Ints


@dataclass(frozen=True)
class Settled:
    """What closing a relevant period did, (M,) or (M, 2): zero in cycles that close none. Cents and Wh.

    Attributes
    ----------
    imported_wh, exported_wh, surplus_wh
        Of the period.
    rate
        (M, 2) average export rate; `surplus_price` NSCR with REC adder.
    adjustment
        (M, 2) by component, delivery and generation.
    left, unoffset
        (M, 2) by pool: credits left over, energy charges that no credit paid.
    to_earlier, to_adjustment, forfeited, carried
        (M, 2) by pool: where the left-over credits went.
    energy_due, energy_forfeited
        The energy ledger; a negative amount due is a refund of energy billed earlier.
    energy_before, floor
        What was billed of it before; the non-bypassable charges in it, where it cannot fall below them.
    minimums, minimum_credited
        Minimum charges billed in earlier months, and what of them is credited.
    waived
        What of the adjustment neither credits nor compensation can pay.
    granted
        Export credits and bonuses of the period.
    worth
        What the surplus kWh are worth, before a limit.
    due
        The settlement bill: the month's due and the settlement's items, before compensation.
    surplus, released, returned, applied, paid, held, kept
        Compensation earned, released by an election that was missing before, taken from what was kept; of these
        applied to what is owed, paid by check, held without an election, kept as a credit.
    climate_paid, bonus_paid
        Left-over climate credit and ACC Plus paid out.
    ended_wh
        (M, time-of-use periods) export kept as kWh, which ends with the period.
    """

    imported_wh: Ints
    exported_wh: Ints
    surplus_wh: Ints
    rate: Ints
    surplus_price: Ints
    adjustment: Ints
    left: Ints
    unoffset: Ints
    to_earlier: Ints
    to_adjustment: Ints
    forfeited: Ints
    carried: Ints
    energy_due: Ints
    energy_forfeited: Ints
    energy_before: Ints
    floor: Ints
    minimums: Ints
    minimum_credited: Ints
    waived: Ints
    granted: Ints
    worth: Ints
    due: Ints
    owed: Ints
    surplus: Ints
    released: Ints
    returned: Ints
    applied: Ints
    paid: Ints
    held: Ints
    kept: Ints
    climate_paid: Ints
    bonus_paid: Ints
    energy: Ints
    used: Ints
    unknown_rate: Ints
    ended_wh: Ints


PARTS = {
    **dict.fromkeys(
        (
            "bank",
            "used",
            "rate",
            "adjustment",
            "left",
            "unoffset",
            "to_earlier",
            "to_adjustment",
            "forfeited",
            "carried",
            "energy",
        ),
        2,
    ),
    "ended_wh": len(TOU_PERIODS),
}
"""Columns of `Billed` and `Settled` that have several entries: pools, or time-of-use periods."""

T = TypeVar("T", Billed, Settled)


def empty_columns(kind: type[T], cycles: int) -> T:
    """Zeros for `cycles` cycles and one spare, which absorbs the steps of accounts that have no such cycle."""
    shapes = {f.name: (cycles + 1, PARTS[f.name]) if f.name in PARTS else (cycles + 1,) for f in fields(kind)}
    return kind(**{name: np.zeros(shape, dtype=np.int64) for name, shape in shapes.items()})


@dataclass(frozen=True)
class Postings:
    """Balanced, append-only entries, two to a line: (P,) each; debits positive."""

    ledger: Ints
    cycle: Ints
    line: Ints
    book: Ints
    pool: Ints
    cents: Ints


@dataclass(frozen=True)
class Refusal:
    """An account that cannot be billed, and why."""

    account: int
    error: TrueupError


@dataclass(frozen=True)
class Books:
    """One ledger of a settled shard."""

    priced: Priced
    billed: Billed
    settled: Settled
    closing: State


@dataclass(frozen=True)
class Result:
    """A settled shard: everything a statement, an explanation or a book needs. `books` in the order of `LEDGERS`."""

    shard: Shard
    spans: Spans
    profiles: Profiles
    measured: Measured
    books: tuple[Books, Books]
    lines: Lines
    postings: Postings
    refusals: tuple[Refusal, ...]

    @property
    def priced(self) -> Priced:
        """What the utility's lines add up to."""
        return self.books[0].priced

    @property
    def billed(self) -> Billed:
        """What credits did in the utility's ledger."""
        return self.books[0].billed

    @property
    def settled(self) -> Settled:
        """The utility's settlements."""
        return self.books[0].settled

    @property
    def closing(self) -> State:
        """The utility's balances after the last cycle."""
        return self.books[0].closing
