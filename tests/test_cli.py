"""The commands as a user runs them: what they print, what they write, how they refuse."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from trueup import cli
from trueup.rulebook.load import RULES
from trueup.sample import HOME


class Ran:
    """A command that ran in a process of its own."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "trueup", *arguments], cwd=folder, capture_output=True, text=True, check=False
        )
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr


def settle(folder: Path, reads: Path, *more: str) -> Ran:
    return Ran(folder, "settle", "--account", str(HOME), "--reads", str(reads), "--year-ending", "2026-06", *more)


@pytest.fixture(scope="module")
def folder(sample_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the sample year was settled."""
    made = tmp_path_factory.mktemp("cli")
    ran = settle(made, sample_file)
    assert (ran.code, ran.err) == (0, "")
    (made / "printed.txt").write_text(ran.out)
    return made


def test_settle_prints_the_months_the_numbered_steps_and_the_files(folder: Path) -> None:
    printed = (folder / "printed.txt").read_text()
    assert printed.splitlines()[2].split() == [
        "Month", "From", "grid", "To", "grid", "Charges", "Earned", "Used", "Carried", "Other", "Due",
    ]  # fmt: skip
    assert [f"{n}." in printed for n in range(1, 15)] == [True] * 14
    assert "Net surplus compensation: 1,898.87 kWh x $0.01815" in printed
    assert "lines.csv" in printed
    assert max(len(line) for line in printed.splitlines()[:-1]) <= 80


def test_explain_ends_at_the_citation(folder: Path) -> None:
    ran = Ran(folder, "explain", "2025-08-15.delivery.summer.on_peak@2025-06-01")
    assert ran.code == 0
    assert "0.23704" in ran.out
    assert "printed total 0.27693, less PPPC 0.03395" in ran.out
    assert "Advice 5555-E" in ran.out
    assert "Citation" in ran.out
    assert "2025-09 weekday\n            16:00" in ran.out


def test_explain_as_json_recomputes(folder: Path) -> None:
    found = json.loads(Ran(folder, "explain", "2025-08-15.daily@2025-06-01", "--json").out)
    term = found["working"]["terms"][0]
    assert f"{int(term['quantity']) * float(term['price']):.2f}" == found["amount"]


def test_bill_as_csv_and_json_give_the_same_lines(sample_file: Path, tmp_path: Path) -> None:
    asked = ["bill", "--account", str(HOME), "--reads", str(sample_file), "--from", "2025-07-17", "--to", "2025-08-15"]
    table = Ran(tmp_path, *asked, "--csv").out.splitlines()
    document = json.loads(Ran(tmp_path, *asked, "--json").out)
    assert len(table) - 1 == len(document["lines"])
    assert document["months"][0]["month"] == "2025-08"
    assert Path(tmp_path / document["result"] / "manifest.json").exists()
    assert {"month", "provider", "component", "price", "amount", "rule", "published", "id"} <= set(document["lines"][0])


def test_a_closing_file_opens_the_next_bill(sample_file: Path, tmp_path: Path) -> None:
    asked = ["bill", "--account", str(HOME), "--reads", str(sample_file)]
    first = json.loads(Ran(tmp_path, *asked, "--from", "2025-05-16", "--to", "2025-07-17", "--json").out)
    opening = str(tmp_path / first["result"] / "closing.json")
    ran = Ran(tmp_path, *asked, "--from", "2025-07-17", "--to", "2025-08-15", "--opening", opening)
    assert ran.code == 0
    assert "165.92" in ran.out


def test_read_reports_what_a_file_holds_and_exits_with_1_on_findings(sample_file: Path, tmp_path: Path) -> None:
    whole = Ran(tmp_path, "read", str(sample_file))
    assert whole.code == 0
    assert "2025-11-02 has 100 intervals" in whole.out
    assert "2026-03-08 has 92 intervals" in whole.out
    cut = tmp_path / "cut.csv"
    lines = sample_file.read_text(encoding="utf-8").splitlines()
    cut.write_text("\n".join(lines[:60] + lines[65:]), encoding="utf-8")
    ran = Ran(tmp_path, "read", str(cut), "--json")
    assert ran.code == 1
    assert json.loads(ran.out)["gaps"][0]["channel"] == "delivered"


def broken(sample_file: Path, kind: str) -> bytes:
    """The sample's meter file, broken."""
    data = sample_file.read_bytes()
    return {
        "truncated": data[: len(data) // 2],
        "swapped": data.replace(b"Delivered", b"X").replace(b"Received", b"Delivered").replace(b"X", b"Received"),
        "doubled": data + data[3:],
        "binary": bytes(range(256)) * 40,
        "empty": b"",
    }[kind]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        ("truncated", {"E-READ-010", "E-READ-030", "E-READ-031"}), ("swapped", {"E-READ-024"}),
        ("doubled", {"E-READ-021", "E-READ-010"}), ("binary", {"E-READ-002"}), ("empty", {"E-READ-001"}),
    ],
)  # fmt: skip
def test_a_bad_meter_file_is_one_screen_with_a_code_and_writes_nothing(
    kind: str, codes: set[str], sample_file: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_bytes(broken(sample_file, kind))
    ran = settle(tmp_path, bad)
    assert ran.code == 2
    assert ran.err.split()[0] in codes
    assert "Traceback" not in ran.err
    assert len(ran.err.splitlines()) <= 6
    assert ran.out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["bad.csv"]


@pytest.mark.parametrize(
    ("change", "arguments", "code"),
    [
        ("schedule: tou-d-prime|schedule: tou-d-5", ["--year-ending", "2026-06"], "E-RULE-002"),
        ("2026-06-16]|2026-06-16, 2026-07-17, 2026-08-17, 2026-09-16]", ["--from", "2026-08-17", "--to", "2026-09-16"],
         "E-RULE-003"),
        ("program: sbp|program: nem-7", ["--year-ending", "2026-06"], "E-RULE-002"),
        ("acc_plus|acc_minus", ["--year-ending", "2026-06"], "E-ACCT-002"),
        ("pto: 2025-06-11|pto: soon", ["--year-ending", "2026-06"], "E-ACCT-002"),
        ("read_dates|red_dates", ["--year-ending", "2026-06"], "E-ACCT-002"),
    ],
    ids=["unknown schedule", "outside the span", "unknown program", "unknown field", "no date", "missing field"],
)  # fmt: skip
def test_a_wrong_account_is_one_screen_with_a_code_and_writes_nothing(
    change: str, arguments: list[str], code: str, sample_file: Path, tmp_path: Path
) -> None:
    old, new = change.split("|")
    home = tmp_path / "home.yaml"
    home.write_text(HOME.read_text().replace(old, new))
    command = "settle" if "--year-ending" in arguments else "bill"
    ran = Ran(tmp_path, command, "--account", str(home), "--reads", str(sample_file), *arguments)
    assert (ran.code, ran.err.split()[0]) == (2, code)
    assert "Traceback" not in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["home.yaml"]


def test_explain_without_a_result_folder_says_what_to_do(tmp_path: Path) -> None:
    ran = Ran(tmp_path, "explain", "anything")
    assert (ran.code, ran.err.split()[0]) == (2, "E-RESULT-001")


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["rules", "list"], "tariff/tou-d-prime"),
        (["rules", "list", "--json"], '"price/sce/nscr"'),
        (["rules", "check"], "0 findings"),
        (["rules", "show", "sbp"], "credit_pays: delivery, generation, pcia [BILL-10 EEC-06 EEC-07]"),
        (["rules", "show", "tou-d-prime", "--on", "2025-12-31"], "from 2025-11-15"),
        (["rules", "show", "TRUE-04"], "answered by sbp.left_over"),
        (["rules", "show", "calendar/sce"], "Veterans Day"),
        (["rules", "show", "sce/nscr", "--on", "2026-06-01"], "2026-06: nscr 0.01815"),
        (["rules", "show", "sce/acc-plus"], "NBT25: residential 0.02400"),
        (["rules", "show", "climate-credit"], "$56.00 in the cycle that contains 04-01"),
        (["rules", "show", "energy-surcharge"], "0.00030"),
        (["rules", "show", "sce/export-nbt25-nbt26", "--on", "2026-07-04"], "10:00 delivery 0.00045 (published)"),
        (["rules", "show", "sce/export-nbt25-nbt26"], "name a day"),
    ],
)
def test_rules_are_listed_shown_and_checked(arguments: list[str], wanted: str) -> None:
    ran = CliRunner().invoke(cli.app, arguments)
    assert ran.exit_code == 0, ran.output
    assert wanted in ran.output


