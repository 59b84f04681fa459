"""Dated changes of provider and billing option -> the phases of an account."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from trueup.account import Account, Switch
from trueup.errors import TrueupError
from trueup.periods import NEVER
from trueup.rulebook import Rulebook
from trueup.rulebook.schema import Program, Provider

BUNDLED = "bundled"
OPTION_NOTICE = 60
"""Days between the request of another billing option and the first read date on which it holds (tariffs-nem B4)."""


@dataclass(frozen=True)
class Phase:
    """What holds from a day on: who supplies generation, and the billing option."""

    start: int
    provider: str
    product: str
    crs_vintage: int | None
    billing_option: str
    ends_period: bool

    def supplier(self, book: Rulebook) -> Provider | None:
        """The provider's file; None for bundled service."""
        return None if self.provider == BUNDLED else book.provider(self.provider)


def phases_of(account: Account, program: Program, book: Rulebook) -> list[Phase]:
    """The phases of an account in order, the first one from the beginning.

    References
    ----------
    spec `TRUE-06`, `CCA-05`; docs/decisions/0009, 0010.
    """
    option = account.billing_option or _default_option(account, program)
    last = Phase(
        0, account.provider, _product(account.provider, account.product, book), account.crs_vintage, option, False
    )
    found = [last]
    for day, change in sorted(_changes(account, book), key=lambda item: item[0]):
        other = change.get("provider", last.provider) != last.provider
        ends = other or (last.start == day and last.ends_period)
        last = replace(last, start=day, ends_period=ends, **change)
        found = [phase for phase in found if phase.start != day] + [last]
    return found


def _changes(account: Account, book: Rulebook) -> Iterator[tuple[int, dict[str, Any]]]:
    """The day from which each change holds, and what it changes; a change after the last read date does nothing."""
    last, before = account.read_dates[-1].toordinal(), 0
    for switch in account.switches:
        day = effective_day(account, switch, book)
        if day <= last:
            if day <= before:
                raise _out_of_order(account, switch)
            before = day
            product = _product(switch.provider, switch.product, book)
            yield day, {"provider": switch.provider, "product": product, "crs_vintage": switch.crs_vintage}
    change = account.billing_option_change
    if change is not None:
        day = _first_read(account, change.requested.toordinal() + OPTION_NOTICE)
        if day <= last:
            yield day, {"billing_option": change.to}


def effective_day(account: Account, switch: Switch, book: Rulebook) -> int:
    """The day on which a change of provider takes effect; `NEVER` where no read date follows (spec `CCA-05`)."""
    supplier = None if switch.provider == BUNDLED else book.provider(switch.provider)
    day = switch.on.toordinal()
    if supplier is not None and supplier.answers.joins.value == "next_read_date":
        return _first_read(account, day)
    return day


def _out_of_order(account: Account, switch: Switch) -> TrueupError:
    return TrueupError(
        "E-ACCT-003",
        f"{account.account}: the switch to {switch.provider} of {switch.on} does not take effect after the one before",
        "Each change of provider ends a relevant period; some take effect on the next read date only (CCA-05).",
        "Give the days on which service changed, in order.",
    )


def _first_read(account: Account, day: int) -> int:
    """The first read date on or after a day; `NEVER` where there is none."""
    reads = [read.toordinal() for read in account.read_dates]
    return next((read for read in reads if read >= day), NEVER)


def _product(provider: str, product: str | None, book: Rulebook) -> str:
    """The product stated, the provider's default, or the only one it sells; empty where none follows."""
    if provider == BUNDLED or product:
        return product or ""
    supplier = book.provider(provider)
    only = next(iter(supplier.products)) if len(supplier.products) == 1 else ""
    return supplier.default_product or only


def _default_option(account: Account, program: Program) -> str:
    options = program.billing_options
    return "" if options is None else str(getattr(options, account.customer_class)[0])
