"""The settlement of a relevant period in numbered steps, as a statement prints it (docs/decisions/0006)."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from trueup.components import LEDGERS, UTILITY
from trueup.credits import settled_so_far
from trueup.model import ELECTIONS, Facts, Result, Settled
from trueup.periods import day_text, month_text
from trueup.quantities import Ints, Money, kwh_text, price_text
from trueup.rulebook import Rules
from trueup.rulebook.columns import Terms
from trueup.statement import Step

WH_PER_REC = 1_000_000
Row = tuple[str, int | None, str]


@dataclass(frozen=True)
class Settlement:
    """A settlement of one ledger in numbered steps.

    Attributes
    ----------
    month
        ``YYYY-MM`` of the period's last service day.
    biller
        Utility or provider.
    told
        What decides the answers behind its steps.
    """

    month: str
    biller: str
    told: dict[str, str]
    steps: list[Step]


def settlements_of(result: Result, rules: Rules, cycles: Ints) -> list[Settlement]:
    """Every settlement that closes in some cycles, in order, the utility's first."""
    at, facts = result.spans.cycles, result.shard.facts
    found = []
    for cycle in cycles:
        for ledger in range(len(LEDGERS)):
            view = at.of_ledger(ledger)
            if view.closes[cycle]:
                told = facts.told[view.terms[cycle]]
                biller = told["ledger"] or rules.book.program(told["program"]).utility
                steps = settlement_steps(result, int(cycle), ledger)
                found.append(Settlement(month_text(int(at.month[cycle])), biller, told, steps))
    return found


@dataclass(frozen=True)
class SoFar:
    """What a running period would settle as if it ended with a bill: nothing is posted of it.

    Attributes
    ----------
    month, cycle_start, biller
        Of the bill: month of its last service day, first day; utility or provider.
    due
        The settlement bill, before compensation.
    compensation
        Net surplus compensation.
    closes
        Whether the period does end with this bill.
    """

    month: str
    cycle_start: str
    biller: str
    due: Money
    compensation: Money
    closes: bool


def so_far(result: Result, rules: Rules, cycles: Ints) -> list[SoFar]:
    """The running true-up after each bill of some cycles, by ledger; with the last bill of a period its settlement.

    Left out where no source gives the rates of the bill's month.
    """
    at, facts, found = result.spans.cycles, result.shard.facts, []
    ended = settled_so_far(result, rules)
    for cycle in cycles:
        for ledger, settled in enumerate(ended):
            view = at.of_ledger(ledger)
            kept = view.in_period[cycle] and (ledger == UTILITY or at.keeps_ledger[cycle])
            if kept and not settled.unknown_rate[cycle]:
                told = facts.told[view.terms[cycle]]
                biller = told["ledger"] or rules.book.program(told["program"]).utility
                due, surplus = Money(int(settled.due[cycle])), Money(int(settled.surplus[cycle]))
                days = month_text(int(at.month[cycle])), day_text(int(at.start[cycle]))
                found.append(SoFar(*days, biller, due, surplus, bool(view.closes[cycle])))
    return found


