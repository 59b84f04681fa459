"""Readings of shorter intervals by the hour, and readings of two lengths as one."""

from dataclasses import replace

import numpy as np

from trueup.intervals.model import Int8, Metered
from trueup.model import NO_VALUE, Readings, Wh32
from trueup.reads.batch import NONE

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


def by_hour(metered: Metered) -> Metered:
    """Readings by the hour, each with the lowest status of its parts."""
    parts = MINUTES // metered.readings.minutes
    status: Int8 = metered.status.reshape(*metered.status.shape[:2], -1, parts).min(axis=3)
    return Metered(to_hourly(metered.readings), status, metered.facts)


def either(one: Metered, other: Metered) -> Metered:
    """Readings with what others of the same stretch have where they have nothing."""
    channels = max(len(one.columns), len(other.columns))
    first, second = _padded(one, channels), _padded(other, channels)
    lacking = first[0] == NO_VALUE
    wh, status = np.where(lacking, second[0], first[0]), np.where(lacking, second[1], first[1])
    generation = wh[2] if channels > 2 else None
    readings = replace(one.readings, delivered=wh[0], received=wh[1], generation=generation)
    return Metered(readings, status, one.facts)


def _padded(metered: Metered, channels: int) -> tuple[Wh32, Int8]:
    """(channels, N, T) values and statuses; nothing in a channel that there is not."""
    shape = (channels, *metered.readings.delivered.shape)
    wh, status = np.full(shape, NO_VALUE, dtype=np.int32), np.full(shape, NONE, dtype=np.int8)
    wh[: len(metered.columns)], status[: len(metered.columns)] = np.stack(metered.columns), metered.status
    return wh, status
