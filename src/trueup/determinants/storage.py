"""Paired storage without a generation meter: export beyond the estimated production of solar is forfeited."""

import numpy as np

from trueup.model import Cycles, Facts, Segments
from trueup.periods import month_index
from trueup.quantities import UNKNOWN, Ints, add_up, split_in_order
from trueup.rulebook import Rules

MONTHS = 12


def forfeited_export(segments: Segments, facts: Facts, cycles: Cycles, rules: Rules) -> Ints:
    """(S, buckets) Wh of credited export beyond the cap, from the dearest period of the cycle down.

    References
    ----------
    Schedule NBT, Special Condition 5.c; tariffs-nem T1 to T4; NBT-G11; docs/decisions/0014: of equal import prices the
    earlier version, then the earlier period, loses first (spec `STOR-01`).
    """
    found = np.zeros_like(segments.credited)
    excess = _excess(segments, facts, cycles)
    segment, bucket = np.nonzero((excess[segments.cycle] > 0)[:, None] & (segments.credited > 0))
    if len(segment) == 0:
        return found
    version, cycle = segments.version[segment], segments.cycle[segment]
    price = import_price(rules, version, bucket)
    order = np.lexsort((bucket, version, -price, cycle))
    segment, bucket, cycle = segment[order], bucket[order], cycle[order]
    wh = segments.credited[segment, bucket]
    before = np.cumsum(wh) - wh
    before -= before[np.searchsorted(cycle, cycle)]
    found[segment, bucket] = np.clip(excess[cycle] - before, 0, wh)
    return found


def import_price(rules: Rules, version: Ints, bucket: Ints) -> Ints:
    """(K,) the printed price of a kWh taken in, delivery and generation; an unknown part counts as zero."""
    parts = [table[version, bucket] for table in (rules.tariffs.delivery, rules.tariffs.generation)]
    found: Ints = np.sum([np.where(part <= UNKNOWN // 2, 0, part) for part in parts], axis=0, dtype=np.int64)
    return found


def _excess(segments: Segments, facts: Facts, cycles: Cycles) -> Ints:
    """(M,) Wh of credited export beyond the production of the month of the cycle's first day (tariffs-nem T2)."""
    credited = add_up(segments.cycle, segments.credited.sum(axis=1), len(cycles.account))
    month = month_index(cycles.start) % MONTHS
    valued = cycles.solar | (cycles.grants_to >= 0)
    limited = facts.limited_by_estimate[cycles.account] & valued
    return np.where(limited, np.maximum(credited - facts.production[cycles.account, month], 0), 0)


def of_provider(forfeited: Ints, segments: Segments, provider: Segments, cycles: int) -> Ints:
    """(P, buckets) the same Wh on the provider's segments: those of a cycle and period share them by their export."""
    buckets = forfeited.shape[1]
    columns = np.arange(buckets)
    lost = add_up(segments.cycle[:, None] * buckets + columns, forfeited, cycles * buckets).reshape(-1, buckets)
    whole = add_up(provider.cycle[:, None] * buckets + columns, provider.credited, cycles * buckets)
    running = np.cumsum(provider.credited, axis=0) - provider.credited
    before = running - running[np.searchsorted(provider.cycle, provider.cycle)]
    total = whole.reshape(-1, buckets)[provider.cycle]
    return split_in_order(lost[provider.cycle], before, provider.credited, total)