def settlement_steps(result: Result, cycle: int, ledger: int = UTILITY) -> list[Step]:
    """What closing a ledger's period did, in the order in which it was done."""
    facts, cycles = result.shard.facts, result.spans.cycles
    terms = facts.terms.take(cycles.of_ledger(ledger).terms[cycle : cycle + 1])
    closed = result.books[ledger].settled
    rows = [*_energy(closed, cycle, _exports(facts, int(cycles.account[cycle]), terms))]
    if terms.reconciles[0]:
        rows += _energy_ledger(closed, cycle)
    elif terms.pays_delivery[0] or terms.pays_generation[0]:
        rows += _credits(closed, cycle, terms)
    if closed.waived[cycle]:
        rows.append(("Adjustment beyond credits and compensation, waived", -int(closed.waived[cycle]), "adjustment"))
    if closed.ended_wh[cycle].any():
        rows.append((f"Kept for later and ended: {_kwh(int(closed.ended_wh[cycle].sum()))}", None, "credit_kept_as"))
    month_due = int(result.books[ledger].billed.due[cycle])
    rows.append(("Due for the last month, as billed", month_due, "energy_billed"))
    rows.append(("Settlement bill due, before compensation", int(closed.due[cycle]), "settlement"))
    rows += _compensation(closed, cycle, bool(terms.pays_surplus[0]), _election(result, cycle))
    if facts.transfers_recs[cycles.account[cycle]] and closed.surplus[cycle]:
        rows.append((_recs(int(closed.surplus_wh[cycle])), None, "surplus_price"))
    if closed.bonus_paid[cycle]:
        rows.append(("Left-over ACC Plus, paid out", int(closed.bonus_paid[cycle]), "bonus_at_end"))
    if closed.climate_paid[cycle]:
        rows.append(("Left-over climate credit, paid out", int(closed.climate_paid[cycle]), "climate_credit"))
    return [
        Step(number, text, None if cents is None else Money(cents), question)
        for number, (text, cents, question) in enumerate(rows, start=1)
    ]


def _recs(surplus_wh: int) -> str:
    """The renewable energy certificates that go with a surplus: one for each whole MWh (spec `REC-01`)."""
    return f"RECs of the surplus, transferred with it: {surplus_wh // WH_PER_REC} of 1 MWh, tracked by WREGIS"


def _exports(facts: Facts, account: int, terms: Terms) -> str:
    """What the credited energy of a period is."""
    if terms.allots_output[0] or terms.shares_exports[0]:
        return "given of the generator"
    limited = (facts.limited_by_generation | facts.limited_by_estimate)[account]
    return "to the grid and credited" if limited else "to the grid"


def _energy(closed: Settled, cycle: int, exports: str) -> Iterator[Row]:
    imported, exported = int(closed.imported_wh[cycle]), int(closed.exported_wh[cycle])
    net = imported - exported
    kind = "Net use" if net > 0 else "Net surplus" if net < 0 else "Neither use nor surplus:"
    yield f"From the grid {_kwh(imported)}, {exports} {_kwh(exported)}", None, "settlement"
    yield f"{kind} {_kwh(abs(net))}", None, "surplus_eligible"


def _energy_ledger(closed: Settled, cycle: int) -> Iterator[Row]:
    due, before, forfeited = (
        int(column[cycle]) for column in (closed.energy_due, closed.energy_before, closed.energy_forfeited)
    )
    yield "Energy of the period", due + before - forfeited, "settlement"
    if before:
        yield "Energy billed in its months", -before, "energy_billed"
    if closed.floor[cycle]:
        yield "Non-bypassable charges in it, the least that is due", int(closed.floor[cycle]), "nonbypassable_billed"
    if forfeited:
        yield "Energy credit, forfeited", forfeited, "left_over"
    yield "Energy refunded" if due < 0 else "Energy now due", due, "earlier_energy" if due < 0 else "settlement"
    if closed.minimum_credited[cycle]:
        yield "Minimum charges billed before, credited", -int(closed.minimum_credited[cycle]), "minimum_charge"


def _election(result: Result, cycle: int) -> str:
    """The choice for surplus compensation that stood on the last service day."""
    facts, cycles = result.shard.facts, result.spans.cycles
    account = cycles.account[cycle]
    chosen = int((facts.election_from[account] <= cycles.end[cycle] - 1).sum()) - 1
    return ELECTIONS[facts.election[account, chosen]]


