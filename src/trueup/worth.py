"""What a kWh from and to the grid is worth in an hour, component by component: for dispatch and curiosity."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from trueup import pipeline
from trueup.account import Account
from trueup.charges.grants import PARTS, export_price_row, somebody_grants
from trueup.components import COMPONENTS, LEDGERS, PROVIDER, UTILITY
from trueup.determinants.buckets import bucket_of_hour, segment_of_row
from trueup.errors import TrueupError
from trueup.facts import gather_facts
from trueup.model import Cycles, Readings, Result, Shard, State
from trueup.periods import HOUR, PACIFIC, intervals_to, midnight_utc
from trueup.quantities import PPM
from trueup.rulebook import Rules
from trueup.rulebook.columns import Terms
from trueup.rulebook.schema import BUCKETS
from trueup.timeline import cuts, find_cycles

BY_PERIOD = ("delivery", "generation")
PER_KWH = (
    "nonbypassable", "wildfire_fund", "wildfire_fund_crs", "ctc_crs", "pcia", "franchise_fee", "regulatory_fee",
    "fixed_recovery", "per_kwh", "state_surcharge",
)  # fmt: skip
USUAL_DAYS = 30


@dataclass(frozen=True)
class HourWorth:
    """One clock hour of an account.

    Attributes
    ----------
    start
        UTC.
    season, period
        Of the rate schedule.
    taken, sent
        10^-7 $ for a kWh from and to the grid by component, named ``biller component``; they add to what the kWh is
        worth before local tax.
    baseline_credit
        10^-7 $ off a kWh taken while the cycle's use lies within the baseline allowance; 0 where there is none.
    how
        What the export's worth rests on: a price table, netting in the period's retail price, or nothing.
    """

    start: datetime
    season: str
    period: str
    taken: dict[str, int]
    sent: dict[str, int]
    baseline_credit: int
    how: str

    @property
    def bought(self) -> int:
        """What a kWh from the grid costs."""
        return sum(self.taken.values())

    @property
    def sold(self) -> int:
        """What a kWh to the grid is worth."""
        return sum(self.sent.values())


def worth_of_hours(account: Account, start: datetime, hours: int, rules: Rules | None = None) -> list[HourWorth]:
    """The worth of a kWh in some hours from `start` on.

    Beyond the last read date cycles of 30 days are assumed.

    Parameters
    ----------
    start
        With a time zone, or Pacific prevailing time without.

    Raises
    ------
    TrueupError
        E-WORTH-001 before the account's first read date; as for `bill` where prices are unknown.
    """
    rules = rules or Rules.load()
    first = (start if start.tzinfo else start.replace(tzinfo=PACIFIC)).astimezone(UTC)
    first = first.replace(minute=0, second=0, microsecond=0)
    moments = [first + timedelta(hours=k) for k in range(hours)]
    known: dict[int, Result] = {}
    return [_worth(_result(account, moment, known, rules), moment, rules) for moment in moments]


def _result(account: Account, moment: datetime, known: dict[int, Result], rules: Rules) -> Result:
    """The cycle around a moment, settled without any energy: its lines hold the prices."""
    day = moment.astimezone(PACIFIC).toordinal()
    if day not in known:
        home = _with_reads_to(account, day)
        facts = gather_facts([home], rules)
        cycles, _ = find_cycles(facts, cuts(facts))
        around = np.nonzero((cycles.start <= day) & (day < cycles.end))[0]
        if len(around) == 0:
            raise _no_service(account, moment)
        start, end = _together(cycles, int(around[0]))
        facts = gather_facts([home], rules, [(date.fromordinal(start), date.fromordinal(end))])
        nothing = np.zeros((1, intervals_to(end, start, 60)), dtype=np.int32)
        readings = Readings(start, end, 60, nothing, nothing, nothing)
        made = pipeline.settle(Shard(facts, readings, State.empty(1)), rules)
        if made.refusals:
            raise made.refusals[0].error
        known |= dict.fromkeys(range(start, end), made)
    return known[day]


def _together(cycles: Cycles, cycle: int) -> tuple[int, int]:
    """The days of a cycle and of those whose exports the same bill grants (early ones, BILL-11)."""
    granting = max(cycle, int(cycles.grants_to[cycle]))
    alike = [cycle, *np.nonzero(cycles.grants_to == granting)[0].tolist()]
    return int(cycles.start[alike].min()), int(cycles.end[alike].max())


def _with_reads_to(account: Account, day: int) -> Account:
    """The account with read dates assumed beyond its last one, so that a cycle ends with the day."""
    reads = list(account.read_dates)
    while reads[-1].toordinal() <= day and account.service_end is None:
        reads.append(min(reads[-1] + timedelta(USUAL_DAYS), date.fromordinal(day + 1)))
    return account.with_facts(read_dates=reads, **_not_asked(account, reads))


def _not_asked(account: Account, reads: list[date]) -> dict[str, Any]:
    """Facts that a bill needs and a price does not: where its period began, surcharges of its months."""
    months = {f"{day:%Y-%m}": 0 for day in [*reads, *(read - timedelta(1) for read in reads)]}
    known = account.generation_municipal_surcharge
    found: dict[str, Any] = {"generation_municipal_surcharge": months | known}
    if account.relevant_period_start is None and account.pto is not None and account.pto < reads[0]:
        found["relevant_period_start"] = reads[0]
    return found


def _worth(result: Result, moment: datetime, rules: Rules) -> HourWorth:
    """The prices of one hour, read off the lines of its cycle."""
    runs, facts = result.spans.runs, result.shard.facts
    hour = (int(moment.timestamp()) - midnight_utc(runs.first_day)) // HOUR
    run = int(np.searchsorted(runs.start, hour, side="right")) - 1
    row, clock = int(result.spans.row_of_run[0, run]), moment.astimezone(PACIFIC).hour
    segment = int(segment_of_row(result.measured.segments, result.spans, facts, rules)[row])
    bucket = int(bucket_of_hour(facts, result.spans, rules)[row, clock])
    cycle, day = int(result.spans.rows.cycle[row]), result.spans.rows.day[row : row + 1]
    theirs = int(rules.providers.versions.at(result.spans.cycles.prices[cycle : cycle + 1], day)[0])
    versions = (int(result.measured.segments.version[segment]), theirs)
    taken, credit = _taken(result, rules, cycle, bucket, versions)
    sent, how = _sent(result, rules, row, clock, taken)
    season, period = BUCKETS[bucket]
    return HourWorth(moment, season, period, taken, sent, credit, how)


def _taken(
    result: Result, rules: Rules, cycle: int, bucket: int, versions: tuple[int, int]
) -> tuple[dict[str, int], int]:
    """The prices of a kWh from the grid by component, and the baseline credit."""
    lines, found, credit = result.lines, dict[str, int](), 0
    for index in np.nonzero((lines.cycle == cycle) & (lines.price != 0))[0]:
        name, ledger = COMPONENTS[lines.component[index]].name, int(lines.ledger[index])
        version = int(lines.version[index])
        if version >= 0 and version != versions[ledger]:
            continue
        if name == "baseline_credit":
            credit = -int(lines.price[index])
        own = name in BY_PERIOD and int(lines.bucket[index]) in {bucket, -1}
        if name in PER_KWH or own:
            found[f"{_biller(result, rules, cycle, ledger)} {name}"] = int(lines.price[index])
    return found, credit


def _sent(result: Result, rules: Rules, row: int, clock: int, taken: dict[str, int]) -> tuple[dict[str, int], str]:
    """The worth of a kWh to the grid by component, and what it rests on."""
    facts, cycles = result.shard.facts, result.spans.cycles
    cycle, found, how = int(result.spans.rows.cycle[row]), dict[str, int](), set[str]()
    for ledger in range(len(LEDGERS)):
        if ledger == PROVIDER and not cycles.keeps_ledger[cycle]:
            continue
        terms = facts.terms.take(cycles.of_ledger(ledger).terms[cycle])
        biller = _biller(result, rules, cycle, ledger)
        if terms.nets_buckets or terms.nets_generation:
            names = _netted(terms)
            found |= {key: value for key, value in taken.items() if key in {f"{biller} {name}" for name in names}}
            how.add("nets in the price of its period")
        granting = int(cycles.grants_to[cycle])
        if granting >= 0 and facts.terms.take(cycles.of_ledger(ledger).terms[granting]).priced_exports:
            found |= _export_prices(result, rules, row, clock, ledger)
            how.add("export price table")
    return found, " and ".join(sorted(how)) or "exports are worth nothing"


def _netted(terms: Terms) -> tuple[str, ...]:
    """The components that a kWh sent out takes off the bill."""
    if terms.nets_generation:
        return ("generation",)
    return ("delivery", "generation", *(("pcia",) if terms.recovery_on_net else ()))


def _export_prices(result: Result, rules: Rules, row: int, clock: int, ledger: int) -> dict[str, int]:
    """Export price by part, ACC Plus while locked in, and a provider's bonus, in a ledger."""
    facts, spans = result.shard.facts, result.spans
    cycle = int(spans.rows.cycle[row])
    at = np.array([row])
    price_row = export_price_row(facts, spans, rules)[at]
    if price_row[0] == 0:
        raise _no_export_price(facts.ids[0], int(spans.rows.day[row]))
    prices = rules.exports.at(price_row, spans.rows.repeated[at])[0]
    biller, found = _biller(result, rules, cycle, ledger), dict[str, int]()
    for part, name in enumerate(PARTS):
        theirs = part == 1 and bool(spans.cycles.keeps_ledger[cycle])
        if theirs == (ledger == PROVIDER) and somebody_grants(facts, spans.cycles, part)[cycle]:
            found[f"{biller} export {name}"] = int(prices[part, clock])
    bonus = facts.bonus_price if ledger == UTILITY else facts.provider_bonus_price
    if spans.rows.locked[row] and bonus[0]:
        found[f"{biller} ACC Plus"] = int(bonus[0])
    share = int(rules.providers.export_bonus.at(spans.cycles.provider[cycle : cycle + 1], spans.rows.day[at])[0, 0])
    if ledger == PROVIDER and share:
        found[f"{biller} export bonus"] = int(prices[1, clock]) * share // PPM
    return found


def _biller(result: Result, rules: Rules, cycle: int, ledger: int) -> str:
    told = result.shard.facts.told[result.spans.cycles.of_ledger(ledger).terms[cycle]]
    return rules.book.biller(told["ledger"] or rules.book.program(told["program"]).utility)


def _no_service(account: Account, moment: datetime) -> TrueupError:
    return TrueupError(
        "E-WORTH-001",
        f"{account.account} has no service at {moment.astimezone(PACIFIC):%Y-%m-%d %H:%M}",
        "Prices follow from the schedule and program in force on the day.",
        "Ask for an hour from its first read date on, and before its service ends.",
    )


def _no_export_price(account: str, day: int) -> TrueupError:
    return TrueupError(
        "E-RULE-005",
        f"{account}: no table prices exports on {date.fromordinal(day)}",
        "A vintage has prices from its first calendar year, as far as its table reaches.",
        "Check `pto` and `application`, or add the table of that year.",
    )
