"""Spoils small valid files of every reader and watches that nothing but a refusal with a code comes out.

Run `python -m bench.fuzz_readers [mutants of each reader] [first seed] [reader...]`. Mutants are tried in processes of
`TOGETHER` each, so that a library that ends its process is told like any other failure.
"""

import sys
import time
import traceback
from multiprocessing import get_context
from multiprocessing.connection import Connection

from tests.reads.mutants import SEEDS, mutant, survives

SLOW = 2.0
TOGETHER = 20_000


def some(reader: str, seeds: range, out: Connection) -> None:
    """Try some mutants; prints each failure's seed, and sends how many were read, failed, and the slowest's seconds."""
    read, failed, slowest = 0, 0, 0.0
    for seed in seeds:
        start = time.process_time()
        try:
            read += survives(mutant(reader, seed))
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            failed += 1
            print(f"{reader} seed {seed}: {''.join(traceback.format_exception(error)[-4:])}", flush=True)
        slowest = max(slowest, time.process_time() - start)
    out.send((read, failed + (slowest > SLOW), slowest))


def apart(reader: str, seeds: range) -> tuple[int, int, float]:
    """The same in a process of its own, whose sudden end is a failure."""
    here, there = get_context("fork").Pipe(duplex=False)
    process = get_context("fork").Process(target=some, args=(reader, seeds, there))
    process.start()
    there.close()
    try:
        found: tuple[int, int, float] = here.recv()
    except EOFError:
        process.join()
        print(
            f"{reader} seeds {seeds.start} to {seeds.stop - 1}: the process ended with {process.exitcode}", flush=True
        )
        return 0, 1, 0.0
    process.join()
    return found


def run(reader: str, count: int, first: int) -> int:
    """Try some mutants; prints the tally and gives the number of failures."""
    began, found = time.perf_counter(), []
    for start in range(first, first + count, TOGETHER):
        found.append(apart(reader, range(start, min(start + TOGETHER, first + count))))
    took = time.perf_counter() - began
    read, failed, slowest = (sum(r for r, _, _ in found), sum(f for _, f, _ in found), max(s for _, _, s in found))
    print(
        f"{reader:<11} seeds {first:,} to {first + count - 1:,}: {failed} failures, {read:,} still read, "
        f"slowest {slowest * 1000:.0f} ms, {took:.1f} s, {count / took:,.0f} a second",
        flush=True,
    )
    return failed


def main(arguments: list[str]) -> int:
    """Try every reader, or those that are named."""
    count, first = int(arguments[0]) if arguments else 10_000, int(arguments[1]) if len(arguments) > 1 else 0
    return sum(run(reader, count, first) for reader in arguments[2:] or SEEDS)


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
