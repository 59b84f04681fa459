"""DuckDB reads the entries of books as they are, with the SQL of docs/books.md."""

import re
from pathlib import Path

import duckdb

from tests.books.made_books import MadeMeters, portfolio, run_all
from tests.books.test_payments import ON, READS, RULES, data, home_named, posted, settled
from trueup.books.paying import pay
from trueup.books.statements import balances

PAGE = Path(__file__).resolve().parents[2] / "docs" / "books.md"


def test_the_sql_of_the_page_gives_the_balances_that_the_books_give(tmp_path: Path) -> None:
    """Bills, their correction, and a batch of payments; all of it posted."""
    books = settled(tmp_path)
    meters = MadeMeters({"home": data(5_000_000)}, [("home", READS[0])])
    run_all(tmp_path, portfolio(home_named("home")), meters, RULES, on=ON)
    posted(books, pay(books, ON))
    (text,) = re.findall(r"```sql\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    found = duckdb.sql(text.replace("BOOKS", str(tmp_path))).fetchall()
    assert sorted(found) == sorted(balances(books.history()))
    assert {("clearing.payment", "cents"), ("kwh.exported", "Wh")} <= {(book, measure) for book, measure, _ in found}
