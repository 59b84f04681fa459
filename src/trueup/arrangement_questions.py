"""The questions to an arrangement and how each is answered: from its files, from the rule files, or by an office."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal

from trueup.account import Account
from trueup.arrangement import PERCENT_DIGITS, WHOLE, Arrangement, Parcel
from trueup.membership import served_otherwise
from trueup.periods import years_later
from trueup.quantities import decimal_text, kwh_text, usd_text, wh_from_kwh_text
from trueup.rulebook import Rules
from trueup.rulebook.schema import Program
from trueup.served import keyed_facts

NOTICE_DAYS, METERED_MINUTES = 60, 15
"""Days from a notice to the change (AGG-07); interval of the generating account's meter (AGG-10)."""
Answer = Literal["yes", "no", "not stated", "office"]
Found = tuple[Answer, str]


@dataclass(frozen=True)
class Case:
    """An arrangement, its accounts in the order of its file, their program, and the rules."""

    arrangement: Arrangement
    accounts: tuple[Account, ...]
    program: Program
    rules: Rules

    def given(self, question: str) -> set[str]:
        """The program's answers to one of its questions, for the facts of each account."""
        asked, billed = getattr(self.program.answers, question), {"fee_billing": self.arrangement.fee_billing}
        return {str(asked.given(**keyed_facts(one, self.program) | billed)) for one in self.accounts}

    def stated(self, field: str) -> tuple[list[str], list[str]]:
        """What the members state in a field, and what is said of those that state nothing."""
        values = {one.account: getattr(one, field) for one in self.arrangement.accounts}
        missing = [f"{name} has no {field}" for name, value in values.items() if value is None]
        return sorted({value for value in values.values() if value is not None}), missing


def _weighed(no: Sequence[str], missing: Sequence[str], yes: str) -> Found:
    """No where something speaks against it, else not stated where something is missing; the first of these is told."""
    against = no or missing
    more = f"; and {len(against) - 1} more" if len(against) > 1 else ""
    return ("no" if no else "not stated", against[0] + more) if against else ("yes", yes)


def _always(answer: Answer, told: str) -> Callable[[Case], Found]:
    return lambda case: (answer, told)


def _office(rule: str) -> Callable[[Case], Found]:
    """What only an office can show of a published rule."""
    return lambda case: ("office", str(case.rules.book.published.rules[rule].office))


def _shares(case: Case) -> Found:
    """Sums of the shares and where the rest goes (spec `VIRT-01`); more than 100 % is refused when the file is read."""
    sums = [(one.from_, sum(one.percent.values())) for one in case.arrangement.shares]
    said = [f"from {day} {_percent(whole)}, {_percent(WHOLE - whole)} left to {case.arrangement.designated}"
            for day, whole in sums]  # fmt: skip
    return "yes", "; ".join(said)


def _percent(share: int) -> str:
    return f"{decimal_text(share, PERCENT_DIGITS)} %"


def _credited(case: Case) -> Found:
    """What is allotted is the account's export, carried to the end of a period of its own (spec `VIRT-02`)."""
    own = case.given("allocation") == {"percent_of_output"} and case.given("relevant_period") == {"twelve_bills"}
    said = {"credited": "it is the account's export", "offsets_use_first": "it offsets use, the rest is the export"}
    shares = " or ".join(said.get(how, how) for how in sorted(case.given("allotted_energy")))
    return "yes" if own else "no", f"{shares}; credits are kept in {' or '.join(sorted(case.given('credit_kept_as')))}"


def _delivery_points(case: Case) -> Found:
    """One point of service delivery, unless the program may serve several (spec `VIRT-03`)."""
    if case.program.arranged is not None and case.program.arranged.delivery_points == "several":
        return "yes", f"{case.program.title} may serve several points of service delivery"
    points, missing = case.stated("delivery_point")
    said = f"the accounts stand at {', '.join(points)}"
    return _weighed([said] if len(points) > 1 else [], missing, said)


