"""What a program says: one field for each thing in which programs differ."""

from dataclasses import dataclass, field

RESIDENTIAL = "residential"
SCE_OPTIONS: dict[str, tuple[str, ...]] = {  # the first is the default (NEM B1, C9; BILL-04, BILL-05)
    RESIDENTIAL: ("annual", "monthly"),
    "small_commercial": ("annual", "monthly"),
    "large_commercial": ("monthly",),
}


@dataclass(frozen=True)
class Fees:
    """Fees of an aggregation in cents an account; `setup_at_most`: of all accounts together (NEM A8; NBT Rates 6)."""

    setup: int
    monthly: int
    setup_at_most: int | None = None


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
    allocation: str = "none"  # `percent_of_output`; of exports `monthly_use`, `cumulative_target`, `cumulative_share`
    offsets_use: bool = False  # what a home is allotted first offsets its use of the interval
    keeps_kwh: bool = False  # credits are kept as kWh of their period
    nets_intervals: bool = False  # positive net by the metered interval, for homes too
    forfeits: bool = False  # left-over export credits, under every settlement rule
    fees: dict[str, Fees] = field(default_factory=dict)  # by how they are billed

    @property
    def billed_net(self) -> bool:
        """Delivery and generation are net per time-of-use period (NEM C1)."""
        return self.kind == "netting"

    @property
    def generation_net(self) -> bool:
        """Generation is net per time-of-use period (NEM C1, F2)."""
        return self.kind in ("netting", "generation_netting")

    @property
    def aggregates(self) -> bool:
        """Exports of one account are shared (NEM A1 to A5; NBT notes 3.6)."""
        return self.allocation not in ("none", "percent_of_output")

    @property
    def has_energy_ledger(self) -> bool:
        """Energy stands in a ledger of the relevant period (decision record 0009)."""
        return self.generation_net
