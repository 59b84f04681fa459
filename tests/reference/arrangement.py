"""Settles the accounts of an arrangement: virtual metering, or aggregation (decision record 0015)."""

from pathlib import Path
from typing import Any

from .account import DEFAULTS, Account, Seat
from .aggregation import settle_aggregation
from .engine import RULES, settle_account
from .meter import Meter
from .programs import PROGRAMS
from .terms import Fees, Program
from .virtual import allot, meter_of

CHANNELS = ("delivered", "received")


def settle_arrangement(
    arrangement: dict[str, Any], homes: dict[str, dict[str, Any]], rules: Path = RULES
) -> dict[str, Any]:
    """What `settle_home` returns, for each account: bills, settlements and closing balances (record 0015).

    `arrangement`: `accounts` with `joins` and `leaves`, the `designated` one; for virtual metering `shares` and
    `output`; for aggregation the `generating` account and `fee_billing`. `homes`: facts, readings and opening.
    """
    refuse_misfits(arrangement, homes)
    law = PROGRAMS[homes[arrangement["designated"]]["home"]["program"]][0]
    accounts = {
        name: Account({**DEFAULTS, **homes[name]["home"]}, rules, seat)
        for name, seat in seats_of(arrangement, law).items()
    }
    if law.aggregates:
        refuse_elections(accounts)
        meters = {
            name: Meter(given["start_utc"], given["minutes"], given["delivered"], given["received"])
            for name, given in homes.items()
        }
        openings = {name: given.get("opening") for name, given in homes.items()}
        return settle_aggregation(arrangement, accounts, meters, openings)
    return settle_virtual(arrangement, accounts, homes)


def settle_virtual(
    arrangement: dict[str, Any], accounts: dict[str, Account], homes: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    """The output is allotted first, then each account is settled by itself (NEM V1 to V4)."""
    grid = homes[arrangement["designated"]]
    allotted = allot(arrangement, accounts, grid["start_utc"], grid["minutes"])
    found = {}
    for name, account in accounts.items():
        given = homes[name]
        meter = meter_of(account, given["start_utc"], given["minutes"], given["delivered"], allotted[name])
        found[name] = settle_account(account, meter, given.get("opening"))
    return found


def seats_of(arrangement: dict[str, Any], law: Program) -> dict[str, Seat]:
    """When each account joins and leaves, and its fees; setup up to a sum of all, as they come, then by id (NEM A8)."""
    fees = fees_of(arrangement, law)
    left, seats = fees.setup_at_most, {}
    came = {name: (str(stay.get("joins") or ""), name) for name, stay in arrangement["accounts"].items()}
    for name, stay in sorted(arrangement["accounts"].items(), key=lambda item: came[item[0]]):
        setup = fees.setup if left is None else min(fees.setup, left)
        left = None if left is None else left - setup
        seats[name] = Seat(stay.get("joins"), stay.get("leaves"), setup, fees.monthly)
    return seats


def fees_of(arrangement: dict[str, Any], law: Program) -> Fees:
    """By how they are billed, where a program tells that apart (AGG-06); those of virtual metering are not known."""
    if len(law.fees) > 1:
        return law.fees[arrangement["fee_billing"]]
    return next(iter(law.fees.values()), Fees(0, 0))


def refuse_misfits(arrangement: dict[str, Any], homes: dict[str, dict[str, Any]]) -> None:
    """One program, one grid of intervals, a designated account that is there throughout."""
    accounts = arrangement["accounts"]
    stay = accounts[arrangement["designated"]]
    if set(accounts) != set(homes) or stay.get("joins") or stay.get("leaves"):
        raise ValueError("an arrangement has a home for each account, and its designated account stays throughout")
    if len({given["home"]["program"] for given in homes.values()}) > 1:
        raise ValueError("the accounts of an arrangement have one program")
    law = PROGRAMS[homes[arrangement["designated"]]["home"]["program"]][0]
    if law.allocation == "none" or (law.aggregates and arrangement["generating"] not in accounts):
        raise ValueError("the program is for no arrangement, or nobody generates in it")
    lengths = [len(given[channel]) for given in homes.values() for channel in CHANNELS]
    lengths += [] if law.aggregates else [len(arrangement["output"])]
    grids = {(given["start_utc"], given["minutes"]) for given in homes.values()}
    if len(grids) > 1 or len(set(lengths)) > 1:
        raise ValueError("all meters of an arrangement have the same intervals")


def refuse_elections(accounts: dict[str, Account]) -> None:
    """NEM aggregation has no compensation to choose (SB 594; NEM A6)."""
    for account in accounts.values():
        choices = {account.home["nsc_election"], *(entry["choice"] for entry in account.home["nsc_elections"] or [])}
        if account.program.kind == "netting" and choices != {"none"}:
            raise ValueError("NEM aggregation compensates no surplus, so there is nothing to choose")
