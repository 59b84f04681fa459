"""The bills of a home: lines, months, settlements, what was estimated, each figure explained."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np
import polars as pl

from trueup.account import Account
from trueup.arrangement import Arrangement
from trueup.components import UTILITY
from trueup.errors import TrueupError
from trueup.estimated import EstimatedPart, estimated_parts
from trueup.explain import Explanation, explain_line
from trueup.facts import gather_facts
from trueup.intervals import Metered, Trail
from trueup.model import Result, Settled
from trueup.notices import notices_of, pending_switches, sample_factors, unofficial_prices
from trueup.periods import NEVER
from trueup.quantities import Ints, Money
from trueup.reads import Reads
from trueup.rulebook import Rules
from trueup.settlement import Settlement, SoFar, settlement_steps, settlements_of, so_far
from trueup.statement import Line, MonthRow, Step, cents_of, line_id, lines_frame, month_rows, statement_lines
from trueup.timeline import cuts, find_cycles


@dataclass(frozen=True)
class Month:
    """One billed cycle."""

    bills: "Bills"
    row: MonthRow

    @property
    def lines(self) -> list[Line]:
        """The cycle's printed lines."""
        return [line for line in self.bills.statement if line.cycle_start == self.row.start]

    def explain(self, component: str) -> list[Explanation]:
        """The explanations of the cycle's lines of a component, such as ``export.generation``.

        Raises
        ------
        TrueupError
            E-LINE-001 if the cycle has no such line.
        """
        found = [self.bills.explain(line.id) for line in self.lines if line.component == component]
        if not found:
            raise unknown_line(component, [line.id for line in self.lines])
        return found


@dataclass(frozen=True)
class Beside:
    """Accounts that were billed together, and the arrangement that they share."""

    accounts: tuple[Account, ...]
    arrangement: Arrangement


