"""Readings of several meters as one: over the days of all, by the longest of their intervals."""

from collections.abc import Sequence

import numpy as np

from trueup.intervals.lengths import by_length
from trueup.intervals.model import Int8, Metered
from trueup.model import NO_VALUE, Readings, Wh32
from trueup.periods import intervals_to
from trueup.quantities import Bools
from trueup.reads.batch import NONE


def side_by_side(meters: Sequence[Metered], minutes: int | None = None, days: tuple[int, int] | None = None) -> Metered:
    """One row for each meter, in order; nothing on days and in channels that a meter does not have.

    With `minutes` by intervals of this length, and nothing of a meter with longer ones; with `days` over these instead
    of those of all meters. Nothing else is known of the meters than their readings.
    """
    first, last = days or (min(m.readings.first_day for m in meters), max(m.readings.last_day for m in meters))
    minutes = minutes or max(one.readings.minutes for one in meters)
    channels = max(len(one.columns) for one in meters)
    shape = (channels, len(meters), intervals_to(last, first, minutes))
    wh, status = np.full(shape, NO_VALUE, dtype=np.int32), np.full(shape, NONE, dtype=np.int8)
    for row, one in enumerate(meters):
        if one.readings.minutes > minutes:
            continue
        _place(
            by_length(one, minutes), wh[:, row], status[:, row], intervals_to(one.readings.first_day, first, minutes)
        )
    return Metered.of(Readings(first, last, minutes, wh[0], wh[1], wh[2] if channels > 2 else None), status=status)


def _place(one: Metered, wh: Wh32, status: Int8, begin: int) -> None:
    """Put the only row of a meter into (channels, T) columns."""
    span = slice(begin, begin + one.readings.delivered.shape[1])
    for channel, column in enumerate(one.columns):
        wh[channel, span] = column[0]
        status[channel, span] = one.status[channel, 0]


def without_export(metered: Metered, chosen: Bools | None = None) -> Metered:
    """Readings in which nothing went to the grid, whatever the meter says, wherever it says what came from it.

    A meter whose exports earn nothing need not record them. `chosen` (N,): of which meters; by default of all.
    """
    if chosen is not None and not chosen.any():
        return metered
    delivered = metered.readings.delivered
    rows = np.ones(len(delivered), dtype=np.bool_) if chosen is None else chosen
    received, status = metered.readings.received.copy(), metered.status.copy()
    received[rows] = np.where(delivered[rows] == NO_VALUE, NO_VALUE, 0)
    status[1, rows] = status[0, rows]
    return metered.with_columns((delivered, received, *metered.columns[2:]), status)
