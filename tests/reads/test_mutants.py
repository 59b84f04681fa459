"""Ten thousand spoiled files of every reader: nothing but a refusal with a code, a place and a remedy comes out."""

import time

import pytest

from tests.reads.mutants import COUNT, SEEDS, mutant, survives

SLOW = 2.0


@pytest.mark.parametrize("reader", SEEDS)
def test_a_spoiled_file_is_read_or_refused_and_never_crashes_or_hangs(reader: str) -> None:
    read = 0
    for seed in range(COUNT):
        start = time.process_time()
        try:
            read += survives(mutant(reader, seed))
        except BaseException as error:
            raise AssertionError(f"mutant {seed} of {reader}") from error
        assert time.process_time() - start < SLOW, f"mutant {seed} of {reader} hangs"
    assert 0 < read < COUNT
