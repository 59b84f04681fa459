"""Every kind of printed line: what it is called, whether it is due, which question governs it, how it posts."""

from dataclasses import dataclass
from typing import Literal

Section = Literal["charge", "tax", "granted", "credit", "memo", "settlement", "compensation"]
Unit = Literal["kWh", "kW", "days", "$"]


@dataclass(frozen=True)
class Component:
    """One kind of line.

    Attributes
    ----------
    name
        Its id inside line ids and files.
    title
        What a customer reads.
    section
        Where it stands on a statement.
    question
        The question of the program whose answer makes it; its rules and source are cited.
    unit
        Unit of its quantity.
    due
        Whether its amount adds into the amount due (a credit is a negative amount).
    debit, credit
        Books that it posts to; a memo posts nothing.
    posts
        Sign with which the amount enters the debit book.
    """

    name: str
    title: str
    section: Section
    question: str
    unit: Unit
    due: bool
    debit: str
    credit: str
    posts: int = 1


COMPONENTS = (
    Component("delivery", "Delivery", "charge", "netting", "kWh", True, "receivable", "charges.delivery"),
    Component(
        "delivery_baseline", "Delivery, up to the baseline allowance", "charge", "baseline", "kWh", True,
        "receivable", "charges.delivery",
    ),
    Component(
        "baseline_credit", "Baseline credit", "charge", "baseline", "kWh", True, "receivable", "charges.delivery"),
    Component("generation", "Generation", "charge", "netting", "kWh", True, "receivable", "charges.generation"),
    Component("pcia", "PCIA", "charge", "recovery_charge", "kWh", True, "receivable", "charges.pcia"),
    Component(
        "franchise_fee", "Franchise fee surcharge", "charge", "recovery_charge", "kWh", True,
        "receivable", "charges.franchise_fee",
    ),
    Component(
        "regulatory_fee", "Regulatory fee", "charge", "recovery_charge", "kWh", True,
        "receivable", "charges.regulatory_fee",
    ),
    Component(
        "per_kwh", "Provider's charge or credit per kWh", "charge", "netting", "kWh", True,
        "receivable", "charges.generation",
    ),
    Component(
        "export_bonus", "Solar bonus", "charge", "export_value", "$", True, "receivable", "charges.generation"),
    Component(
        "wildfire_fund_crs", "Wildfire Fund", "charge", "nonbypassable", "kWh", True,
        "receivable", "charges.wildfire_fund",
    ),
    Component("ctc_crs", "CTC", "charge", "nonbypassable", "kWh", True, "receivable", "charges.nonbypassable"),
    Component(
        "fixed_recovery", "Fixed recovery charge", "charge", "recovery_charge", "kWh", True,
        "receivable", "charges.fixed_recovery",
    ),
    Component(
        "nonbypassable", "Non-bypassable: CTC, NDC, PPPC", "charge", "nonbypassable", "kWh", True,
        "receivable", "charges.nonbypassable",
    ),
    Component(
        "wildfire_fund", "Non-bypassable: Wildfire Fund", "charge", "nonbypassable", "kWh", True,
        "receivable", "charges.wildfire_fund",
    ),
    Component("daily", "Daily charge", "charge", "fixed_charges", "days", True, "receivable", "charges.daily"),
    Component(
        "three_phase", "Three-phase service", "charge", "fixed_charges", "days", True, "receivable", "charges.daily"),
    Component(
        "minimum_charge", "Minimum charge, what is lacking", "charge", "minimum_charge", "days", True,
        "receivable", "charges.minimum",
    ),
    Component(
        "facilities_demand", "Facilities demand", "charge", "fixed_charges", "kW", True,
        "receivable", "charges.demand",
    ),
    Component(
        "summer_demand.delivery", "Summer on-peak demand, delivery", "charge", "fixed_charges", "kW", True,
        "receivable", "charges.demand",
    ),
    Component(
        "summer_demand.generation", "Summer on-peak demand, generation", "charge", "fixed_charges", "kW", True,
        "receivable", "charges.demand",
    ),
    Component(
        "winter_demand", "Winter weekday mid-peak demand", "charge", "fixed_charges", "kW", True,
        "receivable", "charges.demand",
    ),
    Component(
        "discount", "Discount of the income tier", "charge", "fixed_charges", "$", True,
        "receivable", "charges.discount",
    ),
    Component(
        "fee.setup", "Set-up of the arrangement", "charge", "fees", "$", True, "receivable", "charges.arrangement"),
    Component(
        "fee.monthly", "Billing of the arrangement", "charge", "fees", "$", True, "receivable", "charges.arrangement"),
    Component(
        "municipal_surcharge", "Generation municipal surcharge", "tax", "state_surcharge", "$", True,
        "receivable", "taxes.municipal_surcharge",
    ),
    Component(
        "state_surcharge", "State energy surcharge", "tax", "state_surcharge", "kWh", True,
        "receivable", "taxes.state_surcharge",
    ),
    Component("local_tax", "Local utility tax", "tax", "local_tax", "$", True, "receivable", "taxes.local"),
    Component(
        "memo.delivery", "Non-bypassable inside delivery", "memo", "nonbypassable", "kWh", False, "", ""),
    Component(
        "memo.generation", "Non-bypassable inside generation", "memo", "nonbypassable", "kWh", False, "", ""),
    Component(
        "export.delivery", "Export credit earned, delivery", "granted", "export_value", "kWh", False,
        "granted.export", "bank.export",
    ),
    Component(
        "export.generation", "Export credit earned, generation", "granted", "export_value", "kWh", False,
        "granted.export", "bank.export",
    ),
    Component(
        "early_export.delivery", "Export credit before the first solar bill, delivery", "granted", "early_exports",
        "kWh", False, "granted.export", "bank.export",
    ),
    Component(
        "early_export.generation", "Export credit before the first solar bill, generation", "granted", "early_exports",
        "kWh", False, "granted.export", "bank.export",
    ),
    Component("bonus", "ACC Plus earned", "granted", "bonus", "kWh", False, "granted.bonus", "bank.bonus"),
    Component(
        "early_bonus", "ACC Plus before the first solar bill", "granted", "early_exports", "kWh", False,
        "granted.bonus", "bank.bonus",
    ),
    Component(
        "climate", "California Climate Credit", "granted", "climate_credit", "$", False,
        "granted.climate", "bank.climate",
    ),
    Component(
        "export.used", "Export credit used", "credit", "credit_pays", "$", True, "bank.export", "receivable", -1),
    Component("bonus.used", "ACC Plus used", "credit", "bonus", "$", True, "bank.bonus", "receivable", -1),
    Component(
        "surplus.used", "Surplus compensation used", "credit", "elections", "$", True,
        "bank.surplus", "receivable", -1),
    Component(
        "climate.used", "Climate credit used", "credit", "climate_credit", "$", True,
        "bank.climate", "receivable", -1,
    ),
    Component(
        "energy.billed", "Energy billed this month", "credit", "energy_billed", "$", True,
        "receivable", "energy_to_date",
    ),
    Component(
        "adjustment.delivery", "Export credit adjustment, delivery", "settlement", "adjustment", "kWh", True,
        "receivable", "charges.adjustment",
    ),
    Component(
        "adjustment.generation", "Export credit adjustment, generation", "settlement", "adjustment", "kWh", True,
        "receivable", "charges.adjustment",
    ),
    Component(
        "credit.earlier_months", "Left-over credits to earlier months", "settlement", "settlement", "$", True,
        "bank.export", "receivable", -1,
    ),
    Component(
        "credit.adjustment", "Left-over credits to the adjustment", "settlement", "settlement", "$", True,
        "bank.export", "receivable", -1,
    ),
    Component(
        "credit.forfeited", "Left-over credits forfeited", "settlement", "left_over", "$", False,
        "bank.export", "forfeited.export",
    ),
    Component(
        "energy.due", "Energy of the period", "settlement", "settlement", "$", True, "receivable", "energy_to_date"),
    Component(
        "minimum.credited", "Minimum charges billed before, credited", "settlement", "minimum_charge", "$", True,
        "receivable", "charges.minimum",
    ),
    Component(
        "adjustment.waived", "Export credit adjustment, waived", "settlement", "adjustment", "$", True,
        "receivable", "charges.adjustment",
    ),
    Component(
        "energy.forfeited", "Energy credit forfeited", "settlement", "left_over", "$", False,
        "energy_to_date", "forfeited.energy",
    ),
    Component(
        "surplus", "Net surplus compensation", "compensation", "surplus_price", "kWh", False,
        "granted.surplus", "bank.surplus",
    ),
    Component(
        "surplus.released", "Held compensation, released by an election", "compensation", "elections", "$", False,
        "bank.surplus_held", "bank.surplus",
    ),
    Component(
        "surplus.applied", "Compensation applied to what is owed", "compensation", "elections", "$", False,
        "bank.surplus", "receivable",
    ),
    Component(
        "surplus.paid", "Compensation paid by check", "compensation", "elections", "$", False,
        "bank.surplus", "payable.surplus",
    ),
    Component(
        "surplus.held", "Compensation held until an election", "compensation", "without_election", "$", False,
        "bank.surplus", "bank.surplus_held",
    ),
    Component(
        "bonus.paid", "Left-over ACC Plus paid out", "compensation", "bonus_at_end", "$", False,
        "bank.bonus", "payable.bonus",
    ),
    Component(
        "climate.paid", "Left-over climate credit paid out", "compensation", "climate_credit", "$", False,
        "bank.climate", "payable.climate",
    ),
)  # fmt: skip

INDEX = {component.name: index for index, component in enumerate(COMPONENTS)}
ENERGY = (
    "delivery", "delivery_baseline", "baseline_credit", "generation",
    "fixed_recovery", "pcia", "franchise_fee", "regulatory_fee", "wildfire_fund_crs", "ctc_crs",
    "per_kwh", "export_bonus",
)  # fmt: skip
"""Energy lines: a program with an energy ledger enters them there instead of making them due."""
NONBYPASSABLE = ("nonbypassable", "wildfire_fund")
"""Non-bypassable lines that print apart: an energy ledger enters them where they are reconciled at the true-up."""
ENERGY_BOOK = "energy_to_date"

BOOKS = tuple(sorted({book for c in COMPONENTS for book in (c.debit, c.credit) if book} | {ENERGY_BOOK}))

LEDGERS = ("utility", "provider")
"""Whose ledger a line stands in: two ledgers on one bill that never offset each other."""
UTILITY, PROVIDER = range(len(LEDGERS))
