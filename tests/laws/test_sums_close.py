"""Every allotted Wh and cent adds up to the generator's, under random shares, joins and leaves; a planted bug is found.

`check` runs any number of cases: made intervals, made pools, whole made arrangements. `bench/sums_close.py` runs many.
"""

from collections import defaultdict
from dataclasses import dataclass
from importlib import import_module
from types import SimpleNamespace
from typing import Any, Literal
from unittest import mock

import numpy as np
import numpy.typing as npt
import pytest

from tests.laws.laws import sorted_columns
from tests.made_arrangements import MadeArrangement, made_arrangement, settled
from tests.made_rules import shared_made_rules
from trueup import allot as allotting
from trueup import kernel
from trueup.charges import shared
from trueup.components import INDEX
from trueup.determinants import shares
from trueup.model import NO_VALUE, NOBODY, Lines, Pools, Readings, Result, Sharing
from trueup.periods import NEVER, midnight_utc
from trueup.pipeline import settle
from trueup.quantities import Bools, Ints
from trueup.rulebook import Rules

Level = Literal["intervals", "pools", "arrangements"]
WHOLE = 1_000_000
BATCH = 20
"""Made pools are tried some arrangements at a time, as a shard holds them."""
RULES = shared_made_rules()
_CREDITS = [INDEX[name] for name in shared.GRANTED]


def check(seed: int, cases: int, level: Level, rules: Rules = RULES) -> int:
    """Try cases that follow from a seed; how many Wh or pools they shared.

    Raises
    ------
    AssertionError
        Where something shared does not add up, or somebody gets less than nothing.
    """
    chance = np.random.default_rng(seed)
    if level == "intervals":
        return sum(check_intervals(made_intervals(chance)) for _ in range(cases))
    if level == "pools":
        return sum(check_pools(made_pools(chance, min(BATCH, cases - at))) for at in range(0, cases, BATCH))
    return sum(check_arrangement(made_arrangement(seed), rules) for seed in chance.integers(0, 10**9, cases).tolist())


@dataclass(frozen=True)
class MadeIntervals:
    """A generator's output and who takes part from when to when, by what shares; the designated account is the last."""

    readings: Readings
    facts: Any
    sharing: Sharing


def made_intervals(chance: np.random.Generator) -> MadeIntervals:
    """Some days and accounts; outputs of nothing, few and many Wh, now and then unknown."""
    accounts, days, first = (
        int(chance.integers(1, 7)),
        int(chance.integers(1, 5)),
        int(chance.integers(739_600, 740_300)),
    )
    minutes = int(chance.choice([60, 60, 30, 15]))
    count = (midnight_utc(first + days) - midnight_utc(first)) // (60 * minutes)
    largest = int(chance.choice([1, 5, 3000, 2_000_000]))
    output = chance.integers(0, largest + 1, count) * (chance.random(count) < 0.8)
    output[chance.random(count) < 0.02 * (chance.random() < 0.3)] = NO_VALUE
    nothing = np.zeros((accounts, count), dtype=np.int32)
    sets = int(chance.integers(1, 4))
    days_from = np.sort(chance.choice(np.arange(first - 2, first + days + 2), sets, replace=False))
    columns = chance.permutation(accounts)
    share = np.stack([_percent(chance, accounts) for _ in range(sets)])
    sharing = Sharing(
        ("made",),
        columns[None],
        np.array([NOBODY]),
        (output.astype(np.int32),),
        (minutes,),
        first,
        days_from[None],
        share[None],
    )
    since = np.where(chance.random(accounts) < 0.6, first - 5, first + chance.integers(-1, days + 1, accounts))
    leaves = np.where(chance.random(accounts) < 0.7, NEVER, first + chance.integers(0, days + 1, accounts))
    facts = SimpleNamespace(
        since=since,
        leaves=leaves,
        service_end=np.where(chance.random(accounts) < 0.9, NEVER, first + days - 1),
        own=np.zeros(accounts, dtype=np.int64),
        terms=SimpleNamespace(offsets_use_first=np.zeros(1, dtype=np.bool_)),
    )
    return MadeIntervals(Readings(first, first + days, minutes, nothing, nothing.copy()), facts, sharing)


