"""Stage 4: what is billed, in Wh and days; no money here."""

from trueup.determinants.buckets import measure

__all__ = ["measure"]
