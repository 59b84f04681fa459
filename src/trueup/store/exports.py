"""Readings written as a meter file for others."""

from collections.abc import Callable
from pathlib import Path

from trueup.errors import TrueupError
from trueup.reads import Reads
from trueup.reads.export import to_green_button, to_mdm_csv, to_neutral_csv, to_neutral_parquet
from trueup.store.files import write_whole

EXPORTS: dict[str, Callable[[Reads], bytes]] = {
    "espi": lambda reads: "".join(to_green_button(reads)).encode(),
    "mdm": lambda reads: "".join(to_mdm_csv(reads)).encode(),
    "neutral": lambda reads: "".join(to_neutral_csv(reads)).encode(),
    "neutral-parquet": to_neutral_parquet,
}
"""How readings are written, by the word that names the form."""


def write_export(reads: Reads, form: str, path: Path) -> None:
    """Write readings as a new file: Green Button XML, the meter data listing, or a neutral file.

    Raises
    ------
    TrueupError
        E-READ-005 for a form that is not written, E-RESULT-002 where the file exists or cannot be written.
    """
    if form not in EXPORTS:
        why = "A file of a form that is not asked for would mislead whoever reads it."
        raise TrueupError("E-READ-005", f"--as {form[:40]}: no such form", why, f"Name one of {', '.join(EXPORTS)}.")
    try:
        if path.exists():
            raise _unwritable(path, "it exists already", "Name a new file.")
        write_whole(path, EXPORTS[form](reads))
    except OSError as error:
        raise _unwritable(path, error.strerror or str(error), "Name a folder that can be written.") from None


def _unwritable(path: Path, what: str, todo: str) -> TrueupError:
    return TrueupError("E-RESULT-002", f"{path}: {what}", "Nothing was written, and nothing was lost.", todo)
