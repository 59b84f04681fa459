"""Arrangements as a user bills them: files in, a row for each account out, folders, balances, refusals."""

import csv
import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import Result as Ran
from typer.testing import CliRunner

import trueup
from tests.equivalence import lines_of
from tests.made_arrangements import SCHEDULES, MadeArrangement, made_arrangement, may_be_billed, padded, settled
from tests.made_rules import INVENTED, shared_made_rules
from trueup.arrangement import Arrangement
from trueup.arrangement_checks import checks_of
from trueup.cli import app
from trueup.facts import gather_facts
from trueup.intervals import dense, side_by_side, without_export
from trueup.membership import sharing_of
from trueup.model import NO_VALUE, Readings, Shard, State
from trueup.periods import midnight_utc
from trueup.pipeline import settle
from trueup.reads import Reads
from trueup.reads.batch import ACTUAL
from trueup.rulebook import Rules
from trueup.rulebook.load import RULES as SHIPPED
from trueup.rulebook.overlay import laid_over
from trueup.rulebook.vee import VeeRules
from trueup.store.together import folders_of
from trueup.together import bill_together, settle_together
from trueup.together_meters import Meters, meters_of

RULES = shared_made_rules()
EXAMPLES = INVENTED.parent / "arrangements"
CHANNELS = ("delivered", "received")


def run(*arguments: str) -> Ran:
    return CliRunner(env={"COLUMNS": "140"}).invoke(app, ["--with", str(INVENTED), *arguments])


def of_farm(how: str, out: Path, *more: str, name: str = "farm", reads: Path | None = None) -> Ran:
    folder = EXAMPLES / name
    files = ["--arrangement", str(folder / "arrangement.yaml"), "--reads", str(reads or folder / "meters.parquet")]
    return run(how, *files, "--out", str(out), *more)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The result folder of the farm's year."""
    out = tmp_path_factory.mktemp("farm")
    ran = of_farm("settle", out, "--year-ending", "2026-05")
    assert ran.exit_code == 0, ran.output
    return next(out.iterdir())


@pytest.mark.rule("AGG-01", "AGG-05")
def test_a_folder_holds_a_table_of_shares_and_a_result_folder_of_each_account(farm: Path) -> None:
    assert {path.name for path in farm.iterdir()} == {
        "accounts.csv", "shares.csv", "manifest.json", "pump", "house", "shed",
    }  # fmt: skip
    shares, accounts = rows(farm / "shares.csv"), rows(farm / "accounts.csv")
    assert len(shares) == 3 * 12
    for start in {row["from"] for row in shares}:
        month = [row for row in shares if row["from"] == start]
        assert sum(float(row["given_kwh"]) for row in month) == pytest.approx(float(month[0]["of_kwh"]))
        assert all(float(row["given_kwh"]).is_integer() for row in month if row["account"] != "pump")
    for row in accounts:
        statement = json.loads((farm / row["account"] / "statement.json").read_text())
        assert statement["due"] == row["due"]
        assert len(statement["months"]) == 12


def test_a_part_of_the_exports_is_explained_in_the_folder_of_its_account(farm: Path) -> None:
    line = "2026-03-12.generation.winter.super_off_peak@2026-01-01"
    ran = run("explain", line, "--result", str(farm / "house"))
    assert "its share of the exports of pump: -" in ran.output
    ran = run("explain", line, "--result", str(farm))
    assert "E-RESULT-001" in str(ran.exception)
    assert "holds the results of several accounts, such as " in str(ran.exception)