@dataclass(frozen=True)
class Bills:
    """The bills of consecutive cycles of one home; `beside` whom it was billed, where it shares a generator."""

    account: Account
    reads: Reads
    rules: Rules
    result: Result
    cycles: Ints
    metered: Metered
    trail: Trail
    beside: Beside | None = field(default=None, kw_only=True)

    @cached_property
    def position(self) -> int:
        """The account's row in the result."""
        return int(self.result.spans.cycles.account[self.cycles[0]])

    @cached_property
    def statement(self) -> list[Line]:
        """All printed lines, in order."""
        return statement_lines(self.result, self.rules, self.cycles)

    @cached_property
    def lines(self) -> pl.DataFrame:
        """All printed lines as a table."""
        return lines_frame(self.statement)

    @cached_property
    def rows(self) -> list[MonthRow]:
        """The month table."""
        return month_rows(self.result, self.cycles)

    @cached_property
    def months(self) -> Mapping[str, Month]:
        """The cycles by month (``YYYY-MM`` of the last service day); by first day too where a month holds two."""
        return {row.start: Month(self, row) for row in self.rows} | {row.month: Month(self, row) for row in self.rows}

    @cached_property
    def estimated(self) -> list[EstimatedPart]:
        """How much of each bill was estimated, by the utility or here; only bills and channels with estimates."""
        return estimated_parts(self.metered, self.result.spans.cycles, self.cycles)

    @property
    def due(self) -> Money:
        """Due over these cycles, settlement items included, before compensation."""
        return Money(sum(int(line.amount.scaleb(2)) for line in self.statement if line.due))

    @property
    def settlements(self) -> list[Settlement]:
        """The settlements of both ledgers that close in these cycles, in numbered steps."""
        return settlements_of(self.result, self.rules, self.cycles)

    @cached_property
    def so_far(self) -> list[SoFar]:
        """What the running period would settle as if it ended with each bill; with its last bill what it does."""
        return so_far(self.result, self.rules, self.cycles)

    @property
    def due_by_biller(self) -> dict[str, Money]:
        """What is due to the utility and to the provider of generation, before compensation."""
        found: dict[str, Money] = {}
        for line in self.statement:
            cents = int(line.amount.scaleb(2)) if line.due else 0
            found[line.provider] = found.get(line.provider, Money(0)) + Money(cents)
        return found

    @property
    def notices(self) -> list[str]:
        """What the customer is to be told with these bills."""
        accounts, shared = [self.account], list[Arrangement]()
        if self.beside is not None:
            accounts, shared = list(self.beside.accounts), [self.beside.arrangement]
        facts = gather_facts(accounts, self.rules, None, shared)
        every, _ = find_cycles(facts, cuts(facts))
        billed = set(self.result.spans.cycles.start[self.cycles].tolist())
        reminders = [text for start, text in notices_of(facts, every, self.rules, self.position) if start in billed]
        pending = pending_switches(self.account, self.rules, date.fromisoformat(self.rows[-1].end))
        doubts = [*unofficial_prices(self.account, self.rules), *sample_factors(self.account, self.rules)]
        return [*doubts, *reminders, *pending]

    @property
    def bases(self) -> list[str]:
        """How the export prices of these bills came to us: published, rebuilt, derived."""
        return sorted({basis for line in self.statement for basis in line.basis})

    @property
    def draft(self) -> bool:
        """Whether a bill reaches beyond the attested span of its schedule, so that it must not be posted."""
        book, cycles = self.rules.book, self.result.spans.cycles
        last = int(cycles.end[self.cycles].max()) - 1
        rows = {*cycles.terms[self.cycles].tolist(), *cycles.ledger_terms[self.cycles].tolist()}
        sold = {self.result.shard.facts.told[row]["ledger"] for row in rows} - {""}
        through = [book.provider(name).through.toordinal() for name in sold]
        return last > min(book.schedule(self.account.schedule).through.toordinal(), *through, NEVER)

    def explain(self, line: str) -> Explanation:
        """Where a printed figure comes from.

        Raises
        ------
        TrueupError
            E-LINE-001 if there is no such line.
        """
        if line not in self._ids:
            raise unknown_line(line, list(self._ids))
        return explain_line(self.result, self.rules, self._ids[line])

    @cached_property
    def _ids(self) -> dict[str, int]:
        own = self.result.spans.cycles.account[self.result.lines.cycle] == self.position
        return {line_id(self.result, self.rules, index): index for index in np.nonzero(own)[0].tolist()}

    def _repr_html_(self) -> str:
        table = pl.DataFrame([{name: str(value) for name, value in row.__dict__.items()} for row in self.rows])
        return str(table._repr_html_())


@dataclass(frozen=True)
class Year(Bills):
    """A settled period: the utility's relevant period, or the year of a provider's ledger."""

    ledger: int = UTILITY

    @property
    def closing_cycle(self) -> int:
        """The cycle that closes the period."""
        return int(self.cycles[-1])

    @property
    def _settled(self) -> Settled:
        return self.result.books[self.ledger].settled

    @property
    def settlement(self) -> list[Step]:
        """The settlement in numbered steps."""
        return settlement_steps(self.result, self.closing_cycle, self.ledger)

    @property
    def settlement_due(self) -> Money:
        """Amount due on the settlement bill, before compensation."""
        return Money(int(self._settled.due[self.closing_cycle]))

    @property
    def nsc(self) -> Money:
        """Net surplus compensation earned."""
        return Money(int(self._settled.surplus[self.closing_cycle]))

    @property
    def forfeited(self) -> Money:
        """Export credits and yearly energy credit forfeited at the settlement."""
        return cents_of(self.result, self.cycles, "credit.forfeited", "energy.forfeited")

    @property
    def carried(self) -> Money:
        """Credits carried into the next period: export credits, ACC Plus, compensation kept on the account."""
        names = ("export", "bonus", "surplus", "climate")
        closings = [own.closing for own in self.result.books]
        return Money(sum(int(getattr(state, name)[self.position].sum()) for state in closings for name in names))


def unknown_line(line: str, known: list[str]) -> TrueupError:
    """The error for a line id that does not exist."""
    close = [name for name in known if line in name][:3] or known[:3]
    return TrueupError(
        "E-LINE-001",
        f"there is no line {line!r}",
        "Every printed line has an id; `trueup bill`, lines.csv and --json show it.",
        f"For example: {', '.join(close)}",
    )
