"""The join of states is a semilattice: what the store rests on."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from trueup.reads.batch import ACTUAL, ESTIMATED
from trueup.store.intervals.join import State, gather, join, keys, nothing

LENGTH = 4
Row = tuple[int, int, int]


def state(rows: Sequence[Row]) -> State:
    status, known, value = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    return State(np.where(status == 0, -1, value).astype(np.int32), np.where(status == 0, 0, keys(status, known)))


CELLS = st.tuples(st.integers(0, 4), st.integers(0, 2), st.integers(-1, 2))
STATES = st.lists(CELLS, min_size=LENGTH, max_size=LENGTH).map(state)


def same(one: State, other: State) -> bool:
    return np.array_equal(one.value, other.value) and np.array_equal(one.key, other.key)


@settings(max_examples=500)
@given(STATES, STATES, STATES)
def test_states_join_in_any_order_and_any_number_of_times(one: State, other: State, third: State) -> None:
    assert same(join(one, other), join(other, one))
    assert same(join(join(one, other), third), join(one, join(other, third)))
    assert same(join(one, one), one)
    assert same(join(one, nothing((LENGTH,))), one)
    assert same(join(join(one, other), one), join(one, other))


READINGS = st.lists(
    st.tuples(st.integers(0, LENGTH - 1), st.integers(1, 4), st.integers(0, 2), st.integers(0, 2)), max_size=12
)


@settings(max_examples=500)
@given(READINGS)
def test_readings_gathered_at_once_are_the_join_of_each(readings: list[tuple[int, int, int, int]]) -> None:
    spot, status, known, wh = (np.array([row[at] for row in readings], dtype=np.int64) for at in range(4))
    one_by_one = nothing((LENGTH,))
    for at in range(len(readings)):
        alone = gather(spot[at : at + 1], keys(status, known)[at : at + 1], wh[at : at + 1], LENGTH)
        one_by_one = join(one_by_one, alone)
    assert same(gather(spot, keys(status, known), wh, LENGTH), one_by_one)


def test_two_values_of_equal_status_and_known_are_a_dispute_until_a_later_one_settles_it() -> None:
    first, second = state([(ACTUAL, 5, 100)]), state([(ACTUAL, 5, 101)])
    disputed = join(first, second)
    assert (int(disputed.value[0]), int(disputed.status[0]), int(disputed.known[0])) == (-1, ACTUAL, 5)
    assert disputed.disputed.all()
    assert same(join(disputed, first), disputed)
    assert same(join(disputed, state([(ACTUAL, 4, 7)])), disputed)
    assert int(join(disputed, state([(ACTUAL, 6, 102)])).value[0]) == 102


def test_a_lower_status_never_overwrites_a_higher_however_late_it_was_made() -> None:
    held = join(state([(ACTUAL, 1, 100)]), state([(ESTIMATED, 9, 200)]))
    assert (int(held.value[0]), int(held.status[0])) == (100, ACTUAL)
