"""Workings of what only some programs do: credited minimums, reversals at the account's own average, export bonus."""

import numpy as np

from trueup.charges.grants import GENERATION_CHARGES, GENERATION_EXPORTS
from trueup.components import INDEX, PROVIDER
from trueup.explain.model import Term, Working
from trueup.explain.parts import books_of, dollars
from trueup.model import Result
from trueup.quantities import decimal_text, kwh_text
from trueup.rulebook import Rules


def export_bonus(result: Result, rules: Rules, index: int) -> Working:
    """A share of the cycle's export credit, at most its charges."""
    lines, cycles, cycle = result.lines, result.spans.cycles, int(result.lines.cycle[index])
    share = int(
        rules.providers.export_bonus.at(cycles.provider[cycle : cycle + 1], cycles.end[cycle : cycle + 1] - 1)[0, 0]
    )
    sums = []
    for names in (GENERATION_EXPORTS, GENERATION_CHARGES):
        own = (lines.cycle == cycle) & (lines.ledger == PROVIDER)
        own &= np.isin(lines.component, [INDEX[name] for name in names])
        sums.append(int(lines.cents[own].sum()))
    credit = dollars("export credit of the cycle", sums[0]).quantity
    if int(-lines.cents[index]) == sums[1]:
        return Working("sum of products", (dollars("generation charges of the cycle, which are less", sums[1]),), -1)
    return Working("sum of products", (Term("export credit of the cycle", credit, "$", decimal_text(share, 6)),), -1)


def minimum_credited(result: Result, rules: Rules, index: int) -> Working:
    """Minimum charges billed before, as far as energy is due."""
    cycle, settled = int(result.lines.cycle[index]), books_of(result, index).settled
    billed = int(settled.minimums[cycle])
    due = int(settled.energy_due[cycle])
    terms = (dollars("minimum charges billed before", billed), dollars("energy of the period, due", due))
    return Working("least of", terms, -1)


def own_average(result: Result, rules: Rules, index: int) -> Working:
    """What was granted on the period's exports, for the part of them that is surplus."""
    cycle, settled = int(result.lines.cycle[index]), books_of(result, index).settled
    return Working(
        "part of a product",
        (
            dollars("export credits and bonuses of the period", int(settled.granted[cycle])),
            Term("surplus", kwh_text(int(settled.surplus_wh[cycle])), "kWh"),
            Term("exported in the period", kwh_text(int(settled.exported_wh[cycle])), "kWh"),
        ),
    )


def waived(result: Result, rules: Rules, index: int) -> Working:
    """What of the adjustment neither credits nor what the surplus is worth can pay."""
    cycle, settled = int(result.lines.cycle[index]), books_of(result, index).settled
    adjustment, paid = int(settled.adjustment[cycle].sum()), int(settled.to_adjustment[cycle].sum())
    left = int(settled.waived[cycle])
    terms = (
        dollars("adjustment", adjustment),
        dollars("paid by left-over credits", paid),
        dollars("what the surplus is worth, at most what is paid for it", adjustment - paid - left),
    )
    return Working("difference", terms, -1)
