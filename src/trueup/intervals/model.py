"""Readings with how each came to be, and what is known of the meter."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from trueup.intervals.grid import Grid, grid
from trueup.model import NO_VALUE, Readings, Wh32
from trueup.quantities import Bools, Ints
from trueup.reads.batch import ACTUAL, NONE
from trueup.reads.registers import Registers

Int8 = npt.NDArray[np.int8]
DELIVERED, RECEIVED, GENERATION = range(3)


@dataclass(frozen=True)
class Stretches:
    """Stretches of time of accounts, (K,) each: UTC seconds, `end` excluded.

    `told` says of which accounts, (N,), this is known at all; None for all of them.
    """

    account: Ints
    start: Ints
    end: Ints
    told: Bools | None = None


@dataclass(frozen=True)
class RegisterReads:
    """What registers showed, (K,) each.

    Attributes
    ----------
    account, channel
        Of which meter register.
    instant
        UTC second.
    value_wh
        The reading before the multiplier, in Wh of the register (kWh shown x 1000).
    multiplier
        What the reading is multiplied with.
    dials
        Digits of whole kWh after which the register rolls over; 0 where unknown, then a fall is not explained.
    """

    account: Ints
    channel: Ints
    instant: Ints
    value_wh: Ints
    multiplier: Ints
    dials: Ints

    @classmethod
    def of(cls, registers: Registers, accounts: Sequence[str]) -> "RegisterReads":
        """The reads of some accounts, numbered in their order; reads that name nobody are the first account's."""
        rows = {name: row for row, name in enumerate(accounts)} | ({"": 0} if accounts else {})
        row = np.array([rows.get(name, -1) for name in registers.names], dtype=np.int64)[registers.account]
        names = ("channel", "instant", "value_wh", "multiplier", "dials")
        return cls(row[row >= 0], *(getattr(registers, name)[row >= 0] for name in names))


@dataclass(frozen=True)
class MeterIds:
    """Which meter stood at an account, (K,): numbers of meters, UTC seconds, `end` excluded."""

    account: Ints
    start: Ints
    end: Ints
    meter: Ints


@dataclass(frozen=True)
class MeterFacts:
    """What is known of the meters of N accounts. All may be unknown: None, or `quantities.UNKNOWN` of an account.

    Attributes
    ----------
    registers
        Register reads.
    outages, test_mode, bad_status
        Stretches of power failure, of test mode, and with a status (overflow, diagnostic) that spoils the value.
    counter_wh
        (N,) the largest energy that the pulse counter holds in an interval.
    of_record, in_data
        Which meter was installed, and which meter the data name.
    collector_seconds, meter_seconds
        (N,) how far the clock of the collector and of the meter was off the standard at collection.
    nameplate_w
        (N,) rating of what may feed in: generator and battery.
    storage
        (N,) 1 with storage, 0 without.
    latitude, longitude
        (N,) millionths of a degree, north and east positive.
    active, inactive
        Stretches of service and without service. Where service is known, nothing is due outside of it.
    kvarh
        (N, T) whether reactive energy was recorded.
    history_wh
        (channels, N) average daily energy in the same period of last year.
    cycles
        Billing cycles.
    """

    registers: RegisterReads | None = None
    outages: Stretches | None = None
    test_mode: Stretches | None = None
    bad_status: Stretches | None = None
    counter_wh: Ints | None = None
    of_record: MeterIds | None = None
    in_data: MeterIds | None = None
    collector_seconds: Ints | None = None
    meter_seconds: Ints | None = None
    nameplate_w: Ints | None = None
    storage: Ints | None = None
    latitude: Ints | None = None
    longitude: Ints | None = None
    active: Stretches | None = None
    inactive: Stretches | None = None
    kvarh: Bools | None = None
    history_wh: Ints | None = None
    cycles: Stretches | None = None


