"""The bugs of the incidents, planted into the product for one test: each check must fail on its own."""

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from trueup import credits, pipeline, refusals, settlement, timeline
from trueup import trueup as closing
from trueup.books import compute, drafts, journal, metering
from trueup.components import PROVIDER
from trueup.determinants import buckets
from trueup.intervals import Estimated, Metered, estimated_in
from trueup.intervals import Spans as Cycled
from trueup.model import Allotted, Facts, Lines, Profiles, Readings, Result, Settled, Shard, Spans, State
from trueup.reads.local_time import LocalClock
from trueup.rulebook import Rules
from trueup.rulebook.schema import SEASONS


def pays_surplus_only_with_a_dollar_credit(monkeypatch: pytest.MonkeyPatch) -> None:
    """I-5: kWh over, but the year's dollars are a charge, so nothing is paid."""
    real = closing.compensate

    def by_the_dollars(state: Any, price: Any, *rest: Any) -> Any:
        return real(state, np.where(state.energy_to_date < 0, price, 0), *rest)

    monkeypatch.setattr(closing, "compensate", by_the_dollars)


def pays_out_a_dollar_credit(monkeypatch: pytest.MonkeyPatch) -> None:
    """I-5: the year's dollar credit is paid, kWh over or not."""
    real = closing.compensate

    def the_credit(state: Any, price: Any, owed: Any, terms: Any, prices: Any) -> Any:
        return real(state, np.maximum(-state.energy_to_date, 0) * prices.closes, owed, terms, prices)

    monkeypatch.setattr(closing, "compensate", the_credit)


def _after_each_close(monkeypatch: pytest.MonkeyPatch, spoil: Callable[[State, Settled], State]) -> None:
    """Change the balances that every close leaves."""
    real = credits.close

    def spoiled(*args: Any) -> tuple[State, Settled]:
        after, done = real(*args)
        return spoil(after, done), done

    monkeypatch.setattr(credits, "close", spoiled)


def payout_stays_in_the_bank(monkeypatch: pytest.MonkeyPatch) -> None:
    """I-6, NREL SAM #2264: the yearly payout lowers the bill, but what it paid stays banked."""
    _after_each_close(monkeypatch, lambda after, done: replace(after, surplus=after.surplus + done.paid + done.applied))


def surplus_is_paid_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """I-6, NREL SAM #2264: the energy paid for stays counted, so that it is paid for again every year."""
    _after_each_close(monkeypatch, lambda after, done: replace(after, exported_wh=after.exported_wh + done.surplus_wh))


def true_up_month_is_credited_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """I-6, NREL ssc PR 525: credits that the true-up used up stand in the next month's bank too."""
    _after_each_close(monkeypatch, lambda after, done: replace(after, export=after.export + done.left - done.carried))


def last_carry_over_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """I-6, NREL ssc PR 483: what the last month carries over is lost with the year."""
    _after_each_close(monkeypatch, lambda after, done: replace(after, export=after.export - done.carried))


def intervals_are_counted_as_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    """I-6, NREL SAM #320: a position counted in hours is applied to intervals, so sub-hourly exports are lost."""
    real = pipeline.fold

    def by_the_hour(readings: Readings, facts: Facts, spans: Spans, allotted: Allotted) -> Profiles:
        received = readings.received.copy()
        received[:, spans.runs.total_hours :] = 0
        return real(replace(readings, received=received), facts, spans, allotted)

    monkeypatch.setattr(pipeline, "fold", by_the_hour)


def exports_leak_into_the_standard_bill(monkeypatch: pytest.MonkeyPatch) -> None:
    """I-6, NREL SAM #1273: the bill "without the system" is credited for what the system sent out."""
    monkeypatch.setattr(buckets, "net_energy", lambda delivered, credited, nets: delivered - credited)


