"""What all tests share: the rules, the sample home, and the conformance table."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import trueup
from tests.conformance import ROOT, TABLE, Marks
from trueup.sample import HOME, meter_file

settings.register_profile("house", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

MARKS = Marks()


def pytest_configure(config: pytest.Config) -> None:
    """Collect rule marks."""
    config.pluginmanager.register(MARKS, "rule-marks")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Write the conformance table after a full, green run."""
    partial = bool(session.config.invocation_params.args)
    if not partial and exitstatus == 0:
        TABLE.write_text(MARKS.table(), encoding="utf-8")


@pytest.fixture(scope="session")
def rules() -> trueup.Rules:
    """The rules that ship."""
    return trueup.Rules.load()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The developers' source material; absent for users."""
    folder = ROOT.parent / "shared"
    if not (folder / "spec").exists():
        pytest.skip("the developers' source material is not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def sample_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample home's meter file."""
    home = trueup.Account.from_yaml(HOME)
    path = tmp_path_factory.mktemp("sample") / "sce_usage.csv"
    path.write_text(meter_file(home.read_dates[0], home.read_dates[-1]), encoding="utf-8", newline="")
    return path


@pytest.fixture(scope="session")
def sample_home() -> trueup.Account:
    """The sample home's account."""
    return trueup.Account.from_yaml(HOME)


@pytest.fixture(scope="session")
def sample_reads(sample_file: Path) -> trueup.Reads:
    """The sample home's readings."""
    return trueup.read(sample_file)


@pytest.fixture(scope="session")
def sample_year(sample_home: trueup.Account, sample_reads: trueup.Reads, rules: trueup.Rules) -> trueup.Year:
    """The sample home's settled year."""
    return trueup.settle(sample_home, sample_reads, "2026-06", rules=rules)
