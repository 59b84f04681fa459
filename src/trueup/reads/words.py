"""Single words of meter files: quantities, instants, days, clock times, states. Each refuses with a ValueError."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta

from trueup.quantities import scaled, whole_of
from trueup.reads.batch import ACTUAL, CHANNELS, CORRECTED, EDITED, ESTIMATED, STATUSES
from trueup.reads.source import Source

NUMBER = re.compile(r"[+-]?(?:\d{1,15}(?:\.\d{0,18})?|\.\d{1,18})(?:[eE][+-]?\d{1,2})?", re.ASCII)
LARGEST_WH = 10**12
NOTHING = -(10**13)
"""An empty cell: no value, which is not 0."""
Parse = Callable[[str], int]
DAY = 24 * 60
"""Minutes."""
LENGTHS = (5, 15, 30, 60)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2099, 12, 30)
FIRST_SECOND = (datetime(1990, 1, 1, tzinfo=UTC) - EPOCH) // SECOND
LAST_SECOND = (datetime(2099, 12, 31, tzinfo=UTC) - EPOCH) // SECOND
ISO_DAY = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)", re.ASCII)
US_DAY = re.compile(r"(\d\d?)/(\d\d?)/(\d{4})", re.ASCII)
CLOCK = re.compile(r"(\d\d?):(\d\d)(?::00)? ?([AaPp][Mm])?", re.ASCII)
STATUS_WORDS = {
    "": ACTUAL, "actual": ACTUAL, "raw": ACTUAL, "valid": ACTUAL, "validated": ACTUAL, "verified": ACTUAL,
    "corrected": CORRECTED, "edited": EDITED, "manual": EDITED, "manually edited": EDITED,
    "estimated": ESTIMATED, "projected": ESTIMATED, "missing": 0, "none": 0,
}  # fmt: skip


class Memo(dict[str, int]):
    """Words already understood: a meter file says the same few words again and again."""

    LARGEST = 200_000
    rounded = False

    def __init__(self, parse: Parse) -> None:
        super().__init__()
        self.parse = parse

    def __missing__(self, text: str) -> int:
        value = self.parse(text)
        if len(self) >= self.LARGEST:
            self.clear()
        self[text] = value
        return value

    def column(
        self, texts: Sequence[str], source: Source, code: str, todo: str, lines: Sequence[int], name: str
    ) -> list[int]:
        """A whole column of words.

        Raises
        ------
        TrueupError
            With `code` and the line of the first word that is not understood; `lines` numbers the words.
        """
        try:
            return [self[text] for text in texts]
        except ValueError:
            for line, text in zip(lines, texts, strict=True):
                try:
                    self.parse(text)
                except ValueError as error:
                    raise source.error(code, f"{name}: {error}", todo, line) from None
            raise


class Instants(Memo):
    """Instants already understood: an ISO text is a day and the rest, and both come again and again."""

    def __init__(self) -> None:
        super().__init__(second)
        self._days: dict[str, int] = {}
        self._rests: dict[str, int] = {}

    def __missing__(self, text: str) -> int:
        day, rest = self._days.get(text[:10]), self._rests.get(text[10:])
        if day is None or rest is None:
            return self._learn(text)
        return day + rest

    def _learn(self, text: str) -> int:
        value = second(text)
        if ISO_DAY.fullmatch(text[:10]) and len(self._rests) < self.LARGEST:
            midnight = second(f"{text[:10]}T00:00:00Z")
            self._days[text[:10]], self._rests[text[10:]] = midnight, value - midnight
        return value


def exact(text: str, digits: int) -> int:
    """A decimal text in units of 10^-`digits`, at most 10^12 of them either way; `digits` may be negative."""
    text = text.strip()
    if not NUMBER.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is not a decimal number")
    if digits >= 0:
        value = scaled(text, digits)
    else:
        value, rest = divmod(scaled(text, 0), 10**-digits)
        if rest:
            raise ValueError(f"{text[:40]!r} times 10^{digits} is no whole number")
    if abs(value) > LARGEST_WH:
        raise ValueError(f"{text[:40]!r} is more than any meter counts")
    return value


class Nearest(Memo):
    """Quantities of a utility's file at the nearest Wh, half away from zero; `rounded` is set once any was finer.

    Each is rounded by itself, so that the same reading in two files is the same number.
    """

    def __init__(self, digits: int) -> None:
        super().__init__(self._nearest)
        self.digits = digits

    def _nearest(self, text: str) -> int:
        word = text.strip()
        if not word:
            return NOTHING
        if not NUMBER.fullmatch(word):
            raise ValueError(f"{word[:40]!r} is not a decimal number")
        whole, was_whole = whole_of(word, self.digits)
        if abs(whole) > LARGEST_WH:
            raise ValueError(f"{word[:40]!r} is more than any meter counts")
        self.rounded = self.rounded or not was_whole
        return whole


def kwh(text: str) -> int:
    """kWh with at most three decimals as Wh, signed; empty is `NOTHING`."""
    return exact(text, 3) if text.strip() else NOTHING


def wh(text: str) -> int:
    """Whole Wh, signed; empty is `NOTHING`."""
    return exact(text, 0) if text.strip() else NOTHING


def second(text: str) -> int:
    """UTC second of an ISO time with a zone."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text[:40]!r} is no ISO time") from None
    if moment.utcoffset() is None:
        raise ValueError(f"{text[:40]!r} has no zone; write UTC (Z)")
    return checked_second((moment - EPOCH) // SECOND, whole=not moment.microsecond)


def checked_second(value: int, whole: bool = True) -> int:
    """A UTC second that a meter may have seen: 1990 to 2099."""
    if not whole or not FIRST_SECOND <= value < LAST_SECOND:
        raise ValueError(f"{value} is no whole second of the years 1990 to 2099")
    return value


def known_second(text: str) -> int:
    """UTC second at which a value was made; 0 where the file does not say."""
    return second(text) if text.strip() else 0


def day(text: str) -> int:
    """Ordinal of ``2024-05-22`` or ``5/22/2024``."""
    text = text.strip()
    iso, other = ISO_DAY.fullmatch(text), US_DAY.fullmatch(text)
    try:
        if iso:
            found = date(int(iso[1]), int(iso[2]), int(iso[3]))
        elif other:
            found = date(int(other[3]), int(other[1]), int(other[2]))
        else:
            raise ValueError
    except ValueError:
        raise ValueError(f"{text[:40]!r} is no day") from None
    if not FIRST_DAY <= found <= LAST_DAY:
        raise ValueError(f"{text[:40]!r} is no day of the years 1990 to 2099")
    return found.toordinal()


def clock(text: str) -> int:
    """Minute of the day of ``00:15``, ``00:15:00`` or ``12:15 AM``."""
    found = CLOCK.fullmatch(text.strip())
    hour, minute = (int(found[1]), int(found[2])) if found else (24, 0)
    if found and found[3]:
        hour = hour % 12 + (12 if found[3].lower() == "pm" else 0) if 1 <= hour <= 12 else 24
    if hour > 23 or minute > 59:
        raise ValueError(f"{text[:40]!r} is no time of day")
    return 60 * hour + minute


def length(text: str) -> int:
    """Interval length in minutes."""
    if text.strip() not in {"5", "15", "30", "60"}:
        raise ValueError(f"intervals of {text.strip()[:40] or 'no'} minutes; 5, 15, 30 or 60 are read")
    return int(text)


def channel(text: str) -> int:
    """Index into `CHANNELS`."""
    word = text.strip().lower()
    if word not in CHANNELS:
        raise ValueError(f"{text[:40]!r} is no channel; channels are {', '.join(CHANNELS)}")
    return CHANNELS.index(word)


def netted(text: str) -> int:
    """1 for a reading of a signed column, in which export was set off against import; else 0."""
    word = text.strip().lower()
    if word not in ("", "no", "yes"):
        raise ValueError(f"{text[:40]!r} is neither yes nor no")
    return int(word == "yes")


def status(text: str) -> int:
    """Index into `STATUSES` of one of its words; empty is actual."""
    word = text.strip().lower() or "actual"
    if word not in STATUSES:
        raise ValueError(f"{text[:40]!r} is no status; words are {', '.join(STATUSES)}")
    return STATUSES.index(word)


def quality(text: str) -> int:
    """Index into `STATUSES` of a portal's remark; one that is not known ranks as an estimate, below any reading."""
    return STATUS_WORDS.get(" ".join(text.lower().split()), ESTIMATED)
