"""A home written from the documents alone: an account file and a neutral CSV settle without touching code."""

import json
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from trueup.periods import midnight_utc

READS = [date(2025, 3, 4) + timedelta(30 * k) for k in range(14)]
HOME = f"""\
account: oak-street-7
schedule: tou-d-prime
program: PROGRAM
pto: 2025-03-20
application: 2024-11-05
read_dates: [{", ".join(str(day) for day in READS)}]
acc_plus: equity
nsc_election: check
local_tax: '0.0475'
"""


def usage() -> str:
    """Hourly kWh: a quiet house, an evening, a sunny noon."""
    first, last = midnight_utc(READS[0].toordinal()), midnight_utc(READS[-1].toordinal())
    rows = ["account,ts,delivered_kwh,received_kwh"]
    for second in range(first, last, 3600):
        moment = datetime.fromtimestamp(second, UTC)
        noon, evening = 18 <= moment.hour < 23, moment.hour < 6
        delivered, received = ("0", "2.350") if noon else ("1.125" if evening else "0.250", "0")
        rows.append(f"oak-street-7,{moment:%Y-%m-%dT%H:%M:%SZ},{delivered},{received}")
    return "\n".join(rows) + "\n"


@pytest.mark.parametrize(("program", "month"), [("sbp", "2026-03"), ("nem-st", "2026-02")])
def test_a_second_home_settles_from_its_two_files(program: str, month: str, tmp_path: Path) -> None:
    (tmp_path / "home.yaml").write_text(HOME.replace("PROGRAM", program))
    (tmp_path / "usage.csv").write_text(usage())
    asked = ["settle", "--account", "home.yaml", "--reads", "usage.csv", "--year-ending", month, "--json"]
    ran = subprocess.run(
        [sys.executable, "-m", "trueup", *asked], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    told = json.loads(ran.stdout)
    assert len(told["months"]) == 12
    due = sum(Decimal(line["amount"]) for line in told["lines"] if line["due"])
    assert due == Decimal(told["due"])
    assert Decimal(told["net_surplus_compensation"]) > 0
    assert (tmp_path / told["result"] / "lines.csv").exists()
