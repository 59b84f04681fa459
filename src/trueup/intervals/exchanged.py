"""Are the channels exchanged: V16, the night check of `swapped` for each day and month of a shard."""

import numpy as np

from trueup.intervals.model import DELIVERED, RECEIVED, Metered
from trueup.intervals.trail import Trail, findings, unchecked
from trueup.periods import month_index
from trueup.quantities import UNKNOWN, Bools, Ints
from trueup.rulebook.vee import Swap, VeeVersion

HOURS = 24


def channel_swap(metered: Metered, version: VeeVersion) -> Trail:
    """V16 (ours): without storage no more is received than delivered in the night hours of a day or a month.

    Observed is the energy received at night, limit the energy delivered then, in Wh.
    """
    limits, storage = version.rules.V16, metered.facts.storage
    known = np.zeros(metered.accounts, dtype=np.bool_) if storage is None else storage == 0
    unknown = np.ones_like(known) if storage is None else storage == UNKNOWN
    nights = _nights(metered, limits)
    months = month_index(metered.grid.first_day + np.arange(metered.grid.days))
    month_start = np.append(np.nonzero(np.diff(months, prepend=-1))[0], metered.grid.days)
    return Trail.join(
        [
            unchecked(metered, version, "V16", "it is not known whether there is storage", unknown),
            unchecked(metered, version, "V16", "storage may export at night", ~known & ~unknown),
            _exchanged(metered, version, nights, np.arange(metered.grid.days + 1), limits.day_wh, known),
            _exchanged(metered, version, nights, month_start, limits.month_wh, known),
        ]
    )


def _nights(metered: Metered, limits: Swap) -> tuple[Ints, Ints]:
    """(N, days) energy delivered and received in the night hours of each day; a missing value counts as nothing."""
    hour = metered.grid.clock * HOURS // metered.grid.per_day
    dark = (hour >= limits.night_from) | (hour < limits.night_to)
    first, second = (
        metered.by_day(np.where(dark, np.maximum(metered.columns[code], 0), 0)) for code in (DELIVERED, RECEIVED)
    )
    return first, second


def _exchanged(
    metered: Metered, version: VeeVersion, nights: tuple[Ints, Ints], day_start: Ints, least: int, known: Bools
) -> Trail:
    """Findings of spans of days that start at the days given."""
    delivered, received = (np.add.reduceat(column, day_start[:-1], axis=1) for column in nights)
    row, at = np.nonzero((received > delivered) & (received >= least) & known[:, None])
    begin, end = metered.grid.day_start[day_start[at]], metered.grid.day_start[day_start[at + 1]]
    return findings(metered, version, "V16", row, begin, end, observed=received[row, at], limit=delivered[row, at])
