"""Made homes: meter columns from a few words or a seed, small tariffs of a case's own, hypothesis strategies."""

import random
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from hypothesis import strategies as st

from tests.made_places import (
    CLASSES,
    END,
    MIX,
    PLANS,
    PROGRAMS,
    REGIONS,
    SPANS,
    VINTAGES,
    Place,
    rate_options,
    stated,
    storage,
)
from tests.made_rules import MADE_CCA
from trueup.account import Account
from trueup.facts import gather_facts
from trueup.model import NO_VALUE, Readings, Result, Shard, State
from trueup.periods import HOUR, PACIFIC, midnight_utc, runs
from trueup.pipeline import settle
from trueup.reads import Reads
from trueup.rulebook import Rulebook, Rules
from trueup.rulebook.load import RULES

TINY = "tiny"
FILES = (("made.csv", "0" * 64, "neutral"),)
"""The meter file that made readings come from: name, SHA-256, format."""


def account(**fields: Any) -> Account:
    """An account with the usual facts and what a case says."""
    usual: dict[str, Any] = {"account": "home", "schedule": "tou-d-prime", "program": "standard"}
    return Account.from_fields(usual | fields)


def columns(
    first: date, last: date, minutes: int = 60, flat: tuple[int, int] = (0, 0), at: Mapping[str, tuple[int, int]] = {}
) -> Readings:
    """Meter columns: a flat use per interval, and other values in hours named ``YYYY-MM-DD HH`` (local, Wh an hour)."""
    stretch = runs(first.toordinal(), last.toordinal())
    per_hour = 60 // minutes
    both = np.repeat(np.array(flat, dtype=np.int32)[:, None], stretch.total_hours * per_hour, axis=1)
    for text, values in at.items():
        local = datetime.strptime(text, "%Y-%m-%d %H").replace(tzinfo=PACIFIC)
        slot = (int(local.timestamp()) - midnight_utc(first.toordinal())) // HOUR * per_hour
        both[:, slot : slot + per_hour] = np.array(values)[:, None] // per_hour
    return Readings(first.toordinal(), last.toordinal(), minutes, both[:1], both[1:])


def run(
    home: Account,
    readings: Readings,
    rules: Rules,
    opening: State | None = None,
    provider_opening: State | None = None,
    **options: Any,
) -> Result:
    """Settle one home over all its read dates."""
    shard = Shard(gather_facts([home], rules), readings, opening or State.empty(1), provider_opening)
    return settle(shard, rules, **options)


def billed(home: Account, readings: Readings, rules: Rules) -> Result:
    """As `run`; a refusal is a failure."""
    result = run(home, readings, rules)
    assert not result.refusals, result.refusals[0].error
    return result


def rules_in(folder: Path, changes: Mapping[str, Any] = {}) -> Rules:
    """A copy of the rules in a folder, with files written over or changed by a function of their text."""
    target = folder / "rules"
    shutil.copytree(RULES, target)
    for name, change in changes.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(change(path.read_text()) if callable(change) else yaml.safe_dump(change), encoding="utf-8")
    return Rules(Rulebook.load(target))


def tiny_rules(folder: Path, prices: Mapping[str, Any], first: str = "2024-01-01") -> Rules:
    """The shipped rules with a small schedule of a case's own, open to every program, and credits from its first day.

    `prices`: peak and off_peak (delivery, $/kWh in both seasons), generation, pppc, wfc, fixed_recovery, daily; for a
    baseline `allowance` (kWh a day in its region X) with `baseline_credit`, or `lower` for a tiered rate; `minimum`;
    `then` with `from` for a second version.
    """
    versions = [_tiny_version(prices, first)]
    if "then" in prices:
        versions.append(_tiny_version({**prices, **prices["then"]}, prices["then"]["from"]))
    prime = yaml.load((RULES / "tariffs/sce/tou-d-prime.yaml").read_text(), Loader=yaml.CBaseLoader)
    schedule = prime | {"schedule": TINY, "title": "A case's own", "versions": versions}
    if "lower" in prices:
        every = {day: {"all_hours": "rest"} for day in ("weekday", "weekend_holiday")}
        schedule["periods"] = {"source": "sce-tou-d-sc-1", "summer": every, "winter": every}
    changes: dict[str, Any] = {"tariffs/sce/tiny.yaml": schedule}
    if "allowance" in prices:
        schedule["baseline"] = {"allowances": "baseline", "add_ons": []}
        of_day = {"basic": prices["allowance"], "all_electric": prices["allowance"]}
        region = yaml.safe_dump({"X": {"summer": of_day, "winter": of_day}}, default_flow_style=True, width=999).strip()
        changes["prices/sce/baseline.yaml"] = lambda text: text.replace("regions:", f"regions:\n  {region[1:-1]}", 1)
    for name in ("standard", "sbp", "nem-st", "nem", "fc-nem"):
        changes[f"programs/{name}.yaml"] = lambda text: text.replace("schedules: [", f"schedules: [{TINY}, ", 1)
    changes["prices/sce/climate-credit.yaml"] = lambda text: text.replace("{from: 2025-01-01", f"{{from: {first}", 1)
    return rules_in(folder, changes)


