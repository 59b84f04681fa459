"""Other providers of generation: two ledgers on one bill, the April true-up, switches, what a provider's file says."""

import json
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings

import trueup
from tests.made import MadeHome, account, billed, columns, homes, neutral_csv, run
from tests.made_rules import MADE_CCA, MADE_ESP, made_cca, shared_made_rules, write_yaml
from trueup.balances import Opening
from trueup.components import COMPONENTS, INDEX, PROVIDER, UTILITY
from trueup.line_rows import EXPORTS
from trueup.model import Result
from trueup.quantities import price_from_text, price_multiple
from trueup.rulebook import Rulebook, Rules
from trueup.rulebook.load import RULES
from trueup.statement import statement_lines

MADE = shared_made_rules()
STATED = {f"{year}-{month:02d}": "1.00" for year in (2025, 2026) for month in range(1, 13)}
READS = [date(2025, 3, 10) + timedelta(30 * k) for k in range(17)]
CPA = {
    "provider": "clean-power-alliance",
    "product": "clean",
    "crs_vintage": 2018,
    "generation_municipal_surcharge": STATED,
}
VALLEY = {"provider": MADE_CCA, "crs_vintage": 2018, "generation_municipal_surcharge": STATED}
DIRECT = CPA | {"provider": "direct-access", "product": None}
SHOP = {"schedule": "tou-gs-1-e", "customer_class": "small_commercial"}
SOLAR = {"pto": READS[0], "application": date(2025, 1, 5), "nsc_election": "check"}


def amounts(result: Result, rules: Rules, ledger: int) -> dict[str, str]:
    """Printed amounts of a ledger by line id without its day."""
    every = statement_lines(result, rules, np.arange(len(result.spans.cycles.start)))
    mine = [line for line in every if (line.provider != "sce") == (ledger == PROVIDER)]
    return {line.id.split(".", 1)[1].split("@")[0].removeprefix("clean-power-alliance."): str(line.amount)
            for line in mine}  # fmt: skip


def total(result: Result, name: str, ledger: int) -> int:
    """Cents of all lines of a component in a ledger."""
    chosen = (result.lines.component == INDEX[name]) & (result.lines.ledger == ledger)
    return int(result.lines.cents[chosen].sum())


def use(**at: tuple[int, int]) -> Any:
    """Columns over all read dates with a few hours of use."""
    return columns(READS[0], READS[-1], flat=(100, 0), at=at)


G6 = {"2026-07-23 17": (436_488, 0), "2026-07-25 17": (175_596, 0), "2026-07-24 10": (1_361_730, 0)}


@pytest.mark.rule("CCA-01")
def test_nbt_g6_every_line_of_a_real_bill_with_clean_power_alliance(rules: Rules) -> None:
    """NBT-G6: SCE 495.60, Clean Power Alliance 253.77; whole kWh at SCE, thousandths at the aggregator."""
    facts = CPA | {"product": "green100", "generation_municipal_surcharge": {"2026-08": "2.27"}}
    home = account(
        read_dates=["2026-07-23", "2026-08-21"], base_services_charge_per_day="0.76862", billed_quantity="as_printed",
        **facts,
    )  # fmt: skip
    result = billed(home, columns(date(2026, 7, 23), date(2026, 8, 21), at=G6), rules)
    utility = {
        "delivery.summer.on_peak": "126.58", "delivery.summer.mid_peak": "51.10", "delivery.summer.off_peak": "259.57",
        "pcia": "45.62", "wildfire_fund_crs": "11.67", "ctc_crs": "0.28", "fixed_recovery": "12.22", "daily": "22.29",
        "municipal_surcharge": "2.27", "climate.used": "-36.00",
    }  # fmt: skip
    found = amounts(result, rules, UTILITY)
    assert {name: found[name] for name in utility} == utility
    assert set(found) - set(utility) == {"climate", "memo.delivery"}, "nothing else is due"
    assert amounts(result, rules, PROVIDER) == {
        "generation.summer.on_peak": "148.56", "generation.summer.mid_peak": "18.64",
        "generation.summer.off_peak": "85.98", "state_surcharge": "0.59",
    }  # fmt: skip
    assert [int(books.billed.due[0]) for books in result.books] == [49_560, 25_377]


