"""Stage 2: readings -> validated, dense intervals, with a trail of what was found and what was put in place."""

from trueup.intervals.arrange import Rows, arrange, of_reads
from trueup.intervals.by_cycle import LOOK_BACK, estimate_cycles
from trueup.intervals.dense import dense
from trueup.intervals.estimate import estimate
from trueup.intervals.estimated import Estimated, Spans, estimated_in
from trueup.intervals.lengths import by_length, either, to_hourly
from trueup.intervals.model import Metered, MeterFacts, MeterIds, RegisterReads, Stretches
from trueup.intervals.prolonged import EstimationReport, report_estimation
from trueup.intervals.ranks import Edit, displaced, edit, overlay, propose_read
from trueup.intervals.shape import split_signed
from trueup.intervals.swapped import exchanged
from trueup.intervals.trail import EstimatedShare, Trail, share_estimated
from trueup.intervals.validate import validate

__all__ = [
    "LOOK_BACK",
    "Edit",
    "Estimated",
    "EstimatedShare",
    "EstimationReport",
    "MeterFacts",
    "MeterIds",
    "Metered",
    "RegisterReads",
    "Rows",
    "Spans",
    "Stretches",
    "Trail",
    "arrange",
    "by_length",
    "dense",
    "displaced",
    "edit",
    "either",
    "estimate",
    "estimate_cycles",
    "estimated_in",
    "exchanged",
    "of_reads",
    "overlay",
    "propose_read",
    "report_estimation",
    "share_estimated",
    "split_signed",
    "to_hourly",
    "validate",
]
