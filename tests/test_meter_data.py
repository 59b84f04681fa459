"""What a home's meter data must be like to be billed: signed columns, exchanged meters, gaps, what was estimated."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

import trueup
from tests.made import account, columns, reads_of
from tests.made_rules import shared_made_rules
from trueup.model import Readings
from trueup.periods import midnight_utc
from trueup.reads import Reads
from trueup.reads.batch import ACTUAL, ESTIMATED
from trueup.reads.registers import Registers
from trueup.rulebook.vee import VeeRules

RULES = shared_made_rules()
READS = [date(2025, 6, 10) + timedelta(30 * k) for k in range(5)]
SOLAR: dict[str, Any] = {"read_dates": READS, "pto": READS[0], "application": date(2025, 1, 5), "nsc_election": "check"}


def made(minutes: int = 60) -> Readings:
    """400 Wh an hour from the grid, on some days the sun's."""
    noons = {f"{READS[0] + timedelta(k)} {hour}": (100, 4_000) for k in range(0, 120, 3) for hour in (11, 12, 13)}
    return columns(READS[0], READS[4], minutes, flat=(400 * minutes // 60, 0), at=noons)


def billed(reads: Reads, program: str = "nem-st", vee: VeeRules | None = None, **facts: Any) -> trueup.Bills:
    home = account(**{**SOLAR, "program": program, **facts})
    return trueup.bill(home, reads, READS[0], READS[4], rules=RULES, vee=vee)


def refused(*given: Any, **facts: Any) -> str:
    with pytest.raises(trueup.TrueupError) as caught:
        billed(*given, **facts)
    return caught.value.code


@pytest.mark.parametrize("program", ["nem", "nem-st"])
def test_a_signed_column_bills_the_same_where_the_program_nets(program: str) -> None:
    """NEM nets each home by the hour: what an hour's import and export set off does not change the bill."""
    signed, apart = billed(reads_of(made(), netted=True), program), billed(reads_of(made()), program)
    assert [(line.id, line.amount) for line in signed.statement] == [(line.id, line.amount) for line in apart.statement]


@pytest.mark.parametrize("program", ["sbp", "standard"])
def test_a_signed_column_is_refused_where_import_and_export_are_priced_apart(program: str) -> None:
    facts = {"pto": None, "nsc_election": "none"} if program == "standard" else {}
    assert refused(reads_of(made(), netted=True), program, **facts) == "E-READ-034"
    assert billed(reads_of(made()), program, **facts).due.cents > 0


@pytest.mark.parametrize(("minutes", "code"), [(15, ""), (60, "E-READ-034")])
def test_a_signed_column_is_refused_by_longer_intervals_than_the_program_nets(minutes: int, code: str) -> None:
    """Small commercial customers net by the quarter of an hour."""
    days = [date(2026, 6, 2), date(2026, 7, 2)]
    shop = account(
        program="nem-st", customer_class="small_commercial", schedule="tou-gs-1-e", read_dates=days, pto=days[0],
        application=date(2025, 1, 5), nsc_election="check",
    )  # fmt: skip
    reads = reads_of(columns(*days, minutes, flat=(900, 0)), netted=True)
    if not code:
        assert trueup.bill(shop, reads, *days, rules=RULES).due.cents > 0
        return
    with pytest.raises(trueup.TrueupError) as caught:
        trueup.bill(shop, reads, *days, rules=RULES)
    assert caught.value.code == code


def test_a_meter_exchanged_for_quarters_bills_by_the_hour() -> None:
    """Hours up to a day, quarters after it: the bills of hours all along."""
    hours, quarters = reads_of(made()), reads_of(made(15))
    day = midnight_utc((READS[1] + timedelta(7)).toordinal())
    parts = hours.where(hours.start < day), quarters.where(quarters.start >= day)
    both = replace(
        hours,
        **{
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in ("number", "channel", "start", "length", "wh", "status", "known", "file")
        },
    )
    order = np.lexsort((both.start, both.channel))
    mixed, plain = billed(both.where(order), "sbp"), billed(hours, "sbp")
    assert both.lengths == (15, 60)
    assert [(line.id, line.amount) for line in mixed.statement] == [(line.id, line.amount) for line in plain.statement]


def test_a_gap_is_refused_and_estimated_where_that_is_asked_for() -> None:
    """Ten hours of 400 Wh in August: the bill of a whole month, and it says that 4 kWh were estimated."""
    whole = reads_of(made())
    begin = midnight_utc(date(2025, 8, 20).toordinal()) + 14 * 3600
    gap = whole.where(~((whole.channel == 0) & (whole.start >= begin) & (whole.start < begin + 36_000)))
    assert refused(gap, "sbp") == "E-READ-030"
    bills, true = billed(gap, "sbp", VeeRules.shipped()), billed(whole, "sbp")
    assert bills.due == true.due
    assert [(part.month, part.channel, part.wh, part.intervals) for part in bills.estimated] == [
        ("2025-09", "delivered", 4_000, 10)
    ]
    trail = bills.trail.to_polars()
    assert trail.filter(verdict="fail").select("rule", "limit").rows() == [("V4", 10)]
    assert trail.filter(verdict="put").get_column("value_wh").sum() == 4_000


@pytest.mark.parametrize("counted", [50_000, 288_001, 300_007])
def test_estimates_between_two_register_reads_add_up_to_the_register(counted: int) -> None:
    """Of a cycle ten hours are missing; with them the delivered energy is what the register counted, to the Wh."""
    whole = reads_of(made())
    begin = midnight_utc(date(2025, 8, 20).toordinal()) + 14 * 3600
    gap = whole.where(~((whole.channel == 0) & (whole.start >= begin) & (whole.start < begin + 36_000)))
    edges = [midnight_utc(day.toordinal()) for day in READS[2:4]]
    inside = (gap.channel == 0) & (gap.start >= edges[0]) & (gap.start < edges[1])
    read = int(gap.wh[inside].sum())
    two = np.arange(2)
    registers = Registers(
        ("",), two * 0, two * 0, np.array(edges), np.array([99_990_000, counted - 10_000]), two * 0 + 1, two * 0 + 5
    )
    home = account(**SOLAR, program="sbp")
    bills = trueup.bill(home, gap, READS[0], READS[4], rules=RULES, vee=VeeRules.shipped(), registers=registers)
    part = next(part for part in bills.estimated if part.channel == "delivered")
    if counted < read:
        assert part.of_wh == read + 4_000, "the register leaves no room: the estimates stand"
        assert "E3" in bills.trail.to_polars().filter(verdict="flag").get_column("rule").to_list()
    else:
        assert part.of_wh == counted
    assert part.wh == part.of_wh - read


def test_what_the_utility_estimated_is_told_and_billed_as_it_is() -> None:
    whole = reads_of(made())
    status = np.where((whole.channel == 0) & (whole.start < whole.start[0] + 86_400), ESTIMATED, ACTUAL)
    bills = billed(replace(whole, status=status), "sbp")
    assert [(part.month, part.intervals, part.wh) for part in bills.estimated] == [("2025-07", 24, 8_700)]
    assert bills.due == billed(whole, "sbp").due
    assert len(bills.trail) == 0
