"""Paired storage: the cap of estimated production, the generation meter, what is refused, full discharges."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.made import TINY, account, billed, columns, neutral_csv, run, tiny_rules
from trueup.cli import app
from trueup.components import INDEX
from trueup.errors import TrueupError
from trueup.facts import gather_facts
from trueup.model import Readings, Result
from trueup.rulebook import Rules
from trueup.rulebook.load import RULES
from trueup.storage import full_discharges

FACTORS = {
    "table": "case", "kind": "production_factors", "utility": "case", "status": "sample", "title": "A case's own",
    "source": "pvwatts-los-angeles", "rules": [],
    "zones": {"9": ["130"] * 6 + ["100"] + ["130"] * 5, "10": ["100"] * 12},
}  # fmt: skip
JUNE = (date(2025, 6, 2), date(2025, 7, 2))
"""A Monday; the cycle begins in June and ends in July."""
LIMITED = {
    "exports_limited_by": "production_estimate", "production_factors": "case", "climate_zone": "9", "pv_kw": "5",
    "read_dates": list(JUNE), "pto": JUNE[0], "application": date(2025, 1, 15),
}  # fmt: skip


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Rules:
    """Peak at 0.50 and off-peak at 0.25, with a factor table: 130 kWh a kW a month, 100 in July."""
    folder = tmp_path_factory.mktemp("tiny")
    made = tiny_rules(folder, {"peak": "0.50", "off_peak": "0.25"}).book.folder
    path = made / "prices/case/case.yaml"
    path.parent.mkdir()
    import yaml

    path.write_text(yaml.safe_dump(FACTORS), encoding="utf-8")
    return Rules.load(folder=made)


def home(**facts: Any) -> Any:
    """A home of the tiny schedule whose exports an estimate limits."""
    return account(schedule=TINY, **(LIMITED | {"program": "nem", "baseline_region": "6"} | facts))


def exports(on_peak: int, off_peak: int) -> Readings:
    """Wh sent out in one on-peak hour (17:00) and one off-peak hour (10:00) of a weekday."""
    return columns(*JUNE, at={"2025-06-03 17": (0, on_peak), "2025-06-03 10": (0, off_peak)})


def energy(result: Result) -> int:
    """The month's energy in the ledger, in cents."""
    return int(result.billed.energy_to_date[0])


@pytest.mark.rule("STOR-01")
@pytest.mark.parametrize(
    ("on_peak", "off_peak", "credit", "surplus"),
    [
        (80_000, 620_000, -17_000, 650_000),  # NEM-D4: 50 kWh over the cap are lost from the peak
        (80_000, 570_000, -18_250, 650_000),  # at the cap nothing is lost
        (80_000, 570_001, -18_250, 650_000),  # one Wh over it is
        (30_000, 670_000, -15_500 - 1_250 + 500, 650_000),  # the peak is lost whole, the rest from off-peak
    ],
    ids=["NEM-D4", "at the cap", "one Wh over", "cascading"],
)
def test_export_beyond_the_cap_is_lost_from_the_dearest_period_down(
    on_peak: int, off_peak: int, credit: int, surplus: int, tiny: Rules
) -> None:
    """NEM-D4: 130 kWh a kW x 5 kW = 650 kWh; 80 at 0.50 and 620 at 0.25 earn 170.00 instead of 195.00."""
    result = billed(home(), exports(on_peak, off_peak), tiny)
    assert int(result.measured.cycle_credited[0]) == surplus
    expected = {(30_000, 670_000): -16_250}.get((on_peak, off_peak), credit)
    assert energy(result) == expected


@pytest.mark.rule("STOR-01")
def test_the_month_of_the_first_day_decides_the_cap(tiny: Rules) -> None:
    """NEM T2, NBT-G11: a cycle from 15 January to 15 February has January's cap; here June's 130, not July's 100."""
    result = billed(home(), exports(0, 640_000), tiny)
    assert int(result.measured.cycle_credited[0]) == 640_000
    later = home(read_dates=[date(2025, 7, 1), date(2025, 7, 31)], pto=date(2025, 7, 1))
    result = billed(later, columns(date(2025, 7, 1), date(2025, 7, 31), at={"2025-07-03 10": (0, 640_000)}), tiny)
    assert int(result.measured.cycle_credited[0]) == 500_000


@pytest.mark.rule("STOR-01", "EEC-01")
def test_nbt_g11_a_cap_of_500_and_525_exported_lose_25_from_the_dearest_period(tiny: Rules) -> None:
    """NBT-G11 under net billing: all hours of the period lose the same share of kWh, value and ACC Plus."""
    plan = home(program="sbp", climate_zone="10", acc_plus="residential")
    at = {"2025-06-03 17": (0, 60_000), "2025-06-03 18": (0, 40_000), "2025-06-03 10": (0, 425_000)}
    free = billed(plan.with_facts(exports_limited_by="nothing"), columns(*JUNE, at=at), tiny)
    capped = billed(plan, columns(*JUNE, at=at), tiny)
    assert int(capped.measured.forfeited.sum()) == 25_000
    for name in ("export.delivery", "export.generation"):
        peak = _peak_value(plan, at, tiny, name)
        lost = [int(r.lines.exact[r.lines.component == INDEX[name]].sum()) for r in (free, capped)]
        assert lost[0] - lost[1] == peak // 4, "25 of the 100 kWh of the peak"
    bonus = [int(r.lines.quantity[r.lines.component == INDEX["bonus"]].sum()) for r in (free, capped)]
    assert bonus == [525_000, 500_000]


