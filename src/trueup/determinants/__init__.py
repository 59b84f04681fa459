"""Stage 4: what is billed, in Wh, W and days; no money here."""

from trueup.determinants.measure import measure

__all__ = ["measure"]
