"""Arrangements by hand, on the line itself: who gets what of a generator, what is billed for it, how periods end."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pytest

from tests.made import account, billed, columns
from tests.made_arrangements import MadeArrangement, settled, shard_of
from tests.made_rules import shared_made_rules
from trueup.arrangement import Arrangement
from trueup.components import COMPONENTS, INDEX
from trueup.model import Readings, Result
from trueup.pipeline import settle
from trueup.quantities import Bools, Ints, in_shares

RULES = shared_made_rules()
READS = [date(2025 + (5 + k) // 12, (5 + k) % 12 + 1, 1) for k in range(15)]
"""The first of each month from June 2025 to August 2026: the twelfth bill is that of May 2026."""
WINTER = READS[5:]
"""From November 2025 on: no climate credit before April."""
USES = {"a": [50, 350], "b": [150, 50], "c": [200, 0]}
"""kWh of NEM-G5 in the first month, and of NEM-D6 in both."""
THIRDS = {"b": "33.33", "c": "33.33", "d": "33.33"}

Kwh = Mapping[str, Sequence[int]]
Hours = Mapping[str, tuple[int, int]]


def monthly(used: Sequence[int], sent: Sequence[int], reads: Sequence[date]) -> dict[str, tuple[int, int]]:
    """kWh of each month: taken at 20:00 and sent out at 12:00 of its tenth."""
    hours = {f"{day:%Y-%m}-10 20": (1000 * kwh, 0) for day, kwh in zip(reads, used, strict=False)}
    return hours | {f"{day:%Y-%m}-10 12": (0, 1000 * kwh) for day, kwh in zip(reads, sent, strict=False)}


def meter(hours: Hours, reads: Sequence[date]) -> Readings:
    """Hourly columns of one meter."""
    return columns(reads[0], reads[-1], at=hours)


def together(meters: Sequence[Readings]) -> Readings:
    """Columns of several meters."""
    first = meters[0]
    both = [np.concatenate([getattr(one, name) for one in meters]) for name in ("delivered", "received")]
    return Readings(first.first_day, first.last_day, first.minutes, *both)


def arranged(
    program: str,
    uses: Kwh,
    sent: Sequence[int] = (),
    *,
    output: Readings | None = None,
    own: Mapping[str, Hours] = {},
    stays: Mapping[str, dict[str, Any]] = {},
    each: Mapping[str, dict[str, Any]] = {},
    file: Mapping[str, Any] = {},
    **facts: Any,
) -> MadeArrangement:
    """Accounts with kWh of each month; account a generates and is designated where `file` does not say otherwise.

    Parameters
    ----------
    sent
        kWh of each month that the generating account sends out, or a virtual arrangement's generators put out.
    output
        What the generators put out, where not that.
    own
        Further hours of an account's own meter.
    """
    months = max(len(sent), *(len(kwh) for kwh in uses.values()))
    reads = facts.pop("read_dates", READS[: months + 1])
    fields: dict[str, Any] = {"arrangement": "made", "designated": "a"} | dict(file)
    seats = [{"account": name, **stays.get(name, {})} for name in uses]
    if "shares" in fields:
        fields |= {"generators": ["roof"]}
        output = output or meter(monthly((), sent, reads), reads)
    else:
        fields = {"generating": "a"} | fields
    usual = {"program": program, "pto": reads[0], "application": date(2024, 3, 1), "read_dates": reads}
    accounts = [account(**(usual | facts | each.get(name, {})), account=name) for name in uses]
    gives = fields.get("generating")
    hours = {
        name: monthly(kwh, sent if name == gives else (), reads) | dict(own.get(name, {})) for name, kwh in uses.items()
    }
    readings = together([meter(hours[name], reads) for name in uses])
    made = Arrangement.from_fields(fields | {"accounts": seats})
    return MadeArrangement(made, accounts, readings, None if output is None else output.received[0])


def bill(made: MadeArrangement) -> Result:
    """Settled without a refusal."""
    result = settled(made, RULES)
    assert not result.refusals, result.refusals[0].error
    return result


def shares(*sets: tuple[date, dict[str, str]], **file: Any) -> dict[str, Any]:
    """Fields of a virtual arrangement."""
    return {"shares": [{"from": str(day), "percent": percent} for day, percent in sets], **file}


def of(result: Result, name: str, values: Ints | Bools) -> list[int]:
    """Values of an account's cycles in order."""
    mine = result.spans.cycles.account == result.shard.facts.ids.index(name)
    found: list[int] = values[: len(mine)][mine].tolist()
    return found


