"""What a rule file says on a day, as plain text with its citations."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np

from trueup.errors import TrueupError
from trueup.quantities import UNKNOWN, decimal_text, kwh_text, price_text, usd_text
from trueup.rule_pages import differences
from trueup.rulebook import Rules, schema
from trueup.rulebook.load import read_yaml
from trueup.rulebook.prices import BASES, DAY_TYPES, vintage_year


def rule_text(rules: Rules, name: str, on: date | None) -> str:
    """A program, schedule, calendar, price table or published rule, by an id of `trueup rules list` or its last part.

    Raises
    ------
    TrueupError
        E-RULE-002 for an unknown id, E-RULE-003 for a day outside the covered span.
    """
    book = rules.book
    name = name.upper() if name.upper() in book.published.rules else name
    if name in book.published.rules:
        return "\n".join(_published(rules, name))
    ending = [path for path in book.paths if path.endswith(f"/{name}")]
    if len(ending) > 1:
        raise TrueupError(
            "E-RULE-002",
            f"{name!r} names several rules: {', '.join(ending)}",
            "Rules are named by their files.",
            "Choose one of these.",
        )
    name = ending[0] if ending else name
    kind, _, rest = name.partition("/")
    if name not in book.paths:
        raise TrueupError(
            "E-RULE-002",
            f"there is no rule {name!r}",
            "Rules are named by their files.",
            f"Known: {', '.join(book.paths)}, and published rules such as TRUE-03.",
        )
    if kind == "program":
        return "\n".join(_program(rules, rest))
    if kind == "tariff":
        return "\n".join(_schedule(rules, rest, on))
    if kind == "provider":
        return "\n".join(_provider(rules, rest))
    if kind == "calendar":
        return "\n".join(_calendar(rules, rest))
    utility, _, table = rest.partition("/")
    return "\n".join(_table(rules, book.tables[utility, table], on))


def price(value: int) -> str:
    """A price as text, or `unknown`."""
    return "unknown" if value == UNKNOWN else price_text(value)


def _published(rules: Rules, name: str) -> Iterator[str]:
    rule = rules.book.published.rules[name]
    yield f"{name}: {rule.title}"
    for code in rule.documents:
        document = rules.book.published.documents[code]
        yield f"  stated by {document.title} ({document.where})"
    if rule.office:
        yield f"  an office alone shows {rule.office}"
    for program in rules.book.programs.values():
        for question in schema.Answers.model_fields:
            if name in getattr(program.answers, question).rules:
                yield f"  answered by {program.program}.{question}"


def _program(rules: Rules, program_id: str) -> Iterator[str]:
    program = rules.book.program(program_id)
    yield f"{program.title} ({program_id}), schedules {', '.join(program.schedules)}"
    yield f"    {rules.book.cite(program.schedules_source)}"
    for question in schema.Answers.model_fields:
        yield from _answer(rules, question, getattr(program.answers, question))


def _answer(rules: Rules, question: str, answer: Any) -> Iterator[str]:
    published = f" [{' '.join(answer.rules)}]" if answer.rules else ""
    yield f"{question}: {_value(answer.value)}{published}"
    sources = answer.source if isinstance(answer.source, dict) else {"": answer.source}
    for name, source in sources.items():
        if name != "by":
            yield f"    {name + ': ' if name else ''}{rules.book.cite(source)}"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        told = (f"{name}: {_value(given)}" for name, given in value.items() if name != "by")
        return f"by {value['by']} ({', '.join(told)})"
    return (", ".join(value) or "none") if isinstance(value, list) else str(value)


def _schedule(rules: Rules, name: str, on: date | None) -> Iterator[str]:
    schedule = rules.book.schedule(name)
    yield f"{schedule.title} ({name}), attested through {schedule.through}"
    for season in schema.SEASONS:
        for day_type, periods in getattr(schedule.periods, season).items():
            told = ", ".join(f"{tou} {hours}" for tou, hours in periods.items())
            yield f"  {season} {day_type.replace('_', ' or ')}: {told}"
    yield f"    {rules.book.cite(schedule.periods.source)}"
    versions = schedule.versions
    if on is not None:
        versions = [v for v in versions if v.from_ <= on <= schedule.through][-1:]
        if not versions:
            raise _not_covered(name, on, f"{schedule.versions[0].from_}..{schedule.through}")
    raw = sorted(read_yaml(rules.book.paths[f"tariff/{name}"])["versions"], key=lambda version: str(version["from"]))
    changes = dict(zip((str(version["from"]) for version in raw), differences(raw), strict=True))
    for version in versions:
        yield from _version(rules, version)
        changed = [f"{path} {old} -> {new}" for path, (old, new) in changes[str(version.from_)].items()]
        if changed:
            yield f"  changed from the version before: {'; '.join(changed)}"


def _version(rules: Rules, version: schema.TariffVersion) -> Iterator[str]:
    known = version.known or "unknown"
    yield f"from {version.from_} (filed {known}): {rules.book.cite(version.source)}"
    for season, prices in version.delivery.items():
        for tou, delivery in prices.items():
            generation = version.generation[season][tou]
            total = price(delivery + generation)
            yield f"  {season} {tou}: delivery {price(delivery)} + generation {price(generation)} = {total} $/kWh"
    inside = [*version.inside_delivery.items(), *version.inside_generation.items()]
    yield "  inside: " + ", ".join(f"{part} {price(value)}" for part, value in inside)
    yield f"  fixed recovery {price(version.fixed_recovery)} $/kWh"
    yield from _beside(version)


def _provider(rules: Rules, name: str) -> Iterator[str]:
    provider = rules.book.provider(name)
    yield f"{provider.title} ({name}), supports {', '.join(provider.supports)}, through {provider.through}"
    yield f"    {rules.book.cite(provider.supports_source)}"
    for question in schema.ProviderAnswers.model_fields:
        answer = getattr(provider.answers, question)
        if answer is not None:
            yield from _answer(rules, question, answer)
        if isinstance(answer, schema.SurplusPrice):
            yield f"    {_surplus_price(answer)}"
    for part in provider.cash_out:
        most = "" if part.at_most is None else f", at most ${usd_text(part.at_most)}"
        yield f"compensation by check from {part.from_}: ${usd_text(part.check_from)} or more{most}"
        yield f"    {rules.book.cite(part.source)}"
    for bonus in provider.export_bonus:
        yield f"export bonus from {bonus.from_}: {decimal_text(bonus.share, 6)} of the month's export credit"
        yield f"    {rules.book.cite(bonus.source)}"
    for prices in provider.prices:
        left = ", ".join(str(year) for year in prices.vintages) or "all vintages"
        for version in prices.versions:
            yield f"{prices.schedule} ({left}) from {version.from_}: {rules.book.cite(version.source)}"
            if version.per_kwh:
                yield f"  on every kWh: {price(version.per_kwh)} $/kWh"
            for product, grid in version.generation.items():
                told = (f"{s} {t} {price(p)}" for s, row in grid.items() for t, p in row.items())
                yield f"  {product}: {', '.join(told)} $/kWh"


def _surplus_price(answer: schema.SurplusPrice) -> str:
    """How a provider makes the price of surplus."""
    if answer.fixed:
        prices = (
            f"{name}: {price(fixed.without_recs)}, with RECs {price(fixed.with_recs)}"
            for name, fixed in answer.fixed.items()
        )
        return f"$/kWh {'; '.join(prices)}"
    rate = {"month": "the month's rate", "calendar_year_before": "the mean rate of the calendar year before"}
    multiple = f" x {decimal_text(answer.multiple, 6)}"
    added = f" + {price(answer.adder)}" if answer.adder else ""
    return f"{rate[answer.average]}{multiple}{added}, to {answer.decimals} decimals"


def _calendar(rules: Rules, name: str) -> Iterator[str]:
    calendar = rules.book.calendars[name]
    yield f"{name}: summer from {calendar.seasons.summer}, winter from {calendar.seasons.winter}"
    yield f"    {rules.book.cite(calendar.seasons.source)}"
    for kind, days in calendar.day_types.items():
        yield f"{kind}: weekend and {', '.join(days.holidays)}"
        yield f"    a holiday on a Sunday: {days.sunday_holiday}; on a Saturday: {days.saturday_holiday}"
        yield f"    {rules.book.cite(days.source)}"


def _table(rules: Rules, table: Any, on: date | None) -> Iterator[str]:
    covers = f"through {table.through}" if hasattr(table, "through") else table.status
    yield f"{table.title or table.table} (price/{table.utility}/{table.table}), {covers}"
    if isinstance(table, schema.ProductionFactors):
        for zone, factors in table.zones.items():
            yield f"  {zone}: {', '.join(kwh_text(wh) for wh in factors)} kWh a kW, January to December"
        yield f"    {rules.book.cite(table.source)}"
    elif isinstance(table, schema.ExportPrices):
        yield from _exports(rules, table, on)
    elif isinstance(table, schema.Monthly):
        for month, *values in rules.book.csv(table, ",".join(["month", *table.columns])):
            if on is None or month == f"{on:%Y-%m}":
                told = ", ".join(f"{name} {value}" for name, value in zip(table.columns, values, strict=True))
                yield f"  {month}: {told}"
        yield f"    {rules.book.cite(table.source)}"
    elif isinstance(table, schema.ByVintage):
        for vintage, adders in table.values.items():
            yield f"  {vintage}: " + ", ".join(f"{segment} {price(value)}" for segment, value in adders.items())
        yield f"    {rules.book.cite(table.source)}"
    elif isinstance(table, schema.Baseline):
        yield from _baseline(rules, table)
    elif isinstance(table, schema.SameAs):
        yield f"  the same as price/{table.of.utility}/{table.of.table}"
        yield f"    {rules.book.cite(table.source)}"
    else:
        for version in table.versions:
            yield f"  from {version.from_}: {_dated(version)}"
            yield f"    {rules.book.cite(version.source)}"


def _baseline(rules: Rules, table: schema.Baseline) -> Iterator[str]:
    for name, allowances in [*table.regions.items(), *table.add_ons.items()]:
        told = (f"{s} {kind} {kwh_text(wh)}" for s, row in allowances.items() for kind, wh in row.items())
        yield f"  {name}: {', '.join(told)} kWh a day"
    yield f"    {rules.book.cite(table.source)}"


def _dated(version: schema.DatedValue | schema.CreditEvents) -> str:
    if isinstance(version, schema.DatedValue):
        return price(version.value)
    days = [f"the cycle that contains {day}" for day in version.cycle_containing]
    months = [f"the cycle whose last service day lies in month {month}" for month in version.last_service_day_in]
    return f"${usd_text(version.usd)} in {' and '.join(days + months)}"


def _exports(rules: Rules, table: schema.ExportPrices, on: date | None) -> Iterator[str]:
    """The 24 prices of a day for the vintages that have them, or what the table covers."""
    yield f"  vintages {', '.join(table.vintages)}, from {table.from_}"
    yield f"    {rules.book.cite(table.source)}"
    for name, basis in table.basis.items():
        yield f"    {name}: {basis.means}; {rules.book.cite(basis.source)}"
    if on is None:
        yield "  name a day with --on to see its 24 prices"
        return
    day, month = np.array([on.toordinal()]), np.array([12 * on.year + on.month - 1])
    which = rules.calendar.names.index(table.calendar)
    day_type = rules.calendar.at(rules.calendar.export_day_type, np.array([which]), day)
    utility = np.array([rules.utilities.index(table.utility)])
    years = {name: np.array([vintage_year(name)]) for name in table.vintages}
    rows = {name: int(rules.exports.row(utility, year, month, day_type)[0]) for name, year in years.items()}
    priced = [name for name, row in rows.items() if row]
    if not priced or not rules.calendar.first_day[which] <= on.toordinal() <= rules.calendar.last_day[which]:
        raise _not_covered(table.table, on, f"{table.from_}..{table.through}, a vintage from its first calendar year")
    yield f"  {on} is a {DAY_TYPES[int(day_type[0])].replace('_', ' or ')}; prices of {', '.join(priced)}"
    for hour in range(24):
        row = rows[priced[0]]
        told = (
            f"{part} {price(int(rules.exports.prices[row, k, hour]))} ({BASES[int(rules.exports.basis[row, k, hour])]})"
            for k, part in enumerate(("delivery", "generation"))
        )
        yield f"  {hour:02d}:00 {', '.join(told)}"


def _not_covered(name: str, on: date, covers: str) -> TrueupError:
    return TrueupError(
        "E-RULE-003",
        f"{name}: no version covers {on}",
        f"It covers {covers}.",
        "Ask for a day inside that span, or add a version with its source.",
    )


def _beside(version: schema.TariffVersion) -> Iterator[str]:
    """What a version charges beside energy."""
    if version.daily is not None:
        daily = version.daily.usd_per_day
        of_all = [*daily.items()] if isinstance(daily, dict) else [("", daily)]
        told = [f"{name} {price(value)}".strip() for name, value in [*of_all, *version.daily.income_tiers.items()]]
        yield f"  {version.daily.name} {', '.join(told)} $/day"
    if version.bundled_pcia is not None:
        yield f"  PCIA of bundled customers {price(version.bundled_pcia)} $/kWh"
    if version.regulatory_fee is not None:
        yield f"  regulatory fee {price(version.regulatory_fee)} $/kWh"
    if version.delivery_baseline is not None:
        yield f"  delivery up to the baseline allowance {price(version.delivery_baseline)} $/kWh"
    if version.baseline_credit is not None:
        yield f"  baseline credit {price(version.baseline_credit)} $/kWh"
    if version.three_phase_per_day is not None:
        yield f"  three-phase service {price(version.three_phase_per_day)} $/day"
    least = version.minimum_charge
    if least is not None:
        without = f", without {', '.join(least.leaves_out)}" if least.leaves_out else ""
        medical = price(least.medical_baseline)
        yield f"  minimum charge {price(least.usd_per_day)} $/day (medical baseline {medical}){without}"
    for kind, demand in version.demand.items():
        name, delivery, generation = kind.replace("_", " "), price(demand.delivery), price(demand.generation)
        yield f"  demand, {name}: delivery {delivery} + generation {generation} $/kW"
    for tier, discount in version.discounts.items():
        free = ", ".join(f"{name} {price(value)}" for name, value in discount.exempt_per_kwh.items()) or "nothing"
        yield f"  {tier}: {decimal_text(discount.share, 6)} off; exempt from {free}"
    others = version.other_providers
    if others is not None:
        left = ", ".join(f"{year} {price(value)}" for year, value in others.pcia.items())
        apart = [(name, value) for name, value in (("WFC", others.wfc), ("CTC", others.ctc)) if value is not None]
        beside = "".join(f"{name} {price(value)}, " for name, value in apart)
        yield f"  customers of another provider: {beside}PCIA of {left}"
        if others.franchise_fee:
            fees = ", ".join(f"{year} {price(value)}" for year, value in others.franchise_fee.items())
            yield f"  their franchise fee of {fees}"
