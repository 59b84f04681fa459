"""What was posted: the segments, lines and entries of posted runs, as known on a day."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import polars as pl

from trueup.books import journal
from trueup.books.catalogue import Catalogue, Run
from trueup.books.segments import Segment, current, from_frame
from trueup.books.shelf import TABLES, Shelf


@dataclass(frozen=True)
class History:
    """The posted runs of some books, or those that were posted by a day.

    Attributes
    ----------
    folder
        The books.
    runs
        Posted runs in order.
    """

    folder: Path
    runs: tuple[Run, ...]

    @classmethod
    def of(cls, folder: Path, catalogue: Catalogue, known_on: date | None = None) -> "History":
        """All posted runs; with `known_on` those posted by that day."""
        runs = [run for run in catalogue.posted if known_on is None or (run.posted or run.on) <= known_on]
        return cls(folder, tuple(runs))

    @cached_property
    def every_segment(self) -> dict[str, list[tuple[Segment, int]]]:
        """Every posted segment by account, with the shard that holds it."""
        found: dict[str, list[tuple[Segment, int]]] = defaultdict(list)
        for run in self._billing():
            shelf = Shelf(self.folder / run.folder)
            for shard in shelf.shards(run.manifest):
                for segment in from_frame(shelf.table("segments", run.manifest, [shard])):
                    found[segment.account].append((segment, shard))
        return dict(found)

    @cached_property
    def segments(self) -> dict[str, list[Segment]]:
        """What holds of each account, in order of days."""
        return {name: current([one for one, _ in held]) for name, held in self.every_segment.items()}

    def entries(self, accounts: Iterable[str] | None = None) -> pl.DataFrame:
        """All entries, or those of some accounts, payments among them, in the order in which they were posted."""
        wanted = None if accounts is None else list(accounts)
        found = [pl.DataFrame(schema=journal.SCHEMA)]
        for run in self.runs:
            shards = None if wanted is None or run.kind != "bill" else self._shards(run.number, wanted)
            found.append(Shelf(self.folder / run.folder).table("entries", run.manifest, shards))
        every = pl.concat(found)
        return every if wanted is None else every.filter(pl.col("account").is_in(wanted))

    def lines(self, account: str) -> pl.DataFrame:
        """The lines of an account as they hold: those of its current segments."""
        return self._holds("lines", account)

    def estimated(self, account: str) -> pl.DataFrame:
        """How much of an account's cycles was estimated, as it holds, by cycle and channel."""
        return self._holds("estimated", account).sort("cycle_start", "channel")

    def _holds(self, name: str, account: str) -> pl.DataFrame:
        """The rows of a table by cycle that belong to the current segments of an account."""
        found = [pl.DataFrame(schema=TABLES[name])]
        for segment in self.segments.get(account, []):
            run = next(run for run in self.runs if run.number == segment.run)
            table = Shelf(self.folder / run.folder).table(name, run.manifest, self._shards(run.number, [account]))
            here = (pl.col("account") == account) & pl.col("cycle_start").is_between(
                segment.first, segment.last, closed="left"
            )
            found.append(table.filter(here))
        return pl.concat(found)

    def _billing(self) -> list[Run]:
        return [run for run in self.runs if run.kind == "bill"]

    def _shards(self, run: int, accounts: Iterable[str]) -> list[int]:
        held = (self.every_segment.get(name, []) for name in accounts)
        return sorted({shard for own in held for segment, shard in own if segment.run == run})
