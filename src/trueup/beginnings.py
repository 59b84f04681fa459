"""Where an account's first bill begins: from the day on which its balances are known."""

import numpy as np

from trueup.balances import Opening
from trueup.errors import TrueupError
from trueup.model import Facts
from trueup.periods import NEVER, day_text
from trueup.rulebook import Rules
from trueup.timeline import Cuts


def check_provider_balances(facts: Facts, at: Cuts, begin: int, opening: Opening, n: int = 0) -> None:
    """Refuse balances without the provider's where a period of its ledger is running (E-STATE-004)."""
    phase = int(facts.phases.at(np.array([n]), np.array([begin]))[0])
    since = max(int(at.program_start[n]), int(facts.phases.start[n, phase]), int(at.points[n, 0]))
    keeps = bool(facts.phases.keeps_ledger[n, phase]) and bool(facts.terms.has_period[facts.phases.own[n, phase]])
    if keeps and since < begin and opening.provider is None:
        raise TrueupError(
            "E-STATE-004",
            f"the opening balances of {day_text(begin)} do not state those of the provider's ledger",
            "Its credits and the energy since its last true-up enter the next one.",
            "Give the closing.json of the bill before, or state provider: {} where there are none.",
        )


def where_to_begin(facts: Facts, at: Cuts, start: int, opening: Opening | None, first_read: int, n: int = 0) -> int:
    """The first day to run account `n`: exports before the first solar bill belong to it; balances must be known."""
    program_start, since, first_cut = int(at.program_start[n]), int(facts.since[n]), int(at.points[n, 0])
    own = facts.terms.take(facts.own[n : n + 1])
    stated_later = int(facts.period_start[n]) not in {NEVER, program_start}
    history_listed = bool(own.starts_at_once[0]) or (since >= first_cut and not stated_later)
    early = bool(own.early_exports_granted[0]) and history_listed and since < program_start
    solar_start = since if early else program_start
    if start < program_start or (start == program_start and since >= first_cut):
        return min(start, solar_start)
    if opening is not None or own.starts_at_once[0]:
        return start
    if not history_listed or solar_start < first_read:
        raise TrueupError(
            "E-STATE-001",
            f"balances of {facts.ids[n]} at {day_text(start)} are not known, and it began on {day_text(since)}",
            "Credits, counters and compensation of the cycles before enter this bill.",
            "Give --opening with the balances of that day (a closing.json; `owed: '0.00'` where there are none), or "
            f"read dates and meter files from {day_text(since)} on.",
        )
    return solar_start


def begin_of(
    facts: Facts, at: Cuts, start: int, opening: Opening | None, first_read: int, rules: Rules, n: int = 0
) -> int:
    """The first day to run of account `n`: with its balances given and checked, or else from its beginning."""
    begin = where_to_begin(facts, at, start, opening, first_read, n)
    if opening is None:
        return min(begin, first_billable(facts, at, first_read, rules, n))
    opening.check(facts.ids[n], day_text(begin))
    check_provider_balances(facts, at, begin, opening, n)
    return begin


def first_billable(facts: Facts, at: Cuts, first_read: int, rules: Rules, n: int = 0) -> int:
    """The first cut that files and rules cover: a climate credit that rolled over from there belongs to later bills."""
    covered = max(int(rules.covered_days(facts.schedule)[0][n]), first_priced(facts, rules, n))
    points = at.points[n][at.points[n] >= max(first_read, covered)]
    return int(points[0])


def first_priced(facts: Facts, rules: Rules, n: int = 0) -> int:
    """The day from which providers' price lists cover an account: cycles served before it cannot be billed."""
    phases = facts.phases
    first = rules.providers.versions.first_day[phases.prices[n]]
    return int(np.where(phases.keeps_ledger[n] & (phases.start[n] < first), first, 0).max())