@dataclass(frozen=True)
class Metered:
    """Dense readings of N accounts, the status of each interval, and what is known of the meters.

    Attributes
    ----------
    readings
        (N, T) int32 Wh by channel, `NO_VALUE` where none is.
    status
        (channels, N, T) int8, index into `reads.batch.STATUSES`; `none` exactly where there is no value.
    facts
        What is known of the meters.
    """

    readings: Readings
    status: Int8
    facts: MeterFacts = field(default_factory=MeterFacts)

    @classmethod
    def of(cls, readings: Readings, facts: MeterFacts | None = None, status: Int8 | None = None) -> "Metered":
        """Readings alone: every value counts as actual where no status is given."""
        shown = np.stack([column != NO_VALUE for column in _columns(readings)])
        given = np.where(shown, ACTUAL, NONE) if status is None else np.where(shown, status, NONE)
        return cls(readings, given.astype(np.int8), facts or MeterFacts())

    @classmethod
    def of_statuses(cls, readings: Readings, *statuses: Int8 | None, facts: MeterFacts | None = None) -> "Metered":
        """Readings with the statuses of delivered, received and, if any, generation, (N, T) each, as a store has them.

        None stands for a channel that there is not, or of which every value is actual.
        """
        told = (*statuses, None, None, None)
        columns = _columns(readings)
        given = [
            np.full(column.shape, ACTUAL) if status is None else status
            for column, status in zip(columns, told[: len(columns)], strict=True)
        ]
        return cls.of(readings, facts, np.stack(given))

    @property
    def columns(self) -> tuple[Wh32, ...]:
        """The channels that there are: delivered, received and, if metered, generation."""
        return _columns(self.readings)

    @property
    def accounts(self) -> int:
        """How many accounts, N."""
        return len(self.readings.delivered)

    @cached_property
    def grid(self) -> Grid:
        """The intervals."""
        return grid(self.readings.first_day, self.readings.last_day, self.readings.minutes)

    @cached_property
    def due(self) -> Bools:
        """(N, T) intervals that must have a value: those that service touches, or all where service is not known."""
        service = self.facts.active
        if service is None:
            return np.ones((self.accounts, self.grid.length), dtype=np.bool_)
        unknown = np.zeros(self.accounts, dtype=np.bool_) if service.told is None else ~service.told
        return self.during(service) | unknown[:, None]

    def with_columns(self, columns: tuple[Wh32, ...], status: Int8) -> "Metered":
        """The same meters with other values."""
        generation = columns[GENERATION] if len(columns) > GENERATION else None
        readings = replace(
            self.readings, delivered=columns[DELIVERED], received=columns[RECEIVED], generation=generation
        )
        return Metered(readings, status, self.facts)

    def during(self, stretches: Stretches | None, whole: bool = False) -> Bools:
        """(N, T) intervals that stretches touch, or with `whole` cover entirely; none where nothing is known."""
        marks = np.zeros((self.accounts, self.grid.length + 1), dtype=np.int64)
        if stretches is not None:
            begin, end = self.grid.slot(stretches.start, upward=whole), self.grid.slot(stretches.end, upward=not whole)
            real = end > begin
            np.add.at(marks, (stretches.account[real], begin[real]), 1)
            np.add.at(marks, (stretches.account[real], end[real]), -1)
        return np.cumsum(marks, axis=1)[:, :-1] > 0

    def by_day(self, values: Ints) -> Ints:
        """(N, days) sums of (N, T) values."""
        found: Ints = np.add.reduceat(values, self.grid.day_start[:-1], axis=1, dtype=np.int64)
        return found


def _columns(readings: Readings) -> tuple[Wh32, ...]:
    two = (readings.delivered, readings.received)
    return two if readings.generation is None else (*two, readings.generation)


def placed(values: npt.NDArray[Any], at: Ints, empty: int) -> npt.NDArray[Any]:
    """(N, T) values at (days, slots) intervals: (N, days, slots), `empty` where the interval is T."""
    padded = np.concatenate([values, np.full((len(values), 1), empty, dtype=values.dtype)], axis=1)
    found: npt.NDArray[Any] = padded[:, at]
    return found


def over(values: npt.NDArray[Any], row: Ints, begin: Ints, end: Ints) -> Ints:
    """(K,) sums of (N, T) values over the intervals from `begin` to `end` (excluded) of rows."""
    total = np.zeros((values.shape[0], values.shape[1] + 1), dtype=np.int64)
    np.cumsum(values, axis=1, out=total[:, 1:])
    found: Ints = total[row, end] - total[row, begin]
    return found
