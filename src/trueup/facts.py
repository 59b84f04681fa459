"""Accounts -> columns of facts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from trueup.account import Account
from trueup.arrangement import Arrangement
from trueup.looked_up import allowance, bonus, production, provider_bonus, vintage
from trueup.membership import check_members, members_of, membership_columns
from trueup.model import ELECTIONS, Facts, Phases
from trueup.periods import NEVER, month_from_text
from trueup.phases import Phase, phases_of
from trueup.quantities import UNKNOWN
from trueup.rulebook import Rules
from trueup.rulebook.columns import Given, answers_given, fees_given, terms_of
from trueup.rulebook.providers import NO_PRICES, overridden, true_up_month
from trueup.rulebook.schema import Program
from trueup.rulebook.tariffs import DWELLINGS, TIERS
from trueup.served import check_phases, check_served, keyed_facts, provider_rule


def gather_facts(
    accounts: Sequence[Account],
    rules: Rules,
    days: Sequence[tuple[date, date]] | None = None,
    arrangements: Sequence[Arrangement] = (),
) -> Facts:
    """Columns of the accounts' facts.

    Parameters
    ----------
    days
        First day and day after the last to bill, per account; by default all read dates.
    arrangements
        Those that some of the accounts are in, whole.

    Raises
    ------
    TrueupError
        E-RULE-002 for an unknown schedule, program or provider, E-ACCT-003 where a rule file does not serve the
        account, E-ARR-002 and E-ARR-003 where accounts and arrangements do not belong together.
    """
    check_members(accounts, arrangements, rules)
    return _gathered(accounts, rules, days, arrangements)


def facts_alone(account: Account, rules: Rules, arrangement: Arrangement | None) -> Facts:
    """The facts of an account by themselves, where it may belong to an arrangement: enough to tell its cycles."""
    return gather_facts([account], rules) if arrangement is None else _gathered([account], rules, None, [arrangement])


def _gathered(
    accounts: Sequence[Account],
    rules: Rules,
    days: Sequence[tuple[date, date]] | None,
    arrangements: Sequence[Arrangement],
) -> Facts:
    """Facts as columns, of accounts that belong together."""
    billing = {name: one.fee_billing for name, (one, _) in members_of(arrangements).items()}
    given = GivenRows(rules)
    phases = [_phase_rows(account, billing.get(account.account, ""), given, rules) for account in accounts]
    longest = max(len(account.read_dates) for account in accounts)
    spans = days or [(account.read_dates[0], account.service_end or account.read_dates[-1]) for account in accounts]
    vintages = [vintage(account, rules) for account in accounts]
    schedule = np.array([rules.tariffs.schedules.index(account.schedule) for account in accounts], dtype=np.int64)
    columns = {
        "pto": [_day(account.pto) for account in accounts],
        "service_end": [_day(account.service_end) for account in accounts],
        "period_start": [_day(account.relevant_period_start) for account in accounts],
        "vintage": vintages,
        "bonus_price": [bonus(account, year, rules) for account, year in zip(accounts, vintages, strict=True)],
        "provider_bonus_price": [provider_bonus(a, year, rules) for a, year in zip(accounts, vintages, strict=True)],
        "production": [production(account, rules) for account in accounts],
        "reads": [_padded(account.read_dates, longest) for account in accounts],
        "from_day": [start.toordinal() for start, _ in spans],
        "to_day": [end.toordinal() for _, end in spans],
        "tax_ppm": [account.local_tax for account in accounts],
        "tier": [TIERS.index(account.income_tier) for account in accounts],
        "dwelling": [DWELLINGS.index(account.dwelling) for account in accounts],
        "allowance": [allowance(account, rules) for account in accounts],
        "base_services": [_or_unknown(account.base_services_charge_per_day) for account in accounts],
        "pcia": [_or_unknown(account.pcia_per_kwh) for account in accounts],
        **membership_columns(accounts, arrangements),
    }
    return Facts(
        ids=tuple(account.account for account in accounts),
        schedule=schedule,
        utility=rules.tariffs.utility[schedule],
        calendar=rules.tariffs.calendar[schedule],
        terms=terms_of(given.given),
        told=tuple(given.told),
        phases=_stacked(phases),
        three_phase=np.array([account.three_phase for account in accounts]),
        transfers_recs=np.array([account.transfers_recs for account in accounts]),
        **{name: np.array(values, dtype=np.int64) for name, values in (columns | _dated(accounts)).items()},
    )


class GivenRows:
    """The distinct combinations of answers that some accounts use, each a row of `Terms`."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.given: list[Given] = []
        self.told: list[dict[str, str]] = []
        self._rows: dict[tuple[tuple[str, str], ...], int] = {}

    def row(self, told: dict[str, str]) -> int:
        """The row of what is told: program, service, ledger and the facts that key answers."""
        key = tuple(told.items())
        if key not in self._rows:
            self._rows[key] = len(self.given)
            self.given.append(given_answers(told, self.rules))
            self.told.append(told)
        return self._rows[key]


def given_answers(told: dict[str, str], rules: Rules) -> Given:
    """The answers that hold for what is told; with a provider's own in place in its ledger."""
    program = rules.book.program(told["program"])
    answers = answers_given(program, told)
    if told["credit_pool"] and answers["credit_pool"] != "none":
        answers["credit_pool"] = told["credit_pool"]
    if not told["ledger"]:
        return Given(answers, told["service"], fees=fees_given(program, answers["fees"]))
    supplier = rules.book.provider(told["ledger"])
    surplus_of = rules.providers.surplus_rows[told["ledger"], told["provider_rule"]]
    return Given(overridden(supplier, answers, told["provider_rule"], told["program"]), told["service"], surplus_of)


