"""Everything the stages ask of the rules, as columns: built once per rulebook, shared by all shards."""

from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import cast

import numpy as np

from trueup.periods import NEVER
from trueup.quantities import UNKNOWN, Bools, Ints, cents_from_text
from trueup.rulebook import schema
from trueup.rulebook.book import Rulebook
from trueup.rulebook.calendars import CalendarColumns, calendar_columns
from trueup.rulebook.load import RULES
from trueup.rulebook.prices import (
    CreditColumns,
    ExportColumns,
    MonthlyColumns,
    credit_columns,
    export_columns,
    monthly_columns,
    price_on,
    vintage_prices,
)
from trueup.rulebook.providers import ProviderColumns, provider_columns
from trueup.rulebook.tariffs import TariffColumns, tariff_columns

IN_USE: ContextVar[Path] = ContextVar("rules folder", default=RULES)
"""The rules folder that `Rules.load` reads where none is named."""


@dataclass(frozen=True)
class Rules:
    """A rulebook and its columns."""

    book: Rulebook

    def __repr__(self) -> str:
        return f"Rules({len(self.book.paths)} files)"

    @classmethod
    def load(cls, allow_stale: bool = False, folder: Path | None = None) -> "Rules":
        """The rules of a folder, read once; by default those that ship with trueup, or that `IN_USE` names."""
        return _loaded(folder or IN_USE.get(), allow_stale)

    @cached_property
    def utilities(self) -> tuple[str, ...]:
        """Ids of all utilities that have a schedule, in the order of every utility index."""
        return tuple(sorted({schedule.utility for schedule in self.book.schedules.values()}))

    @cached_property
    def municipal(self) -> Bools:
        """(utilities,) whether other providers' customers state a municipal surcharge."""
        return np.array([self.book.utilities[name].municipal_surcharge == "stated" for name in self.utilities])

    @cached_property
    def tariffs(self) -> TariffColumns:
        """Rate schedules."""
        return tariff_columns(self.book, self.utilities, self.calendar.names)

    @cached_property
    def providers(self) -> ProviderColumns:
        """Price lists of other providers."""
        return provider_columns(self.book)

    @cached_property
    def calendar(self) -> CalendarColumns:
        """Seasons and day types of all calendars."""
        return calendar_columns(list(self.book.calendars.values()))

    @cached_property
    def exports(self) -> ExportColumns:
        """Hourly export prices."""
        return export_columns(self.book, self.utilities)

    @cached_property
    def surplus_rate(self) -> MonthlyColumns:
        """NSCR by utility and month: one column."""
        return monthly_columns(self.book, self.utilities, "nscr", 1)

    @cached_property
    def average_export_rate(self) -> MonthlyColumns:
        """Average retail export compensation rate by utility and month: delivery, generation."""
        return monthly_columns(self.book, self.utilities, "average-export-rate", 2)

    @cached_property
    def adders(self) -> dict[tuple[str, int, str], int]:
        """ACC Plus by who grants it (utility or provider), vintage year and segment."""
        tables = {owner: table for (owner, name), table in self.book.tables.items() if name == "acc-plus"}
        return {(owner, *key): price for owner, table in tables.items() for key, price in vintage_prices(table).items()}

    @cached_property
    def climate_credit(self) -> tuple[CreditColumns | None, ...]:
        """Occasions of the California Climate Credit by utility; None where no source gives them."""
        tables = [self.book.tables.get((utility, "climate-credit")) for utility in self.utilities]
        return tuple(None if table is None else credit_columns(table) for table in tables)

    def state_surcharge(self, day: Ints) -> Ints:
        """State energy surcharge on day ordinals."""
        return price_on(cast(schema.DatedPrices, self.book.tables["state", "energy-surcharge"]), day)

    def rec_adder(self, utility: Ints, day: Ints) -> Ints:
        """(K,) renewable attribute adder of utilities on day ordinals; `UNKNOWN` where no source gives one."""
        tables = [self.book.tables.get((name, "rec-adder")) for name in self.utilities]
        nothing = np.full_like(day, UNKNOWN)
        return np.choose(utility, [nothing if table is None else price_on(table, day) for table in tables])

    def production_factors(self, name: str) -> schema.ProductionFactors | None:
        """The table of monthly production per kW of this name, whoever's it is; None if there is none."""
        tables = self.book.tables.values()
        return next((t for t in tables if isinstance(t, schema.ProductionFactors) and t.table == name), None)

    def covered_days(self, schedule: Ints) -> tuple[Ints, Ints]:
        """First and last day on which everything that each bill of a schedule needs is given, both included."""
        surcharge = cast(schema.DatedPrices, self.book.tables["state", "energy-surcharge"])
        versions, calendar, credits = self.tariffs.versions, self.tariffs.calendar[schedule], self.climate_credit
        utility = self.tariffs.utility[schedule]
        first = np.maximum(versions.first_day[schedule], self.calendar.first_day[calendar])
        last = np.minimum(versions.last_day[schedule], self.calendar.last_day[calendar])
        first = np.maximum(first, np.array([0 if c is None else c.first_day for c in credits])[utility])
        last = np.minimum(last, np.array([NEVER if c is None else c.last_day for c in credits])[utility])
        first, last = np.maximum(first, self._allowances[0][schedule]), np.minimum(last, self._allowances[1][schedule])
        spans = (surcharge.versions[0].from_.toordinal(), surcharge.through.toordinal())
        return np.maximum(first, spans[0]), np.minimum(last, spans[1])

    @cached_property
    def _allowances(self) -> tuple[Ints, Ints]:
        """(schedules,) first and last day of the baseline allowances that each schedule uses."""
        schedules = [self.book.schedules[name] for name in self.tariffs.schedules]
        tables = [s.baseline and self.book.tables[s.utility, s.baseline.allowances] for s in schedules]
        first = [table.from_.toordinal() if table else 0 for table in tables]
        return np.array(first), np.array([table.through.toordinal() if table else NEVER for table in tables])

    @cached_property
    def breakpoints(self) -> frozenset[int]:
        """Every day on which something that a row must not mix changes."""
        starts = {*self.tariffs.versions.starts.tolist(), *self.providers.versions.starts.tolist()}
        return frozenset({*starts, *self.calendar.first_day.tolist(), *(self.calendar.last_day + 1).tolist()})


