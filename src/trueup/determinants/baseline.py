"""How much of a part's energy lies within the baseline allowance."""

import numpy as np

from trueup.determinants.buckets import net_energy
from trueup.model import Cycles, Facts, Segments
from trueup.quantities import Bools, Ints, add_up, split_in_order, whole_kwh
from trueup.rulebook.columns import Terms
from trueup.rulebook.schema import SEASONS, TOU_PERIODS

SEASON_PARTS, WHOLE = slice(0, len(SEASONS)), len(SEASONS)


def baseline_parts(segments: Segments, cycles: Cycles, facts: Facts, first_season: Ints) -> tuple[Bools, Ints, Ints]:
    """The parts on which baseline lines stand, their Wh, and the Wh within the allowance, (S, 3) each.

    Parameters
    ----------
    first_season
        (M,) season of each cycle's first day.

    References
    ----------
    SCE Preliminary Statement, Part H.3; tariffs-nem C3 to C5; docs/decisions/0008.
    """
    terms = facts.terms.take(cycles.terms[segments.cycle])
    a_day = facts.allowance[cycles.account[segments.cycle]]
    counts, mirrored = a_day.any(axis=1), terms.baseline_mirrored
    use = _use_by_season(segments, terms)
    shape = (len(use), WHOLE + 1)
    parts, used, within = np.zeros(shape, dtype=np.bool_), np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    seasonal = (counts & ~mirrored)[:, None]
    parts[:, SEASON_PARTS] = (segments.season_days > 0) & seasonal
    used[:, SEASON_PARTS] = use * seasonal
    allowance = seasonal_allowance(segments, len(cycles.account), use, a_day, first_season)
    within[:, SEASON_PARTS] = np.minimum(use, allowance) * seasonal
    parts[:, WHOLE], used[:, WHOLE] = counts & mirrored, use.sum(axis=1) * (counts & mirrored)
    whole = (segments.season_days * a_day).sum(axis=1)
    within[:, WHOLE] = mirrored_baseline(used[:, WHOLE], whole)
    rounded = terms.whole_kwh[:, None]
    return parts, whole_kwh(used, rounded), whole_kwh(within, rounded)


def mirrored_baseline(net: Ints, allowance: Ints) -> Ints:
    """Net Wh within the allowance, in either direction: a net generator's is negative (tariffs-nem C4, C5, Q9)."""
    return np.clip(net, -allowance, allowance)


def seasonal_allowance(segments: Segments, count: int, use: Ints, a_day: Ints, first_season: Ints) -> Ints:
    """(S, seasons) the cycle's allowance, split between seasons by consumption and inside a season by days."""
    cycle, days, seasons = segments.cycle, segments.season_days, len(SEASONS)
    slot = cycle[:, None] * seasons + np.arange(seasons)
    all_use, all_days = (add_up(slot, column, count * seasons).reshape(-1, seasons) for column in (use, days))
    whole = add_up(cycle, (days * a_day).sum(axis=1), count)
    nothing_used = all_use.sum(axis=1) == 0
    weight = np.where(nothing_used[:, None], all_days, all_use)
    earlier = np.take_along_axis(weight, first_season[:, None], axis=1)[:, 0]
    to_earlier = split_in_order(whole, np.zeros_like(whole), earlier, weight.sum(axis=1))
    is_first = np.arange(seasons) == first_season[:, None]
    of_season = np.where(is_first, to_earlier[:, None], (whole - to_earlier)[:, None])
    running = np.cumsum(days, axis=0) - days
    starts = np.searchsorted(cycle, cycle)
    return split_in_order(of_season[cycle], running - running[starts], days, all_days[cycle])


def _use_by_season(segments: Segments, terms: Terms) -> Ints:
    """(S, seasons) Wh, not rounded."""
    net = net_energy(segments.delivered, segments.credited, terms.nets_buckets)
    found: Ints = net.reshape(len(net), len(SEASONS), len(TOU_PERIODS)).sum(axis=2)
    return found