def estimate_leaves_out_the_last_month(monkeypatch: pytest.MonkeyPatch) -> None:
    """I-10: the running true-up is made of the balances before the bill that it stands on."""
    real, known = credits.settle_period, list[State]()

    def a_month_late(state: State, *rest: Any) -> Settled:
        known.append(state)
        return real(known[-2] if len(known) > 1 else state, *rest)

    monkeypatch.setattr(credits, "settle_period", a_month_late)


def estimate_leaves_out_the_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    """I-10: the running true-up of the utility alone is shown."""
    real = settlement.settled_so_far

    def utility_twice(result: Result, rules: Rules) -> tuple[Settled, Settled]:
        utility, _ = real(result, rules)
        return utility, utility

    monkeypatch.setattr(settlement, "settled_so_far", utility_twice)


def _without_provider(monkeypatch: pytest.MonkeyPatch, chosen: Callable[[Spans, Facts], Any]) -> None:
    """Leave the provider's lines out of some cycles' bills; `chosen` says which, (M,)."""
    real = pipeline.price

    def without(measured: Any, profiles: Any, shard: Shard, spans: Spans, rules: Rules) -> Lines:
        lines = real(measured, profiles, shard, spans, rules)
        return lines.take(~(chosen(spans, shard.facts)[lines.cycle] & (lines.ledger == PROVIDER)))

    monkeypatch.setattr(pipeline, "price", without)


def provider_is_left_out_of_a_bill(monkeypatch: pytest.MonkeyPatch) -> None:
    """I-3, SCE and Clean Power Alliance 2019: a month's bill goes out without the provider's charges."""
    _without_provider(monkeypatch, lambda spans, facts: np.arange(len(spans.cycles.start)) % 3 == 2)


def utility_bills_alone_while_prices_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """I-3: the utility does not wait for the provider's prices and bills its own part."""
    monkeypatch.setattr(refusals, "of_provider_dates", lambda *args: [])
    _without_provider(monkeypatch, lambda spans, facts: spans.cycles.end - 1 > facts.phases.through.max())


def late_periods_stand_on_one_bill(monkeypatch: pytest.MonkeyPatch) -> None:
    """I-3: what was late is caught up as one bill for several periods."""
    real = journal.entries_of

    def on_the_last(result: Result, rules: Rules) -> pl.DataFrame:
        return real(result, rules).with_columns(pl.col("cycle_start", "cycle_end").max().over("account"))

    monkeypatch.setattr(journal, "entries_of", on_the_last)


def old_anniversary_closes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """I-4, Clean Power Alliance 2019: bills are counted from the first day of all, so a switch makes two true-ups."""
    monkeypatch.setattr(timeline, "anchor_of", lambda facts, at, account, starts: at.anchor[account])


def undo_closes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """I-4: every entry of a switch ends a period, also one back to the supplier that the home has."""

    def every_entry(facts: Facts, account: Any, ends: Any) -> Any:
        return (facts.phases.start[account] == ends[:, None]).any(axis=1)

    monkeypatch.setattr(timeline, "_switches", every_entry)


