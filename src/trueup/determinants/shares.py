"""How the exports of an arrangement's generating account are shared among its accounts: Wh, cycle by cycle."""

from collections.abc import Iterator

import numpy as np

from trueup.model import NOBODY, Cycles, Facts, Pools, Segments, Sharing, State
from trueup.quantities import Bools, Ints, add_up, in_shares, split_in_order

WHOLE_KWH = 1000


def shared_pools(
    sharing: Sharing | None, facts: Facts, cycles: Cycles, delivered: Ints, credited: Ints, opening: State
) -> Pools:
    """Every cycle whose exports are shared, and what each account gets of them.

    Parameters
    ----------
    delivered, credited
        (M,) Wh of the cycles, by the accounts' own meters.
    opening
        Counters of the running periods: Wh taken in, and Wh given so far.

    References
    ----------
    tariffs-nem A2 to A4 (NEM-G5, NEM-D6); Schedule NBT, Special Condition 10.c (tariffs-nbt 3.6, NBT-G15); spec
    decisions 22 and 24; docs/decisions/0015 (spec `AGG-01`, `AGG-04`).
    """
    pools = _pools(sharing, facts, cycles)
    if len(pools.giver) == 0:
        return pools
    terms, spare = facts.terms.take(cycles.terms[pools.giver]), np.zeros(1, dtype=np.int64)
    since = running(delivered, opening.imported_wh, cycles)
    chosen = np.where(terms.shares_by_month[:, None], _at(delivered, pools), _at(since, pools))
    wh, unit, down = credited[pools.giver], np.where(terms.shares_whole_kwh, WHOLE_KWH, 1), terms.shares_whole_kwh
    given = in_shares(wh, chosen, unit, down)
    so_far = np.append(np.zeros_like(delivered), spare)
    for at in _in_order(pools, terms.shares_to_target):
        before = _given_before(pools.cycles[at], so_far, opening, cycles)
        given[at] = in_shares(wh[at], due_to_target(before, wh[at], chosen[at]), unit[at], down[at])
        so_far[pools.cycles[at]] = before + given[at]
    given[pools.cycles == len(delivered)] = 0
    return Pools(pools.arrangement, pools.giver, pools.cycles, wh, given, chosen)


def due_to_target(before: Ints, wh: Ints, use: Ints) -> Ints:
    """(P, K) what accounts lack to their cumulative target, in Wh times the use of all; nothing less than nothing.

    Parameters
    ----------
    before
        (P, K) Wh that they were given in the period so far.
    wh
        (P,) Wh to share now.
    use
        (P, K) Wh that they took in the period, this cycle included.

    References
    ----------
    tariffs-nem A4, NEM-D6; spec decisions 24.
    """
    before, use = before.astype(object), use.astype(object)  # products exceed 64 bits
    all_use, all_exports = use.sum(axis=1), before.sum(axis=1) + wh
    found: Ints = np.maximum(all_exports[:, None] * use - before * all_use[:, None], 0)
    return found


def running(values: Ints, opening: Ints, cycles: Cycles) -> Ints:
    """(M,) sums of values since the relevant period began, each cycle included; nothing outside of one."""
    begins, first = _begins(cycles), _first_of_account(cycles)
    counted = values * cycles.in_period
    before = np.cumsum(counted) - counted
    at = np.maximum.accumulate(np.where(begins, np.arange(len(values)), 0))
    carried = opening[cycles.account] * first[at]
    return (before + counted - before[at] + carried) * cycles.in_period


def _first_of_account(cycles: Cycles) -> Bools:
    found: Bools = np.append(NOBODY, cycles.account[:-1]) != cycles.account
    return found


def _begins(cycles: Cycles) -> Bools:
    """(M,) whether sums begin anew: with an account, after a period, outside of periods."""
    ended = np.append(True, cycles.closes[:-1] | ~cycles.in_period[:-1])
    found: Bools = _first_of_account(cycles) | ended
    return found


def _given_before(at: Ints, so_far: Ints, opening: State, cycles: Cycles) -> Ints:
    """(P, K) Wh given in the period before some cycles; the spare one has none."""
    begins, first = np.append(_begins(cycles), True), np.append(_first_of_account(cycles), False)
    opened = np.append(opening.exported_wh[cycles.account] * cycles.in_period, 0)
    return np.where(begins[at], np.where(first[at], opened[at], 0), so_far[at - 1])


