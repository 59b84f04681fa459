"""A URDB rate, checked, in the units of the rules."""

from dataclasses import dataclass
from datetime import date

from trueup.rulebook.schema import Utility
from trueup.rulebook.schema.base import CustomerClass
from trueup.urdb.charges import per_day, refuse_charges_of_months, refuse_other_charges
from trueup.urdb.customers import classes_of, refuse_another_utility, refuse_part_of_price
from trueup.urdb.days import span_of
from trueup.urdb.energy import months_of
from trueup.urdb.errors import urdb_error
from trueup.urdb.reading import FULL, Item, text_of
from trueup.urdb.seasons import Seasons, seasons_of
from trueup.urdb.untold import untold_of


@dataclass(frozen=True)
class UrdbRate:
    """One rate.

    Attributes
    ----------
    label, name, uri, source
        As the file says; texts on one line.
    customer_classes
        Who takes it.
    first, last
        The days on which it holds, both included.
    seasons
        Periods and prices, 10^-7 $/kWh.
    daily, minimum
        Fixed charge and minimum charge, 10^-7 $/day; 0 where there is none.
    untold
        What the file cannot tell, each a phrase that follows "it cannot tell".
    """

    label: str
    name: str
    uri: str
    source: str
    customer_classes: tuple[CustomerClass, ...]
    first: date
    last: date
    seasons: Seasons
    daily: int
    minimum: int
    untold: tuple[str, ...]


def rate_of(item: Item, utility: Utility, first: date | None = None, last: date | None = None) -> UrdbRate:
    """The rate of a file.

    Parameters
    ----------
    utility
        Whose rate it must be.
    first, last
        The days on which it holds, where the file does not say or says more.

    Raises
    ------
    TrueupError
        E-URDB-002 and E-URDB-004 to E-URDB-013 for what cannot be billed from it.
    """
    label, name = text_of(item, "label", 64), text_of(item, "name", 120)
    if not label or not name:
        what = f"the rate has no {'name' if label else 'label'}"
        raise urdb_error("E-URDB-002", what, FULL, "Bills cite the rate by its label and name.")
    refuse_another_utility(item, utility)
    refuse_part_of_price(item)
    classes = classes_of(item)
    refuse_other_charges(item)
    refuse_charges_of_months(item)
    seasons = seasons_of(months_of(item))
    start, end = span_of(item, first, last)
    daily = per_day(item, "fixedchargefirstmeter", "fixedchargeunits")
    minimum = per_day(item, "mincharge", "minchargeunits")
    untold = untold_of(item, start, end, minimum)
    return UrdbRate(
        label, name, text_of(item, "uri"), text_of(item, "source"), classes, start, end, seasons, daily, minimum, untold
    )
