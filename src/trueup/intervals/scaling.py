"""E3: estimates between two register reads are scaled so that intervals and register agree to the watt-hour."""

import numpy as np

from trueup.intervals.dense import LARGEST_WH
from trueup.intervals.draft import Draft
from trueup.intervals.registers import between_reads
from trueup.intervals.trail import FLAG, records
from trueup.quantities import Ints

SAFE = 2**62
"""Products from here on are made of Python's integers."""


def largest_remainder(weights: Ints, total: int) -> Ints:
    """Whole numbers in proportion to weights (0 or more, one of them positive) that add to `total` exactly.

    What is left after cutting goes, one each, to the largest remainders; of equals, to the first.
    """
    exact, divisor = weights if int(weights.max()) * total < SAFE else weights.astype(object), int(weights.sum())
    parts = exact * total
    whole, rest = (parts // divisor).astype(np.int64), (parts % divisor).astype(np.int64)
    order = np.argsort(-rest, kind="stable")[: total - int(whole.sum())]
    whole[order] += 1
    found: Ints = whole
    return found


def scale_to_registers(draft: Draft) -> None:
    """E3: between reads that bound it, what was filled here takes what the register counted less what was read.

    Intervals that are nothing for certain (an outage, night) stay so. Where intervals are still missing there is
    nothing to agree with; where what was read exceeds the register, or an interval would take more than 100 MWh, the
    estimates stand and the trail says so.

    References
    ----------
    Itron 260780, scaling to the register.
    """
    registers = draft.metered.facts.registers
    if registers is None:
        return
    reads = between_reads(draft.metered, registers)
    for k in np.nonzero(reads.usable & (reads.channel == draft.code))[0]:
        account, place = int(reads.account[k]), slice(int(reads.begin[k]), int(reads.end[k]))
        filled = draft.filled[account, place]
        if not filled.any() or draft.needed[account, place].any():
            continue
        read = int(draft.wh[account, place][~filled].sum())
        _scale(draft, account, place, filled, int(reads.wh[k]) - read)


def _scale(
    draft: Draft, account: int, place: slice, filled: np.ndarray[tuple[int], np.dtype[np.bool_]], due: int
) -> None:
    """Give the filled intervals of one stretch what is due, in proportion to their estimates."""
    free = filled & ~draft.forced[account, place]
    slots = np.nonzero(free)[0] + place.start
    weights = draft.wh[account, slots]
    if due < 0 or due > LARGEST_WH * len(slots):
        row = np.array([account])
        draft.parts.append(
            records(
                draft.metered,
                draft.version,
                "E3",
                FLAG,
                row,
                place.start,
                place.stop,
                draft.code,
                observed=due,
                limit=int(weights.sum()),
                note="the register leaves no room for the estimates, or far too much",
            )
        )
        return
    if not len(slots):
        return
    values = largest_remainder(weights if weights.any() else np.ones_like(weights), due)
    moved = values != weights
    rows = np.full(int(moved.sum()), account, dtype=np.int64)
    draft.put("E3", rows, slots[moved], values[moved], "scaled to the register")