@pytest.mark.rule("CCA-04")
@pytest.mark.parametrize(
    ("nscr", "paid"),
    [("0.01825", "0.02008"), ("0.01824", "0.02006"), ("0.01850", "0.02035"), ("0.01815", "0.01997"), ("0", "0")],
)
def test_nem_g8_and_nbt_g13_the_rate_is_ten_percent_more_at_five_decimals_half_up(nscr: str, paid: str) -> None:
    """NEM-G8, NBT-G13: 0.01825 x 1.10 = 0.020075, published as 0.02008."""
    columns = (np.array([price_from_text(nscr)]), np.array([1_100_000]), np.array([100]))
    assert price_multiple(*columns)[0] == price_from_text(paid)


@pytest.mark.rule("CCA-02", "CCA-03", "CCA-04", "NSC-09")
def test_nem_d7_a_year_with_the_aggregator_pays_surplus_in_april_at_its_own_rate() -> None:
    """A made price file (invented prices): 3,000 kWh more sent out than taken in to April 2026, at 0.01818 x 1.10."""
    home = account(program="nem", read_dates=READS, **SOLAR, **VALLEY)
    sent = {"2025-07-01 12": (0, 4_000_000), "2026-05-20 12": (0, 9_000_000)}
    readings = columns(READS[0], READS[-1], at=sent | {"2025-06-01 20": (1_000_000, 0)})
    result = billed(home, readings, MADE)
    cycles, provider = result.spans.cycles, result.books[PROVIDER]
    closing = [int(k) for k in np.nonzero(cycles.ledger_closes)[0]]
    months = [int(cycles.month[k]) % 12 + 1 for k in closing]
    assert months == [4, 4], "every April, and only then: the aggregator trues up all customers"
    surplus = [int(provider.settled.surplus_wh[k]) for k in closing]
    assert surplus == [0, 3_000_000], "what was sent out in May belongs to the next period"
    assert int(provider.settled.surplus_price[closing[1]]) == price_from_text("0.02000")
    assert int(provider.settled.paid[closing[1]]) == 6_000
    assert total(result, "surplus", UTILITY) == 0, "the utility pays no surplus of another provider's customer"


@pytest.mark.rule("CCA-04")
def test_nem_d7_the_rate_is_rounded_before_it_is_multiplied() -> None:
    """NEM-D7: 12,345 kWh at 0.02008 are 247.89; unrounded they would be 247.83."""
    rate = price_multiple(np.array([price_from_text("0.01825")]), np.array([1_100_000]), np.array([100]))
    from trueup.quantities import amount, to_cents

    assert to_cents(amount(np.array([12_345_000]), rate))[0] == 24_789


@pytest.mark.rule("CCA-02", "BILL-04")
def test_the_aggregator_bills_each_month_what_the_utility_bills_once_a_year() -> None:
    home = account(program="nem-st", read_dates=READS[:5], **SOLAR, **VALLEY)
    result = billed(home, columns(READS[0], READS[4], flat=(1000, 200)), MADE)
    assert (result.books[PROVIDER].billed.energy_billed[:4] > 0).all()
    assert not result.books[UTILITY].billed.energy_billed.any()
    assert result.books[PROVIDER].billed.due[:4].min() > 3_000


@pytest.mark.rule("CCA-03")
def test_credits_left_in_april_are_forfeited_and_earlier_months_are_not_refunded() -> None:
    """spec decisions 20: paid in the first month, a credit in the second, April resets it."""
    reads = [date(2026, 1, 20), date(2026, 2, 18), date(2026, 3, 19), date(2026, 4, 20), date(2026, 5, 19)]
    at = {"2026-02-01 12": (800_000, 0), "2026-03-01 12": (0, 500_000)}
    home = account(program="nem", read_dates=reads, **(SOLAR | {"pto": reads[0]}), **VALLEY)
    result = billed(home, columns(reads[0], reads[-1], at=at), MADE)
    provider = result.books[PROVIDER]
    assert provider.billed.energy_billed[0] > 0 >= provider.billed.energy_billed[1:4].max()
    assert provider.settled.energy_forfeited[2] == -int(provider.priced.yearly[1]), "the credit month, in April"
    assert provider.settled.energy_due[2] == 0
    assert provider.closing.energy_to_date[0] == provider.closing.energy_billed[0] == 0


