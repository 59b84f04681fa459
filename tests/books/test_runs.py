"""Runs: drafted, computed, approved, posted; month by month or all at once; who waits; a second posts nothing."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.books.made_books import TODAY, MadeMeters, portfolio, run_all, totals, without_openings
from tests.made import account, columns, run
from tests.made_rules import shared_made_rules
from trueup.balances import Opening
from trueup.books import Books
from trueup.books.check import findings
from trueup.books.segments import same
from trueup.books.statements import balances, statement
from trueup.errors import TrueupError
from trueup.model import NO_VALUE, Readings, State
from trueup.rulebook import Rules
from trueup.rulebook.vee import VeeRules
from trueup.statement import statement_lines

RULES = shared_made_rules()
HOMES = without_openings(range(24))
UTILITIES = {"sce"}
READS = [date(2025, 6, 10) + timedelta(30 * k) for k in range(14)]


def meters_of(homes: Any = HOMES) -> MadeMeters:
    return MadeMeters({home.account.account: home.readings for home in homes})


def accounts_of(homes: Any = HOMES) -> Any:
    return portfolio(*(home.account for home in homes))


def one_home(**facts: Any) -> tuple[Any, MadeMeters]:
    """A home with a year of hourly use, and its meter data."""
    home = account(
        program="nem", read_dates=READS, pto=READS[0], application=date(2025, 1, 5), nsc_election="check", **facts
    )
    sent = {f"{day + timedelta(3)} 12": (0, 700_000) for day in READS}
    return home, MadeMeters({"home": columns(READS[0], READS[13], flat=(300, 0), at=sent)})


def test_month_by_month_and_all_at_once_give_the_same_books(tmp_path: Path) -> None:
    run_all(tmp_path / "once", accounts_of(), meters_of(), RULES)
    for k in range(21):
        day = date(2025, 1, 1) + timedelta(31 * k)
        run_all(tmp_path / "monthly", accounts_of(), meters_of(), RULES, through=day, on=day)
    once, monthly = (Books(tmp_path / name).history() for name in ("once", "monthly"))
    assert totals(tmp_path / "once").equals(totals(tmp_path / "monthly"))
    for name, held in once.segments.items():
        ends = zip(held[-1].closing, monthly.segments[name][-1].closing, strict=True)
        assert all(same(one, other) for one, other in ends)
    assert findings(once, UTILITIES, TODAY) == findings(monthly, UTILITIES, TODAY) == []


def test_a_second_run_posts_nothing(tmp_path: Path) -> None:
    run_all(tmp_path, accounts_of(), meters_of(), RULES)
    before = totals(tmp_path)
    again = run_all(tmp_path, accounts_of(), meters_of(), RULES)
    assert Books(tmp_path).shelf(again).table("entries", again.manifest).is_empty()
    assert totals(tmp_path).equals(before)
    assert Books(tmp_path).post(again.number, TODAY) == again, "posting twice is posting once"


def test_the_books_hold_the_lines_that_a_bill_prints(tmp_path: Path) -> None:
    for home in HOMES[:8]:
        run_all(tmp_path / home.account.account, portfolio(home.account), meters_of([home]), RULES)
        result = run(home.account, home.readings, RULES)
        printed = statement_lines(result, RULES, np.arange(len(result.spans.cycles.start)))
        history = Books(tmp_path / home.account.account).history()
        for cycle in sorted({line.cycle_start for line in printed}):
            kept = statement(history, home.account.account, date.fromisoformat(cycle))
            wanted = [line for line in printed if line.cycle_start == cycle]
            assert [one["id"] for one in kept] == [line.id for line in wanted]
            assert [one["amount"] for one in kept] == [str(line.amount) for line in wanted]
            assert [one["rule"] for one in kept] == [line.rule for line in wanted]


def test_balances_that_an_account_brings_enter_the_books(tmp_path: Path) -> None:
    home, meters = one_home(relevant_period_start=None)
    state = State.empty(1)
    state.export[0, 0], state.bonus[0], state.imported_wh[0] = 1234, 56, 7_000
    run_all(tmp_path, portfolio(home, openings={"home": Opening(state)}), meters, RULES, through=READS[2])
    assert findings(Books(tmp_path).history(), UTILITIES, TODAY) == []
    opened = totals(tmp_path, "component", "book").filter(component="opening")
    assert dict(opened.select("book", "amount").iter_rows())["bank.bonus"] == -56


def test_an_account_that_cannot_be_billed_waits_and_the_others_go_on(tmp_path: Path) -> None:
    """A gap in the third cycle: the first two are billed, the account waits from there; days count from its end."""
    home, meters = one_home()
    held = meters.readings["home"]
    meters.readings["other"] = Readings(held.first_day, held.last_day, 60, held.delivered.copy(), held.received)
    slot = 24 * ((READS[2] - READS[0]).days + 4)
    held.delivered[0, slot] = NO_VALUE
    other = home.with_facts(account="other")
    done = run_all(tmp_path, portfolio(home, other), meters, RULES, through=READS[5], on=READS[5])
    waiting = Books(tmp_path).waiting(done).filter(account="home").row(0, named=True)
    assert (waiting["code"], waiting["since"], waiting["days"]) == ("E-READ-030", READS[2], 60)
    segments = Books(tmp_path).history().segments
    assert segments["home"][-1].last == READS[2]
    assert segments["other"][-1].last == READS[5]


def test_a_correction_is_posted_though_the_next_cycle_cannot_be_billed(tmp_path: Path) -> None:
    """Cycle 2 is corrected, cycle 4 has a gap: the first three are restated, the account waits from the fourth."""
    home, meters = one_home()
    whole = meters.readings["home"]
    wrong, gap = whole.delivered.copy(), whole.delivered.copy()
    wrong[0, 24 * 40 : 24 * 50] *= 2
    gap[0, 24 * 100] = NO_VALUE
    meters.put("home", Readings(whole.first_day, whole.last_day, 60, wrong, whole.received), READS[0])
    run_all(tmp_path, portfolio(home), meters, RULES, through=READS[3], on=READS[3])
    meters.put("home", Readings(whole.first_day, whole.last_day, 60, gap, whole.received), READS[1])
    done = run_all(tmp_path, portfolio(home), meters, RULES, through=READS[5], on=READS[5])
    assert Books(tmp_path).waiting(done).row(0, named=True)["since"] == READS[3]
    imported = totals(tmp_path, "book", "measure").filter(book="kwh.imported").get_column("amount").item()
    assert imported == int(whole.delivered[0, : 24 * 90].sum())


def test_a_gap_that_is_filled_is_billed_by_the_next_run(tmp_path: Path) -> None:
    home, meters = one_home()
    whole = meters.readings["home"]
    gap = whole.delivered.copy()
    gap[0, 24 * 70] = NO_VALUE
    meters.readings["home"] = Readings(whole.first_day, whole.last_day, whole.minutes, gap, whole.received)
    run_all(tmp_path / "late", portfolio(home), meters, RULES)
    meters.put("home", whole, READS[2])
    done = run_all(tmp_path / "late", portfolio(home), meters, RULES)
    run_all(tmp_path / "on_time", portfolio(home), MadeMeters({"home": whole}), RULES)
    assert Books(tmp_path / "late").waiting(done).is_empty()
    assert totals(tmp_path / "late").equals(totals(tmp_path / "on_time"))


@pytest.mark.parametrize(
    ("facts", "code"), [({"schedule": "tou-d-9"}, "E-RULE-002"), ({"pto": None, "application": None}, "E-ACCT-003")]
)
def test_facts_that_cannot_be_used_wait_with_their_reason(facts: dict[str, Any], code: str, tmp_path: Path) -> None:
    home, meters = one_home()
    done = run_all(tmp_path, portfolio(home.with_facts(**facts)), meters, RULES)
    assert Books(tmp_path).waiting(done).get_column("code").to_list() == [code]


def refusal(act: Any) -> str:
    with pytest.raises(TrueupError) as caught:
        act()
    return caught.value.code


def test_a_run_goes_through_its_states_in_order(tmp_path: Path) -> None:
    home, meters = one_home()
    books = Books(tmp_path)
    run = books.draft(portfolio(home), meters, RULES, TODAY, READS[3])
    assert refusal(lambda: books.approve(run.number)) == "E-RUN-003"
    assert refusal(lambda: books.post(run.number, TODAY)) == "E-RUN-003"
    assert books.compute(run.number, meters, RULES).state == "computed"
    assert refusal(lambda: books.post(run.number, TODAY)) == "E-RUN-003"
    books.approve(run.number)
    assert books.post(run.number, TODAY).state == "posted"
    assert refusal(lambda: books.void(run.number)) == "E-RUN-003"
    assert refusal(lambda: books.approve(9)) == "E-RUN-002"


def test_a_run_drafted_on_older_books_is_not_posted(tmp_path: Path) -> None:
    home, meters = one_home()
    books = Books(tmp_path)
    first, second = (books.draft(portfolio(home), meters, RULES, TODAY, READS[3]) for _ in range(2))
    for one in (first, second):
        books.compute(one.number, meters, RULES)
        books.approve(one.number)
    books.post(first.number, TODAY)
    assert refusal(lambda: books.post(second.number, TODAY)) == "E-RUN-005"
    assert books.void(second.number).state == "voided"


def test_a_draft_is_computed_from_what_it_was_drafted_with(tmp_path: Path, rules: Rules) -> None:
    home, meters = one_home()
    books = Books(tmp_path)
    run = books.draft(portfolio(home), meters, RULES, TODAY, READS[3])
    assert refusal(lambda: books.compute(run.number, meters, rules)) == "E-RUN-004"
    assert refusal(lambda: books.compute(run.number, meters, RULES, VeeRules.shipped())) == "E-RUN-004"
    meters.put("home", meters.readings["home"], READS[0])
    assert refusal(lambda: books.compute(run.number, meters, RULES)) == "E-RUN-004"


def test_another_month_of_read_dates_restates_nothing(tmp_path: Path) -> None:
    home, meters = one_home()
    early = home.with_facts(read_dates=READS[:5])
    run_all(tmp_path, portfolio(early), meters, RULES)
    done = run_all(tmp_path, portfolio(home), meters, RULES)
    kinds = Books(tmp_path).shelf(done).table("entries", done.manifest).get_column("kind").unique().to_list()
    assert kinds == ["posted"]


def test_export_credits_of_two_pools_stand_in_two_banks(tmp_path: Path) -> None:
    """The settlement of 2024 keeps delivery and generation credits apart (R-2024); each bank is what is carried on."""
    solar = {"program": "sbp", "settlement_rule": "R-2024", "pto": READS[0], "application": date(2025, 1, 5)}
    home = account(read_dates=READS, nsc_election="check", **solar)
    noons = {f"{day + timedelta(3)} 12": (0, 3_000_000) for day in READS}
    meters = MadeMeters({"home": columns(READS[0], READS[13], flat=(300, 0), at=noons)})
    run_all(tmp_path, portfolio(home), meters, RULES)
    history = Books(tmp_path).history()
    standing = {book: cents for book, _, cents in balances(history) if book.startswith("bank.export")}
    carried = history.segments["home"][-1].closing[0].export[0].tolist()
    assert standing == {"bank.export.delivery": -carried[0], "bank.export.generation": -carried[1]}
    assert carried[1] > 0
    assert findings(history, UTILITIES, TODAY) == []
