"""Whether rule files serve an account; what they do not serve is refused with the rule."""

from collections.abc import Sequence
from typing import NoReturn

from trueup.account import Account
from trueup.errors import TrueupError
from trueup.phases import BUNDLED, Phase
from trueup.rulebook import Rules
from trueup.rulebook.columns import answers_given
from trueup.rulebook.schema import Program, Provider


def refuse(account: Account, what: str, kind: str, name: str, *rules: str) -> NoReturn:
    """Refuse an account that a rule file does not serve (E-ACCT-003), naming published rules."""
    said = f" ({', '.join(rules)})" if rules else ""
    raise TrueupError(
        "E-ACCT-003",
        f"{account.account}: {what}{said}",
        "A rule file serves only what its sources say, and billing refuses to guess the rest.",
        f"Change the account, or see what the file says: trueup rules show {kind}/{name}",
    )


def check_served(account: Account, phase: Phase, program: Program, rules: Rules) -> None:
    """Refuse what the program's, the schedule's or the provider's file does not serve (E-ACCT-003)."""
    _check_schedule(account, program, rules)
    _check_dates(account, program)
    _check_storage(account, program, rules)
    if phase.provider != BUNDLED:
        _check_provider(account, phase, program, rules)
    _check_options(account, phase, program, rules)


def _check_schedule(account: Account, program: Program, rules: Rules) -> None:
    schedule = rules.book.schedule(account.schedule)
    if account.schedule not in program.schedules and program.program not in schedule.open_to:
        cited = rules.book.cite(program.schedules_source)
        refuse(
            account,
            f"{program.title} is not open to schedule {account.schedule}, but to {_listed(program.schedules)}: {cited}",
            "program",
            program.program,
        )
    if account.customer_class not in schedule.customer_classes:
        refuse(account, f"{schedule.title} does not serve {account.customer_class}", "tariff", account.schedule)
    if account.customer_class not in program.customer_classes:
        refuse(account, f"{program.title} does not serve {account.customer_class}", "program", program.program)
    if account.utility not in (None, schedule.utility):
        said = f"{schedule.title} is a schedule of {schedule.utility}, not of {account.utility}"
        refuse(account, said, "tariff", account.schedule)
    if account.customer_class != "residential" and account.acc_plus != "none":
        cited = rules.book.cite(program.answers.bonus.cited(**keyed_facts(account, program)))
        said = f"ACC Plus is for homes, not for {account.customer_class}: {cited}"
        refuse(account, said, "price", f"{schedule.utility}/acc-plus")
    if account.technology not in program.technologies:
        said = f"{program.title} is for {_listed(program.technologies)}, not for {account.technology}"
        refuse(account, said, "program", program.program, "NSC-09")
    if account.income_tier not in program.income_tiers:
        said = f"the figures of {account.income_tier} are known under standard service only, not under {program.title}"
        refuse(account, said, "program", program.program)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)


def _check_dates(account: Account, program: Program) -> None:
    """Permission to operate and the interconnection request, where the program needs them."""
    if account.pto is None and program.answers.starts.value != "at_once":
        refuse(account, f"{program.title} needs pto, the day of permission to operate", "program", program.program)
    by_application = program.answers.vintage.value in ("application", "pto_then_application")
    if account.application is None and by_application and account.export_vintage is None:
        said = f"{program.title} needs application, the day of the interconnection request"
        refuse(account, said, "program", program.program, "EEC-04")


def _check_provider(account: Account, phase: Phase, program: Program, rules: Rules) -> None:
    """What a provider supports and sells.

    References
    ----------
    spec `CCA-10`: only where the provider agrees to support the program.
    """
    supplier = rules.book.provider(phase.provider)
    if program.utility not in supplier.utilities or supplier.kind not in program.services:
        refuse(account, f"{program.title} does not serve provider {phase.provider}", "program", program.program)
    if program.program not in supplier.supports:
        said = f"{supplier.title} does not support {program.title}: stay without credits (program {program.before}), "
        refuse(
            account, said + "change the provider, or return to bundled service", "provider", phase.provider, "CCA-10"
        )
    if account.income_tier != "none":
        said = f"the figures of {account.income_tier} are unknown with another provider"
        refuse(account, said, "provider", phase.provider)
    if phase.crs_vintage is None and account.pcia_per_kwh is None:
        said = "crs_vintage, the year in which the customer left bundled service, is needed: it decides the PCIA"
        refuse(account, said, "tariff", account.schedule)
    if supplier.products and phase.product not in supplier.products:
        sold = ", ".join(supplier.products)
        said = f"{supplier.title} sells {sold}; the account's product is {phase.product or 'not stated'}"
        refuse(account, said, "provider", phase.provider)
    listed = rules.providers.find(phase.provider, account.schedule, phase.crs_vintage, phase.product)
    if supplier.keeps_a_ledger and listed is None:
        said = f"{supplier.title} has no known price of {phase.product} on {account.schedule} for {phase.crs_vintage}"
        refuse(account, said, "provider", phase.provider)


