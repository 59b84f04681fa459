"""The step that closes a relevant period: settlement and net surplus compensation."""

from dataclasses import dataclass, replace

import numpy as np

from trueup.components import UTILITY
from trueup.model import ELECTIONS, Cycles, Facts, Settled, State, empty_columns, pooled
from trueup.quantities import UNKNOWN, Bools, Ints, amount, nearest_part, price_multiple, to_cents
from trueup.rulebook import Rules
from trueup.rulebook.columns import Terms

MONTHS = 12


@dataclass(frozen=True)
class SettlementTerms:
    """What a close needs of each cycle, (M,).

    Attributes
    ----------
    closes, final, switches
        Whether a period ends, the customer leaves the ledger for good, or the provider changes with it.
    adjustment, surplus
        (M, 2) average export rate; (M,) NSCR with REC adder. 10^-7 $/kWh.
    check_from, at_most
        (M,) cents from which on compensation is paid by check, and the most that is earned.
    terms, election
        Row of `Facts.terms`; index into `ELECTIONS`.
    """

    closes: Bools
    final: Bools
    switches: Bools
    adjustment: Ints
    surplus: Ints
    check_from: Ints
    at_most: Ints
    terms: Ints
    election: Ints


def settlement_terms(facts: Facts, cycles: Cycles, ledger: int, rules: Rules) -> SettlementTerms:
    """Average export rate and NSCR by the month of the last service day; the REC adder where RECs are transferred.

    An average export rate that the account states wins over the utility's table (NBT-A21).

    References
    ----------
    Schedule NBT, Special Condition 4.e.i and Rates 4 (spec `NSC-01`, `REC-02`, `REC-03`); spec decisions 20, 27.
    Another provider's customers get the delivery part of the export credit, and give back that part (spec `EEC-07`).
    """
    view = cycles.of_ledger(ledger)
    terms = facts.terms.take(view.terms)
    parts = np.stack([terms.adjusts, terms.adjusts & terms.bundled], axis=1)
    adjustment = np.where(parts, average_export_rate(facts, cycles, rules), 0)
    surplus = np.where(terms.pays_surplus & terms.surplus_priced, surplus_price(facts, cycles, terms, rules), 0)
    chosen = (facts.election_from[cycles.account] <= (cycles.end - 1)[:, None]).sum(axis=1) - 1
    election = facts.election[cycles.account, chosen]
    provider = np.where(ledger == UTILITY, 0, cycles.provider)
    check_from, at_most = rules.providers.cash_out.at(provider, cycles.end - 1).T
    check_from = terms.check_from if ledger == UTILITY else check_from
    return SettlementTerms(
        view.closes,
        view.final,
        cycles.switches,
        adjustment,
        surplus,
        check_from,
        at_most,
        view.terms,
        election,
    )


def average_export_rate(facts: Facts, cycles: Cycles, rules: Rules) -> Ints:
    """(M, 2) the rate at which surplus is charged back: as the account states it for the month, or the utility's."""
    found = rules.average_export_rate.at(facts.utility[cycles.account], cycles.month)
    same = facts.rate_month[cycles.account] == cycles.month[:, None]
    stated = (facts.rate[cycles.account] * same[:, :, None]).sum(axis=1)
    return np.where(same.any(axis=1)[:, None], stated, found)


def surplus_price(facts: Facts, cycles: Cycles, terms: Terms, rules: Rules) -> Ints:
    """(M,) what a surplus kWh earns: the month's NSCR or what a provider makes of it, and the REC adder; or its price.

    References
    ----------
    spec `CCA-04` (Clean Power Alliance: SCE's rate and 10%, five decimals), `REC-02`, `REC-04`; before AB 920 nothing
    (`TRUE-07`); docs/decisions/0014.
    """
    made, row, recs = rules.providers.surplus, terms.surplus_of, facts.transfers_recs[cycles.account]
    utility = facts.utility[cycles.account]
    by_year = made.year_before[row]
    rate = np.where(
        by_year, mean_of_year_before(utility, cycles.month, rules), month_rate(utility, cycles.month, rules)
    )
    paid = price_multiple(np.maximum(rate, 0), made.multiple[row], made.unit[row]) + made.adder[row]
    adder = np.where(recs & (paid > 0), rules.rec_adder(utility, cycles.end - 1), 0)
    found = np.where((rate == UNKNOWN) | (adder == UNKNOWN), UNKNOWN, paid + adder)
    return np.where(made.fixed[row], np.where(recs, made.with_recs[row], made.without_recs[row]), found)


def month_rate(utility: Ints, month: Ints, rules: Rules) -> Ints:
    """(M,) the utilities' NSCR of months."""
    return rules.surplus_rate.at(utility, month)[:, 0]


