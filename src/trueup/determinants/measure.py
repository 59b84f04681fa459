"""Stage 4: profiles -> what is billed, in Wh, W and days; no money here."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from trueup.components import PROVIDER, UTILITY
from trueup.determinants import bases
from trueup.determinants.baseline import baseline_parts
from trueup.determinants.buckets import (
    billed_segments,
    bucket_of_hour,
    provider_segments,
    segment_of_row,
    tariff_segments,
)
from trueup.determinants.demand import billed_demand, demand_days, largest_demand
from trueup.determinants.kept import kept_for_later
from trueup.determinants.shares import not_given, shared_pools, with_shares
from trueup.determinants.storage import forfeited_export, of_provider
from trueup.model import Facts, Measured, Profiles, Segments, Shard, Spans
from trueup.quantities import Ints, add_up, whole_kwh
from trueup.rulebook import Rules
from trueup.rulebook.schema import BUCKETS


def measure(profiles: Profiles, shard: Shard, spans: Spans, rules: Rules) -> Measured:
    """Sum the profiles' rows into buckets and make of them what each charge stands on.

    Accounts of an arrangement share exports here; of the shard's balances only counters of kWh are read.
    """
    facts, cycles = shard.facts, spans.cycles
    bucket = bucket_of_hour(facts, spans, rules)
    metered = tariff_segments(profiles, facts, spans, bucket, rules)
    theirs = provider_segments(profiles, facts, spans, bucket, rules)
    delivered, received, credited = _by_cycle(profiles, spans)
    pools = shared_pools(shard.sharing, facts, cycles, delivered, credited, shard.opening)
    forfeited = forfeited_export(metered, facts, cycles, rules)
    lost = forfeited + not_given(metered, pools, facts, cycles)
    credited = with_shares(credited - add_up(metered.cycle, lost.sum(axis=1), len(cycles.account)), pools)
    lost_there = of_provider(forfeited, metered, theirs, len(cycles.account)) + not_given(theirs, pools, facts, cycles)
    segments, kept = _billed(metered, lost, shard, spans, UTILITY)
    provider, kept_there = _billed(theirs, lost_there, shard, spans, PROVIDER)
    terms = facts.terms.take(cycles.terms[segments.cycle])
    of_row = segment_of_row(segments, spans, facts, rules)
    positive_net = add_up(of_row, profiles.positive_net.sum(axis=1), len(segments.cycle))
    imports = whole_kwh(segments.delivered.sum(axis=1), terms.whole_kwh)
    net = whole_kwh((segments.delivered - segments.credited * terms.nets_buckets[:, None]).sum(axis=1), terms.whole_kwh)
    first_season = rules.calendar.at(rules.calendar.season, facts.calendar[cycles.account], cycles.start)
    largest = largest_demand(profiles, facts, spans, bucket, shard.readings.minutes, rules)
    basis = bases.nonbypassable_basis(imports, positive_net, terms.on_positive_net)
    return Measured(
        segments,
        provider,
        *baseline_parts(segments, cycles, facts, first_season),
        whole_kwh(basis, terms.whole_kwh),
        bases.recovery_basis(imports, segments.billed, net, terms.recovery_on_buckets, terms.recovery_on_net),
        net,
        largest,
        billed_demand(largest),
        demand_days(segments),
        _surcharge(profiles, facts, spans, delivered, credited),
        delivered,
        received,
        credited,
        forfeited,
        of_row[:, None] * len(BUCKETS) + bucket,
        (kept, kept_there),
        pools,
    )


def _by_cycle(profiles: Profiles, spans: Spans) -> Iterator[Ints]:
    """(M,) Wh delivered, received, and credited as metered."""
    for channel in (profiles.delivered, profiles.received, profiles.credited):
        yield add_up(spans.rows.cycle, channel.sum(axis=1), len(spans.cycles.account))


def _billed(metered: Segments, lost: Ints, shard: Shard, spans: Spans, ledger: int) -> tuple[Segments, Ints]:
    """Segments of a ledger with the Wh of its energy lines, and by cycle what is kept as kWh for later ones."""
    facts, cycles, opening = shard.facts, spans.cycles, shard.openings[ledger]
    view = cycles.of_ledger(ledger)
    given = replace(metered, credited=metered.credited - lost)
    put, kept = kept_for_later(given, cycles, view, facts.terms.take(view.terms[metered.cycle]), opening.kept_wh)
    return billed_segments(metered, lost + put, facts.terms.take(view.terms)), kept


def _surcharge(profiles: Profiles, facts: Facts, spans: Spans, imports: Ints, exports: Ints) -> Ints:
    """(M,) Wh of the state energy surcharge, as the ledger where it stands takes them."""
    cycles, first = spans.cycles, spans.runs.first_day
    terms = facts.terms.take(np.where(cycles.keeps_ledger, cycles.ledger_terms, cycles.terms))
    by_day = np.zeros_like(imports)
    if terms.surcharge_on_days.any():
        days = (cycles.start - first, cycles.end - first)
        by_day = bases.positive_days(profiles.delivered_by_day, profiles.credited_by_day, cycles.account, *days)
    wh = bases.surcharge_basis(imports, exports, by_day, terms.surcharge_on_net, terms.surcharge_on_days)
    return whole_kwh(wh, terms.whole_kwh)
