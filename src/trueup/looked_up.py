"""What an account's facts look up in the rule files: vintage, ACC Plus, baseline allowance, production of its solar."""

from datetime import date

import numpy as np

from trueup.account import Account
from trueup.quantities import nearest_part
from trueup.rulebook import Rules
from trueup.rulebook.prices import FLOATING
from trueup.rulebook.schema import SEASONS
from trueup.served import production_factors, refuse

LAST_PTO_YEAR_RULE = date(2024, 6, 30)
FIRST_APPLICATION = date(2023, 4, 15)
"""From this day on a completed application has a vintage (tariffs-nbt 2.2; spec `ELIG-04`)."""


def vintage_year(rule: str, application: date | None, pto: date | None) -> int:
    """The vintage of export prices and ACC Plus by a program's answer to `vintage`; 0 where no date decides it.

    References
    ----------
    SCE Schedule NBT, sheets 6 and 7 (Advice 5497-E and 5533-E): the year of permission to operate up to 2024-06-30,
    later the year of the interconnection request (spec `EEC-04`, NBT-A3). PG&E: the year of the application. SDG&E: the
    year of interconnection (tariffs-nbt 2.2).
    """
    if rule == "application" and application is not None and application < FIRST_APPLICATION:
        return 0
    early = pto is not None and pto <= LAST_PTO_YEAR_RULE
    by_pto = rule == "pto" or (rule == "pto_then_application" and early)
    day = None if rule == "none" else pto if by_pto else application
    return 0 if day is None else day.year


def vintage(account: Account, rules: Rules) -> int:
    """The year of the export prices of an account; the floating series where it says so."""
    if account.export_vintage == "floating":
        return FLOATING
    return vintage_year(
        str(rules.book.program(account.program).answers.vintage.value), account.application, account.pto
    )


def bonus(account: Account, vintage: int, rules: Rules) -> int:
    """ACC Plus adder; 0 where the home is not eligible.

    References
    ----------
    Schedule NBT, Rates 3.b; the segment is a stored fact (spec decisions 32).
    """
    if account.acc_plus == "none" or rules.book.program(account.program).answers.bonus.value == "none":
        return 0
    return _adder(account, rules.book.schedule(account.schedule).utility, vintage, rules)


def _adder(account: Account, owner: str, vintage: int, rules: Rules) -> int:
    price = rules.adders.get((owner, vintage, account.acc_plus))
    if price is None:
        refuse(account, f"ACC Plus has no value for vintage {vintage or 'unknown'}", "price", f"{owner}/acc-plus")
    return price


def provider_bonus(account: Account, vintage: int, rules: Rules) -> int:
    """The adder of a provider that grants one of its own beside the utility's; an account has at most one such."""
    named = [account.provider, *(switch.provider for switch in account.switches)]
    suppliers = [rules.book.providers[name] for name in named if name in rules.book.providers]
    granting = [s.provider for s in suppliers if s.answers.bonus is not None and s.answers.bonus.value == "acc_plus"]
    if account.acc_plus == "none" or not granting or not vintage:
        return 0
    return _adder(account, granting[0], vintage, rules)


def allowance(account: Account, rules: Rules) -> list[int]:
    """Wh of baseline a day in summer and winter.

    References
    ----------
    SCE Preliminary Statement, Part H: by region and kind of service, with add-ons.
    """
    schedule = rules.book.schedule(account.schedule)
    service = schedule.baseline
    if service is None:
        return [0, 0]
    table = rules.book.tables[schedule.utility, service.allowances]
    if account.baseline_region not in table.regions:
        known = ", ".join(table.regions)
        has = f"{account.baseline_region!r} is none" if account.baseline_region else "none is stated"
        said = f"{account.schedule} needs baseline_region, one of {known}; {has}"
        refuse(account, said, "price", f"{schedule.utility}/{service.allowances}")
    counted = [table.regions[str(account.baseline_region)]]
    if account.heat_pump_water_heater and "heat_pump_water_heater" in service.add_ons:
        counted.append(table.add_ons["heat_pump_water_heater"])
    if account.income_tier == "medical_baseline":
        counted.append(table.add_ons["medical_baseline"])
    return [sum(part[season][account.heating] for part in counted) for season in SEASONS]


def production(account: Account, rules: Rules) -> list[int]:
    """Wh that the solar system is taken to make in each month, to the nearest Wh; zeros where nothing asks for it.

    References
    ----------
    Schedule NBT, Special Condition 5.c; tariffs-nem T1: factor of month and climate zone times kW of solar.
    """
    limit = rules.book.program(account.program).answers.storage_limit
    if limit.given(exports_limited_by=account.exports_limited_by) != "production_estimate":
        return [0] * 12
    factors = production_factors(account, rules)
    watts, each = np.array([account.pv_kw or 0]), np.array([1000])
    found: list[int] = nearest_part(np.array(factors), watts, each).tolist()
    return found
