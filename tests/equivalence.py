"""The fast engine's result of one home in the words of the reference engine, so that both can be compared."""

from typing import Any

import numpy as np

from trueup.account import Account
from trueup.components import COMPONENTS
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


def lines_of(result: Result, rules: Rules) -> dict[tuple[Any, ...], tuple[int | None, int]]:
    """Charges, taxes, memos and grants, by the key that the reference engine uses."""
    found = {}
    for index in range(len(result.lines.cents)):
        line = {name: int(getattr(result.lines, name)[index]) for name in result.lines.__dataclass_fields__}
        component = COMPONENTS[line["component"]]
        if component.section in CREDIT_SECTIONS:
            continue
        season, tou = BUCKETS[line["bucket"]] if line["bucket"] >= 0 else (None, None)
        version = day_text(rules.tariffs.version_from[line["version"]]) if line["version"] >= 0 else None
        start = day_text(result.spans.cycles.start[line["cycle"]])
        names = {"memo.delivery": "memo.nonbypassable_delivery", "memo.generation": "memo.nonbypassable_generation"}
        quantity = None if component.unit == "$" else line["quantity"]
        key = (start, names.get(component.name, component.name), season, tou, version)
        found[key] = (quantity, line["cents"])
    return found


def months_of(result: Result) -> list[dict[str, Any]]:
    """The months' figures of the fast engine."""
    cycles, billed = result.spans.cycles, result.billed
    return [
        {
            "start": day_text(cycles.start[k]),
            "end": day_text(cycles.end[k]),
            "month": month_text(int(cycles.month[k])),
            "imported_wh": int(result.measured.cycle_delivered[k]),
            "exported_wh": int(result.measured.cycle_received[k]),
            "granted": int(result.priced.granted[k].sum()),
            "used": [int(x) for x in billed.used[k]],
            "bonus_used": int(billed.bonus_used[k]),
            "tax": int(billed.tax[k]),
            "surcharge": int(result.priced.surcharge[k]),
            "nsc_used": int(billed.surplus_used[k]),
            "climate_used": int(billed.climate_used[k]),
            "due": int(billed.due[k]),
            "energy_to_date": int(billed.energy_to_date[k]),
        }
        for k in range(len(cycles.account))
    ]


def settlements_of(result: Result) -> list[dict[str, Any]]:
    """The settlements' figures of the fast engine."""
    cycles, closed = result.spans.cycles, result.settled
    names = {
        "nsc_earned": "surplus",
        "nsc_applied": "applied",
        "nsc_paid": "paid",
        "nsc_carried": "kept",
        "nsc_held": "held",
    }
    same = (
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
    )
    found = []
    for k in np.nonzero(cycles.closes)[0]:
        row: dict[str, Any] = {"month": month_text(int(cycles.month[k]))}
        for ours, theirs in {**{name: name for name in same}, **names}.items():
            value = getattr(closed, theirs)[k]
            row[ours] = [int(x) for x in value] if np.ndim(value) else int(value)
        found.append(row)
    return found


def closing_of(result: Result) -> dict[str, Any]:
    """The balances after the last cycle."""
    state = result.closing
    return {
        "export": [int(x) for x in state.export[0]],
        "bonus": int(state.bonus[0]),
        "nsc": int(state.surplus[0]),
        "nsc_held": int(state.surplus_held[0]),
        "climate": int(state.climate[0]),
        "energy_to_date": int(state.energy_to_date[0]),
        "owed": int(state.owed[0]),
    }