def _tiny_version(prices: Mapping[str, Any], first: str) -> dict[str, Any]:
    price = {"generation": "0", "pppc": "0", "wfc": "0", "fixed_recovery": "0", "daily": "0"} | dict(prices)
    shape = {"summer": ("on_peak", "mid_peak", "off_peak"), "winter": ("mid_peak", "off_peak", "super_off_peak")}

    def grid(peak: str, off: str) -> dict[str, dict[str, str]]:
        if "lower" in price:
            return {season: {"all_hours": peak} for season in shape}
        return {season: {tou: peak if tou in {"on_peak", "mid_peak"} else off for tou in periods}
                for season, periods in shape.items()}  # fmt: skip

    version = {
        "from": first, "known": "unknown", "source": "sce-5555-e",
        "delivery": grid(price["peak"], price.get("off_peak", price["peak"])),
        "generation": grid(price["generation"], price["generation"]),
        "inside_delivery": {"pppc": price["pppc"], "ndc": "0", "wfc": price["wfc"]}, "inside_generation": {"ctc": "0"},
        "fixed_recovery": price["fixed_recovery"], "daily": {"name": "basic_charge", "usd_per_day": price["daily"]},
    }  # fmt: skip
    named = {"lower": "delivery_baseline", "baseline_credit": "baseline_credit"}
    version |= {ours: price[theirs] for theirs, ours in named.items() if theirs in price}
    if "minimum" in price:
        least = {
            "usd_per_day": price["minimum"],
            "medical_baseline": "unknown",
            "leaves_out": price.get("leaves_out", []),
        }
        version["minimum_charge"] = least
    return version


OLD_REQUESTS = (date(2024, 5, 6), date(2023, 6, 1))
DISCOUNTED = (date(2025, 6, 1), date(2025, 10, 1))


@dataclass(frozen=True)
class MadeHome:
    """A random home: facts and meter columns."""

    account: Account
    readings: Readings

    @property
    def first_utc(self) -> int:
        """UTC second of the first interval."""
        return midnight_utc(self.readings.first_day)


def homes(programs: tuple[str, ...] = MIX, most_reads: int = 20) -> st.SearchStrategy[MadeHome]:
    """Random homes; each follows from a seed, which a failing case prints."""
    return st.integers(0, 2**32).map(lambda seed: made_home(seed, programs, most_reads))


