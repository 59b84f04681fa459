"""Exact dollars as fractions, and the one place that rounds."""

from dataclasses import dataclass
from fractions import Fraction


def dollars(text: str) -> Fraction:
    """A price as printed on a sheet, exactly; words such as `unknown` are a ValueError, never a guess."""
    return Fraction(text.strip())


def to_cents(amount: Fraction) -> int:
    """Half away from zero to the cent, once per printed line (decisions 1; decision record 0003)."""
    cents = (abs(amount) * 200 + 1) // 2
    return cents if amount >= 0 else -cents


@dataclass(frozen=True)
class Line:
    """One printed line: billed quantity (Wh, or days), exact dollars, and the cents that are printed."""

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
