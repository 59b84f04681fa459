"""Every allotted Wh and cent adds up to the generator's: many made cases of shares, joins and leaves.

Run `python -m bench.sums_close [cases]`: so many of intervals and of pools, and 300 whole arrangements. The checks are
those of tests/laws/test_sums_close.py; the first case that does not add up stops it.
"""

import sys
import time

from tests.laws.test_sums_close import Level, check

SEED = 20_260_801
STEP = 10_000
ARRANGEMENTS = 300
WHAT: dict[Level, str] = {
    "intervals": "Wh allotted interval by interval",
    "pools": "pools of exports shared, with their credit lines",
    "arrangements": "cycles with a pool, and intervals of output, of whole arrangements",
}


def run(level: Level, cases: int) -> None:
    """Try cases of one kind, in steps of their own seeds, and print what was shared."""
    begin, shared = time.perf_counter(), 0
    for number, start in enumerate(range(0, cases, STEP)):
        shared += check(SEED + number, min(STEP, cases - start), level)
    print(f"{level}: {cases:,} cases, {shared:,} {WHAT[level]}, all add up ({time.perf_counter() - begin:.0f} s)")


def main(cases: int) -> None:
    """All three kinds."""
    run("intervals", cases)
    run("pools", cases)
    run("arrangements", ARRANGEMENTS)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
