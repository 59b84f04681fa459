"""The meter files of an arrangement: its accounts side by side, and the output of its generators."""

from collections.abc import Sequence
from dataclasses import dataclass

from trueup.account import Account
from trueup.arrangement import Arrangement
from trueup.home import own_registers, storage_of
from trueup.intervals import Metered, MeterFacts, dense, side_by_side, without_export
from trueup.membership import output_of
from trueup.model import NO_VALUE, Readings, Wh32
from trueup.reads import Reads
from trueup.reads.registers import Registers

DELIVERED, RECEIVED = 0, 1
CHANNELS = 2


@dataclass(frozen=True)
class Meters:
    """The meters of an arrangement.

    Attributes
    ----------
    homes
        Of each account, by the intervals of its own meter.
    minutes
        Of each account, by which it is billed.
    output
        The arrangement, minutes of an interval and (intervals,) Wh that the generators received, over `days`; empty
        for an aggregation.
    days
        First day of all meters, and the day after their last.
    facts
        What is known of the accounts' meters.
    """

    homes: tuple[Metered, ...]
    minutes: tuple[int, ...]
    output: dict[str, tuple[int, Wh32]]
    days: tuple[int, int]
    facts: MeterFacts

    def by(self, minutes: int) -> Metered:
        """One row for each account by intervals of a length; nothing of those that are billed by another."""
        one = side_by_side(self.homes, minutes, self.days)
        whole, generation = one.readings, one.readings.generation
        if generation is not None and (generation == NO_VALUE).all():
            readings = Readings(*self.days, minutes, whole.delivered, whole.received)
            return Metered.of(readings, self.facts, one.status[:CHANNELS])
        return Metered.of(whole, self.facts, one.status)


def meters_of(
    arrangement: Arrangement, accounts: Sequence[Account], reads: Reads, registers: Registers | None = None
) -> Meters:
    """The accounts of an arrangement in their order, and the output of its generators.

    Meters of accounts that do not generate need no received channel, those of generators no delivered one. Accounts
    that share exports are billed by the longest of all intervals; one that is allotted an output by the longer of its
    own and the generators'.

    Raises
    ------
    TrueupError
        E-READ-017 where the files hold no readings of one of them; further as `intervals.dense`.
    """
    homes = [_home(arrangement, account, reads) for account in accounts]
    roofs = [dense(reads.of(meter), (RECEIVED,)) for meter in arrangement.generators]
    spans = [one.readings for one in (*homes, *roofs)]
    days = min(one.first_day for one in spans), max(one.last_day for one in spans)
    shown = own_registers(registers, [account.account for account in accounts])
    facts = MeterFacts(registers=shown, storage=storage_of(accounts))
    longest = max(one.minutes for one in (spans if not roofs else spans[len(homes) :]))
    minutes = [longest if arrangement.aggregates else max(longest, home.readings.minutes) for home in homes]
    output = {}
    if roofs:
        received = side_by_side(roofs, longest, days).readings.received
        output = {arrangement.arrangement: (longest, output_of(list(received)))}
    return Meters(tuple(homes), tuple(minutes), output, days, facts)


def _home(arrangement: Arrangement, account: Account, reads: Reads) -> Metered:
    own = reads.of(account.account)
    if account.account == arrangement.generating:
        return dense(own)
    return without_export(dense(own, (DELIVERED,)))
