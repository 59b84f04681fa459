"""Where an account's first bill begins: from the day on which its balances are known."""

import numpy as np

from trueup.balances import Opening
from trueup.errors import TrueupError
from trueup.model import Facts
from trueup.periods import NEVER, day_text
from trueup.rulebook import Rules
from trueup.timeline import Cuts


def check_provider_balances(facts: Facts, at: Cuts, begin: int, opening: Opening) -> None:
    """Refuse balances without the provider's where a period of its ledger is running (E-STATE-004)."""
    phase = int(facts.phases.at(np.array([0]), np.array([begin]))[0])
    since = max(int(at.program_start[0]), int(facts.phases.start[0, phase]), int(at.points[0, 0]))
    keeps = bool(facts.phases.keeps_ledger[0, phase]) and bool(facts.terms.has_period[facts.phases.own[0, phase]])
    if keeps and since < begin and opening.provider is None:
        raise TrueupError(
            "E-STATE-004",
            f"the opening balances of {day_text(begin)} do not state those of the provider's ledger",
            "Its credits and the energy since its last true-up enter the next one.",
            "Give the closing.json of the bill before, or state provider: {} where there are none.",
        )


def where_to_begin(facts: Facts, at: Cuts, start: int, opening: Opening | None, first_read: int) -> int:
    """The first day to run: exports before the first solar bill belong to it, and balances must be known."""
    program_start, since, first_cut = int(at.program_start[0]), int(facts.since[0]), int(at.points[0, 0])
    own = facts.terms.take(facts.own)
    stated_later = int(facts.period_start[0]) not in {NEVER, program_start}
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
            f"balances at {day_text(start)} are not known: the home was permitted to operate {day_text(since)}",
            "Credits, counters and compensation of the cycles before enter this bill.",
            "Give --opening with the balances of that day (a closing.json; `owed: '0.00'` where there are none), or "
            f"read dates and meter files from {day_text(since)} on.",
        )
    return solar_start


def first_billable(facts: Facts, at: Cuts, first_read: int, rules: Rules) -> int:
    """The first cut that files and rules cover: a climate credit that rolled over from there belongs to later bills."""
    covered = max(int(rules.covered_days(facts.schedule)[0][0]), first_priced(facts, rules))
    points = at.points[0][at.points[0] >= max(first_read, covered)]
    return int(points[0])


def first_priced(facts: Facts, rules: Rules) -> int:
    """The day from which providers' price lists cover an account: cycles served before it cannot be billed."""
    phases = facts.phases
    first = rules.providers.versions.first_day[phases.prices[0]]
    return int(np.where(phases.keeps_ledger[0] & (phases.start[0] < first), first, 0).max())
