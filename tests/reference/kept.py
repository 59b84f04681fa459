"""Credits kept as kWh of their time-of-use period, as SCE's questions on NEM-V word it (NEM V3; record 0015)."""

from collections.abc import Iterable, Mapping

from .account import Banks
from .clock import PERIODS, SEASONS
from .cycles import Cycle
from .meter import Bucket, Register, Use


def in_bucket_order(bucket: Bucket) -> tuple[object, int, int]:
    """Price versions in the order of days, then seasons and periods in that of the rule files (record 0015)."""
    version, season, period = bucket
    return version, SEASONS.index(season), PERIODS.index(period)


def keep_kwh(cycle: Cycle, use: Use, banks: dict[str, Banks]) -> None:
    """Each ledger that nets energy lowers it by what it keeps, and keeps what is below zero."""
    if not cycle.law.keeps_kwh:
        return
    lower_nets(use.utility, banks["utility"].kept_wh)
    if cycle.provider_nets:
        lower_nets(use.provider, banks["provider"].kept_wh)


def lower_nets(register: Register, kept_wh: list[int]) -> None:
    """A net below zero is kept for its period, whatever the season; one above zero is lowered by what is kept."""
    nets = register.energy(netted=True)
    for bucket in sorted(nets, key=in_bucket_order):
        place = PERIODS.index(bucket[2])
        lowered = min(max(0, nets[bucket]), kept_wh[place])
        kept_wh[place] += max(0, -nets[bucket]) - lowered
        nets[bucket] = max(0, nets[bucket]) - lowered
    register.lowered = nets


def kept_of(stated: Mapping[str, int] | Iterable[int]) -> list[int]:
    """An opening's kept Wh by period: by name, or a list in the order of the rule files."""
    if isinstance(stated, Mapping):
        if set(stated) - set(PERIODS):
            raise ValueError(f"kept kWh are kept for {PERIODS}")
        return [stated.get(period, 0) for period in PERIODS]
    kept = list(stated)
    if len(kept) != len(PERIODS) or min(kept) < 0:
        raise ValueError(f"kept kWh are kept for each of {PERIODS}, not below zero")
    return kept
