"""The programs, written out by hand from the tariffs: what each one nets, bills, credits, settles."""

from dataclasses import dataclass, field

RESIDENTIAL = "residential"
SCE_OPTIONS: dict[str, tuple[str, ...]] = {  # the first is the default (NEM B1, C9; BILL-04, BILL-05)
    RESIDENTIAL: ("annual", "monthly"),
    "small_commercial": ("annual", "monthly"),
    "large_commercial": ("monthly",),
}
ANNUAL: dict[str, tuple[str, ...]] = {
    RESIDENTIAL: ("annual",)
}  # PG&E and SDG&E: no source gives a residential monthly option
SCE_TIME_OF_USE = ("tou-d-prime", "tou-d-4-9pm", "tou-d-5-8pm", "tou-gs-1-e", "tou-gs-1-d")
PGE_TIME_OF_USE = ("e-tou-c", "e-tou-d", "ev2-a", "e-elec")
SDGE = ("tou-dr1", "ev-tou-5")
ALL_TIERS = ("none", "care", "fera", "medical_baseline")
FUEL_CELL_RULES = ("generation-component", "whole-energy-rate")  # BILL-09 leaves open which; NEM Q17: the first


@dataclass(frozen=True)
class Program:
    """One program. A field says what differs; the functions that read it name the place in the tariff.

    `kind`: `standard`; `net_billing`; `netting` (NEM, all energy); `generation_netting` (fuel cell, biogas).
    """

    utility: str
    kind: str
    schedules: tuple[str, ...]
    before: str  # what holds before it starts
    income_tiers: tuple[str, ...] = ("none",)
    options: dict[str, tuple[str, ...]] = field(default_factory=lambda: SCE_OPTIONS)
    rules: tuple[str, ...] = ()  # named readings, the default first
    apart: str = "inside"  # non-bypassable charges: inside energy, or apart on `imports` or the `positive_net`
    reconciled: bool = False  # these are due at the true-up only, as the floor of the year's energy (NEM N2-8)
    minimum: str = "always"  # `always`, `where_no_charge`, `provisional`, `provisional_and_last`
    recovery: str = "imports"  # kWh of recovery charge, PCIA, fees: `imports`, `positive_net`, `signed_if_bundled`
    surcharge: str = "imports"  # kWh of the state surcharge: `imports`, `net_of_cycle`, `net_of_days`
    vintage: str = "none"  # `pto_then_application`, `application`, `pto`
    lock_in_from_january: bool = False
    bonus: bool = False  # ACC Plus
    bonus_paid_at_end: bool = False
    credits_pay_pcia: bool = False
    settlement: str | None = None  # the settlement rule, where the account has no choice
    climate_paid_out: bool = False
    compensates: bool = True  # bundled customers' surplus
    estimates_storage: bool = True  # caps paired storage at an estimate of solar production

    @property
    def billed_net(self) -> bool:
        """Delivery and generation are net per time-of-use period (NEM C1)."""
        return self.kind == "netting"

    @property
    def generation_net(self) -> bool:
        """Generation is net per time-of-use period (NEM C1, F2)."""
        return self.kind in ("netting", "generation_netting")

    @property
    def has_energy_ledger(self) -> bool:
        """Energy stands in a ledger of the relevant period (decision record 0009)."""
        return self.generation_net


def standard(utility: str, name: str, schedules: tuple[str, ...], tiers: tuple[str, ...]) -> Program:
    """Service without credits (decisions 26)."""
    return Program(utility, "standard", schedules, name, income_tiers=tiers)


STANDARD = standard("sce", "standard", (*SCE_TIME_OF_USE, "d"), ALL_TIERS)
PGE_STANDARD = standard("pge", "pge-standard", (*PGE_TIME_OF_USE, "e-1"), ALL_TIERS)
SDGE_STANDARD = standard("sdge", "sdge-standard", SDGE, ("none",))

