"""THE LINE: the stages in order. One home is a shard of one; there is no second path."""

from collections.abc import Iterable

import numpy as np

from trueup import refusals
from trueup.charges import price
from trueup.charges.energy import unknown_prices
from trueup.charges.grants import unknown_exports
from trueup.credit_lines import credit_lines
from trueup.credits import apply_credits
from trueup.determinants import measure
from trueup.ledger import post
from trueup.model import Lines, Measured, Profiles, Refusal, Result, Settled, Shard, Spans, join_lines
from trueup.profiles import fold, gaps, missing_by_account
from trueup.rulebook import Rules
from trueup.timeline import cuts, timeline


def settle(shard: Shard, rules: Rules, also_split_at: Iterable[int] = ()) -> Result:
    """Bill every cycle of every account of a shard, and settle the relevant periods that end in them.

    Pure: no clock, no file, no network. An account that cannot be billed is refused with a reason and has no
    lines; the others are billed all the same.
    """
    facts, readings = shard.facts, shard.readings
    spans = timeline(facts, rules, readings.first_day, readings.last_day, also_split_at)
    profiles = fold(readings, facts, spans)
    measured = measure(profiles, facts, spans, rules)
    priced = price(measured, profiles, facts, spans, rules)
    billed, settled, closing = apply_credits(
        priced, measured.cycle_delivered, measured.cycle_credited, facts, spans.cycles, shard.opening, rules
    )
    refused = refuse(shard, spans, profiles, measured, settled, rules)
    lines = join_lines([priced.lines, credit_lines(billed, settled, facts, spans.cycles)])
    lines = without(lines, spans, refused)
    postings = post(lines, facts, spans.cycles)
    return Result(shard, spans, profiles, measured, priced, billed, settled, lines, postings, closing, tuple(refused))


def refuse(
    shard: Shard, spans: Spans, profiles: Profiles, measured: Measured, settled: Settled, rules: Rules
) -> list[Refusal]:
    """The first reason for each account that cannot be billed, in the order in which a user can mend them."""
    facts, readings, cycles = shard.facts, shard.readings, spans.cycles
    start = cuts(facts)
    lacking = np.nonzero(missing_by_account(profiles, spans, len(facts.ids)))[0]
    found = [
        *refusals.of_dates(facts, cycles, rules),
        *refusals.of_lengths(facts, cycles),
        *refusals.of_periods(facts, cycles),
        *refusals.of_starts(facts, cycles, start.points[:, 0], start.program_start),
        *refusals.of_coverage(facts, cycles, readings),
        *refusals.of_generation(facts, readings),
        *(refusals.of_gap(facts, n, readings, gaps(readings, facts, spans, n)) for n in lacking.tolist()),
        *refusals.of_prices(
            facts,
            spans,
            measured.cycle,
            unknown_prices(measured, rules),
            unknown_exports(profiles, facts, spans, rules),
        ),
        *refusals.of_settlements(facts, cycles, settled.unknown_rate[:-1]),
    ]
    return list({refusal.account: refusal for refusal in reversed(found)}.values())


def without(lines: Lines, spans: Spans, refused: list[Refusal]) -> Lines:
    """The lines of the accounts that were billed."""
    if not refused:
        return lines
    accounts = [refusal.account for refusal in refused]
    return lines.take(~np.isin(spans.cycles.account[lines.cycle], accounts))
