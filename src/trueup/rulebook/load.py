"""Rule files into checked models. Every scalar is read as text; a bad file names itself and the place."""

import hashlib
import io
from functools import cache
from pathlib import Path
from typing import Annotated, Any, TypeVar

import polars as pl
import yaml
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from trueup.errors import TrueupError
from trueup.rulebook import schema

RULES = Path(__file__).resolve().parent.parent / "rules"
M = TypeVar("M", bound=BaseModel)

TABLE: TypeAdapter[Any] = TypeAdapter(
    Annotated[
        schema.ExportPrices
        | schema.Monthly
        | schema.SameAs
        | schema.ByVintage
        | schema.DatedPrices
        | schema.CreditSeries
        | schema.Baseline
        | schema.ProductionFactors,
        Field(discriminator="kind"),
    ]
)
UTILITIES: TypeAdapter[dict[str, schema.Utility]] = TypeAdapter(dict[str, schema.Utility])
SOURCES: TypeAdapter[dict[str, schema.Source]] = TypeAdapter(dict[str, schema.Source])


def rule_error(path: Path, what: str) -> TrueupError:
    """The error for a rule file that cannot be used."""
    return TrueupError(
        "E-RULE-001",
        f"{path.name}: {what}",
        "A rule file is the law that bills are computed from, so a doubtful one is not used at all.",
        "Mend the file; `trueup rules check` repeats this test for all files.",
    )


class TextLoader(yaml.CBaseLoader):
    """Every scalar stays text, and a key given twice is refused instead of quietly winning."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """A mapping whose keys each stand once."""
        keys = [key.value for key, _ in node.value]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            raise yaml.MarkedYAMLError(problem=f"{twice!r} stands twice", problem_mark=node.start_mark)
        return super().construct_mapping(node, deep)


def read_yaml(path: Path) -> Any:
    """A YAML file with every scalar as text.

    Raises
    ------
    TrueupError
        E-RULE-001 if the file is no YAML or repeats a key.
    """
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=TextLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise rule_error(path, f"is not readable: {error}") from None


def _validated(path: Path, adapter: TypeAdapter[Any], fields: Any = None) -> Any:
    try:
        return adapter.validate_python(read_yaml(path) if fields is None else fields)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise rule_error(path, f"{place}: {first['msg']}") from None


def one(path: Path, model: type[M]) -> M:
    """A rule file as its model."""
    found: M = _validated(path, _adapter(model))
    return found


@cache
def _adapter(model: type[BaseModel]) -> TypeAdapter[Any]:
    return TypeAdapter(model)


def many(folder: Path, model: type[M], files: str = "**/*.yaml") -> dict[Path, M]:
    """All rule files of a folder, in the order of their names: the folder is the registry."""
    return {path: one(path, model) for path in sorted(folder.glob(files))}


def programs(folder: Path) -> dict[Path, schema.Program]:
    """The programs of a folder; one that is `as` another gives only what differs from it."""
    read = {path: read_yaml(path) for path in sorted(folder.glob("*.yaml"))}
    named = {fields.get("program"): fields for fields in read.values() if isinstance(fields, dict)}
    return {
        path: _validated(path, _adapter(schema.Program), _as_another(path, fields, named))
        for path, fields in read.items()
    }


def _as_another(path: Path, fields: Any, named: dict[Any, dict[str, Any]], seen: tuple[str, ...] = ()) -> Any:
    """The fields of a program with those of the program that it is `as`, and so on."""
    if not isinstance(fields, dict) or "as" not in fields:
        return fields
    name = fields["as"]
    if name not in named or name in seen:
        raise rule_error(path, f"as {name}: there is no such program, or it refers back to itself")
    other = _as_another(path, named[name], named, (*seen, name))
    answers = other.get("answers", {}) | fields.get("answers", {})
    own = {key: value for key, value in fields.items() if key != "as"}
    return other | own | {"answers": answers}


def tables(folder: Path) -> dict[Path, Any]:
    """All price tables below a folder."""
    return {path: _validated(path, TABLE) for path in sorted(folder.rglob("*.yaml"))}


def sources(folder: Path) -> dict[str, schema.Source]:
    """The documents cited."""
    found: dict[str, schema.Source] = _validated(folder / "sources.yaml", SOURCES)
    return found


def utilities(folder: Path) -> dict[str, schema.Utility]:
    """The utilities that deliver."""
    found: dict[str, schema.Utility] = _validated(folder / "utilities.yaml", UTILITIES)
    return found


def csv_rows(path: Path, sha256: str, header: str) -> list[list[str]]:
    """The rows of a table's CSV, after its digest and heading were checked.

    Raises
    ------
    TrueupError
        E-RULE-001 if the bytes are not those that the header names.
    """
    return [line.split(",") for line in _csv_text(path, sha256, header).splitlines()[1:]]


def csv_frame(path: Path, sha256: str, header: str) -> pl.DataFrame:
    """The same as columns of text, for large tables.

    Raises
    ------
    TrueupError
        E-RULE-001 if the bytes are not those that the header names, or no table.
    """
    text = _csv_text(path, sha256, header)
    try:
        return pl.read_csv(io.StringIO(text), infer_schema=False)
    except pl.exceptions.PolarsError as error:
        raise rule_error(path, f"is no table: {error}") from None


def _csv_text(path: Path, sha256: str, header: str) -> str:
    data = path.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise rule_error(path, f"its SHA-256 is {found[:12]}..., its header names {sha256[:12]}...")
    text = data.decode("utf-8")
    first = text[: text.find("\n")].rstrip("\r")
    if first != header:
        raise rule_error(path, f"its heading is {first!r}, not {header!r}")
    return text


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every rule file, by path below the folder."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in {".yaml", ".csv"})
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
