"""The printed energy charges of the utility in one cycle, each a small function."""

from datetime import date
from fractions import Fraction

from .account import Account
from .baseline import baseline_use
from .cycles import Cycle
from .meter import Bucket, Use, by_version
from .money import Lines, dollars, priced
from .tariff import Discount, Filing


def quantities(use: Use, account: Account, *, netted: bool) -> dict[Bucket, int]:
    """Billed Wh per price version, season and period: imports, or net (NEM C1; decision record 0008.6)."""
    return {bucket: account.billed(wh) for bucket, wh in use.utility.energy(netted=netted).items()}


def totals(use: Use, account: Account, *, netted: bool) -> dict[date, int]:
    """Billed Wh per price version: imports, or the signed net of the version (BILL-06)."""
    exact = by_version(use.utility.energy(netted=netted))
    return {version: account.billed(wh) for version, wh in exact.items()}


def discount_of(filing: Filing, cycle: Cycle, account: Account) -> Discount:
    """Discounts are known for bundled service only (decision record 0008.5)."""
    tier = account.home["income_tier"]
    if tier != "none" and not cycle.bundled:
        raise ValueError(f"the discount of {tier} with another provider is not known")
    return filing.discount(tier)


def off_delivery(filing: Filing, cycle: Cycle, account: Account) -> Fraction:
    """$/kWh of the delivery total that stands on other lines or is not charged.

    All non-bypassable parts where they print apart (NBT Rates 2; NEM N2-1); SCE's Wildfire Fund charge of a customer of
    another provider (NBT-G6), which at PG&E and SDG&E stays inside; what an income tier is exempt from (TOU-D SC 8).
    """
    discount = discount_of(filing, cycle, account)
    if cycle.law.apart != "inside":
        return filing.nonbypassable_delivery
    if not cycle.bundled and not filing.ctc_in_delivery:
        return filing.inside("wfc")
    return discount.exempt


def delivery_lines(use: Use, cycle: Cycle, account: Account) -> Lines:
    """Delivery per period; on a tiered rate up to the allowance and above it (TOU-D, D; NEM C2 to C4)."""
    lines: Lines = {}
    for (version, season, period), quantity in quantities(use, account, netted=cycle.law.billed_net).items():
        filing = account.filings.starting(version)
        if not filing.tiered:
            price = filing.energy("delivery", season, period) - off_delivery(filing, cycle, account)
            lines["delivery", season, period, version.isoformat()] = priced(quantity, price)
    return lines | baseline_lines(use, cycle, account)


def baseline_lines(use: Use, cycle: Cycle, account: Account) -> Lines:
    """The tiers of a tiered rate, or the baseline credit (decision record 0008.2; NEM C3 to C5)."""
    if not any(account.filings.starting(version).has_baseline for version in use.days):
        return {}
    lines: Lines = {}
    for (version, season), (whole, under) in baseline_use(use, cycle, account).items():
        filing = account.filings.starting(version)
        place = (season, "all_hours" if season else None, version.isoformat())
        baseline, off = account.billed(under), off_delivery(filing, cycle, account)
        lower, credit = filing.optional("delivery_baseline"), filing.optional("baseline_credit")
        if lower is not None:
            above = filing.energy("delivery", season, "all_hours") if season else filing.upper_tier()
            lines["delivery_baseline", *place] = priced(baseline, lower - off)
            lines["delivery", *place] = priced(account.billed(whole) - baseline, above - off)
        if credit is not None:
            lines["baseline_credit", *place] = priced(baseline, -credit)
    return lines


def generation_lines(use: Use, cycle: Cycle, account: Account) -> Lines:
    """The utility's generation per period, without CTC where that prints apart; only bundled (NBT Rates 3.a.i).

    Net under NEM and for a fuel cell, whose export is worth the generation price of its period (NEM F2, F3).
    """
    lines: Lines = {}
    if not cycle.bundled:
        return lines
    for (version, season, period), quantity in quantities(use, account, netted=cycle.law.generation_net).items():
        filing = account.filings.starting(version)
        off = filing.nonbypassable_generation if cycle.law.apart != "inside" else 0
        price = filing.energy("generation", season, period) - off
        lines["generation", season, period, version.isoformat()] = priced(quantity, price)
    return lines


