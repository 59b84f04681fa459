"""Exact dollars as fractions, and the one place that rounds."""

from dataclasses import dataclass
from fractions import Fraction


def dollars(text: str) -> Fraction:
    """A price as printed on a sheet, exactly; words such as `unknown` are a ValueError, never a guess."""
    return Fraction(text.strip())


def to_nearest(amount: Fraction) -> int:
    """Half away from zero to a whole number."""
    whole = (abs(amount) * 2 + 1) // 2
    return whole if amount >= 0 else -whole


def to_cents(amount: Fraction) -> int:
    """Half away from zero to the cent, once per printed line (decisions 1; decision record 0003)."""
    return to_nearest(amount * 100)


def half_away(amount: Fraction, decimals: int) -> Fraction:
    """Half away from zero to some decimals."""
    return Fraction(to_nearest(amount * 10**decimals), 10**decimals)


def half_up(amount: Fraction, decimals: int) -> Fraction:
    """A figure that is not negative, half up to some decimals: a demand in kW, a published rate."""
    scale = 10**decimals
    return Fraction((2 * amount * scale + 1) // 2, scale)


def whole_kwh(wh: int) -> int:
    """The whole kWh that a real bill prints, half away from zero, in Wh (decisions 5; decision record 0008)."""
    rounded = (2 * abs(wh) + 1000) // 2000 * 1000
    return rounded if wh >= 0 else -rounded


@dataclass(frozen=True)
class Line:
    """One printed line: billed quantity (Wh, W, or days), exact dollars, and the cents that are printed."""

    quantity: int | None
    exact: Fraction

    @property
    def cents(self) -> int:
        """The printed amount; totals add these, never the exact amounts (decision record 0003)."""
        return to_cents(self.exact)


LineName = tuple[str, str | None, str | None, str | None]  # component, season, time-of-use period, price version
Lines = dict[LineName, Line]


def priced(quantity_wh: int, price: Fraction) -> Line:
    """Watt-hours times a price in $/kWh."""
    return Line(quantity_wh, quantity_wh * price / 1000)


def cents_of(lines: Lines, components: tuple[str, ...]) -> int:
    """Sum of the printed cents of some components."""
    return sum(line.cents for name, line in lines.items() if name[0] in components)


def exact_of(lines: Lines, components: tuple[str, ...]) -> Fraction:
    """Sum of the unrounded dollars of some components."""
    return sum((line.exact for name, line in lines.items() if name[0] in components), Fraction(0))