def credited(result: Result, number: int) -> list[float]:
    """kWh that each account is credited in a month."""
    return [of(result, name, result.measured.cycle_credited)[number] / 1000 for name in result.shard.facts.ids]


def cents(result: Result, name: str, *components: str) -> list[int]:
    """Cents of lines by month."""
    chosen = np.isin(result.lines.component, [INDEX[one] for one in components])
    by_cycle = np.bincount(result.lines.cycle[chosen], result.lines.cents[chosen], len(result.spans.cycles.account))
    return of(result, name, by_cycle.astype(np.int64))


def lines(result: Result, name: str, but: str = "fee.") -> list[tuple[Any, ...]]:
    """An account's lines as months, components and figures, without some."""
    cycles, account = result.spans.cycles, result.shard.facts.ids.index(name)
    own = result.lines.take(cycles.account[result.lines.cycle] == account)
    kinds = [COMPONENTS[index].name for index in own.component]
    rows = zip(
        cycles.start[own.cycle], kinds, own.ledger, own.version, own.bucket, own.quantity, own.cents, strict=True
    )
    return sorted(tuple(row) for row in rows if not row[1].startswith(but))


def closings(result: Result, name: str) -> list[int]:
    """Which of an account's bills close a relevant period, counted from 0."""
    return [at for at, closes in enumerate(of(result, name, result.spans.cycles.closes)) if closes]


def programs(result: Result, name: str) -> list[str]:
    """The program of each bill."""
    told = result.shard.facts.told
    return [told[row]["program"] for row in of(result, name, result.spans.cycles.terms)]


@pytest.mark.parametrize("rule", ["monthly-use", "cumulative-target"])
def test_exports_are_shared_by_use_as_in_the_worked_example_of_sce(rule: str) -> None:
    """NEM-G5: use of 50, 150 and 200 kWh makes shares of 12.5, 37.5 and 50 percent; of 80 kWh they are 10, 30, 40."""
    first_month = {name: kwh[:1] for name, kwh in USES.items()}
    assert credited(bill(arranged("nem-a", first_month, [80], settlement_rule=rule)), 0) == [10, 30, 40]


@pytest.mark.parametrize("program", ["nem-a", "nem-st-a"])
def test_cumulative_targets_are_met_and_nobody_gives_back(program: str) -> None:
    """NEM-D6: month 1 400 kWh -> 50/150/200; month 2 100 kWh, target 250/125/125, increments +200/-25/-75.

    By spec decision 24 no increment is below nothing: all 100 go to a. Month 3, no use, 100 kWh: target 300/150/150 of
    600, a lacks 150, c still has 50 too much: 100/0/0. Month 4: 350/175/175; a lacks 100, b 25: 80/20/0.
    """
    result = bill(arranged(program, USES, [400, 100, 100, 100]))
    assert [credited(result, month) for month in range(4)] == [[50, 150, 200], [100, 0, 0], [100, 0, 0], [80, 20, 0]]


def test_monthly_use_forgets_the_months_before() -> None:
    """NEM-A3 in whole kWh: 100 kWh by 350 and 50 are 87.5 and 12.5, b's down to 12, the rest a's, who is designated."""
    result = bill(arranged("nem-a", USES, [400, 100], settlement_rule="monthly-use"))
    assert credited(result, 1) == [88, 12, 0]


