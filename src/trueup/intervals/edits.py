"""What a person puts in place of readings: edits as dated facts, in the order of ranks (E5).

For callers of the library; the command line has no way to edit.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from trueup.errors import TrueupError
from trueup.intervals.model import Metered
from trueup.intervals.trail import LEFT_MISSING, PUT, Trail, records
from trueup.model import NO_VALUE
from trueup.quantities import Ints
from trueup.reads.batch import EDITED
from trueup.rulebook.vee import VeeRules


@dataclass(frozen=True)
class Edit:
    """What a person put in place of intervals, (K,) UTC seconds and Wh, as a dated fact.

    Attributes
    ----------
    on
        Day of the edit.
    who, why
        Who says so, and on what grounds.
    rejects
        Whether the person also judges the values that stand there to be wrong; without it an edit never overwrites
        an actual or corrected reading.
    """

    account: int
    channel: int
    start: Ints
    wh: Ints
    on: date
    who: str
    why: str
    rejects: bool = False


def edit(metered: Metered, edits: list[Edit], rules: VeeRules) -> tuple[Metered, Trail]:
    """Readings with edits in the order of their days, rank `edited`, and the trail of each.

    An edit that a higher rank stands above changes nothing; its record says `left_missing` with the value that stands.

    Raises
    ------
    TrueupError
        E-VEE-003 for an edit outside the readings, negative, or without a name or reason.
    """
    columns, status = [column.copy() for column in metered.columns], metered.status.copy()
    version, parts = rules.on(metered.readings.first_day), []
    for item in sorted(edits, key=lambda fact: fact.on):
        slot = _slots(metered, item)
        stands = columns[item.channel][item.account, slot].astype(np.int64)
        free = (status[item.channel, item.account, slot] <= EDITED) | item.rejects
        columns[item.channel][item.account, slot[free]] = item.wh[free]
        status[item.channel, item.account, slot[free]] = EDITED
        note = f"edited {item.on} by {item.who}: {item.why}"
        for chosen, verdict, text in ((free, PUT, note), (~free, LEFT_MISSING, f"{note}; a higher rank stands")):
            row = np.full(int(chosen.sum()), item.account, dtype=np.int64)
            put = item.wh[chosen] if verdict == PUT else NO_VALUE
            at = slot[chosen]
            parts.append(
                records(
                    metered, version, "E5", verdict, row, at, at + 1, item.channel, stands[chosen], put=put, note=text
                )
            )
    return metered.with_columns(tuple(columns), status), Trail.join(parts)


def _slots(metered: Metered, item: Edit) -> Ints:
    """The intervals of an edit, or E-VEE-003."""
    slot = metered.grid.slot(item.start)
    fits = 0 <= item.account < metered.accounts and 0 <= item.channel < len(metered.columns)
    fits = fits and bool((metered.grid.utc(slot) == item.start).all()) and bool((slot < metered.grid.length).all())
    if not (fits and (item.wh >= 0).all() and len(item.wh) == len(slot) and item.who.strip() and item.why.strip()):
        raise TrueupError(
            "E-VEE-003",
            f"an edit of {item.on} by {item.who or 'nobody'} does not fit the readings or gives no reason",
            "An edit replaces whole intervals of a channel, and a bill says who put them there and why.",
            "Name account, channel, the exact starts of intervals, energy of 0 or more, who, and why.",
        )
    return slot