def check_phases(account: Account, phases: list[Phase], rules: Rules) -> None:
    """Refuse a change from one provider that keeps a ledger to another: their balances cannot stand in one ledger."""
    kept = {p.provider for p in phases if (s := p.supplier(rules.book)) is not None and s.keeps_a_ledger}
    if len(kept) > 1:
        said = (
            f"{' and '.join(sorted(kept))} each keep a ledger of their own: bill up to the change from one account file"
        )
        refuse(account, said + ", and from it on from another", "provider", sorted(kept)[0], "CCA-01")


def _check_options(account: Account, phase: Phase, program: Program, rules: Rules) -> None:
    """Billing option, settlement rule and election."""
    options = program.billing_options
    if options is None and (account.billing_option or account.billing_option_change):
        refuse(account, f"{program.title} has no billing options", "program", program.program)
    if options is not None and phase.billing_option not in getattr(options, account.customer_class):
        said = f"{program.title} has no {phase.billing_option} billing option for {account.customer_class}"
        refuse(account, said, "program", program.program, *options.rules)
    if account.credit_pool and not isinstance(program.answers.credit_pool.value, dict):
        refuse(account, f"{program.title} leaves no choice of credit_pool", "program", program.program)
    known = program.settlement_rules.known if program.settlement_rules else []
    if account.settlement_rule and known and account.settlement_rule not in known:
        said = f"knows no settlement rule {account.settlement_rule}; it has {', '.join(known)}"
        refuse(account, f"{program.title} {said}", "program", program.program)
    chosen = {account.nsc_election, *(choice.choice for choice in account.nsc_elections)}
    elections = program.answers.elections.value
    for election in sorted(chosen):
        if election not in elections:
            refuse(account, f"{program.title} knows no election {election}", "program", program.program)
    service = "bundled" if phase.provider == BUNDLED else rules.book.provider(phase.provider).kind
    facts = keyed_facts(account, program) | {"billing_option": phase.billing_option, "service": service}
    for question, answer in answers_given(program, facts).items():
        if answer is None:
            refuse(account, f"{program.title} has no answer to {question} for this account", "program", program.program)


LARGEST_WITHOUT_METER = 10_000
"""W of storage up to which exports may be limited by an estimate, without a generation meter (STOR-01, STOR-02)."""


def _check_storage(account: Account, program: Program, rules: Rules) -> None:
    """Paired storage: no charging from the grid; above 10 kW a generation meter.

    References
    ----------
    spec `STOR-01` to `STOR-03`; tariffs-nem T1, T5, T7.
    """
    if program.answers.starts.value == "at_once":
        return
    if account.storage_charges_from_grid:
        said = f"{program.title} wants paired storage to charge from the generator only"
        refuse(account, said, "program", program.program, "STOR-03")
    large = account.storage_kw is not None and account.storage_kw > LARGEST_WITHOUT_METER
    if large and account.exports_limited_by not in {"generation_meter", "power_control"}:
        said = "storage above 10 kW needs exports_limited_by: generation_meter (or power_control)"
        refuse(account, said, "program", program.program, "STOR-02")
    capped = program.answers.storage_limit.given(exports_limited_by="production_estimate") != "none"
    if account.storage_kw is not None and capped and account.exports_limited_by == "nothing":
        said = "exports with storage of up to 10 kW are capped: exports_limited_by: production_estimate (or a meter)"
        refuse(account, said, "program", program.program, "STOR-01")
    if account.exports_limited_by == "production_estimate" and capped:
        production_factors(account, rules)


def production_factors(account: Account, rules: Rules) -> list[int]:
    """Wh a month per kW of solar from the table and climate zone that the account names.

    References
    ----------
    spec `STOR-01`: the table is not public (NEM-Q18), so the user gives it.
    """
    table = rules.production_factors(account.production_factors or "")
    if table is None or account.climate_zone not in table.zones or account.pv_kw is None:
        zones = f"; {table.table} has zones {', '.join(table.zones)}" if table is not None else ""
        said = f"production_estimate needs production_factors (a table), climate_zone and pv_kw{zones}"
        refuse(account, said, "program", account.program, "STOR-01")
    return list(table.zones[str(account.climate_zone)])


def provider_rule(account: Account, supplier: Provider) -> str:
    """Which reading of a provider's rules holds: the account's, or the default; empty where there is one only."""
    if supplier.settlement_rules is None:
        return ""
    chosen = account.provider_rule or supplier.settlement_rules.default
    if chosen not in supplier.settlement_rules.known:
        said = f"{supplier.title} knows no rule {chosen}; it has {', '.join(supplier.settlement_rules.known)}"
        refuse(account, said, "provider", supplier.provider)
    return chosen


KEYED_BY = ("customer_class", "settlement_rule", "credit_pool", "exports_limited_by", "billed_quantity")
"""The facts of an account by which an answer may be keyed, and the pool that an account may state otherwise."""


def keyed_facts(account: Account, program: Program) -> dict[str, str]:
    """The facts by which answers are keyed; the program's default settlement rule where none is stated.

    How an arrangement is billed stands in its own file; automated is the default there.
    """
    facts = {name: str(getattr(account, name) or "") for name in KEYED_BY} | {"fee_billing": "automated"}
    if program.settlement_rules is not None:
        facts["settlement_rule"] = facts["settlement_rule"] or program.settlement_rules.default
    return facts