NEM = Program(  # Schedule NEM: BILL-02, BILL-06; NEM N1-1 to N1-6, Q5
    "sce",
    "netting",
    STANDARD.schedules,
    "standard",
    minimum="where_no_charge",
    recovery="positive_net",
    surcharge="net_of_cycle",
)
NEM_ST = Program(  # Schedule NEM-ST: NEM N2-1 to N2-6, N2-9
    "sce",
    "netting",
    SCE_TIME_OF_USE,
    "standard",
    apart="positive_net",
    minimum="where_no_charge",
    recovery="positive_net",
    surcharge="net_of_cycle",
)
SBP = Program(  # Schedule NBT of SCE: NBT notes 3
    "sce",
    "net_billing",
    ("tou-d-prime", "tou-gs-1-e", "tou-gs-1-d"),
    "standard",
    rules=("R-FAQ", "R-2023", "R-2024"),
    apart="imports",
    vintage="pto_then_application",
    bonus=True,
    credits_pay_pcia=True,
    climate_paid_out=True,
)
FUEL_CELL = Program(  # Schedules FC-NEM and BG-NEM, generation component: NEM F1 to F4, Q17
    "sce", "generation_netting", SCE_TIME_OF_USE, "standard", rules=FUEL_CELL_RULES, compensates=False
)
FUEL_CELL_WHOLE = Program(  # the other reading of BILL-09: credited as NEM 1 is, still without compensation (NEM F4)
    "sce",
    "netting",
    SCE_TIME_OF_USE,
    "standard",
    rules=FUEL_CELL_RULES,
    minimum="where_no_charge",
    recovery="positive_net",
    surcharge="net_of_cycle",
    compensates=False,
)
PGE_NEM = Program(  # Schedule NEM of PG&E: NEM N1-1 to N1-5
    "pge",
    "netting",
    PGE_STANDARD.schedules,
    "pge-standard",
    options=ANNUAL,
    minimum="provisional",
    recovery="signed_if_bundled",
    surcharge="net_of_cycle",
)
PGE_NEM2 = Program(  # Schedule NEM2 of PG&E: NEM N2-1 to N2-3, N2-8
    "pge",
    "netting",
    PGE_TIME_OF_USE,
    "pge-standard",
    options=ANNUAL,
    apart="positive_net",
    reconciled=True,
    minimum="provisional_and_last",
    recovery="signed_if_bundled",
    surcharge="net_of_cycle",
)
PGE_SBP = Program(  # Schedule NBT of PG&E: NBT notes 4; its estimate of storage is suspended (4.10)
    "pge",
    "net_billing",
    ("e-elec",),
    "pge-standard",
    apart="imports",
    surcharge="net_of_days",
    vintage="application",
    bonus=True,
    bonus_paid_at_end=True,
    settlement="pge",
    estimates_storage=False,
)
SDGE_NEM_ST = Program(  # Schedule NEM-ST of SDG&E: NEM N2-1 to N2-7
    "sdge",
    "netting",
    SDGE,
    "sdge-standard",
    options=ANNUAL,
    apart="positive_net",
    minimum="where_no_charge",
    recovery="positive_net",
    surcharge="net_of_cycle",
)
SDGE_SBP = Program(  # Schedule NBT of SDG&E: NBT notes 5.1, 5.2
    "sdge",
    "net_billing",
    ("ev-tou-5",),
    "sdge-standard",
    apart="imports",
    vintage="pto",
    lock_in_from_january=True,
    settlement="sdge",
)

PROGRAMS: dict[str, tuple[Program, ...]] = {  # one for each named reading, or one
    "standard": (STANDARD,),
    "nem": (NEM,),
    "nem-st": (NEM_ST,),
    "sbp": (SBP, SBP, SBP),
    "fc-nem": (FUEL_CELL, FUEL_CELL_WHOLE),
    "bg-nem": (FUEL_CELL, FUEL_CELL_WHOLE),
    "pge-standard": (PGE_STANDARD,),
    "pge-nem": (PGE_NEM,),
    "pge-nem2": (PGE_NEM2,),
    "pge-sbp": (PGE_SBP,),
    "sdge-standard": (SDGE_STANDARD,),
    "sdge-nem-st": (SDGE_NEM_ST,),
    "sdge-sbp": (SDGE_SBP,),
}


def chosen_rule(name: str, stated: str | None) -> str | None:
    """The settlement rule of a program: stated, or its default; a program without rules heeds none."""
    if name not in PROGRAMS:
        raise ValueError(f"program {name} is not known")
    rules = PROGRAMS[name][0].rules
    if not rules:
        return None
    if stated is not None and stated not in rules:
        raise ValueError(f"{name} has no settlement rule {stated}")
    return stated or rules[0]


def program(name: str, stated_rule: str | None) -> Program:
    """A program under the reading that the account chose."""
    rule = chosen_rule(name, stated_rule)
    readings = PROGRAMS[name]
    return readings[0] if rule is None else readings[readings[0].rules.index(rule)]
