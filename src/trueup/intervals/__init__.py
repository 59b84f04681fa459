"""Stage 2: readings -> validated, dense intervals. A gap stays a gap until validation and estimation can fill it."""

from trueup.intervals.dense import dense
from trueup.intervals.swapped import check_channels

__all__ = ["check_channels", "dense"]