@dataclass(frozen=True)
class PhaseRow:
    """One phase of one account, as a row of `Phases`."""

    start: int
    ends_period: bool
    own: int
    before: int
    ledger_own: int
    ledger_before: int
    keeps_ledger: bool
    provider: int
    prices: int
    vintage: int
    month: int
    first_month: int
    through: int


def _phase_rows(account: Account, fee_billing: str, given: GivenRows, rules: Rules) -> list[PhaseRow]:
    """The phases of an account, each checked against the rule files that serve it."""
    program = rules.book.program(account.program)
    rows = []
    phases = phases_of(account, program, rules.book)
    check_phases(account, phases, rules)
    for phase in phases:
        check_served(account, phase, program, rules)
        told = told_of(account, phase, program, rules) | ({"fee_billing": fee_billing} if fee_billing else {})
        rows.append(_phase_row(account, phase, program, told, given))
    return rows


def _phase_row(account: Account, phase: Phase, program: Program, told: dict[str, str], given: GivenRows) -> PhaseRow:
    rules = given.rules
    supplier = phase.supplier(rules.book)
    ledger = supplier is not None and supplier.keeps_a_ledger
    before = told | {"program": program.before}
    in_ledger = {}
    if supplier is not None and ledger:
        in_ledger = {"ledger": phase.provider, "provider_rule": provider_rule(account, supplier)}
    month, first_month = true_up_month(supplier) if supplier is not None else (0, 0)
    prices = rules.providers.find(phase.provider, account.schedule, phase.crs_vintage, phase.product)
    return PhaseRow(
        phase.start,
        phase.ends_period,
        given.row(told),
        given.row(before),
        given.row(told | in_ledger),
        given.row(before | in_ledger),
        ledger,
        rules.providers.providers.index("" if supplier is None else supplier.provider),
        prices or NO_PRICES,
        phase.crs_vintage or 0,
        month,
        first_month,
        NEVER if supplier is None or rules.book.allow_stale else supplier.through.toordinal(),
    )


def told_of(account: Account, phase: Phase, program: Program, rules: Rules) -> dict[str, str]:
    """What decides an account's answers in a phase."""
    supplier = phase.supplier(rules.book)
    return {
        "program": account.program,
        "ledger": "",
        "provider_rule": "",
        "service": "bundled" if supplier is None else supplier.kind,
        "billing_option": phase.billing_option,
        **keyed_facts(account, program),
    }


def _stacked(phases: list[list[PhaseRow]]) -> Phases:
    """Rows of every account as columns, padded with the last one at `NEVER`."""
    longest = max(len(rows) for rows in phases)
    columns: dict[str, Any] = {}
    for name in PhaseRow.__dataclass_fields__:
        table = [[getattr(row, name) for row in rows] + [_pad(rows, name)] * (longest - len(rows)) for rows in phases]
        columns[name] = np.array(table)
    return Phases(**columns)


def _pad(rows: list[PhaseRow], name: str) -> Any:
    return NEVER if name == "start" else getattr(rows[-1], name)


def _by_month(name: str, stated: list[dict[str, int]]) -> dict[str, list[list[int]]]:
    """Stated amounts by month, padded."""
    of_accounts = [sorted(amounts.items()) for amounts in stated]
    longest = max((len(rows) for rows in of_accounts), default=0)
    return {
        f"{name}_month": [
            [month_from_text(month) for month, _ in rows] + [-1] * (longest - len(rows)) for rows in of_accounts
        ],
        f"{name}_cents": [[cents for _, cents in rows] + [0] * (longest - len(rows)) for rows in of_accounts],
    }


def _dated(accounts: Sequence[Account]) -> dict[str, Any]:
    """Amounts and rates stated by month, and choices for surplus compensation by day."""
    rates = [sorted(account.average_export_rates.items()) for account in accounts]
    chosen = [[(date.min, a.nsc_election), *((c.on, c.choice) for c in a.nsc_elections)] for a in accounts]
    months, choices = max((len(rows) for rows in rates), default=0), max(len(rows) for rows in chosen)
    pairs = [[[rate.delivery or 0, rate.generation or 0] for _, rate in rows] for rows in rates]
    return {
        **_by_month("municipal", [account.generation_municipal_surcharge for account in accounts]),
        **_by_month("climate", [account.climate_credits for account in accounts]),
        "rate_month": [[month_from_text(m) for m, _ in rows] + [-1] * (months - len(rows)) for rows in rates],
        "rate": np.array([rows + [[0, 0]] * (months - len(rows)) for rows in pairs]).reshape(len(pairs), months, 2),
        "election_from": [[d.toordinal() for d, _ in rows] + [NEVER] * (choices - len(rows)) for rows in chosen],
        "election": [[ELECTIONS.index(c) for _, c in rows] + [0] * (choices - len(rows)) for rows in chosen],
    }


def _or_unknown(price: int | None) -> int:
    return UNKNOWN if price is None else price


def _day(day: date | None) -> int:
    return NEVER if day is None else day.toordinal()


def _padded(days: Sequence[date], length: int) -> list[int]:
    return [day.toordinal() for day in days] + [NEVER] * (length - len(days))