@pytest.mark.rule("EEC-07", "CCA-01")
def test_export_credits_come_from_both_delivery_from_the_utility_generation_from_the_provider() -> None:
    home = account(program="sbp", read_dates=READS[:4], **SOLAR, **VALLEY)
    at = {"2025-03-20 12": (0, 500_000), "2025-03-21 20": (300_000, 0)}
    result = billed(home, columns(READS[0], READS[3], at=at), MADE)
    alone = billed(account(program="sbp", read_dates=READS[:4], **SOLAR), result.shard.readings, MADE)
    for name in ("export.delivery", "export.generation"):
        ledger = UTILITY if name.endswith("delivery") else PROVIDER
        assert total(result, name, ledger) == total(alone, name, UTILITY) > 0
        assert total(result, name, 1 - ledger) == 0
    assert result.books[PROVIDER].billed.used[0].sum() <= result.books[PROVIDER].priced.payable[0].sum()


@pytest.mark.rule("EEC-07")
def test_a_direct_access_provider_keeps_its_generation_credits_to_itself() -> None:
    home = account(program="sbp", read_dates=READS[:4], **SOLAR, **(VALLEY | {"provider": MADE_ESP}))
    at = {"2025-03-20 12": (0, 500_000), "2025-03-21 20": (300_000, 0)}
    result = billed(home, columns(READS[0], READS[3], at=at), MADE)
    assert total(result, "export.delivery", UTILITY) > 0
    assert not (result.lines.component == INDEX["export.generation"]).any()
    assert not (result.lines.ledger == PROVIDER).any(), "the provider bills its generation itself"
    assert total(result, "state_surcharge", UTILITY) > 0


@settings(max_examples=40)
@given(made=homes())
def test_neither_ledger_ever_offsets_the_other(made: MadeHome) -> None:
    """What the provider grants and what its customer owes it changes nothing on the utility's page."""
    result = run(made.account, made.readings, MADE)
    assert not result.refusals
    for ledger, books in enumerate(result.books):
        lines = result.lines.take(result.lines.ledger == ledger)
        granted = np.isin(lines.component, [INDEX[name] for name in EXPORTS])
        used = lines.component == INDEX["export.used"]
        assert -int(lines.cents[used].sum()) <= int(lines.cents[granted].sum())
        assert (books.billed.used[:-1] <= np.maximum(books.priced.payable, 0)).all()


@pytest.mark.rule("CCA-05", "TRUE-06")
def test_joining_the_aggregator_settles_with_the_utility_at_the_next_read_date() -> None:
    """Asked for on 1 August, it takes effect on the next read date; the ended period pays the utility's NSC."""
    asked, effective = READS[5] - timedelta(8), READS[5]
    switch = [{"on": asked, "provider": MADE_CCA, "crs_vintage": 2018}]
    home = account(
        program="nem", read_dates=READS, switches=switch, generation_municipal_surcharge=STATED, **SOLAR
    )  # fmt: skip
    result = billed(home, columns(READS[0], READS[-1], at={"2025-07-01 12": (0, 1_000_000)}), MADE)
    cycles = result.spans.cycles
    first = int(np.nonzero(cycles.closes)[0][0])
    assert date.fromordinal(int(cycles.end[first])) == effective
    assert cycles.keeps_ledger.tolist() == [k > first for k in range(len(cycles.start))]
    assert result.settled.surplus[first] > 0, "a bundled customer until then earns the utility's compensation"
    closes = np.nonzero(cycles.closes)[0]
    assert closes.tolist() == [4], "twelve bills from the switch are not over"


