"""The interval store: readings of many meters in immutable month files under a catalogue; docs/interval-store.md."""

from trueup.store.intervals.ingest import Ingested
from trueup.store.intervals.queries import Dispute, Span
from trueup.store.intervals.rows import Ingest
from trueup.store.intervals.store import IntervalStore, Stored
from trueup.store.intervals.work import Source

__all__ = ["Dispute", "Ingest", "Ingested", "IntervalStore", "Source", "Span", "Stored"]
