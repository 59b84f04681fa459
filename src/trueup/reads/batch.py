"""What a reader yields: some readings of a file as columns."""

from dataclasses import dataclass

from trueup.quantities import Ints

CHANNELS = ("delivered", "received", "generation")
"""Delivered is utility to customer, received is customer to utility, generation is the generator's own meter."""
STATUSES = ("none", "estimated", "edited", "corrected", "actual")
"""How a value came to be, from the lowest rank to the highest: a lower rank never overwrites a higher (VEE E5).

`corrected` is what the utility itself put in place of a reading, `edited` what a person did, `none` no value.
"""
NONE, ESTIMATED, EDITED, CORRECTED, ACTUAL = range(len(STATUSES))


@dataclass(frozen=True)
class Batch:
    """Some readings of one file, (n,) each, in the order of the file.

    Attributes
    ----------
    names
        Account ids that occur; one empty name where the format has none.
    account
        Index into `names`.
    channel
        Index into `CHANNELS`.
    start
        UTC second at which the interval begins.
    minutes
        Interval length: 5, 15, 30 or 60.
    wh
        Energy, 0 or more.
    status
        Index into `STATUSES`.
    known
        UTC second at which the utility says it made the value; 0 where the file does not say.
    """

    names: tuple[str, ...]
    account: Ints
    channel: Ints
    start: Ints
    minutes: Ints
    wh: Ints
    status: Ints
    known: Ints
