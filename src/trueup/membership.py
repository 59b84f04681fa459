"""Arrangements and accounts -> who is where and shares what, as columns; what does not fit together is refused."""

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import numpy.typing as npt

from trueup.account import Account
from trueup.arrangement import Arrangement, Member
from trueup.errors import TrueupError
from trueup.model import NO_VALUE, NOBODY, Sharing
from trueup.periods import NEVER
from trueup.rulebook import Rules
from trueup.served import keyed_facts

Wh32 = npt.NDArray[np.int32]
AGGREGATION = "twelve_bills_together"
HOURLY = 60


def members_of(arrangements: Sequence[Arrangement]) -> dict[str, tuple[Arrangement, Member]]:
    """Each account's arrangement and place in it.

    Raises
    ------
    TrueupError
        E-ARR-002 for an account in two arrangements (spec `AGG-08`).
    """
    found: dict[str, tuple[Arrangement, Member]] = {}
    for arrangement in arrangements:
        for member in arrangement.accounts:
            if member.account in found:
                other = found[member.account][0].arrangement
                raise refused(arrangement, f"{member.account} is in arrangement {other} too (AGG-08)")
            found[member.account] = arrangement, member
    return found


def arrangement_of(arrangements: Sequence[Arrangement]) -> dict[str, Arrangement]:
    """The arrangement of each account that is in one (E-ARR-002 as `members_of`)."""
    return {name: one for name, (one, _) in members_of(arrangements).items()}


def check_members(accounts: Sequence[Account], arrangements: Sequence[Arrangement], rules: Rules) -> None:
    """Refuse accounts whose programs and arrangements do not belong together (E-ARR-002)."""
    known = {account.account: account for account in accounts}
    members = members_of(arrangements)
    for account in accounts:
        if account.account not in members and _shares(account, rules):
            raise _alone(account)
    for arrangement in arrangements:
        missing = [member.account for member in arrangement.accounts if member.account not in known]
        if missing:
            raise refused(arrangement, f"the account file of {missing[0]} is missing")
        _check_programs(arrangement, [known[member.account] for member in arrangement.accounts], rules)
        for member in arrangement.accounts:
            _check_days(arrangement, member, known[member.account])
        _check_designated(arrangement, known)


def _shares(account: Account, rules: Rules) -> bool:
    program = rules.book.program(account.program)
    return program.answers.allocation.given(**keyed_facts(account, program)) != "none"


def _check_programs(arrangement: Arrangement, accounts: list[Account], rules: Rules) -> None:
    first = accounts[0]
    other = next((account for account in accounts if account.program != first.program), None)
    if other is not None:
        said = f"{first.account} is under {first.program}, {other.account} under {other.program}: it has one program"
        raise refused(arrangement, said)
    program = rules.book.program(first.program)
    together = program.answers.relevant_period.value == AGGREGATION
    if not _shares(first, rules) or together != arrangement.aggregates:
        kind = "aggregation" if arrangement.aggregates else "virtual metering"
        raise refused(arrangement, f"{program.title} is no program of {kind}")
    if arrangement.aggregates and served_otherwise(arrangement, accounts) is not None:
        raise refused(arrangement, "its accounts must all be bundled, or all with one and the same provider (AGG-08)")


def served_otherwise(arrangement: Arrangement, accounts: Sequence[Account]) -> Account | None:
    """An account that, on a day in its aggregation, has another provider than the generating one.

    References
    ----------
    spec `AGG-08`: all are bundled, or all with one provider.
    """
    seats = {member.account: member for member in arrangement.accounts}
    giver = next(account for account in accounts if account.account == arrangement.generating)
    for account in accounts:
        first = seats[account.account].joins or date.min
        last = min(seats[account.account].leaves or date.max, account.service_end or date.max)
        days = [first, *(s.on for one in (account, giver) for s in one.switches if first < s.on < last)]
        if any(_provider_on(account, day) != _provider_on(giver, day) for day in days):
            return account
    return None


def _provider_on(account: Account, day: date) -> str:
    return [account.provider, *(switch.provider for switch in account.switches if switch.on <= day)][-1]


def _check_designated(arrangement: Arrangement, known: Mapping[str, Account]) -> None:
    """The designated account must be there as long as any other: it takes what the others leave."""
    own, last = known[arrangement.designated], date.max
    begins = own.pto or date.max
    for member in arrangement.accounts:
        other = known[member.account]
        first = max(other.pto or date.max, member.joins or date.min)
        ends = min(other.service_end or last, member.leaves or last)
        if (own.service_end or last) < ends or begins > first:
            told = f"{own.account}, which is designated, is not there as long as {other.account}"
            raise refused(arrangement, f"{told}: what rounding and percentages leave would be nobody's")


