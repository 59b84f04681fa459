"""Stage 2: readings -> validated, dense intervals, with a trail of what was found and what was put in place."""

from trueup.intervals.arrange import Rows, arrange, of_reads
from trueup.intervals.by_cycle import LOOK_BACK, estimate_cycles
from trueup.intervals.dense import dense
from trueup.intervals.edits import Edit, edit
from trueup.intervals.estimate import estimate
from trueup.intervals.estimated import Estimated, Spans, estimated_in
from trueup.intervals.lengths import by_length, either, summed, to_length
from trueup.intervals.model import Metered, MeterFacts, MeterIds, RegisterReads, Stretches
from trueup.intervals.side_by_side import side_by_side, without_export
from trueup.intervals.swapped import exchanged
from trueup.intervals.trail import EstimatedShare, Trail, share_estimated
from trueup.intervals.validate import validate

__all__ = [
    "LOOK_BACK",
    "Edit",
    "Estimated",
    "EstimatedShare",
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
    "edit",
    "either",
    "estimate",
    "estimate_cycles",
    "estimated_in",
    "exchanged",
    "of_reads",
    "share_estimated",
    "side_by_side",
    "summed",
    "to_length",
    "validate",
    "without_export",
]
