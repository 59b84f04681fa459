"""The baseline allowance of a cycle and the energy that falls under it (decision record 0008.1)."""

from datetime import date
from itertools import accumulate, pairwise

from . import tables
from .account import Account
from .clock import season
from .cycles import Cycle
from .meter import Use

Share = tuple[date, str | None]  # price version, season; without a season under netting
WITH_WATER_HEATER = ("tou-d-4-9pm", "tou-d-5-8pm")  # the schedules that list the add-on (NBT notes 7.2)


def daily_allowance(day: date, account: Account) -> int:
    """Wh a day by region, season and kind of service, plus add-ons (Preliminary Statement Part H)."""
    home, names = account.home, [("regions", str(account.home["baseline_region"]))]
    if home["heat_pump_water_heater"] and account.schedule in WITH_WATER_HEATER:
        names.append(("add_ons", "heat_pump_water_heater"))
    if home["income_tier"] == "medical_baseline":
        names.append(("add_ons", "medical_baseline"))
    wh = 0
    for group, name in names:
        place = (account.rules, account.utility, group, name)
        kwh = tables.baseline_figure(*place, day, season(day, account.utility), home["heating"])
        if (kwh * 1000).denominator != 1:
            raise ValueError(f"the allowance of {name} is no whole number of Wh")
        wh += int(kwh * 1000)
    return wh


def baseline_use(use: Use, cycle: Cycle, account: Account) -> dict[Share, tuple[int, int]]:
    """Use and the part of it under the allowance, in exact Wh, per version and (without netting) season."""
    return mirrored(use, cycle, account) if cycle.law.billed_net else by_season(use, cycle, account)


def mirrored(use: Use, cycle: Cycle, account: Account) -> dict[Share, tuple[int, int]]:
    """Net use of a version, at most the allowance of its days in either direction (NEM notes C4, C5, Q9)."""
    allowance = dict.fromkeys(use.days, 0)
    for day in cycle.days:
        allowance[account.filings.on(day).start] += daily_allowance(day, account)
    net = dict.fromkeys(use.days, 0)
    for (version, _, _), wh in use.utility.energy(netted=True).items():
        net[version] += wh
    return {(v, None): (net[v], max(-allowance[v], min(net[v], allowance[v]))) for v in net}


def by_season(use: Use, cycle: Cycle, account: Account) -> dict[Share, tuple[int, int]]:
    """Between seasons by consumption, inside a season by days (Part H.3; NBT notes 5.5; decisions 9)."""
    imported = dict.fromkeys(use.part_days, 0)
    for (version, name, _), wh in use.utility.imported.items():
        imported[version, name] += wh
    seasons = list(dict.fromkeys(name for _, name in use.part_days))
    shares = between_seasons(seasons, imported, use, sum(daily_allowance(day, account) for day in cycle.days))
    found: dict[Share, tuple[int, int]] = {}
    for name in seasons:
        parts = [part for part in use.part_days if part[1] == name]
        sizes = by_days(shares[name], [use.part_days[part] for part in parts])
        for part, allowance in zip(parts, sizes, strict=True):
            found[part] = (imported[part], min(imported[part], allowance))
    return found


def between_seasons(seasons: list[str], imported: dict[tuple[date, str], int], use: Use, whole: int) -> dict[str, int]:
    """The earlier season gets the floor of its share of the use, or of the days where nothing was used."""
    if len(seasons) == 1:
        return {seasons[0]: whole}
    basis = imported if sum(imported.values()) else use.part_days
    earlier = sum(amount for (_, name), amount in basis.items() if name == seasons[0])
    first = whole * earlier // sum(basis.values())
    return {seasons[0]: first, seasons[1]: whole - first}


def by_days(whole: int, days: list[int]) -> list[int]:
    """Shares by days whose sum is the whole: floors of the running sum."""
    marks = [0, *(whole * upto // sum(days) for upto in accumulate(days))]
    return [later - earlier for earlier, later in pairwise(marks)]
