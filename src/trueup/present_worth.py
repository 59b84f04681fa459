"""The worth of hours on the screen and as JSON."""

from typing import Any

from rich.table import Table

from trueup.periods import PACIFIC
from trueup.present import console, plain_table
from trueup.quantities import price_text
from trueup.worth import HourWorth


def worth_fields(hour: HourWorth) -> dict[str, Any]:
    """One hour as JSON; prices in $/kWh as text."""
    return {
        "start_utc": hour.start.isoformat(),
        "start_local": hour.start.astimezone(PACIFIC).isoformat(),
        "season": hour.season,
        "period": hour.period,
        "from_grid": {name: price_text(price) for name, price in hour.taken.items()},
        "from_grid_total": price_text(hour.bought),
        "to_grid": {name: price_text(price) for name, price in hour.sent.items()},
        "to_grid_total": price_text(hour.sold),
        "baseline_credit": price_text(hour.baseline_credit),
        "export_rests_on": hour.how,
    }


def show_worth(hours: list[HourWorth]) -> None:
    """Totals of every hour, then the components of the first."""
    out = console()
    table = plain_table("Hour", "Period", "From grid", "To grid", right={"From grid", "To grid"})
    for hour in hours:
        when = f"{hour.start.astimezone(PACIFIC):%Y-%m-%d %H:%M %Z}"
        period = f"{hour.season} {hour.period}".replace("_", " ")
        table.add_row(when, period, price_text(hour.bought), price_text(hour.sold))
    out.print("$ for a kWh, before local tax", highlight=False)
    out.print(table)
    first = hours[0]
    when = f"{first.start.astimezone(PACIFIC):%Y-%m-%d %H:%M}"
    out.print(_parts(f"From the grid at {when}", first.taken))
    out.print(_parts(f"To the grid at {when}: {first.how}", first.sent))
    if first.baseline_credit:
        told = f"While use lies within the baseline allowance, {price_text(first.baseline_credit)} less."
        out.print(told, highlight=False)


def _parts(title: str, prices: dict[str, int]) -> Table:
    table = plain_table(title, "$/kWh", right={"$/kWh"})
    for name, price in prices.items():
        table.add_row(name.replace("_", " "), price_text(price))
    return table
