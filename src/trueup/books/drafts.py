"""The plan of a run as files: what each shard bills, from which facts, and who waits from the start."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from trueup.account import Account
from trueup.books.compute import WAITING
from trueup.books.plan import Known, Unit, changed_from, ends_of, unit_of
from trueup.books.segments import Segment, state_of, values_of
from trueup.books.shelf import Shelf
from trueup.errors import TrueupError

SHARD = 100
Waiting = tuple[Any, ...]


@dataclass(frozen=True)
class Planned:
    """What one shard computes: its units, and the accounts as they were when it was planned."""

    units: tuple[Unit, ...]
    accounts: Mapping[str, Account]


def plan(known: Known, on: date, through: date, again_from: date | None) -> tuple[list[Unit], list[Waiting]]:
    """The units of a run in the order of length, first day and account; and who waits, with the reason."""
    units, waiting = [], []
    moved = _moved(known)
    for name, account in sorted(known.accounts.items()):
        held = known.posted.get(name, ())
        try:
            changed = changed_from(account, held, [moved[one.ingest] for one in held], known.openings.get(name))
            days = [day for day in (changed, again_from) if day is not None]
            unit = unit_of(account, known, through, min(days, default=None))
        except TrueupError as error:
            waiting.append(_waits(account, held, error, on))
            continue
        if unit is not None:
            units.append(unit)
        waiting += _left_out(account, held, unit, known, on, through)
    waiting += [_gone(name, held, on) for name, held in sorted(known.posted.items()) if name not in known.accounts]
    return sorted(units, key=lambda unit: (unit.minutes, unit.begin, unit.account)), waiting


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
    ends = ends_of(account, known.rules, *days)
    if len(ends):
        yield account.account, *told, days[0], max(on.toordinal() - int(ends[0]), 0)


def _gone(name: str, held: Sequence[Segment], on: date) -> Waiting:
    """An account that was billed and of which there is no file any more."""
    what = f"{name} was billed to {held[-1].last} and has no account file that can be used"
    todo = "Put its file back; where service ended, state `service_end`."
    return name, "E-BOOK-006", what, todo, held[-1].last, max((on - held[-1].last).days, 0)


def in_shards(units: Iterable[Unit]) -> list[list[Unit]]:
    """Units of one interval length in shards of at most `SHARD`."""
    found = []
    for _, group in groupby(units, key=lambda unit: unit.minutes):
        alike = list(group)
        found += [alike[start : start + SHARD] for start in range(0, len(alike), SHARD)]
    return found


def write_plan(shelf: Shelf, shards: Sequence[Sequence[Unit]], known: Known, waiting: Sequence[Waiting]) -> str:
    """Write the plan of a run; the digest that is returned covers all of its files."""
    digests = {}
    for number, units in enumerate(shards):
        told = {
            "units": [unit_fields(unit) for unit in units],
            "accounts": [known.accounts[unit.account].model_dump(mode="json", exclude_unset=True) for unit in units],
        }
        digests[_name(number)] = shelf.write_json(_name(number), told)
    rows = [[str(value) if isinstance(value, date) else value for value in row] for row in waiting]
    return shelf.write_json("plan.json", {"shards": digests, "waiting": rows})


def read_shard(shelf: Shelf, plan: str, number: int) -> Planned:
    """The plan of one shard, checked (E-STORE-001)."""
    digest = shelf.read_json("plan.json", plan)["shards"][_name(number)]
    told = shelf.read_json(_name(number), digest)
    accounts = [Account.from_fields(fields) for fields in told["accounts"]]
    return Planned(tuple(map(unit_from, told["units"])), {account.account: account for account in accounts})


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
