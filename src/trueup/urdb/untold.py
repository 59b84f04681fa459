"""What a URDB rate cannot tell: the phrases that its schedule carries, and that bills under it print."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from trueup.urdb.amounts import is_nothing
from trueup.urdb.reading import RATE, Item, text_of

ALWAYS = (
    "how prices split into delivery and generation (everything stands in delivery)",
    "which non-bypassable parts are inside (so only programs that never ask take the schedule)",
    "the baseline allowance and what depends on it",
    "discounts of CARE, FERA and medical baseline",
    "the cost responsibility surcharge of customers of another provider",
    "charges outside the rate's own sheet, such as the fixed recovery charge (none is billed)",
    "holidays (each counts as the day of the week that it is)",
    "who may take the rate",
)
READ = {
    "label", "name", "uri", "utility", "sector", "servicetype", "source", "startdate", "enddate", "approved",
    "energyratestructure", "energyweekdayschedule", "energyweekendschedule", "fixedchargefirstmeter",
    "fixedchargeunits", "mincharge", "minchargeunits", "fixedmonthlycharge", "minmonthlycharge", "annualmincharge",
    "demandratestructure", "flatdemandstructure", "coincidentratestructure", "demandreactivepowercharge",
    "fueladjustmentsmonthly", "energyfueladjustments",
}  # fmt: skip
NEVER_A_CHARGE = {
    "eiaid", "country", "description", "sourceparent", "is_default", "supersedes", "supercedes", "revisions",
    "latest_update", "basicinformationcomments", "energycomments", "demandcomments", "voltagecategory", "phasewiring",
    "voltageminimum", "voltagemaximum", "peakkwcapacitymin", "peakkwcapacitymax", "peakkwcapacityhistory",
    "peakkwhusagemin", "peakkwhusagemax", "peakkwhusagehistory", "usenetmetering", "dgrules", "demandunits",
    "demandrateunit", "demandwindow", "demandweekdayschedule", "demandweekendschedule", "demandratchetpercentage",
    "flatdemandunit", "flatdemandmonths", "coincidentrateunit", "coincidentrateschedule", "lookbackpercent",
    "lookbackrange", "lookbackmonths",
}  # fmt: skip
MOST_NAMED = 12


def untold_of(item: Item, first: date, last: date, minimum: int) -> tuple[str, ...]:
    """The phrases of a rate; `minimum` is its minimum charge, 10^-7 $/day."""
    return (*ALWAYS, f"prices before {first} and after {last}, or of another version in between", *_own(item, minimum))


def _own(item: Item, minimum: int) -> Iterator[str]:
    tiers = [tier for period in item[RATE] for tier in period]
    if minimum:
        yield "which part of the price the minimum charge is compared with (all of it, here), or medical baseline's own"
    if any(not is_nothing(tier.get("adj")) for tier in tiers):
        yield "what the adjustments (adj) in the prices are, and when they change"
    if any(not is_nothing(tier.get("sell")) for tier in tiers):
        yield "by which rules its sell rates hold (they are not used; the program says what exports earn)"
    if item.get("approved") is not True:
        yield "whether it is right, for no expert of URDB has approved it"
    if not text_of(item, "servicetype"):
        yield "whether its prices hold for bundled service, as is assumed"
    if text_of(item, "sector").casefold() == "commercial":
        yield "for which size of business it is"
    if is_nothing(item.get("enddate")):
        yield "how long its prices hold (the importer named the last day)"
    unread = _unread(item)
    if unread:
        yield f"what is said in fields that are not read: {', '.join(unread)}"


def _unread(item: Item) -> list[str]:
    known = READ | NEVER_A_CHARGE
    others = [key for key, value in item.items() if key.casefold() not in known and not _is_empty(value)]
    return sorted("".join(c if c.isprintable() else "?" for c in key)[:40] for key in others)[:MOST_NAMED]


def _is_empty(value: Any) -> bool:
    return is_nothing(value) or value in ([], {})