def _pays(case: Case) -> bool:
    return case.given("surplus_price") != {"none"} and case.given("surplus_eligible") != {"[]"}


def _paid(case: Case) -> Found:
    """Surplus is what an account was allotted over its own use (spec `VIRT-04`)."""
    said = "the utility pays bundled accounts, another provider by its own rules"
    return ("yes", said) if _pays(case) else ("no", f"{case.program.title} never pays for surplus")


def _never_paid(case: Case) -> Found:
    """Accounts of NEM aggregation are never paid for surplus (spec `AGG-09`; tariffs-nem A6)."""
    return "no" if _pays(case) else "yes", f"{case.program.title} {'pays' if _pays(case) else 'never pays'} for surplus"


def _applications(case: Case) -> Found:
    """Each account applied from the program's first to its last day (spec `VIRT-05`; tariffs-nem A10)."""
    days = case.program.applications
    if days is None:
        return "office", f"the rule files hold no first and last day for {case.program.title}"
    span = " ".join(f"{word} {day}" for word, day in (("from", days.from_), ("until", days.until)) if day is not None)
    applied = {one.account: one.application for one in case.accounts}
    missing = [f"{name} has no application" for name, day in applied.items() if day is None]
    no = [f"{name} applied on {day}; applications were taken {span}" for name, day in applied.items()
          if day is not None and not (days.from_ or date.min) <= day <= (days.until or date.max)]  # fmt: skip
    return _weighed(no, missing, f"all applied {span}")


def _largest(case: Case) -> Found:
    """The generator is no larger than the program's limit, 1 MW (tariffs-nem A1)."""
    limit = case.program.arranged.largest_kw if case.program.arranged is not None else None
    return _at_most(case, "the most allowed", wh_from_kwh_text(limit) if limit is not None else None)


def _joint_load(case: Case) -> Found:
    """The generator is no larger than the joint load (spec `AGG-03`; tariffs-nem V5)."""
    return _at_most(case, "joint_load_kw", case.arrangement.generator.joint_load_kw)


def _at_most(case: Case, name: str, limit: int | None) -> Found:
    watts = case.arrangement.generator.kw
    if watts is None or limit is None:
        return "not stated", f"generator has no {'kw' if watts is None else name}"
    said = f"kw is {kwh_text(watts)}, {name} is {kwh_text(limit)}"
    return "no" if watts > limit else "yes", said


def _one_customer(case: Case) -> Found:
    """One customer of record on all accounts (spec `AGG-03`; tariffs-nem A1)."""
    names, missing = case.stated("customer")
    said = f"the customer of record is {' and '.join(names)}"
    return _weighed([said] if len(names) > 1 else [], missing, said)


def _generating(case: Case) -> Found:
    """One account exports, the others benefit (spec `AGG-03`); who aggregates names it, or the file is refused."""
    return "yes", f"{case.arrangement.generating} exports; accounts in all: {len(case.accounts)}"


def _unlisted(case: Case) -> list[str]:
    used, missing = case.stated("parcel")
    return missing + [f"parcel {name} is not listed" for name in used if name not in case.arrangement.parcels]


def _held(case: Case) -> Found:
    """The customer alone owns, leases or rents every parcel with a meter (spec `AGG-01`; tariffs-nem A1)."""
    parcels = case.arrangement.parcels
    used = [name for name in case.stated("parcel")[0] if name in parcels]
    no = [f"parcel {name} is not held by the customer alone" for name in used if not parcels[name].solely]
    return _weighed(no, _unlisted(case), ", ".join(f"{name} is {parcels[name].tenure}" for name in used))


