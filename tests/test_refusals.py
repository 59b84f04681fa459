"""What billing refuses because no source gives it: unknown is written down, and never guessed."""

import hashlib
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.made import account, columns, rules_in, run
from trueup.facts import gather_facts
from trueup.model import Result, Shard, State
from trueup.pipeline import settle
from trueup.rulebook import Rules
from trueup.rulebook.book import versions_in_force
from trueup.rulebook.load import RULES
from trueup.rulebook.schema import DatedValue

READS = [date(2025, 6, 17) + timedelta(30 * k) for k in range(13)]
SOLAR = {"program": "sbp", "pto": READS[0], "application": date(2025, 2, 1), "read_dates": READS}


def codes(result: Result) -> list[str]:
    return [refusal.error.code for refusal in result.refusals]


@pytest.mark.parametrize(
    ("price", "code"), [("off_peak: 0.19236", "E-RULE-004"), ("off_peak: 0.19215", None)], ids=["needed", "not needed"]
)
def test_a_price_marked_unknown_refuses_the_bills_that_need_it(price: str, code: str | None, tmp_path: Path) -> None:
    own = rules_in(tmp_path, {"tariffs/sce/tou-d-prime.yaml": lambda text: text.replace(price, "off_peak: unknown")})
    result = run(
        account(read_dates=[date(2025, 7, 1), date(2025, 8, 1)]), columns(date(2025, 7, 1), date(2025, 8, 1)), own
    )
    assert codes(result) == ([code] if code else [])
    assert (len(result.lines.cents) == 0) == bool(code)


@pytest.mark.parametrize(("sent", "refused"), [(200, True), (50, False)], ids=["surplus", "no surplus"])
def test_a_month_without_posted_rates_refuses_a_settlement_with_a_surplus(
    sent: int, refused: bool, tmp_path: Path
) -> None:
    cut = "".join((RULES / "prices/sce/nscr.csv").read_text().splitlines(keepends=True)[:-5])
    digest = hashlib.sha256(cut.encode()).hexdigest()
    old = hashlib.sha256((RULES / "prices/sce/nscr.csv").read_bytes()).hexdigest()
    changes = {
        "prices/sce/nscr.csv": lambda _: cut,
        "prices/sce/nscr.yaml": lambda text: text.replace(old, digest).replace("2026-09", "2026-04"),
    }
    result = run(account(**SOLAR), columns(READS[0], READS[-1], flat=(100, sent)), rules_in(tmp_path, changes))
    assert codes(result) == (["E-RULE-006"] if refused else [])


def test_the_first_solar_bill_without_the_days_since_permission_is_refused(rules: Rules) -> None:
    home = account(**(SOLAR | {"pto": READS[0] + timedelta(5)}))
    facts = gather_facts([home], rules, [(READS[1], READS[3])])
    result = settle(Shard(facts, columns(READS[0], READS[-1]), State.empty(1)), rules)
    assert codes(result) == ["E-TRUE-003"]


def test_a_program_that_has_ended_is_refused(rules: Rules) -> None:
    home = account(program="nem-st", pto=date(2005, 7, 20), relevant_period_start=READS[0], read_dates=READS)
    assert codes(run(home, columns(READS[0], READS[-1]), rules)) == ["E-TRUE-004"]


def test_twelve_bills_of_more_than_a_year_are_refused(rules: Rules) -> None:
    reads = [date(2025, 6, 1) + timedelta(34 * k) for k in range(13)]
    home = account(**(SOLAR | {"read_dates": reads, "pto": reads[0]}))
    assert codes(run(home, columns(reads[0], reads[-1]), rules)) == ["E-TRUE-009"]


@pytest.mark.rule("EEC-06")
def test_acc_plus_and_kept_compensation_outlive_a_settlement(rules: Rules) -> None:
    """Schedule NBT, Special Condition 4.e.iii and NSC-06: neither is zeroed when the period closes."""
    opening = State.empty(1)
    opening.bonus[0] = opening.surplus[0] = 10_000_000
    result = run(account(**SOLAR), columns(READS[0], READS[-1], flat=(100, 50)), rules, opening)
    assert result.spans.cycles.closes.sum() == 1
    used = int(result.billed.bonus_used.sum()), int(result.billed.surplus_used.sum() + result.settled.applied.sum())
    assert (int(result.closing.bonus[0]), int(result.closing.surplus[0])) == (
        10_000_000 - used[0],
        10_000_000 - used[1],
    )


def test_of_two_filings_for_a_day_the_one_known_last_holds_if_it_was_known() -> None:
    first = DatedValue.model_validate({"from": "2026-01-01", "known": "2025-12-20", "source": "a", "value": "0.1"})
    corrected = DatedValue.model_validate({"from": "2026-01-01", "known": "2026-02-10", "source": "b", "value": "0.2"})
    found = [
        versions_in_force([first, corrected], day)[0].source for day in (date(2026, 1, 15), date(2026, 3, 1), None)
    ]
    assert found == ["a", "b", "b"]
    assert np.array_equal(versions_in_force([first, corrected], date(2025, 12, 1)), [])
