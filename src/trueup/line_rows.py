"""From a printed line back to the rows of days that made it, and where their export prices come from."""

import numpy as np

from trueup.charges.grants import export_price_row
from trueup.charges.shared import GRANTED
from trueup.components import COMPONENTS, UTILITY
from trueup.model import Result
from trueup.quantities import Ints
from trueup.rulebook import Rules
from trueup.rulebook.prices import BASES

EXPORTS = ("export.delivery", "export.generation", "early_export.delivery", "early_export.generation")


def rows_of_line(result: Result, rules: Rules, index: int) -> Ints:
    """The rows of a line's cycle and price version; for early exports those of the cycles that they come from.

    For an account's part of another's export credit, the rows of the other.
    """
    lines, rows, cycles = result.lines, result.spans.rows, result.spans.cycles
    shared = pool_of_line(result, index)
    cycle = lines.cycle[index] if shared is None else result.measured.pools.giver[shared[0]]
    if COMPONENTS[lines.component[index]].name.startswith("early_"):
        origins = np.nonzero(cycles.early & (cycles.grants_to == cycle))[0]
        return np.nonzero(np.isin(rows.cycle, origins))[0]
    chosen = rows.cycle == cycle
    if lines.version[index] >= 0:
        if lines.ledger[index] == UTILITY:
            version = rules.tariffs.versions.at(result.shard.facts.schedule[rows.account], rows.day)
        else:
            version = rules.providers.versions.at(cycles.prices[rows.cycle], rows.day)
        chosen &= version == lines.version[index]
    return np.nonzero(chosen)[0]


def pool_of_line(result: Result, index: int) -> tuple[int, int] | None:
    """The pool and the column in it of a line that grants an account its part of another's export credit, or None."""
    lines, pools = result.lines, result.measured.pools
    terms = result.shard.facts.terms
    cycle = lines.cycle[index]
    if (
        COMPONENTS[lines.component[index]].name not in GRANTED
        or not terms.priced_exports[result.spans.cycles.terms[cycle]]
    ):
        return None
    return pools.place(cycle)


def bases_of_line(result: Result, rules: Rules, index: int) -> tuple[str, ...]:
    """How the export prices of a line came to us (published, rebuilt, derived); nothing for other lines.

    References
    ----------
    spec decisions 35: a price cell has a basis, and statements say which.
    """
    name = COMPONENTS[result.lines.component[index]].name
    if name not in EXPORTS:
        return ()
    at = rows_of_line(result, rules, index)
    cells = rules.exports.basis[export_price_row(result.shard.facts, result.spans, rules)[at]]
    part = 0 if name.endswith("delivery") else 1
    used = cells[:, part][result.profiles.credited[at] > 0]
    return tuple(BASES[code] for code in np.unique(used))
