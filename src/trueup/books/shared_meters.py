"""Who shares a generator in a shard of a run, and what the generators' meters received."""

from collections.abc import Iterable, Sequence
from datetime import date

from trueup.allot import carried_since
from trueup.arrangement import Arrangement
from trueup.books.plan import Meters
from trueup.membership import HOURLY, output_of, sharing_of
from trueup.model import Facts, Sharing, Wh32


def with_companions(accounts: Sequence[str], arrangements: Iterable[Arrangement]) -> list[str]:
    """Accounts, and after them those with which some of them share a generator."""
    found = dict.fromkeys(accounts)
    for one in arrangements:
        seats = [seat.account for seat in one.accounts]
        if any(name in accounts for name in seats):
            found |= dict.fromkeys(seats)
    return list(found)


def shared_output(
    arrangements: Sequence[Arrangement], facts: Facts, meters: Meters, first: date, last: date
) -> Sharing | None:
    """The arrangements of a shard with the output of their generators on the days from the first to the last.

    The output is read from the day on which shares, or who takes part, last changed: what is left of an interval is
    carried since then, so that bills do not depend on where a run begins.
    """
    empty = sharing_of(arrangements, facts.ids, {}, first.toordinal())
    if empty is None:
        return None
    virtual = [n for n, one in enumerate(arrangements) if not one.aggregates]
    since = min((carried_since(first.toordinal(), n, facts, empty) for n in virtual), default=first.toordinal())
    begin = date.fromordinal(max(since, 1))
    outputs = {one.arrangement: _output(one, meters, begin, last) for one in arrangements if not one.aggregates}
    return sharing_of(arrangements, facts.ids, outputs, begin.toordinal())


def _output(arrangement: Arrangement, meters: Meters, first: date, last: date) -> tuple[int, Wh32]:
    """The length of the longest intervals of some generators, and by these what their meters received, added up."""
    minutes = longest_of(arrangement.generators, meters, first, last)
    return minutes, output_of(list(meters.read(arrangement.generators, first, last, minutes).readings.received))


def longest_of(names: Sequence[str], meters: Meters, first: date, last: date) -> int:
    """The longest interval length of some meters on some days, or ever where they have nothing then; else an hour."""
    found = (meters.longest(name, first, last) or meters.longest(name, date.min, date.max) for name in names)
    return max(found, default=0) or HOURLY
