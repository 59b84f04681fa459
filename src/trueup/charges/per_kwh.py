"""Charges per kWh beside the energy lines: non-bypassable, fixed recovery, cost responsibility surcharge."""

import numpy as np

from trueup.charges.pcia import pcia_price, vintage_of
from trueup.charges.segment import known, per_version, terms_of, tier_of
from trueup.charges.unknown import nonbypassable_known
from trueup.model import Facts, Lines, Measured, Spans
from trueup.quantities import Ints, whole_kwh
from trueup.rulebook import Rules
from trueup.rulebook.columns import Terms


def nonbypassable_lines(measured: Measured, facts: Facts, spans: Spans, rules: Rules) -> list[Lines]:
    """CTC + NDC + PPPC, and Wildfire Fund: two lines where a program bills them apart, else memos of what is inside.

    References
    ----------
    Schedule NBT, Rates 2 (for customers of another provider CTC and WFC are those of the cost responsibility
    surcharge); tariffs-nem N2-3 (two printed kinds); spec decisions 3; spec `BILL-06` (NEM 1: on net use).
    """
    terms, tariffs, version = terms_of(measured, facts, spans), rules.tariffs, measured.segments.version
    wildfire, ctc = surcharge_parts(measured, facts, spans, rules)
    within = known(tariffs.delivery_nonbypassable[version]) - known(tariffs.wildfire_fund[version])
    stays = terms.bundled | ~tariffs.surcharge_apart[version]
    memo = within + np.where(stays, wildfire, 0) - tariffs.exempt[tier_of(measured, facts, spans)]
    apart, wh = terms.apart, measured.nonbypassable
    inside = ~apart & nonbypassable_known(version, rules)
    return [
        per_version("nonbypassable", measured, apart, wh, within + ctc),
        per_version("wildfire_fund", measured, apart, wh, wildfire),
        per_version("memo.delivery", measured, inside, measured.inside, memo),
        per_version("memo.generation", measured, inside & terms.bundled, _inside_generation(measured, terms), ctc),
    ]


def _inside_generation(measured: Measured, terms: Terms) -> Ints:
    """(S,) Wh of what lies inside generation lines, which may be netted while delivery lines are not."""
    segments = measured.segments
    net = whole_kwh((segments.delivered - segments.credited).sum(axis=1), terms.whole_kwh)
    return np.where(terms.nets_generation, net, measured.inside)


def surcharge_parts(measured: Measured, facts: Facts, spans: Spans, rules: Rules) -> tuple[Ints, Ints]:
    """(S,) Wildfire Fund and CTC: the schedule's, or those of the cost responsibility surcharge."""
    tariffs, version = rules.tariffs, measured.segments.version
    bundled = terms_of(measured, facts, spans).bundled | ~tariffs.surcharge_apart[version]
    wildfire = np.where(bundled, known(tariffs.wildfire_fund[version]), known(tariffs.other_wildfire[version]))
    ctc = np.where(bundled, known(tariffs.generation_nonbypassable[version]), known(tariffs.other_ctc[version]))
    return wildfire, ctc


def recovery_lines(measured: Measured, facts: Facts, spans: Spans, rules: Rules) -> list[Lines]:
    """The fixed recovery charge, which export credits pay only where the program says so (NBT-A5)."""
    price = known(rules.tariffs.fixed_recovery[measured.segments.version])
    due = ~rules.tariffs.recovery_exempt[tier_of(measured, facts, spans)] & (price != 0)
    return [per_version("fixed_recovery", measured, due, measured.recovery, price)]


def cost_responsibility_lines(measured: Measured, facts: Facts, spans: Spans, rules: Rules) -> list[Lines]:
    """PCIA, and what other providers' customers pay the utility besides: franchise fee; Wildfire Fund and CTC where
    they print neither in delivery nor apart. The regulatory fee stands on the same kWh.

    References
    ----------
    Schedule TOU-D, Special Condition 11.c and Schedule CCA-CRS; NBT-G6; tariffs-nem N2-6; docs/decisions/0010, 0014.
    """
    terms, tariffs, version = terms_of(measured, facts, spans), rules.tariffs, measured.segments.version
    others = ~terms.bundled
    wildfire, ctc = surcharge_parts(measured, facts, spans, rules)
    own_lines = others & ~terms.apart & tariffs.surcharge_apart[version]
    bundled_pcia = known(tariffs.bundled_pcia[version])
    pcia = np.where(others, known(pcia_price(measured, facts, spans, rules)), bundled_pcia)
    franchise = tariffs.franchise_fee[version, vintage_of(measured, spans)]
    fee = known(tariffs.regulatory_fee[version])
    return [
        per_version("pcia", measured, others | (bundled_pcia != 0), measured.recovery, pcia),
        per_version("franchise_fee", measured, others & (franchise != 0), measured.recovery, franchise),
        per_version("regulatory_fee", measured, fee != 0, measured.recovery, fee),
        per_version("wildfire_fund_crs", measured, own_lines, measured.inside, wildfire),
        per_version("ctc_crs", measured, own_lines, measured.inside, ctc),
    ]
