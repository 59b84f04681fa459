"""The state of an interval: what is known of its energy, joined from readings in any order, any number of times.

States form a semilattice. Of two states the one of the higher (status, known) holds. Where these are equal and the
values are not, neither can be preferred: the interval is disputed, which is the status and known that both have and no
value, until something of a higher (status, known) settles it. `join` is commutative, associative and idempotent, so the
order, repetition and cutting of files cannot matter.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from trueup.model.inputs import NO_VALUE, Wh32
from trueup.quantities import Bools, Ints

Status8 = npt.NDArray[np.int8]
KNOWN_BITS = 40
MOST_KNOWN = 2**KNOWN_BITS
"""Seconds since 1970 that a time of making must stay below: some 34,000 years."""


@dataclass(frozen=True)
class State:
    """States of intervals, arrays of one shape.

    Attributes
    ----------
    value
        Wh, `NO_VALUE` where nothing was read or the interval is disputed.
    key
        Status times 2^40 plus known: what decides between two states. 0 where nothing was read.
    """

    value: Wh32
    key: Ints

    @property
    def status(self) -> Status8:
        """Index into `STATUSES`."""
        return (self.key >> KNOWN_BITS).astype(np.int8)

    @property
    def known(self) -> Ints:
        """UTC second at which the value was made, 0 where that was not said."""
        found: Ints = self.key & (MOST_KNOWN - 1)
        return found

    @property
    def disputed(self) -> Bools:
        """Where two values of equal status and known contradict each other."""
        found: Bools = (self.key > 0) & (self.value == NO_VALUE)
        return found

    def take(self, chosen: Any) -> "State":
        """The states at an index."""
        return State(self.value[chosen], self.key[chosen])


def keys(status: npt.NDArray[Any], known: Ints) -> Ints:
    """What decides between states: status first, then the time at which the value was made."""
    found: Ints = (status.astype(np.int64) << KNOWN_BITS) | known
    return found


def nothing(shape: tuple[int, ...]) -> State:
    """The state of intervals of which nothing was read: the least of all."""
    return State(np.full(shape, NO_VALUE, dtype=np.int32), np.zeros(shape, dtype=np.int64))


def join(one: State, other: State) -> State:
    """What two states together say, interval by interval."""
    value = np.where(one.key > other.key, one.value, other.value)
    value[(one.key == other.key) & (one.value != other.value)] = NO_VALUE
    return State(value, np.maximum(one.key, other.key))


def gather(spot: npt.NDArray[Any], key: Ints, wh: npt.NDArray[Any], intervals: int) -> State:
    """What readings together say: (n,) readings, each at a spot of (intervals,) states, in any order."""
    state = nothing((intervals,))
    if (spot[1:] > spot[:-1]).all():
        state.key[spot], state.value[spot] = key, wh
        return state
    np.maximum.at(state.key, spot, key)
    highest = key == state.key[spot]
    spot, wh = spot[highest], wh[highest]
    state.value[spot] = wh
    state.value[spot[state.value[spot] != wh]] = NO_VALUE
    return state
