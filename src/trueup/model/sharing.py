"""Who shares what: the arrangements of a shard, and the cycles in which their accounts share a pool."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trueup.quantities import Ints

NOBODY = -1


@dataclass(frozen=True)
class Sharing:
    """The arrangements of a shard.

    Attributes
    ----------
    names
        Ids of the arrangements.
    members
        (A, K) accounts in the order of their ids, the designated one in the last column; `NOBODY` where none.
    generating
        (A,) account whose exports are shared; `NOBODY` where a generator's output is allotted.
    output
        Of each arrangement (intervals,) Wh that its generators' meters received; `inputs.NO_VALUE` where one of them
        has no value.
    output_minutes
        Of each, the length of these intervals: that of the shard's readings or a shorter one.
    output_from
        The Pacific day with which the output begins, the shard's first day or an earlier one: what is left of an
        interval is carried from the day on which shares changed.
    share_from, share
        (A, V) first day of each set of shares, padded with `NEVER`; (A, V, K) ten-thousandths of a percent.
    """

    names: tuple[str, ...]
    members: Ints
    generating: Ints
    output: tuple[npt.NDArray[np.int32], ...]
    output_minutes: tuple[int, ...]
    output_from: int
    share_from: Ints
    share: Ints

    @property
    def designated(self) -> Ints:
        """(A,) the account that takes what is left."""
        return self.members[:, -1]


@dataclass(frozen=True)
class Pools:
    """Cycles that share the exports of one, (P,) and (P, K), in order of arrangement and time.

    Attributes
    ----------
    arrangement, giver
        Index of the arrangement; the cycle of the generating account.
    cycles
        (P, K) cycle of each member, in the columns of `Sharing.members`; the spare one, M, where it has none.
    wh, given
        (P,) and (P, K) Wh of the pool, and of each member's share.
    weight
        (P, K) by what the pool is shared.
    """

    arrangement: Ints
    giver: Ints
    cycles: Ints
    wh: Ints
    given: Ints
    weight: Ints

    def place(self, cycle: int) -> tuple[int, int] | None:
        """The pool in which a cycle has a part, and its column there; None for others."""
        found = np.argwhere(self.cycles == cycle)
        return (int(found[0][0]), int(found[0][1])) if len(found) else None
