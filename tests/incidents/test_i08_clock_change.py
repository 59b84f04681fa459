"""I-8. When the clock changed, EnergyPlus overwrote the season and billed all of May as summer (EnergyPlus #7814); the
25 values of an autumn day broke a filter (eddie #960), and its repeated hour was kept once (gridstatus #287).

What is right is told here by the zone's own rules and a table of the schedule, hour by hour of universal time.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

import trueup
from tests.incidents import planted
from tests.made import FILES, account
from tests.reads.made_files import Home, iso, sce
from trueup.errors import TrueupError
from trueup.facts import gather_facts
from trueup.model import Readings, Shard, State
from trueup.periods import midnight_utc, runs
from trueup.pipeline import settle
from trueup.reads import Reads, open_meter_bytes
from trueup.reads.combine import combine, part_of

ZONE = ZoneInfo("America/Los_Angeles")
HOLIDAYS = {
    "2025-01-01", "2025-02-17", "2025-05-26", "2025-07-04", "2025-09-01", "2025-11-11", "2025-11-27", "2025-12-25",
    "2026-01-01", "2026-02-16", "2026-05-25", "2026-07-04",
}  # fmt: skip
FIRSTS = [date(2025 + (month - 1) // 12, (month - 1) % 12 + 1, 1) for month in range(2, 21)]
"""The first of each month from February 2025 to August 2026: three clock changes, two Mays."""
CHANGES = (date(2025, 3, 9), date(2025, 11, 2), date(2026, 3, 8))
Bucket = tuple[str, str, str]


def local(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC).astimezone(ZONE)


def at_midnight(day: date) -> int:
    """UTC second at which a day begins in California."""
    return int(datetime(day.year, day.month, day.day, tzinfo=ZONE).timestamp())


def off_day(moment: datetime) -> bool:
    return moment.weekday() >= 5 or str(moment.date()) in HOLIDAYS


def bucket_of(second: int) -> tuple[str, str]:
    """Season and period of TOU-D-PRIME (Schedule TOU-D, Special Condition 1)."""
    moment = local(second)
    if 6 <= moment.month <= 9:
        return "summer", "off_peak" if not 16 <= moment.hour < 21 else "mid_peak" if off_day(moment) else "on_peak"
    return "winter", "mid_peak" if 16 <= moment.hour < 21 else "super_off_peak" if 8 <= moment.hour < 16 else "off_peak"


def made_reads(first: date, last: date, minutes: int) -> tuple[Reads, Iterator[tuple[int, int]]]:
    """Made readings by universal time, a day more on both sides; and (second, Wh) of those inside [first, last)."""
    step, day = 60 * minutes, timedelta(1)
    start = np.arange(at_midnight(first - day), at_midnight(last + day), step)
    wh = np.random.default_rng(8).integers(1, 900, len(start))
    both = (np.repeat([0, 1], len(start)), np.tile(start, 2), np.concatenate([wh, np.zeros_like(wh)]))
    inside = (start >= at_midnight(first)) & (start < at_midnight(last))
    return Reads.of_channels(FILES, minutes, *both), zip(start[inside].tolist(), wh[inside].tolist(), strict=True)


def check_seasons_and_periods(rules: trueup.Rules, minutes: int = 60) -> None:
    """Wh of each month's bill by season and period, of eighteen months."""
    reads, true = made_reads(FIRSTS[0], FIRSTS[-1], minutes)
    bills = trueup.bill(account(read_dates=FIRSTS), reads, FIRSTS[0], FIRSTS[-1], rules=rules)
    billed, expected = Counter[Bucket](), Counter[Bucket]()
    for line in bills.statement:
        if line.component == "generation":
            billed[line.month, str(line.season), str(line.period)] += int(line.quantity * 1000)
    for second, wh in true:
        expected[f"{local(second):%Y-%m}", *bucket_of(second)] += wh
    assert billed == expected
    assert {season for month, season, _ in billed if month[5:] == "05"} == {"winter"}


