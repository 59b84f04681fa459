"""NEM billing options, relevant facts that change with time, and what decides compensation before AB 920."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import trueup
from tests.made import MadeHome, account, billed, columns, homes, rules_in, run, tiny_rules
from tests.made_rules import MADE_CCA, shared_made_rules
from trueup.components import INDEX
from trueup.facts import gather_facts
from trueup.model import Result
from trueup.notices import notices_of, pending_switches
from trueup.rulebook import Rules
from trueup.settlement import settlement_steps
from trueup.timeline import cuts, find_cycles

MADE = shared_made_rules()
READS = [date(2025, 6, 10) + timedelta(30 * k) for k in range(14)]
SOLAR = {"pto": READS[0], "application": date(2025, 1, 5)}


def energy_of_the_year(result: Result) -> int:
    """Cents of energy charged by bills and settlements: billed in the months, and due or refunded at the end."""
    chosen = np.isin(result.lines.component, [INDEX["energy.billed"], INDEX["energy.due"]])
    return int(result.lines.cents[chosen & (result.lines.ledger == 0)].sum())


@pytest.mark.rule("BILL-04", "BILL-08")
@settings(max_examples=60)
@given(made=homes(programs=("nem", "nem-st")))
def test_both_billing_options_charge_the_same_energy_over_a_year(made: MadeHome) -> None:
    """tariffs-nem B3: max(0, sum of the months' net energy) under the annual and the monthly option."""
    fixed = {"billing_option_change": None, "service_end": made.account.read_dates[-1]}
    yearly, monthly = (
        run(made.account.with_facts(billing_option=option, **fixed), made.readings, MADE)
        for option in ("annual", "monthly")
    )
    assert not yearly.refusals
    assert energy_of_the_year(yearly) == energy_of_the_year(monthly)
    assert not yearly.settled.energy_before.any()
    assert monthly.closing.energy_to_date[0] == monthly.closing.energy_billed[0]


@pytest.mark.rule("BILL-13")
@pytest.mark.parametrize("option", ["annual", "monthly"])
@pytest.mark.parametrize("sent_wh", [0, 9_000_000])
def test_the_steps_of_a_settlement_add_up_to_what_is_due_for_energy(option: str, sent_wh: int) -> None:
    """Energy of the period, less what its months billed, plus what is forfeited, is what is due or refunded."""
    home = account(program="nem-st", billing_option=option, read_dates=READS[:13], nsc_election="check", **SOLAR)
    readings = columns(READS[0], READS[12], flat=(400, 0), at={"2026-05-20 12": (0, sent_wh)})
    result = billed(home, readings, MADE)
    steps = settlement_steps(result, int(np.argmax(result.spans.cycles.closes)))
    said = {step.text: step.amount.cents for step in steps if step.amount is not None}
    parts = ("Energy of the period", "Energy billed in its months", "Energy credit, forfeited")
    due = said.get("Energy now due", said.get("Energy refunded"))
    assert sum(said.get(part, 0) for part in parts) == due
    assert ("Energy billed in its months" in said) == (option == "monthly")


@pytest.mark.rule("BILL-05")
def test_a_large_commercial_customer_is_billed_energy_monthly_and_has_no_annual_option(tmp_path: Path) -> None:
    """No schedule of theirs is known, so the rate is a case's own, opened to the class."""
    own = tiny_rules(tmp_path, {"peak": "0.50", "off_peak": "0.25", "daily": "1"})
    opened = _large(own)
    facts = {"schedule": "tiny", "program": "nem-st", "customer_class": "large_commercial", "read_dates": READS[:4]}
    readings = columns(READS[0], READS[3], flat=(1000, 0))
    result = billed(account(**facts, pto=READS[0]), readings, opened)
    assert (result.billed.energy_billed[:3] > 0).all()
    with pytest.raises(trueup.TrueupError) as caught:
        run(account(**facts, pto=READS[0], billing_option="annual"), readings, opened)
    assert caught.value.code == "E-ACCT-003"
    assert "BILL-05" in caught.value.what


def _large(own: Rules) -> Rules:
    """The tiny schedule opened to large commercial customers."""
    from trueup.rulebook import Rulebook

    path = own.book.folder / "tariffs/sce/tiny.yaml"
    path.write_text(path.read_text().replace("- residential", "- large_commercial"))
    return Rules(Rulebook.load(own.book.folder))


@pytest.mark.rule("BILL-04")
@pytest.mark.parametrize(
    ("customer_class", "schedule", "billed_monthly"),
    [("residential", "tou-d-prime", False), ("small_commercial", "tou-gs-1-e", False)],
)
def test_homes_and_small_commercial_are_billed_yearly_unless_they_choose(
    customer_class: str, schedule: str, billed_monthly: bool, rules: Rules
) -> None:
    days = [date(2026, 6, 1), date(2026, 7, 1)]
    home = account(schedule=schedule, customer_class=customer_class, program="nem", read_dates=days, pto=days[0])
    result = billed(home, columns(*days, flat=(1000, 0)), rules)
    assert bool(result.billed.energy_billed.any()) == billed_monthly
    chosen = billed(home.with_facts(billing_option="monthly"), columns(*days, flat=(1000, 0)), rules)
    assert chosen.billed.energy_billed[0] == result.billed.energy_to_date[0] > 0


@pytest.mark.parametrize(("days", "first_monthly"), [(59, 3), (60, 2), (61, 2)])
def test_a_change_of_option_holds_from_the_first_read_date_sixty_days_after_its_request(
    days: int, first_monthly: int
) -> None:
    """tariffs-nem B4. The request lies `days` before the third read date: one day too late moves it a cycle."""
    change = {"requested": READS[2] - timedelta(days), "to": "monthly"}
    home = account(program="nem", read_dates=READS[:6], billing_option_change=change, **SOLAR)
    result = billed(home, columns(READS[0], READS[5], flat=(1000, 0)), MADE)
    assert int(np.argmax(result.billed.energy_billed > 0)) == first_monthly
    due = result.billed.energy_billed[first_monthly]
    assert due == result.billed.energy_to_date[first_monthly], "what stood in the ledger is due with it"


@pytest.mark.rule("NSC-07", "NSC-03")
@pytest.mark.parametrize(("day", "standing"), [(-1, "check"), (0, "check"), (1, "on_bill")])
def test_the_choice_that_stands_on_the_last_service_day_decides(day: int, standing: str) -> None:
    """A choice on the period's last service day counts, one on the day after does not."""
    last = READS[12] - timedelta(1)
    chosen = [{"on": last + timedelta(day), "choice": "check"}]
    home = account(program="nem", read_dates=READS, nsc_election="on_bill", nsc_elections=chosen, **SOLAR)
    result = billed(home, columns(READS[0], READS[13], at={"2025-07-01 12": (0, 9_000_000)}), MADE)
    closing = int(np.argmax(result.spans.cycles.closes))
    kind = {"check": "paid", "on_bill": "kept"}[standing]
    assert int(getattr(result.settled, kind)[closing]) > 0


@pytest.mark.rule("NSC-07")
def test_a_reminder_goes_out_with_the_bill_before_the_last_of_a_period() -> None:
    home = account(program="nem", read_dates=READS, nsc_election="check", **SOLAR)
    said = reminders(home)
    assert [date.fromordinal(start) for start, _ in said] == [READS[10]]
    assert said[0][1].startswith(str(READS[11]))
    assert "is check:" in said[0][1]
    assert reminders(account(read_dates=READS)) == []
    assert "No choice" in reminders(home.with_facts(nsc_election="none"))[0][1]


@pytest.mark.rule("NSC-07")
def test_a_provider_reminds_before_its_own_settlement() -> None:
    stated = {f"{y}-{m:02d}": "0" for y in (2025, 2026) for m in range(1, 13)}
    facts = {"provider": MADE_CCA, "crs_vintage": 2018, "generation_municipal_surcharge": stated}
    home = account(program="nem", read_dates=READS, nsc_election="check", **SOLAR, **facts)
    assert [text.split(" settles")[0].split(": ")[1] for _, text in reminders(home)] == [MADE.book.biller(MADE_CCA)]


@pytest.mark.rule("CCA-05")
@pytest.mark.parametrize(("asked", "said"), [(-33, []), (-13, ["takes effect"]), (31, ["has no effect"])])
def test_a_change_of_provider_that_has_yet_to_take_effect_is_told(asked: int, said: list[str]) -> None:
    """The aggregator serves from the next read date: the second of four, the third, or none that is known."""
    stated = {f"{y}-{m:02d}": "0" for y in (2025, 2026) for m in range(1, 13)}
    switches = [{"on": READS[0] + timedelta(asked), "provider": MADE_CCA, "crs_vintage": 2018}]
    dates = [READS[0] - timedelta(days) for days in (60, 30, 0, -30)]
    home = account(switches=switches, read_dates=dates, generation_municipal_surcharge=stated)
    told = list(pending_switches(home, MADE, READS[0]))
    assert [part in text for part, text in zip(said, told, strict=True)] == [True] * len(said)


def reminders(home: trueup.Account) -> list[tuple[int, str]]:
    """First day of the bill and text of each reminder over all read dates."""
    facts = gather_facts([home], MADE)
    return list(notices_of(facts, find_cycles(facts, cuts(facts))[0], MADE))


@pytest.mark.rule("TRUE-07", "NSC-13")
@pytest.mark.parametrize(("month", "price"), [("2010-12", 0), ("2011-01", 1), ("2026-09", 1)])
def test_surplus_of_periods_before_2011_earns_nothing_and_of_later_ones_the_posted_rate(
    month: str, price: int, rules: Rules
) -> None:
    from trueup.periods import month_from_text

    found = rules.surplus_rate.at(np.array([rules.utilities.index("sce")]), np.array([month_from_text(month)]))[0, 0]
    assert (found > 0) == bool(price)
    assert found >= 0, "nothing, not unknown"


@pytest.mark.rule("NSC-13")
def test_an_account_that_dropped_out_and_comes_back_is_compensated_again() -> None:
    """A year, an interval at another provider, and a bundled period again: compensated without any form."""
    switches: list[dict[str, Any]] = [
        {"on": READS[4], "provider": "direct-access", "crs_vintage": 2018}, {"on": READS[6], "provider": "bundled"},
    ]  # fmt: skip
    stated = {f"{y}-{m:02d}": "0" for y in (2025, 2026) for m in range(1, 13)}
    home = account(
        program="nem", read_dates=READS[:9], switches=switches, nsc_election="check", service_end=READS[8],
        generation_municipal_surcharge=stated, **SOLAR,
    )  # fmt: skip
    sent = {f"{READS[k] + timedelta(3)} 12": (0, 500_000) for k in range(8)}
    result = billed(home, columns(READS[0], READS[8], at=sent), MADE)
    closes = np.nonzero(result.spans.cycles.closes)[0]
    assert [int(result.settled.surplus[k] > 0) for k in closes] == [1, 0, 1]


@pytest.mark.rule("NSC-12")
def test_a_small_utility_carries_anothers_rate(rules: Rules) -> None:
    """Bear Valley's table names SCE's: one figure, two places."""
    from trueup.rulebook.prices import monthly_columns

    ours, theirs = (monthly_columns(rules.book, (utility,), "nscr", 1) for utility in ("bear-valley", "sce"))
    assert np.array_equal(ours.values, theirs.values)
    assert ours.first_month == theirs.first_month


@pytest.mark.rule("EEC-02")
def test_every_vintage_names_the_calculator_in_force_and_every_year_has_its_own_monthly_shapes(rules: Rules) -> None:
    """tariffs-nbt 2.1: 108 separate monthly shapes over nine years, 576 cells a year and component."""
    tables = [table for table in rules.book.tables.values() if table.kind == "export_prices"]
    for table in tables:
        assert set(table.calculator) == set(table.vintages)
        for vintage, calculator in table.calculator.items():
            if vintage == "NBT00":
                continue  # the floating series: the calculator of each year
            assert calculator.approved == f"before 20{vintage.removeprefix('NBT')}-01-01"
        rows = rules.book.csv(
            table, "year,month,day_type,hour_start,delivery,delivery_basis,generation,generation_basis"
        )
        by_year: dict[str, list[tuple[str, str]]] = {}
        for row in rows:
            by_year.setdefault(row[0], []).append((row[4], row[6]))
        assert {len(cells) for cells in by_year.values()} == {12 * 2 * 24}
        shapes = {tuple(cells) for cells in by_year.values()}
        assert len(shapes) == len(by_year), "no two years share their values: months of each year, not one average"


def test_nbt_g5_a_daily_floor_leaves_no_surcharge_where_every_day_sends_out_more(tmp_path: Path) -> None:
    """NBT-G5: 731 kWh before PTO are 0.22; then 39 kWh in and 193 out, every day net-exporting, are 0.00."""
    change = {
        "programs/sbp.yaml": lambda text: text.replace(
            "state_surcharge:      {value: imports", "state_surcharge:      {value: positive_net_of_days"
        )
    }
    own = rules_in(tmp_path, change)
    reads = [date(2026, 5, 1), date(2026, 6, 1), date(2026, 6, 30)]
    home = account(program="sbp", read_dates=reads, pto=reads[1], application=date(2026, 1, 5))
    days = [reads[1] + timedelta(k) for k in range(29)]
    net_export = {f"{day} 20": (1_345, 0) for day in days} | {f"{day} 12": (0, 6_655) for day in days}
    before = {"2026-05-02 10": (731_000, 0)}
    result = billed(home, columns(reads[0], reads[2], at=before | net_export), own)
    surcharge = result.lines.cents[result.lines.component == INDEX["state_surcharge"]]
    assert surcharge.tolist() == [22, 0]
    one_day = before | net_export | {f"{days[3]} 12": (0, 0)}
    again = billed(home, columns(reads[0], reads[2], at=one_day), own)
    assert int(again.measured.surcharge[1]) == 1_345, "only the day that took in more counts"


@pytest.mark.rule("REC-01", "REC-02")
def test_one_rec_is_the_attribute_of_one_mwh(sample_home: trueup.Account, sample_reads: trueup.Reads) -> None:
    """The sample home's surplus of 2,076 kWh, with its RECs transferred, is two RECs."""
    home = sample_home.with_facts(transfers_recs=True)
    steps = trueup.settle(home, sample_reads, "2026-06").settlements[0].steps
    told = [step.text for step in steps if "REC" in step.text]
    surplus = next(step.text for step in steps if step.text.startswith("Net surplus "))
    whole = int(surplus.split()[2].replace(",", "").split(".")[0]) // 1000
    assert told == [f"RECs of the surplus, transferred with it: {whole} of 1 MWh, tracked by WREGIS"]
