"""The nouns: what travels on the arrows of the line. All arrays are int64 columns unless a line says otherwise.

N accounts, M cycles (all accounts, in order of account and time), R rows (sets of alike days of a cycle),
S segments (price versions of a cycle), buckets (season and time-of-use period), Q printed lines.
"""

from trueup.model.inputs import ELECTIONS, NO_VALUE, Allotted, Facts, Phases, Readings, Shard, State, Wh32
from trueup.model.measures import Cycles, Measured, Profiles, Rows, Segments, Spans
from trueup.model.outcomes import (
    Billed,
    Books,
    Lines,
    Postings,
    Priced,
    Refusal,
    Result,
    Settled,
    empty_columns,
    join_lines,
    pooled,
)
from trueup.model.sharing import NOBODY, Pools, Sharing

__all__ = [
    "ELECTIONS",
    "NOBODY",
    "NO_VALUE",
    "Allotted",
    "Billed",
    "Books",
    "Cycles",
    "Facts",
    "Lines",
    "Measured",
    "Phases",
    "Pools",
    "Postings",
    "Priced",
    "Profiles",
    "Readings",
    "Refusal",
    "Result",
    "Rows",
    "Segments",
    "Settled",
    "Shard",
    "Sharing",
    "Spans",
    "State",
    "Wh32",
    "empty_columns",
    "join_lines",
    "pooled",
]
