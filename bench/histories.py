"""Random histories with wrong and corrected parts: cancel and rebill must end as never wrong (R-1).

Run `python -m bench.histories [homes] [first seed]`; it prints how many homes were compared, how many of them with
estimates, and the seeds of those that differ.
"""

import sys
import time

from tests.books.histories import compare_with_never_wrong
from tests.made_rules import shared_made_rules

TOGETHER = 40


def main(homes: int, first: int) -> int:
    """Compare until there are enough homes; the number of batches that differ."""
    rules, began = shared_made_rules(), time.perf_counter()
    compared, differ, seed = 0, 0, first
    while compared < homes:
        seeds = list(range(seed, seed + TOGETHER))
        try:
            compared += compare_with_never_wrong(seeds, rules)
        except AssertionError as error:
            differ += 1
            print(f"seeds {seed} to {seed + TOGETHER - 1} differ: {str(error)[:300]}", flush=True)
        seed += TOGETHER
    took = time.perf_counter() - began
    print(f"{compared:,} histories, seeds {first:,} to {seed - 1:,}: {differ} batches differ, {took:,.0f} s")
    return differ


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:]]
    sys.exit(1 if main(*(given + [10_000, 1_000][len(given) :])) else 0)
