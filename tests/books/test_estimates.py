"""Bills of estimated energy: which kWh were not metered, why, by which rule; and what becomes of them later."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.books.made_books import TODAY, MadeMeters, portfolio, run_all, totals, without_openings
from tests.books.test_runs import READS, one_home
from tests.made_rules import shared_made_rules
from trueup.books import Books
from trueup.books.check import findings
from trueup.books.estimates import estimates
from trueup.books.statements import estimated, statement
from trueup.intervals import Metered
from trueup.model import NO_VALUE, Readings
from trueup.reads.batch import ESTIMATED
from trueup.rulebook.vee import VeeRules

RULES, VEE = shared_made_rules(), VeeRules.shipped()
GAP_HOURS = 5


def with_gap(whole: Readings, day: date, hours: int = GAP_HOURS) -> Readings:
    """Nothing delivered was read from the noon of a day on; received is there."""
    delivered = whole.delivered.copy()
    slot = 24 * (day.toordinal() - whole.first_day) + 12
    delivered[0, slot : slot + hours] = NO_VALUE
    return replace(whole, delivered=delivered)


@pytest.fixture(name="world")
def _world(tmp_path: Path) -> tuple[Path, MadeMeters, Readings]:
    """A home that uses 300 Wh each hour; in its third cycle five hours are missing; billed with estimates."""
    home, meters = one_home()
    whole = meters.readings["home"]
    meters.put("home", with_gap(whole, READS[2] + timedelta(11)), READS[0])
    run_all(tmp_path, portfolio(home), meters, RULES, through=READS[4], on=READS[4], vee=VEE)
    return tmp_path, meters, whole


def test_a_bill_says_which_of_its_kwh_were_estimated(world: tuple[Path, MadeMeters, Readings]) -> None:
    """Five hours of 300 Wh: 1.5 of the 215.7 kWh of 719 hours. No channel of another cycle has an estimate."""
    history = Books(world[0]).history()
    assert estimated(history, "home", READS[2])[0] == {
        "channel": "delivered", "kwh": "1.5", "of_kwh": "215.7", "intervals": 5, "of_intervals": 720,
    }  # fmt: skip
    assert [row["intervals"] for row in estimated(history, "home", READS[2])] == [5, 0]
    assert [estimated(history, "home", day) for day in (READS[0], READS[1], READS[3])] == [[], [], []]
    assert findings(history, {"sce"}, TODAY) == []


def test_the_trail_says_what_failed_and_what_was_put_in_its_place(world: tuple[Path, MadeMeters, Readings]) -> None:
    books = Books(world[0])
    trail = books.shelf(books.catalogue.get(1)).table("trail", books.catalogue.get(1).manifest)
    failed, put = (trail.filter(verdict=verdict) for verdict in ("fail", "put"))
    assert failed.select("account", "channel", "rule", "limit").rows() == [("home", "delivered", "V4", GAP_HOURS)]
    assert set(put.select("rule", "cause", "value_wh", "version").rows()) == {("E2", "V4", 300, "1999-03-01")}
    assert put.height == GAP_HOURS


def test_without_rules_of_estimation_the_account_waits(tmp_path: Path) -> None:
    home, meters = one_home()
    meters.put("home", with_gap(meters.readings["home"], READS[2] + timedelta(11)), READS[0])
    done = run_all(tmp_path, portfolio(home), meters, RULES, through=READS[4], on=READS[4])
    assert Books(tmp_path).waiting(done).get_column("code").to_list() == ["E-READ-030"]


def test_when_the_reading_comes_the_estimate_is_reversed_and_the_issued_bill_stays(
    world: tuple[Path, MadeMeters, Readings],
) -> None:
    folder, meters, whole = world
    home, _ = one_home()
    true = whole.delivered.copy()
    true[0, 24 * 71 + 12] = 2_300
    before = statement(Books(folder).history(), "home", READS[2])
    meters.put("home", replace(whole, delivered=true), READS[2] + timedelta(11))
    run_all(folder, portfolio(home), meters, RULES, through=READS[4], on=READS[5], vee=VEE)
    now, then = Books(folder).history(), Books(folder).history(READS[4])
    assert estimated(now, "home", READS[2]) == []
    assert statement(then, "home", READS[2]) == before != statement(now, "home", READS[2])
    assert estimated(then, "home", READS[2])[0]["kwh"] == "1.5"
    imported = totals(folder, "book", "measure").filter(book="kwh.imported").get_column("amount").item()
    assert imported == int(true[0, : 24 * 120].sum()), "kWh as if never missing"


@pytest.mark.parametrize(("hours", "billed"), [(359, True), (360, True), (361, False)])
def test_a_cycle_with_too_little_metered_waits(tmp_path: Path, hours: int, billed: bool) -> None:
    """V15 lets half of a bill's intervals be estimated: 360 of 720, in both channels."""
    home, meters = one_home()
    whole = meters.readings["home"]
    begin = 24 * 60
    both = np.stack([whole.delivered, whole.received])
    both[:, 0, begin : begin + hours] = NO_VALUE
    meters.put("home", Readings(whole.first_day, whole.last_day, 60, both[0], both[1]), READS[0])
    done = run_all(tmp_path, portfolio(home), meters, RULES, through=READS[4], on=READS[4], vee=VEE)
    assert Books(tmp_path).waiting(done).is_empty() == billed
    assert Books(tmp_path).history().segments["home"][-1].last == (READS[4] if billed else READS[2])