def _check_days(arrangement: Arrangement, member: Member, account: Account) -> None:
    for name, day in (("joins", member.joins), ("leaves", member.leaves)):
        if day is not None and day not in account.read_dates:
            raise refused(arrangement, f"{member.account} {name} on {day}, which is none of its read_dates")
    period = account.relevant_period_start
    if period is not None and member.joins is not None and period < member.joins:
        said = f"the relevant_period_start of {member.account}, {period}, lies before it joins on {member.joins}"
        raise refused(arrangement, f"{said}: an account that joins starts a period of its own")


def refused(arrangement: Arrangement, what: str) -> TrueupError:
    """The error for an arrangement that cannot be billed."""
    return TrueupError(
        "E-ARR-002",
        f"{arrangement.arrangement}: {what}",
        "Who shares a generator decides every bill of the arrangement.",
        "Correct the arrangement file or the account files; docs/arrangements.md says what belongs together.",
    )


def _alone(account: Account) -> TrueupError:
    return TrueupError(
        "E-ARR-003",
        f"{account.account}: its program is for accounts that share a generator, and it is in no arrangement",
        "Its share of the generator rests on the other accounts.",
        f"Bill it with --arrangement FILE (docs/arrangements.md), or correct program: {account.program}.",
    )


def membership_columns(accounts: Sequence[Account], arrangements: Sequence[Arrangement]) -> dict[str, list[int]]:
    """The columns of `Facts` that arrangements decide: joins, leaves, leader."""
    members, index = members_of(arrangements), {account.account: n for n, account in enumerate(accounts)}
    found: dict[str, list[int]] = {"joins": [], "leaves": [], "leader": []}
    for n, account in enumerate(accounts):
        arrangement, member = members.get(account.account, (None, None))
        leader = None if arrangement is None else arrangement.generating
        found["joins"].append(_day(member.joins if member else None, 0))
        found["leaves"].append(_day(member.leaves if member else None, NEVER))
        found["leader"].append(index.get(leader or account.account, n))
    return found


def _day(day: date | None, otherwise: int) -> int:
    return otherwise if day is None else day.toordinal()


def sharing_of(
    arrangements: Sequence[Arrangement], ids: Sequence[str], outputs: Mapping[str, tuple[int, Wh32]], output_from: int
) -> Sharing | None:
    """The arrangements of a shard as columns; None without any.

    Parameters
    ----------
    ids
        The shard's accounts in order.
    outputs
        Of each virtual arrangement, the minutes of an interval and (intervals,) Wh that its generators received from
        `output_from` on, a Pacific day, added up; see `output_of`.
    """
    if not arrangements:
        return None
    index = {name: n for n, name in enumerate(ids)}
    columns = max(len(one.accounts) for one in arrangements)
    versions = max(1, *(len(one.shares) for one in arrangements))
    count = len(arrangements)
    members = np.full((count, columns), NOBODY)
    share_from, share = np.full((count, versions), NEVER), np.zeros((count, versions, columns), dtype=np.int64)
    for a, one in enumerate(arrangements):
        names = _columns_of(one, columns)
        members[a] = [NOBODY if name is None else index[name] for name in names]
        for v, shares in enumerate(one.shares):
            share_from[a, v] = shares.from_.toordinal()
            share[a, v] = [0 if name is None else shares.percent.get(name, 0) for name in names]
    generating = [NOBODY if one.generating is None else index[one.generating] for one in arrangements]
    ids_of = tuple(one.arrangement for one in arrangements)
    nothing = (HOURLY, np.zeros(0, dtype=np.int32))
    lengths, output = zip(*(outputs.get(one.arrangement, nothing) for one in arrangements), strict=True)
    leader = np.array(generating, dtype=np.int64)
    return Sharing(ids_of, members, leader, output, lengths, output_from, share_from, share)


def _columns_of(arrangement: Arrangement, columns: int) -> list[str | None]:
    """The accounts by id, the designated one in the last of the columns."""
    others = sorted(one.account for one in arrangement.accounts if one.account != arrangement.designated)
    return [*others, *([None] * (columns - len(others) - 1)), arrangement.designated]


def output_of(received: Sequence[Wh32]) -> Wh32:
    """What several meters received, added up; `NO_VALUE` where one of them has no value."""
    lacks = np.any([column == NO_VALUE for column in received], axis=0)
    return np.where(lacks, NO_VALUE, np.sum(received, axis=0)).astype(np.int32)
