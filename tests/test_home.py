"""One home through the public door: bills, a settled year, balances, comparisons, and what a price change touches."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import yaml

import trueup
from tests.made import account, columns, rules_in, run
from trueup.balances import Opening, from_fields, read_opening, to_fields
from trueup.bills import Year
from trueup.components import INDEX
from trueup.facts import gather_facts
from trueup.intervals import dense
from trueup.model import Readings, Shard, State
from trueup.periods import PACIFIC, midnight_utc, runs
from trueup.pipeline import settle
from trueup.quantities import Money
from trueup.rulebook.load import RULES
from trueup.store import write_results


def by_id(bills: trueup.Bills) -> dict[str, Decimal]:
    return {line.id: line.amount for line in bills.statement}


@pytest.mark.rule("BILL-07", "BILL-13", "TRUE-03")
def test_the_sample_year_adds_up_line_by_line(sample_year: Year) -> None:
    for month in sample_year.months.values():
        due = sum(line.amount for line in month.lines if line.due and line.section not in {"settlement"})
        assert due == Decimal(month.row.due.cents) / 100, month.row.start
        assert month.row.charges.cents - month.row.used.cents - month.row.other.cents == month.row.due.cents
    settlement = sum(line.amount for line in sample_year.statement if line.section == "settlement" and line.due)
    total = sum(row.due.cents for row in sample_year.rows)
    assert sample_year.due == Money(total + int(settlement * 100))
    assert sample_year.settlement_due == Money(sample_year.rows[-1].due.cents + int(settlement * 100))


@pytest.mark.rule("BILL-13", "BILL-07")
def test_the_settlement_states_the_energy_of_the_period_and_its_sign(sample_year: Year) -> None:
    exported = sum(row.exported_wh for row in sample_year.rows)
    imported = sum(row.imported_wh for row in sample_year.rows)
    assert (
        sample_year.settlement[0].text == f"From the grid {imported / 1000:,} kWh, to the grid {exported / 1000:,} kWh"
    )
    assert sample_year.settlement[1].text == f"Net surplus {(exported - imported) / 1000:,} kWh"


@pytest.mark.rule("BILL-13", "TRUE-02")
def test_the_account_starts_again_from_zero(sample_year: Year) -> None:
    state = sample_year.result.closing
    assert [int(x) for x in (state.imported_wh[0], state.exported_wh[0], state.energy.sum(), state.used.sum())] == [
        0
    ] * 4


@pytest.mark.rule("TRUE-04", "EEC-06")
def test_without_a_surplus_closing_forfeits_credits_less_charges(rules: trueup.Rules) -> None:
    """NBT-A4: in the one-pool case without surplus kWh what is left over is max(0, B - A)."""
    reads = [date(2025, 6, 17) + timedelta(30 * k) for k in range(13)]
    home = account(program="sbp", pto=reads[0], application=date(2025, 2, 1), read_dates=reads, nsc_election="check")
    evening = columns(reads[0], reads[-1])
    hours = np.arange(evening.received.shape[1])
    evening.received[0, hours % 24 == 19] = 2000
    evening.delivered[0, hours % 24 == 3] = 2001
    result = run(home, evening, rules)
    assert result.settled.surplus_wh.sum() == 0
    charges, credits = int(result.priced.payable.sum()), int(result.priced.granted.sum())
    assert int(result.settled.forfeited.sum()) == max(0, credits - charges)


@pytest.mark.rule("EEC-05", "EEC-01")
def test_credits_by_universal_time_are_credits_by_pacific_time(rules: trueup.Rules) -> None:
    """Every hour of two years: the price of the UTC instant, looked up by its own local month, day type and hour."""
    first, last = date(2025, 6, 17), date(2026, 8, 16)
    reads = [first + timedelta(30 * k) for k in range(15) if first + timedelta(30 * k) <= last]
    home = account(program="sbp", pto=first, application=date(2025, 2, 1), read_dates=reads)
    stretch = runs(reads[0].toordinal(), reads[-1].toordinal())
    exported = np.random.default_rng(5).integers(0, 4000, (1, stretch.total_hours)).astype(np.int32)
    readings = Readings(stretch.first_day, stretch.first_day + stretch.days, 60, exported * 0, exported)
    result = run(home, readings, rules)
    sums = {"export.delivery": 0, "export.generation": 0}
    sce = np.array([rules.utilities.index("sce")])
    for hour in range(stretch.total_hours):
        moment = datetime.fromtimestamp(midnight_utc(stretch.first_day) + hour * 3600, UTC).astimezone(PACIFIC)
        day = np.array([moment.date().toordinal()])
        day_type = rules.calendar.at(rules.calendar.export_day_type, sce, day)
        row = rules.exports.row(sce, np.array([2025]), np.array([12 * moment.year + moment.month - 1]), day_type)[0]
        for part, name in enumerate(sums):
            sums[name] += int(exported[0, hour]) * int(rules.exports.prices[row, part, moment.hour])
    for name, total in sums.items():
        assert int(result.lines.exact[result.lines.component == INDEX[name]].sum()) == total


@pytest.mark.rule("NSC-11")
def test_a_deficit_of_one_account_does_not_lower_the_compensation_of_another(rules: trueup.Rules) -> None:
    """Two accounts of one owner, 1,000 kWh over and 1,000 kWh short: the first is paid all the same."""
    reads = [date(2025, 6, 17) + timedelta(30 * k) for k in range(13)]
    fields = {"program": "sbp", "pto": reads[0], "application": date(2025, 2, 1), "read_dates": reads}
    owned = [account(account=name, nsc_election="check", **fields) for name in ("over", "short")]
    quiet = columns(reads[0], reads[-1])
    over, short = np.zeros_like(quiet.received), np.zeros_like(quiet.received)
    over[0, 12], short[0, 12] = 1_000_000, 1_000_000
    readings = Readings(quiet.first_day, quiet.last_day, 60, np.vstack([short * 0, short]), np.vstack([over, over * 0]))
    result = settle(Shard(gather_facts(owned, rules), readings, State.empty(2)), rules)
    closing = np.nonzero(result.spans.cycles.closes)[0]
    assert result.settled.surplus_wh[closing].tolist() == [1_000_000, 0]
    assert result.settled.surplus[closing].tolist() == [1815, 0]


@pytest.mark.rule("NSC-06")
def test_rolled_over_compensation_pays_taxes_too_and_never_expires(
    sample_home: trueup.Account, sample_reads: trueup.Reads, rules: trueup.Rules
) -> None:
    opening = Opening(from_fields({"surplus": "1000.00"}, "test"))
    home = sample_home.with_facts(program="sbp", pto="2025-06-17")
    year = trueup.settle(home, sample_reads, "2026-06", opening, rules)
    assert year.rows[0].due == Money(0)
    used = sum(line.amount for line in year.statement if line.component == "surplus.used")
    assert used == Decimal("-1000.00")


@pytest.mark.rule("BILL-11")
def test_the_ordinary_bill_before_solar_billing_shows_use_and_no_credits(
    sample_home: trueup.Account, sample_reads: trueup.Reads, rules: trueup.Rules
) -> None:
    bills = trueup.bill(sample_home, sample_reads, date(2025, 5, 16), date(2025, 6, 17), rules=rules)
    assert [row.program for row in bills.rows] == ["standard", "standard"]
    assert all(row.earned == row.used == Money(0) for row in bills.rows)
    assert bills.rows[0].exported_wh > 0


@pytest.mark.rule("BILL-11", "TRUE-01")
def test_exports_before_the_first_solar_bill_are_credited_there_and_stay_out_of_the_surplus(sample_year: Year) -> None:
    early = [line for line in sample_year.statement if line.component.startswith("early_")]
    assert {line.cycle_start for line in early} == {"2025-06-17"}
    assert {line.component for line in early} == {"early_export.delivery", "early_export.generation", "early_bonus"}
    metered = sum(row.exported_wh - row.imported_wh for row in sample_year.rows)
    assert sample_year.result.settled.surplus_wh.sum() == metered


def test_bills_of_a_span_are_the_lines_of_the_settled_year(
    sample_year: Year, sample_home: trueup.Account, sample_reads: trueup.Reads, rules: trueup.Rules
) -> None:
    bills = trueup.bill(sample_home, sample_reads, date(2025, 9, 16), date(2025, 12, 16), rules=rules)
    year = by_id(sample_year)
    assert len(bills.rows) == 3
    assert all(year[line] == amount for line, amount in by_id(bills).items())


def test_month_by_month_from_closing_to_opening_equals_the_year_at_once(
    sample_year: Year, sample_home: trueup.Account, sample_reads: trueup.Reads, rules: trueup.Rules
) -> None:
    state, found, home_id = None, {}, sample_home.account
    cuts = [date(2025, 5, 16), *sample_home.read_dates[2:]]
    for start, end in pairwise(cuts):
        bills = trueup.bill(sample_home, sample_reads, start, end, state, rules)
        state = Opening(from_fields(to_fields(bills.result.closing), "handed over"), home_id, str(end))
        found |= by_id(bills)
    assert {line: amount for line, amount in found.items() if line in by_id(sample_year)} == by_id(sample_year)


def test_balances_in_mid_period_without_opening_or_history_are_refused(
    sample_home: trueup.Account, sample_reads: trueup.Reads, rules: trueup.Rules
) -> None:
    home = sample_home.with_facts(
        program="sbp", read_dates=sample_home.read_dates[2:], relevant_period_start="2025-07-17"
    )
    with pytest.raises(trueup.TrueupError) as caught:
        trueup.bill(home, sample_reads, date(2025, 8, 15), date(2025, 9, 16), rules=rules)
    assert caught.value.code == "E-STATE-001"


@pytest.mark.parametrize(
    ("fields", "ending", "code"),
    [
        ({}, "2026-05", "E-TRUE-005"), ({}, "May 2026", "E-TRUE-006"), ({}, "2026-13", "E-TRUE-006"),
        ({"read_dates": ["2025-05-16", "2025-06-17", "2025-07-17"]}, "2026-06", "E-TRUE-007"),
        ({"program": "standard", "nsc_election": "none"}, "2026-06", "E-TRUE-005"),
        ({"schedule": "tou-d-9"}, "2026-06", "E-RULE-002"), ({"program": "nbt"}, "2026-06", "E-RULE-002"),
        ({"income_tier": "care"}, "2026-06", "E-ACCT-003"),
        ({"program": "nem-st", "customer_class": "large_commercial"}, "2026-06", "E-ACCT-003"),
        ({"pto": None}, "2026-06", "E-ACCT-003"), ({"application": None}, "2026-06", "E-ACCT-003"),
        ({"provider": "nobody"}, "2026-06", "E-RULE-002"),
        ({"application": "2022-03-01"}, "2026-06", "E-ACCT-003"),
        ({"application": "2022-03-01", "acc_plus": "none"}, "2026-06", "E-RULE-005"),
    ],
)  # fmt: skip
def test_what_cannot_be_settled_is_refused_with_a_code(
    fields: dict[str, Any], ending: str, code: str, sample_home: trueup.Account, sample_reads: trueup.Reads
) -> None:
    home = trueup.Account.from_fields(sample_home.model_dump() | fields)
    with pytest.raises(trueup.TrueupError) as caught:
        trueup.settle(home, sample_reads, ending)
    assert caught.value.code == code


def test_a_span_without_a_whole_cycle_is_refused(sample_home: trueup.Account, sample_reads: trueup.Reads) -> None:
    with pytest.raises(trueup.TrueupError) as caught:
        trueup.bill(sample_home, sample_reads, date(2025, 7, 18), date(2025, 8, 1))
    assert caught.value.code == "E-BILL-001"


def test_allow_stale_drafts_beyond_the_attested_day_and_says_so(
    sample_home: trueup.Account, sample_reads: trueup.Reads
) -> None:
    shifted = {"read_dates": ["2026-07-23", "2026-08-24"], "program": "standard", "nsc_election": "none", "pto": None}
    home = trueup.Account.from_fields(sample_home.model_dump() | shifted)
    reads = trueup.Reads.of_channels(sample_reads.files, 60, *made_hours(date(2026, 7, 23), date(2026, 8, 24)))
    with pytest.raises(trueup.TrueupError) as caught:
        trueup.bill(home, reads, date(2026, 7, 23), date(2026, 8, 24))
    assert caught.value.code == "E-RULE-003"
    draft = trueup.bill(home, reads, date(2026, 7, 23), date(2026, 8, 24), rules=trueup.Rules.load(allow_stale=True))
    assert draft.draft
    assert draft.due.cents > 0


def made_hours(first: date, last: date) -> tuple[Any, ...]:
    stretch = runs(first.toordinal(), last.toordinal())
    start = np.tile(midnight_utc(stretch.first_day) + 3600 * np.arange(stretch.total_hours), 2)
    channel = np.repeat([0, 1], stretch.total_hours)
    wh = np.where(channel == 0, 500, 0)
    return channel, start, wh


def test_changing_one_price_changes_exactly_the_charge_lines_of_its_days_and_what_follows(
    sample_year: Year, sample_home: trueup.Account, sample_reads: trueup.Reads, tmp_path: Path
) -> None:
    old = "winter: {mid_peak: 0.29820, off_peak: 0.19191"
    path = "tariffs/sce/tou-d-prime.yaml"
    assert (RULES / path).read_text().count(old) == 1
    changed = rules_in(tmp_path, {path: lambda text: text.replace(old, old.replace("0.19191", "0.19291"))})
    other = trueup.settle(sample_home, sample_reads, "2026-06", rules=changed)
    before, after = by_id(sample_year), by_id(other)
    assert set(before) == set(after)
    moved = {line for line in before if before[line] != after[line]}
    charges = {line.id for line in sample_year.statement if line.section == "charge"}
    assert moved & charges == {
        "2025-10-16.delivery.winter.off_peak@2025-11-15", "2025-11-17.delivery.winter.off_peak@2025-11-15",
        "2025-12-16.delivery.winter.off_peak@2025-11-15",
    }  # fmt: skip
    follows = {line.split(".", 1)[1] for line in moved - charges}
    assert follows <= {"local_tax", "export.used", "bonus.used", "credit.earlier_months", "surplus.applied"}
    assert {line.split(".")[0] for line in moved} == {"2025-10-16", "2025-11-17", "2025-12-16"}


def test_lines_are_a_polars_table_of_exact_decimals(sample_year: Year) -> None:
    table = sample_year.lines
    assert table.schema["amount"] == pl.Decimal(38, 2)
    assert table.filter(pl.col("due"))["amount"].sum() == Decimal(sample_year.due.cents) / 100
    assert {"month", "component", "quantity", "price", "amount", "rule", "published"} <= set(table.columns)


def test_a_year_shows_itself_in_a_notebook(sample_year: Year) -> None:
    assert "2025-08" in sample_year._repr_html_()
    assert str(sample_year.due).startswith("$2,7")


def test_balances_survive_a_round_trip(tmp_path: Path) -> None:
    state = State.empty(1)
    state.export[0], state.bonus[0], state.energy_to_date[0], state.imported_wh[0] = [424, 5], 105, -8800, 1234567
    path = tmp_path / "closing.json"
    path.write_text(json.dumps({"on": "2026-06-16", "balances": to_fields(state)}))
    again = read_opening(path).state
    assert all(np.array_equal(getattr(state, name), getattr(again, name)) for name in State.__dataclass_fields__)


@pytest.mark.parametrize(
    ("about", "refused"),
    [
        ({}, False),
        ({"account": "sample-home", "on": "2025-07-17"}, False),
        ({"account": "neighbour"}, True),
        ({"on": "2025-08-15"}, True),
    ],
)
def test_balances_of_another_account_or_day_are_refused(
    about: dict[str, str], refused: bool, sample_home: trueup.Account, sample_reads: trueup.Reads, tmp_path: Path
) -> None:
    path = tmp_path / "closing.json"
    path.write_text(json.dumps({**about, "balances": {"bonus": "1.00"}}))
    asked = (sample_home, sample_reads, date(2025, 7, 17), date(2025, 8, 15), read_opening(path))
    if refused:
        with pytest.raises(trueup.TrueupError) as caught:
            trueup.bill(*asked)
        assert caught.value.code == "E-STATE-003"
    else:
        assert trueup.bill(*asked).rows[0].used.cents > 100


def test_a_cycle_of_two_months_is_refused_as_a_missing_read_date(
    sample_home: trueup.Account, sample_reads: trueup.Reads
) -> None:
    reads = [day for day in sample_home.read_dates if day != date(2025, 8, 15)]
    home = trueup.Account.from_fields(sample_home.model_dump() | {"read_dates": reads})
    with pytest.raises(trueup.TrueupError) as caught:
        trueup.bill(home, sample_reads, date(2025, 7, 17), date(2025, 9, 16))
    assert caught.value.code == "E-BILL-002"


def test_nem_energy_before_a_stated_period_does_not_enter_its_ledger(
    sample_home: trueup.Account, sample_reads: trueup.Reads
) -> None:
    home = sample_home.with_facts(program="nem-st", relevant_period_start="2025-06-17")
    with pytest.raises(trueup.TrueupError) as caught:
        trueup.settle(home, sample_reads, "2026-06")
    assert caught.value.code == "E-STATE-001"
    with pytest.raises(trueup.TrueupError) as caught:
        trueup.bill(home, sample_reads, date(2025, 6, 11), date(2025, 6, 17))
    assert caught.value.code == "E-TRUE-008"


@pytest.mark.parametrize(
    "data", [{"exports": "1"}, {"bonus": "-5"}, {"bonus": "lots"}, {"export": "5"}, {"bonus": "0.001"}]
)
def test_wrong_balances_are_refused(data: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "opening.yaml"
    path.write_text(yaml.safe_dump(data))
    with pytest.raises(trueup.TrueupError) as caught:
        read_opening(path)
    assert caught.value.code == "E-STATE-002"


def test_the_sample_meter_file_is_made_the_same_each_time(sample_reads: trueup.Reads) -> None:
    readings = dense(sample_reads).readings
    assert (int(readings.delivered.sum()), int(readings.received.sum())) == (8_232_910, 10_517_040)


def test_a_folder_with_files_of_the_user_is_never_replaced(sample_year: Year, tmp_path: Path) -> None:
    folder = write_results(sample_year, tmp_path)
    assert write_results(sample_year, tmp_path) == folder
    (folder / "my-notes.txt").write_text("precious")
    with pytest.raises(trueup.TrueupError) as caught:
        write_results(sample_year, tmp_path)
    assert caught.value.code == "E-RESULT-002"
    assert (folder / "my-notes.txt").read_text() == "precious"


def test_a_place_that_cannot_be_written_is_refused(sample_year: Year, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(trueup.TrueupError) as caught:
        write_results(sample_year, tmp_path / "file")
    assert caught.value.code == "E-RESULT-002"


def test_results_of_two_settlement_rules_stand_side_by_side(sample_year: Year, tmp_path: Path) -> None:
    other = replace(sample_year, account=sample_year.account.model_copy(update={"settlement_rule": "R-2024"}))
    assert write_results(sample_year, tmp_path) != write_results(other, tmp_path)
