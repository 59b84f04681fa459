"""What several incidents need: facts of an aggregator's customer."""

from typing import Any

from tests.made_rules import MADE_CCA

STATED = {f"{year}-{month:02d}": "1.00" for year in (2025, 2026) for month in range(1, 13)}
VALLEY: dict[str, Any] = {"provider": MADE_CCA, "crs_vintage": 2018, "generation_municipal_surcharge": STATED}
"""The made aggregator: Clean Power Alliance's answers with invented prices for every day."""
