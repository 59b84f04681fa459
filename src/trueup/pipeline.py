"""THE LINE: the stages in order. One home is a shard of one; there is no second path."""

from collections.abc import Iterable

import numpy as np

from trueup import refusals
from trueup.allot import allot
from trueup.charges import price, summarise
from trueup.charges.grants import unknown_exports
from trueup.charges.stated import unstated
from trueup.charges.unknown import unknown_prices, unknown_provider_prices
from trueup.components import PROVIDER, UTILITY
from trueup.credit_lines import credit_lines
from trueup.credits import apply_credits
from trueup.determinants import measure
from trueup.ledger import post
from trueup.model import Allotted, Books, Lines, Measured, Profiles, Refusal, Result, Shard, Spans, join_lines
from trueup.profiles import fold, gaps, missing_by_account, own_gaps, with_pools
from trueup.refused_together import of_dates_together, of_others
from trueup.rulebook import Rules
from trueup.timeline import cuts, timeline


def settle(shard: Shard, rules: Rules, also_split_at: Iterable[int] = ()) -> Result:
    """Bill every cycle of every account of a shard, and settle the relevant periods that end in them.

    Pure: no clock, no file, no network. An account that cannot be billed is refused with a reason and has no
    lines; the others are billed all the same.
    """
    facts, readings, allotted = shard.facts, shard.readings, allot(shard.readings, shard.facts, shard.sharing)
    spans = timeline(facts, rules, readings.first_day, readings.last_day, also_split_at)
    profiles = with_pools(fold(readings, facts, spans, allotted), readings, facts, spans, shard.sharing)
    measured = measure(profiles, shard, spans, rules)
    priced = price(measured, profiles, shard, spans, rules)
    books = keep_books(priced, measured, shard, spans, rules)
    refused = refuse(shard, allotted, spans, profiles, measured, books, rules)
    cycles = spans.cycles
    lines = join_lines([priced, *(credit_lines(own, facts, cycles, ledger) for ledger, own in enumerate(books))])
    lines = without(lines, spans, refused)
    postings = post(lines, facts, cycles)
    return Result(shard, spans, profiles, measured, books, lines, postings, tuple(refused))


def keep_books(lines: Lines, measured: Measured, shard: Shard, spans: Spans, rules: Rules) -> tuple[Books, Books]:
    """Credits and settlements of the utility's and of the provider's ledger: neither offsets the other."""
    facts, cycles = shard.facts, spans.cycles
    utility, provider = (
        summarise(
            lines.take(lines.ledger == ledger), facts.terms.take(cycles.of_ledger(ledger).terms), len(cycles.start)
        )
        for ledger in (UTILITY, PROVIDER)
    )
    return apply_credits((utility, provider), measured, facts, cycles, shard.openings, rules)


def refuse(
    shard: Shard,
    allotted: Allotted,
    spans: Spans,
    profiles: Profiles,
    measured: Measured,
    books: tuple[Books, Books],
    rules: Rules,
) -> list[Refusal]:
    """The first reason for each account that cannot be billed, in the order in which a user can mend them."""
    facts, cycles, readings = shard.facts, spans.cycles, shard.readings
    start = cuts(facts)
    lacking = np.nonzero(missing_by_account(profiles, spans, len(facts.ids)))[0]
    found = [
        *refusals.of_dates(facts, cycles, rules),
        *refusals.of_provider_dates(facts, cycles, rules),
        *refusals.of_lengths(facts, cycles),
        *refusals.of_periods(facts, cycles),
        *refusals.of_starts(facts, cycles, start.points[:, 0], start.program_start),
        *refusals.of_coverage(facts, cycles, readings),
        *of_dates_together(facts, cycles, measured.pools, shard.sharing, start.program_start),
        *refusals.of_generation(facts, readings),
        *refusals.of_demand(facts, rules, readings),
        *(
            refusals.of_gap(
                facts, n, readings, gaps(readings, facts, spans, n, allotted), own_gaps(readings, n, allotted)
            )
            for n in lacking.tolist()
        ),
        *refusals.of_prices(facts, cycles, measured.segments.cycle, *unknown_prices(measured, facts, spans, rules)),
        *refusals.of_prices(facts, cycles, measured.provider.cycle, *unknown_provider_prices(measured, rules)),
        *refusals.of_exports(facts, spans, unknown_exports(profiles, facts, spans, rules)),
        *refusals.of_stated(facts, cycles, unstated(facts, spans, rules)),
        *(line for own in books for line in refusals.of_settlements(facts, cycles, own.settled.unknown_rate[:-1])),
    ]
    first = {refusal.account: refusal for refusal in reversed(found)}
    return [*first.values(), *of_others(first, facts, cycles, measured.pools, shard.sharing)]


def without(lines: Lines, spans: Spans, refused: list[Refusal]) -> Lines:
    """The lines of the accounts that were billed."""
    if not refused:
        return lines
    accounts = [refusal.account for refusal in refused]
    return lines.take(~np.isin(spans.cycles.account[lines.cycle], accounts))
