"""The document that imported prices are cited from: an id that `sources.yaml` has, or one to be added to it."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from trueup.errors import TrueupError
from trueup.price_files.errors import RULES_STAY, price_error
from trueup.price_files.header import flow

ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
ID_WIDTH = 19
CITE = "Name an id of rules/sources.yaml, or give title, where and effective day of a new one."


@dataclass(frozen=True)
class PriceSource:
    """A published document.

    Attributes
    ----------
    id
        Its id in ``sources.yaml``.
    title, where
        What it is and where it is found; needed for a new id.
    effective
        First day on which it holds, where known.
    read
        How it was read: the utility's own file is ``web``.
    """

    id: str
    title: str | None = None
    where: str | None = None
    effective: date | None = None
    read: str = "web"


def with_source(text: str, known: dict[str, Any], source: PriceSource) -> str:
    """The text of ``sources.yaml`` with the source in it.

    Raises
    ------
    TrueupError
        E-PRICE-015 if the id is new and not described, or known and described otherwise.
    """
    if source.id in known:
        _refuse_other(known[source.id], source)
        return text
    if not ID.fullmatch(source.id):
        raise _no_source(f"{source.id!r} is no source id: small letters, digits and hyphens")
    if not source.title or not source.where:
        raise _no_source(f"sources.yaml has no {source.id!r}, and no title and place of it are given")
    parts = [("title", _quoted(source.title)), ("where", _quoted(source.where))]
    parts += [("effective", str(source.effective or "unknown")), ("read", flow(source.read))]
    body = ", ".join(f"{key}: {value}" for key, value in parts)
    return f"{text.rstrip(chr(10))}\n{source.id + ':':<{ID_WIDTH - 1}} {{{body}}}\n"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'


def _refuse_other(held: dict[str, Any], source: PriceSource) -> None:
    told = {"title": source.title, "where": source.where, "effective": source.effective}
    other = [key for key, value in told.items() if value is not None and str(value) != str(held[key])]
    if other:
        raise _no_source(f"sources.yaml has {source.id!r} with another {' and '.join(other)}: {held[other[0]]!r}")


def _no_source(what: str) -> TrueupError:
    return price_error("E-PRICE-015", what, CITE, f"Every price cites its document. {RULES_STAY}")
