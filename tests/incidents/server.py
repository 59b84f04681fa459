"""What a server makes of the same files, as one JSON document: run in machines of other zones (`python -m`)."""

import hashlib
import json
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import trueup
from tests.books.made_books import MadeMeters, portfolio, run_all
from tests.incidents.homes import VALLEY
from tests.made import account, columns, neutral_csv
from tests.made_rules import shared_made_rules
from tests.reads.made_files import home_of, sce
from trueup.books import Books
from trueup.reads import open_meter_file
from trueup.store.intervals import IntervalStore, Source

READS = [date(2025, 6, 10) + timedelta(30 * k) for k in range(14)]
RUN_DAY = READS[12]


def digest(told: Any) -> str:
    """A digest of plain data."""
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()


def local_download(folder: Path) -> dict[str, Any]:
    """A home of the plan over the autumn clock change, from its utility's download, whose times are local."""
    path = folder / "usage.csv"
    path.write_text(sce(home_of(str(READS[3]), (READS[7] - READS[3]).days)), encoding="utf-8", newline="")
    home = account(read_dates=READS[3:8], program="sbp", pto=READS[3], application=date(2025, 1, 5))
    return {"lines": lines_of(trueup.bill(home, trueup.read(path), READS[3], READS[7]))}


def two_ledgers(folder: Path) -> dict[str, Any]:
    """A customer of an aggregator: what the store holds, bills, running true-ups, and what a run posts."""
    rules, noons = shared_made_rules(), {f"{day + timedelta(3)} 12": (0, 300_000) for day in READS[:-1]}
    readings = columns(READS[0], READS[13], flat=(300, 0), at=noons)
    path = neutral_csv(folder / "usage.csv", readings)
    store, file = IntervalStore.create(folder / "store"), open_meter_file(path)
    store.ingest(file.batches(), Source(file.name, file.sha256, file.form), RUN_DAY)
    solar = {"program": "nem", "pto": READS[0], "application": date(2025, 1, 5), "nsc_election": "check"}
    home = account(read_dates=READS, **solar, **VALLEY)
    bills = trueup.bill(home, trueup.read(path), READS[0], READS[13], rules=rules)
    run_all(folder / "books", portfolio(home), MadeMeters({"home": readings}), rules, through=RUN_DAY, on=RUN_DAY)
    posted = sorted(map(str, Books(folder / "books").history().entries().iter_rows()))
    estimates = [str(one.due) for one in bills.so_far]
    return {"store": store.digest(), "lines": lines_of(bills), "so_far": estimates, "posted": digest(posted)}


def lines_of(bills: trueup.Bills) -> str:
    """A digest of all printed lines."""
    return digest([line.__dict__ for line in bills.statement])


def everything() -> dict[str, Any]:
    """All of it, in folders that are thrown away."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        return {"plan": local_download(Path(one)), "aggregator": two_ledgers(Path(other))}


if __name__ == "__main__":
    print(json.dumps(everything()))
