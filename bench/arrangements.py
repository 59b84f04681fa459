"""A shard with arrangements: 2,000 made homes, 250 of them in 50 arrangements, and the same homes each for itself.

Run `python -m bench.arrangements [homes]`. Prints account-years per second of both in one process, warm, in alternating
rounds, and their ratio; it is to be at least `BAR`.
"""

import statistics
import sys
import time
from typing import Any

from bench.homes import accounts, readings
from bench.smoke import account_years
from tests.made_rules import shared_made_rules
from trueup.account import Account
from trueup.arrangement import Arrangement
from trueup.facts import gather_facts
from trueup.membership import output_of, sharing_of
from trueup.model import Readings, Result, Shard, State
from trueup.pipeline import settle
from trueup.rulebook import Rules

SEED = 7
ARRANGEMENTS, EACH = 50, 5
ROUNDS = 7
BAR = 0.7
KINDS = (
    ("nem-v", "nem", "tou-d-4-9pm"), ("nem-a", "nem", "tou-d-prime"), ("nem-v-st", "nem-st", "tou-d-4-9pm"),
    ("nem-st-a", "nem-st", "tou-d-prime"), ("vsbp", "sbp", "tou-d-prime"), ("sbp-a", "sbp", "tou-d-prime"),
    ("mash-vnm", "nem", "d"), ("sbp-a", "sbp", "tou-d-prime"),
)  # fmt: skip
"""A sharing program, that of a single account in whose manner it bills, and a schedule, in turn."""
AGGREGATES = {"nem-a", "nem-st-a", "sbp-a"}
COMMON = ("read_dates", "pto", "application", "provider", "crs_vintage")
"""What accounts that share exports have in common."""


def homes(count: int, arranged: bool) -> list[Account]:
    """The made homes; those of the arrangements under their program, or each under that of a single account."""
    found = accounts(count, SEED)
    for number in range(ARRANGEMENTS):
        program, single, schedule = KINDS[number % len(KINDS)]
        first = found[number * EACH]
        facts: dict[str, Any] = {name: getattr(first, name) for name in COMMON} | {
            "program": program if arranged else single,
            "schedule": schedule,
            "customer_class": "residential",
            "switches": [],
            "billing_option": None,
            "settlement_rule": None,
            "nsc_election": "none",
        }
        mine = slice(number * EACH, (number + 1) * EACH)
        found[mine] = [home.with_facts(**facts) for home in found[mine]]
    return found


def arrangements(made: list[Account]) -> list[Arrangement]:
    """Five accounts each: a quarter of the output for each but the designated one, or the exports of the first."""
    return [_arrangement(number, made[number * EACH : (number + 1) * EACH]) for number in range(ARRANGEMENTS)]


def _arrangement(number: int, members: list[Account]) -> Arrangement:
    names = [home.account for home in members]
    fields: dict[str, Any] = {
        "arrangement": f"made-{number}",
        "accounts": [{"account": name} for name in names],
        "designated": names[-1],
    }
    if members[0].program in AGGREGATES:
        return Arrangement.from_fields(fields | {"generating": names[0]})
    percent = dict.fromkeys(names[:-1], "23.3333")
    shares = [{"from": members[0].read_dates[0], "percent": percent}]
    return Arrangement.from_fields(fields | {"generators": ["roof"], "shares": shares})


def arranged_shard(count: int, data: Readings, rules: Rules) -> Shard:
    """All homes in one shard, with the arrangements; each generator's output is what its accounts would have sent."""
    made = homes(count, arranged=True)
    sharers = arrangements(made)
    outputs = {
        one.arrangement: (data.minutes, output_of(list(data.received[number * EACH : (number + 1) * EACH])))
        for number, one in enumerate(sharers)
        if not one.aggregates
    }
    sharing = sharing_of(sharers, [home.account for home in made], outputs, data.first_day)
    return Shard(gather_facts(made, rules, None, sharers), data, State.empty(count), None, sharing)


def single_shard(count: int, data: Readings, rules: Rules) -> Shard:
    """The same homes without arrangements."""
    return Shard(gather_facts(homes(count, arranged=False), rules), data, State.empty(count))


def timed(shard: Shard, rules: Rules) -> tuple[float, Result]:
    """Account-years per second of one round, and what came of it."""
    begin = time.perf_counter()
    result = settle(shard, rules)
    elapsed = time.perf_counter() - begin
    assert not result.refusals, result.refusals[0].error
    assert result.postings.cents.sum() == 0
    return account_years(result) / elapsed, result


def main(count: int) -> None:
    """Print both rates and their ratio."""
    rules, data = shared_made_rules(), readings(count, SEED)
    shards = {
        f"{ARRANGEMENTS} arrangements": arranged_shard(count, data, rules),
        "none": single_shard(count, data, rules),
    }
    rates: dict[str, list[float]] = {name: [] for name in shards}
    for name, shard in shards.items():
        result = timed(shard, rules)[1]
        print(f"{count} homes, {name}: {len(result.lines.cents):,} lines, {account_years(result):,.0f} account-years")
    for _ in range(ROUNDS):
        for name, shard in shards.items():
            rates[name].append(timed(shard, rules)[0])
    medians = {name: statistics.median(found) for name, found in rates.items()}
    for name, found in rates.items():
        print(f"{name}: {medians[name]:,.0f} account-years/s (from {min(found):,.0f} to {max(found):,.0f})")
    with_them, without = medians.values()
    print(f"ratio {with_them / without:.3f} (bar {BAR}), median of {ROUNDS} rounds each, none refused")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
