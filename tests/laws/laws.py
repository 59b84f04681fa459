"""The six laws (design 8) as checks of a settled shard; each raises AssertionError where it is broken."""

from dataclasses import fields
from typing import Any

import numpy as np

from trueup.cited import rule_of
from trueup.components import BOOKS, INDEX, PROVIDER, UTILITY
from trueup.explain.citations import prices_of
from trueup.ledger import is_due
from trueup.model import Lines, Postings, Result, State
from trueup.quantities import Ints
from trueup.rulebook import Rules

BANKS = {"bank.export": "export", "bank.bonus": "bonus", "bank.climate": "climate", "bank.surplus": "surplus",
         "bank.surplus_held": "surplus_held", "energy_to_date": "energy_to_date"}  # fmt: skip


def every_interval_counts_once(result: Result) -> None:
    """Law 1: the intervals of an account's cycles are in its rows, each once; those outside in none."""
    readings, spans = result.shard.readings, result.spans
    per_hour = 60 // readings.minutes
    inside = np.repeat(spans.row_of_run >= 0, spans.runs.hours * per_hour, axis=1)
    days = spans.runs.first_day + np.repeat(spans.runs.day, spans.runs.hours * per_hour)
    for account in range(len(result.shard.facts.ids)):
        own = spans.cycles.account == account
        starts, ends = spans.cycles.start[own], spans.cycles.end[own]
        assert np.array_equal(inside[account], ((days[:, None] >= starts) & (days[:, None] < ends)).any(axis=1))
        rows = spans.rows.account == account
        for name in ("delivered", "received"):
            metered = getattr(readings, name)[account][inside[account]].sum(dtype=np.int64)
            assert getattr(result.profiles, name)[rows].sum() == metered, name


def same_lines(one: Result, other: Result) -> None:
    """Law 2: two ways of folding give the same printed lines, to the last exact digit."""
    first, second = (sorted_columns(result.lines) for result in (one, other))
    for name, column in first.items():
        assert np.array_equal(column, second[name]), name


def sorted_columns(lines: Lines) -> dict[str, Ints]:
    """Lines as columns in an order that does not depend on how they were made."""
    columns = {f.name: getattr(lines, f.name) for f in fields(Lines)}
    order = np.lexsort(tuple(columns.values()))
    return {name: column[order] for name, column in columns.items()}


def energy_is_conserved(result: Result) -> None:
    """Law 3: rows -> buckets -> cycles -> lines lose and make no watt-hour."""
    measured, profiles, cycles = result.measured, result.profiles, result.spans.cycles
    segments = measured.segments
    for channel, total in (("delivered", measured.cycle_delivered), ("credited", measured.cycle_credited)):
        lost = measured.forfeited.sum() if channel == "credited" else 0
        assert getattr(profiles, channel).sum() - lost == getattr(segments, channel).sum() == total.sum()
        assert np.array_equal(_by_cycle(result, segments.cycle, getattr(segments, channel).sum(axis=1)), total)
        sold = getattr(measured.provider, channel).sum(axis=1)
        kept = np.where(cycles.keeps_ledger, total, 0)
        assert np.array_equal(_by_cycle(result, measured.provider.cycle, sold), kept)
    assert not segments.delivered[~segments.occurs].any()
    for ledger, names in ((UTILITY, ("delivery", "delivery_baseline")), (UTILITY, GENERATION), (PROVIDER, GENERATION)):
        _lines_hold_the_energy(result, ledger, names)


GENERATION = ("generation",)


def _lines_hold_the_energy(result: Result, ledger: int, names: tuple[str, ...]) -> None:
    """The kWh of a ledger's energy lines are what was delivered, less what a program nets; whole kWh apart."""
    cycles, measured = result.spans.cycles, result.measured
    terms = result.shard.facts.terms.take(cycles.of_ledger(ledger).terms)
    own = np.isin(result.lines.component, [INDEX[name] for name in names]) & (result.lines.ledger == ledger)
    billed = _by_cycle(result, result.lines.cycle[own], result.lines.quantity[own])
    nets = terms.nets_buckets | (terms.nets_generation & (names == GENERATION))
    wanted = measured.cycle_delivered - np.where(nets, measured.cycle_credited, 0)
    if names == GENERATION:
        wanted = np.where(cycles.keeps_ledger if ledger == PROVIDER else terms.bundled, wanted, 0)
    exact = ~terms.whole_kwh
    assert np.array_equal(billed[exact], wanted[exact])


