"""How much of each account's bills was estimated, and for how many bills in a row."""

import polars as pl

from trueup.books.history import History
from trueup.rulebook.vee import VeeRules


def estimates(history: History, rules: VeeRules) -> pl.DataFrame:
    """A row for each account with estimates in its bills as they hold.

    Columns: account, bills, estimated_bills (those of which more than V15's share of the intervals is estimated),
    in_a_row and latest_in_a_row of them, wh and of_wh (energy estimated, and all energy of the bills that hold any).

    References
    ----------
    CPUC I.17-04-021: millions of estimated bills in a row went unnoticed; V15 in docs/vee.md.
    """
    rows = [_row(history, account, rules) for account in sorted(history.segments)]
    kinds = {"account": pl.String} | dict.fromkeys(
        ("bills", "estimated_bills", "in_a_row", "latest_in_a_row", "wh", "of_wh"), pl.Int64
    )
    return pl.DataFrame([row for row in rows if row is not None], schema=kinds, orient="row")


def _row(history: History, account: str, rules: VeeRules) -> tuple[str | int, ...] | None:
    held = history.estimated(account)
    if held.is_empty():
        return None
    cycles = sorted(set(history.lines(account).get_column("cycle_start")))
    sums = held.group_by("cycle_start").agg(pl.col("wh", "of_wh", "intervals", "of_intervals").sum())
    permille = {
        row["cycle_start"]: (1000 * row["intervals"], row["of_intervals"]) for row in sums.iter_rows(named=True)
    }
    marks = [_counts(permille.get(day, (0, 1)), day.toordinal(), rules) for day in cycles]
    longest = latest = 0
    for mark in marks:
        latest = latest + 1 if mark else 0
        longest = max(longest, latest)
    wh, of_wh = int(held.get_column("wh").sum()), int(held.get_column("of_wh").sum())
    return account, len(cycles), sum(marks), longest, latest, wh, of_wh


def _counts(share: tuple[int, int], day: int, rules: VeeRules) -> bool:
    """Whether a bill counts as estimated: V15's share of its intervals is exceeded."""
    return share[0] > rules.on(day).rules.V15.share_permille * share[1]
