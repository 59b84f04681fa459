"""Demand charges: $ per kW of the month."""

import numpy as np

from trueup.charges.segment import known, terms_of
from trueup.line_blocks import block
from trueup.model import Facts, Lines, Measured, Spans
from trueup.quantities import Ints, amount, part_of
from trueup.rulebook import Rules
from trueup.rulebook.schema import DEMANDS

USUAL_DAYS = (27, 33)
DAYS_OF_MONTH = 30
NAMES = {
    "facilities": ("facilities_demand", None),
    "summer_on_peak": ("summer_demand.delivery", "summer_demand.generation"),
    "winter_weekday_mid_peak": ("winter_demand", None),
}
"""The delivery and the generation line of each kind of demand."""


def demand_lines(measured: Measured, facts: Facts, spans: Spans, rules: Rules) -> list[Lines]:
    """The cycle's demand of each kind, at each version's price for its share of the month.

    References
    ----------
    TOU-GS-1, Option D; SCE Rule 9: monthly charges in cycles outside 27 to 33 days by days over 30 (tariffs-nbt 5.5).
    """
    segments, tariffs = measured.segments, rules.tariffs
    month = month_days(spans)[segments.cycle]
    bundled = terms_of(measured, facts, spans).bundled
    lines = []
    for kind, name in enumerate(DEMANDS):
        delivery, generation = NAMES[name]
        days = measured.demand_days[:, kind]
        lines.append(_lines(delivery, measured, kind, tariffs.demand_delivery[:, kind], days, month))
        if generation:
            own = days * bundled
            lines.append(_lines(generation, measured, kind, tariffs.demand_generation[:, kind], own, month))
    return lines


def month_days(spans: Spans) -> Ints:
    """(M,) the days that a monthly charge is for: the cycle's, or 30 where the cycle is unusually short or long."""
    days = spans.cycles.end - spans.cycles.start
    usual = (days >= USUAL_DAYS[0]) & (days <= USUAL_DAYS[1])
    return np.where(usual, days, DAYS_OF_MONTH)


def _lines(name: str, measured: Measured, kind: int, prices: Ints, days: Ints, month: Ints) -> Lines:
    segments = measured.segments
    price = known(prices[segments.version])
    at = np.nonzero((days > 0) & (price != 0))[0]
    watts = measured.demand[segments.cycle[at], kind]
    exact = part_of(amount(watts, price[at]), days[at], month[at])
    return block(name, segments.cycle[at], quantity=watts, price=price[at], exact=exact, version=segments.version[at])