def made_home(seed: int, programs: tuple[str, ...] = MIX, most_reads: int = 20) -> MadeHome:
    """Random intervals, schedules, programs, providers, dates, elections, over the span that the prices cover."""
    chance = random.Random(seed)
    program = chance.choice(programs)
    place = Place(program, chance.choice(PROGRAMS[program]))
    tier = _tier(chance, place)
    first, last = DISCOUNTED if tier != "none" else SPANS.get(place.schedule, (date(2025, 1, 1), END))
    supply = _supply(chance, place, "bundled" if tier != "none" else None)
    if supply["provider"] == "sonoma":
        first = max(first, date(2026, 1, 1))  # the rates of the calendar year before are known from 2025 on
    reads = made_reads(chance, first, last, most_reads)
    start, running = reads[0], chance.random() < 0.25
    pto = start - timedelta(chance.randint(0, 300)) if running else start + timedelta(chance.randint(0, 45))
    recent = pto - timedelta(chance.randint(1, 150))
    limited = storage(chance, place)
    home = account(
        account=f"seed-{seed}",
        storage=True,  # exports by night too, as made columns do
        program=program,
        schedule=place.schedule,
        customer_class=CLASSES.get(place.schedule, "residential"),
        read_dates=reads,
        pto=pto,
        application=recent if chance.random() < 0.5 else min(pto, chance.choice(OLD_REQUESTS)),
        relevant_period_start=_running_since(chance, place, reads) if running else None,
        acc_plus="none" if place.schedule in CLASSES else chance.choice(["residential", "equity", "none"]),
        **_choices(chance, place, reads),
        **_premises(chance, tier, place),
        **stated(chance, place),
        **rate_options(chance, place, reads),
        **limited,
        **supply,
        switches=[] if tier != "none" else _switches(chance, place, reads, supply["provider"]),
        pcia_per_kwh=chance.choice([None, None, "0.01234"]),
        local_tax=chance.choice(["0", "0.05", "0.0475", "0.1"]),
        billed_quantity=chance.choice(["computed", "computed", "computed", "as_printed"]),
        base_services_charge_per_day=chance.choice([None, "0.76862"]),
        service_end=chance.choice([None, None, None, None, reads[-1], reads[-1] - timedelta(3)]),
    )
    minutes = 15 if place.schedule == "tou-gs-1-d" else chance.choice([60, 60, 15])
    metered = limited.get("exports_limited_by") == "generation_meter"
    return MadeHome(home, random_columns(chance, reads[0], reads[-1] + timedelta(1), minutes, metered))


def _tier(chance: random.Random, place: Place) -> str:
    """An income tier, where its figures are known."""
    tier = chance.choice(["none", "none", "none", "care", "fera", "medical_baseline"])
    known = place.program == "standard" and place.schedule in {"tou-d-4-9pm", "tou-d-5-8pm"}
    return tier if known else "none"


def made_reads(chance: random.Random, first: date, last: date, most: int) -> list[date]:
    """Read dates 26 to 31 days apart inside a span."""
    room = min(170, (last - first).days - 40)
    reads = [first + timedelta(chance.randint(0, max(room, 0)))]
    for _ in range(chance.choice([n for n in (2, 5, 12, 13, 13, 14, 17, 19) if n < most])):
        step = chance.randint(26, 31)
        if reads[-1] + timedelta(step) <= last:
            reads.append(reads[-1] + timedelta(step))
    return reads