def check_each_hour_earns_its_own_price(day: date, rules: trueup.Rules) -> None:
    """One home for each hour of three days around a clock change, sending out 1 kWh in it alone."""
    first, last = date(day.year, day.month - 1, 20), date(day.year, day.month, 20)
    hours = range(at_midnight(day - timedelta(1)), at_midnight(day + timedelta(2)), 3600)
    begin = at_midnight(first)
    sent = np.zeros((len(hours), (at_midnight(last) - begin) // 3600), dtype=np.int32)
    for row, second in enumerate(hours):
        sent[row, (second - begin) // 3600] = 1000
    solar = {"program": "sbp", "pto": first, "application": date(2025, 1, 5), "read_dates": [first, last]}
    homes = [account(account=str(row), **solar) for row in range(len(hours))]
    readings = Readings(first.toordinal(), last.toordinal(), 60, np.zeros_like(sent), sent)
    result = settle(Shard(gather_facts(homes, rules), readings, State.empty(len(homes))), rules)
    assert not result.refusals
    assert result.priced.granted.sum(axis=1).tolist() == [cents_of(second, rules) for second in hours]


def cents_of(second: int, rules: trueup.Rules) -> int:
    """What 1 kWh sent out in an hour earns: each part rounded, by the published table's month, day type and hour."""
    moment = local(second)
    kind = "weekend_holiday" if off_day(moment) else "weekday"
    parts = export_table(rules)[moment.year, moment.month, kind, moment.hour]
    return sum((price + 500) // 1000 for price in parts)


def export_table(rules: trueup.Rules) -> dict[tuple[int, int, str, int], tuple[int, int]]:
    """Delivery and generation parts in 10^-5 $/kWh, from the rule file itself."""
    text = (rules.book.folder / "prices/sce/export-nbt25-nbt26.csv").read_text()
    rows = [row.split(",") for row in text.splitlines()[1:]]
    return {
        (int(row[0]), int(row[1]), row[2], int(row[3])): (int(row[4].replace(".", "")), int(row[6].replace(".", "")))
        for row in rows
    }


def autumn_file() -> Home:
    """October and November 2025, with the two passes of 1 o'clock on 2 November unlike each other."""
    start, end = at_midnight(date(2025, 10, 20)), at_midnight(date(2025, 11, 20))
    taken = [500] * ((end - start) // 3600)
    first = (at_midnight(date(2025, 11, 2)) - start) // 3600 + 1
    taken[first : first + 2] = [700, 900]
    return Home(start, 60, tuple(taken), (0,) * len(taken))


def read_text(text: str) -> Reads:
    with open_meter_bytes(text.encode(), "made.csv") as file:
        return combine([part_of(file)])


def check_the_repeated_hour_is_two_hours(rules: trueup.Rules) -> None:
    """From SCE's download, whose local times bear no offset: both passes are read, told apart and billed."""
    made = autumn_file()
    reads = read_text(sce(made))
    one = at_midnight(date(2025, 11, 2)) + 3600
    taken = dict(zip(reads.start[reads.channel == 0].tolist(), reads.wh[reads.channel == 0].tolist(), strict=True))
    assert len(reads.duplicates) == 0
    assert [local(second).hour for second in (one, one + 3600)] == [1, 1]
    assert (taken[one], taken[one + 3600]) == (700, 900)
    days = (date(2025, 10, 20), date(2025, 11, 20))
    bills = trueup.bill(account(read_dates=days), reads, *days, rules=rules)
    assert bills.rows[0].imported_wh == sum(made.delivered)
    energy = [line.quantity for line in bills.statement if line.component == "generation"]
    assert int(sum(energy) * 1000) == sum(made.delivered)


@pytest.mark.parametrize("minutes", [15, 60])
def test_every_hour_of_eighteen_months_is_billed_in_its_season_and_period(minutes: int, rules: trueup.Rules) -> None:
    check_seasons_and_periods(rules, minutes)


@pytest.mark.rule("EEC-01", "EEC-05")
@pytest.mark.parametrize("day", CHANGES, ids=str)
def test_every_hour_around_a_clock_change_earns_the_price_of_its_local_hour(day: date, rules: trueup.Rules) -> None:
    check_each_hour_earns_its_own_price(day, rules)


def test_both_passes_of_the_repeated_hour_are_read_and_billed(rules: trueup.Rules) -> None:
    check_the_repeated_hour_is_two_hours(rules)


def test_a_file_with_one_pass_of_the_repeated_hour_is_refused_not_stretched(rules: trueup.Rules) -> None:
    lines = sce(autumn_file()).split("\r\n")
    passes = [number for number, line in enumerate(lines) if line.startswith("2025-11-02 01:00:00")]
    assert len(passes) == 4
    kept = [line for number, line in enumerate(lines) if number not in passes[1::2]]
    days = (date(2025, 10, 20), date(2025, 11, 20))
    with pytest.raises(TrueupError) as caught:
        trueup.bill(account(read_dates=days), read_text("\r\n".join(kept)), *days, rules=rules)
    assert caught.value.code == "E-READ-030"


def test_a_time_that_the_clock_skipped_is_refused() -> None:
    made = Home(at_midnight(date(2026, 3, 8)), 60, (500,) * 23, (0,) * 23)
    moved = sce(made).replace("2026-03-08 03:00:00", "2026-03-08 02:00:00")
    with pytest.raises(TrueupError) as caught:
        read_text(moved)
    assert "does not exist" in caught.value.what


def test_days_tile_the_years_with_23_24_or_25_hours() -> None:
    """D-1: no gap, no overlap; the clock changes on the second Sunday of March and the first of November."""
    first, last = date(2023, 1, 1), date(2033, 1, 1)
    days = [date.fromordinal(day) for day in range(first.toordinal(), last.toordinal())]
    assert [midnight_utc(day.toordinal()) for day in days] == [at_midnight(day) for day in days]
    hours = {day: runs(day.toordinal(), day.toordinal() + 1).total_hours for day in days}
    sundays = [day for day in days if day.weekday() == 6]
    spring = {day for day in sundays if day.month == 3 and 8 <= day.day <= 14}
    autumn = {day for day in sundays if day.month == 11 and day.day <= 7}
    assert {day: count for day, count in hours.items() if count != 24} == (
        dict.fromkeys(spring, 23) | dict.fromkeys(autumn, 25)
    )
    assert sum(hours.values()) == (at_midnight(last) - at_midnight(first)) // 3600


@pytest.mark.parametrize(("year", "quarters"), [(2025, 35_040), (2028, 35_136)])
def test_a_year_has_its_quarter_hours(year: int, quarters: int) -> None:
    assert 4 * runs(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()).total_hours == quarters


@pytest.mark.parametrize(
    ("moment", "period"),
    [
        ("2025-07-04T23:00:00Z", "mid_peak"),  # Friday, a holiday, 16:00 local
        ("2025-07-05T03:30:00Z", "mid_peak"),  # 20:30 on the holiday, Saturday by universal time
        ("2025-07-07T03:30:00Z", "mid_peak"),  # 20:30 on Sunday, Monday by universal time
        ("2025-07-08T03:30:00Z", "on_peak"),  # 20:30 on Monday
        ("2025-07-12T03:30:00Z", "on_peak"),  # 20:30 on Friday, Saturday by universal time
        ("2025-07-12T23:00:00Z", "mid_peak"),  # Saturday, 16:00 local
        ("2025-07-08T04:00:00Z", "off_peak"),  # 21:00 on Monday
    ],
)
def test_the_day_type_is_that_of_the_local_day(moment: str, period: str, rules: trueup.Rules) -> None:
    """D-4: near midnight of universal time it is another day there."""
    days = (date(2025, 7, 1), date(2025, 7, 31))
    start = np.arange(at_midnight(days[0]), at_midnight(days[1]), 1800)
    wh = (start == int(datetime.fromisoformat(moment).timestamp())) * 5000
    both = (np.repeat([0, 1], len(start)), np.tile(start, 2), np.concatenate([wh, 0 * wh]))
    bills = trueup.bill(account(read_dates=days), Reads.of_channels(FILES, 30, *both), *days, rules=rules)
    used = {line.period for line in bills.statement if line.component == "generation" and line.quantity}
    assert used == {period}
    assert iso(int(start[wh > 0][0])) == moment


def around_the_first_change(rules: trueup.Rules) -> None:
    check_each_hour_earns_its_own_price(CHANGES[0], rules)


@pytest.mark.parametrize(
    ("bug", "check"),
    [
        (planted.summer_begins_with_the_clock_change, check_seasons_and_periods),
        (planted.days_are_those_of_universal_time, check_seasons_and_periods),
        (planted.clock_change_is_ignored, check_seasons_and_periods),
        (planted.clock_change_is_ignored, around_the_first_change),
        (planted.repeated_hour_is_left_out, check_seasons_and_periods),
        (planted.repeated_hour_is_left_out, check_the_repeated_hour_is_two_hours),
        (planted.repeated_hour_is_read_as_one, check_the_repeated_hour_is_two_hours),
    ],
    ids=lambda part: part.__name__,
)
def test_each_of_these_bugs_is_caught(
    bug: Callable[[pytest.MonkeyPatch, trueup.Rules], None],
    check: Callable[[trueup.Rules], None],
    rules: trueup.Rules,
    monkeypatch: pytest.MonkeyPatch,
    fresh_days: None,
) -> None:
    bug(monkeypatch, rules)
    with pytest.raises((AssertionError, ValueError)):
        check(rules)
