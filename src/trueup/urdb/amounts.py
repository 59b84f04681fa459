"""Numbers of a URDB file as exact prices."""

from decimal import Decimal
from typing import Any

from trueup.errors import TrueupError
from trueup.quantities import price_from_text
from trueup.urdb.errors import urdb_error
from trueup.urdb.reading import shown

HIGHEST = 10
"""$ per kWh, beyond which a figure is taken for cents, or for another unit."""
AS_PRINTED = "Write the price as the tariff prints it, in dollars, into the file, or have URDB mend it."


def price(value: Any, place: str, highest: int = HIGHEST) -> int:
    """A price, 10^-7 $; `highest` in $. Nothing given is 0; adjustments may be negative.

    Raises
    ------
    TrueupError
        E-URDB-008 if it is no number, has more than seven decimals, or is beyond `highest` in size.
    """
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise _unusable(f"{place} is {shown(value)}, no number")
    try:
        found = price_from_text(str(value))
    except ValueError as error:
        raise _unusable(f"{place}: {error}") from None
    if abs(found) > price_from_text(str(highest)):
        raise _unusable(f"{place} is {value}, more than ${highest}")
    return found


def not_negative(found: int, place: str) -> int:
    """A price that is not below zero; E-URDB-008 if it is."""
    if found < 0:
        raise _unusable(f"{place} is negative")
    return found


def is_nothing(value: Any) -> bool:
    """Whether a field says nothing or zero; a text or `true` is something."""
    return value is None or value == "" or (isinstance(value, int | Decimal) and value == 0)


def _unusable(what: str) -> TrueupError:
    return urdb_error("E-URDB-008", what, AS_PRINTED)
