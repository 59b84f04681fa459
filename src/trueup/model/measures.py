"""What is measured: cycles, rows, profiles, determinants."""

from dataclasses import dataclass

import numpy as np

from trueup.model.inputs import Wh32
from trueup.periods import Runs
from trueup.quantities import Bools, Ints


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
    solar
        Whether the account's own program holds, not the one before its start.
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
    solar: Bools
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
