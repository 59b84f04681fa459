"""Made arrangements: accounts, shares, joins and leaves, meter columns from a seed; settled by both engines."""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from tests.made import account, made_reads, random_columns
from tests.made_places import CLASSES, END, REGIONS, VINTAGES
from tests.made_rules import MADE_CCA, MADE_ESP, shared_made_rules
from trueup.account import Account
from trueup.arrangement import Arrangement
from trueup.arrangement_checks import checks_of
from trueup.facts import gather_facts
from trueup.membership import sharing_of
from trueup.model import NO_VALUE, Readings, Result, Shard, State
from trueup.periods import midnight_utc
from trueup.pipeline import settle
from trueup.rulebook import Rules

TOU = ("tou-d-4-9pm", "tou-d-prime")
SCHEDULES = {
    "nem-v": ("d", *TOU),
    "mash-vnm": ("d", *TOU),
    "nem-v-st": TOU,
    "vsbp": ("tou-d-prime",),
    "nem-a": ("d", *TOU),
    "nem-st-a": TOU,
    "sbp-a": ("tou-d-prime",),
    "pge-nem-a": ("e-tou-c", "ev2-a", "e-elec"),
    "pge-nem2-a": ("e-tou-c", "ev2-a", "e-elec"),
    "pge-nem2-v": ("e-tou-c", "ev2-a", "e-elec"),
}
VIRTUAL = ("nem-v", "mash-vnm", "nem-v-st", "vsbp", "pge-nem2-v")
RULES_OF = {
    "nem-v": ("dollar-credits", "kwh-credits", "kwh-credits"),
    "mash-vnm": ("dollar-credits", "kwh-credits"),
    "nem-v-st": ("dollar-credits", "kwh-credits", "all-imports"),
    "vsbp": ("R-FAQ", "R-2023", "R-2024"),
    "nem-a": ("cumulative-target", "monthly-use"),
    "nem-st-a": ("cumulative-target", "monthly-use"),
    "sbp-a": ("R-FAQ", "R-2023", "R-2024"),
}
UNPAID = {"nem-a", "nem-st-a", "pge-nem-a", "pge-nem2-a"}
"""Programs that never pay for surplus."""
LEDGERS = {"sce": MADE_CCA, "pge": "cleanpowersf"}


@dataclass(frozen=True)
class MadeArrangement:
    """A random arrangement: its file, accounts, meter columns of all, output of the generators."""

    arrangement: Arrangement
    accounts: list[Account]
    readings: Readings
    output: np.ndarray[Any, np.dtype[np.int32]] | None

    @property
    def first_utc(self) -> int:
        """UTC second of the first interval."""
        return midnight_utc(self.readings.first_day)

    def shard(self, rules: Rules, openings: tuple[State, State] | None = None) -> Shard:
        """The arrangement by itself as a shard."""
        return shard_of([self], rules, openings)


def shard_of(made: list[MadeArrangement], rules: Rules, openings: tuple[State, State] | None = None) -> Shard:
    """Arrangements of one grid of intervals as one shard."""
    accounts = [account for one in made for account in one.accounts]
    arrangements = [one.arrangement for one in made]
    both = [np.concatenate([getattr(one.readings, name) for one in made]) for name in ("delivered", "received")]
    first = made[0].readings
    readings = Readings(first.first_day, first.last_day, first.minutes, *both)
    outputs = {one.arrangement.arrangement: (first.minutes, one.output) for one in made if one.output is not None}
    sharing = sharing_of(arrangements, [one.account for one in accounts], outputs, first.first_day)
    empty = State.empty(len(accounts))
    return Shard(gather_facts(accounts, rules, None, arrangements), readings, *(openings or (empty, empty)), sharing)


def padded(column: np.ndarray[Any, Any], part: Readings, first: int, last: int) -> np.ndarray[Any, Any]:
    """Hourly columns of some days over more days, with nothing where they have nothing."""
    before = (midnight_utc(part.first_day) - midnight_utc(first)) // 3600
    after = (midnight_utc(last) - midnight_utc(part.last_day)) // 3600
    return np.pad(column, ((0, 0), (before, after)), constant_values=NO_VALUE)


def may_be_billed(made: MadeArrangement) -> bool:
    """Whether balances are known from the first day and no answer is no: made ones may change twice a year."""
    known = all(one.relevant_period_start is None for one in made.accounts)
    checks = checks_of(made.arrangement, made.accounts, shared_made_rules())
    return known and all(check.answer != "no" for check in checks)


def settled(made: MadeArrangement, rules: Rules) -> Result:
    """An arrangement by itself, settled."""
    return settle(made.shard(rules), rules)