def test_a_year_in_two_parts_is_the_year(tmp_path: Path, farm: Path) -> None:
    """The first months' folder gives the balances of every account to the others."""
    first = of_farm("bill", tmp_path / "first", "--from", "2025-05-06", "--to", "2025-12-09")
    assert first.exit_code == 0, first.output
    held = next((tmp_path / "first").iterdir())
    part = ["--from", "2025-12-09", "--to", "2026-05-11", "--opening", str(held)]
    second = of_farm("bill", tmp_path / "second", *part)
    assert second.exit_code == 0, second.output
    both = [held, next((tmp_path / "second").iterdir())]
    for name in ("pump", "house", "shed"):
        parted = [row for folder in both for row in rows(folder / name / "lines.csv")]
        assert parted == rows(farm / name / "lines.csv")


def test_balances_of_some_accounts_only_are_refused_where_exports_are_shared(tmp_path: Path) -> None:
    of_farm("bill", tmp_path, "--from", "2025-05-06", "--to", "2025-12-09")
    held = next(tmp_path.iterdir())
    (held / "shed" / "closing.json").unlink()
    ran = of_farm("bill", tmp_path / "second", "--from", "2025-12-09", "--to", "2026-05-11", "--opening", str(held))
    assert "E-ARR-002" in str(ran.exception)
    assert "give those of all, or of none" in str(ran.exception)
    assert not (tmp_path / "second").exists()


def test_a_folder_without_balances_is_refused(tmp_path: Path) -> None:
    ran = of_farm("bill", tmp_path / "out", "--from", "2025-12-09", "--to", "2026-05-11", "--opening", str(tmp_path))
    assert "E-STATE-002" in str(ran.exception)


def test_json_and_csv_say_the_same(tmp_path: Path) -> None:
    days = ("--from", "2025-05-06", "--to", "2025-06-05")
    told = json.loads(of_farm("bill", tmp_path, *days, "--json").output)
    assert [row["account"] for row in told["accounts"]] == ["pump", "house", "shed"]
    assert set(told["statements"]) == {"pump", "house", "shed"}
    printed = list(csv.DictReader(of_farm("bill", tmp_path, *days, "--csv").output.splitlines()))
    assert printed == told["shares"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--account", "a.yaml"], "name either --account or --arrangement"),
        (["--of", "stranger"], "stranger is no account of farm"),
        (["--json", "--csv"], "choose one of"),
    ],
)
def test_options_that_do_not_belong_together_are_refused(more: list[str], said: str, tmp_path: Path) -> None:
    ran = of_farm("bill", tmp_path, "--from", "2025-05-06", "--to", "2025-06-05", *more)
    assert (ran.exit_code, said in ran.output) == (2, True)


def test_an_account_without_a_cycle_in_these_days_cannot_be_printed(tmp_path: Path) -> None:
    days = ("--from", "2026-02-09", "--to", "2026-03-12")
    ran = of_farm("bill", tmp_path / "out", *days, "--of", "unit-40", name="mash")
    assert "no whole billing cycle of unit-40" in str(ran.exception)
    assert not (tmp_path / "out").exists()


def test_of_without_an_arrangement_is_refused(tmp_path: Path) -> None:
    ran = run("settle", "--account", "a.yaml", "--of", "a", "--reads", "r.csv", "--year-ending", "2026-05")
    assert ran.exit_code == 2


def test_a_year_in_which_nothing_ends_is_refused(tmp_path: Path) -> None:
    ran = of_farm("settle", tmp_path, "--year-ending", "2025-12")
    assert "E-TRUE-005" in str(ran.exception)
    assert "2026-05" in str(ran.exception)


def test_an_account_without_readings_is_named(tmp_path: Path) -> None:
    some = pl.read_parquet(EXAMPLES / "farm/meters.parquet").filter(pl.col("account") != "shed")
    some.write_parquet(tmp_path / "some.parquet")
    days = ("--from", "2025-05-06", "--to", "2025-06-05")
    ran = of_farm("bill", tmp_path / "out", *days, reads=tmp_path / "some.parquet")
    assert "no readings of account shed" in str(ran.exception)


