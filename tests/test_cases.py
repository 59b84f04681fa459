"""The cases: households, small tariffs and settlements, each with its source (tests/cases/*.yaml)."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from tests.made import TINY, account, billed, columns, tiny_rules
from tests.made_rules import INVENTED
from trueup.account import Account
from trueup.components import COMPONENTS, LEDGERS
from trueup.credits import take
from trueup.facts import gather_facts
from trueup.ledger import is_due
from trueup.model import Result, State
from trueup.quantities import EXACT_PER_CENT, cents_from_text, wh_from_kwh_text
from trueup.rulebook import Rules
from trueup.rulebook.load import RULES
from trueup.rulebook.overlay import laid_over
from trueup.statement import line_id, statement_lines
from trueup.timeline import timeline
from trueup.trueup import SettlementTerms, close, settlement_terms

CASES = Path(__file__).parent / "cases"


def cases(name: str) -> list[Any]:
    """The cases of a file, each marked with the rules that it proves."""
    found = yaml.load((CASES / f"{name}.yaml").read_text(), Loader=yaml.CBaseLoader)
    return [
        pytest.param(case, id=case["name"], marks=[pytest.mark.rule(*case["rules"])] if case["rules"] else [])
        for case in found
    ]


def amounts(result: Result, rules: Rules) -> dict[str, Decimal]:
    """Printed amounts by component and period, and again with the price version."""
    found: dict[str, Decimal] = {}
    for line in statement_lines(result, rules, np.arange(len(result.spans.cycles.start))):
        name = line.id.split(".", 1)[1]
        found[name] = line.amount
        found.setdefault(name.split("@")[0], line.amount)
    return found


def quantities(result: Result, rules: Rules) -> dict[str, Decimal]:
    """Billed quantities by component, period and price version."""
    lines = statement_lines(result, rules, np.arange(len(result.spans.cycles.start)))
    return {line.id.split(".", 1)[1]: line.quantity for line in lines}


def exact_due(result: Result) -> Decimal:
    """The unrounded sum of what is due."""
    due = is_due(result.lines, result.shard.facts, result.spans.cycles)
    return Decimal(int(result.lines.exact[due].sum())).scaleb(-10)


@pytest.mark.parametrize("case", [*cases("bills"), *cases("schedules")])
def test_bill(case: dict[str, Any], rules: Rules, tmp_path: Path) -> None:
    own = tiny_rules(tmp_path, case["tariff"]) if "tariff" in case else rules
    home = account(**case["account"], **({"schedule": TINY} if "tariff" in case else {}))
    use = case["use"]
    at = {hour: (int(d), int(r)) for hour, (d, r) in use.get("at", {}).items()}
    flat = tuple(int(x) for x in use.get("flat", (0, 0)))
    minutes = int(case.get("minutes", 60))
    readings = columns(home.read_dates[0], home.read_dates[-1], minutes, flat=flat, at=at)  # type: ignore[arg-type]
    result = billed(home, readings, own)
    found = amounts(result, own)
    for line, amount in case.get("lines", {}).items():
        assert found[line] == Decimal(amount), line
    for line in case.get("absent", []):
        assert line not in found
    if "printed" in case:
        assert Decimal(int(result.billed.due[:-1].sum())).scaleb(-2) == Decimal(case["printed"])
    if "exact" in case:
        assert exact_due(result) == Decimal(case["exact"])
    if "energy_to_date" in case:
        assert result.billed.energy_to_date[-2] == cents_from_text(case["energy_to_date"])
    if "bank" in case:
        assert result.closing.export.sum() == cents_from_text(case["bank"])
    for line, kwh in case.get("quantities", {}).items():
        assert quantities(result, own)[line] == Decimal(kwh), line
    if "climate_bank" in case:
        assert result.closing.climate[0] == cents_from_text(case["climate_bank"])
    if "imported_kwh" in case:
        assert result.measured.cycle_delivered.sum() == wh_from_kwh_text(case["imported_kwh"])


def state_of(case: dict[str, Any]) -> State:
    """The balances and counters at the end of a case's period."""
    state, period = State.empty(1), case["period"]
    state.imported_wh[0], state.exported_wh[0] = (wh_from_kwh_text(period[n]) for n in ("imported_kwh", "exported_kwh"))
    split = case.get("split", {})
    state.export[0] = [cents_from_text(text) for text in split.get("export", ("0", "0"))]
    state.energy[0] = [cents_from_text(text) for text in split.get("unoffset", ("0", "0"))]
    counters = ("energy_to_date", "floor", "minimums", "granted")
    for name in (*counters, "bonus", "climate", "owed", "surplus", "surplus_held"):
        getattr(state, name)[0] = cents_from_text(case.get(name, "0"))
    return state