@pytest.mark.rule("AGG-04")
def test_solar_billing_plan_kwh_and_cents_are_shared_as_in_the_worked_example() -> None:
    """NBT-G15: by use since the period began of 300, 500, 200 kWh, 100 kWh are 30/50/20.

    The credit lines are those of the generating account alone under the Solar Billing Plan, split to the nearest cent
    in the order of ids, the rest to the designated account; $7.77 would be 2.33/3.89/1.55 and $10.00 in equal parts
    3.33 each and 0.01 more for the designated account.
    """
    uses = {"a": [100, 200], "b": [500, 0], "c": [0, 200]}
    result = bill(arranged("sbp-a", uses, [0, 100], acc_plus="residential"))
    assert credited(result, 1) == [30, 50, 20]
    alone = account(program="sbp", pto=READS[0], application=date(2024, 3, 1), read_dates=READS[:3],
                    acc_plus="residential")  # fmt: skip
    single = billed(alone, meter(monthly(uses["a"], [0, 100], READS), READS[:3]), RULES)
    for name in ("export.delivery", "export.generation", "bonus"):
        whole = cents(single, "home", name)[1]
        b, c = (2 * whole * 5 + 10) // 20, (2 * whole * 2 + 10) // 20
        assert whole > 0
        assert [cents(result, account, name)[1] for account in "abc"] == [whole - b - c, b, c]
    assert _parts(777, 500, 200, 300) == [389, 155, 233]
    assert _parts(1000, 1, 1, 1) == [333, 333, 334]


def _parts(whole: int, *weights: int) -> list[int]:
    """Cents by weight, the designated account's last."""
    nearest: list[int] = in_shares(np.array([whole]), np.array([weights]), np.ones(1, int), np.zeros(1, bool))[
        0
    ].tolist()
    return nearest


@pytest.mark.rule("AGG-05", "AGG-06")
def test_fees_are_those_of_the_worked_example_on_a_bill_of_each_account_every_month() -> None:
    """NBT-G15: month 1 3 x (16.00 + 2.70) = 56.10, later 8.10; SCE Schedule NBT, Rates 6."""
    result = bill(arranged("sbp-a", USES, [10, 10]))
    fees = [cents(result, name, "fee.setup", "fee.monthly") for name in "abc"]
    assert [sum(month) for month in zip(*fees, strict=True)] == [5610, 810]
    by_hand = bill(arranged("sbp-a", USES, [10, 10], file={"fee_billing": "manual"}))
    assert cents(by_hand, "b", "fee.setup", "fee.monthly") == [4500, 2000]  # $25.00 and $20.00 where billed by hand
    assert [sum(due > 0 for due in of(result, name, result.billed.due)) for name in "abc"] == [2, 2, 2]


@pytest.mark.rule("AGG-06")
def test_an_account_that_is_added_pays_its_own_set_up_when_it_joins() -> None:
    """$16.00 once per account at set-up or when added, $2.70 a month from then on."""
    result = bill(arranged("sbp-a", USES | {"b": [9, 9, 9]}, [10, 10, 10], stays={"b": {"joins": READS[1]}}))
    assert cents(result, "b", "fee.setup") == [0, 1600, 0]
    assert cents(result, "b", "fee.monthly") == [0, 270, 270]
    assert cents(result, "a", "fee.setup") == [1600, 0, 0]


def test_set_up_fees_at_pge_end_at_500_dollars_for_all_accounts() -> None:
    """NEM-A8: 25.00 for each of 20 accounts in the order of ids is 500.00; the 21st pays 0.00, and 5.00 a month."""
    names = ["a", *(f"b{number:02d}" for number in range(20))]
    uses = {name: [30, 30] for name in names}
    place: dict[str, Any] = {"schedule": "e-elec", "baseline_region": "T", "read_dates": WINTER[:3]}
    result = bill(arranged("pge-nem-a", uses, [500, 0], **place))
    assert [cents(result, name, "fee.setup") for name in names] == [[2500, 0]] * 20 + [[0, 0]]
    assert all(cents(result, name, "fee.monthly") == [500, 500] for name in names)


@pytest.mark.parametrize("program", ["nem-a", "nem-st-a", "sbp-a"])
def test_where_nobody_used_anything_the_pool_goes_to_the_designated_account(program: str) -> None:
    """docs/decisions/0015: no use, no shares; c is designated and gets all 40 kWh, in cents too."""
    result = bill(arranged(program, {"a": [0], "b": [0], "c": [0]}, [40], file={"designated": "c"}))
    assert credited(result, 0) == [0, 0, 40]
    granted = [cents(result, name, "export.delivery", "export.generation")[0] for name in "abc"]
    assert granted[:2] == [0, 0]
    assert (granted[2] > 0) == (program == "sbp-a")


ALONE = [("nem-a", "nem"), ("nem-st-a", "nem-st"), ("sbp-a", "sbp"), ("nem-v", "nem"), ("mash-vnm", "nem"),
         ("nem-v-st", "nem-st"), ("vsbp", "sbp")]  # fmt: skip


