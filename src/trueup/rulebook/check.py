"""`trueup rules check`: exactly one value, with a source, on every day that a rule file claims to cover."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from trueup.rulebook import schema
from trueup.rulebook.book import Rulebook
from trueup.rulebook.columns import FLAGS, Rules


def findings(book: Rulebook) -> list[str]:
    """Everything that is wrong with the rule files, each on one line; none if they may be used."""
    return [
        *(line for schedule in book.schedules.values() for line in _schedule(schedule)),
        *(line for table in book.tables.values() for line in _table(table)),
        *_sources(book),
        *_programs(book),
        *(line for provider in book.providers.values() for line in _provider(book, provider)),
        *_columns(book),
        *_back_billing(book),
    ]


def _back_billing(book: Rulebook) -> Iterator[str]:
    """The limits of back-billing name documents that exist."""
    for version in book.back_billing.versions:
        if version.source not in book.sources:
            yield f"back-billing: source {version.source!r} is not in sources.yaml"


def _schedule(schedule: schema.Schedule) -> Iterator[str]:
    """Versions follow one another without gap or overlap, each with the same periods."""
    name = f"tariff/{schedule.schedule}"
    yield from _one_a_day(name, schedule.versions, schedule.through)
    wanted = {
        (season, tou) for season in schema.SEASONS for day in getattr(schedule.periods, season).values() for tou in day
    }
    for version in schedule.versions:
        for part in ("delivery", "generation"):
            grid = getattr(version, part)
            found = {(season, tou) for season, prices in grid.items() for tou in prices}
            if found != wanted:
                yield f"{name} from {version.from_}: {part} has prices for {sorted(found ^ wanted)} missing or too many"
        parts = sorted([*version.inside_delivery, *version.inside_generation])
        if parts != ["ctc", "ndc", "pppc", "wfc"]:
            yield f"{name} from {version.from_}: a non-bypassable component is missing or given twice"
        yield from _split(name, version)
        yield from _tiers(name, version)


def _tiers(name: str, version: schema.TariffVersion) -> Iterator[str]:
    """A tiered rate has one delivery price above its baseline in both seasons; a baseline needs one of two forms."""
    upper = {price for prices in version.delivery.values() for price in prices.values()}
    if version.delivery_baseline is not None and (len(upper) != 1 or version.baseline_credit is not None):
        yield f"{name} from {version.from_}: a tiered rate has one upper price and no baseline credit"


def _split(name: str, version: schema.TariffVersion) -> Iterator[str]:
    """Where the build-up is given, its parts add to the printed total."""
    if version.split is None:
        return
    everywhere = sum(version.split.everywhere.values()) + sum(version.inside_delivery.values())
    for season, prices in version.delivery.items():
        for tou, total in prices.items():
            if everywhere + version.split.distribution[season][tou] != total:
                yield f"{name} from {version.from_}: the parts of delivery {season} {tou} do not add to its total"


def _table(table: object) -> Iterator[str]:
    if isinstance(table, schema.DatedPrices | schema.CreditSeries):
        yield from _one_a_day(f"price/{table.utility}/{table.table}", table.versions, table.through)


def _one_a_day(name: str, versions: Sequence[schema.Dated], through: date) -> Iterator[str]:
    """Walk every day from the first version to `through`: exactly one version starts latest on or before it."""
    if not versions:
        yield f"{name}: it has no version"
        return
    starts = [version.from_ for version in versions]
    day = min(starts)
    if max(starts) > through:
        yield f"{name}: a version starts after {through}, up to which the file is attested"
    while day <= through:
        in_force = max(start for start in starts if start <= day)
        if starts.count(in_force) != 1:
            yield f"{name}: {starts.count(in_force)} versions hold on {day}"
            return
        day += timedelta(days=1)


def _sources(book: Rulebook) -> Iterator[str]:
    """Every source and published rule named in a file exists."""
    for name, path in book.paths.items():
        item = _item(book, name)
        for source in _flat(
            _named(item, {"source", "through_source", "schedules_source", "supports_source", "vintage_source"})
        ):
            if source not in book.sources:
                yield f"{name}: source {source!r} is not in sources.yaml ({path.name})"
        for rules in _named(item, {"rules"}):
            for rule in rules:
                if rule not in book.published.rules:
                    yield f"{name}: there is no published rule {rule}"


def _flat(sources: Iterator[object]) -> Iterator[object]:
    """Sources named once, or once for each value of a fact."""
    for source in sources:
        yield from (value for key, value in source.items() if key != "by") if isinstance(source, dict) else [source]


def _item(book: Rulebook, name: str) -> object:
    kind, _, rest = name.partition("/")
    if kind == "price":
        utility, _, table = rest.partition("/")
        return book.tables[utility, table]
    kinds = {"program": book.programs, "provider": book.providers, "tariff": book.schedules, "calendar": book.calendars}
    return kinds[kind][rest]


def _named(item: object, names: set[str]) -> Iterator[str]:
    """The values of all fields of these names, at any depth."""
    children = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
    if isinstance(item, schema.Strict):
        fields = {name: getattr(item, name) for name in type(item).model_fields}
        yield from (value for name, value in fields.items() if name in names)
        children = fields.values()
    for child in children:
        yield from _named(child, names)


def _programs(book: Rulebook) -> Iterator[str]:
    """Schedules and following programs exist; a settlement's versions are all answered."""
    for program in book.programs.values():
        for schedule in program.schedules:
            if schedule not in book.schedules:
                yield f"program/{program.program}: there is no schedule {schedule}"
        follower = program.answers.followed_by.value
        if follower not in book.programs:
            yield f"program/{program.program}: there is no program {follower} to follow"
        steps = program.answers.settlement.value
        orders = [v for k, v in steps.items() if k != "by"] if isinstance(steps, dict) else [steps]
        for order in orders:
            if order not in schema.SETTLEMENTS:
                yield f"program/{program.program}: the settlement steps {order} are in no known order"
        known = program.settlement_rules.known if program.settlement_rules else []
        for name in schema.Answers.model_fields:
            value = getattr(program.answers, name).value
            if isinstance(value, dict) and value.get("by") == "settlement_rule" and {*value} - {"by"} != {*known}:
                yield f"program/{program.program}: {name} does not answer exactly the settlement rules {known}"


