"""The six laws (design 8) as checks of a settled shard; each raises AssertionError where it is broken."""

from dataclasses import fields
from typing import Any

import numpy as np

from trueup.components import BOOKS, COMPONENTS, INDEX
from trueup.ledger import is_due
from trueup.model import Lines, Postings, Result, State
from trueup.quantities import Ints
from trueup.rulebook import Rules
from trueup.statement import rule_of

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
    for channel, total in (("delivered", measured.cycle_delivered), ("credited", measured.cycle_credited)):
        assert getattr(profiles, channel).sum() == getattr(measured, channel).sum() == total.sum()
        by_cycle = np.zeros(len(cycles.start), dtype=np.int64)
        np.add.at(by_cycle, measured.cycle, getattr(measured, channel).sum(axis=1))
        assert np.array_equal(by_cycle, total)
    assert not measured.delivered[~measured.occurs].any()
    nets = result.shard.facts.terms.nets_buckets[cycles.terms]
    for name in ("delivery", "generation"):
        own = result.lines.component == INDEX[name]
        billed = np.zeros(len(cycles.start), dtype=np.int64)
        np.add.at(billed, result.lines.cycle[own], result.lines.quantity[own])
        assert np.array_equal(billed, measured.cycle_delivered - np.where(nets, measured.cycle_credited, 0))


def postings_balance(result: Result) -> None:
    """Law 4: postings of each line sum to zero; each bank obeys opening + granted = what left it + closing."""
    postings = result.postings
    per_line = np.zeros(len(result.lines.cents), dtype=np.int64)
    np.add.at(per_line, postings.line, postings.cents)
    assert not per_line.any()
    for book, name in BANKS.items():
        for account in range(len(result.shard.facts.ids)):
            opening, closing = (_balance(s, name, account) for s in (result.shard.opening, result.closing))
            moved = _moved(postings, result, book, account)
            sign = 1 if book == "energy_to_date" else -1
            assert closing == opening + sign * moved, (book, account)
            assert closing >= 0 or book == "energy_to_date"
    due = is_due(result.lines, result.shard.facts, result.spans.cycles)
    total = np.zeros(len(result.spans.cycles.start), dtype=np.int64)
    np.add.at(total, result.lines.cycle[due], result.lines.cents[due])
    closing_due = np.where(result.spans.cycles.closes, result.settled.due[:-1], result.billed.due[:-1])
    assert np.array_equal(total, closing_due), "a bill is the sum of its printed lines"


def _balance(state: State, name: str, account: int) -> int:
    return int(np.sum(getattr(state, name)[account]))


def _moved(postings: Postings, result: Result, book: str, account: int) -> int:
    own = (postings.book == BOOKS.index(book)) & (result.spans.cycles.account[postings.cycle] == account)
    return int(postings.cents[own].sum())


def every_figure_names_its_rule(result: Result, rules: Rules) -> None:
    """Law 5: every line has a rule with a source that exists, and its price version one too."""
    for index in range(len(result.lines.cents)):
        cited = rule_of(result, rules, index)
        assert cited.source in rules.book.sources, cited.rule
        assert all(rule in rules.book.published.rules for rule in cited.published)
        version = int(result.lines.version[index])
        if version >= 0:
            name = rules.tariffs.names[version].split(" from ")[0]
            own = rules.book.schedules[name].versions[version - int(rules.tariffs.first_version[0])]
            assert own.source in rules.book.sources
        assert COMPONENTS[result.lines.component[index]].question in cited.rule


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
    for f in fields(State):
        assert np.array_equal(getattr(together.closing, f.name)[account], getattr(alone.closing, f.name)[0]), f.name
