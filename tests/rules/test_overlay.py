"""Rule files of one's own laid over those that ship, and what the shipped aggregators need of them."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from tests.made import account
from tests.made_rules import INVENTED
from trueup.cli import app
from trueup.errors import TrueupError
from trueup.facts import gather_facts
from trueup.rulebook import Rules
from trueup.rulebook.check import findings
from trueup.rulebook.load import RULES
from trueup.rulebook.overlay import laid_over

READS = ["2026-03-02", "2026-04-02"]
FACTORS: dict[str, Any] = {
    "table": "mine", "kind": "production_factors", "utility": "mine", "status": "published", "title": "My factors",
    "source": "my-source", "rules": [], "zones": {"3": ["100"] * 12},
}  # fmt: skip


def own_rules(folder: Path) -> Path:
    """A folder with one table and its source."""
    (folder / "prices/mine").mkdir(parents=True)
    (folder / "prices/mine/factors.yaml").write_text(yaml.safe_dump(FACTORS))
    (folder / "sources.yaml").write_text("my-source: {title: Mine, where: here, effective: unknown, read: web}\n")
    return folder


def test_a_file_of_one_s_own_stands_beside_those_that_ship_and_its_source_is_added(tmp_path: Path) -> None:
    rules = Rules.load(folder=laid_over(RULES, [own_rules(tmp_path)]))
    assert rules.production_factors("mine") is not None
    assert findings(rules.book) == []
    assert set(Rules.load().book.schedules) == set(rules.book.schedules)


def test_a_file_of_the_same_place_replaces_the_shipped_one_and_the_last_folder_wins(tmp_path: Path) -> None:
    text = (RULES / "programs/cca/sonoma.yaml").read_text()
    for name in ("one", "two"):
        path = tmp_path / name / "programs/cca/sonoma.yaml"
        path.parent.mkdir(parents=True)
        path.write_text(text.replace("title: Sonoma Clean Power (NetGreen)", f"title: {name}"))
    merged = laid_over(RULES, [tmp_path / "one", tmp_path / "two"])
    assert Rules.load(folder=merged).book.provider("sonoma").title == "two"
    assert "NetGreen" in Rules.load().book.provider("sonoma").title, "the shipped file is as it was"


def test_the_digests_tell_rules_of_one_s_own_from_those_that_ship(tmp_path: Path) -> None:
    merged = Rules.load(folder=laid_over(RULES, [own_rules(tmp_path)])).book.digests
    assert set(merged) - set(Rules.load().book.digests) == {"prices/mine/factors.yaml"}


def test_a_folder_without_rule_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrueupError, match="E-RULE-001"):
        laid_over(RULES, [tmp_path])


def test_the_command_line_lays_folders_over_one_another(tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["--with", str(INVENTED), "--with", str(own_rules(tmp_path)), "rules", "list"])
    assert "price/mine/mine" in told.output
    told = CliRunner().invoke(app, ["--with", str(INVENTED), "rules", "check"])
    assert told.exit_code == 0, told.output


@pytest.mark.rule("CCA-09", "CCA-10")
@pytest.mark.parametrize("program", ["pge-nem", "pge-nem2", "pge-sbp"])
def test_a_cleanpowersf_customer_is_also_one_of_pge_s_program(program: str) -> None:
    made = Rules.load(folder=laid_over(RULES, [INVENTED]))
    facts = {"schedule": "e-elec", "pto": "2026-03-02", "application": "2026-01-05", "read_dates": READS}
    home = account(program=program, provider="cleanpowersf", crs_vintage=2016, **facts)
    found = gather_facts([home], made)
    assert {told["program"] for told in found.told} >= {program}


@pytest.mark.rule("CCA-10")
@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"schedule": "tou-d-prime", "program": "nem"}, "does not serve provider cleanpowersf"),
        ({"schedule": "e-elec", "program": "pge-nem2", "provider": "mce"}, "does not support"),
        ({"schedule": "e-elec", "program": "pge-sbp", "provider": "direct-access"}, "does not support"),
    ],
)
def test_a_provider_serves_its_utility_and_the_programs_that_it_supports(facts: dict[str, Any], said: str) -> None:
    usual = {"provider": "cleanpowersf", "crs_vintage": 2016, "pto": "2026-03-02", "application": "2026-01-05"}
    with pytest.raises(TrueupError, match=said):
        gather_facts([account(**(usual | facts), read_dates=READS)], Rules.load())


@pytest.mark.rule("CCA-06")
def test_without_prices_of_its_own_a_provider_s_customer_is_refused() -> None:
    home = account(schedule="e-elec", program="pge-nem2", provider="cleanpowersf", crs_vintage=2016, pto="2026-03-02",
                   read_dates=READS)  # fmt: skip
    with pytest.raises(TrueupError, match="has no known price of green on e-elec"):
        gather_facts([home], Rules.load())


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"utility": "sce"}, "is a schedule of pge, not of sce"),
        ({"technology": "fuel_cell"}, "is for solar, wind, other_renewable"),
        ({"credit_pool": "combined"}, "leaves no choice of credit_pool"),
        ({"provider": "cleanpowersf", "crs_vintage": 2016, "provider_rule": "page-2020"}, "knows no rule page-2020"),
    ],
)
def test_facts_that_do_not_fit_the_rules_are_refused(facts: dict[str, Any], said: str) -> None:
    made = Rules.load(folder=laid_over(RULES, [INVENTED]))
    usual = {"schedule": "e-elec", "program": "pge-sbp", "pto": "2026-03-02", "application": "2026-01-05"}
    with pytest.raises(TrueupError, match=said):
        gather_facts([account(**(usual | facts), read_dates=READS)], made)


@pytest.mark.parametrize("place", ["e-elec.yaml", "tarifs/pge/e-elec.yaml", "tariffs/pge/e-elec.yml"])
def test_a_file_that_no_rule_would_be_read_from_is_refused(place: str, tmp_path: Path) -> None:
    """Else the shipped rule would stay in force, unnoticed."""
    own = own_rules(tmp_path)
    (own / place).parent.mkdir(parents=True, exist_ok=True)
    (own / place).write_text((RULES / "tariffs/pge/e-elec.yaml").read_text())
    with pytest.raises(TrueupError, match="stands where no rule file is looked for"):
        laid_over(RULES, [own])


def test_two_files_that_give_one_name_are_refused(tmp_path: Path) -> None:
    own = tmp_path / "tariffs/pge/other.yaml"
    own.parent.mkdir(parents=True)
    own.write_text((RULES / "tariffs/pge/e-elec.yaml").read_text())
    with pytest.raises(TrueupError, match="e-elec"):
        Rules.load(folder=laid_over(RULES, [tmp_path]))