def test_what_the_utility_estimated_is_told_though_nothing_is_estimated_here(tmp_path: Path) -> None:
    home, meters = one_home()
    readings = meters.readings["home"]
    status = np.full((2, *readings.delivered.shape), 4, dtype=np.int8)
    status[0, 0, 24 * 40 : 24 * 41] = ESTIMATED

    class Told(MadeMeters):
        def read(self, accounts: object, first: date, last: date, minutes: int) -> Metered:
            found = super().read(["home"], first, last, minutes)
            begin = 24 * (first.toordinal() - readings.first_day)
            part = status[:, :, begin : begin + found.readings.delivered.shape[1]]
            return Metered.of(found.readings, status=part)

    run_all(tmp_path, portfolio(home), Told({"home": readings}), RULES, through=READS[2], on=READS[2])
    assert estimated(Books(tmp_path).history(), "home", READS[1])[0]["intervals"] == 24


def test_estimates_do_not_depend_on_what_else_is_billed(tmp_path: Path) -> None:
    """Month by month, all at once, alone or together: the same estimates, lines and balances."""
    chance = np.random.default_rng(7)
    homes = without_openings(range(40, 52))
    spoiled = {}
    for home in homes:
        whole = home.readings
        column = whole.delivered.copy()
        at = int(chance.integers(0, column.shape[1] - 400))
        column[0, at : at + int(chance.integers(1, 300))] = NO_VALUE
        spoiled[home.account.account] = replace(whole, delivered=column)
    accounts = portfolio(*(home.account for home in homes))
    run_all(tmp_path / "once", accounts, MadeMeters(spoiled), RULES, vee=VEE)
    for k in range(21):
        day = date(2025, 1, 1) + timedelta(31 * k)
        run_all(tmp_path / "monthly", accounts, MadeMeters(spoiled), RULES, through=day, on=day, vee=VEE)
    once, monthly = Books(tmp_path / "once").history(), Books(tmp_path / "monthly").history()
    assert totals(tmp_path / "once").equals(totals(tmp_path / "monthly"))
    told = pl.concat([once.estimated(name) for name in once.segments])
    assert told.equals(pl.concat([monthly.estimated(name) for name in once.segments]))
    assert told.filter(pl.col("intervals") > 0).height >= len(homes) // 2
    home = homes[0]
    run_all(tmp_path / "alone", portfolio(home.account), MadeMeters(spoiled), RULES, vee=VEE)
    alone = Books(tmp_path / "alone").history()
    assert alone.lines(home.account.account).equals(once.lines(home.account.account))


def test_the_report_counts_estimated_bills_in_a_row(tmp_path: Path) -> None:
    """Incident I-2 (CPUC I.17-04-021). Cycles 2 and 3 lack 340 hours of both channels: 340 of 720 is under V15's half;
    with the half at 400 of 1,000 both count."""
    home, meters = one_home()
    whole = meters.readings["home"]
    both = np.stack([whole.delivered, whole.received])
    for cycle in (2, 3):
        begin = 24 * 30 * cycle
        both[:, 0, begin : begin + 340] = NO_VALUE
    meters.put("home", Readings(whole.first_day, whole.last_day, 60, both[0], both[1]), READS[0])
    run_all(tmp_path, portfolio(home), meters, RULES, through=READS[4], on=READS[4], vee=VEE)
    history = Books(tmp_path).history()
    row = estimates(history, VEE).row(0, named=True)
    assert (row["bills"], row["estimated_bills"], row["in_a_row"], row["latest_in_a_row"]) == (4, 0, 0, 0)
    assert row["wh"] > 0
    half = VEE.file.versions[0].rules.V15.model_copy(update={"share_permille": 400})
    limits = VEE.file.versions[0].rules.model_copy(update={"V15": half})
    version = VEE.file.versions[0].model_copy(update={"rules": limits})
    strict = VeeRules(VEE.file.model_copy(update={"versions": [version]}), VEE.calendar)
    row = estimates(history, strict).row(0, named=True)
    assert (row["estimated_bills"], row["in_a_row"], row["latest_in_a_row"]) == (2, 2, 2)
