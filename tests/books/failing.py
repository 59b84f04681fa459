"""Failing writes: a small world in which the n-th write is refused by the disk, and which then goes on."""

import tempfile
from datetime import date
from pathlib import Path

from tests.books.crash_world import TODAY, at_write, final_state, live
from trueup.errors import TrueupError

SEED = 7
"""Of a world in which a run corrects what another posted, bills come late, and surplus is paid."""
MONTHS = (date(2025, 12, 1), TODAY)


def lived(folder: Path, failing: int = 0) -> int:
    """Live through the world with the n-th write failing, then go on; how many writes there were to the failure."""

    def fail() -> None:
        raise OSError(28, "No space left on device (planted)")

    with at_write(failing, fail) as count:
        try:
            live(folder, SEED, 0, MONTHS, vee=None)
        except (TrueupError, OSError):
            assert failing
    writes = count[0]
    if failing:
        live(folder, SEED, 0, MONTHS, vee=None)
    return writes


def undisturbed() -> tuple[int, tuple[str, ...]]:
    """How many writes the world has, and as what it ends, if nothing fails."""
    with tempfile.TemporaryDirectory() as scratch:
        return lived(Path(scratch)), final_state(Path(scratch))


def ends(failing: int) -> tuple[str, ...]:
    """As what the world ends with the n-th write failing."""
    with tempfile.TemporaryDirectory() as scratch:
        lived(Path(scratch), failing)
        return final_state(Path(scratch))


def diverging(stride: int = 1) -> tuple[int, list[int]]:
    """How many writes were made to fail, one world each, and which of them changed the end."""
    writes, wanted = undisturbed()
    tried = range(1, writes + 1, stride)
    return len(tried), [number for number in tried if ends(number) != wanted]
