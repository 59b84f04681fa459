"""Readings of shorter intervals added up to longer ones, and readings of two lengths as one."""

from dataclasses import replace

import numpy as np

from trueup.intervals.model import Int8, Metered
from trueup.model import NO_VALUE, Readings, Wh32
from trueup.reads.batch import NONE


def to_length(readings: Readings, minutes: int) -> Readings:
    """The same readings by longer intervals: sums; an interval with a missing part is missing.

    So an account whose meter was exchanged for one of another length is one column. Energy of whole intervals is
    conserved. `minutes` is a multiple of the readings' own length, as 15, 30 and 60 are of 5.
    """
    parts = minutes // readings.minutes
    generation = None if readings.generation is None else summed(readings.generation, parts)
    both = summed(readings.delivered, parts), summed(readings.received, parts)
    return Readings(readings.first_day, readings.last_day, minutes, *both, generation)


def summed(column: Wh32, parts: int) -> Wh32:
    """(N, T) Wh by intervals of so many parts; one with a missing part is missing."""
    of_one = column.reshape(len(column), -1, parts)
    whole = (of_one != NO_VALUE).all(axis=2)
    return np.where(whole, of_one.sum(axis=2), NO_VALUE).astype(np.int32)


def by_length(metered: Metered, minutes: int) -> Metered:
    """Readings by longer intervals, each with the lowest status of its parts."""
    parts = minutes // metered.readings.minutes
    status: Int8 = metered.status.reshape(*metered.status.shape[:2], -1, parts).min(axis=3)
    return Metered(to_length(metered.readings, minutes), status, metered.facts)


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
