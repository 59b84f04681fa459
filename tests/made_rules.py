"""Made rule files: a community choice aggregator and a Direct Access provider with prices for every day and schedule.

Invented, for tests and benches only: what real providers charged before July 2026 is not known to us.
"""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from trueup.rulebook import Rulebook, Rules
from trueup.rulebook.load import RULES

INVENTED = Path(__file__).parent.parent / "examples/made-prices"
"""Prices that no public source gives, for every program that ships."""
MADE_CCA = "made-valley-power"
MADE_ESP = "made-esp"
ARRANGED = ("nem-v", "mash-vnm", "nem-v-st", "vsbp", "nem-a", "nem-st-a", "sbp-a")
SCHEDULES = ("d", "tou-d-4-9pm", "tou-d-5-8pm", "tou-d-prime", "tou-gs-1-d", "tou-gs-1-e")
STARTS = ("2025-01-01", "2025-08-10", "2026-02-14", "2026-07-01")
OTHERS = {"source": "cpa-bill", "wfc": "0.00591", "ctc": "0.00014", "pcia": {"2018": "0.02311", "2023": "-0.00412"}}


def _grid(schedule: str, step: int, product: int) -> dict[str, dict[str, str]]:
    """Prices that differ by period, version and product."""

    def price(cents: int) -> str:
        return f"0.{cents + 13 * step + 7 * product:05d}"

    if schedule == "d":
        return {"summer": {"all_hours": price(11211)}, "winter": {"all_hours": price(9544)}}
    summer = {"on_peak": price(27066), "mid_peak": price(8135), "off_peak": price(4658)}
    winter = {"mid_peak": price(23918), "off_peak": price(3578), "super_off_peak": price(3121)}
    return {"summer": summer, "winter": winter}


def made_cca(name: str = MADE_CCA, **answers: Any) -> dict[str, Any]:
    """A provider's file: Clean Power Alliance's answers, invented prices for every schedule, all vintages."""
    path = RULES / "programs/cca/clean-power-alliance.yaml"
    real = yaml.load(path.read_text(), Loader=yaml.CBaseLoader)
    versions = {
        schedule: [
            {
                "from": start,
                "known": "unknown",
                "source": "cpa-prices",
                "generation": {p: _grid(schedule, step, k) for k, p in enumerate(("plain", "green"))},
            }
            for step, start in enumerate(STARTS)
        ]
        for schedule in SCHEDULES
    }
    return {
        **real,
        "provider": name,
        "supports": [*real["supports"], *ARRANGED],
        "title": "Made Valley Power (invented)",
        "answers": real["answers"] | answers,
        "products": {"plain": "Plain", "green": "Green"},
        "default_product": "plain",
        "through": "2026-08-20",
        "prices": [{"schedule": s, "vintages": [], "versions": v} for s, v in versions.items()],
    }


def write_yaml(path: Path, data: object) -> None:
    """A rule file as YAML."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")


def made_rules(folder: Path) -> Rules:
    """The shipped rules with the made providers, and a surcharge of other providers' customers in every version."""
    target = folder / "rules"
    shutil.copytree(RULES, target)
    write_yaml(target / f"programs/cca/{MADE_CCA}.yaml", made_cca())
    esp = yaml.load((RULES / "programs/da/direct-access.yaml").read_text(), Loader=yaml.CBaseLoader)
    supports = [*esp["supports"], "sbp", "vsbp"]
    write_yaml(target / f"programs/da/{MADE_ESP}.yaml", {**esp, "provider": MADE_ESP, "supports": supports})
    shutil.copytree(INVENTED, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("sources.yaml"))
    with (target / "sources.yaml").open("a") as sources:
        sources.write((INVENTED / "sources.yaml").read_text())
    for path in (target / "tariffs/sce").glob("*.yaml"):
        schedule = yaml.load(path.read_text(), Loader=yaml.CBaseLoader)
        schedule["versions"] = [{**version, "other_providers": OTHERS} for version in schedule["versions"]]
        write_yaml(path, schedule)
    return Rules(Rulebook.load(target))


@cache
def shared_made_rules() -> Rules:
    """The made rules, written once for all tests of a run."""
    folder = Path(tempfile.mkdtemp(prefix="made-rules-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return made_rules(folder)