@pytest.mark.rule("VIRT-04")
def test_tenants_settle_in_their_own_months_and_who_came_late_goes_on(tmp_path: Path) -> None:
    """The building of 40: see examples/arrangements/make.py for who joins and leaves when."""
    told = json.loads(of_farm("settle", tmp_path, "--year-ending", "2026-06", "--json", name="mash").output)
    settled_in = {row["account"]: row["settled"] for row in told["accounts"]}
    assert len(settled_in) == 41
    assert {settled_in["unit-17"], settled_in["unit-33"]} == {""}
    assert settled_in["unit-08"] == "2026-02"  # it left
    assert {"2026-03", "2026-04", "2026-05", "2026-06"} <= set(settled_in.values())
    surplus = {row["account"] for row in told["accounts"] if row["compensation"] not in {"", "0.00"}}
    assert "common" in surplus


def reads_of(made: MadeArrangement, leave_out: Sequence[int] = ()) -> Reads:
    """The columns of a made arrangement as meter files give them; intervals of the first account may be left out."""
    parts = []
    for row, account in enumerate(made.accounts):
        own = [made.readings.delivered[row].copy(), made.readings.received[row].copy()]
        if row == 0:
            own[0][list(leave_out)] = own[1][list(leave_out)] = NO_VALUE
        parts += [(account.account, channel, column) for channel, column in enumerate(own)]
    if made.output is not None:
        parts.append(("roof", 1, made.output))
    names = tuple(sorted({name for name, _, _ in parts}))
    step = 60 * made.readings.minutes
    tables = []
    for name, channel, column in sorted(parts, key=lambda part: (part[0], part[1])):
        at = np.nonzero(column != NO_VALUE)[0]
        start = midnight_utc(made.readings.first_day) + at * step
        tables.append(np.stack([np.full(len(at), names.index(name)), np.full(len(at), channel), start, column[at]]))
    number, channels, starts, wh = np.concatenate(tables, axis=1).astype(np.int64)
    same = np.zeros_like(wh)
    files = (("made.csv", "0" * 64, "neutral"),)
    minutes = same + made.readings.minutes
    return Reads(files, names, number, channels, starts, minutes, wh, same + ACTUAL, same, same)


def whole(made: MadeArrangement) -> tuple[date, date]:
    """From the first read date of all to the last."""
    days = [day for account in made.accounts for day in account.read_dates]
    return min(days), max(days)


@pytest.mark.parametrize("program", [*SCHEDULES])
def test_from_files_as_from_columns(program: str) -> None:
    """The same lines as the line makes of the columns themselves."""
    made = next(one for seed in range(100) if may_be_billed(one := made_arrangement(seed, (program,))))
    together = bill_together(made.arrangement, made.accounts, reads_of(made), *whole(made), rules=RULES)
    lines = settled(made, RULES).lines
    assert sum(len(own.statement) for own in together.bills.values()) == len(lines.cents)
    printed = sum(int(line.amount.scaleb(2)) for own in together.bills.values() for line in own.statement)
    assert printed == int(lines.cents.sum())
    for own in together.bills.values():
        assert own.explain(own.statement[0].id).line == own.statement[0].id