def _choices(chance: random.Random, place: Place, reads: list[date]) -> dict[str, Any]:
    """Choices for surplus compensation."""
    elections = ["none", "on_bill", "check", "opt_out"]
    later = chance.choice([None, None, reads[len(reads) // 2]])
    return {
        "nsc_election": "none" if place.is_standard else chance.choice(elections),
        "nsc_elections": [] if later is None else [{"on": later, "choice": chance.choice(elections)}],
        "transfers_recs": chance.random() < 0.5 and place.utility == "sce",
    }


def _premises(chance: random.Random, tier: str, place: Place) -> dict[str, Any]:
    """What decides baseline, daily and discounted charges."""
    return {
        "baseline_region": chance.choice(REGIONS[place.utility]),
        "heating": chance.choice(["basic", "all_electric"]),
        "dwelling": chance.choice(["single_family", "multi_family"]),
        "heat_pump_water_heater": chance.random() < 0.5,
        "three_phase": chance.random() < 0.5,
        "income_tier": tier,
    }


def _switches(chance: random.Random, place: Place, reads: list[date], first: str) -> list[dict[str, Any]]:
    """Changes of who supplies generation; at most one provider with a ledger of its own in an account."""
    kept = [name for name in place.ledgers() if first not in place.ledgers() or name == first]
    kept = kept[:1] if first in place.ledgers() else [chance.choice(kept)] if kept else []
    providers = [name for name in ("bundled", *kept, *place.others()) if name != "sonoma" or first == "sonoma"]
    days = chance.choice([0, 0, 0, 1, 2]), chance.randint(1, 120), chance.randint(45, 200)
    at = [reads[0] + timedelta(days[1]), reads[0] + timedelta(days[1] + days[2])][: days[0]]
    return [{"on": day, **_supply(chance, place, chance.choice(providers))} for day in at]


def _supply(chance: random.Random, place: Place, provider: str | None) -> dict[str, Any]:
    """A provider, its product and the year in which the customer left bundled service."""
    provider = provider or chance.choice(["bundled", "bundled", *place.ledgers(), *place.others()])
    if provider == "bundled":
        return {"provider": provider}
    product = chance.choice([None, "green"]) if provider == MADE_CCA else None
    return {"provider": provider, "product": product, "crs_vintage": chance.choice(VINTAGES[place.utility])}


def _running_since(chance: random.Random, place: Place, reads: list[date]) -> date | None:
    """The stated start of a running period; an energy ledger cannot begin after the first cycle."""
    if place.is_standard:
        return None
    return chance.choice(reads[:-1]) if place.program in PLANS else reads[0]


def random_columns(chance: random.Random, first: date, last: date, minutes: int, generation: bool = False) -> Readings:
    """Random meter columns from a drawn seed and size: quiet homes, big exporters, hours with both channels."""
    size = chance.choice([3, 400, 1500])
    share = chance.choice([0.0, 1.0, 1.4, 4.0, 20.0, 40.0])
    noise = np.random.default_rng(chance.randint(0, 2**32))
    length = runs(first.toordinal(), last.toordinal()).total_hours * 60 // minutes
    delivered = noise.integers(0, size, (1, length)) * (noise.random(length) < 0.7)
    sunny = np.arange(length) >= chance.choice([0, 0, length // 2])
    received = noise.integers(0, int(size * share) + 1, (1, length)) * (noise.random(length) < 0.5) * sunny
    made = noise.integers(0, int(size * share) + 1, (1, length)).astype(np.int32) if generation else None
    both = delivered.astype(np.int32), received.astype(np.int32)
    return Readings(first.toordinal(), last.toordinal(), minutes, *both, made)


def reads_of(readings: Readings, netted: bool = False) -> Reads:
    """Meter columns of one home as a meter file gives them; `netted` as one that sets export off against import."""
    both = np.stack([readings.delivered[0], readings.received[0]]).astype(np.int64)
    both = np.maximum(both - both[::-1], 0) if netted else both
    length = both.shape[1]
    start = midnight_utc(readings.first_day) + 60 * readings.minutes * np.arange(length, dtype=np.int64)
    found = Reads.of_channels(FILES, readings.minutes, np.repeat([0, 1], length), np.tile(start, 2), both.reshape(-1))
    return replace(found, netted=netted)


def neutral_csv(path: Path, readings: Readings, home_id: str = "home") -> Path:
    """Meter columns as a neutral CSV file."""
    rows, step = ["account,ts,delivered_wh,received_wh"], 60 * readings.minutes
    start = midnight_utc(readings.first_day)
    for slot, (taken, sent) in enumerate(zip(readings.delivered[0], readings.received[0], strict=True)):
        at = datetime.fromtimestamp(start + step * slot, UTC)
        rows.append(f"{home_id},{at:%Y-%m-%dT%H:%M:%SZ},{taken},{sent}")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def together(rules: Rules, made: list[MadeHome]) -> Result:
    """Homes of one interval length in one shard."""
    first = min(home.readings.first_day for home in made)
    last = max(home.readings.last_day for home in made)
    parts = [widened(home.readings, first, last) for home in made]
    names = ("delivered", "received", "generation")
    stacked = Readings(
        first, last, parts[0].minutes, *(np.concatenate([getattr(part, name) for part in parts]) for name in names)
    )
    facts = gather_facts([home.account for home in made], rules)
    return settle(Shard(facts, stacked, State.empty(len(made))), rules)


def widened(readings: Readings, first: int, last: int) -> Readings:
    """The same columns on a longer span, without values outside their own, or where there is no such channel."""
    step = 60 * readings.minutes
    before = (midnight_utc(readings.first_day) - midnight_utc(first)) // step
    after = (midnight_utc(last) - midnight_utc(readings.last_day)) // step
    nothing = np.full_like(readings.delivered, NO_VALUE)
    channels = (readings.delivered, readings.received, nothing if readings.generation is None else readings.generation)
    wide = [np.pad(column, ((0, 0), (before, after)), constant_values=NO_VALUE) for column in channels]
    return Readings(first, last, readings.minutes, *wide)