def _credits(closed: Settled, cycle: int, terms: Terms) -> Iterator[Row]:
    """What happened to export credits; only the steps that the program or provider has."""
    charges, used, left = (_sum(column, cycle) for column in (closed.energy, closed.used, closed.left))
    yield "A: energy charges that export credits may pay", charges, "credit_pays"
    yield "B: export credits at hand in the period", used + left, "export_value"
    yield "Export credits used month by month", -used, "credit_pays"
    yield "Export credits left over", left, "left_over"
    surplus, parts = int(closed.surplus_wh[cycle]), ("delivery", "generation") if terms.bundled[0] else ("delivery",)
    for part, name in enumerate(parts if terms.adjusts[0] else ()):
        rate = price_text(int(closed.rate[cycle, part]))
        yield f"Adjustment, {name}: {_kwh(surplus)} x ${rate}", int(closed.adjustment[cycle, part]), "adjustment"
    if terms.adjusts_own_average[0]:
        told = f"Adjustment: {_kwh(surplus)} at the period's average of {_dollars(closed.granted[cycle])} for "
        yield told + _kwh(int(closed.exported_wh[cycle])), int(closed.adjustment[cycle, 1]), "adjustment"
    earlier = ("Left-over credits pay earlier months", -_sum(closed.to_earlier, cycle), "settlement")
    adjustment = ("Left-over credits pay the adjustment", -_sum(closed.to_adjustment, cycle), "settlement")
    adjusts = bool(terms.adjusts[0] | terms.adjusts_own_average[0])
    steps = [earlier] * bool(terms.pays_earlier[0]) + [adjustment] * adjusts
    yield from reversed(steps) if terms.adjustment_first[0] else steps
    if _sum(closed.carried, cycle) or terms.carries[0]:
        yield "The rest is carried to the next period", _sum(closed.carried, cycle), "left_over"
    if _sum(closed.forfeited, cycle) or not terms.carries[0]:
        yield "The rest is forfeited", _sum(closed.forfeited, cycle), "left_over"


def _earned(closed: Settled, cycle: int, eligible: bool, election: str) -> Row:
    """What the surplus earns, or why it earns nothing."""
    surplus, earned = int(closed.surplus_wh[cycle]), int(closed.surplus[cycle])
    if not eligible:
        return "Net surplus compensation: none from here for this service", 0, "surplus_eligible"
    if surplus == 0:
        return "Net surplus compensation: no surplus kWh, so none", 0, "surplus_price"
    if election == "opt_out":
        return "Net surplus compensation: opted out, so none", 0, "elections"
    if earned < int(closed.worth[cycle]):
        told = f"Net surplus compensation: {_kwh(surplus)} are worth {_dollars(closed.worth[cycle])}, paid at most"
        return told, earned, "surplus_price"
    price = price_text(int(closed.surplus_price[cycle]))
    return f"Net surplus compensation: {_kwh(surplus)} x ${price}", earned, "surplus_price"


def _compensation(closed: Settled, cycle: int, eligible: bool, election: str) -> Iterator[Row]:
    yield _earned(closed, cycle, eligible, election)
    for text, column in (("held before, now released", closed.released), ("kept before, now used", closed.returned)):
        if column[cycle]:
            yield f"  {text}", int(column[cycle]), "elections"
    if closed.applied[cycle]:
        yield "  applied to what is owed", -int(closed.applied[cycle]), "elections"
    for text, column in (("paid by check", closed.paid), ("kept as a credit on the account", closed.kept)):
        if column[cycle]:
            yield f"  {text}", int(column[cycle]), "elections"
    if closed.held[cycle]:
        yield "  no election on file: held", int(closed.held[cycle]), "without_election"
    due, owed = int(closed.due[cycle]), int(closed.owed[cycle])
    if due < 0 and owed == 0:
        yield "Stands on the account in the customer's favour", due, "settlement"
    else:
        yield "To pay, with what was owed before, after compensation", owed - int(closed.applied[cycle]), "settlement"


def _kwh(energy_wh: int) -> str:
    whole, _, part = kwh_text(energy_wh).partition(".")
    return f"{int(whole):,}{'.' + part if part else ''} kWh"


def _dollars(cents: int) -> str:
    return str(Money(int(cents)))


def _sum(column: Ints, cycle: int) -> int:
    return int(np.sum(column[cycle]))