def _percent(chance: np.random.Generator, accounts: int) -> Ints:
    """Shares of 100 percent or less: equal, of a third, any, or none."""
    kind, most = chance.integers(4), WHOLE * int(chance.choice([50, 99, 100, 100])) // 100
    if kind == 0:
        return np.full(accounts, most // accounts)
    if kind == 1:
        return np.where(np.arange(accounts) < 3, 333_300, 0)
    weight = chance.integers(0, 1000, accounts) * (chance.random(accounts) < 0.8) * (kind == 2)
    found: Ints = most * weight // max(int(weight.sum()), 1)
    return found


def check_intervals(made: MadeIntervals) -> int:
    """All of every interval from the day on which the designated account takes part; nothing and nobody before."""
    readings, columns = made.readings, made.sharing.members[0]
    output = made.sharing.output[0].astype(np.int64)
    got = allotting.allot(readings, made.facts, made.sharing).readings.received.astype(np.int64)
    begin, end = made.facts.since[columns], np.minimum(made.facts.leaves, made.facts.service_end)[columns]
    day = _days(readings)
    there = (begin[:, None] <= day) & (day < end[:, None])
    given = np.where(there[-1], output, 0)
    unknown = given == NO_VALUE
    assert (got[:, unknown] == NO_VALUE).any(axis=0).all()  # of all who have a share
    assert np.isin(got[:, unknown], (0, NO_VALUE)).all()
    assert (got[:, unknown][~there[:, unknown]] == 0).all()
    known = got[:, ~unknown]
    assert np.array_equal(known.sum(axis=0), given[~unknown]), "Wh of an interval"
    assert (known >= 0).all()
    assert not known[~there[:, ~unknown]].any(), "Wh of an account that does not take part"
    for stretch in _stretches(made, day, begin, end):
        _check_equal_accounts(made, np.maximum(got[:, stretch], 0), there[:, stretch], int(day[stretch][0]))
    return int(known.sum())


def _days(readings: Readings) -> Ints:
    """(intervals,) the day of each, local."""
    edges = [midnight_utc(day) for day in range(readings.first_day, readings.last_day + 1)]
    return np.repeat(np.arange(readings.first_day, readings.last_day), np.diff(edges) // (60 * readings.minutes))


def _stretches(made: MadeIntervals, day: Ints, begin: Ints, end: Ints) -> list[Bools]:
    """The intervals between days on which a set of shares begins, or an account joins or leaves."""
    changes = np.unique(np.concatenate([made.sharing.share_from[0], begin, end]))
    number = (changes[:, None] <= day).sum(axis=0)
    return [number == which for which in np.unique(number)]


def _check_equal_accounts(made: MadeIntervals, got: Ints, there: Bools, first: int) -> None:
    """Accounts of equal shares stay within 1 Wh of each other after every interval; who has no share gets nothing."""
    version = int((made.sharing.share_from[0] <= first).sum()) - 1
    share = made.sharing.share[0, version] * there[:, 0] if version >= 0 else np.zeros(len(got), dtype=np.int64)
    share[-1] = (WHOLE - share[:-1].sum()) * there[-1, 0]
    sums = got.cumsum(axis=1)
    for one in np.unique(share):
        alike = sums[share == one]
        assert (alike.max(axis=0) - alike.min(axis=0)).max() <= 1, "Wh of equal accounts"
        assert one or not alike.any(), "Wh without a share"


@dataclass(frozen=True)
class MadePools:
    """Arrangements that share exports, over cycles of the same days, and the credit lines of generating accounts."""

    sharing: Sharing
    facts: Any
    cycles: Any
    delivered: Ints
    credited: Ints
    opening: Any
    lines: Lines


def made_pools(chance: np.random.Generator, arrangements: int) -> MadePools:
    """Some accounts each, with uses and exports of nothing, few and many Wh; joins, leaves and closings at random."""
    columns, months = int(chance.integers(1, 7)), int(chance.integers(1, 5))
    count = arrangements * columns
    members = chance.permutation(count).reshape(arrangements, columns)
    takes = chance.random((arrangements, columns)) < np.where(chance.random((arrangements, 1)) < 0.3, 0.6, 1)
    takes[:, -1] = True
    members = np.where(takes, members, NOBODY)
    generating = np.array([chance.choice(row[row != NOBODY]) for row in members])
    staying = np.isin(np.arange(count), [*generating, *members[:, -1]])
    joins = np.where(staying | (chance.random(count) < 0.7), 0, chance.integers(0, months + 1, count))
    leaves = np.where(staying | (chance.random(count) < 0.7), months, chance.integers(0, months + 1, count))
    account, month = np.repeat(np.arange(count), months), np.tile(np.arange(months), count)
    program = np.zeros(count, dtype=np.int64)
    for row in members:
        program[row[row != NOBODY]] = chance.integers(4)
    solar = (month >= joins[account]) & (month < leaves[account])
    closes = np.tile(chance.random(months) < 0.2, count) | (month == leaves[account] - 1)
    cycles = SimpleNamespace(
        account=account,
        start=739_000 + 30 * month,
        solar=solar,
        in_period=solar,
        closes=closes & solar,
        terms=program[account],
    )
    nothing = np.zeros((arrangements, 0), dtype=np.int64)
    output = nothing.astype(np.int32)
    sharing = Sharing(tuple("?" * arrangements), members, generating, (output,), (60,), 0, nothing, nothing[:, :, None])
    facts = SimpleNamespace(ids=tuple(map(str, range(count))), terms=_Terms())
    delivered, credited = (_wh(chance, len(account)) for _ in range(2))
    opening = SimpleNamespace(imported_wh=_wh(chance, count), exported_wh=_wh(chance, count))
    return MadePools(sharing, facts, cycles, delivered, credited, opening, _grants(chance, cycles))


class _Terms:
    """The answers of four made programs: monthly use, cumulative share, cumulative target; then what is worth money."""

    shares_by_month = np.array([True, False, False, False])
    shares_whole_kwh = np.array([True, False, True, False])
    shares_to_target = np.array([False, False, True, False])
    priced_exports = np.array([False, True, False, True])

    def take(self, index: Ints) -> Any:
        """The answers of some rows."""
        names = ("shares_by_month", "shares_whole_kwh", "shares_to_target", "priced_exports")
        return SimpleNamespace(**{name: getattr(self, name)[index] for name in names})


def _wh(chance: np.random.Generator, count: int) -> Ints:
    largest = int(chance.choice([1, 7, 40_000, 50_000_000, 10**12]))
    found: Ints = chance.integers(0, largest + 1, count) * (chance.random(count) < chance.choice([0.3, 0.9, 1]))
    return found


def _grants(chance: np.random.Generator, cycles: Any) -> Lines:
    """Lines of several components, granted and not, some of negative cents, on any cycles."""
    count, least = int(chance.integers(1, 200)), int(chance.choice([0, -300]))
    component = chance.choice([*_CREDITS, INDEX["delivery"], INDEX["daily"]], count)
    cycle, wh = chance.integers(0, len(cycles.account), count), _wh(chance, count)
    cents = chance.integers(least, 40_000, count)
    zero = np.zeros(count, dtype=np.int64)
    return Lines(component, zero, cycle, zero - 1, chance.integers(-1, 6, count), zero, wh, zero, cents * 10**8, cents)


def check_pools(made: MadePools) -> int:
    """What members get of each pool is the pool, and of each credit line of a generating account the line."""
    count, terms = len(made.cycles.account), made.facts.terms
    pools = shares.shared_pools(made.sharing, made.facts, made.cycles, made.delivered, made.credited, made.opening)
    assert np.array_equal(pools.given.sum(axis=1), made.credited[pools.giver]), "Wh of a pool"
    assert (pools.given >= 0).all()
    assert not pools.given[pools.cycles == count].any(), "Wh of who has no cycle"
    assert not (pools.given[terms.shares_whole_kwh[made.cycles.terms[pools.giver]], :-1] % 1000).any(), "no whole kWh"
    spans: Any = SimpleNamespace(cycles=made.cycles)
    split = shared.split_grants(made.lines, pools, made.facts, spans)
    check_grants(made.lines, split, pools, terms.priced_exports[made.cycles.terms])
    return len(pools.giver)


def check_grants(whole: Lines, split: Lines, pools: Pools, priced: Bools) -> None:
    """Parts of credit lines add up to them, all other lines are as they were, own exports of members earn nothing.

    Parameters
    ----------
    whole, split
        The lines before the members had their parts, and after it.
    priced
        (M,) whether a cycle's exports are worth money.
    """
    pool_of = np.full(len(priced) + 1, NOBODY)
    for pool, giver in enumerate(pools.giver.tolist()):
        pool_of[pools.cycles[pool]] = pool if priced[giver] else NOBODY
    pool_of = pool_of[:-1]
    granted, shared_out = _of_pools(whole, pool_of), _of_pools(split, pool_of)
    sent = granted & np.isin(whole.cycle, pools.giver)
    assert _sums(whole.take(sent), pool_of) == _sums(split.take(shared_out), pool_of), "Wh and cents of a line"
    assert (whole.cents[sent] < 0).any() or (split.cents[shared_out] >= 0).all(), "less than nothing"
    kept, left = (sorted_columns(lines.take(~at)) for lines, at in ((whole, granted), (split, shared_out)))
    assert all(np.array_equal(kept[name], left[name]) for name in kept), "lines that are not shared"


def _of_pools(lines: Lines, pool_of: Ints) -> Bools:
    """(Q,) whether a line is a credit in a cycle that shares a pool."""
    found: Bools = np.isin(lines.component, _CREDITS) & (pool_of[lines.cycle] != NOBODY)
    return found


def _sums(lines: Lines, pool_of: Ints) -> dict[tuple[int, ...], list[int]]:
    """Wh and cents by pool, component and what else a line stands for."""
    keys = (pool_of[lines.cycle], lines.component, lines.ledger, lines.version, lines.bucket, lines.pool)
    found: dict[tuple[int, ...], list[int]] = defaultdict(lambda: [0, 0])
    for *key, wh, cents in zip(*(column.tolist() for column in (*keys, lines.quantity, lines.cents)), strict=True):
        found[tuple(key)][0] += wh
        found[tuple(key)][1] += cents
    return found


def check_arrangement(made: MadeArrangement, rules: Rules) -> int:
    """A whole arrangement: its output by the interval, or its pools by the cycle and their credit lines."""
    result = settled(made, rules)
    assert not result.refusals, result.refusals[0].error
    if made.output is not None:
        return _check_output(made, result)
    pools, cycles = result.measured.pools, result.spans.cycles
    spare = np.zeros(1, dtype=np.int64)
    metered = np.append(result.measured.cycle_credited, spare)[pools.cycles]
    in_buckets = np.bincount(
        result.measured.segments.cycle, result.measured.segments.credited.sum(axis=1), len(cycles.account)
    ).astype(np.int64)
    for wh in (pools.given, metered, np.append(in_buckets, spare)[pools.cycles]):
        assert np.array_equal(wh.sum(axis=1), pools.wh), "Wh of a pool"
    assert (pools.given >= 0).all()
    with mock.patch.object(import_module("trueup.charges.price"), "split_grants", lambda lines, *_: lines):
        whole = settle(made.shard(rules), rules)
    chosen = np.isin(whole.lines.component, _CREDITS), np.isin(result.lines.component, _CREDITS)
    priced = result.shard.facts.terms.priced_exports[cycles.terms]
    check_grants(whole.lines.take(chosen[0]), result.lines.take(chosen[1]), pools, priced)
    return len(pools.giver)


def _check_output(made: MadeArrangement, result: Result) -> int:
    """Every Wh of the output is somebody's export, or the use that it offsets, once the designated account is there."""
    shard, readings = result.shard, made.readings
    assert shard.sharing is not None
    assert made.output is not None
    after = allotting.allot(readings, shard.facts, shard.sharing).readings
    offset = readings.delivered.sum(axis=0, dtype=np.int64) - after.delivered.sum(axis=0, dtype=np.int64)
    last = int(shard.sharing.designated[0])
    day = _days(readings)
    ends = min(shard.facts.leaves[last], shard.facts.service_end[last])
    there = (shard.facts.since[last] <= day) & (day < ends)
    assert np.array_equal(after.received.sum(axis=0, dtype=np.int64) + offset, np.where(there, made.output, 0))
    assert (after.received >= 0).all()
    assert (after.delivered >= 0).all()
    return int(there.sum())


def test_every_interval_is_allotted_to_the_last_watt_hour() -> None:
    assert check(1, 2000, "intervals")


@pytest.mark.rule("AGG-04")
def test_every_pool_and_credit_line_is_shared_to_the_last_watt_hour_and_cent() -> None:
    assert check(2, 2000, "pools")


@pytest.mark.rule("VIRT-01", "AGG-04")
def test_whole_arrangements_share_everything() -> None:
    assert check(3, 40, "arrangements")


def floors_only(output: npt.NDArray[np.int32], share: Ints, whole: int, allotted: npt.NDArray[np.int32]) -> None:
    """A planted bug: the Wh that whole percentages leave are nobody's."""
    allotted[:] = np.where(output < 0, NO_VALUE * (share[:, None] > 0), output * share[:, None] // whole)


def hands_out_in_order(output: npt.NDArray[np.int32], share: Ints, whole: int, allotted: npt.NDArray[np.int32]) -> None:
    """A planted bug: the Wh that are left go to the first accounts each time."""
    floors_only(output, share, whole, allotted)
    for at, wh in enumerate(output.tolist()):
        allotted[: wh - allotted[:, at].sum(), at] += wh > 0


@pytest.mark.parametrize(("bug", "said"), [(floors_only, "of an interval"), (hands_out_in_order, "Wh of")])
def test_the_law_fails_where_left_watt_hours_go_to_nobody_or_always_to_the_same(bug: Any, said: str) -> None:
    with mock.patch.object(allotting, "allot_intervals", bug), pytest.raises(AssertionError, match=said):
        check(1, 200, "intervals")


def test_the_law_fails_where_an_account_is_allotted_less_than_nothing() -> None:
    def takes_back(output: Any, share: Any, whole: int, allotted: Any) -> None:
        kernel.allot_intervals(output, share, whole, allotted)
        allotted[0, output > 0] -= 5
        allotted[-1, output > 0] += 5

    with mock.patch.object(allotting, "allot_intervals", takes_back), pytest.raises(AssertionError):
        check(1, 200, "intervals")


def rounds_everybody_down(whole: Ints, weight: Ints, unit: Ints, down: Bools) -> Ints:
    """A planted bug: nobody has the rest."""
    total = np.maximum(weight.astype(object).sum(axis=1), 1)[:, None] * unit[:, None]
    found: Ints = (whole[:, None] * weight.astype(object) // total * unit[:, None]).astype(np.int64)
    return found


@pytest.mark.parametrize(("module", "said"), [(shares, "Wh of a pool"), (shared, "Wh and cents of a line")])
def test_the_law_fails_where_the_rest_of_a_pool_or_of_a_line_is_nobodys(module: Any, said: str) -> None:
    for cases, level in ((100, "pools"), (30, "arrangements")):
        with mock.patch.object(module, "in_shares", rounds_everybody_down), pytest.raises(AssertionError, match=said):
            check(2, cases, level)  # type: ignore[arg-type]
