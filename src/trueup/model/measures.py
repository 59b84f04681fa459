"""What is measured: cycles, rows, profiles, determinants."""

from dataclasses import dataclass

import numpy as np

from trueup.components import UTILITY
from trueup.model.inputs import Wh32
from trueup.model.sharing import Pools
from trueup.periods import Runs
from trueup.quantities import Bools, Ints


@dataclass(frozen=True)
class LedgerCycles:
    """The cycles as one ledger sees them, (M,) each.

    Answers in force; whether they count in a period, and end one; whether the customer leaves with it for good: the
    provider's ledger ends with a change of provider too.
    """

    terms: Ints
    in_period: Bools
    closes: Bools
    final: Bools


@dataclass(frozen=True)
class Cycles:
    """Billing cycles, (M,) each.

    Attributes
    ----------
    account, start, end
        Owner, first day, first day after.
    terms, ledger_terms
        Rows of `Facts.terms`: the program in force, for the utility's ledger and for the provider's.
    provider, prices, vintage
        The provider and its price list; the year in which the customer left bundled service.
    keeps_ledger
        Whether a provider's ledger is kept.
    month
        Month index of the last service day.
    solar, begins
        Whether the account's own program holds, not the one before its start; whether it begins with the cycle.
    in_period, closes, final
        Whether the cycle counts in a relevant period; whether it ends one; whether service ends with it.
    full, switches
        Whether it is the twelfth bill of its period; whether a change of provider ends it.
    ledger_in_period, ledger_closes
        The same for the provider's ledger.
    again_in_month
        Whether the bill before ends in the same month, with another provider too.
    grants_to
        The cycle whose bill is granted the value of this cycle's exports; -1 where they are worth nothing.
    steps
        (N, longest) the cycles of each account in order, padded with M.
    """

    account: Ints
    start: Ints
    end: Ints
    terms: Ints
    ledger_terms: Ints
    provider: Ints
    prices: Ints
    vintage: Ints
    keeps_ledger: Bools
    month: Ints
    solar: Bools
    begins: Bools
    in_period: Bools
    closes: Bools
    final: Bools
    full: Bools
    switches: Bools
    ledger_in_period: Bools
    ledger_closes: Bools
    again_in_month: Bools
    grants_to: Ints
    steps: Ints

    def of_ledger(self, ledger: int) -> "LedgerCycles":
        """What a ledger makes of the cycles."""
        if ledger == UTILITY:
            return LedgerCycles(self.terms, self.in_period, self.closes, self.final)
        left = self.final | self.switches
        return LedgerCycles(self.ledger_terms, self.ledger_in_period, self.ledger_closes, left)

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
class Segments:
    """The stretches of cycles under one price version, (S,) each. Parts are summer, winter and the whole segment.

    Attributes
    ----------
    cycle, version
        Owner and price version.
    days, season_days
        (S,) and (S, seasons).
    delivered, credited
        (S, buckets) Wh.
    occurs
        (S, buckets) whether the segment has an hour in the bucket.
    billed
        (S, buckets) Wh of the energy lines.
    billed_generation
        (S, buckets) Wh of the generation lines, where they net and delivery does not.
    """

    cycle: Ints
    version: Ints
    days: Ints
    season_days: Ints
    delivered: Ints
    credited: Ints
    occurs: Bools
    billed: Ints
    billed_generation: Ints


@dataclass(frozen=True)
class Measured:
    """What is billed; no money here.

    Attributes
    ----------
    segments
        By price version of the schedule.
    provider
        By price version of the provider, of cycles for which its ledger is kept.
    parts
        (S, 3) whether baseline lines stand on a season of the segment (two columns) or on all of it (the third).
    part_use, baseline
        (S, 3) Wh of the part, and of them within the baseline allowance.
    nonbypassable, recovery, inside
        (S,) Wh on which non-bypassable charges, the fixed recovery charge, and charges inside energy lines stand.
    largest, demand, demand_days
        (M, kinds) W of the largest interval, and in whole kW; (S, kinds) days of the segment that it counts for.
    surcharge
        (M,) Wh on which the state energy surcharge stands.
    cycle_delivered, cycle_received, cycle_credited
        (M,) Wh; credited without what was forfeited.
    forfeited
        (S, buckets) Wh of export beyond the estimated production.
    slots
        (R, 24) place of each row's clock hours among the segments' buckets, counted through.
    kept
        By ledger, (M, time-of-use periods) export kept as kWh for later cycles, less what was kept and is used.
    pools
        Cycles that share the exports of one.
    """

    segments: Segments
    provider: Segments
    parts: Bools
    part_use: Ints
    baseline: Ints
    nonbypassable: Ints
    recovery: Ints
    inside: Ints
    largest: Ints
    demand: Ints
    demand_days: Ints
    surcharge: Ints
    cycle_delivered: Ints
    cycle_received: Ints
    cycle_credited: Ints
    forfeited: Ints
    slots: Ints
    kept: tuple[Ints, Ints]
    pools: Pools
