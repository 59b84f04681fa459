"""The account file: fields, refusals, and the published schema."""

import json
from pathlib import Path
from typing import Any

import pytest

import trueup
from tests.made import account
from trueup.quantities import UNKNOWN

DOCS = Path(__file__).resolve().parent.parent / "docs"
TOO_SOON = [{"on": "2025-07-01", "choice": "check"}, {"on": "2026-06-30", "choice": "on_bill"}]
READS = {"read_dates": ["2025-07-01", "2025-08-01"]}


def test_the_published_schema_is_that_of_the_account_file() -> None:
    """`make docs` renews it."""
    assert json.loads((DOCS / "account.schema.json").read_text()) == trueup.Account.model_json_schema()


def test_the_docs_say_every_field() -> None:
    text = (DOCS / "account.md").read_text()
    assert [name for name in trueup.Account.model_fields if f"`{name}`" not in text] == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"read_dates": ["2025-08-01", "2025-07-01"]}, "in order"), ({"read_dates": ["2025-08-01"]}, "read_dates"),
        ({"local_tax": "5%"}, "local_tax"), ({"local_tax": "1.5"}, "local_tax"), ({"local_tax": "-0.1"}, "local_tax"),
        ({"nsc_election": "cheque"}, "nsc_election"), ({"provider": ["x"]}, "provider"),
        ({"nsc_elections": TOO_SOON}, "NSC-07"),
        ({"switches": [{"on": "2025-06-30", "provider": "bundled"}]}, "switches"),
        ({"switches": [{"on": "soon", "provider": "bundled"}]}, "switches"),
        ({"generation_municipal_surcharge": {"2025-07": "x"}}, "generation_municipal_surcharge"),
        ({"color": "red"}, "color"),
        ({"relevant_period_start": "2025-07-15"}, "relevant_period_start"),
        ({"base_services_charge_per_day": "lots"}, "base_services_charge_per_day"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_refused_by_name(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(trueup.TrueupError) as caught:
        account(**(READS | fields))
    assert caught.value.code == "E-ACCT-002"
    assert said in caught.value.what


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "a: [", "\x00\x01"])
def test_a_file_that_is_no_account_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "home.yaml"
    path.write_text(text)
    with pytest.raises(trueup.TrueupError) as caught:
        trueup.Account.from_yaml(path)
    assert caught.value.code == "E-ACCT-001"


def test_a_choice_may_change_after_twelve_months() -> None:
    """NSC-07: one day short of a year is refused above; exactly a year is not."""
    chosen = [{"on": "2025-07-01", "choice": "check"}, {"on": "2026-07-01", "choice": "on_bill"}]
    assert len(account(**READS, nsc_elections=chosen).nsc_elections) == 2


def test_an_account_keeps_exact_numbers_and_dates() -> None:
    home = account(**READS, local_tax="0.0475", base_services_charge_per_day="0.76862", transfers_recs="true")
    assert (home.local_tax, home.base_services_charge_per_day, home.transfers_recs) == (47_500, 7_686_200, True)
    assert home.with_facts(program="nem-st", pto="2025-07-01").local_tax == 47_500
    assert account(**READS).base_services_charge_per_day is None
    assert UNKNOWN < -(10**11)
