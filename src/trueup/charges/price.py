"""Stage 5: determinants x tariff -> priced lines. Nothing here depends on an earlier month."""

import numpy as np

from trueup.charges.energy import energy_lines, nonbypassable_lines, recovery_lines
from trueup.charges.fixed import daily_lines, surcharge_lines
from trueup.charges.grants import bonus_lines, climate_lines, export_lines
from trueup.components import COMPONENTS, INDEX, YEARLY
from trueup.model import Facts, Lines, Measured, Priced, Profiles, Spans, join_lines, pooled
from trueup.quantities import EXACT_PER_CENT, Ints
from trueup.rulebook import Rules

DUE_WITH_THE_MONTH = ("nonbypassable", "wildfire_fund", "daily")
EXPORTS = ("export.delivery", "export.generation", "early_export.delivery", "early_export.generation")


def price(measured: Measured, profiles: Profiles, facts: Facts, spans: Spans, rules: Rules) -> Priced:
    """Price every cycle at once: charges component by component, delivery and generation apart; exports valued."""
    lines = join_lines(
        [
            *energy_lines(measured, facts, spans, rules),
            recovery_lines(measured, rules),
            *nonbypassable_lines(measured, facts, spans, rules),
            daily_lines(measured, facts, spans, rules),
            surcharge_lines(measured, spans, rules),
            *export_lines(profiles, facts, spans, rules),
            *bonus_lines(profiles, facts, spans),
            climate_lines(spans, rules),
        ]
    )
    return summarise(lines, facts, spans)


def summarise(lines: Lines, facts: Facts, spans: Spans) -> Priced:
    """Add the printed lines up to what the credits stage needs, cycle by cycle."""
    cycles = len(spans.cycles.account)
    terms = facts.terms.take(spans.cycles.terms)
    cents, exact = (_by_component(lines, values, cycles) for values in (lines.cents, lines.exact))
    parts = np.stack([cents["delivery"], cents["generation"]], axis=1)
    payable = np.stack([terms.pays_delivery, terms.pays_generation], axis=1)
    energy = parts.sum(axis=1) + cents["fixed_recovery"]
    fixed = sum((cents[name] for name in DUE_WITH_THE_MONTH), np.zeros(cycles, dtype=np.int64))
    charges = (*YEARLY, *DUE_WITH_THE_MONTH)
    every_charge = sum((exact[name] for name in charges), np.zeros(cycles, dtype=np.int64))
    printed = (np.maximum(energy, 0) + fixed) * EXACT_PER_CENT
    return Priced(
        lines,
        pooled(parts * payable, terms.split_pool),
        _by_pool(lines, cycles),
        np.where(terms.yearly_energy, 0, energy) + fixed,
        np.where(terms.yearly_energy, energy, 0),
        cents["bonus"] + cents["early_bonus"],
        cents["climate"],
        cents["state_surcharge"],
        np.where(terms.tax_on_printed, printed, every_charge),
    )


def _by_component(lines: Lines, values: Ints, cycles: int) -> dict[str, Ints]:
    """(M,) sums of the lines' values for each component."""
    total = np.zeros(cycles * len(COMPONENTS), dtype=np.int64)
    np.add.at(total, lines.cycle * len(COMPONENTS) + lines.component, values)
    return dict(zip(INDEX, total.reshape(cycles, -1).T, strict=True))


def _by_pool(lines: Lines, cycles: int) -> Ints:
    """(M, 2) export credits granted."""
    exports = np.nonzero(np.isin(lines.component, [INDEX[name] for name in EXPORTS]))[0]
    total = np.zeros(cycles * 2, dtype=np.int64)
    np.add.at(total, lines.cycle[exports] * 2 + lines.pool[exports], lines.cents[exports])
    return total.reshape(cycles, 2)
