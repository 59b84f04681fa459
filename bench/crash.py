"""The crash test at length: `make crash`, or `python -m bench.crash [kills] [seed]`; prints kills and divergences."""

import sys
import time

from tests.books.failing import diverging
from tests.books.kills import kill_worlds

KILLS, SEED = 120, 11


def main(kills: int = KILLS, seed: int = SEED) -> None:
    """Kill, resume, compare; then fail every write of a world, one after the other."""
    begin = time.perf_counter()
    tally = kill_worlds(kills, seed)
    print(f"{tally.kills} kills in {tally.worlds} worlds (seed {seed}): {tally.diverged} diverged", flush=True)
    tried, diverged = diverging()
    print(f"{tried} failing writes, each of a world: {len(diverged)} diverged {diverged[:10] or ''}")
    print(f"{time.perf_counter() - begin:.0f} s")
    sys.exit(1 if tally.diverged or diverged else 0)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
