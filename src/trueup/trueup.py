"""The step that closes a relevant period: settlement and net surplus compensation."""

from dataclasses import dataclass, replace

import numpy as np

from trueup.model import ELECTIONS, Cycles, Facts, Settled, State
from trueup.quantities import UNKNOWN, Bools, Ints, amount, to_cents
from trueup.rulebook import Rules
from trueup.rulebook.columns import Terms


@dataclass(frozen=True)
class SettlementPrices:
    """What a close needs of each cycle, (M + 1,) with a spare: whether it closes, and its month's prices."""

    closes: Bools
    adjustment: Ints
    surplus: Ints

    def take(self, at: Ints) -> "SettlementPrices":
        """The k-th cycle of every account."""
        return SettlementPrices(self.closes[at], self.adjustment[at], self.surplus[at])


def settlement_prices(facts: Facts, cycles: Cycles, rules: Rules) -> SettlementPrices:
    """Average export rate and NSCR by the month of the last service day; the REC adder where RECs are transferred.

    References
    ----------
    Schedule NBT, Special Condition 4.e.i and Rates 4 (spec `NSC-01`, `REC-02`, `REC-03`); spec decisions 20, 27.
    """
    terms = facts.terms.take(cycles.terms)
    adjustment = np.where(terms.adjusts[:, None], rules.average_export_rate.at(cycles.month), 0)
    rate = rules.surplus_rate.at(cycles.month)[:, 0]
    adder = np.where(facts.transfers_recs[cycles.account], rules.rec_adder(cycles.end - 1), 0)
    lacks = (rate == UNKNOWN) | (adder == UNKNOWN)
    surplus = np.where(terms.pays_surplus, np.where(lacks, UNKNOWN, rate + adder), 0)
    return SettlementPrices(_spared(cycles.closes.astype(np.int64)) > 0, _spared(adjustment), _spared(surplus))


def close(state: State, month_due: Ints, prices: SettlementPrices, facts: Facts) -> tuple[State, Settled]:
    """Settle the accounts whose period ends with this cycle; leave the others as they are.

    References
    ----------
    Schedule NBT, Special Condition 4.e to 4.h (spec `TRUE-02` to `TRUE-04`); SCE NEM questions (spec `BILL-13`);
    docs/decisions/0006.
    """
    terms, closes = facts.terms.take(facts.own), prices.closes
    surplus_wh = np.maximum(state.exported_wh - state.imported_wh, 0) * closes
    unknown = (surplus_wh > 0) & ((prices.adjustment == UNKNOWN).any(axis=1) | (prices.surplus == UNKNOWN))
    rate = np.where(unknown[:, None] | ~closes[:, None], 0, prices.adjustment)
    surplus_price = np.where(unknown | ~closes, 0, prices.surplus)
    adjustment = to_cents(amount(surplus_wh[:, None], rate))
    credit = settle_credits(state, adjustment, terms, closes)
    energy_due = np.maximum(state.energy_to_date, 0) * closes * terms.reconciles
    energy_forfeited = np.maximum(-state.energy_to_date, 0) * closes * terms.reconciles
    items = adjustment.sum(axis=1) - credit.to_earlier.sum(axis=1) - credit.to_adjustment.sum(axis=1) + energy_due
    due = (month_due + items) * closes
    paid = compensate(surplus_wh, surplus_price, np.maximum(due + state.owed, 0), terms, facts.election, closes)
    climate_paid = state.climate * (closes & terms.climate_paid_out)
    counters = np.where(closes, 0, 1)
    after = replace(
        state,
        export=np.where(closes[:, None], credit.carried, state.export),
        surplus=state.surplus + paid.kept,
        surplus_held=state.surplus_held + paid.held,
        climate=state.climate - climate_paid,
        energy_to_date=state.energy_to_date - energy_due + energy_forfeited,
        imported_wh=state.imported_wh * counters,
        exported_wh=state.exported_wh * counters,
        energy=state.energy * counters[:, None],
        used=state.used * counters[:, None],
    )
    settled = Settled(
        state.imported_wh * closes,
        state.exported_wh * closes,
        surplus_wh,
        rate,
        surplus_price,
        adjustment,
        credit.left,
        credit.unoffset,
        credit.to_earlier,
        credit.to_adjustment,
        credit.forfeited,
        credit.carried * closes[:, None],
        energy_due,
        energy_forfeited,
        due,
        np.maximum(due + state.owed, 0) * closes,
        paid.earned,
        paid.applied,
        paid.paid,
        paid.held,
        paid.kept,
        climate_paid,
        state.energy * closes[:, None],
        state.used * closes[:, None],
        unknown.astype(np.int64),
    )
    return after, settled


