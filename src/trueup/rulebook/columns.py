"""Everything the stages ask of the rules, as columns: built once per rulebook, shared by all shards."""

from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import cast

import numpy as np

from trueup.periods import NEVER
from trueup.quantities import Bools, Ints
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

UTILITY = "sce"
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
    def tariffs(self) -> TariffColumns:
        """Rate schedules."""
        return tariff_columns(self.book)

    @cached_property
    def providers(self) -> ProviderColumns:
        """Price lists of other providers."""
        return provider_columns(self.book)

    @cached_property
    def baseline(self) -> schema.Baseline:
        """Baseline allowances."""
        return cast(schema.Baseline, self.book.tables[UTILITY, "baseline"])

    @cached_property
    def calendar(self) -> CalendarColumns:
        """Seasons and day types of the utility."""
        return calendar_columns(self.book.calendars[UTILITY])

    @cached_property
    def exports(self) -> ExportColumns:
        """Hourly export prices."""
        return export_columns(self.book)

    @cached_property
    def surplus_rate(self) -> MonthlyColumns:
        """NSCR by month: one column."""
        return monthly_columns(self.book, UTILITY, "nscr")

    @cached_property
    def average_export_rate(self) -> MonthlyColumns:
        """Average retail export compensation rate by month: delivery, generation."""
        return monthly_columns(self.book, UTILITY, "average-export-rate")

    @cached_property
    def adders(self) -> dict[tuple[int, str], int]:
        """ACC Plus by vintage year and segment."""
        return vintage_prices(cast(schema.ByVintage, self.book.tables[UTILITY, "acc-plus"]))

    @cached_property
    def climate_credit(self) -> CreditColumns:
        """Occasions of the California Climate Credit."""
        return credit_columns(cast(schema.CreditSeries, self.book.tables[UTILITY, "climate-credit"]))

    def state_surcharge(self, day: Ints) -> Ints:
        """State energy surcharge on day ordinals."""
        return price_on(cast(schema.DatedPrices, self.book.tables["state", "energy-surcharge"]), day)

    def rec_adder(self, day: Ints) -> Ints:
        """Renewable attribute adder on day ordinals."""
        return price_on(cast(schema.DatedPrices, self.book.tables[UTILITY, "rec-adder"]), day)

    def covered_days(self, schedule: Ints) -> tuple[Ints, Ints]:
        """First and last day on which everything that each bill of a schedule needs is given, both included."""
        surcharge = cast(schema.DatedPrices, self.book.tables["state", "energy-surcharge"])
        others = [
            (self.calendar.first_day, self.calendar.last_day),
            (self.climate_credit.first_day, self.climate_credit.last_day),
            (surcharge.versions[0].from_.toordinal(), surcharge.through.toordinal()),
        ]
        first = np.maximum(self.tariffs.versions.first_day[schedule], max(start for start, _ in others))
        last = np.minimum(self.tariffs.versions.last_day[schedule], min(end for _, end in others))
        return first, last

    @cached_property
    def breakpoints(self) -> frozenset[int]:
        """Every day on which something that a row must not mix changes."""
        starts = {*self.tariffs.versions.starts.tolist(), *self.providers.versions.starts.tolist()}
        return frozenset(starts | {self.calendar.first_day, self.calendar.last_day + 1})


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
    priced_exports: Bools
    apart: Bools
    on_positive_net: Bools
    recovery_on_buckets: Bools
    baseline_mirrored: Bools
    minimum_without_energy: Bools
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
    climate_paid_out: Bools
    has_period: Bools
    adjustment_first: Bools
    reconciles: Bools
    pays_earlier: Bools
    carries: Bools
    adjusts: Bools
    pays_surplus: Bools
    forfeits_unelected: Bools
    limited_by_generation: Bools
    bundled: Bools
    netting_minutes: Ints
    lock_in_years: Ints
    years: Ints
    nscr_multiple: Ints
    nscr_unit: Ints

    def take(self, index: Ints) -> "Terms":
        """The rows at `index`; a column is read when it is asked for, since a formula asks for a few of them."""
        return cast("Terms", TermsAt(self, index))


class TermsAt:
    """Rows of `Terms`, each column read once."""

    def __init__(self, terms: Terms, index: Ints) -> None:
        self._terms, self._index = terms, index

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
    "priced_exports": ("export_value", ("export_price_table",)),
    "apart": ("nonbypassable", ("apart_on_imports", "apart_on_positive_net")),
    "on_positive_net": ("nonbypassable", ("apart_on_positive_net",)),
    "recovery_on_buckets": ("recovery_charge", ("positive_net_of_buckets",)),
    "baseline_mirrored": ("baseline", ("net_mirrored",)),
    "minimum_without_energy": ("minimum_charge", ("where_energy_is_no_charge",)),
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
    "surplus_priced": ("surplus_price", ("nscr", "multiple_of_nscr")),
    "split_pool": ("credit_pool", ("split",)),
    "bonus": ("bonus", ("acc_plus",)),
    "climate_paid_out": ("climate_credit", ("paid_out_at_settlement",)),
    "has_period": ("relevant_period", ("twelve_bills",)),
    "reconciles": ("settlement", ("reconcile_energy",)),
    "pays_earlier": ("settlement", ("earlier_months",)),
    "carries": ("left_over", ("carried",)),
    "adjusts": ("adjustment", ("average_export_rate",)),
    "forfeits_unelected": ("without_election", ("forfeit",)),
    "limited_by_generation": ("storage_limit", ("generation_meter",)),
}
"""Which answer sets each flag: the question, and the values of which one is given."""


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
    multiple, unit
        What surplus earns of the utility's rate, in millionths, and the unit it is rounded to, 10^-7 $.
    """

    answers: dict[str, str | list[str] | None]
    service: str
    multiple: int = 10**6
    unit: int = 1


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
        nscr_multiple=np.array([row.multiple for row in given], dtype=np.int64),
        nscr_unit=np.array([row.unit for row in given], dtype=np.int64),
    )


def _years(texts: list[str]) -> Ints:
    """Numbers of years; `NEVER` where there is no limit."""
    return np.array([NEVER if text in {"unlimited", "none"} else int(text) for text in texts])
