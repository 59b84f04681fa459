"""Random histories: wrong meter data that are corrected in parts, and the same homes never wrong."""

import random
import tempfile
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from tests.books.made_books import TODAY, MadeMeters, portfolio, run_all, totals, without_openings
from tests.made import MadeHome
from trueup.books import Books
from trueup.books.check import findings
from trueup.books.journal import BACK_BILLING
from trueup.books.segments import same
from trueup.model import NO_VALUE, Readings
from trueup.rulebook import Rules
from trueup.rulebook.vee import VeeRules

ESTIMATED = 0.3
"""Share of the histories in which missing and invalid intervals are estimated."""
BY = ("account", "biller", "cycle_start", "component", "book", "measure")


@dataclass(frozen=True)
class Wrong:
    """Columns of a home that are not the truth, and the first day that is wrong."""

    readings: Readings
    day: date


def spoiled(truth: Readings, chance: random.Random) -> Wrong:
    """Wrong values over some hours to weeks: doubled, lost, exchanged, ten times, or a gap."""
    start = chance.randrange(truth.delivered.shape[1])
    stop = min(start + chance.choice([1, 24, 24 * 20, 24 * 100]) * 60 // truth.minutes, truth.delivered.shape[1])
    delivered, received = truth.delivered.copy(), truth.received.copy()
    part = slice(start, stop)
    kind = chance.choice(["doubled", "lost", "exchanged", "ten_times", "gap"])
    if kind == "exchanged":
        delivered[0, part], received[0, part] = truth.received[0, part], truth.delivered[0, part]
    elif kind == "gap":
        delivered[0, part] = NO_VALUE
    else:
        factor = {"doubled": 2, "lost": 0, "ten_times": 10}[kind]
        column = chance.choice([delivered, received])
        column[0, part] = column[0, part] * factor + (kind == "doubled") * 17
    day = date.fromordinal(truth.first_day + start * truth.minutes // 1440) - timedelta(1)
    return Wrong(Readings(truth.first_day, truth.last_day, truth.minutes, delivered, received, truth.generation), day)


def live_through(
    folder: Path, homes: list[MadeHome], rules: Rules, chance: random.Random, vee: VeeRules | None
) -> None:
    """Bill the homes over months from spoiled data, corrected and spoiled again on the way, right in the end."""
    truths = {home.account.account: home.readings for home in homes}
    meters, wrong_since = MadeMeters({}), dict[str, date]()
    accounts = portfolio(*(home.account for home in homes))

    def tell(name: str, right: bool) -> None:
        made = Wrong(truths[name], wrong_since.get(name, TODAY)) if right else spoiled(truths[name], chance)
        day = min(made.day, wrong_since.pop(name, TODAY))
        meters.put(name, made.readings, day)
        if not right:
            wrong_since[name] = made.day

    for name in truths:
        tell(name, chance.random() < 0.2)
    day = date(2025, 1, 15)
    while day < TODAY:
        run_all(folder, accounts, meters, rules, through=day, on=day, vee=vee)
        for name in truths:
            if chance.random() < 0.3:
                tell(name, chance.random() < 0.6)
        day += timedelta(chance.randint(20, 200))
    for name in list(wrong_since):
        tell(name, right=True)
    run_all(folder, accounts, meters, rules, vee=vee)


def compare_with_never_wrong(seeds: list[int], rules: Rules) -> int:
    """How many homes were compared; every entry but write-offs and every balance must be equal.

    The exceptions of R-1: reversal pairs sum to zero, what lies beyond the limit of back-billing is written off.
    """
    homes = without_openings(seeds)
    chance = random.Random(seeds[0])
    vee = VeeRules.shipped() if chance.random() < ESTIMATED else None
    with tempfile.TemporaryDirectory() as scratch:
        wrong, right = Path(scratch) / "wrong", Path(scratch) / "right"
        live_through(wrong, homes, rules, chance, vee)
        truth = MadeMeters({home.account.account: home.readings for home in homes})
        run_all(right, portfolio(*(home.account for home in homes)), truth, rules, vee=vee)
        mine, theirs = Books(wrong).history(), Books(right).history()
        assert findings(mine, {"sce"}, TODAY) == []
        kept = totals(wrong, *BY).filter(pl.col("component") != BACK_BILLING)
        assert kept.equals(totals(right, *BY)), seeds
        for name, held in theirs.segments.items():
            for one, other in zip(held[-1].closing, mine.segments[name][-1].closing, strict=True):
                assert same(one, other), name
            assert sorted(map(str, mine.lines(name).iter_rows())) == sorted(map(str, theirs.lines(name).iter_rows()))
    return len(homes)
