"""Cancel and rebill: what was posted against what is now right, as reversals and restatements, never as a change.

The sum of all entries under one name is what holds. A correction posts the old amount again with the other sign and
the new amount beside it, and only where the two differ.
"""

from collections.abc import Mapping
from datetime import date

import polars as pl

from trueup.books.journal import BACK_BILLING, ENTRY_KEY, RECEIVABLE, SCHEMA, WRITE_OFF
from trueup.books.lines import KEY

CYCLE = ["account", "cycle_start", "cycle_end"]
BILL = [*CYCLE, "biller"]


def restated(posted: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Reversals and restatements that turn what was posted for some cycles into what is right.

    Parameters
    ----------
    posted
        All entries of the restated cycles so far, earlier reversals and restatements among them.
    right
        The entries of these cycles as billed now.
    """
    before = _net(posted.filter(pl.col("component") != BACK_BILLING))
    after = _net(right)
    pairs = before.join(after, on=ENTRY_KEY, how="full", coalesce=True, nulls_equal=True, suffix="_now")
    moved = pairs.filter(pl.col("amount").fill_null(0) != pl.col("amount_now").fill_null(0))
    reversal = moved.with_columns(amount=-pl.col("amount"), kind=pl.lit("reversal"))
    restatement = moved.with_columns(amount=pl.col("amount_now"), kind=pl.lit("restatement"))
    both = pl.concat(
        [part.filter(pl.col("amount").fill_null(0) != 0).select(*SCHEMA) for part in (reversal, restatement)]
    )
    return both.sort(*ENTRY_KEY, "kind", nulls_last=True)


def _net(entries: pl.DataFrame) -> pl.DataFrame:
    return entries.group_by(ENTRY_KEY).agg(pl.col("amount").sum()).filter(pl.col("amount") != 0)


def written_off(posted: pl.DataFrame, right: pl.DataFrame, oldest: Mapping[str, date]) -> pl.DataFrame:
    """What may no longer be asked of customers: undercharges of cycles that ended before a day, per bill.

    What the customer was asked for so far stays; the rest goes to the write-off account, never to the customer. A
    credit is never cut. What was written off of a bill before and is not any more is taken back under its own days.

    Parameters
    ----------
    oldest
        First day of each account on which a cycle may end and its undercharge still be billed.

    References
    ----------
    Back-billing limits: `rules/back-billing.yaml`.
    """
    owed = _receivable(right).rename({"amount": "truth"})
    asked = _receivable(posted).rename({"amount": "asked"})
    off = _receivable(posted.filter(pl.col("component") == BACK_BILLING)).rename({"amount": "off"})
    both = asked.join(owed, on=BILL, how="full", coalesce=True).with_columns(pl.col("truth", "asked").fill_null(0))
    limits = pl.DataFrame(list(oldest.items()), schema={"account": pl.String, "oldest": pl.Date}, orient="row")
    bills = _as_one(both, posted, right).join(limits, on="account")
    under = (pl.col("truth") - pl.col("asked")).clip(lower_bound=0)
    late = pl.col("cycle_end") <= pl.col("oldest")
    wanted = bills.select(*BILL, wanted=pl.when(late).then(under).otherwise(0))
    amount = pl.col("wanted").fill_null(0) + pl.col("off").fill_null(0)
    change = wanted.join(off, on=BILL, how="full", coalesce=True).with_columns(amount=amount)
    change = change.filter(pl.col("amount") != 0).sort(BILL)
    return pl.concat([_entry(change, WRITE_OFF, 1), _entry(change, RECEIVABLE, -1)])


def _as_one(bills: pl.DataFrame, posted: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Bills whose days changed, as after a corrected read date, count as one of the last new days: what was asked under
    the old days was asked.

    Days changed where a cycle has entries on one side only; a bill of nothing is a bill of its days all the same.
    """
    before, after = _net(posted.filter(pl.col("component") != BACK_BILLING)), right
    gone = bills.join(before, on=CYCLE, how="semi").join(after, on=CYCLE, how="anti")
    new = bills.join(after, on=CYCLE, how="semi").join(before, on=CYCLE, how="anti")
    marked = [
        one.join(other, on=["account", "biller"], how="semi").with_columns(new=pl.lit(one is new))
        for one, other in ((gone, new), (new, gone))
    ]
    moved = pl.concat(marked)
    last = pl.col("cycle_start", "cycle_end").filter(pl.col("new")).max()
    sums = moved.group_by("account", "biller", maintain_order=True).agg(last, pl.col("truth", "asked").sum())
    return pl.concat([bills.join(moved, on=BILL, how="anti"), sums.select(bills.columns)])


def _receivable(entries: pl.DataFrame) -> pl.DataFrame:
    """What was asked of the customer with each bill."""
    chosen = entries.filter(pl.col("book") == RECEIVABLE)
    return chosen.group_by(BILL, maintain_order=True).agg(pl.col("amount").sum())


def _entry(change: pl.DataFrame, book: str, sign: int) -> pl.DataFrame:
    named = change.select(
        *BILL,
        component=pl.lit(BACK_BILLING),
        book=pl.lit(book),
        measure=pl.lit("cents"),
        amount=pl.col("amount") * sign,
        kind=pl.lit("write_off"),
    )
    missing = [pl.lit(None, kind).alias(name) for name, kind in SCHEMA.items() if name not in named.columns]
    return named.with_columns(missing).select(*SCHEMA)


def differences(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Lines that differ between two statements of the same cycles: key, amount before and after, in cents."""
    key = list(KEY)
    pairs = before.select(*key, "quantity", "price", "cents").join(
        after.select(*key, "quantity", "price", "cents"),
        on=key,
        how="full",
        coalesce=True,
        nulls_equal=True,
        suffix="_now",
    )
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"{name}_now")) for name in ("quantity", "price", "cents"))
    return pairs.filter(~same).sort(key, nulls_last=True)
