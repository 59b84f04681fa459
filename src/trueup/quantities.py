"""Exact quantities: integer watt-hours, prices and cents. The only place that rounds.

============  =======================  =========================================
quantity      unit                     name endings
============  =======================  =========================================
energy        1 Wh                     ``_wh``
price         10^-7 $ per kWh or day   ``price``
exact amount  10^-10 $                 ``exact``
money         1 cent                   ``cents``
share         10^-6                    ``_ppm`` (a local tax of 4.75 % is 47,500)
============  =======================  =========================================

An energy in Wh times a price per kWh is an exact amount (10^-3 kWh x 10^-7 $). All arrays are int64.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

EXACT_PER_CENT = 10**8
EXACT_PER_DAY_PRICE = 10**3
PPM = 10**6
PRICE_PER_PPM = 10
UNKNOWN = -(2**40)
"""A price that no source gives. Far outside any price, and refused before it can be multiplied."""

_LARGEST_EXACT = 2**62


def scaled(text: str, digits: int) -> int:
    """A decimal text as an integer number of 10^-`digits`; more digits than that are refused.

    Raises
    ------
    ValueError
        If the text is no plain decimal number or does not fit the scale exactly.
    """
    try:
        value = Decimal(text.strip()).scaleb(digits)
    except InvalidOperation:
        raise ValueError(f"{text!r} is not a decimal number") from None
    if not value.is_finite() or value != value.to_integral_value():
        raise ValueError(f"{text!r} has more than {digits} decimals")
    return int(value)


def price_from_text(text: str) -> int:
    """A price in $/kWh or $/day, as printed, in units of 10^-7 $."""
    return scaled(text, 7)


def cents_from_text(text: str) -> int:
    """An amount in dollars, as printed, in cents."""
    return scaled(text, 2)


def ppm_from_text(text: str) -> int:
    """A share such as ``0.0475`` in millionths."""
    return scaled(text, 6)


def wh_from_kwh_text(text: str) -> int:
    """Energy in kWh, as printed in a meter file, in whole Wh."""
    return scaled(text, 3)


def amount(energy_wh: Ints, price: Ints) -> Ints:
    """Exact amount (10^-10 $) of energy at a price per kWh, refused where int64 could not hold it.

    Raises
    ------
    OverflowError
        If a product could exceed 2^62 (about $460 million).
    """
    if energy_wh.size and price.size:
        largest = int(np.abs(energy_wh).max()) * int(np.abs(price).max())
        if largest > _LARGEST_EXACT:
            raise OverflowError("an energy times a price does not fit 64 bits")
    return energy_wh * price


def to_cents(exact: Ints) -> Ints:
    """Round exact amounts (10^-10 $) to the cent, half away from zero.

    References
    ----------
    spec decisions 1; docs/decisions/0003-lines-and-rounding.md.
    """
    magnitude = (np.abs(exact) + EXACT_PER_CENT // 2) // EXACT_PER_CENT
    return np.where(exact < 0, -magnitude, magnitude)


def share_of(base_exact: Ints, share_ppm: Ints) -> Ints:
    """A percentage of an exact, non-negative base, rounded to the cent once, half up.

    The base is split at 10^6 so that the product cannot overflow; what is cut off lies below the
    unit of the exact amount and so cannot move a half.
    """
    whole, rest = np.divmod(np.maximum(base_exact, 0), PPM)
    return to_cents(whole * share_ppm + rest * share_ppm // PPM)


def part_of(exact: Ints, numerator: Ints, denominator: Ints) -> Ints:
    """A part of an exact, non-negative amount; what is cut off lies below its unit and so cannot move a half cent."""
    return exact * numerator // denominator


def nearest_part(value: Ints, numerator: Ints, denominator: Ints) -> Ints:
    """A part of non-negative values at the nearest whole, half up; nothing of nothing."""
    divisor = np.maximum(denominator, 1)
    found: Ints = (2 * value * numerator + divisor) // (2 * divisor)
    return found


def add_up(index: Ints, values: Ints, size: int) -> Ints:
    """Exact integer sums of values that share an index."""
    total = np.zeros(size, dtype=np.int64)
    np.add.at(total, index.reshape(-1), values.reshape(-1))
    return total


def split_in_order(whole: Ints, before: Ints, own: Ints, total: Ints) -> Ints:
    """The share `own` of `total` in a whole, by cumulative floors: shares taken in order add to the whole.

    `before` is the sum of the shares that come before; a total of zero gives nothing.
    """
    divisor = np.maximum(total, 1)
    return np.where(total > 0, whole * (before + own) // divisor - whole * before // divisor, 0)


def in_shares(whole: Ints, weight: Ints, unit: Ints, down: Bools) -> Ints:
    """(P, K) parts of wholes by weight, in multiples of a unit; the last of each takes what the others leave.

    Each of the others gets the multiple nearest to its part, half away from zero, or the one below it, but no more than
    is left by those before it. Where nobody has a weight the last gets all.

    Parameters
    ----------
    whole, unit, down
        (P,) what is shared, in which multiples, and whether they are rounded down.
    weight
        (P, K) not negative.
    """
    size, parts = np.abs(whole), weight.astype(object)  # a product may exceed 64 bits
    total = np.maximum(parts.sum(axis=1), 1)[:, None] * unit[:, None]
    extra = np.where(down[:, None], 0, total)
    nearest_unit = (2 * size[:, None] * parts[:, :-1] + extra) // (2 * total) * unit[:, None]
    taken = np.minimum(np.cumsum(nearest_unit, axis=1), size[:, None]).astype(np.int64)
    bounds = np.concatenate([np.zeros((len(size), 1), dtype=np.int64), taken, size[:, None]], axis=1)
    return np.diff(bounds, axis=1) * np.sign(whole)[:, None]


def nearest(values: Ints, unit: int) -> Ints:
    """Values at the nearest multiple of a unit, half away from zero."""
    magnitude = (np.abs(values) + unit // 2) // unit * unit
    return np.where(values < 0, -magnitude, magnitude)


def whole_of(text: str, digits: int) -> tuple[int, bool]:
    """A decimal text in units of 10^-`digits` at the nearest whole, half away from zero, and whether it was whole."""
    value = Decimal(text).scaleb(digits)
    whole = value.to_integral_value(ROUND_HALF_UP)
    return int(whole), whole == value


def whole_kwh(energy_wh: Ints, wanted: Bools) -> Ints:
    """Energy rounded to whole kWh where a biller prints it so, else as it is."""
    return np.where(wanted, nearest(energy_wh, 1000), energy_wh)


def price_multiple(price: Ints, multiple_ppm: Ints, unit: Ints) -> Ints:
    """A non-negative price times a multiple (millionths), rounded half up to a unit of 10^-7 $."""
    return (price * multiple_ppm + unit * PPM // 2) // (unit * PPM) * unit


@dataclass(frozen=True, order=True)
class Money:
    """Whole cents that print as dollars."""

    cents: int

    def __str__(self) -> str:
        sign = "-" if self.cents < 0 else ""
        return f"{sign}${abs(self.cents) // 100:,}.{abs(self.cents) % 100:02d}"

    @property
    def usd(self) -> Decimal:
        """Dollars, exactly."""
        return Decimal(self.cents).scaleb(-2)

    def __add__(self, other: "Money") -> "Money":
        return Money(self.cents + other.cents)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.cents - other.cents)

    def __neg__(self) -> "Money":
        return Money(-self.cents)


def decimal_text(value: int, digits: int, least: int = 0) -> str:
    """An integer number of 10^-`digits` as decimal text, with at least `least` decimals and no needless zeros."""
    sign, size = ("-" if value < 0 else ""), abs(int(value))
    whole, part = divmod(size, 10**digits)
    decimals = f"{part:0{digits}d}" if digits else ""
    decimals = decimals.rstrip("0").ljust(least, "0")
    return f"{sign}{whole}.{decimals}" if decimals else f"{sign}{whole}"


def usd_text(cents: int) -> str:
    """Cents as dollars with two decimals, for files."""
    return decimal_text(cents, 2, least=2)


def kwh_text(energy_wh: int) -> str:
    """Wh as kWh without needless zeros, for files."""
    return decimal_text(energy_wh, 3)


def price_text(price: int) -> str:
    """A price as decimal text with at least five decimals, for files."""
    return decimal_text(price, 7, least=5)