@pytest.mark.rule("TRUE-06")
@pytest.mark.parametrize("to", ["bundled", "direct-access", MADE_CCA])
def test_any_change_of_service_ends_the_relevant_period_on_its_day(to: str) -> None:
    day = READS[4] if to == MADE_CCA else READS[4] - timedelta(7)
    switch = [{"on": READS[4] - timedelta(7), "provider": to, "crs_vintage": 2018}]
    start = VALLEY if to == "bundled" else {"generation_municipal_surcharge": STATED}
    home = account(program="nem-st", read_dates=READS[:9], switches=switch, **SOLAR, **start)
    result = billed(home, columns(READS[0], READS[8], flat=(400, 100)), MADE)
    ends = [date.fromordinal(int(end)) for end in result.spans.cycles.end[result.spans.cycles.closes]]
    assert ends == [day]
    assert result.settled.energy_due[np.argmax(result.spans.cycles.closes)] > 0
    kept = [date.fromordinal(int(end)) for end in result.spans.cycles.end[result.spans.cycles.ledger_closes]]
    assert kept == ([READS[1], day] if to == "bundled" else []), "and that of the provider that is left"


@pytest.mark.rule("TRUE-06")
def test_on_a_switch_the_delivery_pool_is_carried_and_the_generation_pool_forfeited() -> None:
    """NBT 3.3, Advice 5209-E-B; R-FAQ forfeits both."""
    switch = [{"on": READS[4], "provider": MADE_CCA, "crs_vintage": 2018}]
    at = {"2025-07-02 17": (0, 3_000_000)}
    found = {}
    for rule in ("R-2024", "R-FAQ"):
        home = account(program="sbp", read_dates=READS[:8], switches=switch, settlement_rule=rule,
                       generation_municipal_surcharge=STATED, **SOLAR)  # fmt: skip
        result = billed(home, columns(READS[0], READS[7], at=at), MADE)
        k = int(np.argmax(result.spans.cycles.closes))
        found[rule] = (result.settled.carried[k].tolist(), result.settled.forfeited[k].tolist())
    carried, forfeited = found["R-2024"]
    assert carried[0] > 0 == carried[1]
    assert forfeited[0] == 0 < forfeited[1]
    assert found["R-FAQ"][0] == [0, 0]


@pytest.mark.rule("CCA-10")
def test_a_provider_that_does_not_support_the_plan_is_refused_with_the_three_ways_out() -> None:
    home = account(
        program="sbp", read_dates=READS[:4], **SOLAR, **(CPA | {"provider": "direct-access", "product": None})
    )
    with pytest.raises(trueup.TrueupError) as caught:
        run(home, columns(READS[0], READS[3]), MADE)
    assert caught.value.code == "E-ACCT-003"
    said = caught.value.what
    assert "CCA-10" in said
    assert all(way in said for way in ("without credits", "change the provider", "return to bundled"))


@pytest.mark.rule("CCA-10")
def test_such_a_customer_may_stay_without_credits() -> None:
    home = account(program="standard", read_dates=READS[:4], **(VALLEY | {"provider": "direct-access"}))
    result = billed(home, columns(READS[0], READS[3], flat=(100, 50)), MADE)
    assert not any(
        COMPONENTS[c].section == "granted" for c in result.lines.component if COMPONENTS[c].name != "climate"
    )


def test_a_bill_without_the_stated_municipal_surcharge_is_refused() -> None:
    home = account(read_dates=READS[:3], **(VALLEY | {"generation_municipal_surcharge": {"2025-04": "1.00"}}))
    refused = run(home, columns(READS[0], READS[2]), MADE).refusals
    assert [refusal.error.code for refusal in refused] == ["E-RULE-007"]
    assert "2025-05" in refused[0].error.what


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"crs_vintage": None}, "crs_vintage"), ({"product": None}, "not stated"),
        ({"product": "brown"}, "product is brown"),
        ({"crs_vintage": 2019}, "for 2019"), ({"schedule": "d", "baseline_region": "6"}, "no known price"),
    ],
)  # fmt: skip
def test_what_the_aggregators_file_does_not_say_is_refused(facts: dict[str, Any], said: str, rules: Rules) -> None:
    home = account(read_dates=["2026-07-01", "2026-07-31"], **(CPA | facts))
    with pytest.raises(trueup.TrueupError) as caught:
        run(home, columns(date(2026, 7, 1), date(2026, 7, 31)), rules)
    assert caught.value.code == "E-ACCT-003"
    assert said in caught.value.what