def _provider(book: Rulebook, provider: schema.Provider) -> Iterator[str]:
    """Programs, schedules and products exist; price lists follow one another, with the schedule's periods."""
    name = f"provider/{provider.provider}"
    yield from (f"{name}: there is no program {p}" for p in provider.supports if p not in book.programs)
    for question in type(provider.answers).model_fields:
        value = getattr(getattr(provider.answers, question), "value", None)
        if isinstance(value, dict) and value.get("by") == "program":
            yield from (f"{name}: {question} says nothing of {p}" for p in provider.supports if p not in value)
    for prices in provider.prices:
        if prices.schedule not in book.schedules:
            yield f"{name}: there is no schedule {prices.schedule}"
            continue
        yield from _one_a_day(f"{name}, {prices.schedule}", prices.versions, provider.through)
        wanted = {
            (s, tou) for s, grid in book.schedules[prices.schedule].versions[-1].generation.items() for tou in grid
        }
        for version in prices.versions:
            for product in provider.products:
                grid = version.generation.get(product, {})
                if {(season, tou) for season, row in grid.items() for tou in row} != wanted:
                    when = f"{name}, {prices.schedule} from {version.from_}"
                    yield f"{when}: {product} has not exactly the schedule's periods"


def _columns(book: Rulebook) -> Iterator[str]:
    """The tables load as columns, cell by cell, and every flag asks a question that exists."""
    rules = Rules(book)
    for part in (
        "tariffs",
        "providers",
        "calendar",
        "exports",
        "surplus_rate",
        "average_export_rate",
        "adders",
        "climate_credit",
    ):
        getattr(rules, part)
    for flag, (question, _) in FLAGS.items():
        if question not in schema.Answers.model_fields:
            yield f"flag {flag} asks {question}, which is no question"
