"""Programs and providers: the questionnaire and its answers."""

from datetime import date
from typing import Generic, Literal, TypeVar

from pydantic import Field, model_validator

from trueup.rulebook.schema.base import (
    Cents,
    CustomerClass,
    Dated,
    IncomeTier,
    Price,
    PriceGrid,
    Service,
    Share,
    Strict,
    Technology,
)

T = TypeVar("T")
MonthName = Literal[
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
]  # fmt: skip


class Answer(Strict, Generic[T]):
    """One answer of a program: a value and its source, or one for each value of a fact named in `by`."""

    value: T | dict[str, T | str]
    source: str | dict[str, str]
    rules: list[str]

    def cited(self, **facts: str) -> str:
        """The source of the answer for an account's facts."""
        return self.source if isinstance(self.source, str) else self.source[facts[self.source["by"]]]

    def given(self, **facts: str) -> T | None:
        """The answer for an account's facts; None where the file has none for them."""
        if isinstance(self.value, dict) and "by" in self.value:
            # the schema has checked that under every key but `by` stands a T; the type cannot say so
            return self.value.get(facts[str(self.value["by"])])  # type: ignore[return-value]
        return self.value  # type: ignore[return-value]


class Answers(Strict):
    """The questionnaire: what every program must say. docs/programs.md explains each question."""

    starts: Answer[Literal["at_once", "pto", "first_read_on_or_after_pto"]]
    early_exports: Answer[Literal["worth_nothing", "granted_on_first_bill"]]
    netting: Answer[Literal["none", "tou_bucket", "generation"]]
    netting_interval: Answer[Literal["60", "15"]]
    export_value: Answer[
        Literal["nothing", "retail", "retail_less_nonbypassable", "generation_component", "export_price_table"]
    ]
    vintage: Answer[Literal["none", "pto_then_application", "application", "pto"]]
    lock_in_from: Answer[Literal["pto", "january_of_pto"]]
    lock_in_years: Answer[str]
    nonbypassable: Answer[Literal["inside_energy", "apart_on_imports", "apart_on_positive_net"]]
    nonbypassable_billed: Answer[Literal["monthly", "at_true_up"]]
    recovery_charge: Answer[Literal["imports", "positive_net_of_buckets", "net_of_buckets"]]
    baseline: Answer[Literal["imports_by_season", "net_mirrored"]]
    minimum_charge: Answer[Literal["always", "where_energy_is_no_charge", "provisional", "provisional_and_last"]]
    fixed_charges: Answer[Literal["daily"]]
    billed_quantity: Answer[Literal["exact_wh", "whole_kwh"]]
    energy_billed: Answer[Literal["monthly", "yearly", "monthly_with_carry"]]
    earlier_energy: Answer[Literal["none", "refunded", "kept"]]
    state_surcharge: Answer[Literal["imports", "positive_net_of_cycle", "positive_net_of_days"]]
    local_tax: Answer[Literal["exact_charges", "exact_charges_after_credits", "printed_charges_and_positive_energy"]]
    credit_pays: Answer[list[Literal["delivery", "generation", "pcia", "fixed_recovery"]]]
    credit_pool: Answer[Literal["none", "combined", "split"]]
    bonus: Answer[Literal["none", "acc_plus"]]
    bonus_at_end: Answer[Literal["kept", "paid_out"]]
    climate_credit: Answer[Literal["rolls_over", "paid_out_at_settlement"]]
    relevant_period: Answer[Literal["none", "twelve_bills", "twelve_bills_together"]]
    settlement: Answer[list[Literal["earlier_months", "adjustment", "reconcile_energy"]]]
    left_over: Answer[Literal["none", "forfeited", "carried"]]
    adjustment: Answer[Literal["none", "average_export_rate", "average_of_account"]]
    surplus_eligible: Answer[list[Service]]
    surplus_price: Answer[Literal["none", "nscr"]]
    compensation: Answer[Literal["pays_the_bill_first", "whole"]]
    without_election: Answer[Literal["hold", "forfeit", "check", "on_bill"]]
    check_from: Answer[str]
    elections: Answer[list[Literal["on_bill", "check", "opt_out", "none"]]]
    allocation: Answer[Literal["none", "percent_of_output", "monthly_use", "cumulative_target", "cumulative_share"]]
    allocation_unit: Answer[Literal["none", "wh", "whole_kwh"]]
    allocation_residue: Answer[Literal["none", "carried_on", "designated_account"]]
    allotted_energy: Answer[Literal["none", "credited", "offsets_use_first"]]
    credit_kept_as: Answer[Literal["dollars", "kwh"]]
    storage_limit: Answer[Literal["none", "generation_meter", "production_estimate"]]
    fees: Answer[Literal["none", "automated", "manual"]]
    lasts_years: Answer[str]
    followed_by: Answer[str]


SETTLEMENTS: tuple[list[str], ...] = (
    [],
    ["earlier_months", "adjustment"],
    ["adjustment", "earlier_months"],
    ["adjustment"],
    ["reconcile_energy"],
)
"""The orders of settlement steps that the engine knows."""


class SettlementRules(Strict):
    """Published readings of a program's rules that an account may choose between, one the default."""

    default: str
    known: list[str]


class BillingOptions(Strict):
    """Which billing options each customer class has; the first is the default."""

    source: str
    rules: list[str]
    residential: list[str]
    small_commercial: list[str]
    large_commercial: list[str]


class Fees(Strict):
    """What each account of an arrangement pays: once, at most so much for all of them together, and with every bill."""

    setup: Cents
    monthly: Cents
    setup_at_most: Cents | None = None
    source: str


