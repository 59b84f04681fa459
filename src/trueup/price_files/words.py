"""Reads single cells of published price files. Each function refuses with a ValueError that says what it wants."""

import re
from datetime import date

from trueup.price_files.months import MONTHS
from trueup.quantities import price_from_text

UTILITIES = {"SC": "sce", "PG": "pge", "SD": "sdge"}
EPOCH = date(1970, 1, 1).toordinal()
DAY, HOUR, MINUTE = 86_400, 3_600, 60
UNIT = "export $/kwh"

_PRICE = re.compile(r"\d{1,4}(\.\d*)?|\.\d+")
_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(20\d\d)")
_TIME = re.compile(r"(\d{1,2}):(\d\d):(\d\d)")
_LABEL = re.compile(r"([A-Z][a-z]{2}) (Weekday|Weekend) HS(\d{1,2})")
_SERIES = re.compile(r"USCA-(?:XX([A-Z]{2})|([A-Z]{2})XX)-NB(\d\d)-0000")
_RATE = re.compile(r"NBT(\d\d)")
FULL_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip


def price(text: str) -> int:
    """A price in 10^-7 $/kWh: a plain decimal, not negative, at most seven decimals."""
    if text.startswith("-") and _PRICE.fullmatch(text[1:]):
        raise ValueError("is negative; published prices are floored at zero")
    if not _PRICE.fullmatch(text):
        raise ValueError("is not a plain decimal such as 0.05372")
    try:
        return price_from_text(text)
    except ValueError:
        raise ValueError("has more than seven decimals") from None


def dollars(text: str) -> int:
    """A price that a spreadsheet may have written with a dollar sign."""
    return price(text.removeprefix("$").strip())


def day_start(text: str) -> int:
    """UTC second at which a day such as ``1/31/2026`` or ``01/31/2026`` starts."""
    found = _DATE.fullmatch(text)
    if not found:
        raise ValueError("is not a day of 2000 to 2099 as month/day/year")
    month, day, year = (int(part) for part in found.groups())
    try:
        return (date(year, month, day).toordinal() - EPOCH) * DAY
    except ValueError:
        raise ValueError("is no day of the calendar") from None


def second_of_day(text: str) -> int:
    """Seconds since midnight of a time such as ``8:00:00`` or ``08:59:59``."""
    found = _TIME.fullmatch(text)
    hour, minute, second = (int(part) for part in found.groups()) if found else (24, 0, 0)
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError("is not a time as hour:minute:second")
    return hour * HOUR + minute * MINUTE + second


def day_number(text: str) -> int:
    """1 (Monday) to 7, 8 for a holiday, 0 where a file does not tell days."""
    if not re.fullmatch(r"[0-8]", text):
        raise ValueError("is not 0, or 1 (Monday) to 7, or 8 (holiday)")
    return int(text)


def label(text: str) -> int:
    """A ValueName such as ``Jul Weekday HS19`` as (month 0..11 x 2 + day type) x 24 + hour."""
    found = _LABEL.fullmatch(text)
    if not found or found[1] not in MONTHS or int(found[3]) > 23:
        raise ValueError("is not a label such as 'Jul Weekday HS19'")
    return (MONTHS.index(found[1]) * 2 + ("Weekday", "Weekend").index(found[2])) * 24 + int(found[3])


def label_text(code: int) -> str:
    """The ValueName of a label code."""
    rest, hour = divmod(int(code), 24)
    return f"{MONTHS[rest // 2]} {('Weekday', 'Weekend')[rest % 2]} HS{hour}"


def series(text: str) -> int:
    """A RIN such as ``USCA-XXSC-NB26-0000`` as (utility x 100 + year) x 2 + component (generation 1)."""
    found = _SERIES.fullmatch(text)
    if not found or (found[1] or found[2]) not in UTILITIES:
        raise ValueError("is not a RIN such as USCA-XXSC-NB26-0000 (generation) or USCA-SCXX-NB26-0000 (delivery)")
    return (list(UTILITIES).index(found[1] or found[2]) * 100 + int(found[3])) * 2 + (1 if found[1] else 0)


def rate_year(text: str) -> int:
    """The two digits of a RateName such as ``NBT26``; 0 for the floating series NBT00."""
    found = _RATE.fullmatch(text)
    if not found:
        raise ValueError("is not a rate such as NBT26")
    return int(found[1])


def unit(text: str) -> int:
    """0 where the unit is $ per exported kWh."""
    if " ".join(text.casefold().split()) != UNIT:
        raise ValueError(f"is not {UNIT.replace('kwh', 'kWh')}")
    return 0


def year(text: str) -> int:
    """A calendar year of this century."""
    if not re.fullmatch(r"20\d\d", text):
        raise ValueError("is not a year such as 2026")
    return int(text)


def month_number(text: str) -> int:
    """A month 1..12, given as a number or by its English name."""
    names = [name.casefold() for name in MONTHS]
    word = text.casefold()
    if word in FULL_MONTHS or word in names:
        return 1 + (FULL_MONTHS.index(word) if word in FULL_MONTHS else names.index(word))
    if re.fullmatch(r"0?[1-9]|1[0-2]", word):
        return int(word)
    raise ValueError("is not a month")


def hour_ending(text: str) -> int:
    """The hour 0..23 at which an hour starts that is told by its end, 1..24."""
    if not re.fullmatch(r"0?[1-9]|1\d|2[0-4]", text):
        raise ValueError("is not an hour-ending 1 to 24")
    return int(text) - 1
