"""What an explanation is made of."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

Operation = Literal["sum of products", "part of a product", "least of", "difference"]


@dataclass(frozen=True)
class Term:
    """One number of a working: a quantity, its unit, and the price it is multiplied by where there is one."""

    label: str
    quantity: str
    unit: str
    price: str | None = None
    note: str = ""


@dataclass(frozen=True)
class Working:
    """The numbers of a line and what is done with them.

    ``sum of products``: quantities times prices, added, rounded to the cent once, half away from zero.
    ``part of a product``: the first quantity times its price, times the second quantity over the third.
    ``least of``: the smallest quantity, for a credit pays at most what is there and what is owed.
    ``difference``: the first quantity less the others. The amount is the outcome times `sign`.
    """

    operation: Operation
    terms: tuple[Term, ...]
    sign: int = 1


@dataclass(frozen=True)
class Explanation:
    """How a line came to be.

    Attributes
    ----------
    line, title, amount
        The printed figure, in dollars.
    working
        Its own numbers: doing them again gives the amount.
    shared
        What the account was given of a generator that it shares, and by what; empty for others.
    hours
        The days and clock hours that were summed into the quantity, in kWh.
    prices
        Which price version or table, with its citation.
    rule, answer, citation, published
        The program's question and answer, where that is read, and the published rules behind it.
    """

    line: str
    title: str
    amount: str
    working: Working
    hours: tuple[Term, ...]
    prices: tuple[str, ...]
    rule: str
    answer: str
    citation: str
    published: tuple[str, ...]
    shared: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)