class Applications(Strict):
    """First and last day on which a program took new applications."""

    from_: date | None = Field(None, alias="from")
    until: date | None = None
    source: str
    rules: list[str]


class Arranged(Strict):
    """What a program asks of an arrangement.

    `property` is multi_tenant (one owner designates shares) or one_customer (accounts of one customer side by side);
    `delivery_points` how many points of service delivery there may be, `largest_kw` how large the generator is at most.
    `rules` are the published rules about which its arrangements are asked, `notes` what tariffs ask besides (`NEM A1`).
    """

    property: Literal["multi_tenant", "one_customer"]
    delivery_points: Literal["one", "several"]
    largest_kw: str | None = None
    source: str
    rules: list[str] = Field(default=[])
    notes: list[str] = Field(default=[])


class Program(Strict):
    """`rules/programs/*.yaml`: a program's answers to the questionnaire.

    A file may say `as: other`, and then gives only what differs from that program.
    """

    program: str
    title: str
    utility: str
    before: str
    schedules: list[str]
    schedules_source: str
    customer_classes: list[CustomerClass]
    technologies: list[Technology]
    services: list[Service]
    income_tiers: list[IncomeTier]
    billing_options: BillingOptions | None = None
    settlement_rules: SettlementRules | None = None
    applications: Applications | None = None
    arranged: Arranged | None = None
    fee_amounts: dict[Literal["automated", "manual"], Fees] = Field(default={})
    answers: Answers


class TrueUp(Answer[MonthName]):
    """The month in whose cycle a provider settles all its customers, and the first such month."""

    first: str


class RecPrices(Strict):
    """$/kWh of surplus where the customer keeps the RECs, and where they go to the provider."""

    without_recs: Price
    with_recs: Price


class SurplusPrice(Answer[Literal["none", "nscr", "fixed"]]):
    """What a provider pays for surplus: a multiple of the utility's rate and an adder, or a price of its own.

    `average` is the rate that is meant: the month's, or the mean of all months of the calendar year before. `fixed` may
    be keyed by the provider's rule. The rate is rounded to `decimals`.
    """

    average: Literal["month", "calendar_year_before"] = "month"
    multiple: Share = 1_000_000
    adder: Price = 0
    decimals: int = 7
    fixed: dict[str, RecPrices] = Field(default={})


class CashOut(Dated):
    """From which amount on compensation is paid by check instead of staying on the bill, and the most that is paid."""

    check_from: Cents
    at_most: Cents | None = None


class ProviderAnswers(Strict):
    """A provider's answers for its own ledger. What it leaves out is answered as the customer's program answers it."""

    joins: Answer[Literal["next_read_date", "on_the_day"]]
    netting: Answer[Literal["as_the_program", "none", "tou_bucket"]] | None = None
    export_value: Answer[Literal["as_the_program", "nothing", "retail", "export_price_table"]] | None = None
    energy_billed: Answer[Literal["monthly", "monthly_with_carry"]] | None = None
    earlier_energy: Answer[Literal["none", "refunded", "kept"]] | None = None
    credit_pays: Answer[list[Literal["generation"]]] | None = None
    bonus: Answer[Literal["none", "acc_plus"]] | None = None
    true_up: TrueUp | None = None
    settlement: Answer[list[Literal["reconcile_energy", "adjustment"]]] | None = None
    left_over: Answer[Literal["forfeited", "carried"]] | None = None
    adjustment: Answer[Literal["none", "average_of_account"]] | None = None
    surplus_eligible: Answer[list[Service]] | None = None
    surplus_price: SurplusPrice | None = None
    compensation: Answer[Literal["pays_the_bill_first", "whole"]] | None = None
    without_election: Answer[Literal["hold", "forfeit", "check"]] | None = None
    elections: Answer[list[Literal["on_bill", "check", "opt_out", "none"]]] | None = None
    billed_quantity: Answer[Literal["exact_wh", "whole_kwh"]] | None = None


class ProviderVersion(Dated):
    """One dated price list of a provider: generation prices by product, and what is added for each kWh imported."""

    generation: dict[str, PriceGrid]
    per_kwh: Price = 0


class ExportBonus(Dated):
    """A share of the export credits by which a provider lowers the month's charges; it is not kept."""

    share: Share


class ProviderPrices(Strict):
    """A provider's prices on one schedule, for customers who left bundled service in some years; all years if empty."""

    schedule: str
    vintages: list[int]
    versions: list[ProviderVersion]


class Provider(Strict):
    """`rules/programs/cca/*.yaml` and `rules/programs/da/*.yaml`: who supplies generation instead of the utility."""

    provider: str
    title: str
    kind: Literal["cca", "da"]
    utilities: list[str]
    supports: list[str]
    supports_source: str
    settlement_rules: SettlementRules | None = None
    answers: ProviderAnswers
    cash_out: list[CashOut] = Field(default=[])
    export_bonus: list[ExportBonus] = Field(default=[])
    products: dict[str, str]
    default_product: str = ""
    through: date
    through_source: str
    prices: list[ProviderPrices]

    @model_validator(mode="after")
    def _answers_every_question(self) -> "Provider":
        """A community choice aggregator answers every question of its ledger; who bills by itself answers none."""
        skipped = [name for name in ProviderAnswers.model_fields if getattr(self.answers, name) is None]
        if skipped and (self.kind == "cca" or self.keeps_a_ledger):
            raise ValueError(f"the answers skip {', '.join(skipped)}")
        return self

    @property
    def keeps_a_ledger(self) -> bool:
        """Whether its generation is billed here."""
        return self.answers.energy_billed is not None
