"""Settles one home: cycle after cycle, bill after bill. Slow, scalar, exact."""

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from .account import Account, Banks, Cycle, cycles_of, program_start
from .bills import BILLS, energy_by_pool
from .meter import HourlyExport, Meter, Use, measure
from .settlement import CLOSINGS, Period

RULES = Path(__file__).resolve().parents[2] / "src" / "trueup" / "rules"

LineKey = tuple[str, str, str | None, str | None, str | None]


def settle_home(
    home: dict[str, Any],
    start_utc: int,
    minutes: int,
    delivered: list[int],
    received: list[int],
    opening: dict[str, Any] | None = None,
    rules: Path = RULES,
) -> dict[str, Any]:
    """Bills, settlements and closing balances of one home, in Wh and cents (decision records 0003 to 0006)."""
    account = Account(home, rules)
    meter = Meter(start_utc, minutes, delivered, received)
    banks = open_banks(opening, account)
    early: HourlyExport | None = None
    period = Period()
    lines: dict[LineKey, tuple[int | None, int]] = {}
    months, settlements = [], []
    for cycle in cycles_of(home):
        use = measure(meter, cycle, account.tariff)
        if exports_early(cycle, home):
            early = {**(early or {}), **use.exports}
        printed, month = BILLS[cycle.program](cycle, use, early, account, banks)
        if cycle.program == "sbp":
            early = None
        lines |= {(month["start"], *name): (line.quantity, line.cents) for name, line in printed.items()}
        months.append(month)
        if cycle.counts:
            count(period, use, energy_by_pool(printed, account), month["used"])
        if cycle.closes:
            settlements.append(CLOSINGS[cycle.program](cycle, month["due"], period, account, banks))
            period = Period()
    return {"lines": lines, "months": months, "settlements": settlements, "closing": asdict(banks)}


def open_banks(opening: dict[str, Any] | None, account: Account) -> Banks:
    """Balances at the start of the first cycle; what is not given is zero."""
    banks = Banks(**(opening or {}))
    banks.export = list(banks.export)
    if account.home["program"] == "sbp" and account.pool == "combined" and banks.export[1] != 0:
        raise ValueError("an account with one credit pool cannot open with a balance in a second")
    return banks


def exports_early(cycle: Cycle, home: dict[str, Any]) -> bool:
    """Days from PTO to the first solar cycle: valued later, on the first solar bill (BILL-11; decisions 26)."""
    if home["program"] != "sbp" or cycle.program != "standard":
        return False
    pto: date = home["pto"]
    return cycle.start >= pto and program_start(home) is not None


def count(period: Period, use: Use, energy: list[int], used: list[int]) -> None:
    """One more bill of the running period: kWh, and energy charges less credits used (NBT SC 4.e; decisions 19)."""
    period.imported_wh += use.imported_wh
    period.exported_wh += use.exported_wh
    for pool in (0, 1):
        period.unoffset[pool] += energy[pool] - used[pool]
