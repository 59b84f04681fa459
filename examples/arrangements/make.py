"""The made arrangements of the examples: account files, arrangement files and meter files, all invented.

Run once (`python examples/arrangements/make.py`); the files are kept, so that the printed results stay what they are.
Energy is in steps of 50 Wh, which keeps the files small.
"""

import random
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from trueup.periods import PACIFIC, midnight_utc
from trueup.sample.meter import sun_kw

HERE = Path(__file__).parent
STEP_WH = 50
TENANTS = 40
Load = Callable[[datetime], float]
"""kW that an account takes at a local time."""


def reads_of(first: date, count: int, chance: random.Random) -> list[date]:
    """Read dates 29 to 32 days apart."""
    found = [first]
    for _ in range(count):
        found.append(found[-1] + timedelta(chance.choice([29, 30, 30, 31, 32])))
    return found


def write_yaml(path: Path, title: str, fields: dict[str, Any]) -> None:
    """A small YAML file: scalars, lists and flow maps."""
    lines = [
        f"# {title}",
        *(f"{name}: {_flow(value)}".replace(": \n", ":\n") for name, value in fields.items() if value is not None),
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_flow(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "\n" + "\n".join(f"  - {_flow(one)}" for one in value)
    if isinstance(value, list):
        text = ", ".join(_flow(one) for one in value)
        return f"[{text}]"
    return str(value)


def hours(first: date, last: date, minutes: int) -> list[datetime]:
    """Starts of the intervals of some days, UTC."""
    begin, end = midnight_utc(first.toordinal()), midnight_utc(last.toordinal())
    return [datetime.fromtimestamp(at, UTC) for at in range(begin, end, 60 * minutes)]


def wh(kw: float, minutes: int) -> int:
    """Energy of an interval in steps of `STEP_WH`."""
    return round(kw * minutes / 60 * 1000 / STEP_WH) * STEP_WH


def write_meters(path: Path, meters: Sequence[tuple[str, list[datetime], list[int], list[int] | None]]) -> None:
    """A neutral Parquet file: account, start, Wh each way; accounts that never feed in have no received value."""
    parts = [
        pl.DataFrame(
            {"account": [name] * len(starts), "ts": starts, "delivered_wh": taken, "received_wh": sent},
            schema={
                "account": pl.String,
                "ts": pl.Datetime("ms", "UTC"),
                "delivered_wh": pl.Int32,
                "received_wh": pl.Int32,
            },
        )
        for name, starts, taken, sent in meters
    ]
    pl.concat(parts).write_parquet(path, compression="zstd", compression_level=19)


def household(chance: random.Random, scale: float) -> Load:
    """Evening peaks, a morning rise, warm afternoons in summer."""
    shift = chance.choice([-1, 0, 0, 1])

    def load(local: datetime) -> float:
        hour = (local.hour - shift) % 24
        shape = 0.25 + 0.45 * (17 <= hour < 22) + 0.2 * (6 <= hour < 9)
        summer = 0.35 * (local.month in (6, 7, 8, 9)) * (14 <= hour < 20)
        return scale * (shape + summer) * chance.uniform(0.4, 1.6)

    return load


def business(chance: random.Random, kw: float) -> Load:
    """Weekdays by day."""

    def load(local: datetime) -> float:
        open_ = local.weekday() < 5 and 7 <= local.hour < 18
        return kw * (0.9 if open_ else 0.15) * chance.uniform(0.8, 1.2)

    return load


def pump(chance: random.Random) -> Load:
    """A well pump: from April to October, five hours in the morning of two days in three."""

    def load(local: datetime) -> float:
        runs = local.month in range(4, 11) and local.toordinal() % 3 and 5 <= local.hour < 10
        return 11.0 * chance.uniform(0.95, 1.05) if runs else 0.1

    return load


def meter(
    name: str, first: date, last: date, minutes: int, load: Load, roof_kw: float | None = None
) -> tuple[str, list[datetime], list[int], list[int] | None]:
    """A meter behind which `roof_kw` of sun may stand."""
    starts, taken, sent = hours(first, last, minutes), [], []
    for start in starts:
        sun = 0.0 if roof_kw is None else roof_kw / 6 * sun_kw(start + timedelta(minutes=minutes / 2))
        net = wh(load(start.astimezone(PACIFIC)) - sun, minutes)
        taken.append(max(net, 0))
        sent.append(max(-net, 0))
    return name, starts, taken, None if roof_kw is None else sent


def mash() -> None:
    """An affordable-housing building: 40 tenants and the common areas; mixed schedules, read dates, anniversaries."""
    chance, folder = random.Random(40), HERE / "mash"
    pto, accounts, meters, percent = date(2025, 4, 3), [], [], {}
    for k in range(TENANTS + 1):
        name = f"unit-{k:02d}" if k else "common"
        first = date(2025, 4, chance.randint(4, 27) if k else 2)
        reads = reads_of(first, 15, chance)
        joins = None if not k else reads[5 if k in (17, 33) else chance.randint(0, 2)]
        leaves = reads[10] if k == 8 else None
        schedule = chance.choice(["d", "tou-d-4-9pm", "tou-d-prime"]) if k else "tou-d-4-9pm"
        fields = {
            "account": name, "schedule": schedule, "program": "mash-vnm", "pto": pto, "application": date(2023, 11, 2),
            "baseline_region": "'9'", "nsc_election": chance.choice(["on_bill", "check", "none"]) if k else "on_bill",
            "billing_option": chance.choice(["annual", "monthly"]), "read_dates": reads,
        }  # fmt: skip
        told = f"Made: {'a tenant' if k else 'the common areas'} of the example building."
        write_yaml(folder / f"{name}.yaml", told, fields)
        seat: dict[str, Any] = {"account": name, "delivery_point": "east" if k <= TENANTS // 2 else "west"}
        seat |= {key: day for key, day in (("joins", joins), ("leaves", leaves)) if day}
        accounts.append(seat)
        if k:
            percent[name] = "'2.1'"
        meters.append(meter(name, reads[0], reads[-1], 60, household(chance, 0.9 if k else 4.0)))
    roof_first, roof_last = date(2025, 4, 1), date(2026, 8, 31)
    starts = hours(roof_first, roof_last, 60)
    roof = [wh(45 / 6 * sun_kw(start + timedelta(minutes=30)), 60) for start in starts]
    meters.append(("roof", starts, [0] * len(roof), roof))
    later = percent | {"unit-01": "'3.4'", "unit-02": "'0.8'"}
    write_yaml(
        folder / "arrangement.yaml",
        "Made: an affordable-housing building. Each of 40 tenants is allotted 2.1 %, the rest is the common areas'.",
        {
            "arrangement": "mash", "designated": "common", "generators": ["roof"], "generator": {"kw": "'45'"},
            "accounts": accounts,
            "shares": [{"from": pto, "percent": percent}, {"from": date(2025, 11, 20), "percent": later}],
        },
    )  # fmt: skip
    write_meters(folder / "meters.parquet", meters)


def farm() -> None:
    """A farm: a pump with a solar array, a house and a packing shed; NEM 2.0 aggregation."""
    chance, folder = random.Random(3), HERE / "farm"
    reads = reads_of(date(2025, 5, 6), 13, chance)
    loads: dict[str, tuple[str, str, Load]] = {
        "pump": ("tou-gs-1-e", "small_commercial", pump(chance)),
        "house": ("tou-d-4-9pm", "residential", household(chance, 1.6)),
        "shed": ("tou-gs-1-e", "small_commercial", business(chance, 3.0)),
    }
    parcels = {"pump": "well", "house": "home", "shed": "home"}
    for name, (schedule, customer, _) in loads.items():
        fields = {
            "account": name, "schedule": schedule, "customer_class": customer, "program": "nem-st-a", "pto": reads[0],
            "application": date(2023, 9, 18), "nsc_election": "none",
            "baseline_region": "'13'" if customer == "residential" else None, "read_dates": reads,
        }  # fmt: skip
        write_yaml(folder / f"{name}.yaml", f"Made: the {name} of the example farm.", fields)
    write_yaml(
        folder / "arrangement.yaml",
        "Made: a farm. The array stands behind the pump's meter; its exports are shared by use among all three.",
        {
            "arrangement": "farm", "designated": "pump", "generating": "pump",
            "generator": {"kw": "'9'", "joint_load_kw": "'22'", "metered_minutes": "60"},
            "accounts": [{"account": name, "customer": "Made Farm LLC", "parcel": parcels[name]} for name in loads],
            "parcels": {"well": {"tenure": "leased", "across_road": ["home"]}, "home": {"tenure": "owned"}},
        },
    )  # fmt: skip
    span = reads[0], reads[-1]
    roofs = {"pump": 9.0}
    write_meters(
        folder / "meters.parquet",
        [meter(name, *span, 60, load, roofs.get(name)) for name, (_, _, load) in loads.items()],
    )


def campus() -> None:
    """A campus of five accounts of one school: Solar Billing Plan aggregation; one building joins later."""
    chance, folder = random.Random(5), HERE / "campus"
    reads = reads_of(date(2025, 6, 3), 13, chance)
    sizes = {"gym": 9.0, "hall": 14.0, "kitchen": 6.0, "library": 5.0}
    loads = {name: business(chance, kw) for name, kw in sizes.items()} | {"caretaker": household(chance, 1.2)}
    joins = {"library": reads[4]}
    for name in loads:
        home = name == "caretaker"
        fields = {
            "account": name, "schedule": "tou-d-prime" if home else "tou-gs-1-e",
            "customer_class": "residential" if home else "small_commercial", "program": "sbp-a", "pto": reads[0],
            "application": date(2025, 1, 20), "nsc_election": "on_bill", "read_dates": reads,
        }  # fmt: skip
        write_yaml(folder / f"{name}.yaml", f"Made: the {name} of the example campus.", fields)
    seats = [
        {"account": name, "customer": "Made School", "parcel": "campus"}
        | ({"joins": joins[name]} if name in joins else {})
        for name in loads
    ]
    write_yaml(
        folder / "arrangement.yaml",
        "Made: a campus. The roof of the hall exports; kWh and credits are shared by use since the period began.",
        {
            "arrangement": "campus", "designated": "hall", "generating": "hall",
            "generator": {"kw": "'40'", "joint_load_kw": "'44'", "metered_minutes": "15"}, "accounts": seats,
            "parcels": {"campus": {"tenure": "owned"}},
            "notices": [{"on": joins["library"], "given": joins["library"] - timedelta(days=75)}],
        },
    )  # fmt: skip
    span = reads[0], reads[-1]
    write_meters(
        folder / "meters.parquet",
        [
            meter(name, *span, 15 if name == "hall" else 60, load, 40.0 if name == "hall" else None)
            for name, load in loads.items()
        ],
    )


if __name__ == "__main__":
    mash()
    farm()
    campus()
