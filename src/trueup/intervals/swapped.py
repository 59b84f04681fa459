"""A check of sense: channels that look exchanged."""

import numpy as np

from trueup.errors import TrueupError
from trueup.periods import HOUR
from trueup.reads.table import Reads, pacific

NIGHT = frozenset({22, 23, 0, 1, 2, 3})
LEAST_WH = 1000


def check_channels(reads: Reads, storage: bool) -> None:
    """Refuse files in which more energy is received than delivered at night, when the sun does not shine.

    Raises
    ------
    TrueupError
        E-READ-024, unless the account has storage, which may export at night.
    """
    if storage:
        return
    hours = np.unique(reads.start // HOUR)
    dark = hours[[pacific(int(hour) * HOUR).hour in NIGHT for hour in hours]]
    at_night = np.isin(reads.start // HOUR, dark)
    delivered, received = (int(reads.wh[at_night & (reads.channel == code)].sum()) for code in (0, 1))
    if received > delivered and received >= LEAST_WH:
        raise TrueupError(
            "E-READ-024",
            f"from 22:00 to 04:00 there are {received / 1000:,.0f} kWh received, {delivered / 1000:,.0f} delivered",
            "Solar does not export at night: the two channels look exchanged, and every line would be wrong.",
            "Check which column is delivered (utility to customer); where a battery exports, state storage: true.",
        )
