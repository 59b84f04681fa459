"""Export kept as kWh for later cycles of the relevant period, where a program's credits are kWh and not dollars."""

from collections.abc import Iterator

import numpy as np

from trueup.model import Cycles, Segments
from trueup.model.measures import LedgerCycles
from trueup.quantities import Bools, Ints
from trueup.rulebook.columns import Terms
from trueup.rulebook.schema import BUCKETS, TOU_PERIODS


def kept_for_later(
    segments: Segments, cycles: Cycles, view: LedgerCycles, terms: Terms, opening: Ints
) -> tuple[Ints, Ints]:
    """What each bucket keeps for later, less what it takes of what was kept before.

    A bucket's net below zero is kept under its time-of-use period, whatever the season; its net above zero is lowered
    by what is kept of its period. Nothing is kept beyond the end of a period.

    Parameters
    ----------
    view, terms
        The cycles as the ledger sees them, and its answers by segment.
    opening
        (N, periods) Wh kept at the start.

    Returns
    -------
    tuple
        (S, buckets) Wh by which credited export is less; (M, periods) the same by cycle.

    References
    ----------
    SCE NEM questions on virtual net metering (spec `VIRT-02`, tariffs-nem V3); docs/decisions/0015.
    """
    put = np.zeros_like(segments.credited)
    by_cycle = np.zeros((len(cycles.account), len(TOU_PERIODS)), dtype=np.int64)
    wanted = np.nonzero(terms.keeps_kwh & terms.nets_buckets)[0]
    kept, net = opening.copy(), segments.delivered - segments.credited
    for at in _in_order(wanted, cycles.account[segments.cycle]):
        account, cycle = cycles.account[segments.cycle[at]], segments.cycle[at]
        for bucket in range(len(BUCKETS)):
            period = bucket % len(TOU_PERIODS)
            change = np.maximum(-net[at, bucket], -kept[account, period])
            put[at, bucket] = change
            kept[account, period] += change
            by_cycle[cycle, period] += change
        over = at[view.closes[cycle] & _last_of_cycle(at, segments)]
        kept[cycles.account[segments.cycle[over]]] = 0
    return put, by_cycle


def _in_order(chosen: Ints, account: Ints) -> Iterator[Ints]:
    """The first chosen segment of every account, then the second, and so on."""
    own = account[chosen]
    rank = np.arange(len(chosen)) - np.searchsorted(own, own)
    for step in range(int(rank.max(initial=-1)) + 1):
        yield chosen[rank == step]


def _last_of_cycle(at: Ints, segments: Segments) -> Bools:
    after = np.append(segments.cycle[1:], -1)
    last: Bools = after[at] != segments.cycle[at]
    return last
