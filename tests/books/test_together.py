"""Books of accounts that share a generator: runs month by month, corrections of one account, who waits for whom."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.books.made_books import TODAY, MadeMeters, run_all, totals
from tests.made_arrangements import VIRTUAL, MadeArrangement, made_arrangement, may_be_billed
from tests.made_rules import shared_made_rules
from trueup.arrangement import Arrangement
from trueup.books import Books, Portfolio
from trueup.books.changes import changes
from trueup.books.check import findings
from trueup.books.journal import BACK_BILLING
from trueup.model import NO_VALUE, Readings

RULES = shared_made_rules()
SHARING = ("nem-a", "nem-st-a", "sbp-a", "pge-nem2-a")


def portfolio(*made: MadeArrangement) -> Portfolio:
    """The accounts and arrangement files of a folder, made."""
    accounts = {account.account: account for one in made for account in one.accounts}
    shared = {one.arrangement.arrangement: one.arrangement for one in made}
    return Portfolio(accounts, {}, {}, shared)


def meters(*made: MadeArrangement) -> MadeMeters:
    """The meters of all accounts, and those of the generators."""
    found: dict[str, Readings] = {}
    for one in made:
        whole = one.readings
        for row, account in enumerate(one.accounts):
            part = whole.delivered[row : row + 1].copy(), whole.received[row : row + 1].copy()
            found[account.account] = Readings(whole.first_day, whole.last_day, whole.minutes, *part)
        for meter in one.arrangement.generators:
            assert one.output is not None
            roof = one.output[None].copy()
            found[meter] = Readings(whole.first_day, whole.last_day, whole.minutes, np.zeros_like(roof), roof)
    return MadeMeters(found)


def changed(meter: Readings, at: int, wh: int) -> Readings:
    """A meter with another value in an interval of both channels, where it has one."""
    delivered, received = meter.delivered.copy(), meter.received.copy()
    delivered[0, at] = wh
    received[0, at] = wh if received.any() else 0
    return replace(meter, delivered=delivered, received=received)


def right_in_the_end(folder: Path) -> pl.DataFrame:
    """What entries add up to but for what may not be asked any more."""
    found = totals(folder)
    assert found.height
    return found.filter(pl.col("component") != BACK_BILLING)


def utilities(made: MadeArrangement) -> set[str]:
    return {"pge"} if made.accounts[0].program.startswith("pge") else {"sce"}


def at_month(made: MadeArrangement, number: int) -> date:
    """A read date of the designated account."""
    reads = next(one.read_dates for one in made.accounts if one.account == made.arrangement.designated)
    return reads[min(number, len(reads) - 1)]


MADE = [made for seed in range(40) if may_be_billed(made := made_arrangement(seed))]


@pytest.mark.rule("VIRT-01", "VIRT-02", "AGG-04", "AGG-05")
@pytest.mark.parametrize("number", range(24))
def test_run_by_run_as_at_once(number: int, tmp_path: Path) -> None:
    """Balances, counters, kept kWh and what is left of an interval are carried from run to run."""
    made = MADE[number]
    run_all(tmp_path / "once", portfolio(made), meters(made), RULES)
    for month in (3, 4, 8):
        run_all(tmp_path / "by_run", portfolio(made), meters(made), RULES, through=at_month(made, month))
    run_all(tmp_path / "by_run", portfolio(made), meters(made), RULES)
    once, by_run = totals(tmp_path / "once"), totals(tmp_path / "by_run")
    assert once.height
    assert once.equals(by_run)
    for folder in ("once", "by_run"):
        assert findings(Books(tmp_path / folder).history(), utilities(made), TODAY) == []


def wrong_and_corrected(made: MadeArrangement, meter: str, folder: Path) -> Books:
    """Post with a wrong reading of a meter, then correct it and post again; never wrong in a folder of its own."""
    right, wrong = meters(made), meters(made)
    middle = wrong.readings[meter].delivered.shape[1] // 2
    wrong.readings[meter] = changed(wrong.readings[meter], middle, 7_777)
    run_all(folder / "books", portfolio(made), wrong, RULES)
    day = date.fromordinal((right.readings[meter].first_day + right.readings[meter].last_day) // 2 - 2)
    wrong.put(meter, right.readings[meter], day)
    run_all(folder / "books", portfolio(made), wrong, RULES)
    run_all(folder / "right", portfolio(made), right, RULES)
    assert right_in_the_end(folder / "books").equals(right_in_the_end(folder / "right"))
    assert findings(Books(folder / "books").history(), utilities(made), TODAY) == []
    return Books(folder / "books")


def several(programs: tuple[str, ...], count: int) -> list[MadeArrangement]:
    """Made arrangements of some programs with three accounts or more, over a year or so."""
    made = (made_arrangement(seed, programs) for seed in range(1000))
    long = (one for one in made if len(one.accounts) >= 3 and len(one.accounts[0].read_dates) >= 9)
    long = (one for one in long if may_be_billed(one) and (one.output is None or one.output.any()))
    return [one for one, _ in zip(long, range(count), strict=False)]


@pytest.mark.rule("AGG-04", "AGG-07")
@pytest.mark.parametrize("number", range(6))
def test_a_corrected_read_of_one_account_restates_the_bills_of_those_that_share_with_it(
    number: int, tmp_path: Path
) -> None:
    made = several(SHARING, 6)[number]
    meter = made.accounts[0].account
    books = wrong_and_corrected(made, meter, tmp_path)
    asked = changes(books, books.catalogue.posted[-1])
    touched = set(asked.restated.get_column("account"))
    assert meter in touched
    pools = {one.account for one in made.arrangement.accounts}
    assert touched <= pools


@pytest.mark.rule("VIRT-01")
@pytest.mark.parametrize("number", range(4))
def test_a_corrected_read_of_the_generator_restates_everybody_with_a_share(number: int, tmp_path: Path) -> None:
    made = several(VIRTUAL, 4)[number]
    books = wrong_and_corrected(made, "roof", tmp_path)
    assert changes(books, books.catalogue.posted[-1]).restated.height > 0


def lacking(made: MadeArrangement, name: str) -> MadeMeters:
    """The meters without an interval of one account in its last cycle but one."""
    found = meters(made)
    column = found.readings[name].delivered
    column[0, column.shape[1] * 4 // 5] = NO_VALUE
    return found


def waiting(folder: Path) -> dict[str, str]:
    books = Books(folder)
    table = books.waiting(books.catalogue.posted[-1])
    return dict(zip(table.get_column("account"), table.get_column("code"), strict=True))


def test_accounts_that_share_exports_wait_together_and_are_billed_up_to_the_same_day(tmp_path: Path) -> None:
    made = several(("sbp-a",), 1)[0]
    name = made.accounts[0].account
    run_all(tmp_path, portfolio(made), lacking(made, name), RULES)
    codes = waiting(tmp_path)
    assert codes.pop(name) == "E-READ-030"
    assert set(codes.values()) == {"E-ARR-005"}
    segments = Books(tmp_path).history().segments
    assert len({held[-1].last for held in segments.values()}) == 1
    run_all(tmp_path, portfolio(made), meters(made), RULES)
    run_all(tmp_path / "right", portfolio(made), meters(made), RULES)
    assert right_in_the_end(tmp_path).equals(right_in_the_end(tmp_path / "right"))


def test_tenants_do_not_wait_for_one_of_them(tmp_path: Path) -> None:
    made = several(("nem-v",), 1)[0]
    name = next(one.account for one in made.accounts if one.account != made.arrangement.designated)
    run_all(tmp_path, portfolio(made), lacking(made, name), RULES)
    assert waiting(tmp_path) == {name: "E-READ-030"}
    run_all(tmp_path, portfolio(made), meters(made), RULES)
    run_all(tmp_path / "right", portfolio(made), meters(made), RULES)
    assert right_in_the_end(tmp_path).equals(right_in_the_end(tmp_path / "right"))


def test_other_shares_from_a_day_on_restate_what_was_billed_from_it(tmp_path: Path) -> None:
    made = several(("nem-v-st",), 1)[0]
    day = at_month(made, 5)
    told = made.arrangement.model_dump(mode="json", by_alias=True, exclude_unset=True)
    held = [one for one in told["shares"] if date.fromisoformat(one["from"]) < day]
    told["shares"] = [*held, {"from": str(day), "percent": {made.arrangement.designated: "1"}}]
    later = replace(made, arrangement=Arrangement.from_fields(told))
    run_all(tmp_path, portfolio(made), meters(made), RULES)
    run_all(tmp_path, portfolio(later), meters(made), RULES)
    run_all(tmp_path / "right", portfolio(later), meters(made), RULES)
    assert right_in_the_end(tmp_path).equals(right_in_the_end(tmp_path / "right"))
    assert changes(Books(tmp_path), Books(tmp_path).catalogue.posted[-1]).restated.height


def test_arrangements_are_never_parted_between_shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [one for one in MADE if not one.arrangement.generators and one.readings.minutes == 60][:6]
    assert len({account.account for one in made for account in one.accounts}) == sum(len(one.accounts) for one in made)
    run_all(tmp_path / "whole", portfolio(*made), meters(*made), RULES)
    monkeypatch.setattr("trueup.books.drafts.SHARD", 2)
    run_all(tmp_path / "parted", portfolio(*made), meters(*made), RULES)
    assert totals(tmp_path / "whole").equals(totals(tmp_path / "parted"))
    assert totals(tmp_path / "whole").height


def test_an_account_whose_read_dates_are_not_filed_holds_the_others_up(tmp_path: Path) -> None:
    made = several(("sbp-a",), 1)[0]
    late = next(one for one in made.accounts if one.account != made.arrangement.designated)
    stale = late.with_facts(read_dates=late.read_dates[:-2], service_end=None)
    whole = [one.with_facts(service_end=None) for one in made.accounts]
    before = replace(made, accounts=[stale if one.account == late.account else one for one in whole])
    run_all(tmp_path, portfolio(before), meters(made), RULES)
    assert set(waiting(tmp_path).values()) == {"E-ARR-004"}
    assert len({held[-1].last for held in Books(tmp_path).history().segments.values()}) == 1
    after = replace(made, accounts=whole)
    run_all(tmp_path, portfolio(after), meters(made), RULES)
    run_all(tmp_path / "right", portfolio(after), meters(made), RULES)
    assert right_in_the_end(tmp_path).equals(right_in_the_end(tmp_path / "right"))


def test_a_tenant_that_cannot_be_planned_waits_alone(tmp_path: Path) -> None:
    """Its permission to operate lies before its first read date, and no running period is stated."""
    made = several(("nem-v",), 1)[0]
    name = next(one.account for one in made.accounts if one.account != made.arrangement.designated)
    homes = [
        one.with_facts(read_dates=[day for day in one.read_dates if day > one.pto][1:]) if one.account == name else one
        for one in made.accounts
    ]
    stays = made.arrangement.model_dump(mode="json", by_alias=True, exclude_unset=True)
    stays["accounts"] = [{"account": one["account"]} for one in stays["accounts"]]
    unplaced = replace(made, accounts=homes, arrangement=Arrangement.from_fields(stays))
    run_all(tmp_path, portfolio(unplaced), meters(made), RULES)
    assert set(waiting(tmp_path)) == {name}


def test_an_arrangement_without_any_usable_account_file_waits(tmp_path: Path) -> None:
    made = MADE[0]
    alone = Portfolio({}, {}, {}, {made.arrangement.arrangement: made.arrangement})
    run_all(tmp_path, alone, meters(made), RULES)
    assert waiting(tmp_path) == {made.arrangement.arrangement: "E-ARR-002"}


def test_files_of_a_folder_are_told_apart_and_a_generator_serves_one_arrangement(tmp_path: Path) -> None:
    both = (
        "arrangement: {name}\ndesignated: {name}-a\ngenerators: [roof]\naccounts: [{{account: {name}-a}}]\n"
        "shares: [{{from: 2025-06-01, percent: {{}}}}]\n"
    )
    for name in ("x", "y"):
        (tmp_path / f"{name}.yaml").write_text(both.format(name=name))
    found = Portfolio.load(tmp_path)
    assert (found.accounts, found.arrangements) == ({}, {})
    assert {error.code for error in found.unusable.values()} == {"E-ARR-002"}