def test_a_gap_is_estimated_where_it_is_asked_for() -> None:
    made = made_arrangement(5)
    middle = range(made.readings.delivered.shape[1] // 2, made.readings.delivered.shape[1] // 2 + 5)
    reads = reads_of(made, list(middle))
    with pytest.raises(trueup.TrueupError, match="E-READ-030"):
        bill_together(made.arrangement, made.accounts, reads, *whole(made), rules=RULES)
    vee = VeeRules.shipped()
    together = bill_together(made.arrangement, made.accounts, reads, *whole(made), rules=RULES, vee=vee)
    first = together.bills[made.accounts[0].account]
    assert sum(part.intervals for part in first.estimated) > 0
    others = [own for name, own in together.bills.items() if name != first.account.account]
    assert [part for own in others for part in own.estimated] == []
    assert all((own.trail.account == own.position).all() for own in together.bills.values())


def test_meters_of_other_lengths_and_days_stand_side_by_side() -> None:
    """A quarter-hourly meter is added up; days and channels that a meter lacks have no value."""
    quarter, hourly = (
        next(one for seed in range(50) if (one := made_arrangement(seed)).readings.minutes == minutes)
        for minutes in (15, 60)
    )
    one, other = (dense(reads_of(made).of(made.accounts[0].account)) for made in (quarter, hourly))
    both = side_by_side([one, other])
    first, last = both.readings.first_day, both.readings.last_day
    assert (both.accounts, both.readings.minutes) == (2, 60)
    assert first == min(quarter.readings.first_day, hourly.readings.first_day)
    assert last == max(quarter.readings.last_day, hourly.readings.last_day)
    for row, part in enumerate((one, other)):
        column = both.readings.delivered[row]
        assert column[column != NO_VALUE].sum() == part.readings.delivered.sum()
    assert without_export(both, np.array([False, False])) is both
    silent = without_export(both, np.array([True, False]))
    assert set(silent.readings.received[0].tolist()) <= {0, NO_VALUE}
    assert np.array_equal(silent.readings.received[1], both.readings.received[1])


@pytest.mark.rule("VIRT-01")
def test_an_hourly_meter_makes_nobody_else_hourly() -> None:
    """Non-bypassable charges stand on the net of 15 minutes (spec decisions 23): those of others stay as they are."""
    made = next(
        one
        for one in (made_arrangement(seed, ("nem-v-st",)) for seed in range(200))
        if one.readings.minutes == 15
        and len(one.accounts) > 2
        and all(account.relevant_period_start is None for account in one.accounts)
        and one.output is not None
        and one.output.any()
    )
    reads = reads_of(made)
    name = next(one.account for one in made.accounts if one.account != made.arrangement.designated)
    alone = reads.where(reads.number == reads.names.index(name))
    rest = reads.where(reads.number != reads.names.index(name))
    hour = alone.start // 3600 * 3600
    sums: dict[tuple[int, int], int] = {}
    for channel, start, wh in zip(alone.channel.tolist(), hour.tolist(), alone.wh.tolist(), strict=True):
        sums[channel, start] = sums.get((channel, start), 0) + wh
    keys = np.array(sorted(sums), dtype=np.int64)
    same = np.zeros(len(keys), dtype=np.int64)
    coarse = Reads(
        reads.files, reads.names, same + reads.names.index(name), keys[:, 0], keys[:, 1], same + 60,
        np.array([sums[channel, start] for channel, start in keys.tolist()]), same + ACTUAL, same, same,
    )  # fmt: skip
    columns = ("number", "channel", "start", "length", "wh", "status", "known", "file")
    both = replace(
        rest, **{column: np.concatenate([getattr(rest, column), getattr(coarse, column)]) for column in columns}
    )
    fine = bill_together(made.arrangement, made.accounts, reads, *whole(made), rules=RULES)
    mixed = bill_together(made.arrangement, made.accounts, both, *whole(made), rules=RULES)
    for other, own in fine.bills.items():
        if other != name:
            assert mixed.bills[other].statement == own.statement, other
    assert [row.credited_wh for row in mixed.bills[name].rows] == [row.credited_wh for row in fine.bills[name].rows]
    assert mixed.bills[name].metered.readings.minutes == 60


def test_settle_together_names_the_month_that_is_none() -> None:
    made = made_arrangement(5)
    with pytest.raises(trueup.TrueupError, match="E-TRUE-006"):
        settle_together(made.arrangement, made.accounts, reads_of(made), "2026-13", rules=RULES)


def test_no_cycle_in_the_days_asked_for_is_refused() -> None:
    made = made_arrangement(5)
    with pytest.raises(trueup.TrueupError, match="no whole billing cycle"):
        bill_together(made.arrangement, made.accounts, reads_of(made), date(2020, 1, 1), date(2020, 2, 1), rules=RULES)


def test_account_files_lie_beside_the_arrangement_file() -> None:
    path = EXAMPLES / "campus/arrangement.yaml"
    arrangement = Arrangement.from_yaml(path)
    assert [one.account for one in arrangement.accounts_beside(path)] == [
        "gym", "hall", "kitchen", "library", "caretaker",
    ]  # fmt: skip


@pytest.mark.rule("AGG-01", "AGG-02", "AGG-03", "AGG-08", "AGG-11", "AGG-12")
def test_every_question_about_an_example_is_answered(tmp_path: Path) -> None:
    for name in ("mash", "farm", "campus"):
        ran = run("arrangement", str(EXAMPLES / name / "arrangement.yaml"))
        assert ran.exit_code == 0, ran.output
    told = json.loads(run("arrangement", str(EXAMPLES / "farm/arrangement.yaml"), "--json").output)
    assert {"yes", "office"} == {check["answer"] for check in told if check["answer"] != "not stated"}


def test_the_building_the_farm_and_the_campus_settle_as_one_shard() -> None:
    """49 accounts under three programs; each is billed as with its arrangement alone."""
    files = [EXAMPLES / name / "arrangement.yaml" for name in ("mash", "farm", "campus")]
    arrangements = [Arrangement.from_yaml(path) for path in files]
    accounts = [one.accounts_beside(path) for one, path in zip(arrangements, files, strict=True)]
    meters = [
        meters_of(one, own, trueup.read(path.with_name("meters.parquet")))
        for one, own, path in zip(arrangements, accounts, files, strict=True)
    ]
    rules = trueup.Rules.load(folder=laid_over(SHIPPED, [INVENTED]))
    shards = [_shard([one], own, [part], rules) for one, own, part in zip(arrangements, accounts, meters, strict=True)]
    result = settle(_shard(arrangements, [home for own in accounts for home in own], meters, rules), rules)
    assert not result.refusals
    row = 0
    for shard in shards:
        alone = settle(shard, rules)
        for own in range(len(shard.facts.ids)):
            assert lines_of(result, rules, row) == lines_of(alone, rules, own), shard.facts.ids[own]
            row += 1
    assert row == 49


def _shard(
    arrangements: list[Arrangement], accounts: list[trueup.Account], meters: list[Meters], rules: Rules
) -> Shard:
    """Arrangements as one shard, by the hour, over the days of all."""
    parts = [part.by(60).readings for part in meters]
    first, last = min(part.first_day for part in parts), max(part.last_day for part in parts)
    both = [np.concatenate([padded(getattr(p, name), p, first, last) for p in parts]) for name in CHANNELS]
    outputs = {
        name: (minutes, padded(output[None], part, first, last)[0])
        for own, part in zip(meters, parts, strict=True)
        for name, (minutes, output) in own.output.items()
    }
    readings = Readings(first, last, 60, both[0], both[1])
    facts = gather_facts(accounts, rules, None, arrangements)
    return Shard(
        facts, readings, State.empty(len(accounts)), sharing=sharing_of(arrangements, facts.ids, outputs, first)
    )


def test_every_account_has_a_folder_of_its_own_inside_that_of_the_arrangement() -> None:
    assert folders_of(["a/b", "a_b", "..", ".", "shares.csv"]) == ["a_b", "a_b_", "_..", "_.", "shares.csv_"]


def test_other_readings_of_the_rules_have_folders_of_their_own(tmp_path: Path) -> None:
    for name in ("arrangement", "pump", "house", "shed"):
        text = (EXAMPLES / "farm" / f"{name}.yaml").read_text()
        more = "" if name == "arrangement" else "settlement_rule: monthly-use\n"
        (tmp_path / f"{name}.yaml").write_text(text + more)
    days = ("--from", "2025-05-06", "--to", "2025-06-05", "--out", str(tmp_path / "out"))
    reads = ("--reads", str(EXAMPLES / "farm/meters.parquet"))
    run("bill", "--arrangement", str(tmp_path / "arrangement.yaml"), *reads, *days)
    of_farm("bill", tmp_path / "out", *days[:4])
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_days_that_cut_cycles_are_told(tmp_path: Path) -> None:
    ran = of_farm("bill", tmp_path, "--from", "2025-05-20", "--to", "2025-07-20")
    assert "Note: whole cycles only; of 3 accounts fewer days, of 0 none." in ran.output


def test_who_comes_later_needs_no_balances(tmp_path: Path) -> None:
    """The campus: the library joins after the days of the first part."""
    first = of_farm("bill", tmp_path / "a", "--from", "2025-06-03", "--to", "2025-09-03", name="campus")
    assert first.exit_code == 0, first.output
    held = next((tmp_path / "a").iterdir())
    shutil.rmtree(held / "library")
    part = ("--from", "2025-10-05", "--to", "2025-11-03", "--opening")
    gap = of_farm("bill", tmp_path / "b", *part, str(held), name="campus")
    assert "E-STATE-003" in str(gap.exception), "balances are of another day"
    part = ("--from", "2025-09-03", "--to", "2025-11-03", "--opening")
    second = of_farm("bill", tmp_path / "b", *part, str(held), name="campus")
    assert second.exit_code == 0, second.output
    of_farm("bill", tmp_path / "c", "--from", "2025-06-03", "--to", "2025-11-03", name="campus")
    for name in ("gym", "hall", "library"):
        at_once = rows(next((tmp_path / "c").iterdir()) / name / "lines.csv")
        parted = rows(next((tmp_path / "b").iterdir()) / name / "lines.csv")
        assert parted == [row for row in at_once if row["cycle_start"] >= "2025-09-03"]


def test_an_offset_use_is_shown_as_the_meter_counted_it() -> None:
    """Homes under the virtual Solar Billing Plan: what is given adds up, before the offset."""
    made = next(
        one for one in (made_arrangement(seed, ("vsbp",)) for seed in range(100))
        if len(one.accounts) == 1 and one.output is not None and one.output.any()
        and all(a.relevant_period_start is None for a in one.accounts)
    )  # fmt: skip
    together = bill_together(made.arrangement, made.accounts, reads_of(made), *whole(made), rules=RULES)
    assert together.shares
    for row in together.shares:
        assert row.given_wh == row.of_wh


def test_what_a_program_forbids_is_refused_in_a_notebook_too() -> None:
    made = next(
        one for one in (made_arrangement(seed, ("nem-a",)) for seed in range(200))
        if any(check.answer == "no" for check in checks_of(one.arrangement, one.accounts, RULES))
    )  # fmt: skip
    with pytest.raises(trueup.TrueupError, match="E-ARR-006"):
        bill_together(made.arrangement, made.accounts, reads_of(made), *whole(made), rules=RULES)


def test_register_reads_of_several_accounts_must_say_whose_they_are(tmp_path: Path) -> None:
    """Else those of nobody would bind the first account's estimates."""
    rows = "2025-05-06T00:00:00-07:00,100.000,1,5"
    (tmp_path / "nobody.csv").write_text(f"channel,read_at,kwh,multiplier,dials\ndelivered,{rows}\n")
    (tmp_path / "house.csv").write_text(f"account,channel,read_at,kwh,multiplier,dials\nhouse,delivered,{rows}\n")
    days = ("--from", "2025-05-06", "--to", "2025-06-05", "--estimate", "--registers")
    ran = of_farm("bill", tmp_path / "out", *days, str(tmp_path / "nobody.csv"))
    assert "E-READ-017" in str(ran.exception)
    ran = of_farm("bill", tmp_path / "out", *days, str(tmp_path / "house.csv"))
    assert ran.exit_code == 0, ran.output
