"""Aggregation: the exports of one account are shared by cycle, so all accounts are settled in lock step."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any

from .account import Account
from .bills import credit_lines
from .clock import season, tou_period
from .cycles import Cycle, cycles_of
from .engine import Run, open_run, outcome_of, settle_cycle
from .kept import in_bucket_order
from .meter import Bucket, LocalHour, Meter, Register, Shared, Use, measure
from .money import Line, Lines
from .provider import generation_prices
from .second_ledger import provider_credits
from .shares import Weights, divide_kwh, divide_units, due_of_target, floors_of_running_sum

Span = tuple[date, date]


@dataclass
class Member:
    """One account of the aggregation and its cycles by their first and last day."""

    account: Account
    meter: Meter
    run: Run
    cycles: dict[Span, Cycle]


@dataclass
class Round:
    """One cycle of those whose program holds in it."""

    cycles: dict[str, Cycle]
    uses: dict[str, Use]
    runs: dict[str, Run]
    generating: str
    designated: str

    @property
    def pool(self) -> int:
        """Credited export of the generating account, after its own use (NEM A2)."""
        return self.uses[self.generating].credited_wh if self.generating in self.uses else 0


def settle_aggregation(
    arrangement: dict[str, Any], accounts: dict[str, Account], meters: dict[str, Meter], openings: dict[str, Any]
) -> dict[str, Any]:
    """Cycle after cycle, for shares rest on everybody's use (record 0015)."""
    leader = cycles_of(accounts[arrangement["generating"]])
    numbers = {(cycle.start, cycle.end): cycle.number for cycle in leader if cycle.number}
    members = {}
    for name, account in sorted(accounts.items()):
        cycles = {(cycle.start, cycle.end): cycle for cycle in cycles_of(account, numbers)}
        members[name] = Member(account, meters[name], open_run(account, openings[name]), cycles)
    refuse_other_cycles(members)
    for span in sorted({span for member in members.values() for span in member.cycles}):
        settle_span(span, members, arrangement["generating"], arrangement["designated"])
    return {name: outcome_of(member.run) for name, member in members.items()}


def refuse_other_cycles(members: dict[str, Member]) -> None:
    """Cycles of all accounts in their program are the same (NEM A5; NBT notes 3.6.3)."""
    spans = {
        span for member in members.values() for span, cycle in member.cycles.items() if cycle.law.kind != "standard"
    }
    if any(end > start for (_, end), (start, _) in pairwise(sorted(spans))):
        raise ValueError("the accounts of an aggregation have the same cycles")


def settle_span(span: Span, members: dict[str, Member], generating: str, designated: str) -> None:
    """Everybody's use first, then the shares, then the bills."""
    present = {name: member for name, member in members.items() if span in member.cycles}
    cycles = {name: member.cycles[span] for name, member in present.items()}
    uses = {name: measure(member.meter, cycles[name], member.account) for name, member in present.items()}
    within = {name: cycle for name, cycle in cycles.items() if cycle.law.aggregates}
    if within:
        one = Round(
            cycles=within,
            uses={name: uses[name] for name in within},
            runs={name: members[name].run for name in {*within, generating}},
            generating=generating,
            designated=designated,
        )
        share = share_credits if next(iter(within.values())).law.kind == "net_billing" else share_energy
        share(one)
    for name, member in present.items():
        settle_cycle(member.run, cycles[name], uses[name])


def weights_of(one: Round) -> Weights:
    """What a cycle's exports are shared by: whole Wh of use, or what the target of each leaves due (record 0015)."""
    rule = next(iter(one.cycles.values())).law.allocation
    if rule == "monthly_use":
        return {name: use.imported_wh for name, use in one.uses.items()}
    periods = {name: one.runs[name].periods["utility"] for name in one.uses}
    used = {name: periods[name].imported_wh + use.imported_wh for name, use in one.uses.items()}
    if rule == "cumulative_share":
        return used
    return due_of_target(one.pool, used, {name: period.exported_wh for name, period in periods.items()})


def share_energy(one: Round) -> None:
    """NEM: a member's share stands for its credited export, in the hours in which the generator exported (NEM A5)."""
    shares = divide_kwh(one.pool, weights_of(one), one.designated)
    flows = one.uses[one.generating].outflows.values() if one.generating in one.uses else ()
    hours = {moment: wh for flow in flows for moment, wh in flow.hours.items()}
    for name, use in one.uses.items():
        account, cycle = one.runs[name].account, one.cycles[name]
        replace_exports(use.utility, shares[name], by_bucket(hours, account))
        if cycle.provider_ledger:
            replace_exports(use.provider, shares[name], by_bucket(hours, account, cycle))


def by_bucket(hours: dict[LocalHour, int], account: Account, cycle: Cycle | None = None) -> dict[Bucket, int]:
    """The pool by the account's own price versions, seasons and periods; with a cycle by its provider's versions."""
    found: dict[Bucket, int] = {}
    for (day, hour, _), wh in hours.items():
        version = account.filings.on(day).start
        if cycle is not None:
            version = generation_prices(cycle.service, account.schedule).on(day).start
        bucket = (version, season(day, account.utility), tou_period(account.schedule, day, hour))
        found[bucket] = found.get(bucket, 0) + wh
    return found


def replace_exports(register: Register, share: int, pool: dict[Bucket, int]) -> None:
    """Own exports of a member that does not generate earn nothing."""
    parts = floors_of_running_sum(share, pool, sorted(pool, key=in_bucket_order))
    register.exported = {bucket: parts.get(bucket, 0) for bucket in register.imported}


def share_credits(one: Round) -> None:
    """SBP-A: the generator's kWh and its lines, early ones too, are each split (Schedule NBT SC 10.c; NBT-G15)."""
    weights, run = weights_of(one), one.runs[one.generating]
    cycle = one.cycles.get(one.generating) or next(iter(one.cycles.values()))
    use = one.uses.get(one.generating) or Use()
    lines = {"utility": credit_lines(cycle, use, run.early, run.account)}
    if cycle.provider_ledger and cycle.provider_grants:
        lines["provider"] = provider_credits(use, run.early, cycle, run.account)
    wh = divide_units(one.pool, weights, one.designated)
    split = {ledger: split_lines(own, weights, one.designated) for ledger, own in lines.items()}
    for name, member_use in one.uses.items():
        member_use.shared = Shared(wh[name], {ledger: own[name] for ledger, own in split.items()})


def split_lines(lines: Lines, weights: Weights, designated: str) -> dict[str, Lines]:
    """The quantity and the cents of each line by themselves."""
    found: dict[str, Lines] = {name: {} for name in weights}
    for key, line in lines.items():
        quantities = divide_units(line.quantity or 0, weights, designated)
        cents = divide_units(line.cents, weights, designated)
        for name, own in found.items():
            own[key] = Line(quantities[name], Fraction(cents[name], 100))
    return found
