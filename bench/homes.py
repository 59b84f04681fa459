"""Made homes for measuring: a fixed seed, 20 sets of read dates; all schedules, programs, options and services."""

import random
from datetime import date, timedelta
from typing import Any

import numpy as np

from tests.made_rules import MADE_CCA, MADE_ESP
from trueup.account import Account
from trueup.model import Readings
from trueup.periods import runs

FIRST, LAST = date(2025, 5, 1), date(2026, 7, 31)
HOME = date(2025, 6, 1)
"""From here on every residential schedule has prices."""
KINDS = (
    ("sbp", "tou-d-prime"), ("nem-st", "tou-d-4-9pm"), ("standard", "d"), ("nem", "d"), ("sbp", "tou-d-prime"),
    ("nem-st", "tou-d-5-8pm"), ("nem", "tou-d-4-9pm"), ("standard", "tou-d-prime"), ("nem-st", "tou-d-prime"),
)  # fmt: skip
"""Programs and schedules in turn; GS-1 is known for two months only and takes every twentieth account."""
SHOP, SHOP_FROM = ("tou-gs-1-d", "tou-gs-1-e"), date(2026, 6, 1)


def accounts(count: int, seed: int) -> list[Account]:
    """Accounts of every schedule, program, billing option and service, most with a whole relevant period."""
    chance = random.Random(seed)
    calendars = [_read_dates(chance) for _ in range(20)]
    return [_account(index, calendars[index % 20], chance) for index in range(count)]


def _read_dates(chance: random.Random) -> list[date]:
    days = [HOME + timedelta(chance.randrange(20))]
    while len(days) < 15 and days[-1] + timedelta(33) < LAST:
        days.append(days[-1] + timedelta(chance.randrange(28, 33)))
    return days


def _account(index: int, reads: list[date], chance: random.Random) -> Account:
    program, schedule = KINDS[index % len(KINDS)]
    shop = index % 20 == 7
    if shop:
        schedule, reads = SHOP[index % 2], [SHOP_FROM, SHOP_FROM + timedelta(30), SHOP_FROM + timedelta(60)]
        program = chance.choice(("sbp", "nem", "standard"))
    pto = reads[0] + timedelta(chance.randrange(25))
    nem = program in {"nem", "nem-st"}
    return Account(
        account=f"made-{index:06d}",
        schedule=schedule,
        program=program,
        customer_class="small_commercial" if shop else "residential",
        baseline_region=chance.choice(("6", "9", "10")),
        read_dates=reads,
        pto=pto,
        application=pto - timedelta(chance.randrange(10, 100)),
        billing_option=chance.choice(("annual", "monthly")) if nem else None,
        settlement_rule=chance.choice(("R-FAQ", "R-2023", "R-2024")),
        nsc_election="none" if program == "standard" else chance.choice(("on_bill", "check", "none", "opt_out")),
        acc_plus="none" if shop else chance.choice(("residential", "equity", "none")),
        local_tax=chance.choice((0, 47500, 50000)),
        transfers_recs=chance.random() < 0.1,
        **_service(reads, chance),
    )


def _service(reads: list[date], chance: random.Random) -> dict[str, Any]:
    """Half bundled, a third with the made aggregator, some Direct Access; one in ten changes on the way."""
    provider = chance.choice(("bundled", "bundled", "bundled", MADE_CCA, MADE_CCA, MADE_ESP))
    stated = {f"{year}-{month:02d}": "1.10" for year in (2025, 2026) for month in range(1, 13)}
    switch = {"on": reads[1] + timedelta(9), "provider": MADE_CCA, "crs_vintage": 2018}
    return {
        "provider": provider,
        "crs_vintage": None if provider == "bundled" else 2018,
        "generation_municipal_surcharge": stated,
        "switches": [switch] if provider == "bundled" and chance.random() < 0.2 else [],
    }


def readings(count: int, seed: int) -> Readings:
    """Meter columns: a load and a sun of their own for each home, both channels positive, some quarters with both."""
    stretch = runs(FIRST.toordinal(), LAST.toordinal())
    length = stretch.total_hours * 4
    chance = np.random.default_rng(seed)
    hour = (np.arange(length) / 4 - 7) % 24
    sun = np.maximum(np.cos((hour - 12.5) / 24 * 2 * np.pi), 0) ** 2
    evening = 1 + np.exp(-((hour - 19) ** 2) / 8)
    delivered = np.empty((count, length), dtype=np.int32)
    received = np.empty((count, length), dtype=np.int32)
    for home in range(count):
        load = chance.integers(40, 160) * evening * chance.uniform(0.2, 1.8, length)
        solar = chance.integers(300, 1500) * sun * chance.uniform(0.3, 1.0, length)
        both = chance.random(length) < 0.05
        delivered[home] = np.maximum(load - solar, 0) + both * 7
        received[home] = np.maximum(solar - load, 0) + both * 3
    return Readings(FIRST.toordinal(), LAST.toordinal(), 15, delivered, received)