@cache
def _loaded(folder: Path, allow_stale: bool) -> Rules:
    return Rules(Rulebook.load(folder, allow_stale=allow_stale))


@dataclass(frozen=True)
class Terms:
    """The answers of programs as columns, so that a formula can select by them. One row per combination asked for.

    Each flag is True where a program gave the answer that `FLAGS` names for it.
    """

    starts_at_once: Bools
    starts_at_pto: Bools
    early_exports_granted: Bools
    nets_buckets: Bools
    nets_generation: Bools
    priced_exports: Bools
    apart: Bools
    on_positive_net: Bools
    billed_at_true_up: Bools
    recovery_on_buckets: Bools
    recovery_on_net: Bools
    baseline_mirrored: Bools
    minimum_without_energy: Bools
    minimum_provisional: Bools
    minimum_at_close: Bools
    whole_kwh: Bools
    energy_ledger: Bools
    billed_monthly: Bools
    keeps_earlier: Bools
    surcharge_on_net: Bools
    surcharge_on_days: Bools
    tax_on_printed: Bools
    pays_delivery: Bools
    pays_generation: Bools
    pays_pcia: Bools
    pays_recovery: Bools
    tax_after_credits: Bools
    surplus_priced: Bools
    split_pool: Bools
    bonus: Bools
    bonus_paid_out: Bools
    climate_paid_out: Bools
    has_period: Bools
    period_together: Bools
    adjustment_first: Bools
    reconciles: Bools
    pays_earlier: Bools
    carries: Bools
    adjusts: Bools
    adjusts_own_average: Bools
    compensates_whole: Bools
    pays_surplus: Bools
    forfeits_unelected: Bools
    checks_unelected: Bools
    keeps_unelected: Bools
    limited_by_generation: Bools
    limited_by_estimate: Bools
    locked_from_january: Bools
    allots_output: Bools
    shares_exports: Bools
    shares_by_month: Bools
    shares_to_target: Bools
    shares_whole_kwh: Bools
    offsets_use_first: Bools
    keeps_kwh: Bools
    fee_setup: Ints
    fee_monthly: Ints
    fee_setup_at_most: Ints
    bundled: Bools
    netting_minutes: Ints
    lock_in_years: Ints
    years: Ints
    surplus_of: Ints
    check_from: Ints

    def take(self, index: Ints) -> "Terms":
        """The rows at `index`; a column is read when it is asked for, since a formula asks for a few of them."""
        return cast("Terms", TermsAt(self, index))


