"""Providers of generation as columns: which price list held on a day, and their answers for their own ledger."""

from calendar import month_name
from dataclasses import dataclass
from typing import Any

import numpy as np

from trueup.periods import NEVER, month_from_text
from trueup.quantities import Ints
from trueup.rulebook import schema
from trueup.rulebook.book import Rulebook
from trueup.rulebook.tariffs import Versions, grid, stack

NO_PRICES = 0
"""The price list of who has none: its version has no price."""
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
    generation
        (versions, buckets) 10^-7 $/kWh.
    """

    lists: tuple[tuple[str, str, tuple[int, ...], str], ...]
    versions: Versions
    generation: Ints

    def find(self, provider: str, schedule: str, vintage: int | None, product: str) -> int | None:
        """The price list of a customer; None where the provider's file has none."""
        for index, (name, on, vintages, sold) in enumerate(self.lists):
            if (name, on, sold) == (provider, schedule, product) and (not vintages or vintage in vintages):
                return index
        return None


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
    return ProviderColumns(
        tuple(lists),
        stack([[version.from_ for version in of_list] for of_list in versions], through),
        np.array(generation, dtype=np.int64).reshape(-1, len(schema.BUCKETS)),
    )


def overridden(provider: schema.Provider, answers: dict[str, Any]) -> dict[str, Any]:
    """The program's answers with the provider's own in their place: what holds in the provider's ledger.

    A provider's answer may be keyed by the program's netting, so that a new program changes no provider's file.
    """
    own = {
        name: answer.given(netting=answers["netting"])
        for name in schema.ProviderAnswers.model_fields
        if name in schema.Answers.model_fields and (answer := getattr(provider.answers, name)) is not None
    }
    if own.get("export_value") == "as_the_program":
        del own["export_value"]
    apart = {"credit_pool": "none", "bonus": "none", "adjustment": "none", "climate_credit": "rolls_over"}
    return answers | apart | own


def true_up_month(provider: schema.Provider) -> tuple[int, int]:
    """Month of the year in which a provider settles all its customers, and the first such month index; 0 for none."""
    answer = provider.answers.true_up
    if answer is None:
        return 0, 0
    return MONTHS[str(answer.value)], month_from_text(answer.first)


def surplus_multiple(provider: schema.Provider) -> tuple[int, int]:
    """What a provider pays for surplus: millionths of the utility's rate, and the unit it is rounded to, 10^-7 $."""
    answer = provider.answers.surplus_price
    return (10**6, 1) if answer is None else (answer.multiple, 10 ** (7 - answer.decimals))
