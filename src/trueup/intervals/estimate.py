"""What is put in place of invalid and missing intervals, each with its record."""

import numpy as np

from trueup.intervals.draft import Draft, begin
from trueup.intervals.linear import fill_outages, interpolate
from trueup.intervals.model import DELIVERED, Metered
from trueup.intervals.prolonged import prolonged_estimation
from trueup.intervals.reference_days import average, board, like_sky, like_weekday
from trueup.intervals.registers import sum_check
from trueup.intervals.scaling import scale_to_registers
from trueup.intervals.solar import night_known, sun_is_down
from trueup.intervals.sun import elevation_ppm
from trueup.intervals.trail import Trail
from trueup.quantities import PPM, Ints
from trueup.rulebook.vee import RULE_IDS, VeeRules

WAITED = ("V7", "V15")
"""Checks that look at estimates: made again on what was filled."""


def estimate(metered: Metered, trail: Trail, rules: VeeRules) -> tuple[Metered, Trail]:
    """Fill every interval that is missing or failed a check, channel by channel; what no rule serves stays missing.

    Returns the readings with status `estimated` where something was put, and the trail with the records added. The
    sum check and the check for prolonged estimation are made again, and their records are those of the result.
    Values that failed are kept in the trail. Raises as `validate`.
    """
    version = rules.on(metered.readings.first_day)
    drafts = [begin(metered, trail, version, code) for code in range(len(metered.columns))]
    for draft in drafts:
        _fill(draft, rules)
    columns = tuple(draft.wh.astype(np.int32) for draft in drafts)
    filled = metered.with_columns(columns, np.stack([draft.status for draft in drafts]))
    settled = trail.where(~np.isin(trail.rule, [RULE_IDS.index(rule) for rule in WAITED]))
    later = [sum_check(filled, version), prolonged_estimation(filled, version)]
    return filled, Trail.join([settled, *(part for draft in drafts for part in draft.parts), *later])


def _fill(draft: Draft, rules: VeeRules) -> None:
    """E1 for short gaps, E2 for longer ones; export follows the sun instead (E4); registers settle the sum (E3)."""
    fill_outages(draft)
    if draft.code != DELIVERED:
        _fill_nights(draft)
    interpolate(draft)
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


def _fill_nights(draft: Draft) -> None:
    """E4: nothing is exported while the sun is down, where the place is known and there is no storage."""
    row, slot = np.nonzero(draft.needed & sun_is_down(draft.metered, 0))
    draft.forced[row, slot] = True
    draft.put("E4", row, slot, np.zeros_like(row), "the sun is down: 0")


def _sky(draft: Draft) -> Ints | None:
    """(N, uniform days, slots) sine of the sun's elevation at mid-interval; None if no place is known."""
    metered, facts = draft.metered, draft.metered.facts
    if facts.latitude is None or facts.longitude is None or not night_known(metered).any() or not draft.needed.any():
        return None
    grid = metered.grid
    middles = grid.utc(np.minimum(grid.of_sun, grid.length).reshape(-1)) + grid.step // 2
    found = elevation_ppm(facts.latitude, facts.longitude, middles)
    return np.clip(found, -PPM, PPM).reshape(metered.accounts, *grid.of_sun.shape)
