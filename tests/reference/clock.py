"""Pacific prevailing time, holidays, seasons and time-of-use periods of each utility, as the tariffs word them."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

PACIFIC = ZoneInfo("America/Los_Angeles")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ONE_DAY = timedelta(days=1)
MONDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = 0, 3, 4, 5, 6
EVENING = {  # SCE: mid or on peak; the winter's super off peak begins at 8:00 and ends where the evening begins
    "tou-d-prime": (16, 21),
    "tou-d-4-9pm": (16, 21),
    "tou-d-5-8pm": (17, 20),
    "tou-gs-1-e": (16, 21),
    "tou-gs-1-d": (16, 21),
}
FLAT = ("d", "e-1")  # one period, all hours (NBT notes 7.1)
SUMMER_ENDS = {"sce": 9, "pge": 9, "sdge": 10}  # the last month of summer, which begins in June everywhere
FRIDAY_FOR_SATURDAY = {("pge", "tariff"), ("pge", "export_prices"), ("sdge", "export_prices")}
NO_VETERANS_DAY = {("sdge", "export_prices")}
PERIODS = ("on_peak", "mid_peak", "off_peak", "super_off_peak", "all_hours")  # the order of the rule files
SEASONS = ("summer", "winter")


def midnight(day: date) -> int:
    """Epoch second at which a Pacific day starts; days have 23, 24 or 25 hours (decisions 6)."""
    return (datetime(day.year, day.month, day.day, tzinfo=PACIFIC) - EPOCH) // timedelta(seconds=1)


@cache
def local_hour(utc_hour: int) -> tuple[date, int, bool]:
    """Local day and hour of a UTC hour, and whether it is autumn's second hour 1:00 (decisions 7; NBT A10)."""
    local = datetime.fromtimestamp(utc_hour * 3600, PACIFIC)
    return local.date(), local.hour, local.fold == 1


def nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    """The nth given weekday of a month."""
    first = date(year, month, 1)
    return first + ((weekday - first.weekday()) % 7 + 7 * (nth - 1)) * ONE_DAY


def last_monday(year: int, month: int) -> date:
    """The last Monday of a month that is not December."""
    last = date(year, month + 1, 1) - ONE_DAY
    return last - last.weekday() * ONE_DAY


def named_holidays(year: int, *, veterans_day: bool) -> list[date]:
    """The eight holidays of the tariffs (TOU-D SC 1; NBT notes 2.4); SDG&E's export prices leave Veterans Day out."""
    return [
        date(year, 1, 1),
        nth_weekday(year, 2, MONDAY, 3),
        last_monday(year, 5),
        date(year, 7, 4),
        nth_weekday(year, 9, MONDAY, 1),
        *([date(year, 11, 11)] if veterans_day else []),
        nth_weekday(year, 11, THURSDAY, 4),
        date(year, 12, 25),
    ]


@cache
def holidays(year: int, utility: str, purpose: str) -> frozenset[date]:
    """The days on which a year's holidays are observed, by utility and by `tariff` or `export_prices`.

    A Sunday's holiday is observed on Monday everywhere. A Saturday's: at SCE on no weekday (TOU-D SC 1, sheet 13; NBT
    notes 2.4), at PG&E on Friday (NBT notes 2.4, read off its files), at SDG&E on no weekday (Rule 1) but on Friday in
    the export prices.
    """
    observed = []
    for day in named_holidays(year, veterans_day=(utility, purpose) not in NO_VETERANS_DAY):
        to_friday = day.weekday() == SATURDAY and (utility, purpose) in FRIDAY_FOR_SATURDAY
        to_monday = day.weekday() == SUNDAY
        observed.append(day - ONE_DAY if to_friday else day + ONE_DAY if to_monday else day)
    return frozenset(observed)


@cache
def is_weekend_or_holiday(day: date, utility: str = "sce", purpose: str = "tariff") -> bool:
    """Day type; January 1 on a Saturday may be observed in the year before (NBT notes 2.4: 2027-12-31)."""
    years = (day.year, day.year + 1)
    return day.weekday() in (SATURDAY, SUNDAY) or any(day in holidays(year, utility, purpose) for year in years)


def season(day: date, utility: str = "sce") -> str:
    """Summer runs from 1 June to the end of September, at SDG&E of October (TOU-D SC 1, sheet 13; NBT notes 7.1)."""
    return "summer" if 6 <= day.month <= SUMMER_ENDS[utility] else "winter"


def tou_period(schedule: str, day: date, hour: int) -> str:
    """Time-of-use period of a local hour (NBT notes 7.1); the tiered rates have one."""
    if schedule in FLAT:
        return "all_hours"
    if schedule in EVENING:
        return sce_period(schedule, day, hour)
    return OTHERS[schedule](day, hour)


def sce_period(schedule: str, day: date, hour: int) -> str:
    """Schedule TOU-D SC 1, sheet 12 (PRIME, 4-9 PM, 5-8 PM); TOU-GS-1 as PRIME."""
    start, end = EVENING[schedule]
    evening = start <= hour < end
    if season(day) == "summer":
        if not evening:
            return "off_peak"
        return "mid_peak" if is_weekend_or_holiday(day) else "on_peak"
    if evening:
        return "mid_peak"
    return "super_off_peak" if 8 <= hour < start else "off_peak"


def electric_home_period(_day: date, hour: int) -> str:
    """PG&E E-ELEC and EV2-A: peak 16-21, part-peak 15-16 and 21-24 every day; part-peak is called mid peak here."""
    if 16 <= hour < 21:
        return "on_peak"
    return "mid_peak" if hour == 15 or hour >= 21 else "off_peak"


def four_to_nine_period(_day: date, hour: int) -> str:
    """PG&E E-TOU-C: peak 16-21 every day."""
    return "on_peak" if 16 <= hour < 21 else "off_peak"


def five_to_eight_period(day: date, hour: int) -> str:
    """PG&E E-TOU-D: peak 17-20 on weekdays that are no holidays."""
    return "on_peak" if 17 <= hour < 20 and not is_weekend_or_holiday(day, "pge") else "off_peak"


def san_diego_period(day: date, hour: int) -> str:
    """SDG&E TOU-DR1 and EV-TOU-5 from 2026-03: on peak 16-21; super off peak 0-6 and 10-14, on days off 0-14."""
    if 16 <= hour < 21:
        return "on_peak"
    night = hour < 14 if is_weekend_or_holiday(day, "sdge") else hour < 6 or 10 <= hour < 14
    return "super_off_peak" if night else "off_peak"


OTHERS = {
    "e-elec": electric_home_period,
    "ev2-a": electric_home_period,
    "e-tou-c": four_to_nine_period,
    "e-tou-d": five_to_eight_period,
    "tou-dr1": san_diego_period,
    "ev-tou-5": san_diego_period,
}


def demand_kinds(schedule: str, day: date, hour: int) -> tuple[str, ...]:
    """TOU-GS-1 Option D: all hours, summer's on peak, the evening of winter's weekdays (NBT notes 7.2)."""
    if schedule not in EVENING:
        return ()
    period = tou_period(schedule, day, hour)
    if period == "on_peak":
        return ("facilities", "summer_on_peak")
    if season(day) == "winter" and period == "mid_peak" and not is_weekend_or_holiday(day):
        return ("facilities", "winter_weekday_mid_peak")
    return ("facilities",)
