"""The architecture's smoke: 2,000 made homes from arrays in memory to posted lines, and each equal to itself alone.

Run `make bench` or `python -m bench.smoke [homes]`. Prints account-years per second on one and two processes, warm.
"""

import multiprocessing
import statistics
import sys
import time
from dataclasses import fields
from typing import Any

import numpy as np

from bench.homes import accounts, readings
from tests.made_rules import shared_made_rules
from trueup.facts import gather_facts
from trueup.model import Lines, Readings, Result, Shard, State
from trueup.pipeline import settle
from trueup.rulebook import Rules

SHARD = 100
SEED = 7
ROUNDS = 5
BAR = 2000

_SHARDS: list[Shard] = []
_RULES: list[Rules] = []


def make_shards(count: int, rules: Rules) -> list[Shard]:
    """The made homes in shards of `SHARD`."""
    homes, data = accounts(count, SEED), readings(count, SEED)
    return [
        Shard(
            gather_facts(homes[start : start + SHARD], rules),
            Readings(
                data.first_day,
                data.last_day,
                data.minutes,
                data.delivered[start : start + SHARD],
                data.received[start : start + SHARD],
            ),
            State.empty(len(homes[start : start + SHARD])),
        )
        for start in range(0, count, SHARD)
    ]


def account_years(result: Result) -> float:
    """Billed days over 365."""
    cycles = result.spans.cycles
    return float((cycles.end - cycles.start).sum()) / 365


def run_shard(index: int) -> tuple[float, int, int]:
    """Settle a shard in a worker: account-years, lines, and the sum of postings, which is zero."""
    result = settle(_SHARDS[index], _RULES[0])
    if result.refusals:
        raise result.refusals[0].error
    return account_years(result), len(result.lines.cents), int(result.postings.cents.sum())


def lines_of(result: Result, account: int) -> dict[str, Any]:
    """One account's lines as plain columns in a fixed order, cycles counted from its own first."""
    own = np.nonzero(result.spans.cycles.account[result.lines.cycle] == account)[0]
    lines = result.lines.take(own)
    first = int(np.nonzero(result.spans.cycles.account == account)[0][0])
    columns = {f.name: getattr(lines, f.name).copy() for f in fields(Lines)}
    columns["cycle"] -= first
    order = np.lexsort(tuple(columns.values()))
    return {name: column[order] for name, column in columns.items()}


def alone(shard: Shard, account: int, rules: Rules, homes: list[Any]) -> Result:
    """The same home, run as a shard of one."""
    data = shard.readings
    one = Readings(
        data.first_day,
        data.last_day,
        data.minutes,
        data.delivered[account : account + 1],
        data.received[account : account + 1],
    )
    return settle(Shard(gather_facts([homes[account]], rules), one, State.empty(1)), rules)


def count_equal(shards: list[Shard], count: int, rules: Rules) -> int:
    """How many homes have the same lines in their shard and alone."""
    homes = accounts(count, SEED)
    equal = 0
    for number, shard in enumerate(shards):
        together = settle(shard, rules)
        for account in range(len(shard.facts.ids)):
            mine = homes[number * SHARD : number * SHARD + SHARD]
            fleet, single = lines_of(together, account), lines_of(alone(shard, account, rules, mine), 0)
            equal += all(np.array_equal(fleet[name], single[name]) for name in fleet)
    return equal


def measure(workers: int) -> float:
    """Median account-years per second of `ROUNDS` warm rounds."""
    rates = []
    with multiprocessing.get_context("fork").Pool(workers) as pool:
        pool.map(run_shard, range(len(_SHARDS)))
        for _ in range(ROUNDS):
            begin = time.perf_counter()
            done = pool.map(run_shard, range(len(_SHARDS)), chunksize=1)
            elapsed = time.perf_counter() - begin
            assert sum(total for _, _, total in done) == 0
            rates.append(sum(years for years, _, _ in done) / elapsed)
    return statistics.median(rates)


def main(count: int) -> None:
    """Print the rates and the equality."""
    rules = shared_made_rules()
    _RULES.append(rules)
    _SHARDS.extend(make_shards(count, rules))
    result = settle(_SHARDS[0], rules)
    print(
        f"{count} homes in shards of {SHARD}, {len(result.lines.cents) / SHARD:.0f} lines each, posted in two entries"
    )
    for workers in (1, 2):
        print(f"{workers} process(es): {measure(workers):,.0f} account-years/s (bar on two: {BAR:,})")
    print(f"equal to the same home alone: {count_equal(_SHARDS, count, rules)} of {count}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
