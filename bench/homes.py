"""Made homes for measuring: a fixed seed, 20 sets of read dates, own PTO dates, three programs, 15-minute data."""

import random
from datetime import date, timedelta

import numpy as np

from trueup.account import Account
from trueup.model import Readings
from trueup.periods import runs

FIRST, LAST = date(2025, 5, 1), date(2026, 7, 20)
PROGRAMS = ("sbp", "nem-st", "standard")


def accounts(count: int, seed: int) -> list[Account]:
    """Accounts with a whole relevant period between `FIRST` and `LAST`."""
    chance = random.Random(seed)
    calendars = [_read_dates(chance) for _ in range(20)]
    return [_account(index, calendars[index % 20], PROGRAMS[index % 3], chance) for index in range(count)]


def _read_dates(chance: random.Random) -> list[date]:
    days = [FIRST + timedelta(chance.randrange(20))]
    while len(days) < 15 and days[-1] + timedelta(33) < LAST:
        days.append(days[-1] + timedelta(chance.randrange(28, 33)))
    return days


def _account(index: int, reads: list[date], program: str, chance: random.Random) -> Account:
    pto = reads[0] + timedelta(chance.randrange(40))
    return Account(
        account=f"made-{index:06d}",
        schedule="tou-d-prime",
        program=program,
        read_dates=reads,
        pto=pto,
        application=pto - timedelta(chance.randrange(10, 100)),
        settlement_rule=chance.choice(("R-FAQ", "R-2023", "R-2024")),
        nsc_election="none" if program == "standard" else chance.choice(("on_bill", "check", "none", "opt_out")),
        acc_plus=chance.choice(("residential", "equity", "none")),
        local_tax=chance.choice((0, 47500, 50000)),
        transfers_recs=chance.random() < 0.1,
    )


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
