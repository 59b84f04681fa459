"""Where made homes stand: programs, schedules, spans, providers and premises of each utility."""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tests.made_rules import MADE_CCA, MADE_ESP

END = date(2026, 8, 21)
SPANS = {
    "tou-gs-1-d": (date(2026, 6, 1), date(2026, 8, 1)),
    "tou-gs-1-e": (date(2026, 6, 1), date(2026, 8, 1)),
    "tou-d-5-8pm": (date(2025, 6, 1), END),
    "e-1": (date(2026, 3, 1), END),
    "e-tou-d": (date(2026, 3, 1), END),
    "tou-dr1": (date(2025, 1, 1), date(2026, 7, 19)),
    "ev-tou-5": (date(2025, 1, 1), date(2026, 7, 19)),
}
"""The days for which the rest of the schedules has prices: 2025-01-01 to 2026-08-20."""
CLASSES = {"tou-gs-1-d": "small_commercial", "tou-gs-1-e": "small_commercial"}
SCE_TOU = ("tou-d-4-9pm", "tou-d-5-8pm", "tou-d-prime", "tou-gs-1-d", "tou-gs-1-e")
SCE = {
    "standard": ("d", *SCE_TOU),
    "sbp": ("tou-d-prime", "tou-d-prime", "tou-d-prime", "tou-gs-1-d", "tou-gs-1-e"),
    "nem": ("d", "tou-d-4-9pm", "tou-d-5-8pm", "tou-d-prime", "d", "tou-d-4-9pm", "tou-gs-1-d", "tou-gs-1-e"),
    "nem-st": SCE_TOU,
}
PROGRAMS = {
    **SCE,
    "fc-nem": SCE_TOU,
    "bg-nem": SCE_TOU,
    "pge-standard": ("e-1", "e-tou-c", "e-tou-d", "ev2-a", "e-elec"),
    "pge-nem": ("e-1", "e-tou-c", "e-tou-c", "e-tou-d", "ev2-a", "e-elec"),
    "pge-nem2": ("e-tou-c", "e-tou-c", "e-tou-d", "ev2-a", "e-elec"),
    "pge-sbp": ("e-elec",),
    "sdge-standard": ("tou-dr1", "ev-tou-5"),
    "sdge-nem-st": ("tou-dr1", "ev-tou-5"),
    "sdge-sbp": ("ev-tou-5",),
}
MIX = (*SCE, "sbp")
"""The programs of the first utility, twice the plan: its settlement has the most branches."""
OTHERS = tuple(name for name in PROGRAMS if name not in SCE)
REGIONS = {"sce": ["5", "6", "10", "15", "16"], "pge": ["P", "S", "T", "X", "Z"], "sdge": ["inland", "coastal"]}
LEDGERS = {
    "sce": [MADE_CCA],
    "pge": ["mce", "cleanpowersf", "peninsula", "sonoma"],
    "sdge": [],
}
PLANS = {"sbp", "pge-sbp", "sdge-sbp"}
VINTAGES = {"sce": [2018, 2023], "pge": [2012, 2016, 2023], "sdge": [2018, 2022, 2023]}


@dataclass(frozen=True)
class Place:
    """What a program and a schedule allow."""

    program: str
    schedule: str

    @property
    def utility(self) -> str:
        """Whose program it is."""
        prefix = self.program.split("-")[0]
        return prefix if prefix in REGIONS else "sce"

    @property
    def is_standard(self) -> bool:
        """Whether it is service without credits."""
        return self.program.endswith("standard")

    def ledgers(self) -> list[str]:
        """Providers with a ledger of their own that serve here."""
        if self.program in {"fc-nem", "bg-nem"}:
            return []
        unserved = set() if self.program in {"pge-standard", "pge-sbp"} else {"mce"}
        unserved |= {"mce"} if self.schedule not in {"e-elec", "e-tou-c", "ev2-a"} else set()
        return [name for name in LEDGERS[self.utility] if name not in unserved]

    def others(self) -> list[str]:
        """Direct Access providers that serve here."""
        made = [MADE_ESP] if self.program in SCE else []
        return made + ([] if self.program in PLANS else ["direct-access"])


def storage(chance: random.Random, place: Place) -> dict[str, Any]:
    """Paired storage: mostly none, else a generation meter or an estimate of production."""
    kind = chance.choice(["nothing"] * 6 + ["generation_meter", "production_estimate", "production_estimate"])
    if place.is_standard or kind == "nothing":
        return {}
    if kind == "generation_meter":
        return {"exports_limited_by": kind, "storage_kw": "13.5"}
    stated = {"production_factors": "production-sample", "climate_zone": "los-angeles"}
    return {"exports_limited_by": kind, "pv_kw": chance.choice(["0.7", "2.345", "11"]), "storage_kw": "5.0", **stated}


def stated(chance: random.Random, place: Place) -> dict[str, Any]:
    """What accounts state themselves, by month, and facts that only some programs know."""
    months = [f"{year}-{month:02d}" for year in (2025, 2026) for month in range(1, 13)]
    found: dict[str, Any] = {}
    if place.utility == "sce":
        found["generation_municipal_surcharge"] = {
            m: f"{chance.choice([0, 1, 3])}.{k:02d}" for k, m in enumerate(months)
        }
    if place.utility != "sce" or chance.random() < 0.1:
        rate = {"delivery": "0.01357", "generation": "0.04321"}
        found["average_export_rates"] = dict.fromkeys(months, rate)
    if place.utility == "pge":
        found["climate_credits"] = dict.fromkeys(chance.sample(months, 4), "58.23")
    if place.program in {"fc-nem", "bg-nem"}:
        found["technology"] = {"fc-nem": "fuel_cell", "bg-nem": "biogas"}[place.program]
        found["settlement_rule"] = chance.choice([None, "generation-component", "whole-energy-rate"])
    elif place.program == "sbp":
        found["settlement_rule"] = chance.choice(["R-FAQ", "R-2023", "R-2024"])
        found["credit_pool"] = chance.choice([None, "combined", "split"])
    return found


def rate_options(chance: random.Random, place: Place, reads: list[date]) -> dict[str, Any]:
    """Billing option, and a change of it."""
    if place.is_standard or place.program in PLANS:
        return {}
    options = ["annual"] if place.utility != "sce" else ["annual", "monthly"]
    change = {"requested": reads[0] + timedelta(chance.randint(0, 200)), "to": chance.choice(options)}
    chosen = chance.choice([None, options[0], options[-1], options[-1]])
    return {"billing_option": chosen, "billing_option_change": change if chance.choice([False, False, True]) else None}