@pytest.mark.parametrize(("program", "single"), ALONE)
def test_an_arrangement_of_one_account_is_billed_as_the_account_alone_but_for_its_fees(
    program: str, single: str
) -> None:
    """All 17 kWh, then 13 and 60, are its own; $18.70 and then $2.70 a month are what aggregation adds."""
    reads, uses, sent = WINTER[:5], [30, 0, 40, 11], [17, 13, 60, 0]
    virtual = program in {"nem-v", "mash-vnm", "nem-v-st", "vsbp"}
    file = shares((reads[0], {"a": "100"})) if virtual else {}
    result = bill(arranged(program, {"a": uses}, sent, file=file, read_dates=reads))
    alone = account(program=single, pto=reads[0], application=date(2024, 3, 1), read_dates=reads)
    other = billed(alone, meter(monthly(uses, sent, reads), reads), RULES)
    assert lines(result, "a") == lines(other, "home")
    fees = [0] * 4 if virtual else [1870, 270, 270, 270]
    assert cents(result, "a", "fee.setup", "fee.monthly") == fees
    assert (result.billed.due - other.billed.due)[:4].tolist() == fees


@pytest.mark.rule("VIRT-01")
@pytest.mark.parametrize(
    ("percent", "wh"),
    [
        ({"a": "20", "b": "50", "c": "30"}, [600_000, 1_500_000, 900_000]),
        ({"b": "50", "c": "33.3333"}, [500_001, 1_500_000, 999_999]),
        ({"c": "100"}, [0, 0, 3_000_000]),
        ({}, [3_000_000, 0, 0]),
    ],
    ids=["100 percent", "less", "all to one", "none"],
)
def test_output_is_allotted_by_percent_and_what_they_leave_is_the_designated_accounts(
    percent: dict[str, str], wh: list[int]
) -> None:
    """3,000 kWh in one hour: 33.3333 percent are 999,999 Wh; 16.6667 percent are left for a."""
    result = bill(arranged("nem-v", USES, [3000, 0], file=shares((READS[0], percent))))
    assert [of(result, name, result.measured.cycle_credited)[0] for name in "abc"] == wh


