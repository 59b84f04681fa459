"""Stage 1: meter files -> readings. One module per format; the format is told from the file itself."""

from collections.abc import Sequence
from pathlib import Path

from trueup.reads.batch import Batch
from trueup.reads.combine import combine, part_of
from trueup.reads.formats import READERS
from trueup.reads.meter_file import MeterFile, open_meter_bytes, open_meter_file
from trueup.reads.source import LIMITS, Limits
from trueup.reads.table import Reads

FORMS = tuple(reader.NAME for reader in READERS)
"""The words that name a format."""

__all__ = ["FORMS", "LIMITS", "Batch", "Limits", "MeterFile", "Reads", "open_meter_bytes", "open_meter_file", "read"]


def read(files: str | Path | Sequence[str | Path], form: str | None = None) -> Reads:
    """Read whole meter files, each in its own format, or all in the one that is insisted on.

    Raises
    ------
    TrueupError
        E-READ-... with the file and line; docs/errors.md lists the codes.
    """
    paths = [files] if isinstance(files, str | Path) else list(files)
    parts = []
    for path in paths:
        with open_meter_file(path, form) as file:
            parts.append(part_of(file))
    return combine(parts)
