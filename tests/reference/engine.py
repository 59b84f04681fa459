"""Settles one home: cycle after cycle, bill after bill. Slow, scalar, exact."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .account import DEFAULTS, Account, Banks
from .bills import BILLS, energy_by_pool
from .cycles import Cycle, cycles_of
from .kept import keep_kwh, kept_of
from .meter import Meter, Outflow, Use, measure
from .money import Lines
from .provider_settlement import close_provider
from .second_ledger import bill_provider, take_bonus_used
from .settlement import CLOSINGS, Period
from .storage import limit_storage

RULES = Path(__file__).resolve().parents[2] / "src" / "trueup" / "rules"
LEDGERS = ("utility", "provider")
PERIOD_SUMS = ("imported_wh", "exported_wh")

LineKey = tuple[str, str, str, str | None, str | None, str | None]  # start, ledger, then the name of the line


@dataclass
class Run:
    """What one home's cycles have led to so far."""

    account: Account
    banks: dict[str, Banks]
    periods: dict[str, Period] = field(default_factory=lambda: {name: Period() for name in LEDGERS})
    early: list[Outflow] | None = None
    lines: dict[LineKey, tuple[int | None, int]] = field(default_factory=dict)
    months: list[dict[str, Any]] = field(default_factory=list)
    settlements: list[dict[str, Any]] = field(default_factory=list)

    def note(self, cycle: Cycle, ledger: str, printed: Lines) -> None:
        """Keeps the printed lines."""
        start = cycle.start.isoformat()
        self.lines |= {(start, ledger, *name): (line.quantity, line.cents) for name, line in printed.items()}


def settle_home(
    home: dict[str, Any],
    start_utc: int,
    minutes: int,
    delivered: list[int],
    received: list[int],
    opening: dict[str, Any] | None = None,
    rules: Path = RULES,
    generation: list[int] | None = None,
) -> dict[str, Any]:
    """Bills, settlements and closing balances of one home, in Wh and cents (decision records 0003 to 0010, 0014).

    `generation`: the intervals of a generation output meter.
    """
    account = Account({**DEFAULTS, **home}, rules)
    if account.program.allocation != "none":
        raise ValueError(f"{home['program']} is for the accounts of an arrangement")
    outcome = settle_account(account, Meter(start_utc, minutes, delivered, received, generation), opening)
    for balances in outcome["closing"].values():
        del balances["kept_wh"]  # a home alone keeps no kWh
    return outcome


def settle_account(account: Account, meter: Meter, opening: dict[str, Any] | None = None) -> dict[str, Any]:
    """One account by itself."""
    run = open_run(account, opening)
    for cycle in cycles_of(account):
        use = measure(meter, cycle, account)
        limit_storage(use, cycle, account)
        settle_cycle(run, cycle, use)
    return outcome_of(run)


def open_run(account: Account, opening: dict[str, Any] | None) -> Run:
    """Before its first cycle; an opening may also give the sums of a running period (record 0015)."""
    stated = {name: dict((opening or {}).get(name) or {}) for name in {*LEDGERS, *(opening or {})}}
    sums = {name: {key: stated[name].pop(key, 0) for key in PERIOD_SUMS} for name in LEDGERS}
    run = Run(account, open_banks(stated, account))
    run.periods = {name: Period(**sums[name]) for name in LEDGERS}
    return run


def outcome_of(run: Run) -> dict[str, Any]:
    """All that was found."""
    closing = {name: asdict(banks) for name, banks in run.banks.items()}
    return {"lines": run.lines, "months": run.months, "settlements": run.settlements, "closing": closing}


def settle_cycle(run: Run, cycle: Cycle, use: Use) -> None:
    """Both ledgers' bills, then their counters, then what closes with this bill, the utility first."""
    account = run.account
    if cycle.early:
        run.early = [*(run.early or []), *use.outflows.values()]
    keep_kwh(cycle, use, run.banks)
    printed, month = BILLS[cycle.law.kind](cycle, use, run.early, account, run.banks["utility"])
    run.note(cycle, "utility", printed)
    month.update(provider=None, provider_bonus_used=0)
    if cycle.provider_ledger:
        generation, month["provider"] = bill_provider(cycle, use, run.early, account, run.banks["provider"])
        month["provider_bonus_used"] = take_bonus_used(month["provider"])
        run.note(cycle, "provider", generation)
    if cycle.law.kind == "net_billing":
        run.early = None
    run.months.append(month)
    count_bill(run, cycle, use, energy_by_pool(printed, cycle, account), month["used"])
    close_ledgers(run, cycle, month)


def count_bill(run: Run, cycle: Cycle, use: Use, energy: list[int], used: list[int]) -> None:
    """One more bill of the running periods: kWh, and energy charges less credits used (NBT SC 4.e; decisions 19)."""
    counted = {"utility": cycle.counts, "provider": cycle.in_provider_ledger}
    for ledger, period in run.periods.items():
        if counted[ledger]:
            period.imported_wh += use.imported_wh
            period.exported_wh += use.credited_wh
    if cycle.counts:
        for pool in (0, 1):
            run.periods["utility"].unoffset[pool] += energy[pool] - used[pool]


def close_ledgers(run: Run, cycle: Cycle, month: dict[str, Any]) -> None:
    """Settles what ends with this bill; each ledger starts again from zero (BILL-13)."""
    if cycle.closing:
        args = (run.periods["utility"], run.account, run.banks["utility"])
        run.settlements.append(CLOSINGS[cycle.law.kind](cycle, month["due"], *args))
        run.periods["utility"] = Period()
        run.banks["utility"].start_period()
    if cycle.provider_closing:
        own = (run.periods["provider"], run.account, run.banks["provider"])
        run.settlements.append(close_provider(cycle, month["provider"]["due"], *own))
        run.periods["provider"] = Period()
        run.banks["provider"].start_period()


def open_banks(opening: dict[str, Any], account: Account) -> dict[str, Banks]:
    """Balances of both ledgers at the start of the first cycle; what is not given is zero."""
    if set(opening) - set(LEDGERS):
        raise ValueError(f"an opening names only {LEDGERS}")
    banks = {name: Banks(**(opening.get(name) or {})) for name in LEDGERS}
    for ledger in banks.values():
        ledger.export = list(ledger.export)
        ledger.kept_wh = kept_of(ledger.kept_wh)
    if account.program.kind == "net_billing" and account.pool == "combined" and banks["utility"].export[1] != 0:
        raise ValueError("an account with one credit pool cannot open with a balance in a second")
    if banks["provider"].export[0] != 0:
        raise ValueError("a provider grants no delivery credits")
    return banks