def _chain(case: Case) -> Found:
    """Parcels hang together by parcels that the customer alone holds; roads break nothing (spec `AGG-02`; NEM A1)."""
    stands = {one.account: one.parcel or "" for one in case.arrangement.accounts}
    first = stands[case.arrangement.generating or case.arrangement.designated]
    reached, missing = _reached(case.arrangement.parcels, first), _unlisted(case)
    apart = sorted({parcel for parcel in stands.values() if parcel not in reached})
    no = [] if missing else [f"no unbroken chain leads from parcel {first} to {name}" for name in apart]
    return _weighed(no, missing, f"each is reached from parcel {first}, which has the generating account")


def _reached(parcels: Mapping[str, Parcel], first: str) -> set[str]:
    """The parcels that adjoin the first, or lie across a road, by way of parcels that the customer alone holds."""
    held = {name for name, parcel in parcels.items() if parcel.solely}
    sides = {(name, other) for name in held for other in (*parcels[name].next_to, *parcels[name].across_road)}
    sides |= {(other, name) for name, other in sides}
    found = new = {first}
    while new:
        new = {other for name, other in sides if name in new and {name, other} <= held} - found
        found = found | new
    return found


def _days(case: Case) -> list[date]:
    """The days on which accounts join or leave, each a change of the arrangement."""
    return sorted({day for one in case.arrangement.accounts for day in (one.joins, one.leaves) if day is not None})


def _notices(case: Case) -> Found:
    """A change is told at least 60 days before (spec `AGG-07`; tariffs-nem A7); the first notice of its day counts."""
    given = {one.on: one.given for one in sorted(case.arrangement.notices, key=lambda one: one.given, reverse=True)}
    ahead = {day: (day - given[day]).days if day in given else None for day in _days(case)}
    no = [
        f"{day} was told {days} days before" for day, days in ahead.items() if days is not None and days < NOTICE_DAYS
    ]
    missing = [f"there is no notice of {day}" for day, days in ahead.items() if days is None]
    told = f"changes: {len(ahead)}, each told {NOTICE_DAYS} days before or earlier"
    return _weighed(no, missing, told if ahead else "no account joins or leaves")


def _once_a_year(case: Case) -> Found:
    """Changes have one day in 12 months, so that each stands that long (spec `AGG-07`; tariffs-nem A7)."""
    no = [f"{later} comes within 12 months of {day}" for day, later in pairwise(_days(case))
          if later.toordinal() < years_later(day.toordinal(), 1)]  # fmt: skip
    return _weighed(no, [], f"days on which accounts join or leave: {', '.join(map(str, _days(case))) or 'none'}")


def _provider(case: Case) -> Found:
    """All are bundled, or all with one provider, while they belong to it (spec `AGG-08`; tariffs-nem A7)."""
    other, giver = served_otherwise(case.arrangement, case.accounts), case.arrangement.generating
    if other is not None:
        return "no", f"{other.account} is not served as {giver} is"
    one, book = next(one for one in case.accounts if one.account == giver), case.rules.book.providers
    if any(name in book and book[name].kind == "da" for name in _providers(one)):
        return "office", "that one provider of Direct Access serves them all: its contracts"
    return "yes", f"all with {', then '.join(_providers(one))}"


def _providers(account: Account) -> list[str]:
    return [account.provider, *(switch.provider for switch in account.switches)]


def _fees(case: Case) -> Found:
    """Each account pays for itself, once and with every bill (spec `AGG-06`; tariffs-nem A8)."""
    made = [fees for name, fees in case.program.fee_amounts.items() if {name} == case.given("fees")]
    said = [f"${usd_text(one.setup)} once{_for_all(one.setup_at_most)}, ${usd_text(one.monthly)} with every bill"
            for one in made]  # fmt: skip
    return _weighed([], [] if said else ["the rule files hold no fees"], said[0] if said else "")


def _for_all(most: int | None) -> str:
    return "" if most is None else f" (at most ${usd_text(most)} for all)"


def _left_over(case: Case) -> Found:
    """Credits that are left when a period closes go to no other account and no later period (spec `AGG-09`)."""
    left, paid = " or ".join(sorted(case.given("left_over"))), "paid" if _pays(case) else "never paid"
    return "yes" if left == "forfeited" else "no", f"left-over credits are {left}; surplus is {paid} for"


