"""Stage 6: what credits pay. One step takes the k-th cycle of every account at once, whatever its dates."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import numpy as np

from trueup.components import LEDGERS, UTILITY
from trueup.model import Billed, Books, Cycles, Facts, Measured, Priced, Result, Settled, State, empty_columns, pooled
from trueup.quantities import EXACT_PER_CENT, Ints, share_of
from trueup.rulebook import Rules
from trueup.trueup import SettlementTerms, close, settle_period, settlement_terms

T = TypeVar("T", bound=Any)


@dataclass(frozen=True)
class Month:
    """One cycle of every account, gathered: (N,) or (N, 2). An account without such a cycle has zeros."""

    payable: Ints
    granted: Ints
    electric: Ints
    yearly: Ints
    floor: Ints
    minimum: Ints
    bonus: Ints
    granted_on_own: Ints
    climate: Ints
    surcharge: Ints
    tax_base: Ints
    taxed_after_credits: Ints
    bonus_pays: Ints
    billed_monthly: Ints
    tax_ppm: Ints
    imported_wh: Ints
    exported_wh: Ints
    kept_wh: Ints
    in_period: Ints


def apply_credits(
    priced: tuple[Priced, Priced],
    measured: Measured,
    facts: Facts,
    cycles: Cycles,
    openings: tuple[State, State],
    rules: Rules,
) -> tuple[Books, Books]:
    """Run all cycles of both ledgers in order, closing their periods where the timeline says so.

    To a step each ledger is an account of its own: neither sees the other, so neither can offset the other.

    Parameters
    ----------
    priced, openings
        By ledger: what its lines add up to, and its balances before the first cycle.

    Returns
    -------
    tuple of Books
        By ledger: what was done in each cycle, at each close, and the balances after the last.
    """
    count = len(cycles.account)
    run = _prepared(priced, measured, facts, cycles, openings, rules)
    state = run.state
    billed, settled = empty_columns(Billed, len(LEDGERS) * count), empty_columns(Settled, len(LEDGERS) * count)
    bills, closes = [], []
    for month, closing in run.steps():
        state, done = step(state, month)
        state, closed = close(state, done.due, closing, facts)
        bills.append(done)
        closes.append(closed)
    scatter(billed, run.at, bills)
    scatter(settled, run.at, closes)
    of_cycles, of_accounts = _spans_of_ledgers(count, spare=True), _spans_of_ledgers(len(facts.ids), spare=False)
    utility, provider = (
        Books(own, take(billed, own_cycles), take(settled, own_cycles), take(state, own_accounts))
        for own, own_cycles, own_accounts in zip(priced, of_cycles, of_accounts, strict=True)
    )
    return utility, provider


def settled_so_far(result: Result, rules: Rules) -> tuple[Settled, Settled]:
    """What the settlement would be if the running period ended with each cycle, by ledger.

    At the end of a period it is the settlement itself. Rates are those of the cycle's own month.
    """
    facts, cycles, shard = result.shard.facts, result.spans.cycles, result.shard
    count = len(cycles.account)
    openings = shard.openings
    priced = (result.books[0].priced, result.books[1].priced)
    run = _prepared(priced, result.measured, facts, cycles, openings, rules)
    state, found, closes = run.state, empty_columns(Settled, len(LEDGERS) * count), []
    for month, closing in run.steps():
        state, done = step(state, month)
        ended = replace(closing, closes=month.in_period.astype(bool))
        closes.append(settle_period(state, done.due, ended, facts.terms.take(ended.terms)))
        state, _ = close(state, done.due, closing, facts)
    scatter(found, run.at, closes)
    utility, provider = (take(found, own) for own in _spans_of_ledgers(count, spare=True))
    return utility, provider


@dataclass(frozen=True)
class _Prepared:
    """Both ledgers as one set of accounts: opening state, months and terms of all cycles, the order of the steps."""

    state: State
    months: Month
    terms: SettlementTerms
    at: Ints

    def steps(self) -> Iterable[tuple[Month, SettlementTerms]]:
        """The k-th month of every account, with its terms, one after the other."""
        months, terms = _one_by_one(take(self.months, self.at)), _one_by_one(take(self.terms, self.at))
        return zip(months, terms, strict=True)


def _prepared(
    priced: tuple[Priced, Priced],
    measured: Measured,
    facts: Facts,
    cycles: Cycles,
    openings: tuple[State, State],
    rules: Rules,
) -> _Prepared:
    months = _joined([gather(own, measured, facts, cycles, ledger) for ledger, own in enumerate(priced)])
    terms = _joined([settlement_terms(facts, cycles, ledger, rules) for ledger in range(len(LEDGERS))])
    state = _rows([opened(own, facts, ledger) for ledger, own in enumerate(openings)])
    return _Prepared(state, months, terms, _steps(cycles).T)


def opened(opening: State, facts: Facts, ledger: int) -> State:
    """Opening balances of a ledger; the utility's in two pools where they are kept apart."""
    split = facts.terms.split_pool[facts.own] & (ledger == UTILITY)
    return replace(opening, **{name: pooled(getattr(opening, name), split) for name in ("export", "energy", "used")})


