"""How far corrections reach, and what a run refuses: facts, read dates, openings, late data, channels, days."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import yaml

from tests.books.made_books import TODAY, MadeMeters, portfolio, run_all, totals
from tests.books.test_corrections import use
from tests.made import account, columns
from tests.made_rules import MADE_CCA, shared_made_rules
from trueup.balances import Opening
from trueup.books import Books, Portfolio
from trueup.books.check import findings
from trueup.books.journal import RECEIVABLE, WRITE_OFF
from trueup.books.meters import StoreMeters
from trueup.books.statements import issued
from trueup.errors import TrueupError
from trueup.model import Readings, State
from trueup.periods import midnight_utc
from trueup.reads.batch import ACTUAL, Batch
from trueup.store.intervals import IntervalStore, Source

RULES = shared_made_rules()
READS = [date(2025, 6, 10) + timedelta(30 * k) for k in range(14)]
NEM = {"program": "nem", "pto": READS[0], "application": date(2025, 1, 5), "nsc_election": "check"}
STATED = {f"{year}-{month:02d}": "0" for year in (2025, 2026) for month in range(1, 13)}


def home_of(**facts: Any) -> Any:
    return account(**{"read_dates": READS, **NEM, **facts})


def asked(folder: Path) -> int:
    entries = Books(folder).history().entries()
    return int(entries.filter(book=RECEIVABLE).get_column("amount").sum())


def live(folder: Path, *steps: tuple[Any, date]) -> None:
    """Runs over the months, each with the account as it was known then."""
    meters = MadeMeters({"home": use(300)})
    for home, day in steps:
        run_all(folder, portfolio(home), meters, RULES, through=day, on=day)


@pytest.mark.rule("TRUE-06")
@pytest.mark.parametrize("days", [-1, 0, 1])
def test_a_switch_entered_after_the_last_bill_closes_its_period(days: int, tmp_path: Path) -> None:
    """Posted to a read date; then a switch about that day is entered. The day itself ends the period before it."""
    on = READS[5] + timedelta(days)
    stated = {"generation_municipal_surcharge": STATED}
    switched = home_of(switches=[{"on": on, "provider": MADE_CCA, "crs_vintage": 2018}], **stated)
    live(tmp_path / "late", (home_of(), READS[5]), (switched, READS[8]))
    live(tmp_path / "known", (switched, READS[8]))
    assert totals(tmp_path / "late").equals(totals(tmp_path / "known"))
    live(tmp_path / "undone", (switched, READS[5]), (home_of(), READS[8]))
    live(tmp_path / "never", (home_of(), READS[8]))
    assert totals(tmp_path / "undone").equals(totals(tmp_path / "never"))


@pytest.mark.parametrize("program", ["standard", "sbp", "nem"])
def test_a_corrected_read_date_asks_for_what_was_asked(program: str, tmp_path: Path) -> None:
    """A read date of long ago moves by a day: two bills have other days; what was asked for both is asked for both."""
    solar = {"pto": None, "nsc_election": "none", "application": None} if program == "standard" else {}
    moved = [*READS[:3], READS[3] + timedelta(1), *READS[4:]]
    before, after = home_of(program=program, **solar), home_of(program=program, read_dates=moved, **solar)
    live(tmp_path / "corrected", (before, READS[12]), (after, READS[12]))
    live(tmp_path / "right", (after, READS[12]))
    off = Books(tmp_path / "corrected").history().entries().filter(book=WRITE_OFF).get_column("amount").sum()
    assert asked(tmp_path / "corrected") + off == asked(tmp_path / "right")
    assert 0 <= off <= 52, "at most the fixed charge of the day, which moved to a bill that other credits pay"


def test_corrected_opening_balances_are_posted(tmp_path: Path) -> None:
    home, meters = home_of(program="sbp", nsc_election="none"), MadeMeters({"home": use(300)})
    for cents in (100_000, 500):
        state = State.empty(1)
        state.export[0, 0] = cents
        opened = portfolio(home, openings={"home": Opening(state)})
        run_all(tmp_path / "twice", opened, meters, RULES, through=READS[4], on=READS[4])
    run_all(tmp_path / "once", opened, meters, RULES, through=READS[4], on=READS[4])
    assert totals(tmp_path / "twice").equals(totals(tmp_path / "once"))
    assert findings(Books(tmp_path / "twice").history(), {"sce"}, TODAY) == []


def test_readings_of_cycles_before_the_first_bill_are_billed_when_they_come(tmp_path: Path) -> None:
    """Until then the account waits with the age of its first cycle."""
    home, whole = account(read_dates=READS), columns(READS[0], READS[13], flat=(300, 0))
    late = columns(READS[2], READS[13], flat=(300, 0))
    meters = MadeMeters({"home": late})
    done = run_all(tmp_path / "late", portfolio(home), meters, RULES, through=READS[5], on=READS[5])
    row = Books(tmp_path / "late").waiting(done).row(0, named=True)
    assert (row["code"], row["since"], row["days"]) == ("E-BILL-003", READS[0], 120)
    meters.put("home", whole, READS[0])
    done = run_all(tmp_path / "late", portfolio(home), meters, RULES, through=READS[5], on=READS[5])
    assert Books(tmp_path / "late").waiting(done).is_empty()
    run_all(tmp_path / "right", portfolio(home), MadeMeters({"home": whole}), RULES, through=READS[5], on=READS[5])
    assert asked(tmp_path / "late") + off(tmp_path / "late") == asked(tmp_path / "right")


def off(folder: Path) -> int:
    entries = Books(folder).history().entries()
    return int(entries.filter(book=WRITE_OFF).get_column("amount").sum())


def test_exchanged_channels_wait_as_a_bill_refuses_them(tmp_path: Path) -> None:
    """The third cycle has its channels exchanged: the first two are billed."""
    whole = use(300)
    both = np.stack([whole.delivered, whole.received])
    part = slice(24 * 60, 24 * 90)
    both[:, :, part] = both[::-1, :, part].copy()
    meters = MadeMeters({"home": replace(whole, delivered=both[0], received=both[1])})
    done = run_all(tmp_path, portfolio(home_of()), meters, RULES, through=READS[5], on=READS[5])
    row = Books(tmp_path).waiting(done).row(0, named=True)
    assert (row["code"], row["since"]) == ("E-READ-024", READS[2])


def stored(folder: Path, *parts: tuple[Readings, date, date]) -> IntervalStore:
    """A store of one home's readings of several lengths."""
    store = IntervalStore.create(folder)
    for readings, first, last in parts:
        step = 60 * readings.minutes
        edges = [(midnight_utc(day.toordinal()) - midnight_utc(readings.first_day)) // step for day in (first, last)]
        at = np.arange(*edges)
        for channel, column in enumerate((readings.delivered, readings.received)):
            same = np.ones(len(at), dtype=np.int64)
            batch = Batch(
                ("home",), same * 0, same * channel, midnight_utc(readings.first_day) + step * at,
                same * readings.minutes, column[0, at].astype(np.int64), same * ACTUAL, same * 0,
            )  # fmt: skip
            store.ingest([batch], Source("made", "", "mdm"), READS[0])
    return store


def test_a_meter_exchanged_for_quarters_is_billed_from_what_was_read(tmp_path: Path) -> None:
    """Five minutes up to a day inside a cycle, quarters from it on: nothing is estimated, the kWh are all there."""
    day = READS[1] + timedelta(9)
    fine, coarse = (columns(READS[0], READS[4], minutes, flat=(20 * minutes, 0)) for minutes in (5, 15))
    store = stored(tmp_path / "store", (fine, READS[0], day), (coarse, day, READS[4]))
    books, meters, home = Books(tmp_path / "books"), StoreMeters(store), account(read_dates=READS[:5])
    run = books.draft(Portfolio({"home": home}, {}, {}), meters, RULES, READS[4], READS[4], ask_late=True)
    run = books.compute(run.number, meters, RULES)
    assert books.waiting(run).is_empty()
    lines = books.shelf(run).table("lines", run.manifest)
    billed = lines.filter(component="delivery").get_column("quantity").sum()
    assert billed == int(fine.delivered.sum())


def test_posted_bills_are_not_billed_again_by_longer_intervals(tmp_path: Path) -> None:
    """Quarters, and hours from a read date on: the posted cycles stay, the new ones come with the next run."""
    fine, coarse = (columns(READS[0], READS[4], minutes, flat=(20 * minutes, 0)) for minutes in (15, 60))
    home = Portfolio({"home": account(read_dates=READS[:5])}, {}, {})
    store = stored(tmp_path / "store", (fine, READS[0], READS[2]))
    ends = []
    for day in (READS[2], READS[4], READS[4]):
        books, meters = Books(tmp_path / "books"), StoreMeters(store)
        run = books.draft(home, meters, RULES, day, day, ask_late=True)
        run = books.compute(run.number, meters, RULES)
        waits = books.waiting(run).get_column("code").to_list()
        books.approve(run.number)
        books.post(run.number, day)
        ends.append((books.history().segments["home"][-1].last, waits))
        if day == READS[2]:
            store = stored_more(tmp_path / "store", coarse)
    assert ends == [(READS[2], []), (READS[2], ["E-READ-011"]), (READS[4], [])]
    assert books.shelf(books.catalogue.get(2)).table("entries", books.catalogue.get(2).manifest).is_empty()


def stored_more(folder: Path, readings: Readings) -> IntervalStore:
    made = stored(folder.with_name("more"), (readings, READS[2], READS[4]))
    store = IntervalStore.open(folder)
    found = made.read(["home"], READS[2].toordinal(), READS[4].toordinal(), 60)
    for channel, column in enumerate((found.readings.delivered, found.readings.received)):
        same = np.ones(column.shape[1], dtype=np.int64)
        start = midnight_utc(READS[2].toordinal()) + 3600 * np.arange(column.shape[1])
        wh = column[0].astype(np.int64)
        batch = Batch(("home",), same * 0, same * channel, start, same * 60, wh, same * ACTUAL, same * 0)
        store.ingest([batch], Source("more", "", "mdm"), READS[4])
    return store


def test_days_never_run_backwards(tmp_path: Path) -> None:
    live(tmp_path, (home_of(), READS[5]))
    books, meters = Books(tmp_path), MadeMeters({"home": use(300)})
    with pytest.raises(TrueupError) as caught:
        books.draft(portfolio(home_of()), meters, RULES, READS[5] - timedelta(1), READS[6])
    assert caught.value.code == "E-RUN-006"
    run = books.draft(portfolio(home_of()), meters, RULES, READS[5], READS[6])
    books.compute(run.number, meters, RULES)
    books.approve(run.number)
    with pytest.raises(TrueupError) as caught:
        books.post(run.number, READS[5] - timedelta(1))
    assert caught.value.code == "E-RUN-006"
    assert books.post(run.number, READS[5]).state == "posted"


def test_accounts_without_a_file_or_with_two_wait_and_the_others_go_on(tmp_path: Path) -> None:
    folder = tmp_path / "accounts"
    folder.mkdir()
    for name in ("home", "other", "third"):
        text = yaml.safe_dump({"account": name, "schedule": "tou-d-prime", "program": "standard", "read_dates": READS})
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    meters = MadeMeters({name: use(300) for name in ("home", "other", "third")})
    run_all(tmp_path / "books", Portfolio.load(folder), meters, RULES, through=READS[3], on=READS[3])
    (folder / "home.yaml").unlink()
    (folder / "copy.yaml").write_text((folder / "other.yaml").read_text(), encoding="utf-8")
    done = run_all(tmp_path / "books", Portfolio.load(folder), meters, RULES, through=READS[4], on=READS[4])
    waits = Books(tmp_path / "books").waiting(done).select("account", "code").rows()
    assert {("home", "E-BOOK-006"), ("other", "E-BOOK-002")} <= set(waits)
    assert Books(tmp_path / "books").history().segments["third"][-1].last == READS[4]


def test_a_statement_says_what_was_printed_applied_written_off_and_asked(tmp_path: Path) -> None:
    meters = MadeMeters({"home": use(300)})
    late = READS[12] + timedelta(1)
    run_all(tmp_path, portfolio(home_of(program="sbp")), meters, RULES, through=READS[12], on=late, ask_late=False)
    history = Books(tmp_path).history()
    for day in READS[:12]:
        (bill,) = issued(history, "home", day)["bills"]
        printed, applied, gone, due = (float(bill[name]) for name in ("printed", "applied", "written_off", "asked"))
        assert round(printed + applied - gone - due, 2) == 0
        entries = history.entries(["home"]).filter((pl.col("cycle_start") == day) & (pl.col("book") == RECEIVABLE))
        assert due == entries.get_column("amount").sum() / 100
    assert float(issued(history, "home", READS[0])["bills"][0]["asked"]) == 0
