"""How the exports of an aggregation are divided in one cycle, in whole kWh, Wh or cents (decision record 0015)."""

from collections.abc import Callable, Mapping
from fractions import Fraction

from .meter import Bucket
from .money import to_nearest

Weights = Mapping[str, int | Fraction]


def rounded_down_to_kwh(wh: Fraction) -> int:
    """NEM aggregation: whole kWh (NEM Q7)."""
    return int(wh // 1000) * 1000


def divide(amount: int, weights: Weights, designated: str, rounding: Callable[[Fraction], int]) -> dict[str, int]:
    """The others' shares rounded, in the order of ids, none more than what is left; the rest is the designated one's.

    Where nobody used anything it takes all. An amount below zero is divided as one above (NEM A3, Q7; NBT A14).
    """
    if designated not in weights:
        raise ValueError("the designated account is no member of the cycle")
    sign, left, total = (1 if amount >= 0 else -1), abs(amount), sum(weights.values(), Fraction(0))
    found = dict.fromkeys(weights, 0)
    for name in sorted(set(weights) - {designated}) if total else ():
        found[name] = min(rounding(abs(amount) * Fraction(weights[name]) / total), left)
        left -= found[name]
    found[designated] += left
    return {name: sign * share for name, share in found.items()}


def divide_kwh(wh: int, weights: Weights, designated: str) -> dict[str, int]:
    """Unit `whole_kwh`: NEM aggregation."""
    return divide(wh, weights, designated, rounded_down_to_kwh)


def divide_units(amount: int, weights: Weights, designated: str) -> dict[str, int]:
    """Units `wh` and cents, half up: SBP-A (NBT A14, NBT-G15)."""
    return divide(amount, weights, designated, to_nearest)


def due_of_target(pool: int, used: Mapping[str, int], given: Mapping[str, int]) -> dict[str, Fraction]:
    """What each member is due: its part of all that was exported in the period, less what it was given (NEM A4, Q6).

    By use since the period began, this cycle included. Not less than nothing (spec decision 24; NEM-D6).
    """
    exported, total = sum(given.values()) + pool, sum(used.values())
    if total == 0:
        return dict.fromkeys(used, Fraction(0))
    return {name: max(Fraction(0), Fraction(exported * wh, total) - given[name]) for name, wh in used.items()}


def floors_of_running_sum(share: int, parts: Mapping[Bucket, int], order: list[Bucket]) -> dict[Bucket, int]:
    """A share over the parts of the pool: floor(share x running sum / pool) less the one before (record 0015)."""
    pool, running, before, found = sum(parts.values()), 0, 0, dict[Bucket, int]()
    for key in order:
        running += parts[key]
        upto = share * running // pool if pool else 0
        found[key], before = upto - before, upto
    return found
