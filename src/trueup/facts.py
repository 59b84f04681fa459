"""Accounts -> columns of facts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from trueup.account import Account
from trueup.model import ELECTIONS, Facts, Phases
from trueup.periods import NEVER, month_from_text
from trueup.phases import Phase, phases_of
from trueup.quantities import UNKNOWN
from trueup.rulebook import Rules
from trueup.rulebook.columns import Given, answers_given, terms_of
from trueup.rulebook.providers import NO_PRICES, overridden, surplus_multiple, true_up_month
from trueup.rulebook.schema import SEASONS, Program
from trueup.rulebook.tariffs import DWELLINGS, TIERS
from trueup.served import check_phases, check_served, keyed_facts, refuse

BEFORE = "standard"
LAST_PTO_YEAR_RULE = date(2024, 6, 30)


def vintage_year(application: date | None, pto: date | None) -> int:
    """The vintage of export prices and ACC Plus; 0 where no date decides it.

    References
    ----------
    Schedule NBT, sheets 6 and 7 (Advice 5497-E and 5533-E): the year of permission to operate up to 2024-06-30,
    later the year of the interconnection request (spec `EEC-04`, NBT 2.2, NBT-A3).
    """
    if pto is not None and pto <= LAST_PTO_YEAR_RULE:
        return pto.year
    return application.year if application is not None else 0


def gather_facts(accounts: Sequence[Account], rules: Rules, days: Sequence[tuple[date, date]] | None = None) -> Facts:
    """Columns of the accounts' facts.

    Parameters
    ----------
    days
        First day and day after the last to bill, per account; by default all read dates.

    Raises
    ------
    TrueupError
        E-RULE-002 for an unknown schedule, program or provider, E-ACCT-003 where a rule file does not serve the
        account.
    """
    given = GivenRows(rules)
    phases = [_phase_rows(account, given, rules) for account in accounts]
    longest = max(len(account.read_dates) for account in accounts)
    spans = days or [(account.read_dates[0], account.service_end or account.read_dates[-1]) for account in accounts]
    vintages = [vintage_year(account.application, account.pto) for account in accounts]
    columns = {
        "schedule": [rules.tariffs.schedules.index(account.schedule) for account in accounts],
        "pto": [_day(account.pto) for account in accounts],
        "service_end": [_day(account.service_end) for account in accounts],
        "period_start": [_day(account.relevant_period_start) for account in accounts],
        "vintage": vintages,
        "bonus_price": [_bonus(account, year, rules) for account, year in zip(accounts, vintages, strict=True)],
        "reads": [_padded(account.read_dates, longest) for account in accounts],
        "from_day": [start.toordinal() for start, _ in spans],
        "to_day": [end.toordinal() for _, end in spans],
        "tax_ppm": [account.local_tax for account in accounts],
        "tier": [TIERS.index(account.income_tier) for account in accounts],
        "dwelling": [DWELLINGS.index(account.dwelling) for account in accounts],
        "allowance": [_allowance(account, rules) for account in accounts],
        "base_services": [_or_unknown(account.base_services_charge_per_day) for account in accounts],
        "pcia": [_or_unknown(account.pcia_per_kwh) for account in accounts],
    }
    return Facts(
        ids=tuple(account.account for account in accounts),
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
    answers = answers_given(rules.book.program(told["program"]), told)
    if told["credit_pool"] and answers["credit_pool"] != "none":
        answers["credit_pool"] = told["credit_pool"]
    if not told["ledger"]:
        return Given(answers, told["service"])
    supplier = rules.book.provider(told["ledger"])
    return Given(overridden(supplier, answers), told["service"], *surplus_multiple(supplier))


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
    prices: int
    vintage: int
    month: int
    first_month: int
    through: int


def _phase_rows(account: Account, given: GivenRows, rules: Rules) -> list[PhaseRow]:
    """The phases of an account, each checked against the rule files that serve it."""
    program = rules.book.program(account.program)
    rows = []
    phases = phases_of(account, program, rules.book)
    check_phases(account, phases, rules)
    for phase in phases:
        check_served(account, phase, program, rules)
        rows.append(_phase_row(account, phase, program, given, rules))
    return rows


def _phase_row(account: Account, phase: Phase, program: Program, given: GivenRows, rules: Rules) -> PhaseRow:
    supplier = phase.supplier(rules.book)
    ledger = supplier is not None and supplier.keeps_a_ledger
    told = told_of(account, phase, program, rules)
    before = told | {"program": BEFORE}
    in_ledger = {"ledger": phase.provider} if ledger else {}
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


def _dated(accounts: Sequence[Account]) -> dict[str, list[list[int]]]:
    """Stated municipal surcharges by month, and choices for surplus compensation by day."""
    stated = [sorted(account.generation_municipal_surcharge.items()) for account in accounts]
    chosen = [[(date.min, a.nsc_election), *((c.on, c.choice) for c in a.nsc_elections)] for a in accounts]
    months = max((len(rows) for rows in stated), default=0)
    choices = max(len(rows) for rows in chosen)
    return {
        "municipal_month": [[month_from_text(m) for m, _ in rows] + [-1] * (months - len(rows)) for rows in stated],
        "municipal_cents": [[cents for _, cents in rows] + [0] * (months - len(rows)) for rows in stated],
        "election_from": [[d.toordinal() for d, _ in rows] + [NEVER] * (choices - len(rows)) for rows in chosen],
        "election": [[ELECTIONS.index(c) for _, c in rows] + [0] * (choices - len(rows)) for rows in chosen],
    }


def _allowance(account: Account, rules: Rules) -> list[int]:
    """Wh of baseline a day in summer and winter.

    References
    ----------
    SCE Preliminary Statement, Part H: by region and kind of service, with add-ons.
    """
    service = rules.book.schedule(account.schedule).baseline
    if service is None:
        return [0, 0]
    table = rules.baseline
    if account.baseline_region not in table.regions:
        known = ", ".join(table.regions)
        has = f"{account.baseline_region!r} is none" if account.baseline_region else "none is stated"
        said = f"{account.schedule} needs baseline_region, one of {known}; {has}"
        refuse(account, said, "price", "sce/baseline")
    counted = [table.regions[str(account.baseline_region)]]
    if account.heat_pump_water_heater and "heat_pump_water_heater" in service.add_ons:
        counted.append(table.add_ons["heat_pump_water_heater"])
    if account.income_tier == "medical_baseline":
        counted.append(table.add_ons["medical_baseline"])
    return [sum(part[season][account.heating] for part in counted) for season in SEASONS]  # type: ignore[index,misc]


def _bonus(account: Account, vintage: int, rules: Rules) -> int:
    """ACC Plus adder; 0 where the home is not eligible.

    References
    ----------
    Schedule NBT, Rates 3.b; the segment is a stored fact (spec decisions 32).
    """
    if account.acc_plus == "none" or rules.book.program(account.program).answers.bonus.value == "none":
        return 0
    price = rules.adders.get((vintage, account.acc_plus))
    if price is None:
        refuse(account, f"ACC Plus has no value for vintage {vintage or 'unknown'}", "price", "sce/acc-plus")
    return price


def _or_unknown(price: int | None) -> int:
    return UNKNOWN if price is None else price


def _day(day: date | None) -> int:
    return NEVER if day is None else day.toordinal()


def _padded(days: Sequence[date], length: int) -> list[int]:
    return [day.toordinal() for day in days] + [NEVER] * (length - len(days))
