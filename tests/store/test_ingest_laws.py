"""Ingest: order, names, repetition and cutting of files change nothing; what is read is what a scalar store knows."""

import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store.made import DAY, ON, Reading, batch, new_store, readings, scalar_state, source
from trueup.periods import midnight_utc
from trueup.reads.batch import CHANNELS
from trueup.store.intervals import IntervalStore

CASES = settings(max_examples=150, deadline=None)


def digest_of(rows: list[Reading]) -> str:
    with new_store() as store:
        store.ingest([batch(rows)], source(), ON)
        return store.digest()


@CASES
@given(readings(), st.integers(0, 2**32))
def test_order_repetition_cutting_and_names_of_files_change_nothing(rows: list[Reading], seed: int) -> None:
    chance = random.Random(seed)
    with new_store() as store:
        shuffled = rows + [row for row in rows if chance.random() < 0.3]
        chance.shuffle(shuffled)
        while shuffled:
            batches = []
            for _ in range(chance.randint(1, 4)):
                cut = chance.randint(0, 6)
                batches.append(batch(shuffled[:cut]))
                shuffled = shuffled[cut:]
            store.ingest(batches, source(f"{seed}.csv"), ON, most_staged=chance.choice([1, 5, 1000]))
            if chance.random() < 0.2:
                store.compact(ON)
        assert store.digest() == digest_of(rows)
        assert IntervalStore.open(store.folder).digest() == store.digest()


@CASES
@given(readings())
def test_what_is_read_is_what_a_scalar_store_knows(rows: list[Reading]) -> None:
    due = scalar_state(rows)
    with new_store() as store:
        done = store.ingest([batch(rows)], source(), ON)
        assert done.readings == sum(row.status > 0 for row in rows)
        assert done.new + done.disputed == len(due)
        assert done.corrected == done.confirmed == done.unchanged == 0
        assert store.accounts() == tuple(sorted({where[0] for where in due}))
        disputes = {(d.account, d.minutes, d.channel, d.start): (d.status, d.known, -1) for d in store.disputes()}
        assert disputes == {where: found for where, found in due.items() if found[2] < 0}
        assert all(read_states(store, minutes) == of_length(due, minutes) for minutes in (15, 60))


def of_length(due: dict[tuple[str, int, int, int], tuple[int, int, int]], minutes: int) -> dict[object, object]:
    return {where: (found[0], found[2]) for where, found in due.items() if where[1] == minutes}


def read_states(store: IntervalStore, minutes: int) -> dict[object, object]:
    """(status, Wh) of every interval of three days that has any."""
    names = ["anna", "nobody", "carl", "böll"]
    got = store.read(names, DAY - 1, DAY + 1, minutes)
    found: dict[object, object] = {}
    for channel, title in enumerate(CHANNELS):
        values, status = getattr(got.readings, title), getattr(got, f"{title}_status")
        if values is not None:
            for account, at in np.argwhere(status > 0):
                where = (names[account], minutes, channel, midnight_utc(DAY - 1) + int(at) * 60 * minutes)
                found[where] = (int(status[account, at]), int(values[account, at]))
            assert (values[status == 0] == -1).all()
    return found


@CASES
@given(readings(12), readings(12))
def test_a_second_ingest_counts_what_it_changes_and_an_earlier_state_stays_readable(
    first: list[Reading], second: list[Reading]
) -> None:
    before, after = scalar_state(first), scalar_state(first + second)
    given_again = scalar_state(second)
    with new_store() as store:
        start = store.ingest([batch(first)], source("first"), ON)
        digest, done = store.digest(), store.ingest([batch(second)], source("second"), ON)
        moved = [where for where in given_again if after[where] != before.get(where)]
        disputed = [where for where in moved if after[where][2] < 0]
        new = [where for where in moved if where not in before and where not in disputed]
        held = [where for where in moved if where in before and where not in disputed]
        corrected = [where for where in held if before[where][2] != after[where][2]]
        counted = (done.new, done.corrected, done.confirmed, done.disputed, done.unchanged)
        still = len(given_again) - len(moved)
        assert counted == (len(new), len(corrected), len(held) - len(corrected), len(disputed), still)
        assert (done.files > 0) == (done.number > start.number) == bool(moved)
        assert store.digest(as_of=start.number) == digest
        store.compact(ON)
        assert store.digest(as_of=start.number) == digest
