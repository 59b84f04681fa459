"""Checks of upload files: every hour once, and every label the Pacific hour that the row is."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from trueup.errors import TrueupError
from trueup.periods import day_text
from trueup.price_files import words
from trueup.price_files.clock import PacificHours, pacific_hours, pacific_time
from trueup.price_files.errors import price_error
from trueup.price_files.months import COMPONENTS
from trueup.price_files.upload import HourRows
from trueup.quantities import Bools, Ints

GUARANTEED_YEARS = 9
HOLIDAY, SATURDAY = 8, 6
BOTH = "Give both components: both in one file, or the generation file and the delivery file together."


@dataclass(frozen=True)
class HourFacts:
    """What upload rows tell beside prices.

    Attributes
    ----------
    first_year, last_year
        Pacific calendar years covered.
    year
        (rows,) Pacific calendar year of each row.
    repeated_hour
        The clock hour as which the second 01:00 of autumn is labelled and priced: 1 or 2.
    labels_true_through
        Last year up to which every label is the Pacific hour of its row.
    holidays
        Weekdays labelled as weekend, in the years whose labels are checked.
    """

    first_year: int
    last_year: int
    year: Ints
    repeated_hour: int
    labels_true_through: int
    holidays: tuple[date, ...]


def check_hours(rows: HourRows) -> HourFacts:
    """Check that rows cover whole years without gap or double, and that labels agree with the clock.

    Labels are checked through the ninth calendar year after the vintage's (after the first year, for NBT00).

    Raises
    ------
    TrueupError
        E-PRICE-009 to 011, 013 and 014 with file and row.

    References
    ----------
    NBT 2.3.3 to 2.3.6, 2.4.
    """
    _both_components(rows)
    first_year, last_year = _whole_years(rows)
    _each_hour_once(rows)
    clock = pacific_hours(int(rows.start.min()), int(rows.start.max()))
    at = rows.start - rows.start.min()
    year = clock.month[at] // 12
    checked = year <= (2000 + rows.vintage if rows.vintage else first_year) + GUARANTEED_YEARS
    false = _false_labels(rows, clock, at)
    _refuse_false(rows, clock, at, false & checked)
    holidays = _holidays(rows, clock, at, checked)
    through = int(year[false].min()) - 1 if false.any() else last_year
    return HourFacts(first_year, last_year, year, _repeated_hour(rows, clock, at, checked), through, holidays)


def _both_components(rows: HourRows) -> None:
    missing = [name for code, name in enumerate(COMPONENTS) if not (rows.component == code).any()]
    if missing:
        files = ", ".join(table.file for table in rows.tables)
        raise price_error("E-PRICE-014", f"{files}: there is no row of the {missing[0]} component", BOTH)


def _whole_years(rows: HourRows) -> tuple[int, int]:
    """First and last Pacific year; the span starts and ends with the calendar year."""
    ends = [rows.first(np.flatnonzero(rows.start == end)) for end in (rows.start.min(), rows.start.max())]
    first, after = pacific_time(int(rows.start[ends[0]])), pacific_time(int(rows.start[ends[1]]) + 1)
    for index, time, what in ((ends[0], first, "first"), (ends[1], after, "last")):
        if (time.month, time.day, time.hour) != (1, 1, 0):
            raise price_error(
                "E-PRICE-013",
                f"{rows.row(index)}: the {what} hour of the files {'starts' if what == 'first' else 'ends'} at "
                f"{time:%Y-%m-%d %H:%M} Pacific, not with the calendar year",
            )
    return first.year, after.year - 1


def _each_hour_once(rows: HourRows) -> None:
    """Of each component, rows follow one another by an hour over the whole span."""
    same = rows.component[1:] == rows.component[:-1]
    step = rows.start[1:] - rows.start[:-1]
    doubled, gap = np.flatnonzero(same & (step == 0)), np.flatnonzero(same & (step > 1))
    if len(doubled):
        index = int(doubled[0]) + 1
        raise price_error("E-PRICE-011", f"{rows.row(index)}: the same hour stands in {rows.place(index - 1)}")
    if len(gap):
        raise _gap(rows, int(gap[0]), int(rows.start[gap[0]]) + 1, int(step[gap[0]]) - 1)
    first, last = int(rows.start.min()), int(rows.start.max())
    for component in range(len(COMPONENTS)):
        own = np.flatnonzero(rows.component == component)
        if rows.start[own[-1]] < last:
            raise _gap(rows, int(own[-1]), int(rows.start[own[-1]]) + 1, last - int(rows.start[own[-1]]))
        if rows.start[own[0]] > first:
            raise _gap(rows, int(own[0]), first, int(rows.start[own[0]]) - first)


def _gap(rows: HourRows, index: int, missing: int, hours: int) -> TrueupError:
    name = COMPONENTS[rows.component[index]]
    hour = f"{pacific_time(missing):%Y-%m-%d %H:%M %Z}"
    return price_error("E-PRICE-010", f"{rows.row(index)}: beside it {hours:,} {name} hours from {hour} are missing")


def _weekend_expected(rows: HourRows, clock: PacificHours, at: Ints) -> tuple[Bools, Bools]:
    """Whether a row's day counts as weekend, and whether its day number is false.

    A file without day numbers tells holidays by its labels alone, so only its Saturdays and Sundays are checked.
    """
    weekday, told = clock.weekday[at], rows.day > 0
    said = rows.label // 24 % 2 == 1
    weekend = np.where(told, (rows.day >= SATURDAY), said | (weekday >= SATURDAY))
    return weekend, told & (rows.day != HOLIDAY) & (rows.day != weekday)


def _false_labels(rows: HourRows, clock: PacificHours, at: Ints) -> Bools:
    """Rows whose label or day number is not their Pacific hour; the repeated hour may be called 1 or 2."""
    weekend, false_day = _weekend_expected(rows, clock, at)
    wanted = (clock.month[at] % 12 * 2 + weekend) * 24 + clock.hour[at]
    as_two = clock.repeated[at] & (rows.label == wanted + 1)
    return np.asarray(false_day | ((rows.label != wanted) & ~as_two))


def _refuse_false(rows: HourRows, clock: PacificHours, at: Ints, false: Bools) -> None:
    found = np.flatnonzero(false)
    if not len(found):
        return
    index = rows.first(found)
    weekend = _weekend_expected(rows, clock, at)[0][index]
    code = (int(clock.month[at[index]]) % 12 * 2 + int(weekend)) * 24 + int(clock.hour[at[index]])
    day = day_text(int(clock.day[at[index]]))
    raise price_error(
        "E-PRICE-009",
        f"{rows.row(index)}: this hour is {words.label_text(code)} in Pacific time ({day}, day "
        f"{int(clock.weekday[at[index]])} of the week)",
    )


def _holidays(rows: HourRows, clock: PacificHours, at: Ints, checked: Bools) -> tuple[date, ...]:
    """Weekdays that count as weekend; the hours of a day are all of one day type."""
    chosen = np.flatnonzero(checked)
    days, which = np.unique(clock.day[at[chosen]], return_inverse=True)
    weekend = rows.label[chosen] // 24 % 2
    of_all = np.bincount(which)
    of_weekend = np.bincount(which[weekend == 1], minlength=len(of_all))
    mixed = np.flatnonzero((of_weekend > 0) & (of_weekend < of_all))
    if len(mixed):
        day = int(mixed[0])
        fewer = 1 if 2 * of_weekend[day] <= of_all[day] else 0
        index = rows.first(chosen[(which == day) & (weekend == fewer)])
        raise price_error(
            "E-PRICE-009", f"{rows.row(index)}: {day_text(int(days[day]))} is weekday in some hours, weekend in others"
        )
    working = (days - 1) % 7 + 1 < SATURDAY
    return tuple(date.fromordinal(int(day)) for day in days[working & (of_weekend > 0)])


def _repeated_hour(rows: HourRows, clock: PacificHours, at: Ints, checked: Bools) -> int:
    """1 or 2, the same in every autumn."""
    found = np.flatnonzero(clock.repeated[at] & checked)
    hours = rows.label[found] % 24
    other = found[hours != hours[0]]
    if len(other):
        raise price_error(
            "E-PRICE-009",
            f"{rows.row(int(other[0]))}: {rows.place(int(found[0]))} labels the repeated hour of autumn otherwise",
        )
    return int(hours[0])
