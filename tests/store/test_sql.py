"""DuckDB reads the files as they are, with the SQL of docs/interval-store.md."""

import re
from datetime import date
from pathlib import Path

import duckdb
import numpy as np

from tests.store.made import DAY, ON, Reading, batch, made_store, source
from trueup.periods import midnight_utc
from trueup.store.intervals import IntervalStore

PAGE = Path(__file__).resolve().parents[2] / "docs" / "interval-store.md"


def queries(store: IntervalStore) -> list[str]:
    """The SQL of the page, for a store."""
    found = re.findall(r"```sql\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    return [text.replace("STORE", str(store.folder)) for text in found]


def sums(store: IntervalStore, as_of: int) -> list[tuple[str, int | None, int | None]]:
    """Energy by account, by the store itself."""
    accounts = [name for name in store.accounts(as_of) if store.span(name, as_of)[0].minutes == 15]
    got = store.read(accounts, DAY - 40, DAY + 40, 15, as_of=as_of).readings
    columns = [np.where(values >= 0, values, 0).sum(axis=1).tolist() for values in (got.delivered, got.received)]
    return list(zip(accounts, *columns, strict=True))


def test_the_sql_of_the_page_gives_what_the_store_gives_now_and_as_it_was_known(tmp_path: Path) -> None:
    store = made_store(tmp_path / "store")
    later = Reading("b", 0, midnight_utc(DAY), 15, 899, known=10**9)
    assert store.ingest([batch([later])], source(), ON).corrected == 1
    newest, first, days = (duckdb.sql(query).fetchall() for query in queries(store))
    assert newest == sums(store, len(store.ingests))
    assert first == sums(store, 1)
    assert newest != first
    assert [(day, intervals) for day, intervals, _ in days[:3]] == [
        (date(2025, 11, 1), 96),
        (date(2025, 11, 2), 100),
        (date(2025, 11, 3), 96),
    ]
    assert sum(wh or 0 for _, _, wh in days) == newest[0][1]


def test_every_account_has_every_interval_of_its_month_in_order(tmp_path: Path) -> None:
    store = made_store(tmp_path / "store")
    for path in store.folder.rglob("*.parquet"):
        length = 30 * 24 * 60 // int(path.parts[-3]) + 60 // int(path.parts[-3])
        rows = duckdb.sql(f"SELECT account, epoch(ts)::BIGINT FROM read_parquet('{path}')").fetchall()
        accounts = [rows[at : at + length] for at in range(0, len(rows), length)]
        names = [mine[0][0] for mine in accounts]
        assert names == sorted(set(names))
        for name, mine in zip(names, accounts, strict=True):
            start = midnight_utc(DAY - 1)
            assert mine == [(name, start + at * 60 * int(path.parts[-3])) for at in range(length)]