def test_days_before_the_aggregators_first_price_are_refused(rules: Rules) -> None:
    home = account(read_dates=["2026-06-15", "2026-07-15"], **CPA)
    refused = run(home, columns(date(2026, 6, 15), date(2026, 7, 15)), rules).refusals
    assert [refusal.error.code for refusal in refused] == ["E-RULE-003"]


def test_a_vintage_without_a_known_pcia_is_refused_unless_the_account_states_it(rules: Rules) -> None:
    facts = {"provider": "direct-access", "crs_vintage": 2020, "generation_municipal_surcharge": STATED}
    days = (date(2026, 7, 1), date(2026, 7, 31))
    refused = run(account(read_dates=days, **facts), columns(*days), rules).refusals
    assert [refusal.error.code for refusal in refused] == ["E-RULE-004"]
    assert "PCIA" in refused[0].error.what
    assert not run(account(read_dates=days, pcia_per_kwh="0.03", **facts), columns(*days), rules).refusals


def test_adding_a_made_up_aggregator_is_one_yaml_file(tmp_path: Path) -> None:
    """The folder is the registry: its programs, prices, true-up and elections are all in the file."""
    folder = tmp_path / "rules"
    shutil.copytree(RULES, folder)
    before = {path for path in folder.rglob("*") if path.is_file()}
    answers = {
        "true_up": {"value": "october", "first": "2025-10", "source": "seed-cpa-nem", "rules": ["CCA-03"]},
        "left_over": {"value": "carried", "source": "seed-cpa-nem", "rules": []},
    }
    data = made_cca("sunny-coast-energy", **answers)
    data["prices"] = [
        {**prices, "versions": [v for v in prices["versions"] if v["from"] >= "2026-07-01"]}
        for prices in data["prices"]
    ]
    write_yaml(folder / "programs/cca/sunny-coast-energy.yaml", data)
    assert len({path for path in folder.rglob("*") if path.is_file()} - before) == 1
    own = Rules(Rulebook.load(folder))
    facts = CPA | {"provider": "sunny-coast-energy", "product": "plain"}
    days = (date(2026, 7, 1), date(2026, 7, 31))
    home = account(program="nem-st", read_dates=days, pto=days[0], **facts)
    result = billed(home, columns(*days, flat=(500, 0)), own)
    assert result.books[PROVIDER].billed.due[0] > 0
    assert any("sunny-coast-energy" in line.id for line in statement_lines(result, own, np.arange(1)))


@pytest.mark.rule("CCA-01")
def test_the_real_bill_prints_line_for_line_from_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from typer.testing import CliRunner

    from trueup.cli import app

    monkeypatch.chdir(tmp_path)
    home = CPA | {
        "account": "real-bill", "schedule": "tou-d-prime", "program": "standard", "product": "green100",
        "read_dates": ["2026-07-23", "2026-08-21"], "base_services_charge_per_day": "0.76862",
        "billed_quantity": "as_printed", "generation_municipal_surcharge": {"2026-08": "2.27"},
    }  # fmt: skip
    Path("home.yaml").write_text(yaml.safe_dump(home))
    neutral_csv(Path("meter.csv"), columns(date(2026, 7, 23), date(2026, 8, 21), at=G6), "real-bill")
    asked = ["bill", "--account", "home.yaml", "--reads", "meter.csv", "--from", "2026-07-23", "--to", "2026-08-21"]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    assert "SCE $495.60 + Clean Power Alliance $253.77 = $749.37" in done.output
    assert all(f"{amount}" in done.output for amount in ("126.58", "259.57", "45.62", "148.56", "85.98"))
    data = json.loads(CliRunner().invoke(app, [*asked, "--json"]).output)
    assert data["due_by_biller"] == {"sce": "495.60", "clean-power-alliance": "253.77"}


