"""A made fleet, seeded: homes of all sizes with sun, clouds, cars, cooling, journeys, batteries; planted defects.

Floats describe weather and appliances here, before there is a meter reading.
"""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt

from trueup.intervals import Metered, MeterFacts, Rows
from trueup.intervals.grid import Grid, grid
from trueup.intervals.sun import elevation_ppm
from trueup.model import NO_VALUE, Readings
from trueup.quantities import Bools, Ints
from trueup.reads.batch import ACTUAL

Floats = npt.NDArray[np.float64]
STEP = 5
FIRST, LAST = date(2025, 1, 1), date(2026, 1, 1)
CHANCE_OF_CLOUD = np.array([0.30, 0.32, 0.30, 0.25, 0.40, 0.45, 0.20, 0.12, 0.15, 0.20, 0.22, 0.30])
HEAT = np.array([0, 0, 0, 0.1, 0.2, 0.5, 0.9, 1.0, 0.8, 0.3, 0, 0])
SHAPE = np.array(
    [0.3, 0.25, 0.22, 0.22, 0.25, 0.4, 0.8, 1.0, 0.8, 0.6, 0.55, 0.6, 0.65, 0.6, 0.6, 0.7, 1.0, 1.5, 1.9, 2.0, 1.8, 1.3,
     0.8, 0.5]
)  # fmt: skip


@dataclass(frozen=True)
class Planted:
    """A fleet with defects of one kind, (K,) incidents: account, channel (-1: all), intervals, end excluded."""

    metered: Metered
    account: Ints
    channel: Ints
    begin: Ints
    end: Ints


def made_fleet(seed: int, homes: int, minutes: int, first: date = FIRST, last: date = LAST) -> Metered:
    """Homes of a seed, all facts known that are free to know: storage, place, nameplate."""
    chance = np.random.default_rng(seed)
    fine = grid(first.toordinal(), last.toordinal(), STEP)
    parts = minutes // STEP
    latitude = chance.uniform(32.6, 37.9, homes) * 1e6
    longitude = chance.uniform(-121.0, -114.5, homes) * 1e6
    storage = (chance.random(homes) < 0.12).astype(np.int64)
    size_w = np.where(chance.random(homes) < 0.05, 0, chance.choice([2500, 4000, 5500, 7000, 9000, 12000], homes))
    place = latitude.astype(np.int64), longitude.astype(np.int64)
    rows = []
    for k in range(homes):
        sun = _sun_w(chance, fine, place[0][k], place[1][k]) * size_w[k]
        rows.append(_metered(_load_w(chance, fine) - sun, bool(storage[k]), fine, parts, chance))
    both = np.stack(rows, axis=1)
    readings = Readings(first.toordinal(), last.toordinal(), minutes, both[0], both[1])
    facts = MeterFacts(
        storage=storage, latitude=place[0], longitude=place[1], nameplate_w=np.maximum(size_w, 1000) + 5000 * storage
    )
    return Metered.of(readings, facts)


def _metered(
    net_w: Floats, storage: bool, fine: Grid, parts: int, chance: np.random.Generator
) -> npt.NDArray[np.int32]:
    """Two channels in Wh: netted within five minutes only; a battery takes surplus and gives it back."""
    if storage:
        hour = fine.clock * 24 // fine.per_day
        power = chance.uniform(2500, 5000)
        surplus = np.where((net_w < 0) & (hour < 13), np.minimum(-net_w, power), 0)
        evening = np.where((hour >= 17) & (hour < 23), power * chance.uniform(0.4, 1.0), 0)
        net_w = net_w + surplus - evening
    unit = int(chance.choice([1, 10]))
    channels = [np.maximum(side * net_w, 0).reshape(-1, parts).sum(axis=1) * STEP / 60 for side in (1, -1)]
    return (np.rint(np.stack(channels) / unit) * unit).astype(np.int32)


