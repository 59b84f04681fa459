"""What an incentive asks of a battery: full discharges."""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from trueup.errors import TrueupError
from trueup.intervals import dense
from trueup.periods import intervals_to
from trueup.quantities import Ints
from trueup.reads import Reads

REQUIRED = 52
"""Full discharges a year that the Self-Generation Incentive Program asks for (spec `STOR-04`)."""


@dataclass(frozen=True)
class Discharges:
    """What a battery gave in some days, as full discharges of its incentivised capacity."""

    wh: int
    capacity_wh: int
    days: int = 365

    @property
    def full(self) -> int:
        """Whole full discharges."""
        return self.wh // self.capacity_wh

    @property
    def enough(self) -> bool:
        """Whether the year has as many as the incentive asks for."""
        return self.full >= REQUIRED


def discharges_of(reads: Reads, capacity_wh: int, year: int) -> Discharges:
    """Count the full discharges of a battery's own meter in a year: the energy that it sent out.

    Raises
    ------
    TrueupError
        E-STOR-001 for a capacity that is none, E-STOR-002 for a year without readings.
    """
    readings = dense(reads).readings
    days = np.arange(readings.first_day, readings.last_day)
    inside = days[(days >= date(year, 1, 1).toordinal()) & (days < date(year + 1, 1, 1).toordinal())]
    if len(inside) == 0:
        raise TrueupError(
            "E-STOR-002",
            f"the files hold no day of {year}",
            "Full discharges are counted by the year.",
            "Name the files of that year, or another year.",
        )
    edges = (int(inside[0]), int(inside[-1]) + 1)
    first, last = (intervals_to(day, readings.first_day, readings.minutes) for day in edges)
    sent = np.maximum(readings.received[0, first:last], 0).astype(np.int64)
    return replace(full_discharges(sent, capacity_wh), days=len(inside))


def full_discharges(discharged_wh: Ints, capacity_wh: int) -> Discharges:
    """Count the full discharges of a year.

    Parameters
    ----------
    discharged_wh
        (K,) Wh that the battery gave in each interval of the year.
    capacity_wh
        The energy capacity that the incentive was paid for.

    Raises
    ------
    TrueupError
        E-STOR-001 for a capacity that is none.

    References
    ----------
    spec `STOR-04`: SGIP; a full discharge is the incentivised energy capacity, in one or several discharges.
    """
    if capacity_wh <= 0:
        raise TrueupError(
            "E-STOR-001",
            "a battery without energy capacity has no full discharge",
            "The incentive counts discharges of the capacity it was paid for.",
            "Give the incentivised capacity in kWh, above zero.",
        )
    return Discharges(int(discharged_wh.sum()), capacity_wh)
