"""Spoils small valid files of every reader and watches that nothing but a refusal with a code comes out.

Run `python -m bench.fuzz_readers [mutants of each reader] [first seed] [reader...]`.
"""

import sys
import time
import traceback

from tests.reads.mutants import SEEDS, mutant, survives

SLOW = 2.0


def run(reader: str, count: int, first: int) -> int:
    """Try some mutants; prints the tally and each failure's seed, and gives the number of failures."""
    began, read, failed, slowest = time.perf_counter(), 0, 0, 0.0
    for seed in range(first, first + count):
        start = time.perf_counter()
        try:
            read += survives(mutant(reader, seed))
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            failed += 1
            print(f"{reader} seed {seed}: {''.join(traceback.format_exception(error)[-4:])}")
        slowest = max(slowest, time.perf_counter() - start)
    took = time.perf_counter() - began
    print(
        f"{reader:<11} seeds {first:,} to {first + count - 1:,}: {failed} failures, {read:,} still read, "
        f"slowest {slowest * 1000:.0f} ms, {took:.1f} s"
    )
    return failed + (slowest > SLOW)


def main(arguments: list[str]) -> int:
    """Try every reader, or those that are named."""
    count, first = int(arguments[0]) if arguments else 10_000, int(arguments[1]) if len(arguments) > 1 else 0
    return sum(run(reader, count, first) for reader in arguments[2:] or SEEDS)


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
