"""Pacific prevailing time, SCE's holidays, seasons and time-of-use periods, as the tariff sheets word them."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

PACIFIC = ZoneInfo("America/Los_Angeles")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ONE_DAY = timedelta(days=1)
MONDAY, THURSDAY, SATURDAY, SUNDAY = 0, 3, 5, 6
EVENING = {  # mid or on peak; the winter's super off peak begins at 8:00 and ends where the evening begins
    "tou-d-prime": (16, 21),
    "tou-d-4-9pm": (16, 21),
    "tou-d-5-8pm": (17, 20),
    "tou-gs-1-e": (16, 21),
    "tou-gs-1-d": (16, 21),
}
TIERED = ("d",)


def midnight(day: date) -> int:
    """Epoch second at which a Pacific day starts; days have 23, 24 or 25 hours (decisions 6)."""
    return (datetime(day.year, day.month, day.day, tzinfo=PACIFIC) - EPOCH) // timedelta(seconds=1)


@cache
def local_hour(utc_hour: int) -> tuple[date, int]:
    """Local day and hour of a UTC hour; both autumn hours 1:00 come out as hour 1 (decisions 7; NBT A10)."""
    local = datetime.fromtimestamp(utc_hour * 3600, PACIFIC)
    return local.date(), local.hour


def nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    """The nth given weekday of a month."""
    first = date(year, month, 1)
    return first + ((weekday - first.weekday()) % 7 + 7 * (nth - 1)) * ONE_DAY


def last_monday(year: int, month: int) -> date:
    """The last Monday of a month that is not December."""
    last = date(year, month + 1, 1) - ONE_DAY
    return last - last.weekday() * ONE_DAY


@cache
def holidays(year: int) -> frozenset[date]:
    """Schedule TOU-D Special Condition 1, sheet 13: eight days; one on a Sunday is recognised on Monday too."""
    named = [
        date(year, 1, 1),
        nth_weekday(year, 2, MONDAY, 3),
        last_monday(year, 5),
        date(year, 7, 4),
        nth_weekday(year, 9, MONDAY, 1),
        date(year, 11, 11),
        nth_weekday(year, 11, THURSDAY, 4),
        date(year, 12, 25),
    ]
    return frozenset(day + ONE_DAY if day.weekday() == SUNDAY else day for day in named)


@cache
def is_weekend_or_holiday(day: date) -> bool:
    """Day type of the tariff (TOU-D SC 1) and of SCE's export prices (NBT notes 2.4): the same list, the same rule."""
    return day.weekday() in (SATURDAY, SUNDAY) or day in holidays(day.year)


def season(day: date) -> str:
    """Schedule TOU-D Special Condition 1, sheet 13: summer runs from 1 June to the end of September."""
    return "summer" if 6 <= day.month <= 9 else "winter"


def tou_period(schedule: str, day: date, hour: int) -> str:
    """Schedule TOU-D SC 1, sheet 12 (PRIME, 4-9 PM, 5-8 PM); TOU-GS-1 as PRIME; D has one period (NBT notes 7.1)."""
    if schedule in TIERED:
        return "all_hours"
    start, end = EVENING[schedule]
    evening = start <= hour < end
    if season(day) == "summer":
        if not evening:
            return "off_peak"
        return "mid_peak" if is_weekend_or_holiday(day) else "on_peak"
    if evening:
        return "mid_peak"
    return "super_off_peak" if 8 <= hour < start else "off_peak"


def demand_kinds(schedule: str, day: date, hour: int) -> tuple[str, ...]:
    """TOU-GS-1 Option D: all hours, summer's on peak, the evening of winter's weekdays (NBT notes 7.2)."""
    period = tou_period(schedule, day, hour)
    if period == "on_peak":
        return ("facilities", "summer_on_peak")
    if season(day) == "winter" and period == "mid_peak" and not is_weekend_or_holiday(day):
        return ("facilities", "winter_weekday_mid_peak")
    return ("facilities",)