def test_another_rules_folder_is_used_where_it_is_named(tmp_path: Path) -> None:
    """A copy of the rules with one provider's file gone knows it no more, and the rules that ship still do."""
    copied = tmp_path / "rules"
    shutil.copytree(RULES, copied)
    gone = copied / "programs" / "cca" / "clean-power-alliance.yaml"
    gone.unlink()
    for folder, known in ((copied, False), (RULES, True)):
        ran = Ran(tmp_path, "--rules", str(folder), "rules", "list")
        assert ran.code == 0
        assert ("clean-power-alliance" in ran.out) == known


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["rules", "show", "nothing"], "E-RULE-002"),
     (["rules", "show", "tou-d-prime", "--on", "2024-12-31"], "E-RULE-003"),
     (["rules", "show", "tou-d-prime", "--on", "2026-08-21"], "E-RULE-003")],
)  # fmt: skip
def test_a_rule_that_is_not_there_on_a_day_is_refused(arguments: list[str], code: str, tmp_path: Path) -> None:
    ran = Ran(tmp_path, *arguments)
    assert (ran.code, ran.err.split()[0]) == (2, code)


def test_the_demonstration_prints_a_settlement_and_the_comparison(tmp_path: Path) -> None:
    ran = Ran(tmp_path, "demo")
    assert ran.code == 0
    assert "Settlement bill due, before compensation" in ran.out
    assert "The same twelve cycles under NEM 2.0: $876.69" in ran.out
    told = [word.rstrip(",:") for word in ran.out.split() if word.startswith("results/")]
    assert all((tmp_path / word).exists() for word in told)