@dataclass(frozen=True)
class CreditsSettled:
    """Where left-over export credits went, (N, 2) by pool in cents."""

    left: Ints
    unoffset: Ints
    to_earlier: Ints
    to_adjustment: Ints
    forfeited: Ints
    carried: Ints


def settle_credits(state: State, adjustment: Ints, terms: Terms, closes: Bools) -> CreditsSettled:
    """Left-over credits pay earlier months and the adjustment in the program's order; the rest is forfeited or carried.

    References
    ----------
    Schedule NBT, Special Condition 4.e.ii (R-2023), SCE FAQ (R-FAQ), Advice 5209-E-B (R-2024); spec `TRUE-03`,
    `TRUE-04`.
    """
    mask = closes[:, None]
    left = state.export * mask
    unoffset = np.maximum(state.energy - state.used, 0) * mask
    owed = pooled(adjustment, terms.split_pool)
    adjustment_first = terms.adjustment_first[:, None]
    first = np.minimum(left, np.where(adjustment_first, owed, unoffset))
    second = np.minimum(left - first, np.where(adjustment_first, unoffset, owed))
    rest = left - first - second
    carried = rest * terms.carries[:, None]
    return CreditsSettled(
        left,
        unoffset,
        np.where(adjustment_first, second, first),
        np.where(adjustment_first, first, second),
        rest - carried,
        carried,
    )


def pooled(by_component: Ints, split: Bools) -> Ints:
    """(N, 2) delivery and generation as one pool, or apart."""
    together = np.stack([by_component.sum(axis=1), np.zeros(len(by_component), dtype=np.int64)], axis=1)
    return np.where(split[:, None], by_component, together)


@dataclass(frozen=True)
class Compensation:
    """Net surplus compensation and where it went, (N,) in cents."""

    earned: Ints
    applied: Ints
    paid: Ints
    held: Ints
    kept: Ints


def compensate(surplus_wh: Ints, price: Ints, owed: Ints, terms: Terms, election: Ints, closes: Bools) -> Compensation:
    """Pay for the energy sent out beyond the energy taken in: only kWh decide, never a money balance.

    References
    ----------
    Schedule NBT, Rates 4 and Special Condition 4.g (spec `NSC-01`, `NSC-03` to `NSC-06`, `NSC-08`): one rounding, no
    minimum; held without an election; a check excludes what is owed.
    """
    chosen = {name: election == index for index, name in enumerate(ELECTIONS)}
    forgone = chosen["opt_out"] | (chosen["none"] & terms.forfeits_unelected)
    earned = np.where(closes & ~forgone, to_cents(amount(surplus_wh, price)), 0)
    held = np.where(chosen["none"], earned, 0)
    applied = np.minimum(earned - held, owed)
    rest = earned - held - applied
    paid = np.where(chosen["check"], rest, 0)
    return Compensation(earned, applied, paid, held, rest - paid)


def _spared(column: Ints) -> Ints:
    """A column with one spare zero at its end."""
    spare = np.zeros((1, *column.shape[1:]), dtype=np.int64)
    return np.concatenate([column, spare])
