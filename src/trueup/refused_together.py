"""What billing refuses of arrangements: accounts whose bills rest on those of others."""

from collections.abc import Mapping

import numpy as np

from trueup.errors import TrueupError
from trueup.model import NOBODY, Cycles, Facts, Pools, Refusal, Sharing
from trueup.periods import day_text


def of_dates_together(facts: Facts, cycles: Cycles, pools: Pools, sharing: Sharing | None) -> list[Refusal]:
    """Accounts that share exports in cycles of other days than the generating account's (E-ARR-004).

    References
    ----------
    Schedule NBT, Special Condition 10 (tariffs-nbt 3.6.3), tariffs-nem A5: all accounts have one billing cycle.
    """
    if sharing is None:
        return []
    count = len(cycles.account)
    ends = np.append(cycles.end, 0)
    same = (pools.cycles < count) & (ends[pools.cycles] == cycles.end[pools.giver][:, None])
    together = set(pools.cycles[same].tolist())
    sharers = sharing.members[sharing.generating != NOBODY]
    inside = np.nonzero(cycles.solar & np.isin(cycles.account, sharers[sharers != NOBODY]))[0]
    apart = [cycle for cycle in inside.tolist() if cycle not in together]
    return [
        Refusal(
            int(cycles.account[cycle]),
            TrueupError(
                "E-ARR-004",
                f"{facts.ids[cycles.account[cycle]]}: no cycle of the generating account has the days "
                f"{day_text(cycles.start[cycle])}..{day_text(cycles.end[cycle] - 1)}",
                "Accounts that share exports have one billing cycle, for each share rests on the use of all.",
                "Give all accounts of the arrangement the same read_dates and pto, from the day on which they join.",
            ),
        )
        for cycle in apart
    ]


def of_others(refused: Mapping[int, Refusal], facts: Facts, sharing: Sharing | None) -> list[Refusal]:
    """Accounts that share exports with one that cannot be billed (E-ARR-005): their shares rest on its use."""
    if sharing is None:
        return []
    found = []
    for name, members, giver in zip(sharing.names, sharing.members, sharing.generating, strict=True):
        accounts = [account for account in members.tolist() if account != NOBODY]
        lacking = [account for account in accounts if account in refused]
        if giver == NOBODY or not lacking:
            continue
        because = facts.ids[lacking[0]]
        found += [
            Refusal(
                account,
                TrueupError(
                    "E-ARR-005",
                    f"{facts.ids[account]} waits for {because}, which shares in arrangement {name}",
                    "Each share of the exports rests on what all accounts took in.",
                    f"Mend what stands in the way of {because}: {refused[lacking[0]].error.what}",
                ),
            )
            for account in accounts
            if account not in refused
        ]
    return found
