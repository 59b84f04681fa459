"""The trail: what every rule found and what was put in place, as columns."""

from dataclasses import dataclass, fields

import numpy as np
import polars as pl

from trueup.intervals.model import Metered, over
from trueup.model import NO_VALUE
from trueup.periods import day_text
from trueup.quantities import Bools, Ints
from trueup.reads.batch import CHANNELS, ESTIMATED
from trueup.rulebook.vee import RULE_IDS, VeeVersion

VERDICTS = ("flag", "fail", "not_checked", "put", "left_missing", "checked_again")
"""`fail` makes intervals invalid, `flag` asks a person, `put` says what stands in place, a pass leaves no record;
`checked_again` is a flag of before estimation: the check was made again on what was filled."""
FLAG, FAIL, NOT_CHECKED, PUT, LEFT_MISSING, CHECKED_AGAIN = range(len(VERDICTS))
ALL_CHANNELS = -1
NO_CAUSE = -1


@dataclass(frozen=True)
class Trail:
    """Records, (K,) each, in the order in which they were made: the last `put` of an interval is what stands.

    Attributes
    ----------
    account, channel
        Of which column; channel `ALL_CHANNELS` where a record concerns them all.
    rule
        Index into `rulebook.vee.RULE_IDS`.
    version
        Day (ordinal) from which the rule's version holds.
    first, last
        UTC seconds, `last` excluded.
    observed, limit
        What was found and the rule's limit, in the unit of the rule (docs/vee.md); for a `put`, `observed` is the value
        replaced, `NO_VALUE` where there was none.
    verdict
        Index into `VERDICTS`.
    cause
        For a `put` or `left_missing`: the rule that failed; `NO_CAUSE` otherwise.
    put
        Wh put in place; `NO_VALUE` otherwise.
    note
        Index into `notes`.
    notes
        Texts: the option chosen, why a rule did not run, who edited and why.
    """

    account: Ints
    channel: Ints
    rule: Ints
    version: Ints
    first: Ints
    last: Ints
    observed: Ints
    limit: Ints
    verdict: Ints
    cause: Ints
    put: Ints
    note: Ints
    notes: tuple[str, ...]

    @classmethod
    def join(cls, trails: "list[Trail]") -> "Trail":
        """Trails one after another."""
        notes = tuple(sorted({note for trail in trails for note in trail.notes}))
        columns = {name: np.concatenate([getattr(t, name) for t in trails] or [_NOTHING]) for name in COLUMNS}
        renumbered = [np.array([notes.index(n) for n in t.notes], dtype=np.int64)[t.note] for t in trails]
        columns["note"] = np.concatenate(renumbered or [_NOTHING])
        return cls(**columns, notes=notes or ("",))

    def where(self, chosen: Bools) -> "Trail":
        """Some of the records."""
        return Trail(**{name: getattr(self, name)[chosen] for name in COLUMNS}, notes=self.notes)

    def of(self, rule: str, verdict: int | None = None) -> "Trail":
        """The records of a rule, of one verdict if named."""
        chosen = self.rule == RULE_IDS.index(rule)
        return self.where(chosen if verdict is None else chosen & (self.verdict == verdict))

    def __len__(self) -> int:
        return len(self.account)

    def to_polars(self) -> pl.DataFrame:
        """The records with names in place of numbers; times in UTC, `value_wh` what was put in place."""
        channels = np.array([*CHANNELS, "all"])
        causes = np.array([*RULE_IDS, ""])
        utc = {
            name: pl.Series(getattr(self, name) * 1000).cast(pl.Datetime("ms")).dt.replace_time_zone("UTC")
            for name in ("first", "last")
        }
        return pl.DataFrame(
            {
                "account": self.account,
                "channel": channels[self.channel].tolist(),
                "rule": np.array(RULE_IDS)[self.rule].tolist(),
                "version": [day_text(int(day)) for day in self.version],
                **utc,
                "verdict": np.array(VERDICTS)[self.verdict].tolist(),
                "observed": self.observed,
                "limit": self.limit,
                "cause": causes[self.cause].tolist(),
                "value_wh": self.put,
                "note": np.array(self.notes)[self.note].tolist(),
            }
        )


