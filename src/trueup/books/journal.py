"""Lines -> the entries of the journal: balanced, append-only, in cents and in Wh.

What a customer is to pay first stands in clearing, line by line, and moves to the receivable when the bill is issued:
a bill that lost a part leaves clearing unequal to zero, with a name and an age.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from trueup.books.lines import KEY, billers, dates, in_two_pools, key_columns, pick
from trueup.books.segments import Segment
from trueup.components import BOOKS, LEDGERS, UTILITY
from trueup.model import Result, State
from trueup.quantities import Ints
from trueup.rulebook import Rules
from trueup.rulebook.schema import TOU_PERIODS
from trueup.statement import POOLS

RECEIVABLE, CLEARING, WRITE_OFF = "receivable", "clearing.bill", "write_off.back_billing"
ISSUE, OPENING, BACK_BILLING = "issue", "opening", "back_billing"
"""Components of entries that no printed line makes."""
EXPORT = "bank.export"
POOL_BANKS = tuple(f"{EXPORT}.{pool}" for pool in POOLS)
"""Export credits where they are kept in two pools."""
BANKS = {
    EXPORT: "export", "bank.bonus": "bonus", "bank.climate": "climate", "bank.surplus": "surplus",
    "bank.surplus_held": "surplus_held",
}  # fmt: skip
"""Money that is kept for a customer, and the balance it equals; a credit, so negative in the journal."""
COUNTERS = {"kwh.imported": "imported_wh", "kwh.exported": "exported_wh"}
"""Energy of the running period, in Wh."""
KEPT = tuple(f"kwh.kept.{period}" for period in TOU_PERIODS)
"""Export kept as kWh of a time-of-use period."""
ENERGY = "energy_to_date"
SCHEMA: dict[str, Any] = {
    **dict.fromkeys(KEY, pl.String), "cycle_start": pl.Date, "version": pl.Date, "cycle_end": pl.Date,
    "book": pl.String, "measure": pl.String, "amount": pl.Int64, "kind": pl.String,
}  # fmt: skip
ENTRY_KEY = [*KEY, "cycle_end", "book", "measure"]
"""What names an entry apart from its amount and from why it was posted."""


def entries_of(result: Result, rules: Rules) -> pl.DataFrame:
    """The entries of a shard in the columns of `SCHEMA`: two to a line, the issue of each bill, the energy counters."""
    moved = _line_entries(result, rules)
    return pl.concat([moved, _issued(moved), *_energy(result, rules)])


def _line_entries(result: Result, rules: Rules) -> pl.DataFrame:
    postings = result.postings
    lines = result.lines.take(postings.line)
    books = [CLEARING if book == RECEIVABLE else book for book in BOOKS]
    apart = in_two_pools(result, lines) & (lines.ledger == UTILITY) & (postings.book == BOOKS.index(EXPORT))
    book = np.where(apart, len(books) + lines.pool, postings.book)
    named = key_columns(result, lines, rules)
    return _frame(named | {"book": pick([*books, *POOL_BANKS], book), "amount": postings.cents}, "cents")


def _issued(moved: pl.DataFrame) -> pl.DataFrame:
    """The bill of each cycle and biller: out of clearing, to the receivable."""
    bill = ["account", "cycle_start", "cycle_end", "biller"]
    total = moved.filter(pl.col("book") == CLEARING).group_by(bill, maintain_order=True).agg(pl.col("amount").sum())
    total = total.filter(pl.col("amount") != 0).with_columns(component=pl.lit(ISSUE))
    parts = [
        total.with_columns(book=pl.lit(book), amount=pl.col("amount") * sign)
        for book, sign in ((RECEIVABLE, 1), (CLEARING, -1))
    ]
    return pl.concat([_frame(part.to_dict(), "cents") for part in parts])


def _energy(result: Result, rules: Rules) -> list[pl.DataFrame]:
    """Energy of the running period in Wh: counted with each cycle, taken out by the settlement."""
    cycles, measured, found = result.spans.cycles, result.measured, []
    for ledger, name in enumerate(LEDGERS):
        view, settled = cycles.of_ledger(ledger), result.books[ledger].settled
        kept = view.in_period & (cycles.keeps_ledger | (name == LEDGERS[0]))
        for book, counted, closed in (
            ("kwh.imported", measured.cycle_delivered, settled.imported_wh[:-1]),
            ("kwh.exported", measured.cycle_credited, settled.exported_wh[:-1]),
            *zip(KEPT, measured.kept[ledger].T, settled.ended_wh[:-1].T, strict=True),
        ):
            moves = ((counted * kept, f"metered.{book}"), (-closed * kept, f"settled.{book}"))
            found += [_moved(result, rules, view.terms, wh, book, other) for wh, other in moves if wh.any()]
    return found


def _moved(result: Result, rules: Rules, terms: Ints, wh: Ints, book: str, other: str) -> pl.DataFrame:
    at = np.nonzero(wh)[0]
    cycles = result.spans.cycles
    columns = {
        "account": pick(result.shard.facts.ids, cycles.account[at]),
        "cycle_start": dates(cycles.start[at]),
        "cycle_end": dates(cycles.end[at]),
        "biller": pick(billers(result, rules), terms[at]),
        "component": pl.Series([other] * len(at), dtype=pl.String),
    }
    sides = ((book, wh[at]), (other, -wh[at]))
    return pl.concat([_frame(columns | {"book": pl.Series([name] * len(at)), "amount": v}, "Wh") for name, v in sides])


def opening_entries(
    segments: Sequence[Segment], billers_of: dict[str, tuple[str, str]], apart: Mapping[str, bool]
) -> pl.DataFrame:
    """Balances that accounts bring with them, posted against the opening account.

    Parameters
    ----------
    segments
        The first segment of each account.
    billers_of
        Utility and provider of each account.
    apart
        Whether the utility keeps the export credits of an account in two pools.
    """
    rows = [
        (one.account, one.first, one.first, billers_of[one.account][ledger], OPENING, book, measure, value)
        for one in segments
        for ledger in range(len(LEDGERS))
        for name, measure, held in brought(one.opening[ledger], apart[one.account] and ledger == UTILITY)
        for book, value in ((name, held), (OPENING, -held))
    ]
    names = ["account", "cycle_start", "cycle_end", "biller", "component", "book", "measure", "amount"]
    frame = pl.DataFrame(rows, schema={name: SCHEMA[name] for name in names}, orient="row")
    return pl.concat([_frame(frame.filter(measure=unit).to_dict(), unit) for unit in ("cents", "Wh")])


def brought(state: State, apart: bool = False) -> list[tuple[str, str, int]]:
    """The balances of one account as the journal holds them: book, measure, amount; those unequal to zero.

    With `apart` export credits are in two pools.
    """
    found = [(book, "cents", -int(np.sum(getattr(state, name)[0]))) for book, name in BANKS.items()]
    if apart:
        found[0:1] = [(book, "cents", -int(held)) for book, held in zip(POOL_BANKS, state.export[0], strict=True)]
    found += [(book, "Wh", int(getattr(state, name)[0])) for book, name in COUNTERS.items()]
    found += [(book, "Wh", int(wh)) for book, wh in zip(KEPT, state.kept_wh[0], strict=True)]
    found.append((ENERGY, "cents", int(state.energy_to_date[0] - state.energy_billed[0])))
    return [one for one in found if one[2]]


def _frame(columns: Any, measure: str, kind: str = "posted") -> pl.DataFrame:
    """Entries from the columns that differ; the others are empty."""
    height = len(columns["account"])
    empty = {name: pl.Series([None] * height, dtype=kind_of) for name, kind_of in SCHEMA.items() if name not in columns}
    same = {
        "measure": pl.Series([measure] * height, dtype=pl.String),
        "kind": pl.Series([kind] * height, dtype=pl.String),
    }
    return pl.DataFrame(empty | dict(columns) | same, schema_overrides=SCHEMA).select(*SCHEMA)
