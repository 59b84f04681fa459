"""Planted defects in a made fleet: how many are found, and how many clean days are flagged.

Run `python -m bench.vee [homes]`. For 15-minute and hourly meters it prints, per kind of defect, the share of planted
incidents and of their days that the kind's rule finds; for the clean fleet the share of days that each rule flags; and
how far estimates lie from what was metered.
"""

import sys
import time

import numpy as np

from tests.intervals.fleet import KINDS, RULE_OF, day_marks, duplicated, made_fleet, plant
from trueup.intervals import Metered, Trail, arrange, estimate, validate
from trueup.intervals.trail import FAIL, FLAG
from trueup.model import NO_VALUE, Readings
from trueup.quantities import Bools, Ints
from trueup.rulebook.vee import RULE_IDS, VeeRules

SEED = 20261122
CHUNK = 25
BAR_RECALL, BAR_FALSE = 99, 1


def main(homes: int) -> None:
    """Print the report."""
    rules = VeeRules.shipped()
    print(f"seed {SEED}, {homes} homes a meter kind, a year each")
    print(f"bar: recall >= {BAR_RECALL} %, clean days flagged <= {BAR_FALSE} %")
    for minutes in (15, 60):
        began = time.perf_counter()
        fleets = [made_fleet(SEED + k, min(CHUNK, homes - k), minutes) for k in range(0, homes, CHUNK)]
        print(f"\n{minutes} minutes")
        report_clean(fleets, rules)
        for kind in KINDS:
            report_recall(fleets, kind, rules)
        report_twice(fleets, rules)
        report_estimates(fleets, rules)
        print(f"  {time.perf_counter() - began:.0f} s")


def found_days(metered: Metered, trail: Trail, rule: str | None) -> Bools:
    """(N, days) days that a rule, or any, fails or flags."""
    mine = trail if rule is None else trail.of(rule)
    mine = mine.where((mine.verdict == FAIL) | (mine.verdict == FLAG))
    return day_marks(metered, mine.account, metered.grid.slot(mine.first), metered.grid.slot(mine.last))


def report_clean(fleets: list[Metered], rules: VeeRules) -> None:
    """Days of clean homes that are flagged, by rule and by any rule."""
    trails = [validate(fleet, rules) for fleet in fleets]
    days = sum(fleet.accounts * fleet.grid.days for fleet in fleets)
    for rule in [*(r for r in RULE_IDS if r.startswith("V")), None]:
        marks = [found_days(fleet, trail, rule) for fleet, trail in zip(fleets, trails, strict=True)]
        count, homes = sum(int(m.sum()) for m in marks), sum(int(m.any(axis=1).sum()) for m in marks)
        if count or rule is None:
            print(f"  clean days flagged by {rule or 'any rule':9} {count:6} of {days} = {100 * count / days:.3f} %"
                  f" in {homes} homes")  # fmt: skip


def report_recall(fleets: list[Metered], kind: str, rules: VeeRules) -> None:
    """Incidents found (some of their intervals named by the kind's rule), and days of incidents found."""
    count = hit = days = hit_days = blind = 0
    for k, fleet in enumerate(fleets):
        planted = plant(kind, fleet, SEED + k)
        trail = validate(planted.metered, rules)
        marks = found_days(planted.metered, trail, RULE_OF[kind])
        for a, b, e in zip(planted.account, planted.begin, planted.end, strict=True):
            if kind in {"swap", "shift"} and fleet.facts.storage is not None and fleet.facts.storage[a]:
                blind += 1
                continue
            due = slice(planted.metered.grid.day[b], planted.metered.grid.day[e - 1] + 1)
            count, hit = count + 1, hit + int(marks[a, due].any())
            days, hit_days = days + due.stop - due.start, hit_days + int(marks[a, due].sum())
    left = f", {blind} with storage not checked" if blind else ""
    print(f"  {kind:10} {RULE_OF[kind]:4} incidents {hit} of {count} = {100 * hit / max(count, 1):.2f} %"
          f", days {hit_days} of {days} = {100 * hit_days / max(days, 1):.2f} %{left}")  # fmt: skip


def found_twice(fleet: Metered, rules: VeeRules, seed: int) -> tuple[int, int, int, int]:
    """Of a month of a fleet, rows given twice and how many V11 names; rows given once and how many it names."""
    readings = fleet.readings
    days = readings.first_day, readings.first_day + 31
    part = slice(0, int(fleet.grid.day_start[31]))
    month = Metered.of(Readings(*days, readings.minutes, readings.delivered[:, part], readings.received[:, part]))
    rows, account, channel, begin, end = duplicated(month, seed)
    _, trail = arrange(rows, *days, readings.minutes, fleet.accounts, rules)
    twice, named = (np.zeros((2, fleet.accounts, month.grid.length), dtype=np.bool_) for _ in range(2))
    for a, c, b, e in zip(account, channel, begin, end, strict=True):
        twice[c, a, b:e] = True
    mine = trail.of("V11")
    named[mine.channel, mine.account, month.grid.slot(mine.first)] = True
    return int((named & twice).sum()), int(twice.sum()), int((named & ~twice).sum()), int((~twice).sum())


def report_twice(fleets: list[Metered], rules: VeeRules) -> None:
    """Duplicates, which stand in rows only: the same value again, and another value."""
    found, planted, false, once = np.sum(
        [found_twice(fleet, rules, SEED + k) for k, fleet in enumerate(fleets)], axis=0
    )
    print(f"  duplicate  V11  rows {found} of {planted} = {100 * found / planted:.2f} %"
          f", rows given once and named {false} of {once}")  # fmt: skip


def report_estimates(fleets: list[Metered], rules: VeeRules) -> None:
    """How far the estimates of planted gaps lie from what was metered, in all and interval by interval."""
    totals: dict[tuple[str, str], Ints] = {}
    for k, fleet in enumerate(fleets):
        planted = plant("gap", fleet, SEED + k)
        filled, _ = estimate(planted.metered, validate(planted.metered, rules), rules)
        gaps = zip(planted.account, planted.channel, planted.begin, planted.end, strict=True)
        for a, c, b, e in gaps:
            true, put = fleet.columns[c][a, b:e].astype(int), filled.columns[c][a, b:e].astype(int)
            kind = ("delivered", "received")[c], "to 2 h" if (e - b) * fleet.grid.minutes <= 120 else "longer"
            sums = totals.setdefault(kind, np.zeros(4, dtype=np.int64))
            sums += [true.sum(), np.where(put == NO_VALUE, 0, put).sum(), np.abs(true - put).sum(), (put < 0).sum()]
    for kind, (true, put, off, left) in sorted(totals.items()):
        share = 100 * (put - true) / max(true, 1), 100 * off / max(true, 1)
        print(f"  estimates {kind[0]} {kind[1]:7} {true / 1000:9,.0f} kWh metered, sum {share[0]:+.1f} %,"
              f" interval by interval {share[1]:.0f} %, left missing {left}")  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
