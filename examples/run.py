"""Bill every example and write what `trueup` prints to examples/results: `python examples/run.py` (`make examples`).

`make test` prints them again and compares; so every page that quotes a result quotes what the code prints.
"""

import sys
import tempfile
from pathlib import Path

from typer.testing import CliRunner

from trueup import Account
from trueup.cli import app

HERE = Path(__file__).parent
MADE = "examples/made-prices"
EXAMPLES = {
    "sce-nem": ("2026-05", "home"),
    "sce-nem-st": ("2026-05", "home"),
    "sce-sbp": ("2026-06", "home"),
    "fc-nem": ("2026-05", "home"),
    "bg-nem": ("2026-05", "home"),
    "pge-nem": ("2026-05", "home"),
    "pge-nem2": ("2026-05", "home"),
    "pge-sbp": ("2026-06", "home"),
    "sdge-nem-st": ("2026-05", "home"),
    "sdge-sbp": ("2026-06", "home"),
    "clean-power-alliance": ("2026-04", "home"),
    "cleanpowersf": ("2026-04", "home"),
    "mce": ("2026-04", "home"),
    "peninsula": ("2026-04", "home"),
    "sonoma": ("2026-04", "home"),
    "direct-access": ("2026-05", "home"),
    "storage-estimate": ("2026-05", "home"),
    "storage-meter": ("2026-06", "battery-home"),
}
"""The month in which each settles, and its meter file."""
ARRANGEMENTS = {
    "mash": ("2026-06", "unit-04", "2026-02-09"),
    "farm": ("2026-05", "house", "2026-03-12"),
    "campus": ("2026-05", "kitchen", "2026-04-01"),
}
"""The month that ends the year in which its accounts settle; an account and the first day of its worked month."""
INVENTED = (
    "farm",
    "campus",
    "direct-access",
    "clean-power-alliance",
    "cleanpowersf",
    "peninsula",
    "sonoma",
    "sdge-nem-st",
    "sdge-sbp",
)


def command(name: str) -> list[str]:
    """The command line of an example, to be run at the root of the project."""
    if name in ARRANGEMENTS:
        return [*shared(name, "settle"), "--year-ending", ARRANGEMENTS[name][0], "--of", ARRANGEMENTS[name][1]]
    ending, meter = EXAMPLES[name]
    over = ["--with", MADE] if name in INVENTED else []
    files = ["--account", f"examples/homes/{name}.yaml", "--reads", f"examples/meter/{meter}.csv.gz"]
    return [*over, "settle", *files, "--year-ending", ending]


def shared(name: str, how: str) -> list[str]:
    """The command line of an arrangement up to its meter file."""
    folder, over = f"examples/arrangements/{name}", ["--with", MADE] if name in INVENTED else []
    return [*over, how, "--arrangement", f"{folder}/arrangement.yaml", "--reads", f"{folder}/meters.parquet"]


def worked_month(name: str) -> list[str]:
    """The command that bills the last full month before the settlement, line by line; or that of an arrangement."""
    if name in ARRANGEMENTS:
        _, account, first = ARRANGEMENTS[name]
        days = [str(day) for day in Account.from_yaml(HERE / f"arrangements/{name}/{account}.yaml").read_dates]
        span = ["--from", first, "--to", days[days.index(first) + 1]]
        return [*shared(name, "bill"), *span, "--of", account]
    ending, meter = EXAMPLES[name]
    reads = [str(day) for day in Account.from_yaml(HERE / f"homes/{name}.yaml").read_dates]
    last = max(k for k, day in enumerate(reads) if day[:7] <= ending)
    over = ["--with", MADE] if name in INVENTED else []
    files = ["--account", f"examples/homes/{name}.yaml", "--reads", f"examples/meter/{meter}.csv.gz"]
    return [*over, "bill", *files, "--from", reads[last - 2], "--to", reads[last - 1]]


def printed(arguments: list[str]) -> str:
    """What `trueup` prints, without the name of the result folder."""
    with tempfile.TemporaryDirectory() as folder:
        told = CliRunner(env={"COLUMNS": "140"}).invoke(app, [*arguments, "--out", folder])
    if told.exception is not None:
        raise told.exception
    kept = [line.rstrip() for line in told.output.splitlines() if not line.startswith("Wrote ")]
    return "\n".join(kept).rstrip() + "\n"


def result(name: str) -> str:
    """The settled year and one month of it, each under its command."""
    parts = []
    for arguments in (command(name), worked_month(name)):
        parts.append(f"$ trueup {' '.join(arguments)}\n\n{printed(arguments)}")
    return "\n".join(parts)


if __name__ == "__main__":
    chosen = sys.argv[1:] or [*EXAMPLES, *ARRANGEMENTS]
    for name in chosen:
        (HERE / f"results/{name}.txt").write_text(result(name), encoding="utf-8")
        print(f"examples/results/{name}.txt")