def mean_of_year_before(utility: Ints, month: Ints, rules: Rules) -> Ints:
    """(M,) mean NSCR of the calendar year before a month's, to 10^-7 $; `UNKNOWN` where a month of it has none."""
    first = (month // MONTHS - 1) * MONTHS
    rates = np.stack([month_rate(utility, first + k, rules) for k in range(MONTHS)])
    mean = nearest_part(rates.sum(axis=0), np.array([1]), np.array([MONTHS]))
    return np.where((rates == UNKNOWN).any(axis=0), UNKNOWN, mean)


def close(state: State, month_due: Ints, prices: SettlementTerms, facts: Facts) -> tuple[State, Settled]:
    """Settle the accounts whose period ends with this cycle; leave the others as they are."""
    closes = prices.closes
    if not closes.any():
        return state, empty_columns(Settled, len(closes) - 1)
    terms = facts.terms.take(prices.terms)
    done = settle_period(state, month_due, prices, terms)
    going_on = np.where(closes, 0, 1)
    after = replace(
        state,
        export=np.where(closes[:, None], done.carried, state.export),
        surplus=state.surplus - done.returned + done.kept,
        surplus_held=state.surplus_held - done.released + done.held,
        bonus=state.bonus - done.bonus_paid,
        climate=state.climate - done.climate_paid,
        owed=balance_after(state.owed, done),
        energy_to_date=state.energy_to_date - done.energy_before - done.energy_due + done.energy_forfeited,
        energy_billed=state.energy_billed - done.energy_before,
        floor=state.floor * going_on,
        minimums=state.minimums * going_on,
        granted=state.granted * going_on,
        imported_wh=state.imported_wh * going_on,
        exported_wh=state.exported_wh * going_on,
        energy=state.energy * going_on[:, None],
        used=state.used * going_on[:, None],
        kept_wh=state.kept_wh * going_on[:, None],
    )
    return after, done


def settle_period(state: State, month_due: Ints, prices: SettlementTerms, terms: Terms) -> Settled:
    """The settlement of a relevant period; zeros for accounts whose period goes on.

    References
    ----------
    Schedule NBT, Special Condition 4.e to 4.h (spec `TRUE-02` to `TRUE-04`); SCE NEM questions (spec `BILL-13`);
    docs/decisions/0006.
    """
    closes = prices.closes
    surplus_wh = np.maximum(state.exported_wh - state.imported_wh, 0) * closes
    unknown = (surplus_wh > 0) & ((prices.adjustment == UNKNOWN).any(axis=1) | (prices.surplus == UNKNOWN))
    rate = np.where((unknown | ~closes)[:, None], 0, prices.adjustment)
    surplus_price = np.where(unknown | ~closes, 0, prices.surplus)
    adjustment = to_cents(amount(surplus_wh[:, None], rate))
    adjustment[:, 1] += own_average(state, surplus_wh) * terms.adjusts_own_average
    credit = settle_credits(state, adjustment, terms, prices)
    energy = settle_energy(state, terms, closes)
    worth = to_cents(amount(surplus_wh, surplus_price))
    earned = earnings(worth, terms, prices)
    unpaid = adjustment.sum(axis=1) - credit["to_adjustment"].sum(axis=1)
    waived = np.maximum(unpaid - np.minimum(worth, prices.at_most), 0) * terms.adjusts_own_average
    settled = unpaid - waived - credit["to_earlier"].sum(axis=1) + energy["energy_due"] - energy["minimum_credited"]
    due = (month_due + settled) * closes
    owed = np.maximum(due + state.owed, 0) * closes
    return Settled(
        imported_wh=state.imported_wh * closes,
        exported_wh=state.exported_wh * closes,
        surplus_wh=surplus_wh,
        rate=rate,
        surplus_price=surplus_price,
        adjustment=adjustment,
        **credit,
        **energy,
        waived=waived,
        granted=state.granted * closes,
        worth=worth,
        due=due,
        owed=owed,
        **compensate(state, earned, owed, terms, prices),
        climate_paid=state.climate * (closes & terms.climate_paid_out),
        bonus_paid=state.bonus * (closes & prices.final & terms.bonus_paid_out),
        energy=state.energy * closes[:, None],
        used=state.used * closes[:, None],
        unknown_rate=unknown.astype(np.int64),
        ended_wh=state.kept_wh * closes[:, None],
    )


def own_average(state: State, surplus_wh: Ints) -> Ints:
    """(N,) cents of a surplus at the account's own average of what was granted on each exported kWh of the period.

    References
    ----------
    MCE's cash-out (tariffs-nbt 6, NBT-A18).
    """
    return nearest_part(state.granted, surplus_wh, state.exported_wh)


def settle_energy(state: State, terms: Terms, closes: Bools) -> dict[str, Ints]:
    """The energy ledger at the end of its period: what is due, or refunded, and what is forfeited.

    Returns
    -------
    dict
        (N,) in cents: energy_due (negative: a refund of energy billed earlier), energy_forfeited, energy_before,
        floor, minimums, minimum_credited.

    References
    ----------
    SCE NEM questions: annual and monthly billing options (tariffs-nem B1 to B3, C11; spec `BILL-13`, `TRUE-02`);
    PG&E: not below the non-bypassable charges, less the minimums billed before (N1-5, N2-8); docs/decisions/0009, 0014.
    """
    counted = closes & terms.reconciles
    energy, billed = state.energy_to_date * counted, state.energy_billed * counted
    floor = state.floor * (counted & terms.billed_at_true_up)
    refunded = np.maximum(energy, np.maximum(floor, 0)) - billed
    due = np.where(terms.keeps_earlier, np.maximum(energy - billed, 0), refunded)
    return {
        "energy_due": due,
        "energy_forfeited": due - (energy - billed),
        "energy_before": billed,
        "floor": floor,
        "minimums": state.minimums * counted,
        "minimum_credited": np.minimum(state.minimums * counted, np.maximum(due, 0)),
    }


def balance_after(owed: Ints, done: Settled) -> Ints:
    """What stands on the account after a settlement: a negative settlement bill stays on it as a credit (negative).

    A credit that stands there pays the next settlement bill. Compensation pays the settlement bill first, then what was
    owed before; the rest of the bill itself is due.
    """
    bill = np.maximum(done.due, 0)
    earlier_paid = np.maximum(done.applied - bill, 0)
    credit_used = np.minimum(np.maximum(-owed, 0), bill)
    return owed + np.minimum(done.due, 0) - earlier_paid + credit_used


def settle_credits(state: State, adjustment: Ints, terms: Terms, prices: SettlementTerms) -> dict[str, Ints]:
    """Left-over credits pay earlier months and the adjustment in the program's order; the rest is forfeited or carried.

    Who leaves the program carries nothing; who changes the provider does not carry generation credits.

    Returns
    -------
    dict
        (N, 2) by pool in cents: left, unoffset, to_earlier, to_adjustment, forfeited, carried.

    References
    ----------
    Schedule NBT, Special Condition 4.e.ii (R-2023), SCE FAQ (R-FAQ), Advice 5209-E-B (R-2024); spec `TRUE-03`,
    `TRUE-04`.
    """
    left = state.export * prices.closes[:, None]
    unoffset = np.maximum(state.energy - state.used, 0) * (prices.closes & terms.pays_earlier)[:, None]
    owed = pooled(adjustment, terms.split_pool)
    adjustment_first = terms.adjustment_first[:, None]
    first = np.minimum(left, np.where(adjustment_first, owed, unoffset))
    second = np.minimum(left - first, np.where(adjustment_first, unoffset, owed))
    carried = (left - first - second) * (terms.carries & ~prices.final)[:, None]
    carried[:, 1] *= ~prices.switches
    return {
        "left": left,
        "unoffset": unoffset,
        "to_earlier": np.where(adjustment_first, second, first),
        "to_adjustment": np.where(adjustment_first, first, second),
        "forfeited": left - first - second - carried,
        "carried": carried,
    }


def earnings(price: Ints, terms: Terms, prices: SettlementTerms) -> Ints:
    """(N,) cents earned: what the surplus kWh are worth, up to a provider's limit; none on opting out."""
    none, opted_out = (prices.election == ELECTIONS.index(name) for name in ("none", "opt_out"))
    return np.where(opted_out | (none & terms.forfeits_unelected), 0, np.minimum(price, prices.at_most))


def compensate(state: State, earned: Ints, owed: Ints, terms: Terms, prices: SettlementTerms) -> dict[str, Ints]:
    """Pay for the energy sent out beyond the energy taken in: only kWh decide, never a money balance.

    Parameters
    ----------
    earned
        (N,) cents of compensation.
    owed
        (N,) cents that the customer owes with the settlement bill.

    Returns
    -------
    dict
        (N,) in cents: surplus (earned), released, returned, applied, paid, held, kept.

    References
    ----------
    Schedule NBT, Rates 4 and Special Condition 4.g; SCE NEM questions (spec `NSC-01`, `NSC-03` to `NSC-06`,
    `NSC-08`): no minimum; held without an election until one arrives; what was kept before pays the settlement bill
    too; a check excludes what is owed; what is on the account when service ends is paid by check. A provider may pay or
    roll over the whole (`CCA-08`), send a check where no choice is on file, and only from some amount on.
    """
    chosen = {name: prices.election == index for index, name in enumerate(ELECTIONS)}
    by_check = chosen["check"] | (chosen["none"] & terms.checks_unelected)
    on_bill = chosen["on_bill"] | (chosen["none"] & terms.keeps_unelected)
    held = np.where(chosen["none"] & ~by_check & ~on_bill, earned, 0)
    released = state.surplus_held * (prices.closes & (on_bill | by_check))
    pays_bill = owed * ~terms.compensates_whole
    returned = np.where(prices.final, state.surplus, np.minimum(state.surplus, pays_bill)) * prices.closes
    available = earned - held + released + returned
    applied = np.minimum(available, pays_bill)
    rest = available - applied
    paid = np.where((by_check & (rest >= prices.check_from)) | prices.final, rest, 0)
    return {
        "surplus": earned,
        "released": released,
        "returned": returned,
        "applied": applied,
        "paid": paid,
        "held": held,
        "kept": rest - paid,
    }
