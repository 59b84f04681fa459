"""Paired storage without a generation meter: credited exports are capped at an estimate of solar production."""

from fractions import Fraction

from . import tables
from .account import Account
from .clock import PERIODS, SEASONS
from .cycles import Cycle
from .meter import Bucket, Use
from .money import dollars, half_up


def limit_storage(use: Use, cycle: Cycle, account: Account) -> None:
    """What exceeds the cap earns nothing and is no surplus (NEM T1 to T4; Schedule NBT SC 5.c; record 0014)."""
    estimated = account.home["exports_limited_by"] == "production_estimate" and account.program.estimates_storage
    if not estimated or not cycle.credits_exports:
        return
    excess = max(0, use.credited_wh - cap_wh(cycle, account))
    for bucket in dearest_first(use, account):
        forfeited = min(excess, use.outflows[bucket].kept)
        use.outflows[bucket].kept -= forfeited
        use.utility.exported[bucket] -= forfeited
        excess -= forfeited
    share_with_provider(use)


def cap_wh(cycle: Cycle, account: Account) -> int:
    """Factor of the first day's month and of the climate zone, times kW of solar, to the nearest Wh (NEM T1, T2)."""
    home = account.home
    stated = [home[fact] for fact in ("production_factors", "climate_zone", "pv_kw")]
    if None in stated:
        raise ValueError("a production estimate needs production_factors, climate_zone and pv_kw")
    table, zone, kw = map(str, stated)
    factor = tables.production_factor(account.rules, table, zone, cycle.start.month)
    return int(half_up(factor * dollars(kw) * 1000, 0))


def dearest_first(use: Use, account: Account) -> list[Bucket]:
    """Periods that exported, by the sheet's delivery plus generation price, the dearest first (NEM T3; decisions 25).

    Of equal ones the earlier version comes first, then the earlier period in the order of the rule files. The sheet's
    printed prices decide for customers of other providers too.
    """

    def place(bucket: Bucket) -> tuple[Fraction, object, int, int]:
        version, season, period = bucket
        filing = account.filings.starting(version)
        price = filing.energy("delivery", season, period) + filing.energy("generation", season, period)
        return -price, version, SEASONS.index(season), PERIODS.index(period)

    return sorted(use.outflows, key=place)


def share_with_provider(use: Use) -> None:
    """What a season and period of the cycle loses falls on the provider's price versions by their export.

    Cumulatively and floored, in the order of days, so that the shares add to the whole (decision record 0014).
    """
    lost: dict[tuple[str, str], int] = {}
    for (_, *hours), outflow in use.outflows.items():
        lost[tuple(hours)] = lost.get(tuple(hours), 0) + outflow.whole - outflow.kept
    for hours, wh in lost.items():
        own = sorted(bucket for bucket in use.provider.exported if bucket[1:] == hours)
        total, before = sum(use.provider.exported[bucket] for bucket in own), 0
        for bucket in own if total else ():
            after = before + use.provider.exported[bucket]
            use.provider.exported[bucket] -= wh * after // total - wh * before // total
            before = after
