"""What goes in: facts, meter columns and balances of a shard."""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from trueup.quantities import Bools, Ints
from trueup.rulebook.columns import Terms

Wh32 = npt.NDArray[np.int32]
ELECTIONS = ("none", "on_bill", "check", "opt_out")
NO_VALUE = -1
"""An interval without a reading, in the meter columns."""


@dataclass(frozen=True)
class Facts:
    """What is known of each account, as columns. Days are ordinals; `periods.NEVER` where there is none.

    Attributes
    ----------
    ids
        Account ids.
    terms, programs, told
        The answers in use, one row per combination of program and facts; the program and those facts of each row.
    own, before
        (N,) row of `terms` from the program's start on, and before it.
    schedule
        (N,) rate schedule.
    pto, period_start, service_end
        (N,) permission to operate, stated start of a running relevant period, end of service.
    vintage
        (N,) year of the export prices; 0 without one.
    bonus_price
        (N,) ACC Plus adder.
    reads
        (N, K) read dates, padded with `NEVER`.
    from_day, to_day
        (N,) the days to bill, `to_day` excluded.
    tax_ppm
        (N,) local tax.
    base_services
        (N,) the account's own base services charge per day; `UNKNOWN` where the schedule's holds.
    election
        (N,) index into `ELECTIONS`.
    transfers_recs
        (N,) whether the surplus's RECs go to the utility.
    """

    ids: tuple[str, ...]
    terms: Terms
    programs: tuple[str, ...]
    told: tuple[dict[str, str], ...]
    own: Ints
    before: Ints
    schedule: Ints
    pto: Ints
    period_start: Ints
    service_end: Ints
    vintage: Ints
    bonus_price: Ints
    reads: Ints
    from_day: Ints
    to_day: Ints
    tax_ppm: Ints
    base_services: Ints
    election: Ints
    transfers_recs: Bools

    @property
    def limited_by_generation(self) -> Bools:
        """(N,) whether the generation meter caps credited export."""
        return self.terms.limited_by_generation[self.own]


@dataclass(frozen=True)
class Readings:
    """Dense meter columns of a shard: (N, intervals) Wh from a Pacific midnight on, `NO_VALUE` where none was read."""

    first_day: int
    last_day: int
    minutes: int
    delivered: Wh32
    received: Wh32
    generation: Wh32 | None = None


@dataclass(frozen=True)
class State:
    """Balances between two cycles: what is carried, and the counters of the running period. Cents and Wh.

    Attributes
    ----------
    export
        (N, 2) export credits by pool: one pool, or delivery and generation apart.
    bonus, climate, surplus, surplus_held
        (N,) ACC Plus, climate credit, rolled-over compensation, compensation without an election.
    owed
        (N,) balance on the account beside the bills here: positive is owed, negative a credit.
    energy_to_date
        (N,) the yearly energy ledger.
    imported_wh, exported_wh
        (N,) of the period.
    energy, used
        (N, 2) energy charges of the period and the export credits that paid them, by pool.
    """

    export: Ints
    bonus: Ints
    climate: Ints
    surplus: Ints
    surplus_held: Ints
    owed: Ints
    energy_to_date: Ints
    imported_wh: Ints
    exported_wh: Ints
    energy: Ints
    used: Ints

    @classmethod
    def empty(cls, accounts: int) -> "State":
        """Nothing carried, nothing counted."""
        pools = {"export", "energy", "used"}
        return cls(*(np.zeros((accounts, 2) if f.name in pools else accounts, dtype=np.int64) for f in fields(cls)))


@dataclass(frozen=True)
class Shard:
    """Accounts that are settled together."""

    facts: Facts
    readings: Readings
    opening: State