def early_true_up_is_not_reversed(monkeypatch: pytest.MonkeyPatch) -> None:
    """I-4, Redwood Coast 2017: the account is put right, but what the early true-up posted stays."""
    real = compute.restated

    def without_reversals(posted: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
        return real(posted, right).filter(pl.col("kind") != "reversal")

    monkeypatch.setattr(compute, "restated", without_reversals)


def undo_goes_unnoticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """I-4: facts that were put right are not billed again."""
    monkeypatch.setattr(drafts, "changed_from", lambda *args: None)


def summer_begins_with_the_clock_change(monkeypatch: pytest.MonkeyPatch, rules: Rules) -> None:
    """I-8, EnergyPlus #7814: daylight saving time is taken for the season, so all of May is summer."""
    calendar, zone = rules.calendar, ZoneInfo("America/Los_Angeles")
    days = range(calendar.start, calendar.start + calendar.season.shape[1])
    saving = np.array([bool(datetime.fromordinal(day).replace(hour=12, tzinfo=zone).dst()) for day in days])
    season = np.where(saving, SEASONS.index("summer"), SEASONS.index("winter"))[None].repeat(len(calendar.names), 0)
    monkeypatch.setitem(rules.__dict__, "calendar", replace(calendar, season=season))


def _another_zone(monkeypatch: pytest.MonkeyPatch, zone: tzinfo | None) -> None:
    """Put another zone wherever the product keeps that of its meters; None is that of the machine."""
    for name, module in list(sys.modules.items()):
        if name.startswith("trueup") and hasattr(module, "PACIFIC"):
            monkeypatch.setattr(module, "PACIFIC", zone)


def days_are_those_of_universal_time(monkeypatch: pytest.MonkeyPatch, rules: Rules | None = None) -> None:
    """I-8, I-7: days, months and hours are those of UTC."""
    _another_zone(monkeypatch, ZoneInfo("UTC"))


def clock_change_is_ignored(monkeypatch: pytest.MonkeyPatch, rules: Rules | None = None) -> None:
    """I-8: it is standard time all year, so that hours after the change are an hour off."""
    _another_zone(monkeypatch, ZoneInfo("Etc/GMT+8"))


def repeated_hour_is_left_out(monkeypatch: pytest.MonkeyPatch, rules: Rules | None = None) -> None:
    """I-8, gridstatus #287: of the hour that comes twice one pass is kept."""
    real = timeline.find_rows

    def once(*args: Any) -> Any:
        rows, row_of_run = real(*args)
        row_of_run[:, args[3].repeated] = -1
        return rows, row_of_run

    monkeypatch.setattr(timeline, "find_rows", once)


def repeated_hour_is_read_as_one(monkeypatch: pytest.MonkeyPatch, rules: Rules | None = None) -> None:
    """I-8, gridstatus #287: both passes of a file's local time are the same instant."""
    monkeypatch.setattr(
        LocalClock, "_on_changed_day", lambda self, day, minute, lane: self._changed[day][minute // 60][0]
    )


def local_time_is_the_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    """I-7, Kill Bill #139, Lago #879: local days and hours are those of the server."""
    _another_zone(monkeypatch, None)


def run_bills_up_to_its_own_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """I-7, Lago #4082: which cycles are billed depends on the clock of the run."""
    real = drafts.plan
    monkeypatch.setattr(drafts, "plan", lambda known, on, through, *rest: real(known, on, on, *rest))


def the_customer_pays_for_what_came_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """I-1: nothing goes to the write-off account, however late a bill comes."""
    monkeypatch.setattr(compute, "written_off", lambda posted, right, oldest: posted.clear())


def credits_are_cut_with_the_charges(monkeypatch: pytest.MonkeyPatch) -> None:
    """I-1, I-9: what is too old to be asked for is too old to be given back."""
    real = compute.restated

    def only_charges(posted: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
        return real(posted, right).filter(~pl.col("book").str.starts_with("bank."))

    monkeypatch.setattr(compute, "restated", only_charges)


def a_waiting_account_has_no_age(monkeypatch: pytest.MonkeyPatch) -> None:
    """I-1: an account waits, and nobody sees for how long."""
    real = compute.waits
    monkeypatch.setattr(compute, "waits", lambda *args: (*real(*args)[:-1], 0))


def estimates_count_as_metered(monkeypatch: pytest.MonkeyPatch) -> None:
    """I-2: what is put in place of a missing reading looks like any other."""
    monkeypatch.setattr(metering, "estimated_in", real_nothing)


def real_nothing(metered: Metered, cycles: Cycled) -> Estimated:
    """The estimated parts of cycles whose readings are all actual: none."""
    return estimated_in(Metered.of(metered.readings), cycles)


def any_stretch_is_a_cycle(monkeypatch: pytest.MonkeyPatch) -> None:
    """I-2: a period is stretched until there is a reading."""
    monkeypatch.setattr(refusals, "of_lengths", lambda *args: [])
