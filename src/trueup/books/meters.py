"""The interval store as a run sees it: one moment of it, in whole days, parts of hours added up."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from trueup.errors import TrueupError
from trueup.intervals import Metered, by_hour, either
from trueup.intervals.hourly import MINUTES as HOURLY
from trueup.reads import Batch, MeterFile
from trueup.store.intervals import IntervalStore, Span


class StoreMeters:
    """Meter data of a store, as known after an ingest.

    Parameters
    ----------
    as_of
        Number of an ingest; by default the newest.
    """

    def __init__(self, store: IntervalStore, as_of: int | None = None) -> None:
        self.store = store
        self.ingest = (store.ingests[-1].number if store.ingests else 0) if as_of is None else as_of
        self._known: dict[str, tuple[Span, ...]] = {}

    def span(self, account: str) -> tuple[int, date] | None:
        """The longest interval length of an account's data, by which it is billed, and their first day."""
        spans = self._spans(account)
        if not spans:
            return None
        return max(one.minutes for one in spans), date.fromordinal(min(one.first_day for one in spans))

    def changes(self, after: int) -> Mapping[str, date]:
        """First day of the earliest month of which something changed, by account."""
        return {name: date.fromordinal(day) for name, day in self.store.changes(after, self.ingest).items()}

    def read(self, accounts: Sequence[str], first: date, last: date, minutes: int) -> Metered:
        """Dense columns of some accounts over [first, last) with their statuses; nothing where nothing was read.

        Where the hour is billed, hours that a meter recorded in parts are their sums: it was exchanged on the way.
        """
        found = self._read(accounts, first, last, minutes)
        if minutes != HOURLY:
            return found
        lengths = {span.minutes for account in accounts for span in self._spans(account)} - {minutes}
        for length in sorted(lengths):
            found = either(found, by_hour(self._read(accounts, first, last, length)))
        return found

    def _read(self, accounts: Sequence[str], first: date, last: date, minutes: int) -> Metered:
        found = self.store.read(accounts, first.toordinal(), last.toordinal(), minutes, self.ingest)
        return Metered.of_statuses(
            found.readings, found.delivered_status, found.received_status, found.generation_status
        )

    def _spans(self, account: str) -> tuple[Span, ...]:
        if account not in self._known:
            self._known[account] = self.store.span(account, self.ingest)
        return self._known[account]


def storable(file: MeterFile, account: str | None) -> Iterator[Batch]:
    """The batches of a meter file as they may be stored: each reading with the account file's name of its account.

    Parameters
    ----------
    account
        Whose readings a file holds that names nobody, or one meter of the utility's.

    Raises
    ------
    TrueupError
        E-READ-017 where the account is not said or the file says another, E-READ-034 for a signed column, at the latest
        after the last batch: nothing may be kept before.
    """
    seen: set[str] = set()
    for batch in file.batches():
        seen.update(batch.names)
        if file.netted:
            raise _signed(file)
        known = account in (None, *seen) if file.named else account is not None and len(seen) == 1
        if not known:
            raise _nobody(file, account, seen)
        yield batch if file.named or account is None else replace(batch, names=(account,) * len(batch.names))
    if file.netted:
        raise _signed(file)


def _signed(file: MeterFile) -> TrueupError:
    return TrueupError(
        "E-READ-034",
        f"{file.name}: a signed column, in which export was set off against import",
        "A store serves every program, also those that price import and export apart.",
        "Download the file with delivered and received energy apart; `trueup bill` takes it where the program nets.",
    )


def _nobody(file: MeterFile, account: str | None, seen: set[str]) -> TrueupError:
    told = f"holds readings of {', '.join(sorted(seen))[:80]}" if seen - {""} else "names no account"
    return TrueupError(
        "E-READ-017",
        f"{file.name} {told}; --account is {account or 'not given'}",
        "A reading must not be billed to somebody else.",
        "Bring in the file of one meter at a time, with --account and the account file's name.",
    )