def _by_cycle(result: Result, cycle: Ints, values: Ints) -> Ints:
    total = np.zeros(len(result.spans.cycles.start), dtype=np.int64)
    np.add.at(total, cycle, values)
    return total


def postings_balance(result: Result) -> None:
    """Law 4: postings of each line sum to zero; each bank obeys opening + granted = what left it + closing.

    In each of the two ledgers on its own: neither ever offsets the other.
    """
    postings = result.postings
    per_line = np.zeros(len(result.lines.cents), dtype=np.int64)
    np.add.at(per_line, postings.line, postings.cents)
    assert not per_line.any()
    assert np.array_equal(result.lines.ledger[postings.line], postings.ledger)
    due = is_due(result.lines, result.shard.facts, result.spans.cycles)
    openings = (result.shard.opening, result.shard.provider_opening or State.empty(len(result.shard.facts.ids)))
    for ledger, opening in enumerate(openings):
        _banks_balance(result, ledger, opening)
        books, own = result.books[ledger], due & (result.lines.ledger == ledger)
        total = _by_cycle(result, result.lines.cycle[own], result.lines.cents[own])
        closes = result.spans.cycles.of_ledger(ledger).closes
        closing_due = np.where(closes, books.settled.due[:-1], books.billed.due[:-1])
        assert np.array_equal(total, closing_due), "a bill is the sum of its printed lines"


def _banks_balance(result: Result, ledger: int, opening: State) -> None:
    for book, name in BANKS.items():
        for account in range(len(result.shard.facts.ids)):
            before, after = (_balance(s, name, account) for s in (opening, result.books[ledger].closing))
            sign = 1 if book == "energy_to_date" else -1
            assert after == before + sign * _moved(result.postings, result, book, account, ledger), (book, account)
            assert after >= 0 or book == "energy_to_date"


def _balance(state: State, name: str, account: int) -> int:
    billed = int(state.energy_billed[account]) if name == "energy_to_date" else 0
    return int(np.sum(getattr(state, name)[account])) - billed


def _moved(postings: Postings, result: Result, book: str, account: int, ledger: int) -> int:
    own = (
        (postings.ledger == ledger)
        & (postings.book == BOOKS.index(book))
        & (result.spans.cycles.account[postings.cycle] == account)
    )
    return int(postings.cents[own].sum())


def every_figure_names_its_rule(result: Result, rules: Rules) -> None:
    """Law 5: every line has a rule with a source that exists, and its price version one too."""
    for index in range(len(result.lines.cents)):
        cited = rule_of(result, rules, index)
        assert cited.source in rules.book.sources, cited.rule
        assert all(rule in rules.book.published.rules for rule in cited.published)
        if result.lines.version[index] >= 0:
            assert prices_of(result, rules, index), "a price version names its document"
        assert cited.rule.count(".") == 1, "an owner and what of it"


def same_bill(alone: Result, together: Result, account: int) -> None:
    """Law 6: a home's lines and closing balances are the same alone and among others."""
    own = together.spans.cycles.account[together.lines.cycle] == account
    lines = together.lines.take(own)
    first = int(np.nonzero(together.spans.cycles.account == account)[0][0])
    moved: dict[str, Any] = {f.name: getattr(lines, f.name) for f in fields(Lines)}
    moved["cycle"] = moved["cycle"] - first
    assert {k: v.tolist() for k, v in sorted_columns(Lines(**moved)).items()} == {
        k: v.tolist() for k, v in sorted_columns(alone.lines).items()
    }
    for ours, theirs in zip(together.books, alone.books, strict=True):
        for f in fields(State):
            assert np.array_equal(getattr(ours.closing, f.name)[account], getattr(theirs.closing, f.name)[0]), f.name
