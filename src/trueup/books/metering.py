"""The meter data of a shard made whole: estimates put in place, the trail of it, and how much of each bill they are."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from trueup.intervals import LOOK_BACK, Metered, MeterFacts, Spans, Stretches, Trail, estimate_cycles, estimated_in
from trueup.model import Facts
from trueup.periods import midnights
from trueup.quantities import Ints
from trueup.reads.batch import CHANNELS
from trueup.rulebook.vee import VeeRules
from trueup.timeline import cuts, find_cycles

ESTIMATED: dict[str, Any] = {
    "account": pl.String, "cycle_start": pl.Date, "channel": pl.String, "wh": pl.Int64, "of_wh": pl.Int64,
    "intervals": pl.Int64, "of_intervals": pl.Int64,
}  # fmt: skip
"""How much of a cycle was estimated: energy and intervals, of how many; cycles without an estimate have no row."""
TRAIL: dict[str, Any] = {
    "account": pl.String, "channel": pl.String, "rule": pl.String, "version": pl.String,
    "first": pl.Datetime("ms", "UTC"), "last": pl.Datetime("ms", "UTC"), "verdict": pl.String, "observed": pl.Int64,
    "limit": pl.Int64, "cause": pl.String, "value_wh": pl.Int64, "note": pl.String,
}  # fmt: skip
"""What validation found and what was put in place (docs/vee.md)."""


def read_from(first: date, vee: VeeRules | None) -> date:
    """The day from which meter data are read to bill from `first`: estimates draw on the weeks before."""
    return first if vee is None else first - timedelta(days=LOOK_BACK)


def estimated(
    metered: Metered, facts: Facts, cycles: Spans, storage: Sequence[bool], every: Facts, vee: VeeRules | None
) -> tuple[Metered, pl.DataFrame, pl.DataFrame]:
    """The readings with estimates where values are missing or invalid, how much of each cycle they are, and the trail.

    Without rules of estimation nothing is estimated; what the utility itself estimated is told all the same.
    `every` are the same accounts with all their days: checks compare with cycles billed before.
    """
    trail = Trail.join([])
    if vee is not None:
        told = MeterFacts(storage=np.array(storage, dtype=np.int64), cycles=_cycles(every))
        known = Metered(metered.readings, metered.status, told)
        metered, trail = estimate_cycles(known, cycles, vee)
    return metered, _shares(metered, cycles, facts), _named(trail, facts)


def _cycles(facts: Facts) -> Stretches:
    """All cycles of some accounts."""
    found, _ = find_cycles(facts, cuts(facts))
    return Stretches(found.account, midnights(found.start), midnights(found.end))


def _shares(metered: Metered, cycles: Spans, facts: Facts) -> pl.DataFrame:
    found = estimated_in(metered, cycles)
    columns = {
        "account": _names(facts, cycles.account[found.cycle]),
        "cycle_start": [date.fromordinal(int(day)) for day in cycles.start[found.cycle]],
        "channel": [CHANNELS[code] for code in found.channel],
        "wh": found.wh, "of_wh": found.of_wh, "intervals": found.intervals, "of_intervals": found.of_intervals,
    }  # fmt: skip
    return pl.DataFrame(columns, schema=ESTIMATED)


def _named(trail: Trail, facts: Facts) -> pl.DataFrame:
    named = trail.to_polars().with_columns(account=pl.Series(_names(facts, trail.account), dtype=pl.String))
    return named.select(pl.col(name).cast(kind) for name, kind in TRAIL.items())


def _names(facts: Facts, rows: Ints) -> list[str]:
    return [facts.ids[row] for row in rows]
