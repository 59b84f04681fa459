"""Books over made homes: meter data in memory with a log of corrections, runs in one call, what holds in the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from tests.made import MadeHome, made_home
from trueup.account import Account
from trueup.balances import Opening
from trueup.books import Books, Portfolio, Run
from trueup.intervals import Metered
from trueup.model import NO_VALUE, Readings
from trueup.periods import midnight_utc
from trueup.rulebook import Rules
from trueup.rulebook.vee import VeeRules

TODAY = date(2026, 9, 1)


@dataclass
class MadeMeters:
    """Dense columns of homes in memory. Each change is an ingest of its own."""

    readings: dict[str, Readings]
    log: list[tuple[str, date]] = field(default_factory=list)

    @property
    def ingest(self) -> int:
        """How many changes there were."""
        return len(self.log)

    def first_day(self, account: str) -> date | None:
        """First day."""
        held = self.readings.get(account)
        return None if held is None else date.fromordinal(held.first_day)

    def longest(self, account: str, first: date, last: date) -> int:
        """Interval length."""
        return self.readings[account].minutes

    def changes(self, after: int) -> Mapping[str, date]:
        """First changed day by account."""
        found: dict[str, date] = {}
        for account, day in self.log[after:]:
            found[account] = min(day, found.get(account, day))
        return found

    def read(self, accounts: Sequence[str], first: date, last: date, minutes: int) -> Metered:
        """Columns over [first, last)."""
        begin = midnight_utc(first.toordinal())
        length = (midnight_utc(last.toordinal()) - begin) // (60 * minutes)
        made = [np.full((len(accounts), length), NO_VALUE, dtype=np.int32) for _ in range(3)]
        limited = False
        for row, account in enumerate(accounts):
            held = self.readings[account]
            offset = (midnight_utc(held.first_day) - begin) // (60 * minutes)
            for column, own in zip(made, (held.delivered, held.received, held.generation), strict=True):
                if own is None:
                    continue
                limited |= own is held.generation
                low, high = max(offset, 0), min(offset + own.shape[1], length)
                if high > low:
                    column[row, low:high] = own[0, low - offset : high - offset]
        generation = made[2] if limited else None
        return Metered.of(Readings(first.toordinal(), last.toordinal(), minutes, made[0], made[1], generation))

    def put(self, account: str, readings: Readings, changed: date) -> None:
        """Other columns for an account, known from now on."""
        self.readings[account] = readings
        self.log.append((account, changed))


def portfolio(*accounts: Account, openings: Mapping[str, Opening] = {}) -> Portfolio:
    """Accounts without a folder."""
    return Portfolio({account.account: account for account in accounts}, dict(openings), {})


def run_all(
    folder: Path,
    accounts: Portfolio,
    meters: MadeMeters,
    rules: Rules,
    through: date = TODAY,
    on: date = TODAY,
    again_from: date | None = None,
    vee: VeeRules | None = None,
    ask_late: bool = True,
) -> Run:
    """Draft, compute, approve and post; accounts count as taken over, so that no cycle is too old to be billed."""
    books = Books(folder)
    run = books.draft(accounts, meters, rules, on, through, again_from, vee, ask_late)
    books.compute(run.number, meters, rules, vee)
    books.approve(run.number)
    return books.post(run.number, on)


def without_openings(seeds: Sequence[int]) -> list[MadeHome]:
    """Random homes whose balances are known from their first day."""
    homes = [made_home(seed) for seed in seeds]
    return [home for home in homes if home.account.relevant_period_start is None]


def totals(folder: Path, *by: str) -> pl.DataFrame:
    """What all entries add up to, zeros left out."""
    names = by or ("account", "biller", "cycle_start", "component", "book", "measure")
    entries = Books(folder).history().entries()
    found = entries.group_by(*names).agg(pl.col("amount").sum()).filter(pl.col("amount") != 0)
    return found.sort(*names, nulls_last=True)


def later(day: date, days: int) -> date:
    """Some days later."""
    return day + timedelta(days)
