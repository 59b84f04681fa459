"""What is written off where posted bills are billed again, bill by bill, on entries made by hand."""

from datetime import date

import polars as pl

from trueup.books.journal import BACK_BILLING, RECEIVABLE, SCHEMA, WRITE_OFF
from trueup.books.restate import restated, written_off

OLD, RECENT = (date(2025, 1, 10), date(2025, 2, 9)), (date(2026, 1, 10), date(2026, 2, 9))
MOVED = (OLD[0], date(2025, 2, 10))
OLDEST = {"home": date(2025, 12, 1)}
"""Of each account the day up to which ended cycles lie beyond the limit."""


def bills(*asked: tuple[tuple[date, date], int]) -> pl.DataFrame:
    """Entries of bills of one home: of each 40 cents are paid by credits, the rest is asked for, if any."""
    rows = []
    for (start, end), cents in asked:
        sides = {"charges.delivery": -cents - 40, "bank.export": 40} | ({RECEIVABLE: cents} if cents else {})
        rows += [("home", start, end, "sce", book, "cents", amount, "posted") for book, amount in sides.items()]
    names = ["account", "cycle_start", "cycle_end", "biller", "book", "measure", "amount", "kind"]
    made = pl.DataFrame(rows, schema={name: SCHEMA[name] for name in names}, orient="row")
    missing = [pl.lit(None, kind).alias(name) for name, kind in SCHEMA.items() if name not in names]
    return made.with_columns(missing).with_columns(component=pl.lit("delivery")).select(*SCHEMA)


def again(posted: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """All entries after one more run."""
    return pl.concat([posted, restated(posted, right), written_off(posted, right, OLDEST)])


def cents(entries: pl.DataFrame, book: str) -> dict[date, int]:
    """What stands in a book, by the last day of the cycle; zeros left out."""
    sums = entries.filter(book=book).group_by("cycle_end").agg(pl.col("amount").sum())
    return {end: amount for end, amount in sums.iter_rows() if amount}


def test_a_recent_credit_pays_nothing_of_an_old_undercharge() -> None:
    """0 -> 500 cents beyond the limit: all 500 are written off; 30 -> 0 cents of late is given back."""
    done = again(bills((OLD, 0), (RECENT, 30)), bills((OLD, 500), (RECENT, 0)))
    assert cents(done, WRITE_OFF) == {OLD[1]: 500}
    assert cents(done, RECEIVABLE) == {}


def test_what_was_asked_for_days_that_changed_was_asked() -> None:
    """A read date moves by a day: of 520 cents under the new days 500 were asked under the old ones."""
    done = again(bills((OLD, 500), (RECENT, 30)), bills((MOVED, 520), (RECENT, 30)))
    assert cents(done, WRITE_OFF) == {MOVED[1]: 20}
    assert cents(done, RECEIVABLE) == {MOVED[1]: 500, RECENT[1]: 30}


def test_a_write_off_follows_the_bill_to_its_new_days_and_back_and_ends_with_it() -> None:
    """30 -> 130 cents: 100 are written off. Then the read date moves, stays, moves back and again, and nothing else
    changes; then the bill turns out to be right as it was asked."""
    done = again(bills((OLD, 30)), bills((OLD, 130)))
    for days in (MOVED, MOVED, OLD, MOVED):
        done = again(done, bills((days, 130)))
        assert (cents(done, WRITE_OFF), cents(done, RECEIVABLE)) == ({days[1]: 100}, {days[1]: 30})
    for days in (OLD, OLD, MOVED):
        done = again(done, bills((days, 30)))
        assert (cents(done, WRITE_OFF), cents(done, RECEIVABLE)) == ({}, {days[1]: 30})
    sums = done.filter(component=BACK_BILLING).group_by("cycle_end", "book").agg(pl.col("amount").sum())
    assert set(sums.get_column("amount")) == {0}
