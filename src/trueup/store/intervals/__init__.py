"""The interval store: readings of many meters in immutable month files under a catalogue; docs/interval-store.md."""

from trueup.store.intervals.catalogue import Ingest
from trueup.store.intervals.ingest import Ingested, Source
from trueup.store.intervals.queries import Dispute, Span
from trueup.store.intervals.store import IntervalStore, Stored

__all__ = ["Dispute", "Ingest", "Ingested", "IntervalStore", "Source", "Span", "Stored"]
