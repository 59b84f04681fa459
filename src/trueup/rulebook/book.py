"""The rulebook: every rule file, loaded once, answering what held on a day and who says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from trueup.errors import TrueupError
from trueup.periods import nth_weekday
from trueup.rulebook import load, schema

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
D = TypeVar("D", bound=schema.Dated)


def unknown_name(kind: str, name: str, known: list[str], file: str) -> TrueupError:
    """The error for a rule file that does not exist."""
    return TrueupError(
        "E-RULE-002",
        f"there is no {kind} {name!r}",
        f"Bills are computed from rule files; known here: {', '.join(known)}.",
        f"Choose one of these, or add src/trueup/rules/{file}.",
    )


def versions_in_force(versions: list[D], known_on: date | None) -> list[D]:
    """The versions by first day, one each: of two filings for one day the one known last, if known by `known_on`.

    A version whose filing day no source gives counts as known from its first day.
    """
    seen = [v for v in versions if known_on is None or (v.known or v.from_) <= known_on]
    ordered = sorted(seen, key=lambda v: (v.from_, v.known or v.from_))
    return list({version.from_: version for version in ordered}.values())


def holidays_observed(days: schema.Holidays, year: int) -> dict[date, str]:
    """The days of a year that count as holidays, with the names of what they observe.

    References
    ----------
    SCE Schedule TOU-D, Special Condition 1: a Sunday holiday moves to Monday, a Saturday one to no day.
    """
    found = {}
    for name, rule in days.holidays.items():
        if rule.weekday is not None:
            nth = None if rule.nth == "last" else int(rule.nth or 1)
            day = nth_weekday(year, rule.month, WEEKDAYS.index(rule.weekday), nth)
        else:
            day = date(year, rule.month, rule.day or 1)
        if day.weekday() == 6 and days.sunday_holiday == "monday":
            found[date.fromordinal(day.toordinal() + 1)] = f"{name} (observed)"
        if day.weekday() == 5 and days.saturday_holiday == "friday":
            found[date.fromordinal(day.toordinal() - 1)] = f"{name} (observed)"
        found[day] = name
    return found


def _filed_once(path: Path, versions: list[D]) -> None:
    """Refuse two versions with the same first day and the same filing day."""
    heads = [(version.from_, version.known) for version in versions]
    twice = next((head for head in heads if heads.count(head) > 1), None)
    if twice is not None:
        raise load.rule_error(path, f"two versions hold from {twice[0]}; a correction needs its own `known` day")


def _by_id(named: list[tuple[str, Path]]) -> dict[str, Path]:
    """The file of each rule; two files of one id are refused, for one of them would win unnoticed."""
    found: dict[str, Path] = {}
    for name, path in named:
        if name in found:
            raise load.rule_error(path, f"{name} is the id of {found[name].parent.name}/{found[name].name} too")
        found[name] = path
    return found


@dataclass(frozen=True)
class Rulebook:
    """All rule files of a folder.

    Attributes
    ----------
    folder
        Where the files were read.
    known_on
        Only filings known by this day are used; None for all.
    allow_stale
        Whether the last version of a schedule may draft bills after the day up to which it is attested.
    """

    folder: Path
    utilities: Mapping[str, schema.Utility]
    sources: Mapping[str, schema.Source]
    published: schema.Published
    calendars: Mapping[str, schema.Calendar]
    schedules: Mapping[str, schema.Schedule]
    programs: Mapping[str, schema.Program]
    providers: Mapping[str, schema.Provider]
    tables: Mapping[tuple[str, str], Any]
    paths: Mapping[str, Path]
    known_on: date | None = None
    allow_stale: bool = False

    @classmethod
    def load(cls, folder: Path = load.RULES, known_on: date | None = None, allow_stale: bool = False) -> "Rulebook":
        """Read and check every rule file of `folder`.

        Raises
        ------
        TrueupError
            E-RULE-001 at the first file that cannot be used.
        """
        calendars = load.many(folder / "calendars", schema.Calendar)
        schedules = load.many(folder / "tariffs", schema.Schedule)
        programs = load.programs(folder / "programs")
        providers = load.many(folder / "programs", schema.Provider, "*/*.yaml")
        tables = load.tables(folder / "prices")
        for path, item in [*schedules.items(), *tables.items()]:
            _filed_once(path, getattr(item, "versions", []))
        for path, provider in providers.items():
            for prices in provider.prices:
                _filed_once(path, prices.versions)
        paths = _by_id(
            [
                *((f"program/{item.program}", path) for path, item in programs.items()),
                *((f"provider/{item.provider}", path) for path, item in providers.items()),
                *((f"tariff/{item.schedule}", path) for path, item in schedules.items()),
                *((f"calendar/{item.calendar}", path) for path, item in calendars.items()),
                *((f"price/{item.utility}/{item.table}", path) for path, item in tables.items()),
            ]
        )
        return cls(
            folder,
            load.utilities(folder),
            load.sources(folder),
            load.one(folder / "published.yaml", schema.Published),
            {item.calendar: item for item in calendars.values()},
            {
                item.schedule: item.model_copy(update={"versions": versions_in_force(item.versions, known_on)})
                for item in schedules.values()
            },
            {item.program: item for item in programs.values()},
            {item.provider: item for item in providers.values()},
            {(item.utility, item.table): item for item in tables.values()},
            paths,
            known_on,
            allow_stale,
        )

    def schedule(self, name: str) -> schema.Schedule:
        """A rate schedule by id; E-RULE-002 if there is none."""
        if name not in self.schedules:
            raise unknown_name("schedule", name, sorted(self.schedules), "tariffs/<utility>/<schedule>.yaml")
        return self.schedules[name]

    def program(self, name: str) -> schema.Program:
        """A program by id; E-RULE-002 if there is none."""
        if name not in self.programs:
            raise unknown_name("program", name, sorted(self.programs), "programs/<program>.yaml")
        return self.programs[name]

    def provider(self, name: str) -> schema.Provider:
        """A provider of generation by id; E-RULE-002 if there is none."""
        if name not in self.providers:
            known = ["bundled", *sorted(self.providers)]
            raise unknown_name("provider", name, known, "programs/cca/<provider>.yaml")
        return self.providers[name]

    def biller(self, name: str) -> str:
        """The name that a bill prints for a provider or a utility."""
        return self.providers[name].title if name in self.providers else self.utilities[name].short

    def table(self, utility: str, name: str) -> Any:
        """A price table, followed to the utility whose table it is where it only names one."""
        found = self.tables[utility, name]
        return self.table(found.of.utility, found.of.table) if isinstance(found, schema.SameAs) else found

    def csv(self, table: Any, header: str) -> list[list[str]]:
        """The rows of a table's CSV."""
        path = self.paths[f"price/{table.utility}/{table.table}"].parent / table.data
        return load.csv_rows(path, table.sha256, header)

    def csv_frame(self, table: Any, header: str) -> pl.DataFrame:
        """The rows of a large table's CSV as columns of text."""
        path = self.paths[f"price/{table.utility}/{table.table}"].parent / table.data
        return load.csv_frame(path, table.sha256, header)

    @cached_property
    def digests(self) -> dict[str, str]:
        """SHA-256 of every rule file."""
        return load.digests(self.folder)

    @cached_property
    def back_billing(self) -> schema.BackBilling:
        """How far back an undercharge may be billed."""
        return load.one(self.folder / "back-billing.yaml", schema.BackBilling)

    def cite(self, source: str) -> str:
        """A source as a citation: title, where, effective day."""
        document = self.sources[source]
        effective = f", effective {document.effective}" if document.effective else ""
        return f"{document.title}; {document.where}{effective} [{source}, read: {document.read}]"
