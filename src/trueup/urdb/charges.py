"""Charges of a URDB rate beside energy: per day they can be said, others must be zero."""

from typing import Any

from trueup.urdb.amounts import is_nothing, not_negative, price
from trueup.urdb.errors import urdb_error
from trueup.urdb.reading import Item, shown

STRUCTURES = ("demandratestructure", "flatdemandstructure", "coincidentratestructure")
PLAIN = ("demandreactivepowercharge", "fueladjustmentsmonthly", "energyfueladjustments")
MONEY = ("rate", "adj", "sell")
NOT_PER_DAY = ("fixedmonthlycharge", "minmonthlycharge", "annualmincharge")
PER_DAY, KNOWN_UNITS = "$/day", ("$/month", "$/year")
HIGHEST_PER_DAY = 100
"""$ per day, beyond which a figure is taken for another unit."""
WRONG = "A bill without this charge would be wrong."


def refuse_other_charges(item: Item) -> None:
    """Refuse demand, reactive power and monthly adjustments other than zero (E-URDB-009)."""
    for key in (*STRUCTURES, *PLAIN):
        if not _is_zero(item.get(key), key in STRUCTURES):
            raise urdb_error(
                "E-URDB-009",
                f"the rate has {key} other than zero",
                "Import a rate that is billed per kWh and day only, or write its rule file by hand.",
                WRONG,
            )


def per_day(item: Item, key: str, units: str) -> int:
    """A charge per day, 10^-7 $; 0 where there is none.

    Raises
    ------
    TrueupError
        E-URDB-007 for an unknown unit, E-URDB-008 for no price, E-URDB-013 for a charge per month or year.
    """
    if is_nothing(item.get(key)):
        return 0
    unit = item.get(units)
    unit = unit.strip().casefold() if isinstance(unit, str) else unit
    if unit in KNOWN_UNITS:
        raise _not_per_day(f"{key} is {shown(item[key])} {unit}")
    if unit != PER_DAY:
        what = f"{key} is {shown(item[key])}, its unit ({units}) is {shown(item.get(units))}"
        raise urdb_error("E-URDB-007", what, f'Write "{PER_DAY}" and the price per day into the file.', WRONG)
    return not_negative(price(item[key], key, HIGHEST_PER_DAY), key)


def refuse_charges_of_months(item: Item) -> None:
    """Refuse older fields that hold a charge per month or year (E-URDB-013)."""
    for key in NOT_PER_DAY:
        if not is_nothing(item.get(key)):
            raise _not_per_day(f"{key} is {shown(item[key])}")


def _not_per_day(what: str) -> Exception:
    return urdb_error(
        "E-URDB-013",
        f"{what}: no charge per day",
        f'If the tariff prints it per day, write that price and the unit "{PER_DAY}" into the file by hand.',
        "A schedule states such charges per day, and how a utility turns months into days is not in the file.",
    )


def _is_zero(value: Any, structure: bool) -> bool:
    """Whether nothing but zeros is in it; of a structure's tiers only `rate`, `adj` and `sell` are money."""
    if isinstance(value, list):
        return all(_is_zero(part, structure) for part in value)
    if isinstance(value, dict):
        return all(_is_zero(part, structure) for key, part in value.items() if not structure or key in MONEY)
    return is_nothing(value)
