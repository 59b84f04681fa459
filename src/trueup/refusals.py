"""What billing refuses, in words: for an account the reason why its bill cannot be computed from what is known.

The stages find what is lacking, as masks; `pipeline` asks here for the sentence.
"""

from datetime import UTC, datetime
from typing import Any

import numpy as np

from trueup.errors import TrueupError
from trueup.model import Cycles, Facts, Readings, Refusal, Spans
from trueup.periods import HOUR, NEVER, PACIFIC, day_text, midnight_utc, month_text, years_later
from trueup.quantities import Bools, Ints
from trueup.rulebook import Rules
from trueup.rulebook.prices import FLOATING

LONGEST_CYCLE = 45
LONGEST_PERIOD = 373
BILLS_BEFORE = 11
DEMAND_MINUTES = 15
GUESS = "A bill computed from a guess could not be explained, so nothing was computed."


def of_dates(facts: Facts, cycles: Cycles, rules: Rules) -> list[Refusal]:
    """Cycles with days that the schedule, or another rule file of every bill, does not cover (E-RULE-003)."""
    schedule = facts.schedule[cycles.account]
    first, last = rules.covered_days(schedule)
    outside = np.nonzero((cycles.start < first) | (cycles.end - 1 > last))[0]
    found = []
    for cycle in _first_of_account(outside, cycles.account):
        name = rules.tariffs.schedules[schedule[cycle]]
        found.append(
            _refuse(
                facts,
                int(cycles.account[cycle]),
                "E-RULE-003",
                f"{name}: no version covers all of {day_text(cycles.start[cycle])}..{day_text(cycles.end[cycle] - 1)}",
                f"The rule files together cover {day_text(first[cycle])}..{day_text(last[cycle])} only. {GUESS}",
                "Bill days inside it, or add a dated version; --allow-stale drafts beyond a schedule's own last day.",
            )
        )
    return found


def of_provider_dates(facts: Facts, cycles: Cycles, rules: Rules) -> list[Refusal]:
    """Cycles with days that the provider's price list does not cover (E-RULE-003)."""
    versions, phases = rules.providers.versions, facts.phases
    through = phases.through[cycles.account, phases.at(cycles.account, cycles.start)]
    unpriced = cycles.keeps_ledger & ~versions.covers(cycles.prices, cycles.start, cycles.end)
    outside = np.nonzero(unpriced | (cycles.end - 1 > through))[0]
    found = []
    for cycle in _first_of_account(outside, cycles.account):
        first, last = versions.first_day[cycles.prices[cycle]], int(through[cycle])
        covered = _days(first, last) if cycles.keeps_ledger[cycle] else f"..{day_text(last)}"
        found.append(
            _refuse(
                facts,
                cycles.account[cycle],
                "E-RULE-003",
                f"the provider's file does not cover all of {_days(cycles.start[cycle], cycles.end[cycle] - 1)}",
                f"It covers {covered} only. {GUESS}",
                "Bill days inside it, or add a dated version; --allow-stale drafts beyond its last day.",
            )
        )
    return found


def of_stated(facts: Facts, cycles: Cycles, unstated: Ints) -> list[Refusal]:
    """Cycles of another provider's customers without a stated generation municipal surcharge (E-RULE-007)."""
    return [
        _refuse(
            facts,
            cycles.account[cycle],
            "E-RULE-007",
            f"the generation municipal surcharge of {month_text(int(cycles.month[cycle]))} is not stated",
            "Customers of another provider pay it, and no source gives its formula.",
            "State what the bill prints: generation_municipal_surcharge: {'2026-08': '2.27'}; '0' where there is none.",
        )
        for cycle in _first_of_account(unstated, cycles.account)
    ]


def _days(first: Any, last: Any) -> str:
    return f"{day_text(int(first))}..{'further' if last == NEVER else day_text(int(last))}"