def test_bills_of_the_aggregator_begin_with_its_first_price_although_read_dates_go_back_further(
    rules: Rules, tmp_path: Path
) -> None:
    home = account(read_dates=["2026-05-20", "2026-06-19", "2026-07-21", "2026-08-20"], **CPA)
    readings = columns(date(2026, 5, 20), date(2026, 8, 20), flat=(500, 0))
    reads = trueup.read(neutral_csv(tmp_path / "meter.csv", readings))
    bills = trueup.bill(home, reads, date(2026, 7, 21), date(2026, 8, 20), rules=rules)
    assert [row.start for row in bills.rows] == ["2026-07-21"]
    with pytest.raises(trueup.TrueupError) as caught:
        trueup.bill(home, reads, date(2026, 6, 19), date(2026, 7, 21), rules=rules)
    assert caught.value.code == "E-RULE-003"


def april_closings(reads: list[date], **facts: Any) -> list[date]:
    """The days on which the aggregator's ledger of a solar home settles."""
    home = account(program="nem", read_dates=reads, **(SOLAR | {"pto": reads[0]} | VALLEY | facts))
    cycles = billed(home, columns(reads[0], reads[-1], flat=(100, 0)), MADE).spans.cycles
    return [date.fromordinal(int(end)) for end in cycles.end[cycles.ledger_closes]]


@pytest.mark.rule("CCA-03")
@pytest.mark.parametrize(
    ("reads", "settled"),
    [
        ([(3, 2), (3, 31), (4, 30), (5, 29)], (4, 30)),  # last service days 30 March, 29 April
        ([(3, 2), (4, 1), (5, 1), (6, 1)], (5, 1)),  # 31 March, 30 April
        ([(3, 2), (4, 2), (5, 2), (6, 1)], (4, 2)),  # 1 April
        ([(3, 2), (4, 1), (5, 2), (6, 1)], (5, 2)),  # 31 March, 1 May: the bill that contains all of April
        ([(3, 2), (4, 2), (4, 30), (5, 29)], (4, 2)),  # two bills end in April: the first
    ],
)
def test_each_april_settles_once_wherever_the_read_dates_lie(
    reads: list[tuple[int, int]], settled: tuple[int, int]
) -> None:
    days = [date(2026, *day) for day in reads]
    assert april_closings(days) == [date(2026, *settled)]


@pytest.mark.rule("CCA-03")
def test_april_settles_the_first_bill_of_the_ledger_even_where_another_bill_ends_in_april() -> None:
    """PTO on 15 April, and joining on 15 April: the bills before belong to no ledger of the aggregator."""
    reads = [date(2026, 3, 18), date(2026, 4, 28), date(2026, 5, 28)]
    assert april_closings(reads, pto=date(2026, 4, 15)) == [date(2026, 4, 28)]
    reads = [date(2026, 3, 18), date(2026, 4, 15), date(2026, 4, 28), date(2026, 5, 28)]
    switch = [{"on": reads[1], "provider": MADE_CCA, "crs_vintage": 2018}]
    joined = april_closings(reads, provider="bundled", crs_vintage=None, switches=switch)
    assert joined == [date(2026, 4, 28)]


@pytest.mark.rule("CCA-01", "NSC-06")
def test_who_leaves_the_aggregator_is_paid_what_it_kept_and_nothing_stays_there() -> None:
    reads = [date(2025, 9, 10) + timedelta(30 * k) for k in range(12)]
    switch = [{"on": reads[9], "provider": "bundled"}]
    home = account(program="nem", read_dates=reads, switches=switch, nsc_election="on_bill", pto=reads[0], **VALLEY)
    sent = {f"{reads[1]} 12": (0, 4_000_000)}
    result = billed(home, columns(reads[0], reads[-1], at=sent), MADE)
    provider, closes = result.books[PROVIDER], np.nonzero(result.spans.cycles.ledger_closes)[0]
    assert [int(provider.settled.kept[k] > 0) for k in closes] == [1, 0], "kept in April"
    assert int(provider.settled.paid[closes[1]]) > 0, "paid by check when the customer leaves"
    assert int(provider.closing.surplus[0]) == 0


