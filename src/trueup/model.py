"""The nouns: what travels on the arrows of the line. All arrays are int64 columns unless a line says otherwise.

N accounts, M cycles (all accounts, in order of account and time), R rows (sets of alike days of a cycle),
S segments (price versions of a cycle), 8 buckets (season and time-of-use period), Q printed lines.
"""

from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from trueup.errors import TrueupError
from trueup.periods import Runs
from trueup.quantities import Bools, Ints
from trueup.rulebook.columns import Terms

Wh32 = npt.NDArray[np.int32]
ELECTIONS = ("none", "on_bill", "check", "opt_out")
NO_VALUE = -1
"""An interval without a reading, in the meter columns."""


@dataclass(frozen=True)
class Facts:
    """What is known of each account, as columns. Days are ordinals; `periods.NEVER` where there is none.

    Attributes
    ----------
    ids
        Account ids.
    terms, programs, told
        The answers in use, one row per combination of program and facts; the program and those facts of each row.
    own, before
        (N,) row of `terms` from the program's start on, and before it.
    schedule
        (N,) rate schedule.
    pto, application, period_start, service_end
        (N,) permission to operate, interconnection request, stated start of a running relevant period, end of service.
    vintage
        (N,) year of the export prices; 0 without one.
    bonus_price
        (N,) ACC Plus adder.
    reads
        (N, K) read dates, padded with `NEVER`.
    from_day, to_day
        (N,) the days to bill, `to_day` excluded.
    tax_ppm
        (N,) local tax.
    base_services
        (N,) the account's own base services charge per day; `UNKNOWN` where the schedule's holds.
    election
        (N,) index into `ELECTIONS`.
    transfers_recs, limited_by_generation
        (N,) whether the surplus's RECs go to the utility; whether the generation meter caps credited export.
    """

    ids: tuple[str, ...]
    terms: Terms
    programs: tuple[str, ...]
    told: tuple[dict[str, str], ...]
    own: Ints
    before: Ints
    schedule: Ints
    pto: Ints
    application: Ints
    period_start: Ints
    service_end: Ints
    vintage: Ints
    bonus_price: Ints
    reads: Ints
    from_day: Ints
    to_day: Ints
    tax_ppm: Ints
    base_services: Ints
    election: Ints
    transfers_recs: Bools
    limited_by_generation: Bools


@dataclass(frozen=True)
class Readings:
    """Dense meter columns of a shard: (N, intervals) Wh from a Pacific midnight on, `NO_VALUE` where none was read."""

    first_day: int
    last_day: int
    minutes: int
    delivered: Wh32
    received: Wh32
    generation: Wh32 | None = None


@dataclass(frozen=True)
class State:
    """Balances between two cycles: what is carried, and the counters of the running period. Cents and Wh.

    Attributes
    ----------
    export
        (N, 2) export credits by pool: one pool, or delivery and generation apart.
    bonus, climate, surplus, surplus_held
        (N,) ACC Plus, climate credit, rolled-over compensation, compensation without an election.
    owed
        (N,) what the customer owed before.
    energy_to_date
        (N,) the yearly energy ledger.
    imported_wh, exported_wh
        (N,) of the period.
    energy, used
        (N, 2) energy charges of the period and the export credits that paid them, by pool.
    """

    export: Ints
    bonus: Ints
    climate: Ints
    surplus: Ints
    surplus_held: Ints
    owed: Ints
    energy_to_date: Ints
    imported_wh: Ints
    exported_wh: Ints
    energy: Ints
    used: Ints

    @classmethod
    def empty(cls, accounts: int) -> "State":
        """Nothing carried, nothing counted."""
        pools = {"export", "energy", "used"}
        return cls(*(np.zeros((accounts, 2) if f.name in pools else accounts, dtype=np.int64) for f in fields(cls)))


@dataclass(frozen=True)
class Shard:
    """Accounts that are settled together."""

    facts: Facts
    readings: Readings
    opening: State


@dataclass(frozen=True)
class Cycles:
    """Billing cycles, (M,) each.

    Attributes
    ----------
    account, start, end
        Owner, first day, first day after.
    terms
        Row of `Facts.terms`: the program in force.
    month
        Month index of the last service day.
    in_period, closes, final
        Whether the cycle counts in a relevant period; whether it ends one; whether service ends with it.
    grants_to
        The cycle whose bill is granted the value of this cycle's exports; -1 where they are worth nothing.
    steps
        (N, longest) the cycles of each account in order, padded with M.
    """

    account: Ints
    start: Ints
    end: Ints
    terms: Ints
    month: Ints
    in_period: Bools
    closes: Bools
    final: Bools
    grants_to: Ints
    steps: Ints

    @property
    def early(self) -> Bools:
        """Whether a cycle's exports are granted on a later bill."""
        elsewhere: Bools = self.grants_to != np.arange(len(self.grants_to))
        return (self.grants_to >= 0) & elsewhere


