"""What several incidents need: readings as a meter file would give them, facts of an aggregator's customer."""

from typing import Any

import numpy as np

from tests.made_rules import MADE_CCA
from trueup.model import Readings
from trueup.periods import midnight_utc
from trueup.reads import Reads

STATED = {f"{year}-{month:02d}": "1.00" for year in (2025, 2026) for month in range(1, 13)}
VALLEY: dict[str, Any] = {"provider": MADE_CCA, "crs_vintage": 2018, "generation_municipal_surcharge": STATED}
"""The made aggregator: Clean Power Alliance's answers with invented prices for every day."""
FILES = (("made.csv", "0" * 64, "neutral"),)


def reads_of(readings: Readings) -> Reads:
    """Meter columns of one home as readings."""
    wh = np.concatenate([readings.delivered[0], readings.received[0]]).astype(np.int64)
    length = readings.delivered.shape[1]
    start = midnight_utc(readings.first_day) + 60 * readings.minutes * np.arange(length)
    return Reads.of_channels(FILES, readings.minutes, np.repeat([0, 1], length), np.tile(start, 2), wh)
