"""The plan of a run as files: what each shard bills, from which facts, and who waits from the start."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from trueup.account import Account
from trueup.arrangement import Arrangement
from trueup.arrangement_checks import checks_of, refuse_failing
from trueup.books.compute import WAITING
from trueup.books.plan import Known, Unit, changed_from, ends_of, holds_up, unit_of
from trueup.books.segments import Segment, state_of, values_of
from trueup.books.shared_meters import longest_of, with_companions
from trueup.books.shelf import Shelf
from trueup.errors import TrueupError
from trueup.membership import refused
from trueup.refused_together import waits_for

SHARD = 100
Waiting = tuple[Any, ...]


@dataclass(frozen=True)
class Planned:
    """What one shard computes: its units, and the accounts and arrangements as they were when it was planned."""

    units: tuple[Unit, ...]
    accounts: Mapping[str, Account]
    arrangements: tuple[Arrangement, ...]


def plan(known: Known, on: date, through: date, again_from: date | None) -> tuple[list[Unit], list[Waiting]]:
    """The units of a run in the order of length, first day and account; and who waits, with the reason."""
    units, waiting = [], list[Waiting]()
    moved = _moved(known)
    for group in _groups(known):
        due, late = _group(group, known, moved, on, through, again_from)
        units += [due] if _billed_as_one(group[0].account, known.shared) else [[unit] for unit in due]
        waiting += late
    waiting += [_gone(name, held, on) for name, held in sorted(known.posted.items()) if name not in known.accounts]
    waiting += [
        _nobody(one, on) for one in known.arrangements if not any(s.account in known.accounts for s in one.accounts)
    ]
    ordered = sorted((due for due in units if due), key=lambda due: (due[0].minutes, due[0].begin, due[0].account))
    return [unit for due in ordered for unit in due], waiting


def _groups(known: Known) -> Iterator[list[Account]]:
    """Accounts that are billed together: those of an arrangement; any other by itself."""
    for name, account in sorted(known.accounts.items()):
        if name not in known.shared:
            yield [account]
    for one in known.arrangements:
        if found := [known.accounts[seat.account] for seat in one.accounts if seat.account in known.accounts]:
            yield found


def _group(
    group: Sequence[Account],
    known: Known,
    moved: Mapping[int, Mapping[str, date]],
    on: date,
    through: date,
    again_from: date | None,
) -> tuple[list[Unit], list[Waiting]]:
    """The units of accounts that are billed together, by one interval length; a change of one is done again for all."""
    arrangement = known.shared.get(group[0].account)
    unfit = None if arrangement is None else _unfit(arrangement, group, known)
    if unfit is not None:
        return [], [_waits(account, known.posted.get(account.account, ()), unfit, on) for account in group]
    days = [day for day in (again_from, *(_changed(account, known, moved) for account in group)) if day is not None]
    units, waiting, errors = list[Unit](), list[Waiting](), dict[str, TrueupError]()
    for account in group:
        held = known.posted.get(account.account, ())
        try:
            unit = unit_of(account, known, through, min(days, default=None))
        except TrueupError as error:
            errors[account.account] = error
            waiting.append(_waits(account, held, error, on))
            continue
        units += [unit] if unit is not None else []
        waiting += _left_out(account, held, unit, known, on, through)
    if errors and arrangement is not None and arrangement.aggregates:
        first = next(iter(errors))
        for one in (account for account in group if account.account not in errors):
            told = waits_for(one.account, first, arrangement.arrangement, errors[first])
            waiting.append(_waits(one, known.posted.get(one.account, ()), told, on))
        return [], waiting
    if arrangement is not None and arrangement.aggregates:
        units, late = _to_the_same_day(group, units, known, through, on)
        waiting += late
    units = [replace(unit, minutes=_minutes(unit, units, arrangement, known)) for unit in units]
    return sorted(units, key=lambda unit: unit.account), waiting


def _to_the_same_day(
    group: Sequence[Account], units: Sequence[Unit], known: Known, through: date, on: date
) -> tuple[list[Unit], list[Waiting]]:
    """Units of accounts that share exports, none further than the last day that all of them have; and who waits."""
    due, last = {unit.account: unit for unit in units}, max((unit.end for unit in units), default=date.min)
    first: tuple[date, str] = (last, "")
    for account in group:
        day = holds_up(known.facts(account), due.get(account.account), through, last)
        first = min(first, (day or last, account.account))
    cut = [replace(unit, end=max(first[0], unit.billed_to)) for unit in units]
    held = [unit for unit, whole in zip(cut, units, strict=True) if unit.end < whole.end]
    error = TrueupError(
        "E-ARR-004",
        f"{first[1]} has no cycle after {first[0]}, and others of its arrangement have",
        "Accounts that share exports have one billing cycle, for each share rests on the use of all.",
        f"Add the read dates of {first[1]}, or say on which day it leaves or its service ends.",
    )
    rows = [(u.account, error.code, error.what, error.todo, u.end, max((on - u.end).days, 0)) for u in held]
    return [unit for unit in cut if unit.begin < unit.end], rows


def _nobody(arrangement: Arrangement, on: date) -> Waiting:
    """An arrangement of which no account file can be used."""
    error = refused(arrangement, "no file of its accounts can be used")
    return arrangement.arrangement, error.code, error.what, error.todo, on, 0


def _unfit(arrangement: Arrangement, group: Sequence[Account], known: Known) -> TrueupError | None:
    """Why accounts may not share a generator, if they may not."""
    try:
        refuse_failing(arrangement, checks_of(arrangement, group, known.rules))
    except TrueupError as error:
        return error
    return None


def _changed(account: Account, known: Known, moved: Mapping[int, Mapping[str, date]]) -> date | None:
    held, opening = known.posted.get(account.account, ()), known.openings.get(account.account)
    since = [moved[one.ingest] for one in held]
    return changed_from(account, held, since, opening, known.shared.get(account.account))


def _minutes(unit: Unit, units: Sequence[Unit], arrangement: Arrangement | None, known: Known) -> int:
    """The interval length by which a unit is billed: where exports are shared the longest of all, else of its own and
    of the generators that it shares."""
    if arrangement is None:
        return unit.minutes
    if arrangement.aggregates:
        return max(one.minutes for one in units)
    return max(unit.minutes, longest_of(arrangement.generators, known.meters, unit.begin, unit.end))


def _moved(known: Known) -> dict[int, Mapping[str, date]]:
    """What changed in the meter data since each ingest that something was billed from."""
    since = {one.ingest for held in known.posted.values() for one in held}
    return {ingest: known.meters.changes(ingest) for ingest in since}


def _waits(account: Account, held: Sequence[Segment], error: TrueupError, on: date) -> Waiting:
    since = held[-1].last if held else account.read_dates[0]
    ended = next((day for day in account.read_dates if day > since), on)
    return account.account, error.code, error.what, error.todo, since, max((on - ended).days, 0)


def _left_out(
    account: Account, held: Sequence[Segment], unit: Unit | None, known: Known, on: date, through: date
) -> Iterator[Waiting]:
    """Ended cycles that a plan does not bill: before the first that can be, or after a change to longer intervals."""
    begin = min([one.first for one in held[:1]] + [one.begin for one in [unit] if one], default=through)
    taken_over = account.account in known.openings or account.relevant_period_start is not None
    if not taken_over:
        what = f"cycles of {account.account} ended by {begin} and were never billed"
        todo = "Bring in their readings or prices; or leave out the read dates of cycles that other books billed."
        yield from _unbilled(account, known, (account.read_dates[0], begin), ("E-BILL-003", what, todo), on)
    if unit is not None and unit.begin < unit.billed_to == unit.end:
        what = f"the meter of {account.account} has longer intervals from now on; posted cycles are checked first"
        todo = "Post this run, and make the next one."
        yield from _unbilled(account, known, (unit.end, through), ("E-READ-011", what, todo), on)


def _unbilled(
    account: Account, known: Known, days: tuple[date, date], told: tuple[str, str, str], on: date
) -> Iterator[Waiting]:
    """A row for an account of which cycles ended within some days, with their age; none where none did."""
    if days[0] >= days[1]:
        return
    ends = ends_of(known.facts(account), *days)
    if len(ends):
        yield account.account, *told, days[0], max(on.toordinal() - int(ends[0]), 0)


def _gone(name: str, held: Sequence[Segment], on: date) -> Waiting:
    """An account that was billed and of which there is no file any more."""
    what = f"{name} was billed to {held[-1].last} and has no account file that can be used"
    todo = "Put its file back; where service ended, state `service_end`."
    return name, "E-BOOK-006", what, todo, held[-1].last, max((on - held[-1].last).days, 0)


def in_shards(units: Iterable[Unit], shared: Mapping[str, Arrangement]) -> list[list[Unit]]:
    """Units of one interval length in shards of at most `SHARD`; those that share exports are never parted."""
    found = list[list[Unit]]()
    for unit in units:
        last = found[-1] if found else []
        along = bool(last) and _billed_as_one(unit.account, shared) and _same(unit, last[-1], shared)
        room = bool(last) and last[0].minutes == unit.minutes and len(last) < SHARD
        if along or room:
            last.append(unit)
        else:
            found.append([unit])
    return found


def _billed_as_one(account: str, shared: Mapping[str, Arrangement]) -> bool:
    """Whether an account shares exports, so that it is billed with all of its arrangement."""
    return account in shared and shared[account].aggregates


def _same(one: Unit, other: Unit, shared: Mapping[str, Arrangement]) -> bool:
    return shared.get(one.account) is shared.get(other.account)


def write_plan(shelf: Shelf, shards: Sequence[Sequence[Unit]], known: Known, waiting: Sequence[Waiting]) -> str:
    """Write the plan of a run; the digest that is returned covers all of its files."""
    digests = {}
    for number, units in enumerate(shards):
        names = with_companions([unit.account for unit in units], known.arrangements)
        arrangements = {one.arrangement: one for name in names if (one := known.shared.get(name)) is not None}
        told = {
            "units": [unit_fields(unit) for unit in units],
            "accounts": [known.accounts[name].model_dump(mode="json", exclude_unset=True) for name in names],
            "arrangements": [
                one.model_dump(mode="json", exclude_unset=True, by_alias=True) for one in arrangements.values()
            ],
        }
        digests[_name(number)] = shelf.write_json(_name(number), told)
    rows = [[str(value) if isinstance(value, date) else value for value in row] for row in waiting]
    return shelf.write_json("plan.json", {"shards": digests, "waiting": rows})


def read_shard(shelf: Shelf, plan: str, number: int) -> Planned:
    """The plan of one shard, checked (E-STORE-001)."""
    digest = shelf.read_json("plan.json", plan)["shards"][_name(number)]
    told = shelf.read_json(_name(number), digest)
    accounts = [Account.from_fields(fields) for fields in told["accounts"]]
    arrangements = tuple(Arrangement.from_fields(fields) for fields in told["arrangements"])
    return Planned(tuple(map(unit_from, told["units"])), {one.account: one for one in accounts}, arrangements)


def read_head(shelf: Shelf, plan: str) -> tuple[int, list[Waiting]]:
    """How many shards a plan has, and who waits before any is computed."""
    told = shelf.read_json("plan.json", plan)
    at = list(WAITING).index("since")
    rows = [tuple(date.fromisoformat(v) if k == at else v for k, v in enumerate(row)) for row in told["waiting"]]
    return len(told["shards"]), rows


def unit_fields(unit: Unit) -> dict[str, Any]:
    """A unit as plain data."""
    days = {name: getattr(unit, name).isoformat() for name in ("begin", "end", "billed_to")}
    rest = {"account": unit.account, "minutes": unit.minutes, "first": unit.first}
    return rest | days | {"opening": [values_of(state) for state in unit.opening]}


def unit_from(told: Mapping[str, Any]) -> Unit:
    """A unit from plain data."""
    begin, end, billed_to = (date.fromisoformat(told[name]) for name in ("begin", "end", "billed_to"))
    utility, provider = (state_of(values) for values in told["opening"])
    return Unit(told["account"], begin, end, billed_to, told["minutes"], (utility, provider), told["first"])


def _name(shard: int) -> str:
    return f"plan/{shard:05d}.json"
