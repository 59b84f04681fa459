"""The meter files of an arrangement: its accounts side by side, and the output of its generators."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trueup.account import Account
from trueup.arrangement import Arrangement
from trueup.intervals import Metered, MeterFacts, RegisterReads, dense, side_by_side, without_export
from trueup.membership import output_of
from trueup.model import NO_VALUE, Readings, Wh32
from trueup.quantities import Bools
from trueup.reads import Reads
from trueup.reads.registers import Registers

DELIVERED, RECEIVED = 0, 1
CHANNELS = 2


@dataclass(frozen=True)
class Meters:
    """Meters side by side.

    Attributes
    ----------
    metered
        One row for each account.
    first_days
        Of each account, the first day of its readings.
    outputs
        By arrangement (intervals,) Wh that its generators received, on the intervals of `metered`.
    """

    metered: Metered
    first_days: tuple[int, ...]
    outputs: dict[str, Wh32]


def meters_of(
    arrangement: Arrangement, accounts: Sequence[Account], reads: Reads, registers: Registers | None = None
) -> Meters:
    """The accounts of an arrangement in their order, and the output of its generators.

    Meters of accounts that do not generate need no received channel, those of generators no delivered one.

    Raises
    ------
    TrueupError
        E-READ-017 where the files hold no readings of one of them; further as `intervals.dense`.
    """
    homes = [_home(arrangement, account, reads) for account in accounts]
    roofs = [dense(reads.of(meter), (RECEIVED,)) for meter in arrangement.generators]
    every = side_by_side([*homes, *roofs])
    count = len(homes)
    shown = None if registers is None else RegisterReads.of(registers, [account.account for account in accounts])
    facts = MeterFacts(registers=shown, storage=np.array([int(account.storage) for account in accounts]))
    mine = _rows(every, np.arange(every.accounts) < count, facts)
    outputs = {arrangement.arrangement: output_of(list(every.readings.received[count:]))} if roofs else {}
    return Meters(mine, tuple(home.readings.first_day for home in homes), outputs)


def _home(arrangement: Arrangement, account: Account, reads: Reads) -> Metered:
    own = reads.of(account.account)
    if account.account == arrangement.generating:
        return dense(own)
    return without_export(dense(own, (DELIVERED,)))


def _rows(metered: Metered, chosen: Bools, facts: MeterFacts) -> Metered:
    """Some of the meters; a channel in which none of them has anything is left out."""
    whole = metered.readings
    generation = None if whole.generation is None else whole.generation[chosen]
    if generation is not None and (generation == NO_VALUE).all():
        generation = None
    count = CHANNELS if generation is None else CHANNELS + 1
    both = whole.delivered[chosen], whole.received[chosen]
    readings = Readings(whole.first_day, whole.last_day, whole.minutes, *both, generation)
    return Metered.of(readings, facts, metered.status[:count, chosen])
