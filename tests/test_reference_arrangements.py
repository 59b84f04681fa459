"""The slow reference engine's arrangements, checked by hand: spec NEM-G5, NEM-D6, NBT-G15, decision record 0015."""

from datetime import date, datetime
from fractions import Fraction
from typing import Any

import pytest

from tests.reference import settle_arrangement, settle_home
from tests.reference.arrangement import seats_of
from tests.reference.clock import PACIFIC, midnight
from tests.reference.kept import lower_nets
from tests.reference.meter import Register
from tests.reference.programs import PROGRAMS
from tests.reference.shares import divide_kwh, divide_units, due_of_target
from tests.reference.virtual import allot_interval

READS = [date(2026, month, 1) for month in range(1, 6)]
START = midnight(READS[0])
HOURS = (midnight(READS[-1]) - START) // 3600
THREE = ("a", "b", "c")
FACTS: dict[str, Any] = {
    "schedule": "tou-d-prime",
    "pto": READS[0],
    "application": date(2024, 3, 1),
    "read_dates": READS,
    "relevant_period_start": None,
    "nsc_election": "none",
    "acc_plus": "residential",
    "local_tax": "0.05",
    "rec_transfer": False,
    "base_services_charge_per_day": None,
    "average_export_rates": {
        month: {"delivery": "0.04", "generation": "0.05"} for month in ("2026-01", "2026-02", "2026-03", "2026-04")
    },
}