def _sun_w(chance: np.random.Generator, fine: Grid, latitude: int, longitude: int) -> Floats:
    """Output of one watt of panels: the sun's height, planes facing east or west, clouds by day and minute."""
    middle = fine.starts + fine.step // 2
    turned = int(chance.choice([0, 0, 0, -5400, 3600, 7200]))
    place = np.array([latitude]), np.array([longitude])
    height = elevation_ppm(*place, middle)[0] / 1e6
    facing = elevation_ppm(*place, middle - turned)[0] / 1e6
    clear = np.where(height > 0, np.maximum(0.85 * facing + 0.25 * np.minimum(height, 0.4), 0.0), 0.0)
    month = np.array([date.fromordinal(fine.first_day + d).month - 1 for d in range(fine.days)])
    cloudy = chance.random(fine.days) < CHANCE_OF_CLOUD[month]
    haze = np.where(cloudy, chance.uniform(0.1, 0.75, fine.days), chance.uniform(0.93, 1.0, fine.days))
    morning = np.where((chance.random(fine.days) < 0.15)[fine.day] & (fine.clock < fine.per_day // 2), 0.4, 1.0)
    flicker = np.where(cloudy[fine.day], chance.uniform(0.5, 1.4, fine.length), 1.0)
    return np.minimum(clear * haze[fine.day] * flicker * morning, 1.0)


def _load_w(chance: np.random.Generator, fine: Grid) -> Floats:
    """What a home uses: a base, habits, appliances, a car, cooling, journeys."""
    hour = fine.clock * 24 // fine.per_day
    day, days = fine.day, fine.days
    month = np.array([date.fromordinal(fine.first_day + d).month - 1 for d in range(days)])
    weekend = (np.arange(days) + fine.first_day + 6) % 7 >= 5
    base, habit = chance.uniform(60, 350), chance.uniform(150, 1000)
    home = np.ones(days)
    for _ in range(int(chance.integers(0, 4))):
        start = int(chance.integers(0, days))
        home[start : start + int(chance.integers(3, 17))] = 0
    shape = np.roll(SHAPE, int(chance.integers(-1, 2)))[hour] * np.where(weekend, 1.15, 1.0)[day]
    load = (
        base * chance.uniform(0.7, 1.3, fine.length) + habit * shape * chance.gamma(2.0, 0.5, fine.length) * home[day]
    )
    heat = HEAT[month] * chance.uniform(0.0, 1.5, days) * (chance.random() < 0.7)
    cooling = chance.uniform(1500, 4500) * np.clip(heat, 0, 1)
    load += np.where((hour >= 12) & (hour < 22), cooling[day], 0) * home[day]
    hot = heat > 1.1
    load += np.where((hour < 6) | (hour >= 22), 0.6 * cooling[day], 0) * (hot * home)[day]
    load += _runs(chance, fine, home, chance.uniform(0.2, 1.2), (1000, 5000), (3, 12), (7, 22))
    if chance.random() < 0.4:
        power = chance.choice([1400, 3300, 6600, 7200, 9600])
        load += _runs(chance, fine, home, chance.uniform(0.03, 0.7), (power, power + 1), (12, 60), (0, 24))
    return load


def _runs(
    chance: np.random.Generator, fine: Grid, home: Floats, a_day: float, watts: tuple[float, float],
    steps: tuple[int, int], hours: tuple[int, int],
) -> Floats:  # fmt: skip
    """Appliances: some runs a day of some power, length in steps and hours of the day."""
    found = np.zeros(fine.length)
    for day in np.nonzero(chance.random(fine.days) < a_day)[0]:
        at = int(fine.day_start[day]) + int(chance.integers(*hours)) * 60 // STEP
        found[at : at + int(chance.integers(*steps))] += chance.uniform(*watts) * home[day]
    return found


def plant(kind: str, clean: Metered, seed: int) -> Planted:
    """One incident of a kind in every home that can have it.

    gap: 1 to 200 intervals missing in one channel. spike: an interval at 5 to 50 times the channel's usual daily peak.
    swap: 1 to 31 days with channels exchanged. shift: 7 to 60 days an hour early or late. multiplier: 1 to 30 days
    times ten. copied: a day of a channel that repeats the one before.
    """
    chance = np.random.default_rng(seed)
    columns = [column.copy() for column in clean.columns]
    found = [_PLANT[kind](chance, clean.grid, [c[k] for c in columns]) for k in range(clean.accounts)]
    storage = clean.facts.storage
    assert storage is not None
    kept = [(k, *at) for k, at in enumerate(found) if at is not None]
    table = np.array(kept, dtype=np.int64).reshape(-1, 4).T
    readings = replace(clean.readings, delivered=columns[0], received=columns[1])
    return Planted(Metered.of(readings, clean.facts), *table)


def duplicated(clean: Metered, seed: int) -> tuple[Rows, Ints, Ints, Ints, Ints]:
    """A fleet's readings as rows, and in every home a stretch of one channel given once more, with its place.

    1 to 200 intervals; in every second home the same values again, in the others half as much again and one Wh more.
    The rows come in any order.
    """
    chance = np.random.default_rng(seed)
    code, account, slot = np.nonzero(np.stack(clean.columns) != NO_VALUE)
    wh, same = np.stack(clean.columns)[code, account, slot].astype(np.int64), np.arange(len(slot))
    channel, begin = chance.integers(0, 2, clean.accounts), chance.integers(0, clean.grid.length - 200, clean.accounts)
    end = begin + chance.integers(1, 201, clean.accounts)
    again = same[(code == channel[account]) & (slot >= begin[account]) & (slot < end[account])]
    other = np.where(account[again] % 2 == 0, wh[again], wh[again] * 3 // 2 + 1)
    place = np.concatenate([same, again])
    values, order = np.concatenate([wh, other]), chance.permutation(len(place))
    rows = (account[place], code[place], clean.grid.utc(slot[place]), values, np.full(len(place), ACTUAL), place * 0)
    return Rows(*(column[order] for column in rows)), np.arange(clean.accounts), channel, begin, end


Incident = tuple[int, int, int] | None
Home = list[npt.NDArray[np.int32]]


def _days(chance: np.random.Generator, on: Grid, least: int, most: int) -> tuple[int, int]:
    length = int(chance.integers(least, min(most, on.days - 16) + 1))
    first = int(chance.integers(8, on.days - length - 7))
    return int(on.day_start[first]), int(on.day_start[first + length])


def _gap(chance: np.random.Generator, on: Grid, home: Home) -> Incident:
    code, begin = int(chance.integers(0, 2)), int(chance.integers(0, on.length - 200))
    end = begin + int(chance.integers(1, 201))
    home[code][begin:end] = NO_VALUE
    return code, begin, end


def _spike(chance: np.random.Generator, on: Grid, home: Home) -> Incident:
    code = int(chance.integers(0, 2))
    peaks = np.maximum.reduceat(home[code], on.day_start[:-1])
    if (peaks > 0).sum() < 30:
        code = 0
        peaks = np.maximum.reduceat(home[code], on.day_start[:-1])
    usual = int(np.sort(peaks[peaks > 0])[(peaks > 0).sum() * 95 // 100])
    begin = int(chance.integers(0, on.length))
    home[code][begin] = max(int(usual * chance.uniform(5, 50)), 3 * 5000 * on.minutes // 60)
    return code, begin, begin + 1


def _swap(chance: np.random.Generator, on: Grid, home: Home) -> Incident:
    begin, end = _days(chance, on, 1, 31)
    home[0][begin:end], home[1][begin:end] = home[1][begin:end].copy(), home[0][begin:end].copy()
    return -1, begin, end


def _shift(chance: np.random.Generator, on: Grid, home: Home) -> Incident:
    if int(home[1].sum()) < 300_000:
        return None
    begin, end = _days(chance, on, 7, 60)
    by = 60 // on.minutes * int(chance.choice([-1, 1]))
    for column in home:
        column[begin:end] = np.roll(column[begin:end], by)
    return -1, begin, end


def _multiplier(chance: np.random.Generator, on: Grid, home: Home) -> Incident:
    begin, end = _days(chance, on, 1, 30)
    for column in home:
        column[begin:end] *= 10
    return -1, begin, end


def _copied(chance: np.random.Generator, on: Grid, home: Home) -> Incident:
    day = int(chance.integers(1, on.days))
    begin, end = int(on.day_start[day]), int(on.day_start[day + 1])
    if end - begin != on.per_day or begin - int(on.day_start[day - 1]) != on.per_day:
        return None
    home[0][begin:end] = home[0][begin - on.per_day : begin]
    return 0, begin, end


_PLANT = {"gap": _gap, "spike": _spike, "swap": _swap, "shift": _shift, "multiplier": _multiplier, "copied": _copied}
RULE_OF = {"gap": "V4", "spike": "V8", "swap": "V16", "shift": "V17", "multiplier": "V18", "copied": "V19"}
KINDS = tuple(RULE_OF)


def day_marks(metered: Metered, account: Ints, begin: Ints, end: Ints) -> Bools:
    """(N, days) days that stretches of intervals touch."""
    found = np.zeros((metered.accounts, metered.grid.days), dtype=np.bool_)
    for row, a, b in zip(account, begin, end, strict=True):
        found[row, metered.grid.day[a] : metered.grid.day[b - 1] + 1] = True
    return found
