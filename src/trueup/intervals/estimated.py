"""How much of billing cycles was estimated."""

from dataclasses import dataclass

import numpy as np

from trueup.intervals.model import Metered, over
from trueup.quantities import Ints
from trueup.reads.batch import ESTIMATED


@dataclass(frozen=True)
class Spans:
    """Cycles, (K,) each: row of the account, first day and day after the last (ordinals)."""

    account: Ints
    start: Ints
    end: Ints

    def take(self, chosen: Ints) -> "Spans":
        """Some of them."""
        return Spans(self.account[chosen], self.start[chosen], self.end[chosen])


@dataclass(frozen=True)
class Estimated:
    """How much of cycles was estimated, (M,) each: all channels of the cycles of which anything was.

    Attributes
    ----------
    cycle, channel
        Index of the cycle as given, index into `CHANNELS`.
    wh, of_wh
        Energy estimated, and all energy of the cycle.
    intervals, of_intervals
        Their number.
    """

    cycle: Ints
    channel: Ints
    wh: Ints
    of_wh: Ints
    intervals: Ints
    of_intervals: Ints


def estimated_in(metered: Metered, cycles: Spans) -> Estimated:
    """How much of each cycle was not metered; the utility's own estimates count too."""
    touched = np.nonzero((metered.status == ESTIMATED).any(axis=(0, 2)))[0]
    inside = (cycles.start >= metered.readings.first_day) & (cycles.end <= metered.readings.last_day)
    chosen = np.nonzero(inside & np.isin(cycles.account, touched))[0]
    own = cycles.take(chosen)
    row, days = np.searchsorted(touched, own.account), metered.grid.day_start
    begin, end = (days[edge - metered.readings.first_day] for edge in (own.start, own.end))
    parts = []
    for code, column in enumerate(metered.columns):
        wh, made = np.maximum(column[touched], 0).astype(np.int64), metered.status[code, touched] == ESTIMATED
        sums = [over(values, row, begin, end) for values in (wh * made, wh, made)]
        parts.append(np.stack([chosen, np.full(len(chosen), code), *sums, end - begin]))
    found = np.concatenate(parts, axis=1)
    return Estimated(*found[:, np.isin(found[0], found[0][found[4] > 0])])
