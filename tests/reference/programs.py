"""The programs, written out by hand from the tariffs: what each one nets, bills, credits, settles."""

from dataclasses import replace

from .terms import RESIDENTIAL, Fees, Program

ANNUAL: dict[str, tuple[str, ...]] = {
    RESIDENTIAL: ("annual",)
}  # PG&E and SDG&E: no source gives a residential monthly option
SCE_TIME_OF_USE = ("tou-d-prime", "tou-d-4-9pm", "tou-d-5-8pm", "tou-gs-1-e", "tou-gs-1-d")
PGE_TIME_OF_USE = ("e-tou-c", "e-tou-d", "ev2-a", "e-elec")
SDGE = ("tou-dr1", "ev-tou-5")
ALL_TIERS = ("none", "care", "fera", "medical_baseline")
FUEL_CELL_RULES = ("generation-component", "whole-energy-rate")  # BILL-09 leaves open which; NEM Q17: the first


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

KWH_RULES = ("dollar-credits", "kwh-credits")  # NEM V3: the ledger in dollars, or SCE's words
SHARE_RULES = ("cumulative-target", "monthly-use")  # NEM Q6: PG&E's clauses, or SCE's billing text
SCE_FEES = {"automated": Fees(1600, 270)}  # NEM A8
PGE_FEES = {"automated": Fees(2500, 500, 50_000)}  # NEM A8
SBP_FEES = {"automated": Fees(1600, 270), "manual": Fees(2500, 2000)}  # Schedule NBT Rates 6; NBT notes 3.6.5

NEM_V = replace(NEM, rules=KWH_RULES, allocation="percent_of_output")  # NEM V1 to V5
NEM_V_KWH = replace(NEM_V, keeps_kwh=True)
NEM_V_ST = replace(  # NEM V7, Q11
    NEM_ST, rules=(*KWH_RULES, "all-imports"), allocation="percent_of_output", nets_intervals=True
)
NEM_V_ST_KWH = replace(NEM_V_ST, keeps_kwh=True)
NEM_V_ST_ALL = replace(NEM_V_ST, apart="imports")
PGE_NEM2_V = replace(PGE_NEM2, allocation="percent_of_output", nets_intervals=True)
VSBP = replace(SBP, allocation="percent_of_output", offsets_use=True)  # NBT notes 3.7
NEM_A = replace(  # NEM A1 to A10: no compensation (A6)
    NEM, rules=SHARE_RULES, allocation="cumulative_target", compensates=False, fees=SCE_FEES
)
NEM_A_MONTHLY = replace(NEM_A, allocation="monthly_use")
NEM_ST_A = replace(NEM_ST, rules=SHARE_RULES, allocation="cumulative_target", compensates=False, fees=SCE_FEES)
NEM_ST_A_MONTHLY = replace(NEM_ST_A, allocation="monthly_use")
PGE_NEM_A = replace(PGE_NEM, allocation="cumulative_target", compensates=False, fees=PGE_FEES)
PGE_NEM2_A = replace(PGE_NEM2, allocation="cumulative_target", compensates=False, fees=PGE_FEES)
SBP_A = replace(SBP, allocation="cumulative_share", forfeits=True, fees=SBP_FEES)  # Schedule NBT SC 10; NBT notes 3.6

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
    "nem-v": (NEM_V, NEM_V_KWH),
    "mash-vnm": (NEM_V, NEM_V_KWH),
    "nem-v-st": (NEM_V_ST, NEM_V_ST_KWH, NEM_V_ST_ALL),
    "pge-nem2-v": (PGE_NEM2_V,),
    "vsbp": (VSBP, VSBP, VSBP),
    "nem-a": (NEM_A, NEM_A_MONTHLY),
    "nem-st-a": (NEM_ST_A, NEM_ST_A_MONTHLY),
    "pge-nem-a": (PGE_NEM_A,),
    "pge-nem2-a": (PGE_NEM2_A,),
    "sbp-a": (SBP_A, SBP_A, SBP_A),
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
