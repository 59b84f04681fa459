"""Accounts -> columns of facts; an account that no rule file serves is refused here, with the rule."""

from collections.abc import Sequence
from datetime import date
from typing import NoReturn

import numpy as np

from trueup.account import Account
from trueup.errors import TrueupError
from trueup.model import ELECTIONS, Facts
from trueup.periods import NEVER
from trueup.quantities import UNKNOWN
from trueup.rulebook import Rules
from trueup.rulebook.columns import answers_given, terms_of
from trueup.rulebook.schema import Program

BEFORE = "standard"
KEYED_BY = ("customer_class", "billing_option", "settlement_rule", "credit_pool", "exports_limited_by")
"""The facts by which an answer may be keyed, and the pool that an account may state otherwise."""
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
        E-RULE-002 for an unknown schedule or program, E-ACCT-003 where a rule file does not serve the account.
    """
    given: dict[tuple[str, ...], int] = {}
    rows = [_term_rows(account, rules, given) for account in accounts]
    answers = [_answers(key, rules) for key in given]
    longest = max(len(account.read_dates) for account in accounts)
    spans = days or [(account.read_dates[0], account.service_end or account.read_dates[-1]) for account in accounts]
    vintages = [vintage_year(account.application, account.pto) for account in accounts]
    columns = {
        "own": [own for own, _ in rows],
        "before": [before for _, before in rows],
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
        "base_services": [
            UNKNOWN if account.base_services_charge_per_day is None else account.base_services_charge_per_day
            for account in accounts
        ],
        "election": [ELECTIONS.index(account.nsc_election) for account in accounts],
    }
    return Facts(
        ids=tuple(account.account for account in accounts),
        terms=terms_of(answers),
        programs=tuple(key[0] for key in given),
        told=tuple(dict(zip(KEYED_BY, key[1:], strict=True)) for key in given),
        transfers_recs=np.array([account.transfers_recs for account in accounts]),
        **{name: np.array(values, dtype=np.int64) for name, values in columns.items()},
    )


def _term_rows(account: Account, rules: Rules, given: dict[tuple[str, ...], int]) -> tuple[int, int]:
    """Rows of the answers in force from the program's start on and before it."""
    program = rules.book.program(account.program)
    _check_served(account, program, rules)
    facts = tuple(keyed_facts(account, program).values())
    own, before = ((name, *facts) for name in (account.program, BEFORE))
    return given.setdefault(own, len(given)), given.setdefault(before, len(given))


def keyed_facts(account: Account, program: Program) -> dict[str, str]:
    """The account's facts by which answers may be keyed; the program's default settlement rule where none is stated."""
    facts = {name: str(getattr(account, name) or "") for name in KEYED_BY}
    if program.settlement_rules is not None:
        facts["settlement_rule"] = facts["settlement_rule"] or program.settlement_rules.default
    return facts


def _answers(key: tuple[str, ...], rules: Rules) -> dict[str, str | list[str] | None]:
    facts = dict(zip(KEYED_BY, key[1:], strict=True))
    answers = answers_given(rules.book.program(key[0]), facts)
    if facts["credit_pool"] and answers["credit_pool"] != "none":
        answers["credit_pool"] = facts["credit_pool"]
    return answers


def _check_served(account: Account, program: Program, rules: Rules) -> None:
    """Refuse what the program's or the schedule's file does not serve."""
    schedule = rules.book.schedule(account.schedule)
    if account.schedule not in program.schedules:
        _refuse(account, f"{program.title} is not open to schedule {account.schedule}", "program", program.program)
    if account.customer_class not in {*program.customer_classes} & {*schedule.customer_classes}:
        _refuse(account, f"{program.title} does not serve {account.customer_class}", "program", program.program)
    if account.provider not in program.providers:
        _refuse(account, f"{program.title} does not serve provider {account.provider}", "program", program.program)
    if getattr(schedule.income_tiers, account.income_tier) == "unknown":
        _refuse(account, f"the figures of {account.income_tier} are unknown so far", "tariff", account.schedule)
    known = program.settlement_rules.known if program.settlement_rules else []
    if account.settlement_rule and known and account.settlement_rule not in known:
        said = f"knows no settlement rule {account.settlement_rule}; it has {', '.join(known)}"
        _refuse(account, f"{program.title} {said}", "program", program.program)
    facts = keyed_facts(account, program)
    open_questions = [name for name, answer in answers_given(program, facts).items() if answer is None]
    if open_questions:
        told = ", ".join(f"{name} {value}" for name, value in facts.items() if value)
        _refuse(account, f"{program.title} has no answer to {open_questions[0]} for {told}", "program", program.program)
    if account.nsc_election not in (program.answers.elections.given(**facts) or []):
        _refuse(account, f"{program.title} knows no election {account.nsc_election}", "program", program.program)


def _refuse(account: Account, what: str, kind: str, name: str) -> NoReturn:
    raise TrueupError(
        "E-ACCT-003",
        f"{account.account}: {what}",
        "A rule file serves only what its sources say, and billing refuses to guess the rest.",
        f"Change the account, or see what the file says: trueup rules show {kind}/{name}",
    )


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
        _refuse(account, f"ACC Plus has no value for vintage {vintage or 'unknown'}", "price", "sce/acc-plus")
    return price


def _day(day: date | None) -> int:
    return NEVER if day is None else day.toordinal()


def _padded(days: Sequence[date], length: int) -> list[int]:
    return [day.toordinal() for day in days] + [NEVER] * (length - len(days))