def prices_of(case: dict[str, Any], home: Account, rules: Rules) -> SettlementTerms:
    """The rates that the engine finds for the month in which the case's period ends."""
    year, month = (int(part) for part in case["period"]["month"].split("-"))
    facts = gather_facts([home], rules)
    made = timeline(facts, rules, date(2025, 6, 17).toordinal(), date(2025, 7, 17).toordinal()).cycles
    ends = {"month": np.array([12 * year + month - 1]), "end": np.array([date(year, month, 21).toordinal()])}
    yes, final = np.array([True]), np.array(["final" in case])
    cycles = replace(made, **ends, closes=yes, ledger_closes=yes, final=final)
    return take(settlement_terms(facts, cycles, LEDGERS.index(case.get("ledger", "utility")), rules), np.array([0]))


@pytest.fixture(scope="module")
def made() -> Rules:
    """The rules with the invented prices of the examples over them, for providers whose prices no source gives."""
    return Rules.load(folder=laid_over(RULES, [INVENTED]))


@pytest.mark.parametrize("case", cases("settlements") + cases("programs"))
def test_settlement(case: dict[str, Any], rules: Rules, made: Rules) -> None:
    facts = {"program": "sbp", "pto": "2025-06-17", "application": "2025-02-01", "nsc_election": "on_bill"}
    home = account(**(facts | case["account"]), read_dates=["2025-06-17", "2025-07-17"])
    rules = made if case.get("prices") == "invented" else rules
    month_due = np.array([cents_from_text(case.get("month_due", "0"))])
    after, closed = close(state_of(case), month_due, prices_of(case, home, rules), gather_facts([home], rules))
    for name, wanted in case["expect"].items():
        if name == "effect":
            assert int((closed.due - month_due - closed.surplus)[0]) == cents_from_text(wanted)
        elif name == "owed_after":
            assert after.owed[0] == cents_from_text(wanted)
        elif name == "surplus_kwh":
            assert closed.surplus_wh[0] == wh_from_kwh_text(wanted)
        else:
            found = getattr(closed, name)[0]
            expected = (
                [cents_from_text(text) for text in wanted] if isinstance(wanted, list) else cents_from_text(wanted)
            )
            assert (found.tolist() if np.ndim(found) else int(found)) == expected, name
    assert after.imported_wh[0] == after.exported_wh[0] == after.energy_to_date[0] == 0


@pytest.mark.rule("BILL-08", "TRUE-02", "BILL-04")
def test_nem_g10_an_illustrative_year_of_annual_billing_settles_to_225(rules: Rules) -> None:
    """NEM-G10: Jan-Feb +65, Mar-Jun -140, Jul-Sep +215, Oct-Dec +85; running 65, -75, 140, 225."""
    from trueup.credits import Month, step

    zero, pools = np.zeros(1, dtype=np.int64), np.zeros((1, 2), dtype=np.int64)
    state, running = State.empty(1), []
    for energy in (6500, -14000, 21500, 8500):
        empty = {name: pools if name in {"payable", "granted"} else zero for name in Month.__dataclass_fields__}
        month = Month(**(empty | {"yearly": np.array([energy]), "in_period": zero + 1}))
        state, done = step(state, month)
        assert done.due[0] == 0
        running.append(int(state.energy_to_date[0]))
    assert running == [6500, -7500, 14000, 22500]
    home = account(program="nem-st", pto="2025-06-17", read_dates=["2025-06-17", "2025-07-17"])
    facts = gather_facts([home], rules)
    never, pair = np.array([False]), np.zeros((1, 2), dtype=np.int64)
    prices = SettlementTerms(np.array([True]), never, never, pair, zero, zero, zero, facts.own, zero)
    after, closed = close(state, zero, prices, facts)
    assert (closed.energy_due[0], after.energy_to_date[0]) == (22500, 0)


def test_line_ids_are_unique_and_components_are_named_once(sample_year: Any) -> None:
    ids = [line.id for line in sample_year.statement]
    assert len(ids) == len(set(ids))
    assert len({component.name for component in COMPONENTS}) == len(COMPONENTS)
    assert line_id(sample_year.result, sample_year.rules, 0).startswith("2025-05-16.")
    assert EXACT_PER_CENT == 10**8
