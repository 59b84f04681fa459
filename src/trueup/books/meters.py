"""The interval store as a run sees it: one moment of it, in whole days, parts of hours added up."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from trueup.errors import TrueupError
from trueup.intervals import Metered, by_length, either
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

    def first_day(self, account: str) -> date | None:
        """First day of an account's data; None without any."""
        return min((date.fromordinal(one.first_day) for one in self._spans(account)), default=None)

    def longest(self, account: str, first: date, last: date) -> int:
        """The longest interval length of an account's data over [first, last), by which it is billed; 0 without any."""
        begin, end = first.toordinal(), last.toordinal()
        return max(
            (one.minutes for one in self._spans(account) if one.first_day < end and one.last_day > begin), default=0
        )

    def changes(self, after: int) -> Mapping[str, date]:
        """First day of the earliest month of which something changed, by account."""
        return {name: date.fromordinal(day) for name, day in self.store.changes(after, self.ingest).items()}

    def read(self, accounts: Sequence[str], first: date, last: date, minutes: int) -> Metered:
        """Dense columns of some accounts over [first, last) with their statuses; nothing where nothing was read.

        Intervals that a meter recorded in parts are their sums: it was exchanged on the way.
        """
        found = self._read(accounts, first, last, minutes)
        lengths = {span.minutes for account in accounts for span in self._spans(account)}
        for length in sorted(length for length in lengths if length < minutes):
            found = either(found, by_length(self._read(accounts, first, last, length), minutes))
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