def nonbypassable_lines(use: Use, cycle: Cycle, account: Account) -> Lines:
    """Two printed lines on the same kWh: CTC + NDC + PPPC, and the Wildfire Fund (decisions 3; NEM N2-3).

    On imports (NBT Rates 2) or on the positive net of each metered interval (NEM N2-2). With another provider CTC and
    WFC are those of SCE's cost responsibility surcharge (Schedule NBT Rates 2); PG&E and SDG&E have one price for all.
    """
    lines: Lines = {}
    kwh = {"inside": {}, "imports": by_version(use.utility.imported), "positive_net": use.positive}
    for version, exact in kwh[cycle.law.apart].items():
        filing, quantity = account.filings.starting(version), account.billed(exact)
        own = cycle.bundled or filing.ctc_in_delivery
        ctc, wfc = (filing.inside(name) if own else filing.other_providers(name) for name in ("ctc", "wfc"))
        together = ctc + filing.inside("ndc") + filing.inside("pppc")
        lines["nonbypassable", None, None, version.isoformat()] = priced(quantity, together)
        lines["wildfire_fund", None, None, version.isoformat()] = priced(quantity, wfc)
    return lines


def nonbypassable_memos(use: Use, cycle: Cycle, account: Account) -> Lines:
    """The amounts contained in the energy lines; they add to nothing (decisions 3; NEM 1: BILL-06).

    On the kWh of the line that contains them: under NEM on net, for a fuel cell's generation on net, else on imports.
    """
    lines: Lines = {}
    delivered = totals(use, account, netted=cycle.law.billed_net)
    generated = totals(use, account, netted=cycle.law.generation_net)
    for version in use.days:
        filing = account.filings.starting(version)
        name = (None, None, version.isoformat())
        inside = filing.nonbypassable_delivery - off_delivery(filing, cycle, account)
        lines["memo.nonbypassable_delivery", *name] = priced(delivered[version], inside)
        if cycle.bundled:
            lines["memo.nonbypassable_generation", *name] = priced(generated[version], filing.nonbypassable_generation)
    return lines


def recovery_basis(use: Use, cycle: Cycle, account: Account) -> dict[date, int]:
    """kWh of the fixed recovery charge, the PCIA and the fees, per price version.

    Imports; under NEM the positive nets of the periods (NEM N2-6; decisions 14); under PG&E's NEM a bundled customer's
    signed net, as its PCIA is part of the retail value (decision record 0014).
    """
    kind = cycle.law.recovery
    if kind == "imports" or (kind == "signed_if_bundled" and cycle.bundled):
        return totals(use, account, netted=kind != "imports")
    return by_version({bucket: max(0, wh) for bucket, wh in quantities(use, account, netted=True).items()})


def recovery_lines(use: Use, cycle: Cycle, account: Account) -> Lines:
    """Fixed recovery charge, one line per price version that has one (decisions 1)."""
    lines: Lines = {}
    for version, quantity in recovery_basis(use, cycle, account).items():
        filing = account.filings.starting(version)
        if filing.fixed_recovery and not discount_of(filing, cycle, account).exempt_from_recovery:
            lines["fixed_recovery", None, None, version.isoformat()] = priced(quantity, filing.fixed_recovery)
    return lines


def pcia_of(filing: Filing, cycle: Cycle, account: Account) -> Fraction | None:
    """$/kWh of another provider's customer by vintage; of PG&E's bundled customers, where the sheet prints one."""
    if cycle.bundled:
        return filing.optional("bundled_pcia")
    own = account.home["pcia_per_kwh"]
    return filing.pcia(cycle.service.crs_vintage) if own is None else dollars(own)


def surcharges_on_recovery_kwh(use: Use, cycle: Cycle, account: Account) -> Lines:
    """PCIA, franchise fee, regulatory fee: on the kWh of the fixed recovery charge (record 0010.1; NEM N2-6).

    The franchise fee is another provider's customer's (NBT-G2); the regulatory fee is everybody's (SDG&E, NEM-G1).
    """
    lines: Lines = {}
    for version, quantity in recovery_basis(use, cycle, account).items():
        filing = account.filings.starting(version)
        prices = {
            "pcia": pcia_of(filing, cycle, account),
            "franchise_fee": None if cycle.bundled else filing.franchise_fee(cycle.service.crs_vintage),
            "regulatory_fee": filing.optional("regulatory_fee"),
        }
        for component, price in prices.items():
            if price is not None:
                lines[component, None, None, version.isoformat()] = priced(quantity, price)
    return lines


def other_provider_lines(use: Use, cycle: Cycle, account: Account) -> Lines:
    """Wildfire Fund and CTC on lines of their own, where the program does not print them apart (NBT-G6; NEM D3).

    On imports, under NEM on the version's net; not at PG&E and SDG&E, where they stay inside delivery (record 0014).
    """
    lines: Lines = {}
    if cycle.bundled or cycle.law.apart != "inside":
        return lines
    for version, quantity in totals(use, account, netted=cycle.law.billed_net).items():
        filing = account.filings.starting(version)
        if filing.ctc_in_delivery:
            continue
        for component, name in (("wildfire_fund_crs", "wfc"), ("ctc_crs", "ctc")):
            lines[component, None, None, version.isoformat()] = priced(quantity, filing.other_providers(name))
    return lines