def of_lengths(facts: Facts, cycles: Cycles) -> list[Refusal]:
    """Cycles so long that a read date is probably missing (E-BILL-002)."""
    return [
        _refuse(
            facts,
            cycles.account[cycle],
            "E-BILL-002",
            f"the cycle from {day_text(cycles.start[cycle])} has {cycles.end[cycle] - cycles.start[cycle]} days",
            f"Cycles are about a month; beyond {LONGEST_CYCLE} days a read date is probably missing.",
            "Add the missing read date.",
        )
        for cycle in _first_of_account(np.nonzero(cycles.end - cycles.start > LONGEST_CYCLE)[0], cycles.account)
    ]


def of_periods(facts: Facts, cycles: Cycles) -> list[Refusal]:
    """Relevant periods whose twelve bills last longer than a year and a week (E-TRUE-009).

    References
    ----------
    spec `TRUE-01`: a relevant period never exceeds 12 months.
    """
    closing = np.nonzero(cycles.closes)[0]
    first = np.maximum(closing - BILLS_BEFORE, 0)
    counted = cycles.in_period[first] & (cycles.account[first] == cycles.account[closing]) & cycles.full[closing]
    long = closing[counted & (cycles.end[closing] - cycles.start[first] > LONGEST_PERIOD)]
    return [
        _refuse(
            facts,
            cycles.account[cycle],
            "E-TRUE-009",
            f"the twelve bills up to {day_text(cycles.end[cycle] - 1)} last longer than a year",
            "A relevant period never exceeds 12 months, so a read date is probably missing.",
            "Check read_dates.",
        )
        for cycle in _first_of_account(long, cycles.account)
    ]


def of_starts(facts: Facts, cycles: Cycles, first_cut: Ints, program_start: Ints) -> list[Refusal]:
    """Accounts whose relevant period or early exports cannot be placed (E-TRUE-002, -003, -004)."""
    terms = facts.terms.take(facts.own)
    found = []
    stated = facts.period_start != NEVER
    unplaced = terms.has_period & (facts.since < first_cut) & ~stated
    for account in np.nonzero(unplaced)[0]:
        found.append(
            _refuse(
                facts,
                account,
                "E-TRUE-002",
                f"permission to operate came {day_text(facts.pto[account])}, before the first read date "
                f"{day_text(first_cut[account])}",
                "Without the read dates in between the twelve bills of a relevant period cannot be counted.",
                "List the read dates back to permission to operate, or state relevant_period_start (a read date).",
            )
        )
    start = np.full(len(facts.ids), NEVER)
    np.minimum.at(start, cycles.account, cycles.start)
    solar = np.full(len(facts.ids), False)
    np.logical_or.at(solar, cycles.account, cycles.start == program_start[cycles.account])
    late = terms.early_exports_granted & solar & ~stated & (facts.since < program_start) & (start > facts.since)
    for account in np.nonzero(late)[0]:
        found.append(
            _refuse(
                facts,
                account,
                "E-TRUE-003",
                f"the first solar bill is asked for, but its days from {day_text(facts.since[account])} are left out",
                "Exports since permission to operate are credited on the first solar bill (BILL-11).",
                f"Start at {day_text(facts.since[account])} or at an earlier read date, with readings from there.",
            )
        )
    return found + _of_earlier_periods(facts, cycles) + _of_ends(facts, cycles)


def _of_earlier_periods(facts: Facts, cycles: Cycles) -> list[Refusal]:
    """Cycles of a energy ledger before the stated start of the running period (E-TRUE-008)."""
    found = []
    before = cycles.solar & ~cycles.in_period & facts.terms.energy_ledger[cycles.terms]
    for cycle in _first_of_account(np.nonzero(before)[0], cycles.account):
        found.append(
            _refuse(
                facts,
                cycles.account[cycle],
                "E-TRUE-008",
                f"the cycle from {day_text(cycles.start[cycle])} lies before relevant_period_start",
                "Its energy belongs to the energy ledger of the period before, whose start is not stated.",
                "Bill from relevant_period_start on, or leave it out and list the read dates back to PTO.",
            )
        )
    return found


