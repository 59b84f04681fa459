"""What the meter says of its values: V5 overflow or bad status, V6 test mode."""

import numpy as np

from trueup.intervals.model import Metered, Stretches, over
from trueup.intervals.trail import Trail, findings, runs_of, unchecked
from trueup.model import Wh32
from trueup.quantities import UNKNOWN, Bools, Ints
from trueup.rulebook.vee import VeeVersion


def bad_status(metered: Metered, version: VeeVersion) -> Trail:
    """V5: a status that spoils the value, or the counter at its maximum. Observed in Wh, limit the maximum or 0."""
    known = metered.facts.counter_wh
    most = np.full(metered.accounts, UNKNOWN, dtype=np.int64) if known is None else known
    flagged = metered.facts.bad_status
    blind = ~told(metered, flagged) & (most == UNKNOWN)
    parts = [unchecked(metered, version, "V5", "neither status flags nor the counter's maximum are known", blind)]
    marked = metered.during(flagged)
    for code, wh in enumerate(metered.columns):
        row, begin, end = runs_of((marked | ((most[:, None] > 0) & (wh >= most[:, None]))) & (wh >= 0))
        observed = wh[row, begin].astype(np.int64)
        parts.append(findings(metered, version, "V5", row, begin, end, code, observed, np.maximum(most[row], 0)))
    return Trail.join(parts)


def in_test_mode(metered: Metered, version: VeeVersion) -> Trail:
    """V6: no value comes from a meter in test mode. Observed: the Wh of the stretch."""
    tested = metered.facts.test_mode
    parts = [unchecked(metered, version, "V6", "stretches of test mode are not known", ~told(metered, tested))]
    marked = metered.during(tested)
    for code, wh in enumerate(metered.columns):
        row, begin, end = runs_of(marked & (wh >= 0))
        parts.append(findings(metered, version, "V6", row, begin, end, code, sums(wh, row, begin, end)))
    return Trail.join(parts)


def told(metered: Metered, stretches: Stretches | None) -> Bools:
    """(N,) accounts of which a kind of stretch is known."""
    if stretches is None:
        return np.zeros(metered.accounts, dtype=np.bool_)
    return np.ones(metered.accounts, dtype=np.bool_) if stretches.told is None else stretches.told


def sums(wh: Wh32, row: Ints, begin: Ints, end: Ints) -> Ints:
    """(K,) Wh of runs of intervals; a missing or negative value counts as nothing."""
    return over(np.maximum(wh, 0), row, begin, end)
