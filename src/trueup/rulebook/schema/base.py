"""What all rule files share: strict models, prices, days, sources."""

from datetime import date
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from trueup.quantities import UNKNOWN, cents_from_text, ppm_from_text, price_from_text, wh_from_kwh_text

Season = Literal["summer", "winter"]
TouPeriod = Literal["on_peak", "mid_peak", "off_peak", "super_off_peak", "all_hours"]
SEASONS: tuple[Season, ...] = get_args(Season)
TOU_PERIODS: tuple[TouPeriod, ...] = get_args(TouPeriod)
BUCKETS = tuple((season, tou) for season in SEASONS for tou in TOU_PERIODS)
"""Season and time-of-use period of each bucket, in the order of every bucket axis; `all_hours` without periods."""


def _price(text: object) -> int:
    if text == "unknown":
        return UNKNOWN
    return text if isinstance(text, int) else price_from_text(str(text))


def _date_or_none(text: object) -> object:
    return None if text == "unknown" else text


def _cents(text: object) -> int:
    return cents_from_text(str(text))


def _share(text: object) -> int:
    return text if isinstance(text, int) else ppm_from_text(str(text))


def _energy(text: object) -> int:
    return text if isinstance(text, int) else wh_from_kwh_text(str(text))


Price = Annotated[int, BeforeValidator(_price)]
Cents = Annotated[int, BeforeValidator(_cents)]
Share = Annotated[int, BeforeValidator(_share)]
Energy = Annotated[int, BeforeValidator(_energy)]
KnownDate = Annotated[date | None, BeforeValidator(_date_or_none)]
"""A date, or None where the file says `unknown`."""

DayType = Literal["weekday", "weekend_holiday"]
PriceGrid = dict[Season, dict[TouPeriod, Price]]
CustomerClass = Literal["residential", "small_commercial", "large_commercial"]
Service = Literal["bundled", "cca", "da"]
"""Who supplies generation: the utility, a community choice aggregator, or a Direct Access provider."""
Technology = Literal["solar", "wind", "other_renewable", "fuel_cell", "biogas"]
"""What the generator is; a fuel cell on renewable fuel is `other_renewable`."""
IncomeTier = Literal["none", "care", "fera", "medical_baseline"]


class Strict(BaseModel):
    """A part of a rule file: every key known, nothing changed after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Utility(Strict):
    """Who delivers: the name that bills print, the full name, whether bills print a municipal surcharge to state."""

    short: str
    title: str
    municipal_surcharge: Literal["stated", "none"]


class Source(Strict):
    """A document that figures are cited from."""

    title: str
    where: str
    effective: KnownDate
    read: Literal["tariff", "web", "transcript", "decision"]


class Dated(Strict):
    """The head of a version: one filing."""

    from_: date = Field(alias="from")
    known: KnownDate
    source: str


class Document(Strict):
    """A source document of the published rules."""

    title: str
    where: str


class PublishedRule(Strict):
    """One rule that the source documents state; `office` is what of it no file can show, but an office's records."""

    documents: list[str]
    title: str
    office: str | None = None


class Published(Strict):
    """`rules/published.yaml`."""

    documents: dict[str, Document]
    rules: dict[str, PublishedRule]
