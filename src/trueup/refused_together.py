"""What billing refuses of arrangements: accounts whose bills rest on those of others."""

from collections.abc import Iterator, Mapping

import numpy as np

from trueup.errors import TrueupError
from trueup.model import NOBODY, Cycles, Facts, Pools, Refusal, Sharing
from trueup.periods import day_text
from trueup.quantities import Ints

APART = "E-ARR-004"
"""Accounts that share exports and have not the same cycles."""


def of_dates_together(
    facts: Facts, cycles: Cycles, pools: Pools, sharing: Sharing | None, program_start: Ints
) -> list[Refusal]:
    """Accounts that share exports in cycles of other days than the generating account's, or lack one (E-ARR-004).

    References
    ----------
    Schedule NBT, Special Condition 10 (tariffs-nbt 3.6.3), tariffs-nem A5: all accounts have one billing cycle.
    """
    if sharing is None:
        return []
    return [
        *_of_other_days(facts, cycles, pools, sharing),
        *_without_a_cycle(facts, cycles, pools, sharing, program_start),
    ]


def _without_a_cycle(
    facts: Facts, cycles: Cycles, pools: Pools, sharing: Sharing, program_start: Ints
) -> Iterator[Refusal]:
    """Accounts that belong to an arrangement on days on which others share exports, and have no cycle then."""
    members = sharing.members[pools.arrangement]
    there = (members != NOBODY) & (program_start[members] <= cycles.start[pools.giver][:, None])
    there &= cycles.start[pools.giver][:, None] < np.minimum(facts.leaves, facts.service_end)[members]
    for pool, column in np.argwhere(there & (pools.cycles == len(cycles.account))).tolist():
        account, giver = int(members[pool, column]), pools.giver[pool]
        yield _dates_apart(
            account,
            f"{facts.ids[account]}: no cycle in its arrangement's days "
            f"{day_text(cycles.start[giver])}..{day_text(cycles.end[giver] - 1)}",
        )


def _dates_apart(account: int, what: str) -> Refusal:
    return Refusal(
        account,
        TrueupError(
            APART,
            what,
            "Accounts that share exports have one billing cycle, for each share rests on the use of all.",
            "Give all accounts the same read_dates and pto from the day on which they join, and each a read date where "
            "the service of another ends.",
        ),
    )


def _of_other_days(facts: Facts, cycles: Cycles, pools: Pools, sharing: Sharing) -> list[Refusal]:
    """Cycles of an arrangement that are no cycle of its generating account."""
    count = len(cycles.account)
    ends = np.append(cycles.end, 0)
    same = (pools.cycles < count) & (ends[pools.cycles] == cycles.end[pools.giver][:, None])
    together = set(pools.cycles[same].tolist())
    sharers = sharing.members[sharing.generating != NOBODY]
    inside = np.nonzero(cycles.solar & np.isin(cycles.account, sharers[sharers != NOBODY]))[0]
    apart = [cycle for cycle in inside.tolist() if cycle not in together]
    return [
        _dates_apart(
            int(cycles.account[cycle]),
            f"{facts.ids[cycles.account[cycle]]}: no cycle of the generating account has the days "
            f"{day_text(cycles.start[cycle])}..{day_text(cycles.end[cycle] - 1)}",
        )
        for cycle in apart
    ]


def of_others(
    refused: Mapping[int, Refusal], facts: Facts, cycles: Cycles, pools: Pools, sharing: Sharing | None
) -> list[Refusal]:
    """Accounts that share exports with one that cannot be billed (E-ARR-005): their shares rest on its use.

    Who shares nothing on these days, neither before it joined nor after it left, holds nobody up.
    """
    if sharing is None:
        return []
    sharers = {int(account) for account in np.append(cycles.account, NOBODY)[pools.cycles].reshape(-1)} - {NOBODY}
    holding = {n for n, refusal in refused.items() if n in sharers or refusal.error.code == APART}
    found = []
    for name, members in zip(sharing.names, sharing.members, strict=True):
        accounts = [account for account in members.tolist() if account != NOBODY]
        lacking = [account for account in accounts if account in holding]
        if lacking:
            error = refused[lacking[0]].error
            waits = [account for account in accounts if account not in refused and account in sharers]
            because = facts.ids[lacking[0]]
            found += [Refusal(n, waits_for(facts.ids[n], because, name, error)) for n in waits]
    return found


def waits_for(account: str, because: str, arrangement: str, error: TrueupError) -> TrueupError:
    """The error of an account that shares exports with one that cannot be billed."""
    return TrueupError(
        "E-ARR-005",
        f"{account} waits for {because}, which shares in arrangement {arrangement}",
        "Each share of the exports rests on what all accounts took in.",
        f"Mend what stands in the way of {because}: {error.what}",
    )
