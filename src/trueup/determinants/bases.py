"""The kWh on which each kind of charge stands: one function per rule."""

import numpy as np

from trueup.quantities import Bools, Ints


def nonbypassable_basis(imports: Ints, positive_net: Ints, on_positive_net: Bools) -> Ints:
    """(S,) Wh of the non-bypassable charges: every imported kWh, or the positive net of each netting interval.

    References
    ----------
    Schedule NBT, Rates 2 (imports); NEM-ST, tariffs-nem N2-2 (positive net per metered interval, an hour for a home).
    """
    return np.where(on_positive_net, positive_net, imports)


def recovery_basis(imports: Ints, billed: Ints, net: Ints, on_buckets: Bools, on_net: Bools) -> Ints:
    """(S,) Wh of fixed recovery charge, PCIA and fees: imports, or the version's sum over periods of max(0, net).

    Where the PCIA is part of a net retail value it stands on the net itself.

    References
    ----------
    tariffs-nem N2-6; spec decisions 14; docs/decisions/0014.
    """
    on_periods = np.where(on_buckets, np.maximum(billed, 0).sum(axis=1), imports)
    return np.where(on_net, net, on_periods)


def surcharge_basis(imports: Ints, credited: Ints, by_day: Ints, on_net: Bools, on_days: Bools) -> Ints:
    """(M,) Wh of the state energy surcharge: imports, max(0, net) of the cycle, or of each of its days.

    References
    ----------
    spec decisions 11; NBT-G5 (a net billing statement that taxed each day's import less export, not below zero).
    """
    of_cycle = np.where(on_net, np.maximum(imports - credited, 0), imports)
    return np.where(on_days, by_day, of_cycle)


def positive_days(delivered: Ints, credited: Ints, account: Ints, first: Ints, end: Ints) -> Ints:
    """(M,) Wh of max(0, delivered - credited) of each day, summed over a cycle's days.

    Parameters
    ----------
    delivered, credited
        (N, days) Wh.
    first, end
        (M,) index of the cycle's first day and of the day after its last.
    """
    running = np.zeros((len(delivered), delivered.shape[1] + 1), dtype=np.int64)
    np.cumsum(np.maximum(delivered - credited, 0), axis=1, out=running[:, 1:])
    last = delivered.shape[1]
    return running[account, np.clip(end, 0, last)] - running[account, np.clip(first, 0, last)]
