"""Energy lines and the charges per kWh beside them. All prices $/kWh, per price version."""

import numpy as np

from trueup.line_blocks import block
from trueup.model import Facts, Lines, Measured, Spans
from trueup.quantities import UNKNOWN, Bools, Ints, amount
from trueup.rulebook import Rules


def energy_lines(measured: Measured, facts: Facts, spans: Spans, rules: Rules) -> list[Lines]:
    """Delivery and generation by time-of-use period, without the non-bypassable parts where these print apart.

    References
    ----------
    Schedule TOU-D, Special Condition 11 (rates times determinants); Schedule NBT, Rates 3.a.i (non-bypassable charges
    are no part of the energy charges, spec `BILL-10`); tariffs-nem N2-1 (spec `BILL-03`).
    """
    apart, tariffs = prints_apart(measured, facts, spans), rules.tariffs
    segment, bucket = np.nonzero(measured.occurs)
    version, wh = measured.version[segment], measured.billed[segment, bucket]
    lines = []
    for name, totals, inside in (
        ("delivery", tariffs.delivery, tariffs.delivery_nonbypassable),
        ("generation", tariffs.generation, tariffs.generation_nonbypassable),
    ):
        price = known(totals[version, bucket]) - np.where(apart[segment], known(inside[version]), 0)
        lines.append(
            block(
                name,
                measured.cycle[segment],
                quantity=wh,
                price=price,
                exact=amount(wh, price),
                version=version,
                bucket=bucket,
            )
        )
    return lines


def nonbypassable_lines(measured: Measured, facts: Facts, spans: Spans, rules: Rules) -> list[Lines]:
    """CTC + NDC + PPPC, and Wildfire Fund: two lines where a program bills them apart, two memos where inside.

    References
    ----------
    Schedule NBT, Rates 2; tariffs-nem N2-3 (two printed kinds); spec decisions 3.
    """
    apart, tariffs, wh = prints_apart(measured, facts, spans), rules.tariffs, measured.nonbypassable
    wildfire = known(tariffs.wildfire_fund[measured.version])
    delivery = known(tariffs.delivery_nonbypassable[measured.version])
    generation = known(tariffs.generation_nonbypassable[measured.version])
    return [
        _per_version("nonbypassable", measured, apart, wh, delivery - wildfire + generation),
        _per_version("wildfire_fund", measured, apart, wh, wildfire),
        _per_version("memo.delivery", measured, ~apart, wh, delivery),
        _per_version("memo.generation", measured, ~apart, wh, generation),
    ]


def prints_apart(measured: Measured, facts: Facts, spans: Spans) -> Bools:
    """(S,) whether the program in force bills the non-bypassable charges on lines of their own."""
    return facts.terms.apart[spans.cycles.terms[measured.cycle]]


def recovery_lines(measured: Measured, rules: Rules) -> Lines:
    """The fixed recovery charge, which no export credit may pay (NBT-A5)."""
    price = known(rules.tariffs.fixed_recovery[measured.version])
    every = np.ones(len(price), dtype=np.bool_)
    return _per_version("fixed_recovery", measured, every, measured.recovery, price)


def unknown_prices(measured: Measured, rules: Rules) -> Bools:
    """(S,) whether a segment needs a price that no source gives."""
    tariffs, version = rules.tariffs, measured.version
    lacks = ((tariffs.delivery[version] == UNKNOWN) | (tariffs.generation[version] == UNKNOWN)) & measured.occurs
    parts = (
        tariffs.delivery_nonbypassable,
        tariffs.generation_nonbypassable,
        tariffs.wildfire_fund,
        tariffs.fixed_recovery,
        tariffs.daily,
    )
    anywhere = np.any([column[version] <= UNKNOWN // 2 for column in parts], axis=0)
    found: Bools = lacks.any(axis=1) | anywhere
    return found


def known(price: Ints) -> Ints:
    """Prices with the unknown ones as zero: an account that needs one is refused, so its lines never print."""
    return np.where(price <= UNKNOWN // 2, 0, price)


def _per_version(name: str, measured: Measured, wanted: Bools, wh: Ints, price: Ints) -> Lines:
    wh, price = wh[wanted], price[wanted]
    return block(
        name,
        measured.cycle[wanted],
        quantity=wh,
        price=price,
        exact=amount(wh, price),
        version=measured.version[wanted],
    )