def _dollars(case: Case) -> Found:
    """Exports are credited at export prices, in kWh and dollars to all accounts (spec `AGG-04`)."""
    priced = case.given("export_value") == {"export_price_table"} and "none" not in case.given("allocation")
    return "yes" if priced else "no", f"{case.program.title}: shared cycle by cycle, in kWh and cents"


def _alone(case: Case) -> Found:
    """Leaving settles an account alone, joining starts no period (spec `AGG-07`, `TRUE-06`; tariffs-nem A7)."""
    together = case.given("relevant_period") == {"twelve_bills_together"}
    said = "who leaves is settled alone, who joins takes part in the running period"
    return "yes" if together else "no", f"billed so here: {said}"


def _metered(case: Case) -> Found:
    """The generating account's meter records intervals of 15 minutes (spec `AGG-10`)."""
    minutes = case.arrangement.generator.metered_minutes
    if minutes is None:
        return "not stated", "generator has no metered_minutes"
    return "yes" if minutes == METERED_MINUTES else "no", f"metered_minutes is {minutes}"


BILLS = "by design: every account has its own bill for each cycle, and no bill sums up several"
ONCE = "one that stands in two arrangements that are billed together is refused (E-ARR-002)"
BEFORE = "meters of NEM aggregation were there before 2022-12-15; the utility's records show it"
QUESTIONS: tuple[tuple[tuple[str, ...], str, Callable[[Case], Found]], ...] = (
    (("VIRT-01",), "Do the shares of each day add up to 100 % at most?", _shares),
    (("VIRT-02",), "Is what is allotted credited to the end of each account's own period?", _credited),
    (("VIRT-03",), "Are all accounts at one point of service delivery, or may there be several?", _delivery_points),
    (("VIRT-04",), "Is surplus paid by each account's own share and use?", _paid),
    (("VIRT-05", "NEM A10"), "Did each account apply while applications were taken?", _applications),
    (("NEM A10",), "Were all meters there in time?", _always("office", BEFORE)),
    (("NEM A1",), "Is the generator within the largest size?", _largest),
    (("AGG-01", "NEM A1"), "Does the customer alone own, lease or rent every parcel with a meter?", _held),
    (("AGG-02", "NEM A1"), "Are the parcels one unbroken chain?", _chain),
    (("AGG-03", "NEM A1"), "Is one customer of record on all accounts?", _one_customer),
    (("AGG-03",), "Is the generating account named?", _generating),
    (("AGG-03", "NEM V5"), "Is the generator within the joint load?", _joint_load),
    (("AGG-04",), "Are exports shared as dollars and kWh?", _dollars),
    (("AGG-05",), "Is each account billed separately, every month?", _always("yes", BILLS)),
    (("AGG-06", "NEM A8"), "Does each account pay its own fees?", _fees),
    (("AGG-07",), "Was each change told 60 days before?", _notices),
    (("AGG-07",), "Does each change stand for 12 months?", _once_a_year),
    (("AGG-07",), "Does leaving settle one account alone, and joining start no period?", _alone),
    (("AGG-08",), "Are all accounts bundled, or all with one provider?", _provider),
    (("AGG-08",), "Is each account in this arrangement only?", _always("yes", ONCE)),
    (("AGG-09",), "Do left-over credits end with the period, at no other account?", _left_over),
    (("NEM A6",), "Is surplus never paid for?", _never_paid),
    (("AGG-10",), "Does the generating account's meter record 15 minutes?", _metered),
    (("AGG-10",), "Did the utility check and set up the metering?", _office("AGG-10")),
    (("AGG-11",), "Are the papers of a conversion complete?", _office("AGG-11")),
    (("AGG-12",), "Does the NEM cap leave room?", _office("AGG-12")),
)
"""Ids, question and answer; asked where the program's file names one of the ids."""
