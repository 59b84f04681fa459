"""Providers of generation as columns: which price list held on a day, and their answers for their own ledger."""

from calendar import month_name
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from trueup.periods import NEVER, month_from_text
from trueup.quantities import Bools, Ints
from trueup.rulebook import schema
from trueup.rulebook.book import Rulebook
from trueup.rulebook.tariffs import Versions, grid, stack

NO_PRICES = 0
"""The price list of who has none: its version has no price."""
NO_CASH_OUT = (0, 2**53)
"""A check for every amount, and no limit, in cents."""
OF_THE_UTILITY_ONLY = {
    "credit_pool": "none", "bonus": "none", "bonus_at_end": "kept", "adjustment": "none",
    "climate_credit": "rolls_over", "nonbypassable_billed": "monthly",
}  # fmt: skip
"""Answers of a program that mean nothing in a provider's ledger, unless the provider gives them itself."""
MONTHS = {name.lower(): number for number, name in enumerate(month_name) if name}


@dataclass(frozen=True)
class ProviderColumns:
    """All price lists of all providers, stacked: one per schedule, group of vintages and product.

    Attributes
    ----------
    lists
        Provider, schedule, vintages (none: all) and product of each price list; the first is of nobody.
    versions
        Which version holds when.
    generation, per_kwh
        (versions, buckets) and (versions,) 10^-7 $/kWh; the second on every imported kWh.
    providers
        Ids in the order of every provider index; the first is of nobody.
    surplus, surplus_rows
        How a surplus is priced, and the row of each (provider, rule); row 0 is the utility's rate as it is.
    export_bonus, cash_out
        Dated answers of the providers.
    """

    lists: tuple[tuple[str, str, tuple[int, ...], str], ...]
    versions: Versions
    generation: Ints
    per_kwh: Ints
    providers: tuple[str, ...]
    surplus: "SurplusColumns"
    surplus_rows: dict[tuple[str, str], int]
    export_bonus: "DatedAnswers"
    cash_out: "DatedAnswers"

    def find(self, provider: str, schedule: str, vintage: int | None, product: str) -> int | None:
        """The price list of a customer; None where the provider's file has none."""
        for index, (name, on, vintages, sold) in enumerate(self.lists):
            if (name, on, sold) == (provider, schedule, product) and (not vintages or vintage in vintages):
                return index
        return None


@dataclass(frozen=True)
class SurplusColumns:
    """How the price of a surplus kWh is made, one row per provider and rule: (P,).

    Attributes
    ----------
    year_before
        Whether the mean of the calendar year before is meant, not the month's rate.
    multiple, unit, adder
        Millionths of the rate, the unit that it is rounded to, and what is added, 10^-7 $.
    fixed
        Whether the price is fixed.
    without_recs, with_recs
        The fixed prices, 10^-7 $/kWh.
    """

    year_before: Bools
    multiple: Ints
    unit: Ints
    adder: Ints
    fixed: Bools
    without_recs: Ints
    with_recs: Ints


@dataclass(frozen=True)
class DatedAnswers:
    """Values of each provider from days on, (versions, columns)."""

    versions: Versions
    values: Ints

    def at(self, provider: Ints, day: Ints) -> Ints:
        """(K, columns) what holds for providers on days."""
        return self.values[self.versions.at(provider, day)]


def provider_columns(book: Rulebook) -> ProviderColumns:
    """Stack every price list of the rulebook."""
    lists: list[tuple[str, str, tuple[int, ...], str]] = [("", "", (), "")]
    versions: list[list[schema.ProviderVersion]] = [[]]
    through = [0]
    for provider in book.providers.values():
        for prices in provider.prices:
            for product in provider.products:
                lists.append((provider.provider, prices.schedule, tuple(prices.vintages), product))
                versions.append(sorted(prices.versions, key=lambda version: version.from_))
                through.append(NEVER if book.allow_stale else provider.through.toordinal())
    generation = [
        grid(version.generation[product])
        for (_, _, _, product), of_list in zip(lists, versions, strict=True)
        for version in of_list
    ]
    everyone = list(book.providers.values())
    surplus, rows = _surplus_columns(everyone)
    return ProviderColumns(
        tuple(lists),
        stack([[version.from_ for version in of_list] for of_list in versions], through),
        np.array(generation, dtype=np.int64).reshape(-1, len(schema.BUCKETS)),
        np.array([version.per_kwh for of_list in versions for version in of_list], dtype=np.int64),
        ("", *(provider.provider for provider in everyone)),
        surplus,
        rows,
        _dated([[(v.from_, (v.share,)) for v in p.export_bonus] for p in everyone], (0,)),
        _dated([[(v.from_, _cash_out(v)) for v in p.cash_out] for p in everyone], NO_CASH_OUT),
    )


def _cash_out(version: schema.CashOut) -> tuple[int, ...]:
    return (version.check_from, NO_CASH_OUT[1] if version.at_most is None else version.at_most)


def _dated(of_providers: list[list[tuple[date, tuple[int, ...]]]], before: tuple[int, ...]) -> DatedAnswers:
    """Dated values of nobody and of each provider; `before` until the first."""
    every = [[(date.min, before)], *([(date.min, before), *sorted(versions)] for versions in of_providers)]
    starts = [[start for start, _ in versions] for versions in every]
    values = np.array([value for versions in every for _, value in versions], dtype=np.int64)
    return DatedAnswers(stack(starts, [NEVER] * len(every)), values)


def _surplus_columns(providers: list[schema.Provider]) -> tuple[SurplusColumns, dict[tuple[str, str], int]]:
    """The ways in which surplus is priced: the utility's rate as it is, then each provider's by its rules."""
    rows: dict[tuple[str, str], int] = {}
    made = [(False, 10**6, 1, 0, False, 0, 0)]
    for provider in providers:
        answer = provider.answers.surplus_price
        for rule in provider.settlement_rules.known if provider.settlement_rules else [""]:
            rows[provider.provider, rule] = len(made) if answer is not None else 0
            if answer is not None:
                fixed = answer.fixed.get(rule)
                prices = (0, 0) if fixed is None else (fixed.without_recs, fixed.with_recs)
                by_year, unit = answer.average == "calendar_year_before", 10 ** (7 - answer.decimals)
                made.append((by_year, answer.multiple, unit, answer.adder, fixed is not None, *prices))
    columns = [np.array(column) for column in zip(*made, strict=True)]
    return SurplusColumns(*columns), rows


def overridden(provider: schema.Provider, answers: dict[str, Any], rule: str, program: str) -> dict[str, Any]:
    """The program's answers with the provider's own in their place: what holds in the provider's ledger.

    A provider's answer may be keyed by the program's netting, so that a new program changes no provider's file, by
    the provider's own rule, and by the program itself.
    """
    own = {
        name: answer.given(netting=answers["netting"], provider_rule=rule, program=program)
        for name in schema.ProviderAnswers.model_fields
        if name in schema.Answers.model_fields and (answer := getattr(provider.answers, name)) is not None
    }
    own = {name: value for name, value in own.items() if value != "as_the_program"}
    return answers | OF_THE_UTILITY_ONLY | own


def true_up_month(provider: schema.Provider) -> tuple[int, int]:
    """Month of the year in which a provider settles all its customers, and the first such month index; 0 for none."""
    answer = provider.answers.true_up
    if answer is None:
        return 0, 0
    return MONTHS[str(answer.value)], month_from_text(answer.first)
