"""Rot: bytes of stored files are flipped, files are cut and swapped; whoever reads them must notice. Exit 1 if not.

Run `python -m bench.rot [mutants]`; a third of them are of the small interval store of the tests, which holds what
stores can hold, and two thirds of books with their store.
"""

import sys
import time

from tests.store.made import everything, made_store, scratch
from tests.store.rot import CRASHED, HARMLESS, NOTICED, UNDETECTED, Tally, World, report
from tests.store.rot_books import READING, WRITING, make_world

SEED = 11


def rotten(count: int) -> list[tuple[str, Tally]]:
    """Mutants of a store alone, and of books and their store."""
    with scratch() as folder:
        made_store(folder / "store")
        make_world(folder / "world")
        worlds = {
            "interval store": (World(folder / "store", {"everything": everything}, {}), count // 3),
            "books and store": (World(folder / "world", READING, WRITING), count - count // 3),
        }
        return [(name, world.mutate(number, SEED)) for name, (world, number) in worlds.items()]


def main(count: int) -> int:
    """Print what became of mutants; 1 if any was used unnoticed or ended in a raw error."""
    begin, found = time.perf_counter(), rotten(count)
    for name, tally in found:
        print(name)
        print("\n".join(f"  {line}" for line in report(tally)))
    ends = {end: sum(tally.count(end) for _, tally in found) for end in (NOTICED, HARMLESS, UNDETECTED, CRASHED)}
    told = ", ".join(f"{number:,} {end}" for end, number in ends.items())
    print(f"{count:,} mutants: {told}; {time.perf_counter() - begin:.0f} s")
    return int(ends[UNDETECTED] + ends[CRASHED] > 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
