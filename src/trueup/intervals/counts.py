"""Is every interval there: V4 interval count. (V11 duplicates are found where rows become columns: `arrange`.)"""

from trueup.intervals.model import Metered
from trueup.intervals.trail import Trail, findings, runs_of
from trueup.model import NO_VALUE
from trueup.rulebook.vee import VeeVersion


def interval_count(metered: Metered, version: VeeVersion) -> Trail:
    """V4: every interval between two UTC instants has a value. Observed: how many a gap has; limit: how many are due.

    Due is what lies in service, where that is known, else everything.
    Counting by UTC gives 92, 96 and 100 quarters of a local day by itself.
    """
    parts = []
    for code, wh in enumerate(metered.columns):
        row, begin, end = runs_of((wh == NO_VALUE) & metered.due)
        parts.append(findings(metered, version, "V4", row, begin, end, code, 0, end - begin))
    return Trail.join(parts)