def _of_ends(facts: Facts, cycles: Cycles) -> list[Refusal]:
    """Accounts billed beyond the years that their program lasts (E-TRUE-004)."""
    years = facts.terms.years[facts.own]
    limited = np.nonzero((years != NEVER) & (facts.pto != NEVER))[0]
    found = []
    for account in limited:
        ends = years_later(int(facts.pto[account]), int(years[account]))
        if (cycles.end[cycles.account == account] > ends).any():
            program = facts.told[facts.own[account]]["program"]
            found.append(
                _refuse(
                    facts,
                    account,
                    "E-TRUE-004",
                    f"{program} ended {day_text(ends)} for this account",
                    "After its last year an account moves to the program that follows.",
                    "Bill days up to then, and the following days under the following program.",
                )
            )
    return found


def of_coverage(facts: Facts, cycles: Cycles, readings: Readings) -> list[Refusal]:
    """Cycles that reach outside the days of the meter files (E-READ-031)."""
    outside = np.nonzero((cycles.start < readings.first_day) | (cycles.end > readings.last_day))[0]
    return [
        _refuse(
            facts,
            int(cycles.account[cycle]),
            "E-READ-031",
            f"the meter files hold {day_text(readings.first_day)}..{day_text(readings.last_day - 1)}; the cycle "
            f"{day_text(cycles.start[cycle])}..{day_text(cycles.end[cycle] - 1)} needs more",
            "A cycle is billed from all of its intervals.",
            "Add the files of the missing days, or bill the read dates that the files cover.",
        )
        for cycle in _first_of_account(outside, cycles.account)
    ]


def of_gap(facts: Facts, account: int, readings: Readings, lacking: Bools, own: Bools) -> Refusal:
    """An account that lacks intervals (E-READ-030); where its `own` are complete, those of its generators."""
    first = int(np.argmax(lacking))
    second = midnight_utc(readings.first_day) + first * 60 * readings.minutes
    local = datetime.fromtimestamp(second, UTC).astimezone(PACIFIC)
    hours = int(lacking.sum()) * readings.minutes * 60 / HOUR
    whose = "" if (lacking & own).any() else " of the generators that it shares"
    hint = "" if whose else " Or --estimate them."
    return _refuse(
        facts,
        account,
        "E-READ-030",
        f"{int(lacking.sum())} intervals ({hours:g} h){whose} are missing, the first at {local:%Y-%m-%d %H:%M %Z}",
        "Nothing is interpolated silently: a missing interval may hold an import or an export.",
        f"Download the missing days again and name all files; `trueup read FILES` lists every gap.{hint}",
    )


def check_signed(facts: Facts, cycles: Cycles, readings: Readings) -> None:
    """Readings of a signed column, in which export was set off against import: only where the program does so too.

    Raises
    ------
    TrueupError
        E-READ-034 for a cycle whose program does not net, or nets by shorter intervals.

    References
    ----------
    Schedule NBT, special condition 3.a: imports and exports are not netted; Schedule NEM-ST: net of each interval.
    """
    fits = facts.terms.nets_buckets & (facts.terms.netting_minutes >= readings.minutes)
    wrong = np.nonzero(~fits[cycles.terms])[0]
    if len(wrong) == 0:
        return
    first = int(wrong[0])
    program = facts.told[cycles.terms[first]]["program"]
    raise TrueupError(
        "E-READ-034",
        f"the files hold one signed column of {readings.minutes} minutes; the cycle from "
        f"{day_text(cycles.start[first])} is billed under {program}",
        "Where import and export are priced apart, or netted by shorter intervals, a net value hides both.",
        "Download the file with delivered and received energy apart.",
    )


