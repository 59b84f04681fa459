"""Every kind of line can be explained: it ends at a citation, and its own numbers recompute it."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import trueup
from tests.made import made_home, run
from tests.made_arrangements import SCHEDULES, made_arrangement, settled
from tests.made_places import PROGRAMS
from tests.made_rules import shared_made_rules
from trueup.balances import Opening
from trueup.bills import Bills, Year
from trueup.components import COMPONENTS, LEDGERS
from trueup.explain import explain_line
from trueup.model import State
from trueup.store import read_explanation, write_results
from trueup.store.results import contents


def recomputed(explanation: dict[str, Any]) -> Fraction:
    """The amount in dollars, from nothing but the explanation's own numbers."""
    working = explanation["working"]
    values = [Fraction(term["quantity"]) * Fraction(term["price"] or 1) for term in working["terms"]]
    if working["operation"] == "least of":
        outcome = min(values)
    elif working["operation"] == "difference":
        outcome = values[0] - sum(values[1:])
    elif working["operation"] == "part of a product":
        outcome = values[0] * values[1] / values[2]
    else:
        outcome = sum(values, Fraction(0))
    cents = abs(outcome) * 100
    rounded = int(cents + Fraction(1, 2))
    return Fraction(rounded, 100) * (1 if outcome >= 0 else -1) * working["sign"]


def opening(**cents: int) -> Opening:
    state = State.empty(1)
    for name, value in cents.items():
        getattr(state, name)[0] = value
    return Opening(state)


@pytest.fixture(scope="session")
def years(sample_home: trueup.Account, sample_reads: trueup.Reads, rules: trueup.Rules) -> list[Bills]:
    """The sample home under every program, rule and pool, with balances that make every kind of line appear."""
    start = {"relevant_period_start": "2025-06-17"}
    changes: list[tuple[str, dict[str, Any], Opening | None]] = [
        ("sbp", {}, None),
        (
            "sbp",
            {"settlement_rule": "R-2023", "nsc_election": "check"} | start,
            opening(export=[400_000, 0], energy=[50_000, 0]),
        ),
        ("sbp", {"settlement_rule": "R-FAQ", "nsc_election": "none"} | start, opening(export=[40_000, 0])),
        ("sbp", {"settlement_rule": "R-2024", "transfers_recs": True} | start, opening(export=[100_000, 300_000])),
        ("sbp", {"credit_pool": "split"} | start, opening(export=[300_000, 300_000], bonus=90_000)),
        (
            "sbp",
            {"nsc_election": "check"} | start,
            opening(climate=600_000, surplus=10_000, surplus_held=2_000, export=[600_000, 0]),
        ),
        ("nem-st", start, opening(surplus=5_000)),
        ("nem-st", {"nsc_election": "check"} | start, opening(energy_to_date=-100_000)),
    ]
    made: list[Bills] = []
    for program, fields, state in changes:
        home = sample_home.with_facts(program=program, **fields)
        made.append(trueup.settle(home, sample_reads, "2026-06", state, rules))
    before_solar = (sample_home.read_dates[0], sample_home.read_dates[1])
    return [*made, trueup.bill(sample_home, sample_reads, *before_solar, rules=rules)]


MADE_HOMES, MADE_ARRANGEMENTS = 300, 30


@pytest.fixture(scope="session")
def made_lines() -> list[tuple[str, dict[str, Any]]]:
    """Component and explanation of one line of each kind of many made homes, all schedules and providers."""
    rules, found = shared_made_rules(), []
    made = [made_home(seed, tuple(PROGRAMS)) for seed in range(MADE_HOMES)]
    results = [run(home.account, home.readings, rules) for home in made]
    for result in [*results, *(settled(made_arrangement(seed), rules) for seed in range(MADE_ARRANGEMENTS))]:
        kinds = result.lines.component * len(LEDGERS) + result.lines.ledger
        for index in np.unique(kinds, return_index=True)[1]:
            name = COMPONENTS[result.lines.component[index]].name
            found.append((name, explain_line(result, rules, int(index)).as_dict()))
    return found


