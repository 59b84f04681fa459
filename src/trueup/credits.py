"""Stage 6: what credits pay. One step takes the k-th cycle of every account at once, whatever its dates."""

from dataclasses import dataclass, replace

import numpy as np

from trueup.components import UTILITY
from trueup.model import Billed, Books, Cycles, Facts, Measured, Priced, Settled, State, empty_columns, pooled
from trueup.model.measures import LedgerCycles
from trueup.quantities import EXACT_PER_CENT, Ints, share_of
from trueup.rulebook import Rules
from trueup.trueup import close, settlement_terms


@dataclass(frozen=True)
class Month:
    """One cycle of every account, gathered: (N,) or (N, 2). An account without such a cycle has zeros."""

    payable: Ints
    granted: Ints
    electric: Ints
    yearly: Ints
    bonus: Ints
    climate: Ints
    surcharge: Ints
    tax_base: Ints
    taxed_after_credits: Ints
    bonus_pays: Ints
    billed_monthly: Ints
    tax_ppm: Ints
    imported_wh: Ints
    exported_wh: Ints
    in_period: Ints


def apply_credits(
    priced: Priced, measured: Measured, facts: Facts, cycles: Cycles, opening: State, ledger: int, rules: Rules
) -> Books:
    """Run all cycles of one ledger in order, closing its periods where the timeline says so.

    Parameters
    ----------
    opening
        Balances before the first cycle.
    ledger
        Index into `components.LEDGERS`.

    Returns
    -------
    Books
        What was done in each cycle, at each close, and the balances after the last.
    """
    count, view = len(cycles.account), cycles.of_ledger(ledger)
    months = gather(priced, measured, facts, cycles, view)
    billed, settled = empty_columns(Billed, count), empty_columns(Settled, count)
    terms = settlement_terms(facts, cycles, view, rules)
    split = facts.terms.split_pool[facts.own] & (ledger == UTILITY)
    pools = {name: pooled(getattr(opening, name), split) for name in ("export", "energy", "used")}
    state = replace(opening, **pools)
    for at in cycles.steps.T:
        state, done = step(state, take(months, at))
        scatter(billed, at, done)
        state, closed = close(state, done.due, terms.take(at), facts)
        scatter(settled, at, closed)
    return Books(priced, billed, settled, state)


def step(state: State, month: Month) -> tuple[State, Billed]:
    """Bill one cycle of every account: the balances after it, and what was done."""
    done = bill_month(state, month)
    counted = month.in_period
    after = replace(
        state,
        export=done.bank - done.used,
        bonus=done.bonus_bank - done.bonus_used,
        surplus=state.surplus - done.surplus_used,
        climate=done.climate_bank - done.climate_used,
        energy_to_date=done.energy_to_date,
        energy_billed=state.energy_billed + done.energy_billed,
        imported_wh=state.imported_wh + month.imported_wh * counted,
        exported_wh=state.exported_wh + month.exported_wh * counted,
        energy=state.energy + month.payable * counted[:, None],
        used=state.used + done.used * counted[:, None],
    )
    return after, done


def bill_month(state: State, month: Month) -> Billed:
    """What credits pay, in order: export credits, ACC Plus, tax, rolled-over compensation, climate credit.

    Under monthly billing with carry, what the energy ledger holds beyond what was billed of it is due.

    References
    ----------
    Schedule NBT, Special Conditions 4.b and 4.c (spec `BILL-10`, `EEC-06`); Schedule TOU-D, Special Condition 12;
    docs/decisions/0004, 0009.
    """
    bank = state.export + month.granted
    used = np.minimum(bank, np.maximum(month.payable, 0))
    energy_to_date = state.energy_to_date + month.yearly
    energy_billed = np.maximum(energy_to_date - state.energy_billed, 0) * month.billed_monthly
    electric = month.electric + energy_billed - used.sum(axis=1)
    bonus_bank = state.bonus + month.bonus
    bonus_used = np.minimum(bonus_bank, np.maximum(electric, 0)) * month.bonus_pays
    tax_base = np.maximum(month.tax_base - used.sum(axis=1) * month.taxed_after_credits * EXACT_PER_CENT, 0)
    tax = share_of(tax_base, month.tax_ppm)
    total = electric - bonus_used + month.surcharge + tax
    surplus_used = np.minimum(state.surplus, np.maximum(total, 0))
    before_climate = total - surplus_used
    climate_bank = state.climate + month.climate
    climate_used = np.minimum(climate_bank, np.maximum(before_climate, 0))
    return Billed(
        bank=bank,
        used=used,
        bonus_bank=bonus_bank,
        bonus_used=bonus_used,
        tax=tax,
        tax_base=tax_base,
        surplus_bank=state.surplus,
        surplus_used=surplus_used,
        climate_bank=climate_bank,
        climate_used=climate_used,
        before_climate=before_climate,
        due=before_climate - climate_used,
        energy_to_date=energy_to_date,
        energy_billed=energy_billed,
    )


def gather(priced: Priced, measured: Measured, facts: Facts, cycles: Cycles, view: LedgerCycles) -> Month:
    """The months' columns with one spare row of zeros for accounts that have no k-th cycle."""
    columns = (
        priced.payable,
        priced.granted,
        priced.electric,
        priced.yearly,
        priced.bonus,
        priced.climate,
        priced.surcharge,
        priced.tax_base,
        facts.terms.tax_after_credits[view.terms].astype(np.int64),
        facts.terms.bonus[view.terms].astype(np.int64),
        facts.terms.billed_monthly[view.terms].astype(np.int64),
        facts.tax_ppm[cycles.account],
        measured.cycle_delivered,
        measured.cycle_credited,
        view.in_period.astype(np.int64),
    )
    return Month(*(np.concatenate([column, np.zeros_like(column[:1])]) for column in columns))


def take(months: Month, at: Ints) -> Month:
    """The k-th month of every account."""
    return Month(*(getattr(months, name)[at] for name in Month.__dataclass_fields__))


def scatter(into: Billed | Settled, at: Ints, values: Billed | Settled) -> None:
    """Write a step's columns to the cycles that they belong to."""
    for name in into.__dataclass_fields__:
        getattr(into, name)[at] = getattr(values, name)
