"""What is put in place of invalid and missing intervals, each with its record."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from trueup.intervals.draft import Draft, begin
from trueup.intervals.linear import fill_outages, interpolate
from trueup.intervals.model import DELIVERED, Metered
from trueup.intervals.prolonged import prolonged_estimation
from trueup.intervals.reference_days import average, board, like_sky, like_weekday
from trueup.intervals.registers import sum_check
from trueup.intervals.scaling import scale_to_registers
from trueup.intervals.shape import high_low, spike
from trueup.intervals.solar import night_known, sun_is_down
from trueup.intervals.sun import elevation_ppm
from trueup.intervals.trail import CHECKED_AGAIN, FAIL, FLAG, LEFT_MISSING, Trail
from trueup.intervals.validate import Check, validate
from trueup.quantities import PPM, UNKNOWN, Bools, Ints
from trueup.reads.batch import ACTUAL
from trueup.rulebook.vee import RULE_IDS, VeeRules

AGAIN: dict[str, Check] = {"V7": sum_check, "V10": high_low, "V15": prolonged_estimation}
"""Checks of sums, which wait for estimates: made again on what was filled."""
SAME = ("rule", "account", "channel", "first", "last", "observed", "limit", "verdict")
ROUNDS = 5


def estimate(metered: Metered, trail: Trail, rules: VeeRules) -> tuple[Metered, Trail]:
    """Fill every interval that is missing or failed a check, channel by channel; what no rule serves stays missing.

    Returns the readings with status `estimated` where something was put, and the trail with the records added. Values
    that failed are kept in it. Where a spike shows only on the filled day, or a flag that kept days from serving is
    gone with what was replaced, all is filled anew, so that estimating the result once more changes nothing. Checks of
    sums (V7, V10, V15) are made again on the result; what they had flagged before stays as `checked_again`. Raises as
    `validate`.
    """
    version, found = rules.on(metered.readings.first_day), trail
    for _ in range(ROUNDS):
        filled, made = _filled(metered, found, rules)
        seen = _seen_now(filled, found, made, rules)
        if seen is None:
            break
        found = seen
    later = Trail.join([check(filled, version) for check in AGAIN.values()])
    return filled, Trail.join([_marked(found, later, _rules_of(AGAIN)), made, later])


def _filled(metered: Metered, found: Trail, rules: VeeRules) -> tuple[Metered, Trail]:
    """The readings filled as the findings demand, and what was put or left."""
    version = rules.on(metered.readings.first_day)
    drafts = [begin(metered, found, version, code) for code in range(len(metered.columns))]
    for draft in drafts:
        _fill(draft, rules)
    columns = tuple(draft.wh.astype(np.int32) for draft in drafts)
    made = Trail.join([part for draft in drafts for part in draft.parts])
    return metered.with_columns(columns, np.stack([draft.status for draft in drafts])), made


def _seen_now(filled: Metered, found: Trail, made: Trail, rules: VeeRules) -> Trail | None:
    """The findings with those that show on the filled readings only; None if there are none to act on.

    Flags are looked at again only where something stays missing: then those of the filled readings hold.
    """
    version = rules.on(filled.readings.first_day)
    spikes = _of_actual(filled, spike(filled, version))
    if not (made.verdict == LEFT_MISSING).any():
        return Trail.join([found, spikes]) if len(spikes) else None
    suspect = [rule for rule in RULE_IDS if getattr(getattr(version.rules, rule), "effect", "") == "suspect"]
    now = validate(filled, rules)
    now = now.where(np.isin(now.rule, _rules_of(suspect)) & (now.verdict == FLAG))
    held = found.where(np.isin(found.rule, _rules_of(suspect)) & (found.verdict == FLAG))
    if not len(spikes) and set(_keys(now)) == set(_keys(held)):
        return None
    return Trail.join([_marked(found, now, _rules_of(suspect)), now, spikes])


def _of_actual(metered: Metered, trail: Trail) -> Trail:
    """Failures that an actual reading has a part in."""
    begin, end = metered.grid.slot(trail.first), metered.grid.slot(trail.last)
    actual = [
        bool((metered.status[c, a, b:e] == ACTUAL).any())
        for c, a, b, e in zip(trail.channel, trail.account, begin, end, strict=True)
    ]
    return trail.where(np.array(actual, dtype=np.bool_) & (trail.verdict == FAIL))


def _marked(trail: Trail, later: Trail, again: Ints) -> Trail:
    """The trail of checks made again: a flag that is not raised again is marked so, the rest is left to `later`."""
    mine = np.isin(trail.rule, again)
    repeated = set(_keys(later))
    stays = np.array([key in repeated for key in _keys(trail)], dtype=np.bool_)
    gone = mine & (trail.verdict == FLAG) & ~stays
    kept = ~mine | gone | (trail.verdict == CHECKED_AGAIN)
    return replace(trail, verdict=np.where(gone, CHECKED_AGAIN, trail.verdict)).where(kept)


def _keys(trail: Trail) -> list[tuple[int, ...]]:
    """What tells one record from another."""
    return list(zip(*(getattr(trail, name).tolist() for name in SAME), strict=True))


def _rules_of(names: Iterable[str]) -> Ints:
    return np.array([RULE_IDS.index(name) for name in names], dtype=np.int64)


def _fill(draft: Draft, rules: VeeRules) -> None:
    """E1 for short gaps, E2 for longer ones; export follows the sun instead (E4); registers settle the sum (E3)."""
    fill_outages(draft)
    dark = np.zeros_like(draft.needed) if draft.code == DELIVERED else sun_is_down(draft.metered, 0)
    _fill_nights(draft, dark)
    interpolate(draft, dark)
    grid, limits = draft.metered.grid, draft.version.rules
    if draft.code == DELIVERED:
        on = board(draft, grid.of_clock, grid.day, grid.clock)
        classes = rules.day_classes(grid.first_day, grid.last_day)
        average(draft, "E2", on, limits.E2.reach_days, like_weekday(classes, limits.E2.days))
    else:
        slots = np.arange(grid.length)
        on = board(draft, grid.of_sun, slots // grid.per_day, slots % grid.per_day)
        average(draft, "E4", on, limits.E4.reach_days, like_sky(on, limits.E4.days), _sky(draft))
    scale_to_registers(draft)


def _fill_nights(draft: Draft, dark: Bools) -> None:
    """E4: nothing is exported while the sun is down, where the place is known and there is no storage."""
    row, slot = np.nonzero(draft.needed & dark)
    draft.forced[row, slot] = True
    draft.put("E4", row, slot, np.zeros_like(row), "the sun is down: 0")


def _sky(draft: Draft) -> Ints | None:
    """(N, uniform days, slots) sine of the sun's elevation at mid-interval, one and the same where it is not known that
    export is the sun's alone; None if it is known of no account."""
    metered, facts = draft.metered, draft.metered.facts
    known = night_known(metered)
    if facts.latitude is None or facts.longitude is None or not known.any() or not draft.needed.any():
        return None
    grid = metered.grid
    middles = grid.utc(np.minimum(grid.of_sun, grid.length).reshape(-1)) + grid.step // 2
    north, east = (np.where(known, column, UNKNOWN) for column in (facts.latitude, facts.longitude))
    found = elevation_ppm(north, east, middles)
    return np.clip(found, -PPM, PPM).reshape(metered.accounts, *grid.of_sun.shape)