def _in_order(pools: Pools, chosen: Bools) -> Iterator[Ints]:
    """The first chosen pool of every arrangement, then the second, and so on."""
    index = np.nonzero(chosen)[0]
    rank = np.arange(len(index)) - np.searchsorted(pools.arrangement[index], pools.arrangement[index])
    for step in range(int(rank.max(initial=-1)) + 1):
        yield index[rank == step]


def _at(values: Ints, pools: Pools) -> Ints:
    """(P, K) values of cycles; nothing for the spare one."""
    return np.append(values, 0)[pools.cycles]


def _pools(sharing: Sharing | None, facts: Facts, cycles: Cycles) -> Pools:
    """The cycles of generating accounts and those of the other accounts that begin with them; nothing shared yet."""
    count, columns = len(cycles.account), 0 if sharing is None else sharing.members.shape[1]
    none = np.zeros(0, dtype=np.int64)
    empty = np.zeros((0, columns), dtype=np.int64)
    if sharing is None or not (sharing.generating != NOBODY).any():
        return Pools(none, none, empty, none, empty, empty)
    arrangement, column = _places(sharing, len(facts.ids))
    of = arrangement[cycles.account]
    gives = cycles.solar & (of != NOBODY) & (sharing.generating[of] == cycles.account)
    giver = np.nonzero(gives)[0]
    giver = giver[np.lexsort((cycles.start[giver], of[giver]))]
    longest = int(cycles.start.max(initial=0)) + 1
    keys, own = of[giver] * longest + cycles.start[giver], of * longest + cycles.start
    pool = np.minimum(np.searchsorted(keys, own), len(keys) - 1) if len(keys) else np.zeros_like(own)
    found = np.full((len(giver), columns), count)
    member = np.nonzero(cycles.solar & (of != NOBODY) & (keys[pool] == own))[0] if len(keys) else none
    found[pool[member], column[cycles.account[member]]] = member
    zero = np.zeros_like(found)
    return Pools(of[giver], giver, found, np.zeros(len(giver), dtype=np.int64), zero, zero)


def _places(sharing: Sharing, accounts: int) -> tuple[Ints, Ints]:
    """(N,) arrangement and column of each account; `NOBODY` in none that shares exports."""
    found = np.full(accounts + 1, NOBODY), np.full(accounts + 1, NOBODY)
    for arrangement in np.nonzero(sharing.generating != NOBODY)[0].tolist():
        members = sharing.members[arrangement]
        found[0][members], found[1][members] = arrangement, np.arange(len(members))
    return found[0][:-1], found[1][:-1]


def with_shares(credited: Ints, pools: Pools) -> Ints:
    """(M,) Wh of credited export, with the share of each account in the cycles that share a pool."""
    found, member = credited.copy(), pools.cycles < len(credited)
    found[pools.cycles[member]] = pools.given[member]
    return found


def not_given(segments: Segments, pools: Pools, facts: Facts, cycles: Cycles) -> Ints:
    """(S, buckets) what of a pool, counted in an account's own buckets, is not its share; where nets decide a bill.

    References
    ----------
    tariffs-nem A5: each account is billed with its share as exports; docs/decisions/0015.
    """
    found = np.zeros_like(segments.credited)
    member = pools.cycles < len(cycles.account)
    given, shares = np.zeros_like(cycles.account), np.zeros(len(cycles.account), dtype=np.bool_)
    given[pools.cycles[member]], shares[pools.cycles[member]] = pools.given[member], True
    shares &= ~facts.terms.priced_exports[cycles.terms]
    at = np.nonzero(shares[segments.cycle])[0]
    cycle, pool = segments.cycle[at], segments.credited[at]
    flat = pool.reshape(-1)
    running_sum = np.cumsum(flat) - flat
    first = np.searchsorted(cycle, cycle) * pool.shape[1]
    before = running_sum.reshape(pool.shape) - running_sum[first][:, None] if len(at) else pool
    whole = add_up(cycle, pool.sum(axis=1), len(cycles.account))
    found[at] = pool - split_in_order(given[cycle][:, None], before, pool, whole[cycle][:, None])
    return found