@pytest.mark.rule("VIRT-01")
def test_three_tenants_of_33_33_percent_stay_within_a_watt_hour_over_a_year() -> None:
    """Three tenants and the common area a, designated, with 0.01 percent; any output of any hour, day by day.

    Of the year's Wh each tenant gets 33.33 percent to the Wh or two, and after every hour they differ by at most 1 Wh.
    """
    reads = READS[:13]
    roof = columns(reads[0], reads[-1])
    roof.received[0] = np.random.default_rng(5).integers(0, 4000, roof.received.shape[1])
    result = bill(arranged("nem-v", dict.fromkeys("abcd", [9] * 12), output=roof, file=shares((reads[0], THIRDS))))
    tenants = np.array([of(result, name, result.measured.cycle_credited) for name in "bcd"]).cumsum(axis=1)
    assert (tenants.max(axis=0) - tenants.min(axis=0)).max() <= 1
    whole = int(roof.received.sum())
    assert np.abs(tenants[:, -1] - whole * 3333 // 10_000).max() <= 2
    assert result.measured.cycle_credited.sum() == whole


@pytest.mark.rule("VIRT-01")
def test_shares_may_change_with_a_cycle_and_within_one() -> None:
    """1 kWh in each of 30 days of June, 31 of July: a and b halve it for 10 days, then 20 to 80, from July on 90 to 10.

    June: a 5 + 4 = 9, b 5 + 16 = 21. July: a 27.9, b 3.1.
    """
    reads = READS[:3]
    days = [f"2025-{month:02d}-{day:02d} 12" for month, last in ((6, 30), (7, 31)) for day in range(1, last + 1)]
    roof = meter(dict.fromkeys(days, (0, 1000)), reads)
    file = shares(
        (reads[0], {"a": "50", "b": "50"}), (date(2025, 6, 11), {"a": "20", "b": "80"}), (reads[1], {"b": "10"})
    )
    result = bill(arranged("nem-v", {"a": [9, 9], "b": [9, 9]}, output=roof, file=file))
    assert [credited(result, month) for month in (0, 1)] == [[9, 21], [27.9, 3.1]]


@pytest.mark.rule("VIRT-01")
def test_the_share_of_who_does_not_take_part_is_the_designated_accounts() -> None:
    """90 kWh a month, 33.3333 percent each: b joins with the second month, as c leaves; a has the rest both times.

    29,999.97 Wh are 29,999, and the Wh that is left goes to the largest remainder: 30,000; for a 60,000.03 are 60,000.
    """
    stays = {"b": {"joins": READS[1]}, "c": {"leaves": READS[1]}}
    percent = {"b": "33.3333", "c": "33.3333"}
    made = arranged("nem-v", USES, [90, 90], stays=stays, file=shares((READS[0], percent)))
    result = bill(made)
    assert [credited(result, month) for month in (0, 1)] == [[60, 0, 30], [60, 30, 0]]
    assert programs(result, "b") == ["standard", "nem-v"]
    assert programs(result, "c") == ["nem-v", "standard"]


def test_a_virtual_account_keeps_a_relevant_period_of_its_own() -> None:
    """NEM-V3: each account has its own twelve bills; who joins with the third month closes two bills after the rest."""
    uses = dict.fromkeys("ab", [9] * 14)
    result = bill(arranged("nem-v", uses, [5] * 14, stays={"b": {"joins": READS[2]}}, file=shares((READS[0], {}))))
    assert (closings(result, "a"), closings(result, "b")) == ([11], [13])


@pytest.mark.rule("AGG-07")
@pytest.mark.parametrize("program", ["nem-a", "sbp-a"])
def test_a_late_joiner_has_a_short_first_period_that_ends_with_the_others(program: str) -> None:
    """NBT 3.6.3 and 3.6.4: b, added with the sixth bill, starts no new period; all close with the twelfth.

    Uses of 10 kWh a month: with the sixth bill sums are 60, 10, 60 and a pool of 13 kWh is 6/1/6. b closes 7 bills.
    """
    sent = [0] * 5 + [13] + [0] * 8
    result = bill(arranged(program, dict.fromkeys("abc", [10] * 14), sent, stays={"b": {"joins": READS[5]}},
                           settlement_rule="cumulative-target" if program == "nem-a" else None))  # fmt: skip
    assert credited(result, 5) == [6, 1, 6]
    assert [closings(result, name) for name in "abc"] == [[11]] * 3
    assert [of(result, name, result.settled.imported_wh)[11] for name in "abc"] == [120_000, 70_000, 120_000]
    assert programs(result, "b") == ["standard"] * 5 + [program] * 9


@pytest.mark.rule("AGG-07")
@pytest.mark.parametrize("program", ["nem-a", "sbp-a"])
def test_a_leaver_settles_alone_and_the_sums_of_the_others_go_on(program: str) -> None:
    """NBT 3.6.4: b leaves after its third bill. With the fourth a and c have used 80 and 40 kWh: 30 are 20/0/10.

    Only b's period closes, with 30 kWh used and 15 of 60 kWh given; after that it is billed without credits.
    """
    uses = {"a": [20] * 14, "b": [10] * 14, "c": [10] * 14}
    result = bill(arranged(program, uses, [60, 0, 0, 30], stays={"b": {"leaves": READS[3]}}))
    assert [closings(result, name) for name in "abc"] == [[11], [2], [11]]
    assert of(result, "b", result.settled.imported_wh)[2] == 30_000
    assert of(result, "b", result.settled.exported_wh)[2] == 15_000
    assert [credited(result, month) for month in (0, 3)] == [[30, 15, 15], [20, 0, 10]]
    assert programs(result, "b") == [program] * 3 + ["standard"] * 11
    assert of(result, "b", result.measured.cycle_credited)[3:] == [0] * 11


@pytest.mark.parametrize("program", ["nem-v", "nem-a", "sbp-a"])
def test_what_a_members_own_meter_sends_out_earns_nothing(program: str) -> None:
    """docs/decisions/0015: b's meter sends out 70 kWh of its own; every line of every account stays as it was."""
    file = shares((READS[0], {"b": "50", "c": "25"})) if program == "nem-v" else {}
    plain = bill(arranged(program, USES, [40, 8], file=file))
    exporting = bill(arranged(program, USES, [40, 8], file=file, own={"b": {"2025-06-12 13": (0, 70_000)}}))
    for name in "abc":
        assert lines(plain, name) == lines(exporting, name)


@pytest.mark.rule("VIRT-02")
def test_an_allotted_kwh_is_subtracted_from_the_use_of_its_time_of_use_period() -> None:
    """NEM-V2: b takes 30 kWh at 20:00 and 12 at 13:00, is allotted half of 60 kWh at noon: 30 mid peak, -18 by day."""
    own = {"b": {"2025-11-10 13": (12_000, 0)}}
    made = arranged("nem-v", {"a": [0], "b": [30]}, [60], own=own, file=shares((WINTER[0], {"b": "50"})),
                    read_dates=WINTER[:2])  # fmt: skip
    found = [row[5] for row in lines(bill(made), "b") if row[1] == "generation"]
    assert sorted(wh for wh in found if wh) == [-18_000, 30_000]


@pytest.mark.rule("VIRT-02")
@pytest.mark.parametrize(
    ("rule", "kwh"), [("dollar-credits", [-40, 30, 50, 60]), ("kwh-credits", [0, 0, 40, 60])], ids=["dollars", "kWh"]
)
def test_what_is_above_use_is_carried_in_dollars_or_in_kwh(rule: str, kwh: list[int]) -> None:
    """NEM-V3: 41 kWh allotted at noon, 1, 30, 50 and 60 taken at noon: 40 kWh to carry, as a credit or as kWh.

    As kWh 30 of them stand for the second month's use, the other 10 leave 40 of the third's 50.
    """
    hours = {f"{day:%Y-%m}-20 12": (1000 * kwh, 0) for day, kwh in zip(WINTER, (1, 30, 50, 60), strict=False)}
    made = arranged("nem-v", {"a": [0] * 4}, [41], own={"a": hours}, file=shares((WINTER[0], {})), settlement_rule=rule,
                    read_dates=WINTER[:5])  # fmt: skip
    result = bill(made)
    chosen = result.lines.component == INDEX["generation"]
    billed_wh = np.bincount(result.lines.cycle[chosen], result.lines.quantity[chosen], 4)
    assert (billed_wh / 1000).tolist() == kwh


@pytest.mark.rule("VIRT-02")
def test_kwh_that_are_left_end_with_the_accounts_own_period() -> None:
    """As kWh 5 are kept each month and end with the twelfth bill: the thirteenth month's 3 kWh at noon are billed."""
    hours = {"2026-06-20 12": (3000, 0)}
    made = arranged("nem-v", {"a": [0] * 13}, [5] * 12, own={"a": hours}, file=shares((READS[0], {})),
                    settlement_rule="kwh-credits")  # fmt: skip
    result = bill(made)
    assert closings(result, "a") == [11]
    assert result.settled.ended_wh[11].sum() == 60_000
    last = [row[5] for row in lines(result, "a") if row[1] == "generation" and row[0] == READS[12].toordinal()]
    assert sum(last) == 3000


@pytest.mark.rule("VIRT-04", "NSC-09")
@pytest.mark.parametrize("program", ["mash-vnm", "nem-v", "nem-v-st"])
def test_a_tenant_is_paid_for_surplus_by_its_own_allotted_kwh_and_its_own_use(program: str) -> None:
    """NEM-V4: common area a uses 120 kWh and is allotted 300: 180 x 0.01864 (2026-05) = 3.3552, so $3.36; tenant b uses
    360 of 300 and has no surplus, though both together have not used more than they were allotted.
    """
    made = arranged(program, {"a": [10] * 12, "b": [30] * 12}, [50] * 12, file=shares((READS[0], {"b": "50"})),
                    nsc_election="check")  # fmt: skip
    result = bill(made)
    assert [of(result, name, result.settled.surplus_wh)[11] for name in "ab"] == [180_000, 0]
    assert [cents(result, name, "surplus")[11] for name in "ab"] == [336, 0]


SPLIT = {"a": [20] + [0] * 12, "b": [0, 20] + [0] * 9 + [100, 60]}
"""What is shared from the second month to the eleventh is shared in halves."""


@pytest.mark.rule("AGG-09", "NSC-09")
@pytest.mark.parametrize("program", ["sbp-a", "nem-a", "nem-st-a"])
def test_aggregation_under_the_solar_billing_plan_pays_surplus_by_own_kwh_and_net_metering_never(program: str) -> None:
    """SB 594 and NBT 3.6.6: 100 kWh in halves; a used 20 of 50, b 120 of 50. 30 kWh x 0.01864 (2026-05) = $0.56."""
    result = bill(arranged(program, SPLIT, [0, 100]))
    assert [credited(result, 1), closings(result, "b")] == [[50, 50], [11]]
    surplus = [cents(result, name, "surplus") for name in "ab"]
    assert surplus[1] == [0] * 13
    assert surplus[0] == ([0] * 11 + [56, 0] if program == "sbp-a" else [0] * 13)


@pytest.mark.rule("AGG-09")
@pytest.mark.parametrize("rule", ["R-2023", "R-FAQ", "R-2024"])
def test_a_left_over_credit_goes_to_no_other_account_and_not_into_the_next_period(rule: str) -> None:
    """NBT 3.6.7: 200 kWh of a September evening in halves: a has used 20 kWh and has credit left, which is forfeited.

    b takes 3,020 kWh in the period, whose energy charges its credits do not pay; nor is anything paid in the next one.
    """
    uses = SPLIT | {"b": [0, 20] + [0] * 9 + [3000, 60]}
    evening = {"a": {"2025-09-10 18": (0, 200_000)}}
    result = bill(arranged("sbp-a", uses, own=evening, settlement_rule=rule))
    granted = {name: sum(cents(result, name, "export.delivery", "export.generation")) for name in "ab"}
    assert abs(granted["a"] - granted["b"]) <= 2
    assert closings(result, "a") == closings(result, "b") == [11]
    forfeited = [cents(result, name, "credit.forfeited") for name in "ab"]
    spent = [sum(cents(result, name, "export.used", "credit.earlier_months", "credit.adjustment")) for name in "ab"]
    assert forfeited[0][11] > 0
    assert sum(forfeited[0]) == forfeited[0][11] == granted["a"] + spent[0]
    assert sum(forfeited[1]) == granted["b"] + spent[1] == 0
    assert cents(result, "a", "export.used")[12] == cents(result, "b", "export.used")[12] == 0
    assert result.closing.export.tolist() == [[0, 0], [0, 0]]


@pytest.mark.rule("AGG-03")
def test_a_generating_account_without_load_shares_with_accounts_of_any_rate_class() -> None:
    """A home and a shop on GS-1, 30 and 90 kWh of use, generator a without any: of 120 kWh 0, 30 and 90."""
    shop = {"schedule": "tou-gs-1-e", "customer_class": "small_commercial"}
    made = arranged("sbp-a", {"a": [0], "b": [30], "c": [90]}, [120], each={"c": shop}, read_dates=READS[12:14])
    result = bill(made)
    assert credited(result, 0) == [0, 30, 90]
    assert cents(result, "a", "export.delivery", "export.generation") == [0]
    assert min(cents(result, name, "export.delivery")[0] for name in "bc") > 0


@pytest.mark.rule("AGG-08")
def test_a_customer_may_have_several_arrangements_and_each_is_billed_by_itself() -> None:
    """Two aggregations in one shard: every line is that of the aggregation alone."""
    other_uses = {"d": [11, 30], "e": [30, 2], "f": [0, 9]}
    one = arranged("sbp-a", USES, [40, 8])
    other = arranged("nem-a", other_uses, [11, 30], file={"arrangement": "d", "designated": "d", "generating": "d"})
    both = settle(shard_of([one, other], RULES), RULES)
    assert not both.refusals
    for made, names in ((one, USES), (other, other_uses)):
        assert all(lines(both, name, but="?") == lines(bill(made), name, but="?") for name in names)


@pytest.mark.rule("AGG-06")
def test_the_limit_of_set_up_fees_is_used_up_by_those_who_came_first() -> None:
    """$500 for all at PG&E (tariffs-nem A8): who joins later pays none of it, wherever its id stands."""
    uses = {f"m{number:02d}": [1, 1] for number in range(20)} | {"a-late": [1, 1]}
    file, stays = {"designated": "m00", "generating": "m00"}, {"a-late": {"joins": READS[1]}}
    made = arranged("pge-nem-a", uses, file=file, stays=stays, schedule="e-tou-c", baseline_region="T", heating="basic")
    lines = settled(made, RULES).lines
    assert lines.cents[lines.component == INDEX["fee.setup"]].tolist() == [2_500] * 20
