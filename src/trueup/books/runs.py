"""The books of a folder: runs are drafted, computed, approved and posted, or voided.

A run's files are written whole and never changed; the catalogue says which runs are posted. Posting is one commit
after all files are in place, so a run is posted whole or not at all, and one that was interrupted goes on.
"""

import fcntl
import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

import polars as pl

from trueup.books import drafts, journal
from trueup.books.catalogue import FILE, Catalogue, Run
from trueup.books.compute import WAITING, Work, compute
from trueup.books.history import History
from trueup.books.plan import Known, Meters
from trueup.books.portfolio import Portfolio
from trueup.books.shelf import Shelf
from trueup.errors import TrueupError
from trueup.rulebook import Rules
from trueup.rulebook.vee import VeeRules
from trueup.store.files import make_folder
from trueup.version import VERSION


class Books:
    """The books of a folder. Whoever changes them holds its lock; readers need none."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.catalogue = Catalogue(folder / FILE)

    def history(self, known_on: date | None = None) -> History:
        """What was posted; with `known_on` what was posted by that day."""
        return History.of(self.folder, self.catalogue, known_on)

    def shelf(self, run: Run) -> Shelf:
        """The files of a run."""
        return Shelf(self.folder / run.folder)

    def draft(
        self,
        portfolio: Portfolio,
        meters: Meters,
        rules: Rules,
        on: date,
        through: date,
        again_from: date | None = None,
        vee: VeeRules | None = None,
        ask_late: bool = False,
    ) -> Run:
        """Plan a run: the cycles that end by `through`, and posted ones of which facts or meter data changed.

        Parameters
        ----------
        on
            The run's today.
        again_from
            Bill everything again from this day on, as after a tariff that came late.
        vee
            Rules of the same folder by which missing and invalid intervals are estimated; without them such an account
            waits.
        ask_late
            Ask for cycles that were never billed whatever their age, as for accounts taken over from other books; else
            what lies beyond the limit of back-billing is written off.
        """
        with self.locked():
            self._after_the_last(on, "draft a run")
            shared = [*portfolio.arrangements.values()]
            known = Known(portfolio.accounts, portfolio.openings, self.history().segments, meters, rules, shared)
            units, waiting = drafts.plan(known, on, through, again_from)
            told = {"ingest": meters.ingest, "rules": rules_digest(rules), "estimates": _made(vee)}
            run = self.new("bill", on, through, **told, late="asked" if ask_late else "written_off")
            left_out = [_unusable(name, error, on) for name, error in portfolio.unusable.items()]
            shards = drafts.in_shards(units, known.shared)
            digest = drafts.write_plan(self.shelf(run), shards, known, [*left_out, *waiting])
            return self.catalogue.add(run, plan=digest)

    def new(self, kind: str, on: date, through: date, **told: Any) -> Run:
        """A draft that is not entered yet, with the next number, and what else is told of a `Run`."""
        usual: dict[str, Any] = {
            "ingest": 0, "rules": "", "estimates": _made(None), "zone": version_of("tzdata"), "trueup": VERSION,
        }  # fmt: skip
        number = max(self.catalogue.runs, default=0) + 1
        return Run(number, kind, "draft", on, through, self.catalogue.head, **(usual | told))

    def compute(self, number: int, meters: Meters, rules: Rules, vee: VeeRules | None = None) -> Run:
        """Compute a draft, or what an interrupted computation left of it: a shard that is whole is not done again.

        Raises
        ------
        TrueupError
            E-RUN-004 if rules or meter data are not those of the draft, or only one of both estimates.
        """
        with self.locked():
            run = self.catalogue.get(number)
            _same_inputs(run, meters, rules, vee)
            shelf, history = self.shelf(run), self.history()
            shards, _ = drafts.read_head(shelf, run.plan)
            for shard in range(shards):
                if not shelf.is_done(shard, run.plan):
                    planned = drafts.read_shard(shelf, run.plan, shard)
                    again = [unit.account for unit in planned.units if unit.begin < unit.billed_to]
                    posted = history.entries(again) if again else pl.DataFrame(schema=journal.SCHEMA)
                    late, shared = run.late == "asked", planned.arrangements
                    work = Work(planned.accounts, meters, rules, vee, posted, number, run.on, late, shared)
                    shelf.write_shard(shard, compute(planned.units, work), run.plan)
            return self.catalogue.move(number, "computed", manifest=shelf.seal(shards, run.plan))

    def approve(self, number: int) -> Run:
        """Approve a computed run for posting."""
        with self.locked():
            return self.catalogue.move(number, "approved")

    def post(self, number: int, on: date) -> Run:
        """Post an approved run; posting it again changes nothing.

        Raises
        ------
        TrueupError
            E-RUN-005 if another run was posted since it was drafted, E-RUN-006 for a day before the newest posting,
            E-STORE-001 if a file of it changed.
        """
        with self.locked():
            run = self.catalogue.get(number)
            if run.state == "posted":
                return run
            self.catalogue.may_become(number, "posted")
            if run.base != self.catalogue.head:
                raise TrueupError(
                    "E-RUN-005",
                    f"run {number} builds on run {run.base}, but run {self.catalogue.head} was posted since",
                    "Cycles could be billed twice.",
                    f"Void run {number} and draft a new one.",
                )
            self._after_the_last(on, f"post run {number}")
            for _ in self.shelf(run).check(run.manifest):
                pass
            return self.catalogue.move(number, "posted", posted=on)

    def _after_the_last(self, on: date, what: str) -> None:
        """Refuse a day before the newest posting (E-RUN-006): what was known on a day would change afterwards."""
        last = max((run.posted or run.on for run in self.catalogue.posted), default=date.min)
        if on < last:
            raise TrueupError(
                "E-RUN-006",
                f"cannot {what} on {on}: a run was posted on {last}",
                "What was known on a day must stay so, and the limits of back-billing run by the day.",
                f"Name {last} or a later day with --on.",
            )

    def void(self, number: int) -> Run:
        """Give up a run that is not posted."""
        with self.locked():
            return self.catalogue.move(number, "voided")

    def waiting(self, run: Run) -> pl.DataFrame:
        """The accounts that a run could not bill, with reason, first unbilled day and age."""
        if run.kind != "bill":
            return pl.DataFrame(schema=WAITING)
        shelf = self.shelf(run)
        planned = pl.DataFrame(drafts.read_head(shelf, run.plan)[1], schema=WAITING, orient="row")
        if not run.manifest:
            return planned
        return pl.concat([planned, shelf.table("waiting", run.manifest)]).sort(
            "days", "account", descending=[True, False]
        )

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the books; the catalogue is read again, as another process may have changed it."""
        make_folder(self.folder)
        handle = os.open(self.folder / ".lock", os.O_CREAT | os.O_RDWR)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            self.catalogue = Catalogue(self.folder / FILE)
            yield
        except (OSError, sqlite3.Error) as error:
            raise TrueupError(
                "E-BOOK-005",
                f"{self.folder} cannot be written: {error}",
                "What was posted stays as it was; what was being made is not posted.",
                "Make room or mend the disk, then `trueup run resume`, or draft the run again.",
            ) from error
        finally:
            os.close(handle)


def rules_digest(rules: Rules) -> str:
    """One digest of all rule files, those of estimation among them."""
    return hashlib.sha256(json.dumps(rules.book.digests, sort_keys=True).encode()).hexdigest()[:16]


def _made(vee: VeeRules | None) -> str:
    """Whether a run estimates, as `Run.estimates` says it."""
    return "none" if vee is None else "made"


def _same_inputs(run: Run, meters: Meters, rules: Rules, vee: VeeRules | None) -> None:
    """Refuse to compute a draft from other inputs than it was planned with."""
    inputs = (
        ("rules", run.rules, rules_digest(rules)),
        ("estimates", run.estimates, _made(vee)),
        ("ingest", run.ingest, meters.ingest),
    )
    for name, was, found in inputs:
        if was != found:
            raise TrueupError(
                "E-RUN-004",
                f"run {run.number} was drafted with {name} {was}; now they are {found}",
                "Some shards would be computed from one state and some from another.",
                f"Void run {run.number} and draft a new one.",
            )


def _unusable(name: str, error: TrueupError, on: date) -> drafts.Waiting:
    return name, error.code, error.what, error.todo, on, 0
