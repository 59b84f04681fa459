"""I-7. A server's zone shifted days, so that invoices were missing or doubled (Kill Bill #139; Lago #879, #1179), a
true-up fee was wrong (Lago #1246), and an event just before a run fell into the wrong period (Lago #4082).

Bills depend on the zone of the meter alone: neither the machine's zone nor the hour of its clock changes them.
"""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from time import tzset
from zoneinfo import ZoneInfo

import numpy as np
import pytest

import trueup
from tests.books.made_books import MadeMeters, portfolio, run_all, totals
from tests.conformance import ROOT
from tests.incidents import planted
from tests.incidents.conftest import forget_days
from tests.incidents.server import READS, everything
from tests.made import account, columns
from tests.made_rules import shared_made_rules
from tests.reads.made_files import Home, iso, sce
from trueup import cli_books
from trueup.reads import Reads, open_meter_bytes
from trueup.reads.combine import combine, part_of

ZONE = ZoneInfo("America/Los_Angeles")
SERVERS = {"UTC-8": "WEST8", "UTC": "UTC0", "UTC+13": "EAST-13"}
"""As the TZ of a machine writes them: hours west of Greenwich."""
RULES = shared_made_rules()
every_server = pytest.mark.parametrize("server", SERVERS)


@contextmanager
def machine_in(server: str) -> Iterator[None]:
    """This process in another zone, with nothing remembered from the one before."""
    before = os.environ.get("TZ")
    try:
        os.environ["TZ"] = SERVERS[server]
        tzset()
        forget_days()
        yield
    finally:
        os.environ.pop("TZ")
        if before is not None:
            os.environ["TZ"] = before
        tzset()
        forget_days()


def at_midnight(day: date) -> int:
    """UTC second at which a day begins in California."""
    return int(datetime(day.year, day.month, day.day, tzinfo=ZONE).timestamp())


