"""The fast engine's result of one home in the words of the reference engine, so that both can be compared."""

from typing import Any

import numpy as np

from trueup.account import Account
from trueup.cited import version_day
from trueup.components import COMPONENTS, INDEX, LEDGERS
from trueup.facts import gather_facts
from trueup.model import Readings, Result, Shard, State
from trueup.periods import day_text, month_text
from trueup.pipeline import settle
from trueup.rulebook import Rules
from trueup.rulebook.schema import BUCKETS

CREDIT_SECTIONS = {"credit", "settlement", "compensation"}


def fast(account: Account, first_day: int, minutes: int, delivered: Any, received: Any, rules: Rules) -> Result:
    """Settle one home with the fast engine, all read dates."""
    facts = gather_facts([account], rules)
    columns = [np.asarray(channel, dtype=np.int32).reshape(1, -1) for channel in (delivered, received)]
    days = columns[0].shape[1] * minutes // (24 * 60)
    readings = Readings(first_day, first_day + days, minutes, *columns)
    return settle(Shard(facts, readings, State.empty(1)), rules)


def lines_of(result: Result, rules: Rules, account: int = 0) -> dict[tuple[Any, ...], tuple[int | None, int]]:
    """Charges, taxes, memos and grants, by the key that the reference engine uses."""
    found = {}
    for index in range(len(result.lines.cents)):
        line = {name: int(getattr(result.lines, name)[index]) for name in result.lines.__dataclass_fields__}
        component = COMPONENTS[line["component"]]
        if component.section in CREDIT_SECTIONS or result.spans.cycles.account[line["cycle"]] != account:
            continue
        season, tou = BUCKETS[line["bucket"]] if line["bucket"] >= 0 else (None, None)
        version = version_day(result, rules, index) if line["version"] >= 0 else None
        start = day_text(result.spans.cycles.start[line["cycle"]])
        names = {"memo.delivery": "memo.nonbypassable_delivery", "memo.generation": "memo.nonbypassable_generation"}
        quantity = None if component.unit == "$" else line["quantity"]
        key = (start, LEDGERS[line["ledger"]], names.get(component.name, component.name), season, tou, version)
        assert key not in found, key
        found[key] = (quantity, line["cents"])
    return found


def months_of(result: Result, account: int = 0) -> list[dict[str, Any]]:
    """The months' figures of the fast engine."""
    cycles = result.spans.cycles
    return [
        {
            "start": day_text(cycles.start[k]),
            "end": day_text(cycles.end[k]),
            "month": month_text(int(cycles.month[k])),
            "imported_wh": int(result.measured.cycle_delivered[k]),
            "exported_wh": int(result.measured.cycle_received[k]),
            **({"credited_wh": int(result.measured.cycle_credited[k])} if cycles.solar[k] else {}),
            **_month(result, k, 0),
            "provider": _provider_month(result, k),
        }
        for k in np.flatnonzero(cycles.account == account).tolist()
    ]


def _month(result: Result, k: int, ledger: int) -> dict[str, Any]:
    books = result.books[ledger]
    billed = books.billed
    return {
        "granted": int(books.priced.granted[k].sum()),
        "used": [int(x) for x in billed.used[k]],
        "bonus_used": int(billed.bonus_used[k]),
        "tax": int(billed.tax[k]),
        "surcharge": int(books.priced.surcharge[k]) - _added(result, k) * (ledger == 0),
        "nsc_used": int(billed.surplus_used[k]),
        "climate_used": int(billed.climate_used[k]),
        "due": int(billed.due[k]),
        "energy_to_date": int(billed.energy_to_date[k]),
        "energy_billed": int(billed.energy_billed[k]),
    }


def _added(result: Result, k: int) -> int:
    """What the reference engine counts elsewhere: the municipal surcharge and fees."""
    added = [INDEX[name] for name in ("municipal_surcharge", "fee.setup", "fee.monthly")]
    chosen = np.isin(result.lines.component, added) & (result.lines.cycle == k)
    return int(result.lines.cents[chosen].sum())


def _provider_month(result: Result, k: int) -> dict[str, Any] | None:
    """The provider's ledger in a cycle; None where it keeps none."""
    if not result.spans.cycles.keeps_ledger[k]:
        assert not any(np.any(v) for name, v in _month(result, k, 1).items() if not name.startswith("energy"))
        return None
    month = _month(result, k, 1)
    del month["bonus_used"], month["climate_used"]
    return month | {"used": sum(month["used"])}


def settlements_of(result: Result, account: int = 0) -> list[dict[str, Any]]:
    """The settlements' figures of the fast engine."""
    cycles = result.spans.cycles
    return [
        _settlement(result, int(k), ledger)
        for k in np.flatnonzero(cycles.account == account)
        for ledger in range(len(LEDGERS))
        if cycles.of_ledger(ledger).closes[k]
    ]


NSC = {
    "nsc_earned": "surplus",
    "nsc_applied": "applied",
    "nsc_paid": "paid",
    "nsc_carried": "kept",
    "nsc_held": "held",
}
SAME = (
    "imported_wh",
    "exported_wh",
    "surplus_wh",
    "adjustment",
    "to_earlier",
    "to_adjustment",
    "forfeited",
    "carried",
    "energy_due",
    "energy_forfeited",
    "due",
    "climate_paid",
    "bonus_paid",
    "minimum_credited",
)


def _settlement(result: Result, k: int, ledger: int) -> dict[str, Any]:
    closed = result.books[ledger].settled
    row: dict[str, Any] = {"month": month_text(int(result.spans.cycles.month[k])), "ledger": LEDGERS[ledger]}
    for ours, theirs in {**{name: name for name in SAME}, **NSC, "adjustment_waived": "waived"}.items():
        value = getattr(closed, theirs)[k]
        by_part = ours == "adjustment"
        row[ours] = _pools(value, 0 if by_part else ledger) if np.ndim(value) else int(value)
    return row


def _pools(value: Any, ledger: int) -> list[int]:
    """Delivery and generation; a provider's only pool is the reference's second."""
    return [int(x) for x in (value if ledger == 0 else value[::-1])]


def closing_of(result: Result, account: int = 0) -> dict[str, Any]:
    """The balances after the last cycle, by ledger."""
    both = zip(LEDGERS, result.books, strict=True)
    return {name: _closing(own.closing, ledger, account) for ledger, (name, own) in enumerate(both)}


def _closing(state: State, ledger: int, account: int) -> dict[str, Any]:
    return {
        "export": _pools(state.export[account], ledger),
        "bonus": int(state.bonus[account]),
        "nsc": int(state.surplus[account]),
        "nsc_held": int(state.surplus_held[account]),
        "climate": int(state.climate[account]),
        "energy_to_date": int(state.energy_to_date[account]),
        "energy_billed": int(state.energy_billed[account]),
        "floor": int(state.floor[account]),
        "minimums": int(state.minimums[account]),
        "granted": int(state.granted[account]),
        "owed": int(state.owed[account]),
    }
