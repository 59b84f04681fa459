"""The days on which a URDB rate holds."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from trueup.errors import TrueupError
from trueup.urdb.errors import urdb_error
from trueup.urdb.reading import Item, shown

MIDNIGHTS = (0, *range(4, 11))
"""Hours of universal time at which a day begins: in universal time itself, or somewhere in the United States."""
EARLIEST, LATEST = date(1990, 1, 1), date(2099, 12, 31)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def span_of(item: Item, first: date | None = None, last: date | None = None) -> tuple[date, date]:
    """First and last day of the rate: as the file says, or within that as told by `first` and `last`.

    URDB's clock times are midnights in universal time or of an American zone; all are the same day in universal
    time. The end date is the last day.

    Raises
    ------
    TrueupError
        E-URDB-012 if a day is in neither, lies outside the file's span or outside 1990 to 2099, or is no midnight.
    """
    start, begins = _day(item, "startdate", "--from", first), first
    end, ends = _day(item, "enddate", "--through", last), last
    if begins is not None and start is not None and begins < start:
        raise _no_span(f"--from {begins} lies before the rate's first day, {start}", "Name a day on which it holds.")
    if ends is not None and end is not None and ends > end:
        raise _no_span(f"--through {ends} lies after the rate's last day, {end}", "Name a day on which it holds.")
    found = begins or start, ends or end
    if found[0] is None:
        raise _no_span("the rate has no startdate", "Name its first day with --from.")
    if found[1] is None:
        raise _no_span(
            "the rate has no enddate",
            "Name with --through the last day on which you know its prices to hold, such as the day URDB was asked.",
        )
    if not EARLIEST <= found[0] <= found[1] <= LATEST:
        raise _no_span(f"{found[0]} to {found[1]} is no span of days from 1990 to 2099", "Name other days.")
    return found[0], found[1]


def _day(item: Item, key: str, option: str, told: date | None) -> date | None:
    value: Any = item.get(key)
    if value is None or value == "":
        return None
    if type(value) is not int or not 0 <= value < ((LATEST - EPOCH.date()).days + 1) * 86400:
        raise _no_span(f"{key} is {shown(value)}, no time in seconds since 1970", "Give the file as the API does.")
    when = EPOCH + timedelta(seconds=value)
    if told is None and (when.hour not in MIDNIGHTS or value % 3600):
        raise _no_span(f"{key} is {when:%Y-%m-%d %H:%M} UTC, no beginning of a day", f"Name the day with {option}.")
    return when.date()


def _no_span(what: str, todo: str) -> TrueupError:
    return urdb_error("E-URDB-012", what, todo, "Prices hold on stated days only; on others bills are refused.")
