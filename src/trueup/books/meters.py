"""The interval store as a run sees it: one moment of it, in whole days, parts of hours added up."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from trueup.intervals import to_hourly
from trueup.intervals.hourly import MINUTES as HOURLY
from trueup.model import NO_VALUE, Readings, Wh32
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

    def read(self, accounts: Sequence[str], first: date, last: date, minutes: int) -> Readings:
        """Dense columns of some accounts over [first, last); `NO_VALUE` where nothing was read.

        Where the hour is billed, hours that a meter recorded in parts are their sums: it was exchanged on the way.
        """
        found = self._read(accounts, first, last, minutes)
        if minutes != HOURLY:
            return found
        lengths = {span.minutes for account in accounts for span in self._spans(account)} - {minutes}
        for length in sorted(lengths):
            found = _filled(found, to_hourly(self._read(accounts, first, last, length)))
        return found

    def _read(self, accounts: Sequence[str], first: date, last: date, minutes: int) -> Readings:
        days = (first.toordinal(), last.toordinal())
        return self.store.read(accounts, *days, minutes, self.ingest, statuses=False).readings

    def _spans(self, account: str) -> tuple[Span, ...]:
        if account not in self._known:
            self._known[account] = self.store.span(account, self.ingest)
        return self._known[account]


def _filled(readings: Readings, other: Readings) -> Readings:
    """Columns with what another length of intervals has where they have nothing."""
    generation = readings.generation if other.generation is None else other.generation
    if readings.generation is not None and other.generation is not None:
        generation = _either(readings.generation, other.generation)
    delivered, received = _either(readings.delivered, other.delivered), _either(readings.received, other.received)
    return replace(readings, delivered=delivered, received=received, generation=generation)


def _either(one: Wh32, other: Wh32) -> Wh32:
    return np.where(one == NO_VALUE, other, one)
