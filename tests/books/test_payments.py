"""Payments of surplus: a batch of what is payable, answered by the bank; nothing is paid twice."""

import csv
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.books.made_books import MadeMeters, portfolio, run_all
from tests.made import account, columns
from tests.made_rules import shared_made_rules
from trueup.books import Books
from trueup.books.check import findings
from trueup.books.paying import answer, pay
from trueup.books.payments import PAYABLES
from trueup.books.statements import balances
from trueup.components import COMPONENTS
from trueup.errors import TrueupError
from trueup.model import Readings

RULES = shared_made_rules()
READS = [date(2025, 6, 10) + timedelta(30 * k) for k in range(14)]
ON = READS[13]
SURPLUS_WH = 9_000_000


def data(sent_wh: int = SURPLUS_WH) -> Readings:
    return columns(READS[0], READS[13], at={"2025-07-01 12": (0, sent_wh)})


def home_named(name: str, election: str = "check") -> Any:
    solar = {"pto": READS[0], "application": date(2025, 1, 5)}
    return account(account=name, program="nem", read_dates=READS, nsc_election=election, **solar)


def settled(
    folder: Path, names: tuple[str, ...] = ("home",), election: str = "check", sent_wh: int = SURPLUS_WH
) -> Books:
    """Homes whose period settled with a surplus of 9,000 kWh."""
    homes = [home_named(name, election) for name in names]
    run_all(folder, portfolio(*homes), MadeMeters({name: data(sent_wh) for name in names}), RULES, on=ON)
    return Books(folder)


def posted(books: Books, run: Any) -> Any:
    books.approve(run.number)
    return books.post(run.number, ON)


def standing(books: Books) -> dict[str, int]:
    """Cents in the books of payments."""
    wanted = ("payable.surplus", "clearing.payment", "cash", "receivable")
    return {book: cents for book, _, cents in balances(books.history()) if book in wanted and cents}


def payable(books: Books) -> int:
    return -standing(books)["payable.surplus"]


def code_of(act: Any) -> str:
    with pytest.raises(TrueupError) as caught:
        act()
    return caught.value.code


@pytest.mark.rule("NSC-06")
def test_a_batch_pays_each_account_once_and_the_bank_confirms_it(tmp_path: Path) -> None:
    """NSCR of June 2026 (0.01815) x 9,000 kWh = $163.35 each, less what the settlement bill owed first."""
    books = settled(tmp_path, ("a", "b"))
    owed = payable(books)
    batch = posted(books, pay(books, ON))
    with open(books.shelf(batch).folder / "payments.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["account"] for row in rows] == ["a", "b"]
    assert rows[0]["payment"] == "000002-00001"
    assert standing(books)["clearing.payment"] == -owed
    posted(books, answer(books, batch.number, [], ON))
    assert "clearing.payment" not in standing(books)
    assert standing(books)["cash"] == -owed
    assert code_of(lambda: pay(books, ON)) == "E-PAY-001"
    assert code_of(lambda: answer(books, batch.number, [], ON)) == "E-PAY-003"
    assert findings(books.history(), {"sce"}, ON) == []


def test_what_stands_in_clearing_is_named_with_its_batch_and_its_age(tmp_path: Path) -> None:
    """Each batch by itself, from the day on which it was posted; what was answered is not named."""
    books = settled(tmp_path, ("a", "b"))
    owed = payable(books) // 2
    first = posted(books, pay(books, ON))
    later = ON + timedelta(9)
    assert findings(books.history(), {"sce"}, later) == [
        f"{name} payment.{first.number}: {-owed} cents of sce stand in clearing.payment for 9 days" for name in "ab"
    ]
    posted(books, answer(books, first.number, [f"{first.number:06d}-00002"], ON))
    second = pay(books, later)
    books.approve(second.number)
    books.post(second.number, later)
    (line,) = findings(books.history(), {"sce"}, later + timedelta(2))
    assert line == f"b payment.{second.number}: {-owed} cents of sce stand in clearing.payment for 2 days"


@pytest.mark.parametrize("late", [False, True])
def test_a_returned_check_is_payable_again_and_is_in_the_next_batch(late: bool, tmp_path: Path) -> None:
    """Whether it comes back with the bank's first answer or after it was paid."""
    books = settled(tmp_path, ("a", "b"))
    owed = payable(books)
    batch = posted(books, pay(books, ON))
    back = f"{batch.number:06d}-00002"
    if late:
        posted(books, answer(books, batch.number, [], ON))
    posted(books, answer(books, batch.number, [back], ON))
    assert standing(books)["cash"] == -owed // 2
    assert payable(books) == owed // 2
    assert code_of(lambda: answer(books, batch.number, [back], ON)) == "E-PAY-002"
    again = posted(books, pay(books, ON))
    posted(books, answer(books, again.number, [], ON))
    assert standing(books)["cash"] == -owed


@pytest.mark.parametrize(("below", "paid"), [(-1, True), (0, True), (1, False)])
def test_small_amounts_wait_below_the_threshold_of_a_batch(below: int, paid: bool, tmp_path: Path) -> None:
    books = settled(tmp_path)
    least = payable(books) + below
    if paid:
        assert pay(books, ON, least).state == "computed"
    else:
        assert code_of(lambda: pay(books, ON, least)) == "E-PAY-001"


@pytest.mark.parametrize("election", ["on_bill", "none", "opt_out"])
def test_only_a_check_is_payable(election: str, tmp_path: Path) -> None:
    """On the bill it rolls over, without an election it is held, opted out there is none."""
    assert code_of(lambda: pay(settled(tmp_path, election=election), ON)) == "E-PAY-001"


def test_what_a_correction_takes_back_after_it_was_paid_is_asked_of_the_customer(tmp_path: Path) -> None:
    """R-1 (c): paid for 9,000 kWh, then only 5,000 were sent: the difference is a receivable, not lost."""
    books = settled(tmp_path)
    batch = posted(books, pay(books, ON))
    posted(books, answer(books, batch.number, [], ON))
    paid = -standing(books)["cash"]
    home = books.history().segments["home"][0]
    meters = MadeMeters({"home": data(5_000_000)}, [("home", home.first)])
    run_all(tmp_path, portfolio(home_named("home")), meters, RULES, on=ON)
    back = posted(Books(tmp_path), pay(Books(tmp_path), ON))
    assert back.kind == "pay"
    books = Books(tmp_path)
    fewer = settled(tmp_path / "right", sent_wh=5_000_000)
    assert "payable.surplus" not in standing(books)
    assert standing(books)["receivable"] - standing(fewer).get("receivable", 0) == paid - payable(fewer)
    assert findings(books.history(), {"sce"}, ON) == []


def test_every_amount_that_settlements_make_payable_is_paid_out() -> None:
    made = {book for component in COMPONENTS for book in (component.debit, component.credit)}
    assert {book for book in made if str(book).startswith("payable.")} == set(PAYABLES)
