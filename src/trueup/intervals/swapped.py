"""A check of sense: channels that look exchanged."""

import numpy as np

from trueup.errors import TrueupError
from trueup.intervals.estimated import Spans
from trueup.intervals.model import DELIVERED, RECEIVED, Metered, over
from trueup.quantities import Bools

NIGHT_FROM, NIGHT_TO = 22, 4
LEAST_WH = 1000


def exchanged(metered: Metered, cycles: Spans, storage: Bools) -> dict[int, TrueupError]:
    """The accounts of which a cycle received more than was delivered when the sun does not shine, with E-READ-024.

    Parameters
    ----------
    storage
        (N,) whether an account has storage, which may export at night.
    """
    hour = metered.grid.clock * 24 // metered.grid.per_day
    dark = (hour >= NIGHT_FROM) | (hour < NIGHT_TO)
    days, first = metered.grid.day_start, metered.readings.first_day
    begin, end = (days[np.clip(day - first, 0, metered.grid.days)] for day in (cycles.start, cycles.end))
    night = (np.maximum(metered.columns[code], 0) * dark for code in (DELIVERED, RECEIVED))
    delivered, received = (over(values, cycles.account, begin, end) for values in night)
    looks = (received > delivered) & (received >= LEAST_WH) & ~storage[cycles.account]
    rows = np.nonzero(looks)[0][::-1]
    return {int(cycles.account[k]): _error(int(received[k]), int(delivered[k])) for k in rows}


def _error(received: int, delivered: int) -> TrueupError:
    return TrueupError(
        "E-READ-024",
        f"from 22:00 to 04:00 there are {received / 1000:,.0f} kWh received, {delivered / 1000:,.0f} delivered",
        "Solar does not export at night: the two channels look exchanged, and every line would be wrong.",
        "Check which column is delivered (utility to customer); where a battery exports, state storage: true.",
    )