def made_arrangement(seed: int, programs: tuple[str, ...] = tuple(SCHEDULES)) -> MadeArrangement:
    """Random accounts that share a generator, over the span that the prices cover."""
    chance = random.Random(seed)
    program = chance.choice(programs)
    names = [f"{chance.randint(0, 999):03d}-{k}" for k in range(chance.choice([1, 2, 3, 3, 4, 6]))]
    first = made_reads(chance, date(2025, 1, 4), END - timedelta(3), 18)
    pto = first[0] + timedelta(chance.choice([-20, 0, 5, 20, 33]))
    starts = pto if program not in {"vsbp", "sbp-a"} else next((d for d in first if d >= pto), first[-1])
    designated, generating = chance.choice(names), chance.choice(names)
    reads = {name: _reads(chance, program, first) for name in names}
    stays = {name: {} if name in {designated, generating} else _stay(chance, reads[name], starts) for name in names}
    minutes = chance.choice([60, 60, 15])
    virtual = program in VIRTUAL
    fields: dict[str, Any] = {
        "arrangement": f"seed-{seed}",
        "accounts": [{"account": name, **stays[name]} for name in names],
        "designated": designated,
        "fee_billing": chance.choice(["automated", "automated", "manual"]) if program == "sbp-a" else "automated",
    }
    fields |= (
        {"generators": ["roof"], "shares": _sets(chance, names, first, pto)} if virtual else {"generating": generating}
    )
    shared = _shared_facts(chance, program, first, pto)
    accounts = [_account(chance, name, program, reads[name], shared, "joins" in stays[name]) for name in names]
    if virtual and accounts[0].service_end is not None:  # read dates differ, and the designated account stays longest
        whole = [account.with_facts(service_end=None) for account in accounts if account.account == designated]
        accounts = [whole[0] if account.account == designated else account for account in accounts]
    columns = [random_columns(chance, first[0] - timedelta(3), first[-1] + timedelta(6), minutes) for _ in names]
    keeps = [n == generating or virtual for n in names]
    delivered = np.concatenate([one.delivered for one in columns])
    received = np.concatenate([one.received * keep for one, keep in zip(columns, keeps, strict=True)])
    spread = Readings(columns[0].first_day, columns[0].last_day, minutes, delivered, received.astype(np.int32))
    roof = random_columns(chance, first[0] - timedelta(3), first[-1] + timedelta(6), minutes).received[0]
    return MadeArrangement(Arrangement.from_fields(fields), accounts, spread, roof if virtual else None)


def _reads(chance: random.Random, program: str, first: list[date]) -> list[date]:
    """The common read dates; under virtual metering each account may have its own."""
    if program not in VIRTUAL or chance.random() < 0.5:
        return first
    moved = [day + timedelta(chance.randint(-3, 3)) for day in first]
    return moved if len(first) > 2 else first


def _stay(chance: random.Random, reads: list[date], starts: date) -> dict[str, str]:
    """When an account joins and leaves."""
    found, later = {}, [day for day in reads if day > starts]
    if len(later) > 3 and chance.random() < 0.3:
        found["joins"] = str(later[chance.randint(0, len(later) // 2)])
    if len(later) > 3 and chance.random() < 0.3:
        after = [day for day in later if str(day) > found.get("joins", "")]
        if len(after) > 1:
            found["leaves"] = str(chance.choice(after[1:]))
    return found


def _sets(chance: random.Random, names: list[str], reads: list[date], pto: date) -> list[dict[str, Any]]:
    """Sets of shares from some days on, of 100 percent or less."""
    days = sorted(
        {
            pto - timedelta(1),
            *(chance.choice(reads) + timedelta(chance.randint(0, 9)) for _ in range(chance.choice([0, 1, 2]))),
        }
    )
    return [{"from": str(day), "percent": _percent(chance, names)} for day in days]


def _percent(chance: random.Random, names: list[str]) -> dict[str, str]:
    kind = chance.choice(["equal", "third", "random", "some"])
    if kind == "equal":
        return dict.fromkeys(names, f"{100 / len(names) - 0.00005:.4f}")
    if kind == "third":
        return dict.fromkeys(names[:3], "33.33")
    weights = {name: chance.random() for name in names}
    most = chance.choice([100, 100, 80])
    return {name: f"{most * w / sum(weights.values()) - 0.00005:.4f}" for name, w in weights.items() if w > 0.1}


def _shared_facts(chance: random.Random, program: str, reads: list[date], pto: date) -> dict[str, Any]:
    """Facts that all accounts of an arrangement share."""
    utility = "pge" if program.startswith("pge") else "sce"
    provider = chance.choice(
        ["bundled", "bundled", LEDGERS[utility], "direct-access" if utility == "pge" else MADE_ESP]
    )
    return {
        "pto": pto,
        "application": pto - timedelta(chance.randint(1, 100)) if program in {"vsbp", "sbp-a"} else date(2022, 3, 1),
        "provider": provider,
        "crs_vintage": None if provider == "bundled" else chance.choice(VINTAGES[utility]),
        "service_end": chance.choice([None, None, None, reads[-1]]),
        "settlement_rule": chance.choice([None, *RULES_OF.get(program, ())]),
    }


def _account(
    chance: random.Random, name: str, program: str, reads: list[date], shared: dict[str, Any], joins: bool
) -> Account:
    utility = "pge" if program.startswith("pge") else "sce"
    schedule = chance.choice(SCHEDULES[program])
    months = [f"{year}-{month:02d}" for year in (2025, 2026) for month in range(1, 13)]
    ends = shared["service_end"] and reads[-1]
    elections = ["none"] if program in UNPAID else ["none", "on_bill", "check", "opt_out"]
    options = (
        {}
        if program in {"vsbp", "sbp-a"} or utility == "pge"
        else {"billing_option": chance.choice([None, "annual", "monthly"])}
    )
    return account(
        **(shared | {"service_end": ends}),
        relevant_period_start=reads[0] if shared["pto"] < reads[0] and not joins else None,
        **options,
        account=name,
        storage=True,
        program=program,
        schedule=schedule,
        customer_class=CLASSES.get(schedule, "residential"),
        read_dates=reads,
        baseline_region=chance.choice(REGIONS[utility]),
        heating=chance.choice(["basic", "all_electric"]),
        acc_plus=chance.choice(["residential", "none"]) if program in {"vsbp", "sbp-a"} else "none",
        nsc_election=chance.choice(elections),
        local_tax=chance.choice(["0", "0.0475"]),
        generation_municipal_surcharge=dict.fromkeys(months, "1.07") if utility == "sce" else {},
        climate_credits=dict.fromkeys(chance.sample(months, 4), "58.23") if utility == "pge" else {},
    )
