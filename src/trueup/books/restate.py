"""Cancel and rebill: what was posted against what is now right, as reversals and restatements, never as a change.

The sum of all entries under one name is what holds. A correction posts the old amount again with the other sign and
the new amount beside it, and only where the two differ.
"""

from collections.abc import Mapping
from datetime import date

import polars as pl

from trueup.books.journal import BACK_BILLING, ENTRY_KEY, RECEIVABLE, SCHEMA, WRITE_OFF
from trueup.books.lines import KEY

BILL = ["account", "cycle_start", "cycle_end", "biller"]


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
    credit is never cut.

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
    bills = _as_one(asked.join(owed, on=BILL, how="full", coalesce=True).join(off, on=BILL, how="full", coalesce=True))
    limits = pl.DataFrame(list(oldest.items()), schema={"account": pl.String, "oldest": pl.Date}, orient="row")
    bills = bills.join(limits, on="account").with_columns(pl.col("truth", "asked", "off").fill_null(0))
    under = (pl.col("truth") - pl.col("asked")).clip(lower_bound=0)
    bills = bills.with_columns(wanted=pl.when(pl.col("cycle_end") <= pl.col("oldest")).then(under).otherwise(0))
    change = bills.with_columns(amount=pl.col("wanted") + pl.col("off")).filter(pl.col("amount") != 0).sort(BILL)
    return pl.concat([_entry(change, WRITE_OFF, 1), _entry(change, RECEIVABLE, -1)])


def _as_one(bills: pl.DataFrame) -> pl.DataFrame:
    """Bills whose days changed, as after a corrected read date, count as one of the last new days: what was asked under
    the old days was asked."""
    gone = bills.filter(pl.col("truth").is_null())
    moved = bills.filter(pl.col("asked").is_null()).join(gone, on=["account", "biller"], how="semi")
    if gone.is_empty() or moved.is_empty():
        return bills
    kept = bills.join(moved, on=BILL, how="anti").join(
        gone.join(moved, on=["account", "biller"], how="semi"), on=BILL, how="anti"
    )
    both = pl.concat([gone.join(moved, on=["account", "biller"], how="semi"), moved])
    own = pl.col("truth").is_not_null()
    sums = both.group_by("account", "biller", maintain_order=True).agg(
        pl.col("cycle_start").filter(own).max(),
        pl.col("cycle_end").filter(own).max(),
        pl.col("truth", "asked", "off").sum(),
    )
    return pl.concat([kept, sums.select(kept.columns)])


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