def boundary_home() -> Home:
    """A year in which only the hours just before and just after each read date's midnight differ from nothing."""
    first, last = READS[0] - timedelta(1), READS[13] + timedelta(1)
    start = at_midnight(first)
    taken = np.zeros((at_midnight(last) - start) // 3600, dtype=np.int64)
    for number, day in enumerate(READS):
        midnight = (at_midnight(day) - start) // 3600
        taken[midnight - 1], taken[midnight] = 1_000 + number, 2_000_000 + 1_000 * number
    return Home(start, 60, tuple(taken.tolist()), (0,) * len(taken))


def by_period(made: Home) -> list[int]:
    """Wh between each two read dates, told by the zone's own rules."""
    days = np.array([datetime.fromtimestamp(second, UTC).astimezone(ZONE).date() for second in made.seconds])
    taken = np.array(made.delivered)
    return [int(taken[(days >= start) & (days < end)].sum()) for start, end in pairwise(READS)]


def neutral(made: Home) -> str:
    """The readings by universal time."""
    rows = (f"home,{iso(second)},{taken},{sent}" for second, taken, sent in made.rows)
    return "\n".join(["account,ts,delivered_wh,received_wh", *rows]) + "\n"


def read_text(text: str) -> Reads:
    with open_meter_bytes(text.encode(), "made.csv") as file:
        return combine([part_of(file)])


def check_midnights(server: str, written: Callable[[Home], str] = neutral) -> None:
    """Each of thirteen bills holds its own first and last hour, and the true-up those of its twelve."""
    made = boundary_home()
    home = account(program="nem", read_dates=READS, pto=READS[0], nsc_election="check")
    with machine_in(server):
        bills = trueup.bill(home, read_text(written(made)), READS[0], READS[13], rules=RULES)
    expected = by_period(made)
    assert [row.start for row in bills.rows] == [str(day) for day in READS[:-1]]
    assert [row.imported_wh for row in bills.rows] == expected
    assert int(bills.result.settled.imported_wh[11]) == sum(expected[:12])
    assert int(bills.result.closing.imported_wh[0]) == expected[12]


@pytest.mark.rule("BILL-13", "TRUE-02")
@pytest.mark.parametrize("written", [neutral, sce], ids=["universal time", "local time"])
@every_server
def test_readings_just_before_and_after_midnight_fall_into_their_own_period(
    server: str, written: Callable[[Home], str]
) -> None:
    check_midnights(server, written)


def test_servers_of_three_zones_make_the_same_bills() -> None:
    """A machine of its own in UTC+13, and this one: files, bills of two ledgers, estimates, the store, the books."""
    far = subprocess.Popen(
        [sys.executable, "-m", "tests.incidents.server"],
        cwd=ROOT,
        env=os.environ | {"TZ": SERVERS["UTC+13"], "LC_ALL": "C"},
        stdout=subprocess.PIPE,
        text=True,
    )
    found = []
    for server in ("UTC-8", "UTC"):
        with machine_in(server):
            found.append(everything())
    found.append(json.loads(far.communicate()[0]))
    assert found == [found[0]] * 3


CLOCK = {"now", "utcnow", "today", "time", "time_ns", "localtime", "gmtime", "mktime", "ctime", "tzset", "getctime"}
BARE = {"astimezone": 0, "fromtimestamp": 1}
"""Calls that take the machine's zone where they have no more arguments than this."""


def clock_calls() -> set[tuple[str, str]]:
    """Every place of the product that may ask the machine for its clock or zone, and the call."""
    found = set()
    for path in sorted((ROOT / "src" / "trueup").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                name, given = node.func.attr, len(node.args) + len(node.keywords)
                of_clock = name in CLOCK and ast.unparse(node.func.value).split(".")[-1] in {"date", "datetime", "time"}
                if of_clock or given <= BARE.get(name, -1):
                    found.add((path.name, ast.unparse(node.func)))
    return found


def test_the_product_asks_the_machine_for_its_day_in_one_place_and_for_its_zone_nowhere() -> None:
    """A run's today, where the command line is not given one. All else is told by the caller."""
    assert {path for path, _ in clock_calls()} == {"cli_books.py"}
    assert len(clock_calls()) == 1


def check_run_day(folder: Path, days: int) -> None:
    """A run some days before or after a true-up, through its day, posts what a run on the day does."""
    home = account(program="nem", read_dates=READS, pto=READS[0], nsc_election="check", storage=True)
    meters = MadeMeters({"home": columns(READS[0], READS[13], flat=(300, 400))})
    for name, on in (("then", READS[12]), ("other", READS[12] + timedelta(days))):
        run_all(folder / name, portfolio(home), meters, RULES, through=READS[12], on=on)
    assert totals(folder / "then").equals(totals(folder / "other"))


@pytest.mark.parametrize("days", [-2, -1, 1, 2])
def test_a_run_bills_by_its_through_day_whatever_day_it_is(days: int, tmp_path: Path) -> None:
    check_run_day(tmp_path, days)


def test_a_run_that_bills_up_to_its_own_day_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted.run_bills_up_to_its_own_day(monkeypatch)
    with pytest.raises(AssertionError):
        check_run_day(tmp_path, -1)


def hours_around(day: date) -> list[int]:
    """The UTC seconds of every hour of the two days around a midnight."""
    return [at_midnight(day) + 3600 * hour for hour in range(-24, 25)]


def todays(server: str, seconds: list[int], monkeypatch: pytest.MonkeyPatch) -> list[date]:
    """A run's today by default, as a machine's clock stands at some instants."""
    found = []
    for second in seconds:

        class Day(date):
            @classmethod
            def today(cls, now: int = second) -> date:
                return date.fromtimestamp(now)

        class Moment(datetime):
            @classmethod
            def now(cls, tz: ZoneInfo | None = None, at: int = second) -> datetime:
                return datetime.fromtimestamp(at, tz)

        monkeypatch.setattr(cli_books, "date", Day)
        monkeypatch.setattr(cli_books, "datetime", Moment)
        with machine_in(server):
            found.append(cli_books._day(None))
    return found


def test_a_runs_today_is_californias_in_every_hour_on_every_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """It decides which undercharges are too old to be asked for, and from when a statement is known."""
    hours = [hour for day in (READS[5], date(2025, 11, 2), date(2026, 3, 8)) for hour in hours_around(day)]
    true = [datetime.fromtimestamp(second, UTC).astimezone(ZONE).date() for second in hours]
    for server in SERVERS:
        assert todays(server, hours, monkeypatch) == true, server


@pytest.mark.parametrize("server", ["UTC", "UTC+13"])
def test_taking_local_time_from_the_machine_is_caught(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    planted.local_time_is_the_machines(monkeypatch)
    with pytest.raises(AssertionError):
        check_midnights(server)


def test_days_of_universal_time_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    planted.days_are_those_of_universal_time(monkeypatch)
    with pytest.raises(AssertionError):
        check_midnights("UTC-8")
