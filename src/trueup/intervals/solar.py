"""Can the sun have made it: V14 export above the nameplate, or at night without storage."""

import numpy as np

from trueup.intervals.model import DELIVERED, Metered
from trueup.intervals.status import sums
from trueup.intervals.sun import elevation_ppm, sine_ppm
from trueup.intervals.trail import Trail, findings, runs_of, unchecked
from trueup.quantities import UNKNOWN, Bools, Ints
from trueup.rulebook.vee import VeeVersion

PERMILLE, MINUTES_PER_HOUR = 1000, 60


def solar_sanity(metered: Metered, version: VeeVersion) -> Trail:
    """V14 (ours): no interval exceeds the nameplate by more than a tenth, none exports while the sun is well down.

    Observed is the value in Wh (of a run at night, its sum); limit is the most that passes.
    """
    rated, dark = _column(metered, metered.facts.nameplate_w), sun_is_down(metered, version.rules.V14.night_degrees)
    place_known = night_known(metered)
    parts = [
        unchecked(metered, version, "V14", "the nameplate is not known", rated == UNKNOWN),
        unchecked(metered, version, "V14", "place or storage is not known, or there is storage", ~place_known),
    ]
    most = rated * metered.grid.minutes * version.rules.V14.most_permille // (MINUTES_PER_HOUR * PERMILLE)
    ceiling = np.where(rated == UNKNOWN, np.iinfo(np.int64).max, most)[:, None]
    for code, wh in enumerate(metered.columns):
        if code == DELIVERED:
            continue
        row, begin, end = runs_of(wh > ceiling)
        observed = wh[row, begin].astype(np.int64)
        parts.append(
            findings(metered, version, "V14", row, begin, end, code, observed, most[row], "above the nameplate")
        )
        row, begin, end = runs_of((wh > 0) & dark)
        parts.append(
            findings(metered, version, "V14", row, begin, end, code, sums(wh, row, begin, end), note="the sun is down")
        )
    return Trail.join(parts)


def night_known(metered: Metered) -> Bools:
    """(N,) accounts whose place is known and that have no storage: their export at night is nothing."""
    facts = metered.facts
    latitude, longitude, storage = (_column(metered, fact) for fact in (facts.latitude, facts.longitude, facts.storage))
    found: Bools = (latitude != UNKNOWN) & (longitude != UNKNOWN) & (storage == 0)
    return found


def sun_is_down(metered: Metered, degrees: int) -> Bools:
    """(N, T) intervals in which the sun stays some degrees below the horizon, for accounts of `night_known`."""
    known = night_known(metered)
    found = np.zeros((metered.accounts, metered.grid.length), dtype=np.bool_)
    if not known.any():
        return found
    edges = metered.grid.utc(np.arange(metered.grid.length + 1))
    facts = metered.facts
    latitude, longitude = _column(metered, facts.latitude)[known], _column(metered, facts.longitude)[known]
    down = elevation_ppm(latitude, longitude, edges) < -sine_ppm(degrees)
    found[known] = down[:, :-1] & down[:, 1:]
    return found


def _column(metered: Metered, values: Ints | None) -> Ints:
    return np.full(metered.accounts, UNKNOWN, dtype=np.int64) if values is None else values