class TermsAt:
    """Rows of `Terms`, each column read once."""

    def __init__(self, terms: Terms, index: Ints) -> None:
        self._terms, self._index = terms, index

    def take(self, index: Ints) -> "Terms":
        """Some of these rows."""
        return self._terms.take(self._index[index])

    def __getattr__(self, name: str) -> Bools | Ints:
        column: Bools | Ints = getattr(self._terms, name)[self._index]
        self.__dict__[name] = column
        return column


SERVICES = ("bundled", "cca", "da")
FLAGS: dict[str, tuple[str, tuple[str, ...]]] = {
    "starts_at_once": ("starts", ("at_once",)),
    "starts_at_pto": ("starts", ("pto",)),
    "early_exports_granted": ("early_exports", ("granted_on_first_bill",)),
    "nets_buckets": ("netting", ("tou_bucket",)),
    "nets_generation": ("netting", ("generation",)),
    "priced_exports": ("export_value", ("export_price_table",)),
    "apart": ("nonbypassable", ("apart_on_imports", "apart_on_positive_net")),
    "on_positive_net": ("nonbypassable", ("apart_on_positive_net",)),
    "billed_at_true_up": ("nonbypassable_billed", ("at_true_up",)),
    "recovery_on_buckets": ("recovery_charge", ("positive_net_of_buckets",)),
    "recovery_on_net": ("recovery_charge", ("net_of_buckets",)),
    "baseline_mirrored": ("baseline", ("net_mirrored",)),
    "minimum_without_energy": ("minimum_charge", ("where_energy_is_no_charge",)),
    "minimum_provisional": ("minimum_charge", ("provisional", "provisional_and_last")),
    "minimum_at_close": ("minimum_charge", ("provisional_and_last",)),
    "whole_kwh": ("billed_quantity", ("whole_kwh",)),
    "energy_ledger": ("energy_billed", ("yearly", "monthly_with_carry")),
    "billed_monthly": ("energy_billed", ("monthly_with_carry",)),
    "keeps_earlier": ("earlier_energy", ("kept",)),
    "surcharge_on_net": ("state_surcharge", ("positive_net_of_cycle",)),
    "surcharge_on_days": ("state_surcharge", ("positive_net_of_days",)),
    "tax_on_printed": ("local_tax", ("printed_charges_and_positive_energy",)),
    "pays_delivery": ("credit_pays", ("delivery",)),
    "pays_generation": ("credit_pays", ("generation",)),
    "pays_pcia": ("credit_pays", ("pcia",)),
    "pays_recovery": ("credit_pays", ("fixed_recovery",)),
    "tax_after_credits": ("local_tax", ("exact_charges_after_credits",)),
    "surplus_priced": ("surplus_price", ("nscr", "fixed")),
    "split_pool": ("credit_pool", ("split",)),
    "bonus": ("bonus", ("acc_plus",)),
    "bonus_paid_out": ("bonus_at_end", ("paid_out",)),
    "climate_paid_out": ("climate_credit", ("paid_out_at_settlement",)),
    "has_period": ("relevant_period", ("twelve_bills", "twelve_bills_together")),
    "period_together": ("relevant_period", ("twelve_bills_together",)),
    "reconciles": ("settlement", ("reconcile_energy",)),
    "pays_earlier": ("settlement", ("earlier_months",)),
    "carries": ("left_over", ("carried",)),
    "adjusts": ("adjustment", ("average_export_rate",)),
    "adjusts_own_average": ("adjustment", ("average_of_account",)),
    "compensates_whole": ("compensation", ("whole",)),
    "forfeits_unelected": ("without_election", ("forfeit",)),
    "checks_unelected": ("without_election", ("check",)),
    "keeps_unelected": ("without_election", ("on_bill",)),
    "limited_by_generation": ("storage_limit", ("generation_meter",)),
    "limited_by_estimate": ("storage_limit", ("production_estimate",)),
    "locked_from_january": ("lock_in_from", ("january_of_pto",)),
    "allots_output": ("allocation", ("percent_of_output",)),
    "shares_exports": ("allocation", ("monthly_use", "cumulative_target", "cumulative_share")),
    "shares_by_month": ("allocation", ("monthly_use",)),
    "shares_to_target": ("allocation", ("cumulative_target",)),
    "shares_whole_kwh": ("allocation_unit", ("whole_kwh",)),
    "offsets_use_first": ("allotted_energy", ("offsets_use_first",)),
    "keeps_kwh": ("credit_kept_as", ("kwh",)),
}
"""Which answer sets each flag: the question, and the values of which one is given."""


