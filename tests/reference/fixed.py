"""The charges of one cycle that do not follow from its kWh alone: daily, demand, minimum; and discounts."""

from datetime import date
from fractions import Fraction

from .account import Account
from .charges import discount_of
from .clock import season
from .cycles import Cycle
from .meter import Use
from .money import Line, Lines

DELIVERY = ("delivery", "delivery_baseline", "baseline_credit")
DEMANDS = {  # the line: its kind, its part of the price, the season that has it
    "facilities_demand": ("facilities", "delivery", None),
    "summer_demand.delivery": ("summer_on_peak", "delivery", "summer"),
    "summer_demand.generation": ("summer_on_peak", "generation", "summer"),
    "winter_demand": ("winter_weekday_mid_peak", "delivery", "winter"),
}


def of_version(lines: Lines, version: date, components: tuple[str, ...] | None = None) -> Lines:
    """The lines of a price version, all or some components."""
    return {
        name: line
        for name, line in lines.items()
        if name[3] == version.isoformat() and (components is None or name[0] in components)
    }


def exact_sum(lines: Lines) -> Fraction:
    """Unrounded dollars."""
    return sum((line.exact for line in lines.values()), Fraction(0))


def kwh_sum(lines: Lines) -> Fraction:
    """kWh that the lines price."""
    return Fraction(sum(line.quantity or 0 for line in lines.values()), 1000)


def daily_lines(use: Use, account: Account) -> Lines:
    """Basic, base services or customer charge; three-phase service (SCE Rule 9; NBT notes 5.5, 7.2)."""
    lines: Lines = {}
    for version, days in use.days.items():
        filing = account.filings.starting(version)
        price = account.daily_price(filing)
        if price is not None:
            lines["daily", None, None, version.isoformat()] = Line(days, days * price)
        three_phase = filing.optional("three_phase_per_day")
        if account.home["three_phase"] and three_phase is not None:
            lines["three_phase", None, None, version.isoformat()] = Line(days, days * three_phase)
    return lines


def month_share(days: int, cycle: Cycle) -> Fraction:
    """A version's share of a monthly charge: prorated over 30 days outside 27 to 33 days (SCE Rule 9)."""
    whole = len(cycle.days)
    return Fraction(days, whole if 27 <= whole <= 33 else 30)


def demand_lines(use: Use, cycle: Cycle, account: Account) -> Lines:
    """Whole kW of the cycle times each version's share of the month (TOU-GS-1 Option D; decision record 0008.4)."""
    lines: Lines = {}
    for component, (kind, part, when) in DEMANDS.items():
        if component == "summer_demand.generation" and not cycle.bundled:
            continue
        kw = use.demand_kw(kind)
        for version in use.days:
            days = sum(
                account.filings.on(day).start == version and when in (None, season(day, account.utility))
                for day in cycle.days
            )
            price = account.filings.starting(version).demand(kind, part)
            if days and price:
                exact = kw * price * month_share(days, cycle)
                lines[component, None, None, version.isoformat()] = Line(int(kw * 1000), exact)
    return lines


def minimum_lines(lines: Lines, use: Use, cycle: Cycle, account: Account) -> Lines:
    """What the daily charge and delivery lack to the minimum (TOU-D sheets 2 to 5; NBT sheet 3; decisions 10).

    Under NEM only where the version's net energy is no charge (decisions 10).
    """
    if cycle.law.minimum.startswith("provisional"):
        return provisional_minimums(use, cycle, account)
    found: Lines = {}
    for version, days in use.days.items():
        minimum = account.filings.starting(version).minimum(account.tier)
        if minimum is None:
            continue
        counted = exact_sum(of_version(lines, version, ("daily",))) + apart_in_minimum(lines, version, account)
        if cycle.law.minimum == "always":
            counted += delivery_in_minimum(lines, version, cycle, account)
        elif exact_sum(of_version(lines, version, (*DELIVERY, "generation"))) > 0:
            continue
        lacking = days * minimum - counted
        if lacking > 0:
            found["minimum_charge", None, None, version.isoformat()] = Line(days, lacking)
    return found


def provisional_minimums(use: Use, cycle: Cycle, account: Account) -> Lines:
    """PG&E's NEM: the whole daily minimum, to be credited at the true-up (NEM N1-5, N2-8; decision record 0014).

    The closing cycle has none under NEM 1; under NEM 2 it has one, which is not credited any more.
    """
    found: Lines = {}
    if cycle.closing and cycle.law.minimum == "provisional":
        return found
    for version, days in use.days.items():
        minimum = account.filings.starting(version).minimum(account.tier)
        if minimum is not None:
            found["minimum_charge", None, None, version.isoformat()] = Line(days, days * minimum)
    return found


def apart_in_minimum(lines: Lines, version: date, account: Account) -> Fraction:
    """Non-bypassable lines count where these print apart, the Wildfire Fund line where the schedule counts it."""
    left_out = account.filings.starting(version).minimum_leaves_out_wfc
    return exact_sum(of_version(lines, version, ("nonbypassable", *(() if left_out else ("wildfire_fund",)))))


def delivery_in_minimum(lines: Lines, version: date, cycle: Cycle, account: Account) -> Fraction:
    """Delivery energy after tiers and baseline credit; Schedule D leaves the Wildfire Fund inside it out."""
    filing = account.filings.starting(version)
    energy = exact_sum(of_version(lines, version, DELIVERY))
    stands_inside = cycle.law.apart == "inside" and (cycle.bundled or filing.ctc_in_delivery)
    inside = stands_inside and not discount_of(filing, cycle, account).exempt_wfc
    if filing.minimum_leaves_out_wfc and inside:
        energy -= kwh_sum(of_version(lines, version, DELIVERY[:2])) * filing.inside("wfc")
    return energy


def discount_lines(lines: Lines, use: Use, cycle: Cycle, account: Account) -> Lines:
    """A share off all charges of a version, save what is paid in full (TOU-D SC 8 and 9; decision record 0008.5)."""
    found: Lines = {}
    for version in use.days:
        discount = discount_of(account.filings.starting(version), cycle, account)
        if discount.nothing:
            continue
        in_full = kwh_sum(of_version(lines, version, DELIVERY[:2])) * discount.in_full
        charges = exact_sum(of_version(lines, version))
        if discount.daily_in_full:
            charges -= exact_sum(of_version(lines, version, ("daily",)))
        found["discount", None, None, version.isoformat()] = Line(None, -discount.share * (charges - in_full))
    return found