def _steps(cycles: Cycles) -> Ints:
    """(ledgers x N, longest) the k-th cycle of every account in every ledger, padded with the spare one."""
    count = len(cycles.account)
    spare = len(LEDGERS) * count
    return np.concatenate(
        [np.where(cycles.steps == count, spare, cycles.steps + ledger * count) for ledger in range(len(LEDGERS))]
    )


def _spans_of_ledgers(count: int, spare: bool) -> list[Ints]:
    """Where the rows of each ledger stand among those of all, with the spare row at the end of all."""
    last = np.arange(len(LEDGERS) * count, len(LEDGERS) * count + spare)
    return [np.append(np.arange(count) + ledger * count, last) for ledger in range(len(LEDGERS))]


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
        floor=state.floor + month.floor,
        minimums=state.minimums + month.minimum,
        granted=state.granted + month.granted_on_own * counted,
        imported_wh=state.imported_wh + month.imported_wh * counted,
        exported_wh=state.exported_wh + month.exported_wh * counted,
        energy=state.energy + month.payable * counted[:, None],
        used=state.used + done.used * counted[:, None],
        kept_wh=state.kept_wh + month.kept_wh,
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


def gather(priced: Priced, measured: Measured, facts: Facts, cycles: Cycles, ledger: int) -> Month:
    """What a ledger's steps need of each cycle, (M,)."""
    view = cycles.of_ledger(ledger)
    columns = (
        priced.payable,
        priced.granted,
        priced.electric,
        priced.yearly,
        priced.floor,
        priced.minimum * (view.in_period & ~view.closes),
        priced.bonus,
        priced.granted_on_own,
        priced.climate,
        priced.surcharge,
        priced.tax_base,
        facts.terms.tax_after_credits[view.terms].astype(np.int64),
        facts.terms.bonus[view.terms].astype(np.int64),
        facts.terms.billed_monthly[view.terms].astype(np.int64),
        facts.tax_ppm[cycles.account],
        measured.cycle_delivered,
        measured.cycle_credited,
        measured.kept[ledger],
        view.in_period.astype(np.int64),
    )
    return Month(*columns)


def _rows(parts: list[T]) -> T:
    """Columns of all ledgers, one below the other."""
    return _made(parts[0], (np.concatenate([getattr(part, name) for part in parts]) for name in _names(parts[0])))


def _joined(parts: list[T]) -> T:
    """Columns of all ledgers with one spare row of zeros, for accounts that have no k-th cycle."""
    every = _rows(parts)
    columns = (getattr(every, name) for name in _names(every))
    return _made(every, (np.concatenate([column, np.zeros_like(column[:1])]) for column in columns))


def take(columns: T, at: Ints) -> T:
    """Some rows of columns, such as the k-th month of every account."""
    return _made(columns, (getattr(columns, name)[at] for name in _names(columns)))


def _names(columns: Any) -> list[str]:
    return [field.name for field in fields(columns)]


def _made(like: T, columns: Iterable[Any]) -> T:
    """Columns of the same kind."""
    made: T = type(like)(*columns)
    return made


def _one_by_one(columns: T) -> list[T]:
    """Columns of all steps as those of each step."""
    by_name = [getattr(columns, name) for name in _names(columns)]
    return [_made(columns, (column[k] for column in by_name)) for k in range(len(by_name[0]))]


def scatter(into: T, at: Ints, steps: Sequence[T]) -> None:
    """Write what was done in each step to the cycles that it belongs to.

    Parameters
    ----------
    at
        (steps, accounts) the cycle of each account in each step.
    """
    if not steps:
        return
    for name in _names(into):
        getattr(into, name)[at] = np.stack([getattr(done, name) for done in steps])
