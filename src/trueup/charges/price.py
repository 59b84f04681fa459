"""Stage 5: determinants x tariff -> priced lines. Nothing here depends on an earlier month."""

import numpy as np

from trueup.charges.demand import demand_lines
from trueup.charges.energy import baseline_lines, energy_lines, provider_lines
from trueup.charges.fixed import daily_lines, surcharge_lines, three_phase_lines
from trueup.charges.grants import bonus_lines, climate_lines, export_bonus_lines, export_lines
from trueup.charges.per_kwh import cost_responsibility_lines, nonbypassable_lines, recovery_lines
from trueup.charges.shared import fee_lines, split_grants
from trueup.charges.stated import municipal_lines
from trueup.charges.whole import discount_lines, minimum_lines
from trueup.components import COMPONENTS, ENERGY, INDEX, NONBYPASSABLE
from trueup.model import Lines, Measured, Priced, Profiles, Shard, Spans, join_lines, pooled
from trueup.quantities import EXACT_PER_CENT, Ints
from trueup.rulebook import Rules
from trueup.rulebook.columns import Terms

MONTHLY = (
    "nonbypassable", "wildfire_fund", "daily", "three_phase", "minimum_charge", "discount",
    "facilities_demand", "summer_demand.delivery", "summer_demand.generation", "winter_demand",
)  # fmt: skip
"""Electric charges that are due with the month under every program."""
DELIVERY = ("delivery", "delivery_baseline", "baseline_credit")
EXPORTS = ("export.delivery", "export.generation", "early_export.delivery", "early_export.generation")
GENERATION = ("generation", "per_kwh", "export_bonus")
IN_THE_PERIOD = ("export.delivery", "export.generation", "bonus")
"""What is granted on exports of the period itself, not on those before the first solar bill."""
BONUSES = ("bonus", "early_bonus")
SURCHARGES = ("state_surcharge", "municipal_surcharge", "fee.setup", "fee.monthly")
"""What no export credit and no ACC Plus pays."""


def price(measured: Measured, profiles: Profiles, shard: Shard, spans: Spans, rules: Rules) -> Lines:
    """Price every cycle at once: charges component by component, delivery and generation apart; exports valued.

    Where accounts share what exports are worth, each has its part of it.
    """
    facts = shard.facts
    charges = join_lines(
        [
            *energy_lines(measured, facts, spans, rules),
            *baseline_lines(measured, facts, spans, rules),
            *recovery_lines(measured, facts, spans, rules),
            *cost_responsibility_lines(measured, facts, spans, rules),
            *nonbypassable_lines(measured, facts, spans, rules),
            daily_lines(measured, facts, spans, rules),
            three_phase_lines(measured, facts, spans, rules),
            *demand_lines(measured, facts, spans, rules),
        ]
    )
    whole = join_lines([charges, minimum_lines(charges, measured, facts, spans, rules)])
    granted = [
        *export_lines(profiles, measured, facts, spans, rules),
        *bonus_lines(profiles, measured, facts, spans, rules),
    ]
    exports = split_grants(join_lines(granted), measured.pools, facts, spans)
    bought = join_lines([*provider_lines(measured, rules), exports])
    return join_lines(
        [
            whole,
            discount_lines(whole, measured, facts, spans, rules),
            bought,
            export_bonus_lines(bought, spans, rules),
            surcharge_lines(measured, spans, rules),
            municipal_lines(facts, spans, rules),
            climate_lines(facts, spans, rules),
            *fee_lines(facts, spans, shard.sharing),
        ]
    )


def summarise(lines: Lines, terms: Terms, cycles: int) -> Priced:
    """Add the printed lines of one ledger up to what the credits stage needs, cycle by cycle.

    Parameters
    ----------
    terms
        (M,) the answers in force in this ledger.
    """
    cents, exact = (_by_component(lines, values, cycles) for values in (lines.cents, lines.exact))
    generation, energy = _sum(cents, GENERATION), _sum(cents, ENERGY)
    extra = cents["pcia"] * terms.pays_pcia + cents["fixed_recovery"] * terms.pays_recovery
    parts = np.stack(
        [(_sum(cents, DELIVERY) + extra) * terms.pays_delivery, generation * terms.pays_generation], axis=1
    )
    floor = _sum(cents, NONBYPASSABLE) * (terms.billed_at_true_up & terms.energy_ledger)
    ledger = np.where(terms.nets_generation, cents["generation"], energy) + floor
    monthly = energy + _sum(cents, MONTHLY) - ledger
    minimum = cents["minimum_charge"] * terms.minimum_provisional
    printed = (np.maximum(ledger, 0) + monthly - minimum) * EXACT_PER_CENT
    granted = _by_pool(lines, cycles)
    return Priced(
        payable=pooled(parts, terms.split_pool),
        granted=granted,
        electric=monthly + np.where(terms.energy_ledger, 0, ledger),
        yearly=np.where(terms.energy_ledger, ledger, 0),
        floor=floor,
        minimum=minimum,
        bonus=_sum(cents, BONUSES),
        granted_on_own=_sum(cents, IN_THE_PERIOD) - cents["export_bonus"],
        climate=cents["climate"],
        surcharge=_sum(cents, SURCHARGES),
        tax_base=np.where(terms.tax_on_printed, printed, _sum(exact, (*ENERGY, *MONTHLY))),
    )


def _sum(columns: dict[str, Ints], names: tuple[str, ...]) -> Ints:
    found: Ints = np.sum([columns[name] for name in names], axis=0, dtype=np.int64)
    return found


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
