"""Whose rate it is: the utility, the customers, and whether its price is the whole price."""

from trueup.errors import TrueupError
from trueup.rulebook.schema import Utility
from trueup.rulebook.schema.base import CustomerClass
from trueup.urdb.errors import urdb_error
from trueup.urdb.reading import Item, text_of

CLASSES: dict[str, tuple[CustomerClass, ...]] = {
    "residential": ("residential",),
    "commercial": ("small_commercial", "large_commercial"),
}
"""Customers of trueup by URDB's sector."""
WHOLE = "bundled"


def classes_of(item: Item) -> tuple[CustomerClass, ...]:
    """Which customers take the rate; E-URDB-004 for a sector that is not billed here."""
    sector = text_of(item, "sector")
    if sector.casefold() not in CLASSES:
        raise _not_ours(f"the sector is {sector or 'not given'!r}", "Import a Residential or Commercial rate.")
    return CLASSES[sector.casefold()]


def refuse_another_utility(item: Item, utility: Utility) -> None:
    """Refuse a rate whose utility does not go by this one's full name (E-URDB-004)."""
    told = text_of(item, "utility")
    if not _folded(told).startswith(_folded(utility.title)):
        raise _not_ours(f"the rate is of {told or 'no utility'!r}, not of {utility.title}", "Name its own --utility.")


def refuse_part_of_price(item: Item) -> None:
    """Refuse a rate of delivery or of energy only (E-URDB-004)."""
    service = text_of(item, "servicetype")
    if service and service.casefold() != WHOLE:
        raise _not_ours(f"the rate is for {service} service, a part of the price", "Import the Bundled rate.")


def _folded(name: str) -> str:
    return " ".join(name.casefold().replace("&", " and ").split())


def _not_ours(what: str, todo: str) -> TrueupError:
    return urdb_error("E-URDB-004", what, todo)