@pytest.mark.rule("CCA-01")
def test_two_aggregators_in_one_account_file_are_refused_for_their_money_is_not_one(tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    shutil.copytree(MADE.book.folder, folder)
    write_yaml(folder / "programs/cca/second.yaml", made_cca("second"))
    switch = [{"on": READS[3], "provider": "second", "crs_vintage": 2018}]
    home = account(program="nem", read_dates=READS[:6], switches=switch, **SOLAR, **VALLEY)
    with pytest.raises(trueup.TrueupError) as caught:
        run(home, columns(READS[0], READS[5]), Rules(Rulebook.load(folder)))
    assert caught.value.code == "E-ACCT-003"
    assert "a ledger of their own" in caught.value.what


def test_two_bills_in_a_month_bear_the_stated_surcharge_once() -> None:
    home = account(program="nem", read_dates=READS[:3], **(SOLAR | {"pto": READS[1] - timedelta(4)}), **VALLEY)
    result = billed(home, columns(READS[0], READS[2], flat=(100, 0)), MADE)
    assert result.spans.cycles.month.tolist()[:2] == [result.spans.cycles.month[0]] * 2, "two bills end in April"
    assert total(result, "municipal_surcharge", UTILITY) == 200, "April and May"


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (
            {"schedule": "tou-gs-1-e", "customer_class": "small_commercial", "acc_plus": "residential"},
            "ACC Plus is for",
        ),
        ({"billing_option": "monthly"}, "has no billing options"),
    ],
)
def test_facts_that_mean_nothing_here_are_refused(facts: dict[str, Any], said: str, rules: Rules) -> None:
    days = [date(2026, 6, 1), date(2026, 7, 1)]
    home = account(program="sbp", read_dates=days, pto=days[0], application=date(2026, 1, 5), **facts)
    with pytest.raises(trueup.TrueupError) as caught:
        run(home, columns(*days), rules)
    assert said in caught.value.what


@pytest.mark.rule("CCA-03")
def test_the_aggregators_year_settles_by_its_own_month_and_needs_its_own_balances(tmp_path: Path) -> None:
    home = account(program="nem", read_dates=READS, **SOLAR, **VALLEY)
    sent = {"2025-07-01 12": (0, 4_000_000)}
    reads = trueup.read(neutral_csv(tmp_path / "meter.csv", columns(READS[0], READS[-1], at=sent)))
    year = trueup.settle(home, reads, "2026-04", rules=MADE)
    assert year.rows[-1].month == "2026-04"
    assert year.nsc.cents > 0
    assert "Net surplus 4,000 kWh" in [step.text for step in year.settlement]
    months = trueup.bill(home, reads, READS[0], READS[5], rules=MADE)
    alone = Opening(months.result.closing)
    with pytest.raises(trueup.TrueupError) as caught:
        trueup.bill(home, reads, READS[5], READS[6], alone, MADE)
    assert caught.value.code == "E-STATE-004"
    both = Opening(months.result.closing, provider=months.result.books[PROVIDER].closing)
    whole = trueup.bill(home, reads, READS[0], READS[6], rules=MADE)
    assert trueup.bill(home, reads, READS[5], READS[6], both, MADE).rows[-1] == whole.rows[-1]


def test_direct_access_beyond_the_attested_day_is_refused(rules: Rules) -> None:
    last = rules.book.provider("direct-access").through
    for days, codes in ((0, []), (1, ["E-RULE-003"])):
        end = last + timedelta(1 + days)
        home = account(read_dates=[end - timedelta(30), end], pcia_per_kwh="0.02", **DIRECT)
        refused = run(home, columns(end - timedelta(30), end), Rules(rules.book)).refusals
        assert [refusal.error.code for refusal in refused] == codes