@dataclass(frozen=True)
class Rows:
    """Sets of days that every calendar and dated fact treats alike, (R,) each, in order of cycle.

    Attributes
    ----------
    cycle, account
        Owner.
    day
        The first of its days; every attribute of the row is that of this day.
    days
        How many days it holds (0 for the repeated autumn hour, which is a row of its own).
    repeated
        Whether it is the repeated autumn hour.
    locked
        Whether the account's export prices are still locked in.
    """

    cycle: Ints
    account: Ints
    day: Ints
    days: Ints
    repeated: Bools
    locked: Bools


@dataclass(frozen=True)
class Spans:
    """Dated facts resolved: cycles, rows, and the row of each run of hours (N, runs), -1 outside every cycle."""

    cycles: Cycles
    rows: Rows
    runs: Runs
    row_of_run: Wh32


@dataclass(frozen=True)
class Profiles:
    """Intervals folded into rows x clock hours, (R, 24) each in Wh, and per day, (N, days).

    `positive_net` sums max(0, delivered - received) over the netting interval; `credited` is received, at most
    the generation meter where that is the limit; `peak` is the largest interval delivered; `missing` counts
    intervals without a reading.
    """

    delivered: Ints
    received: Ints
    positive_net: Ints
    credited: Ints
    peak: Ints
    missing: Ints
    delivered_by_day: Ints
    credited_by_day: Ints


@dataclass(frozen=True)
class Measured:
    """What is billed; no money here.

    Attributes
    ----------
    cycle, version, days
        (S,) of each segment.
    delivered, credited
        (S, 8) Wh by bucket.
    occurs
        (S, 8) whether the segment has an hour in the bucket.
    billed
        (S, 8) Wh of the energy lines.
    nonbypassable, recovery
        (S,) Wh on which non-bypassable charges and the fixed recovery charge stand.
    surcharge
        (M,) Wh on which the state energy surcharge stands.
    cycle_delivered, cycle_received, cycle_credited
        (M,) Wh.
    """

    cycle: Ints
    version: Ints
    days: Ints
    delivered: Ints
    credited: Ints
    occurs: Bools
    billed: Ints
    nonbypassable: Ints
    recovery: Ints
    surcharge: Ints
    cycle_delivered: Ints
    cycle_received: Ints
    cycle_credited: Ints


@dataclass(frozen=True)
class Lines:
    """Printed lines, (Q,) each.

    Attributes
    ----------
    component
        Index into `components.COMPONENTS`.
    cycle
        The cycle on whose bill it stands.
    version
        Price version, -1 where none.
    bucket
        Season and time-of-use period, -1 where none.
    pool
        0, or 1 for the generation part of credits kept apart.
    quantity
        Wh, days or cents, by the component's unit.
    price
        10^-7 $ per kWh or day; 0 where the line has no single price.
    exact
        10^-10 $, before the one rounding.
    cents
        The printed amount.
    """

    component: Ints
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


@dataclass(frozen=True)
class Priced:
    """Lines that depend on no earlier month, and what the credits stage needs of them, (M,) or (M, 2) by pool.

    Attributes
    ----------
    lines
        Charges, surcharge, grants, memos.
    payable
        (M, 2) energy charges that export credits may pay.
    granted
        (M, 2) export credits granted on the cycle's bill.
    electric
        (M,) electric charges due with the month.
    yearly
        (M,) energy entered in the yearly ledger.
    bonus, climate, surcharge
        (M,) ACC Plus and climate credit granted; the surcharge.
    tax_base
        (M,) exact base of the local tax before credits.
    """

    lines: Lines
    payable: Ints
    granted: Ints
    electric: Ints
    yearly: Ints
    bonus: Ints
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
        The yearly ledger.
    due
        The settlement bill: the month's due and the settlement's items, before compensation.
    surplus, released, returned, applied, paid, held, kept
        Compensation earned, released by an election that was missing before, on the account when service ends; of these
        applied to what is owed, paid by check, held without an election, kept as a credit.
    climate_paid
        Left-over climate credit paid out.
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
    energy: Ints
    used: Ints
    unknown_rate: Ints


BY_POOL = {
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
}
"""Columns of `Billed` and `Settled` that have two entries."""

T = TypeVar("T", Billed, Settled)


def empty_columns(kind: type[T], cycles: int) -> T:
    """Zeros for `cycles` cycles and one spare, which absorbs the steps of accounts that have no such cycle."""
    shape = {True: (cycles + 1, 2), False: (cycles + 1,)}
    return kind(**{f.name: np.zeros(shape[f.name in BY_POOL], dtype=np.int64) for f in fields(kind)})


@dataclass(frozen=True)
class Postings:
    """Balanced, append-only entries, two to a line: (P,) each; debits positive."""

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
class Result:
    """A settled shard: everything a statement, an explanation or a book needs."""

    shard: Shard
    spans: Spans
    profiles: Profiles
    measured: Measured
    priced: Priced
    billed: Billed
    settled: Settled
    lines: Lines
    postings: Postings
    closing: State
    refusals: tuple[Refusal, ...]