COLUMNS = tuple(item.name for item in fields(Trail) if item.name != "notes")
_NOTHING = np.zeros(0, dtype=np.int64)


def empty() -> Trail:
    """No record."""
    return Trail.join([])


def runs_of(mask: Bools) -> tuple[Ints, Ints, Ints]:
    """Row, begin and end (excluded) of the runs of true values in the rows of a mask."""
    padded = np.zeros((mask.shape[0], mask.shape[1] + 2), dtype=np.int8)
    padded[:, 1:-1] = mask
    change = np.diff(padded, axis=1)
    row, begin = np.nonzero(change == 1)
    return row.astype(np.int64), begin.astype(np.int64), np.nonzero(change == -1)[1].astype(np.int64)


def records(
    metered: Metered,
    version: VeeVersion,
    rule: str,
    verdict: int,
    account: Ints,
    begin: Ints | int,
    end: Ints | int,
    channel: Ints | int = ALL_CHANNELS,
    observed: Ints | int = 0,
    limit: Ints | int = 0,
    cause: Ints | int = NO_CAUSE,
    put: Ints | int = NO_VALUE,
    note: str = "",
) -> Trail:
    """Records of one rule for intervals from `begin` to `end` (excluded)."""
    at = np.asarray(account, dtype=np.int64)

    def column(value: Ints | int) -> Ints:
        return np.broadcast_to(np.asarray(value, dtype=np.int64), at.shape).copy()

    return Trail(
        at,
        column(channel),
        column(RULE_IDS.index(rule)),
        column(version.from_.toordinal()),
        metered.grid.utc(column(begin)),
        metered.grid.utc(column(end)),
        column(observed),
        column(limit),
        column(verdict),
        column(cause),
        column(put),
        column(0),
        (note,),
    )


def findings(
    metered: Metered,
    version: VeeVersion,
    rule: str,
    account: Ints,
    begin: Ints | int,
    end: Ints | int,
    channel: Ints | int = ALL_CHANNELS,
    observed: Ints | int = 0,
    limit: Ints | int = 0,
    note: str = "",
) -> Trail:
    """What a rule found: `fail` where its effect is to estimate, else `flag`."""
    verdict = FAIL if getattr(version.rules, rule).effect == "estimate" else FLAG
    return records(metered, version, rule, verdict, account, begin, end, channel, observed, limit, note=note)


def unchecked(
    metered: Metered,
    version: VeeVersion,
    rule: str,
    why: str,
    accounts: Bools | None = None,
    channel: int = ALL_CHANNELS,
) -> Trail:
    """A record for each account, or some of them, that a rule did not run, and why."""
    chosen = np.ones(metered.accounts, dtype=np.bool_) if accounts is None else accounts
    at = np.nonzero(chosen)[0]
    return records(metered, version, rule, NOT_CHECKED, at, 0, metered.grid.length, channel, note=why)


@dataclass(frozen=True)
class EstimatedShare:
    """How much of stretches was estimated, (channels, K) each: Wh and intervals, estimated, missing, and of all.

    Attributes
    ----------
    estimated_wh, wh
        Energy estimated, and all energy.
    estimated, missing, intervals
        Counts.
    """

    estimated_wh: Ints
    wh: Ints
    estimated: Ints
    missing: Ints
    intervals: Ints


def share_estimated(metered: Metered, account: Ints, start: Ints, end: Ints) -> EstimatedShare:
    """How much was estimated in stretches [start, end) of accounts, (K,) each, UTC seconds, channel by channel.

    Any estimate counts, the utility's own too: a bill says which of its kWh were not metered.
    """
    begin, stop = metered.grid.slot(start), metered.grid.slot(end, upward=True)
    own, row = np.unique(account, return_inverse=True)
    found: list[list[Ints]] = []
    for column, status in zip(metered.columns, metered.status, strict=True):
        read, made = column[own], status[own] == ESTIMATED
        wh = np.maximum(read, 0).astype(np.int64)
        sums = [over(part, row, begin, stop) for part in (wh * made, wh, made, read == NO_VALUE)]
        found.append([*sums, stop - begin])
    return EstimatedShare(*(np.stack(columns) for columns in zip(*found, strict=True)))