def of_generation(facts: Facts, readings: Readings) -> list[Refusal]:
    """Accounts whose exports a generation meter limits, without that channel (E-READ-032)."""
    if readings.generation is not None:
        return []
    return [
        _refuse(
            facts,
            account,
            "E-READ-032",
            "a generation meter limits exports, but its channel is not in the files",
            "An export above the recorded generation earns nothing.",
            "Add a file with generation_wh.",
        )
        for account in np.nonzero(facts.limited_by_generation)[0]
    ]


def of_demand(facts: Facts, rules: Rules, readings: Readings) -> list[Refusal]:
    """Accounts whose schedule bills demand, read in intervals too long to see it (E-READ-033)."""
    tariffs = rules.tariffs
    said = f"bills demand, and the files hold {readings.minutes}-minute intervals"
    charged = (tariffs.demand_delivery != 0).any(axis=1)[tariffs.versions.first]
    if readings.minutes <= DEMAND_MINUTES:
        return []
    return [
        _refuse(
            facts,
            account,
            "E-READ-033",
            f"{tariffs.schedules[facts.schedule[account]]} {said}",
            "The largest hour understates the largest quarter of an hour, which is what is billed.",
            "Give 15-minute data.",
        )
        for account in np.nonzero(charged[facts.schedule])[0]
    ]


def of_prices(facts: Facts, cycles: Cycles, segment_cycle: Ints, names: tuple[str, ...], lacks: Ints) -> list[Refusal]:
    """Accounts that need a price marked unknown (E-RULE-004); `lacks` is an index into `names`, -1 for none."""
    found = []
    for segment in _first_of_account(np.nonzero(lacks >= 0)[0], cycles.account[segment_cycle]):
        cycle, name = segment_cycle[segment], names[lacks[segment]]
        found.append(
            _refuse(
                facts,
                int(cycles.account[cycle]),
                "E-RULE-004",
                f"{name} is unknown in the cycle from {day_text(cycles.start[cycle])}",
                f"No source gives it. {GUESS}",
                "See `trueup rules show SCHEDULE --on DATE`; add it with its source.",
            )
        )
    return found


def of_exports(facts: Facts, spans: Spans, unknown: Bools) -> list[Refusal]:
    """Accounts with exports that no table prices (E-RULE-005)."""
    found = []
    for row in _first_of_account(np.nonzero(unknown)[0], spans.rows.account):
        account = int(spans.rows.account[row])
        found.append(
            _refuse(
                facts,
                account,
                "E-RULE-005",
                f"{vintage_name(facts.vintage[account])} has no export price on {day_text(spans.rows.day[row])}",
                "A vintage has prices from its first calendar year, for nine years from permission to operate, as far "
                "as its table reaches.",
                "Check `pto` and `application`, or add the table of that year.",
            )
        )
    return found


def vintage_name(year: int) -> str:
    """A vintage in words."""
    return "the floating series" if year == FLOATING else f"vintage {year or 'unknown'}"


def of_settlements(facts: Facts, cycles: Cycles, unknown: Ints) -> list[Refusal]:
    """Periods with a surplus whose month has no NSCR, average export rate or REC adder (E-RULE-006)."""
    return [
        _refuse(
            facts,
            int(cycles.account[cycle]),
            "E-RULE-006",
            f"no settlement rates are known for {month_text(int(cycles.month[cycle]))}",
            "A net surplus is adjusted and compensated at the rates posted for the month in which the period ends.",
            "Add the month to rules/prices, or settle once it is published.",
        )
        for cycle in _first_of_account(np.nonzero(unknown)[0], cycles.account)
    ]


def _refuse(facts: Facts, account: int | np.integer[Any], code: str, what: str, why: str, todo: str) -> Refusal:
    return Refusal(int(account), TrueupError(code, f"{facts.ids[account]}: {what}", why, todo))


def _first_of_account(found: Ints, account: Ints) -> Ints:
    """Of the indices found, the first of each account."""
    return found[np.unique(account[found], return_index=True)[1]]
