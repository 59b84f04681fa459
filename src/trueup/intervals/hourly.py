"""Readings of shorter intervals by the hour."""

import numpy as np

from trueup.model import NO_VALUE, Readings, Wh32

MINUTES = 60


def to_hourly(readings: Readings) -> Readings:
    """The same readings by the hour: the sum of the hour's intervals; an hour with a missing part is missing.

    So an account whose meter changed from hours to quarters is one column. (N, T) becomes (N, hours); hourly readings
    stay as they are. Energy of whole hours is conserved.
    """
    parts = MINUTES // readings.minutes
    generation = None if readings.generation is None else _summed(readings.generation, parts)
    both = _summed(readings.delivered, parts), _summed(readings.received, parts)
    return Readings(readings.first_day, readings.last_day, MINUTES, *both, generation)


def _summed(column: Wh32, parts: int) -> Wh32:
    of_hour = column.reshape(len(column), -1, parts)
    whole = (of_hour != NO_VALUE).all(axis=2)
    return np.where(whole, of_hour.sum(axis=2), NO_VALUE).astype(np.int32)
