"""What goes in: facts, meter columns and balances of a shard."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from trueup.model.sharing import Sharing
from trueup.quantities import Bools, Ints
from trueup.rulebook.columns import Terms
from trueup.rulebook.schema import TOU_PERIODS

Wh32 = npt.NDArray[np.int32]
ELECTIONS = ("none", "on_bill", "check", "opt_out")
NO_VALUE = -1
"""An interval without a reading, in the meter columns."""


@dataclass(frozen=True)
class Phases:
    """Stretches of an account between changes of provider or billing option, (N, P), padded with `NEVER`.

    Attributes
    ----------
    start
        First day; the first phase of an account starts before everything.
    ends_period
        Whether the change at its start ends the running relevant period.
    own, before
        Row of `Facts.terms` from the program's start on, and before it.
    ledger_own, ledger_before
        The same for the ledger of the provider; that of `own` and `before` where there is none.
    keeps_ledger
        Whether a provider's ledger is kept.
    provider, prices
        The provider, and its price list.
    vintage
        Year in which the customer left bundled service; 0 for none.
    month, first_month
        Month of the year in which the provider settles, and the first such month index.
    through
        Last day up to which the provider's file is attested.
    """

    start: Ints
    ends_period: Bools
    own: Ints
    before: Ints
    ledger_own: Ints
    ledger_before: Ints
    keeps_ledger: Bools
    provider: Ints
    prices: Ints
    vintage: Ints
    month: Ints
    first_month: Ints
    through: Ints

    def at(self, account: Ints, day: Ints) -> Ints:
        """The phase of accounts on days."""
        found: Ints = (self.start[account] <= day[:, None]).sum(axis=1) - 1
        return found


@dataclass(frozen=True)
class Facts:
    """What is known of each account, as columns. Days are ordinals; `periods.NEVER` where there is none.

    Attributes
    ----------
    ids
        Account ids.
    terms, told
        The answers in use, one row per combination of program, provider and facts; what made each row.
    phases
        Stretches between changes of provider or billing option.
    schedule, utility, calendar
        (N,) rate schedule; whose it is, and its calendar.
    pto, period_start, service_end
        (N,) permission to operate, stated start of a running relevant period, end of service.
    vintage
        (N,) year of the export prices; 0 without one.
    bonus_price, provider_bonus_price
        (N,) ACC Plus adder of the utility; of the provider.
    reads
        (N, K) read dates, padded with `NEVER`.
    from_day, to_day
        (N,) the days to bill, `to_day` excluded.
    tax_ppm
        (N,) local tax.
    tier, dwelling, three_phase
        (N,) income tier, kind of dwelling (indices), whether service has three phases.
    allowance
        (N, seasons) Wh of baseline a day; 0 where the schedule has none.
    base_services, pcia
        (N,) the account's own base services charge per day and PCIA; `UNKNOWN` where the schedule's hold.
    municipal_month, municipal_cents, climate_month, climate_cents
        (N, K) generation municipal surcharge and climate credit as stated, by month index.
    rate_month, rate
        (N, K) and (N, K, 2) average export rates as stated, by month index: delivery, generation.
    production
        (N, 12) Wh of solar production that each month is taken to make; 0 where no estimate limits exports.
    election_from, election
        (N, E) choices for surplus compensation (index into `ELECTIONS`) and the day from which each stands.
    transfers_recs
        (N,) whether the surplus's RECs go to the utility.
    joins, leaves
        (N,) first day in an arrangement (0 from the beginning), and the day from which it is in none any more.
    leader
        (N,) the account whose bills number those of its relevant period: its own, or an arrangement's generating one.
    """

    ids: tuple[str, ...]
    terms: Terms
    told: tuple[dict[str, str], ...]
    phases: Phases
    schedule: Ints
    utility: Ints
    calendar: Ints
    pto: Ints
    period_start: Ints
    service_end: Ints
    vintage: Ints
    bonus_price: Ints
    provider_bonus_price: Ints
    reads: Ints
    from_day: Ints
    to_day: Ints
    tax_ppm: Ints
    tier: Ints
    dwelling: Ints
    three_phase: Bools
    allowance: Ints
    base_services: Ints
    pcia: Ints
    municipal_month: Ints
    municipal_cents: Ints
    climate_month: Ints
    climate_cents: Ints
    rate_month: Ints
    rate: Ints
    production: Ints
    election_from: Ints
    election: Ints
    transfers_recs: Bools
    joins: Ints
    leaves: Ints
    leader: Ints

    @property
    def own(self) -> Ints:
        """(N,) row of `terms` of the first phase: what does not change with provider or billing option."""
        return self.phases.own[:, 0]

    @property
    def since(self) -> Ints:
        """(N,) the day from which exports may be worth something: permission to operate, joining an arrangement."""
        return np.maximum(self.pto, self.joins)

    @property
    def limited_by_generation(self) -> Bools:
        """(N,) whether the generation meter caps credited export."""
        return self.terms.limited_by_generation[self.own]

    @property
    def limited_by_estimate(self) -> Bools:
        """(N,) whether an estimate of production caps credited export."""
        return self.terms.limited_by_estimate[self.own]


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
class Allotted:
    """Meter columns of (K,) accounts that stand in place of their own: what they got of a generator is their export."""

    accounts: Ints
    readings: Readings

    def of(self, account: int, own: Readings) -> tuple[Readings, int]:
        """The columns that hold for an account, and its row in them."""
        at = np.nonzero(self.accounts == account)[0]
        return (self.readings, int(at[0])) if len(at) else (own, account)


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
    energy_to_date, energy_billed
        (N,) energy of the period so far, and what was billed of it.
    floor, minimums
        (N,) non-bypassable charges in it, which it cannot fall below; minimum charges billed and not yet credited.
    granted
        (N,) export credits and bonuses granted in the period.
    imported_wh, exported_wh
        (N,) of the period.
    energy, used
        (N, 2) energy charges of the period and the export credits that paid them, by pool.
    kept_wh
        (N, time-of-use periods) export kept as kWh for later cycles of the period.
    """

    export: Ints
    bonus: Ints
    climate: Ints
    surplus: Ints
    surplus_held: Ints
    owed: Ints
    energy_to_date: Ints
    energy_billed: Ints
    floor: Ints
    minimums: Ints
    granted: Ints
    imported_wh: Ints
    exported_wh: Ints
    energy: Ints
    used: Ints
    kept_wh: Ints

    @classmethod
    def empty(cls, accounts: int) -> "State":
        """Nothing carried, nothing counted."""
        columns = dict.fromkeys(("export", "energy", "used"), 2) | {"kept_wh": len(TOU_PERIODS)}
        shapes = [(accounts, columns[f.name]) if f.name in columns else (accounts,) for f in fields(cls)]
        return cls(*(np.zeros(shape, dtype=np.int64) for shape in shapes))

    @classmethod
    def stack(cls, states: "Sequence[State]") -> "State":
        """The balances of several accounts, one after another."""
        return cls(*(np.concatenate([getattr(state, f.name) for state in states]) for f in fields(cls)))


@dataclass(frozen=True)
class Shard:
    """Accounts that are settled together; the balances of the provider's ledger are zero where none are given.

    `sharing` are the arrangements among them: every account of one is in the same shard.
    """

    facts: Facts
    readings: Readings
    opening: State
    provider_opening: State | None = None
    sharing: Sharing | None = None

    @property
    def openings(self) -> tuple[State, State]:
        """The balances of the utility's and the provider's ledger."""
        return self.opening, self.provider_opening or State.empty(len(self.facts.ids))
