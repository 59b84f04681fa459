"""The kWh on which each kind of charge stands: one function per rule."""

import numpy as np

from trueup.quantities import Bools, Ints


def billed_energy(delivered: Ints, credited: Ints, nets: Bools) -> Ints:
    """(S, 8) Wh of the energy lines: delivered, less credited export where a program nets by time-of-use period.

    References
    ----------
    SCE NEM questions: net per time-of-use period within the cycle (spec `BILL-01`, `BILL-02`); Schedule NBT, Special
    Condition 3.a: two channels that are never netted.
    """
    return delivered - np.where(nets[:, None], credited, 0)


def nonbypassable_basis(imports: Ints, positive_net: Ints, on_positive_net: Bools) -> Ints:
    """(S,) Wh of the non-bypassable charges: every imported kWh, or the positive net of each netting interval.

    References
    ----------
    Schedule NBT, Rates 2 (imports); NEM-ST, tariffs-nem N2-2 (positive net per metered interval, an hour for a home).
    """
    return np.where(on_positive_net, positive_net, imports)


def recovery_basis(imports: Ints, billed: Ints, on_buckets: Bools) -> Ints:
    """(S,) Wh of the fixed recovery charge: imports, or the sum over periods of max(0, net) per price version.

    References
    ----------
    tariffs-nem N2-6; spec decisions 14.
    """
    return np.where(on_buckets, np.maximum(billed, 0).sum(axis=1), imports)


def surcharge_basis(imports: Ints, credited: Ints, on_net: Bools) -> Ints:
    """(M,) Wh of the state energy surcharge: imports, or max(0, net) of the cycle (spec decisions 11)."""
    return np.where(on_net, np.maximum(imports - credited, 0), imports)
