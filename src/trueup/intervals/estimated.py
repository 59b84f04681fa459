"""How much of billing cycles was estimated."""

from dataclasses import dataclass

import numpy as np

from trueup.intervals.model import Metered
from trueup.intervals.trail import share_estimated
from trueup.periods import midnights
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
    """How much of each cycle was not metered; the utility's own estimates count too.

    Only accounts with estimates are added up: mostly there are none. A channel that an account does not have, which
    others of the shard do, is left out.
    """
    touched = (metered.status == ESTIMATED).any(axis=(0, 2))
    inside = (cycles.start >= metered.readings.first_day) & (cycles.end <= metered.readings.last_day)
    chosen = np.nonzero(inside & touched[cycles.account])[0]
    own = cycles.take(chosen)
    share = share_estimated(metered, own.account, midnights(own.start), midnights(own.end))
    some = share.estimated.any(axis=0)
    channel, at = np.nonzero(some & (share.missing < share.intervals))
    columns = (share.estimated_wh, share.wh, share.estimated, share.intervals)
    return Estimated(chosen[at], channel, *(column[channel, at] for column in columns))
