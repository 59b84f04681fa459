"""Accounts taken over with balances: a result folder's closing.json as `NAME.opening.yaml`."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

import trueup
from tests.books.made_books import TODAY, MadeMeters, run_all
from tests.books.test_corrections import READS, use
from tests.incidents.homes import VALLEY
from tests.made import account, reads_of
from tests.made_rules import shared_made_rules
from trueup.books import Books, Portfolio
from trueup.books.check import findings
from trueup.books.segments import same
from trueup.books.statements import statement
from trueup.store.results import closing_fields

RULES = shared_made_rules()
FACTS: dict[str, Any] = {
    "account": "home", "schedule": "tou-d-prime", "program": "nem", "read_dates": READS, "pto": READS[0],
    "application": date(2025, 1, 5), "nsc_election": "check",
}  # fmt: skip
HERE, LAST = READS[4], READS[12]
"""The day of the balances, inside of the first period, and the day to which is billed, its end."""


def taken_over(folder: Path, facts: dict[str, Any], **changed: Any) -> Portfolio:
    """An account folder with a home and the closing.json of its first four bills, in which some fields changed."""
    bills = trueup.bill(account(**facts), reads_of(use(300)), READS[0], HERE, rules=RULES)
    folder.mkdir(exist_ok=True)
    (folder / "home.yaml").write_text(yaml.safe_dump(facts), encoding="utf-8")
    (folder / "home.opening.yaml").write_text(json.dumps(closing_fields(bills) | changed, indent=1), encoding="utf-8")
    return Portfolio.load(folder)


def codes(folder: Path, accounts: Portfolio, through: date = LAST) -> list[str]:
    """Who waits after a run, by code."""
    done = run_all(folder, accounts, MadeMeters({"home": use(300)}), RULES, through=through, on=LAST)
    return Books(folder).waiting(done).get_column("code").to_list()


@pytest.mark.parametrize(
    "facts", [{}, {"program": "sbp"}, {"program": "nem-st", **VALLEY}], ids=["nem", "sbp", "provider"]
)
def test_a_closing_file_opens_an_account_though_the_store_holds_earlier_readings(
    facts: dict[str, Any], tmp_path: Path
) -> None:
    """From its day on the bills and balances are those of books that held the account from the start."""
    accounts = taken_over(tmp_path / "accounts", FACTS | facts)
    assert codes(tmp_path / "taken", accounts, READS[8]) == codes(tmp_path / "taken", accounts) == []
    whole = Portfolio(accounts.accounts, {}, {})
    assert codes(tmp_path / "whole", whole) == []
    taken, always = (Books(tmp_path / name).history() for name in ("taken", "whole"))
    assert taken.segments["home"][0].first == HERE
    assert findings(taken, {"sce"}, TODAY) == []
    for day in READS[4:12]:
        assert statement(taken, "home", day) == statement(always, "home", day)
    ends = zip(taken.segments["home"][-1].closing, always.segments["home"][-1].closing, strict=True)
    assert all(same(one, other) for one, other in ends)


@pytest.mark.parametrize("changed", [{"on": str(HERE + timedelta(1))}, {"account": "other"}])
def test_balances_of_no_read_date_or_of_another_account_wait(changed: dict[str, str], tmp_path: Path) -> None:
    assert codes(tmp_path / "books", taken_over(tmp_path / "accounts", FACTS, **changed)) == ["E-STATE-003"]


def test_balances_of_a_day_that_was_billed_here_wait(tmp_path: Path) -> None:
    """Posted from the first read date on; balances of a later day cannot open what is posted."""
    assert codes(tmp_path / "books", Portfolio({"home": account(**FACTS)}, {}, {})) == []
    assert codes(tmp_path / "books", taken_over(tmp_path / "accounts", FACTS)) == ["E-STATE-003"]