def fees_given(program: schema.Program, answer: object) -> tuple[int, int, int]:
    """Cents of a program's fees by its answer: once, with every bill, the most of the first for all accounts."""
    made = next((fees for name, fees in program.fee_amounts.items() if name == answer), None)
    if made is None:
        return 0, 0, NEVER
    return made.setup, made.monthly, NEVER if made.setup_at_most is None else made.setup_at_most


def answers_given(program: schema.Program, facts: dict[str, str]) -> dict[str, str | list[str] | None]:
    """Every answer of a program for an account's facts; None where the file has none for them."""
    return {name: getattr(program.answers, name).given(**facts) for name in schema.Answers.model_fields}


@dataclass(frozen=True)
class Given:
    """The answers in force for some accounts: a program's, or in a provider's ledger those with its own in place.

    Attributes
    ----------
    answers
        By question.
    service
        Who supplies generation.
    surplus_of
        Row of `ProviderColumns.surplus`: how the price of surplus is made.
    fees
        Cents that an account of an arrangement pays once and with every bill, and the most of the first for all.
    """

    answers: dict[str, str | list[str] | None]
    service: str
    surplus_of: int = 0
    fees: tuple[int, int, int] = (0, 0, NEVER)


def terms_of(given: list[Given]) -> Terms:
    """Answers as columns, one row per element of `given`."""
    listed = [{name: [v] if isinstance(v, str) else v or [] for name, v in row.answers.items()} for row in given]
    columns = {
        flag: np.array([any(value in answers[question] for value in values) for answers in listed])
        for flag, (question, values) in FLAGS.items()
    }
    minutes = [int((answers["netting_interval"] or ["60"])[0]) for answers in listed]
    return Terms(
        **columns,
        adjustment_first=np.array([answers["settlement"][:1] == ["adjustment"] for answers in listed]),
        pays_surplus=np.array([r.service in a["surplus_eligible"] for r, a in zip(given, listed, strict=True)]),
        bundled=np.array([row.service == "bundled" for row in given]),
        netting_minutes=np.array(minutes),
        lock_in_years=_years([answers["lock_in_years"][0] for answers in listed]),
        years=_years([answers["lasts_years"][0] for answers in listed]),
        surplus_of=np.array([row.surplus_of for row in given], dtype=np.int64),
        fee_setup=np.array([row.fees[0] for row in given], dtype=np.int64),
        fee_monthly=np.array([row.fees[1] for row in given], dtype=np.int64),
        fee_setup_at_most=np.array([row.fees[2] for row in given], dtype=np.int64),
        check_from=np.array([cents_from_text(answers["check_from"][0]) for answers in listed], dtype=np.int64),
    )


def _years(texts: list[str]) -> Ints:
    """Numbers of years; `NEVER` where there is no limit."""
    return np.array([NEVER if text in {"unlimited", "none"} else int(text) for text in texts])