@pytest.fixture(scope="session")
def explanations(years: list[Bills], made_lines: list[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    found = [year.explain(line.id).as_dict() for year in years for line in year.statement]
    found += [explanation for _, explanation in made_lines]
    return [json.loads(json.dumps(explanation)) for explanation in found]


def test_every_kind_of_line_appears_here(years: list[Bills], made_lines: list[tuple[str, dict[str, Any]]]) -> None:
    seen = {line.component for year in years for line in year.statement} | {name for name, _ in made_lines}
    assert seen == {part.name for part in COMPONENTS} - {"winter_demand"}  # GS-1 is known for June and July only


def test_every_line_recomputes_from_its_own_explanation(explanations: list[dict[str, Any]]) -> None:
    wrong = [e["line"] for e in explanations if recomputed(e) != Fraction(e["amount"])]
    assert wrong == []
    assert len(explanations) > 1500


def test_every_explanation_ends_at_a_citation(explanations: list[dict[str, Any]]) -> None:
    for explanation in explanations:
        assert explanation["citation"].count("[") >= 1, explanation["line"]
        assert explanation["answer"] != "None"
        priced = any(term["price"] for term in explanation["working"]["terms"])
        if priced and "local_tax" not in explanation["line"]:
            assert explanation["prices"], explanation["line"]


def test_the_hours_behind_a_line_add_to_its_quantity(years: list[Bills]) -> None:
    for year in years:
        for line in year.statement:
            explanation = year.explain(line.id)
            if line.unit == "kWh" and explanation.hours:
                assert sum(Fraction(term.quantity) for term in explanation.hours) == Fraction(str(line.quantity)), (
                    line.id
                )


@pytest.mark.parametrize("program", [*SCHEDULES])
def test_every_line_of_an_arrangement_recomputes_and_its_hours_add_to_its_quantity(program: str) -> None:
    rules = shared_made_rules()
    for seed in range(4):
        result = settled(made_arrangement(seed, (program,)), rules)
        chosen = np.random.default_rng(seed).permutation(len(result.lines.cents))[:150]
        for index in chosen.tolist():
            explanation = explain_line(result, rules, index)
            assert recomputed(explanation.as_dict()) == Fraction(explanation.amount), explanation.line
            hours = [Fraction(term.quantity) for term in explanation.hours]
            kwh = COMPONENTS[result.lines.component[index]].unit == "kWh"
            assert not hours or not kwh or sum(hours) == Fraction(int(result.lines.quantity[index]), 1000)


@pytest.mark.rule("EEC-01", "EEC-03")
def test_an_export_credit_is_explained_hour_by_hour_with_its_price_and_basis(sample_year: Year) -> None:
    explanation = sample_year.months["2025-08"].explain("export.generation")[0]
    first = explanation.working.terms[0]
    assert first.label.startswith("2025-07 weekday")
    assert {term.note for term in explanation.working.terms} <= {"published", "rebuilt"}
    assert sum(Fraction(t.quantity) for t in explanation.working.terms) == Fraction(
        sample_year.rows[1].exported_wh, 1000
    )


def test_an_unknown_line_is_refused_with_examples(sample_year: Year) -> None:
    with pytest.raises(trueup.TrueupError) as caught:
        sample_year.explain("2025-08-15.export")
    assert caught.value.code == "E-LINE-001"
    assert "2025-08-15.export.delivery" in caught.value.todo


@pytest.fixture(scope="session")
def folder(sample_year: Year, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_results(sample_year, tmp_path_factory.mktemp("results"))


def test_a_result_folder_explains_every_line_that_it_lists(folder: Path, sample_year: Year) -> None:
    for line in sample_year.statement[:20]:
        assert recomputed(read_explanation(folder, line.id)) == Fraction(str(line.amount))


def test_a_result_folder_is_the_same_bytes_each_time(sample_year: Year) -> None:
    assert contents(sample_year) == contents(sample_year)


def test_a_changed_result_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    path = tmp_path / "explanations.jsonl"
    path.write_text(path.read_text().replace("0.23704", "0.23705"))
    with pytest.raises(trueup.TrueupError) as caught:
        read_explanation(tmp_path, "2025-06-17.daily@2025-06-01")
    assert caught.value.code == "E-RESULT-001"


def test_the_manifest_names_inputs_by_digest_and_the_rule_versions(folder: Path, sample_file: Path) -> None:
    import hashlib

    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["meter_files"][0]["sha256"] == hashlib.sha256(sample_file.read_bytes()).hexdigest()
    assert manifest["price_versions"] == ["2025-06-01", "2025-10-01", "2025-11-15", "2026-01-01", "2026-06-01"]
    assert "tariffs/sce/tou-d-prime.yaml" in manifest["rules"]
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    assert manifest["state"] == "computed"


def test_lines_csv_adds_up_to_what_is_due(folder: Path, sample_year: Year) -> None:
    import csv
    from decimal import Decimal

    with (folder / "lines.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert sum(Decimal(row["amount"]) for row in rows if row["due"] == "True") == Decimal(sample_year.due.cents) / 100
    assert {"month", "provider", "component", "quantity", "price", "amount", "rule", "id"} <= set(rows[0])


def test_a_failed_write_leaves_nothing_behind(
    sample_year: Year, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trueup.store import results

    def breaks(*_: Any) -> str:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "rename", breaks)
    with pytest.raises(trueup.TrueupError, match="disk full"):
        results.write_results(sample_year, tmp_path)
    assert list(tmp_path.iterdir()) == []
