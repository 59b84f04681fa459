"""How many accounts a run drafts, computes and posts in a second, on one core, from a store of hourly meters.

Run `python -m bench.books [homes]`: a year billed month by month would draft and compute twelve times; here the year is
one run without estimates, one with estimates, and one that finds nothing to do.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from tests.books.crash_world import batch_of
from tests.books.made_books import TODAY, portfolio, without_openings
from tests.made_rules import shared_made_rules
from trueup.books import Books
from trueup.books.meters import StoreMeters
from trueup.rulebook.vee import VeeRules
from trueup.store.intervals import IntervalStore, Source


def timed(what: str, homes: int, act: Callable[[], Any]) -> Any:
    """Do something and print its rate."""
    began = time.perf_counter()
    found = act()
    took = time.perf_counter() - began
    print(f"{what:<28} {took:7.2f} s  {homes / took:8,.0f} accounts a second", flush=True)
    return found


def main(count: int) -> None:
    """Print the rates."""
    rules, homes = shared_made_rules(), without_openings(range(count))
    accounts = portfolio(*(home.account for home in homes))
    with tempfile.TemporaryDirectory() as folder:
        store = IntervalStore.create(Path(folder) / "store")
        source, batches = Source("made", "0" * 64, "mdm"), [batch_of(home, TODAY, False) for home in homes]
        timed("ingest", len(homes), lambda: store.ingest(batches, source, date(2026, 8, 1)))
        for name, vee in (("without estimates", None), ("with estimates", VeeRules.shipped())):
            books = Books(Path(folder) / name)
            meters = StoreMeters(IntervalStore.open(Path(folder) / "store"))

            def draft(books: Books = books, meters: StoreMeters = meters, vee: VeeRules | None = vee) -> Any:
                return books.draft(accounts, meters, rules, TODAY, TODAY, vee=vee, ask_late=True)

            run = timed(f"draft {name}", len(homes), draft)
            timed("  compute", len(homes), lambda books=books, run=run, vee=vee, meters=meters: books.compute(
                run.number, meters, rules, vee))  # fmt: skip
            books.approve(run.number)
            timed("  post", len(homes), lambda books=books, run=run: books.post(run.number, TODAY))
            timed("  draft of nothing", len(homes), draft)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