def _peak_value(plan: Any, at: dict[str, tuple[int, int]], rules: Rules, name: str) -> int:
    only = {hour: value for hour, value in at.items() if not hour.endswith("10")}
    alone = billed(plan.with_facts(exports_limited_by="nothing"), columns(*JUNE, at=only), rules)
    return int(alone.lines.exact[alone.lines.component == INDEX[name]].sum())


@pytest.mark.rule("STOR-01", "NSC-01")
def test_forfeited_kwh_are_no_surplus(tiny: Rules) -> None:
    """NEM T4."""
    result = billed(home(service_end=JUNE[1], nsc_election="check"), exports(0, 700_000), tiny)
    assert int(result.settled.surplus_wh[0]) == 650_000


@pytest.mark.rule("STOR-02")
def test_nem_d5_a_generation_meter_credits_at_most_what_it_recorded_in_each_interval(tiny: Rules) -> None:
    """NEM-D5: exports of 2, 1 and 3 kWh with 1.5, 2 and 0 kWh generated are 2.5 kWh credited."""
    at = {"2025-06-03 10": (0, 2_000), "2025-06-03 11": (0, 1_000), "2025-06-03 12": (0, 3_000)}
    made = columns(*JUNE, at=at)
    generated = columns(*JUNE, at={"2025-06-03 10": (0, 1_500), "2025-06-03 11": (0, 2_000)}).received
    readings = Readings(made.first_day, made.last_day, 60, made.delivered, made.received, generated)
    result = billed(home(exports_limited_by="generation_meter"), readings, tiny)
    assert int(result.measured.cycle_credited[0]) == 2_500


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        pytest.param({"storage_kw": "10.001"}, "STOR-02", marks=pytest.mark.rule("STOR-02")),
        pytest.param(
            {"storage_kw": "5", "exports_limited_by": "nothing"}, "are capped", marks=pytest.mark.rule("STOR-01")
        ),
        pytest.param({"storage_charges_from_grid": True}, "STOR-03", marks=pytest.mark.rule("STOR-03")),
        pytest.param({"production_factors": None}, "STOR-01", marks=pytest.mark.rule("STOR-01")),
        pytest.param({"climate_zone": "11"}, "has zones 10, 9", marks=pytest.mark.rule("STOR-01")),
        pytest.param({"pv_kw": None}, "STOR-01", marks=pytest.mark.rule("STOR-01")),
    ],
)
def test_what_paired_storage_may_not_do_is_refused(facts: dict[str, Any], said: str, tiny: Rules) -> None:
    with pytest.raises(TrueupError, match=said):
        gather_facts([home(**facts)], tiny)


@pytest.mark.rule("STOR-01", "STOR-02", "STOR-05")
@pytest.mark.parametrize(
    ("kilowatts", "limit"),
    [
        ("10", "production_estimate"),
        ("10.001", "generation_meter"),
        ("200", "generation_meter"),
        ("11", "power_control"),
        ("5", "power_control"),
    ],
)
def test_ten_kw_need_no_generation_meter_and_any_size_is_taken_with_one(
    kilowatts: str, limit: str, tiny: Rules
) -> None:
    assert gather_facts([home(storage_kw=kilowatts, exports_limited_by=limit)], tiny).ids == ("home",)


@pytest.mark.rule("STOR-01")
def test_pge_bills_estimated_homes_as_if_uncapped() -> None:
    """PG&E Schedule NBT, footnote to Special Condition 8.c (NBT 4.10)."""
    rules = Rules.load()
    facts = {"schedule": "e-elec", "program": "pge-sbp", "production_factors": "production-sample"}
    made = account(**(LIMITED | facts | {"climate_zone": "los-angeles", "pv_kw": "0.1"}))
    result = run(made, columns(*JUNE, at={"2025-06-03 10": (0, 700_000)}), rules)
    assert int(result.measured.cycle_credited[0]) == 700_000


def test_the_sample_table_says_that_it_is_a_sample() -> None:
    table = Rules.load().production_factors("production-sample")
    assert table is not None
    assert table.status == "sample"
    assert "SAMPLE" in (RULES / "prices/sample/production-sample.yaml").read_text().splitlines()[0]


@pytest.mark.rule("STOR-04")
@pytest.mark.parametrize(
    ("discharged_kwh", "full", "enough"),
    [("702", 52, True), ("701.999", 51, False), ("0", 0, False), ("13.5", 1, False)],
)
def test_sgip_counts_full_discharges_of_the_incentivised_capacity(discharged_kwh: str, full: int, enough: bool) -> None:
    """STOR-04: 52 a year, in one or several discharges; a battery of 13.5 kWh must give 702 kWh."""
    wh = int(float(discharged_kwh) * 1000)
    found = full_discharges(np.array([wh // 2, wh - wh // 2]), capacity_wh=13_500)
    assert (found.full, found.enough) == (full, enough)


def test_a_battery_without_capacity_is_refused() -> None:
    with pytest.raises(TrueupError, match="E-STOR-001"):
        full_discharges(np.array([1]), capacity_wh=0)


@pytest.mark.rule("STOR-04")
def test_the_command_counts_a_battery_s_year(tmp_path: Path) -> None:
    """Ten hours of 13.5 kWh in 2025, one in 2026: ten full discharges of 13.5 kWh, 42 too few."""
    at = {f"2025-12-{day:02d} 18": (0, 13_500) for day in range(20, 30)} | {"2026-01-01 18": (0, 13_500)}
    file = neutral_csv(tmp_path / "battery.csv", columns(date(2025, 12, 20), date(2026, 1, 2), at=at))
    told = CliRunner().invoke(app, ["discharges", str(file), "--capacity", "13.5", "--year", "2025"])
    assert told.exit_code == 0, told.exception
    assert "10 full discharges" in told.output
    assert "12 days" in told.output