def channel(at: dict[str, int]) -> list[int]:
    """Wh in hours named `YYYY-MM-DD HH` of local time, else nothing."""
    found = [0] * HOURS
    for text, wh in at.items():
        local = datetime.strptime(text, "%Y-%m-%d %H").replace(tzinfo=PACIFIC)
        found[(int(local.timestamp()) - START) // 3600] += wh
    return found


def home(program: str, used: dict[str, int], sent: dict[str, int] | None = None, **facts: Any) -> dict[str, Any]:
    """An account with its meter."""
    return {
        "home": FACTS | {"program": program} | facts,
        "start_utc": START,
        "minutes": 60,
        "delivered": channel(used),
        "received": channel(sent or {}),
    }


def monthly(kwh: list[int], hour: int = 20, day: int = 10) -> dict[str, int]:
    """kWh of each month from January on, in one hour of it."""
    return {f"2026-{month:02d}-{day:02d} {hour:02d}": 1000 * part for month, part in enumerate(kwh, 1)}


def stays(**changes: dict[str, date]) -> dict[str, dict[str, date]]:
    """Accounts a, b, c, throughout or as stated."""
    return {name: changes.get(name, {}) for name in THREE}


def aggregate(program: str, uses: dict[str, list[int]], pool: list[int], **more: Any) -> dict[str, Any]:
    """Account a generates and takes what is left."""
    accounts = more.pop("accounts", {name: {} for name in uses})
    arrangement = {"accounts": accounts, "designated": "a", "generating": "a", "fee_billing": "automated"}
    sent = {"a": monthly(pool, 12)}
    return settle_arrangement(
        arrangement | {"shares": [], "output": None},
        {name: home(program, monthly(kwh), sent.get(name), **more) for name, kwh in uses.items()},
    )


def virtual(program: str, homes: dict[str, dict[str, Any]], output: list[int], **more: Any) -> dict[str, Any]:
    """Half to b, a third to c, the rest to the designated account a."""
    arrangement = {
        "accounts": {name: {} for name in homes},
        "designated": "a",
        "generating": None,
        "fee_billing": "automated",
        "shares": [{"from": READS[0], "percent": {"b": "50", "c": "33.3333"}}],
        "output": output,
    }
    return settle_arrangement(arrangement | more, homes)


def credited(result: dict[str, Any], number: int) -> list[int]:
    """What each account is credited in a month, in kWh."""
    return [result[name]["months"][number]["credited_wh"] / Fraction(1000) for name in sorted(result)]


def without_fees(lines: dict[Any, Any]) -> dict[Any, Any]:
    """All other lines."""
    return {key: line for key, line in lines.items() if not key[2].startswith("fee.")}


USES = {"a": [50, 350, 0, 0], "b": [150, 50, 0, 0], "c": [200, 0, 0, 0]}


@pytest.mark.parametrize("rule", ["cumulative-target", "monthly-use"])
def test_a_pool_is_shared_by_use_as_sce_shows_it(rule: str) -> None:
    result = aggregate("nem-a", USES, [80, 0, 0, 0], settlement_rule=rule)  # NEM-G5: 12.5, 37.5, 50 percent
    assert credited(result, 0) == [10, 30, 40]


def test_a_cumulative_target_is_met_and_never_below_nothing() -> None:
    result = aggregate("nem-st-a", USES, [400, 100, 0, 0])  # NEM-D6
    assert credited(result, 0) == [50, 150, 200]
    assert credited(result, 1) == [100, 0, 0]
    due = due_of_target(100_000, {"a": 400, "b": 200, "c": 200}, {"a": 50_000, "b": 150_000, "c": 200_000})
    assert due == {"a": 200_000, "b": 0, "c": 0}


def test_monthly_use_forgets_the_months_before() -> None:
    result = aggregate("nem-a", USES, [400, 100, 7, 0], settlement_rule="monthly-use")
    assert credited(result, 1) == [88, 12, 0]  # 87.5 and 12.5 down to whole kWh, the rest to a
    assert credited(result, 2) == [7, 0, 0]  # nobody used anything


def test_shares_in_whole_kwh_leave_a_rest_of_wh_to_the_designated_account() -> None:
    assert divide_kwh(10_499, {"a": 1, "b": 1, "c": 1}, "b") == {"a": 3000, "b": 4499, "c": 3000}


def test_solar_billing_plan_shares_are_rounded_half_up_and_the_rest_is_the_designated_accounts() -> None:
    weights = {"a": 300, "b": 500, "c": 200}  # NBT-G15
    assert divide_units(100_000, weights, "a") == {"a": 30_000, "b": 50_000, "c": 20_000}
    assert divide_units(777, weights, "a") == {"a": 233, "b": 389, "c": 155}
    assert divide_units(1000, {"a": 1, "b": 1, "c": 1}, "b") == {"a": 333, "b": 334, "c": 333}
    assert divide_units(1, {"a": 1, "b": 1, "c": 0, "d": 1}, "c") == {"a": 0, "b": 0, "c": 1, "d": 0}  # a third of each
    assert divide_units(1, {"a": 1, "b": 1}, "b") == {"a": 1, "b": 0}  # half up; b has what is left


def test_solar_billing_plan_kwh_and_each_credit_line_are_split_by_use_since_the_period_began() -> None:
    uses = {"a": [100, 200, 0, 0], "b": [500, 0, 0, 0], "c": [0, 200, 0, 0]}
    result = aggregate("sbp-a", uses, [40, 100, 0, 0])
    assert credited(result, 0) == [Fraction(6667, 1000), Fraction(33333, 1000), 0]
    assert credited(result, 1) == [30, 50, 20]
    generator = home("sbp", monthly(uses["a"]), monthly([40, 100, 0, 0], 12))
    alone = settle_home(**generator)["lines"]
    for component in ("export.delivery", "export.generation", "bonus"):
        key = ("2026-02-01", "utility", component, None, None, None)
        cents = divide_units(alone[key][1], {"a": 300, "b": 500, "c": 200}, "a")
        assert {name: result[name]["lines"][key] for name in THREE} == {
            name: (wh, cents[name]) for name, wh in (("a", 30_000), ("b", 50_000), ("c", 20_000))
        }


def test_exports_before_the_first_bill_are_shared_on_it_and_are_no_surplus() -> None:
    result = aggregate("sbp-a", USES, [20, 0, 0, 0], pto=date(2026, 1, 5))
    keys = [("2026-02-01", "utility", f"early_export.{part}", None, None, None) for part in ("delivery", "generation")]
    assert [[result[name]["lines"][key][0] for name in THREE] for key in keys] == [[17_500, 2500, 0]] * 2
    assert all(month["credited_wh"] == 0 for name in THREE for month in result[name]["months"][2:])


@pytest.mark.parametrize(("program", "single"), [("nem-a", "nem"), ("nem-st-a", "nem-st"), ("sbp-a", "sbp")])
def test_an_aggregation_of_one_account_is_billed_as_alone_but_for_its_fees(program: str, single: str) -> None:
    uses, pool = [30, 0, 40, 11], [17, 13, 60, 0]
    result = aggregate(program, {"a": uses}, pool)["a"]
    alone = settle_home(**home(single, monthly(uses), monthly(pool, 12)))
    assert without_fees(result["lines"]) == alone["lines"]
    assert [month["fees"] for month in result["months"]] == [1870, 270, 270, 270]
    assert [month["due"] - month["fees"] + month["climate_used"] for month in result["months"]] == [
        month["due"] + month["climate_used"] for month in alone["months"]
    ]


def test_fees_of_three_accounts_are_those_of_the_worked_example() -> None:
    months = [aggregate("sbp-a", USES, [0] * 4)[name]["months"] for name in THREE]
    assert [sum(own[number]["fees"] for own in months) for number in (0, 1)] == [5610, 810]  # NBT-G15


def test_the_setup_fee_of_all_accounts_together_is_limited_at_pge() -> None:
    names = [f"{number:02d}" for number in range(23)]
    seats = seats_of({"accounts": {name: {} for name in names}}, PROGRAMS["pge-nem-a"][0])
    assert [seats[name].setup for name in names] == [2500] * 20 + [0] * 3


def test_a_late_joiner_has_a_short_first_period_and_sums_of_its_own() -> None:
    joined = aggregate("sbp-a", USES, [40, 40, 0, 0], accounts=stays(b={"joins": READS[1]}))
    assert [month["program"] for month in joined["b"]["months"]] == ["standard", "sbp-a", "sbp-a", "sbp-a"]
    assert credited(joined, 1) == [Fraction(wh, 1000) for wh in (24_615, 3077, 12_308)]  # 400, 50, 200 kWh of use


def test_a_leaver_closes_its_period_for_good() -> None:
    left = aggregate("sbp-a", USES, [40, 40, 40, 0], accounts=stays(b={"leaves": READS[2]}))
    (settlement,) = left["b"]["settlements"]
    assert (settlement["month"], settlement["imported_wh"]) == ("2026-02", 200_000)
    assert settlement["carried"] == [0, 0]
    assert [month["program"] for month in left["b"]["months"]] == ["sbp-a", "sbp-a", "standard", "standard"]
    assert sum(wh for wh in credited(left, 2)[::2]) == 40
    assert not left["a"]["settlements"]


def test_net_metered_shares_stand_in_the_hours_of_the_export() -> None:
    result = aggregate("nem-a", USES, [400, 100, 0, 0])
    cells = {
        key[4]: line[0]
        for key, line in result["c"]["lines"].items()
        if key[0] == "2026-01-01" and key[2] == "generation"
    }
    assert cells["mid_peak"] == 200_000
    assert cells["super_off_peak"] == -200_000


def test_every_watt_hour_is_allotted_and_equal_accounts_stay_together() -> None:
    weights, carried = {"a": 333_334, "b": 333_333, "c": 333_333}, dict[str, int]()
    sums = dict.fromkeys(weights, 0)
    for wh in (1, 1, 1, 5, 0, 7, 100, 2):
        given = allot_interval(wh, weights, carried)
        assert sum(given.values()) == wh
        sums = {name: sums[name] + part for name, part in given.items()}
        assert max(sums.values()) - min(sums.values()) <= 1


def test_output_is_allotted_by_percentages_and_what_they_leave_is_the_designated_accounts() -> None:
    homes = {name: home("nem-v", monthly(USES[name]), {"2026-01-03 12": 9}) for name in THREE}
    result = virtual("nem-v", homes, channel({"2026-01-03 12": 3_000_000}))
    assert [result[name]["months"][0]["credited_wh"] for name in THREE] == [500_001, 1_500_000, 999_999]


def test_the_share_of_who_does_not_take_part_is_the_designated_accounts() -> None:
    homes = {name: home("nem-v", monthly(USES[name])) for name in THREE}
    accounts = stays(b={"joins": READS[1]}, c={"leaves": READS[1]})
    result = virtual("nem-v", homes, channel(monthly([90, 90, 0, 0], 12)), accounts=accounts)
    assert [result["a"]["months"][number]["credited_wh"] for number in (0, 1)] == [60_000, 45_000]
    assert [month["credited_wh"] for month in result["b"]["months"]] == [0, 45_000, 0, 0]
    assert result["c"]["settlements"][0]["exported_wh"] == 30_000


def test_a_virtual_account_that_is_allotted_everything_is_billed_as_its_own_generator() -> None:
    uses, output = monthly([30, 40, 50, 60]), monthly([90, 20, 30, 10], 12)
    for program, single in (("nem-v", "nem"), ("mash-vnm", "nem"), ("nem-v-st", "nem-st")):
        result = virtual(
            program, {"a": home(program, uses)}, channel(output), shares=[{"from": READS[0], "percent": {}}]
        )
        assert result["a"]["lines"] == settle_home(**home(single, uses, output))["lines"]


def test_homes_under_the_virtual_solar_billing_plan_offset_their_use_of_the_interval_first() -> None:
    uses = {"2026-01-03 12": 1000, "2026-01-03 20": 5000}
    shares = [{"from": READS[0], "percent": {"a": "100"}}]
    result = virtual("vsbp", {"a": home("vsbp", uses)}, channel({"2026-01-03 12": 4000}), shares=shares)
    month = result["a"]["months"][0]
    assert (month["imported_wh"], month["credited_wh"]) == (5000, 3000)


def test_nonbypassable_charges_stand_on_what_the_reading_says() -> None:
    uses, shares = {"2026-01-03 12": 1000, "2026-01-03 20": 5000}, [{"from": READS[0], "percent": {}}]
    key = ("2026-01-01", "utility", "nonbypassable", None, None)
    for rule, wh in (("dollar-credits", 5000), ("all-imports", 6000)):
        homes = {"a": home("nem-v-st", uses, settlement_rule=rule)}
        lines = virtual("nem-v-st", homes, channel({"2026-01-03 12": 4000}), shares=shares)["a"]["lines"]
        assert sum(line[0] for name, line in lines.items() if name[:5] == key) == wh


def test_kwh_are_kept_for_their_period_whatever_the_season() -> None:
    first, second = READS[:2]
    register = Register(
        imported={
            (first, "summer", "off_peak"): 5,
            (first, "winter", "off_peak"): 20,
            (first, "winter", "mid_peak"): 9,
            (second, "winter", "off_peak"): 10,
        },
        exported={
            (first, "summer", "off_peak"): 30,
            (first, "winter", "off_peak"): 0,
            (first, "winter", "mid_peak"): 0,
            (second, "winter", "off_peak"): 0,
        },
    )
    kept = [0, 4, 3, 0, 0]
    lower_nets(register, kept)
    assert kept == [0, 0, 0, 0, 0]  # 25 + 3 off peak pay 20 and 8 of the later version's 10
    assert register.energy(netted=True) == {
        (first, "summer", "off_peak"): 0,
        (first, "winter", "off_peak"): 0,
        (first, "winter", "mid_peak"): 5,
        (second, "winter", "off_peak"): 2,
    }


def test_kept_kwh_lower_later_months_and_end_with_the_period() -> None:
    uses, output = monthly([1, 30, 50, 60], 12), channel(monthly([41, 0, 0, 0], 12))
    shares = [{"from": READS[0], "percent": {}}]
    homes = {"a": home("nem-v", uses, settlement_rule="kwh-credits", service_end=None)}
    result = virtual("nem-v", homes, output, shares=shares)["a"]
    billed = {
        key[0]: line[0]
        for key, line in result["lines"].items()
        if key[2:5] == ("generation", "winter", "super_off_peak")
    }
    assert billed["2026-01-01"] == billed["2026-02-01"] == 0
    assert billed["2026-03-01"] == 40_000
    homes["a"]["home"]["service_end"] = READS[1]
    closed = virtual("nem-v", homes, output, shares=shares)["a"]
    assert closed["settlements"][0]["surplus_wh"] == 40_000
    assert closed["closing"]["utility"]["kept_wh"] == [0, 0, 0, 0, 0]


def test_accounts_with_other_cycles_are_refused() -> None:
    homes = {"a": home("nem-a", {}), "b": home("nem-a", {}, read_dates=[READS[0], date(2026, 2, 2), *READS[2:]])}
    arrangement = {"accounts": {"a": {}, "b": {}}, "designated": "a", "generating": "a", "fee_billing": "automated"}
    with pytest.raises(ValueError, match="same cycles"):
        settle_arrangement(arrangement | {"shares": [], "output": None}, homes)


def test_a_home_alone_is_in_no_arrangement() -> None:
    with pytest.raises(ValueError, match="arrangement"):
        settle_home(**home("nem-a", {}))
