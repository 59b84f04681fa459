"""Stage 1: meter files -> one table of readings. One module per format; the format is told from the file itself."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from trueup.reads import neutral, sce
from trueup.reads.table import Parsed, Reads, combine, unreadable

__all__ = ["Reads", "read"]

FORMATS = "Give SCE's download CSV, a neutral CSV or a neutral Parquet file; docs/meter-files.md shows them."


def read(files: str | Path | Sequence[str | Path]) -> Reads:
    """Read meter files, each in its own format.

    Raises
    ------
    TrueupError
        E-READ-... with the file and line; docs/errors.md lists the codes.
    """
    paths = [files] if isinstance(files, str | Path) else list(files)
    return combine([parse(Path(path)) for path in paths])


def parse(path: Path) -> Parsed:
    """Read one meter file."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise unreadable("E-READ-001", str(path), error.strerror or "cannot be opened", "Check the path.") from None
    sha256 = hashlib.sha256(data).hexdigest()
    if not data.strip():
        raise unreadable("E-READ-001", path.name, "the file is empty", FORMATS)
    if data[:4] == b"PAR1":
        return neutral.parse_parquet(data, path.name, sha256)
    text = _text(data, path.name)
    if neutral.recognises(text.lstrip().splitlines()[0]):
        return neutral.parse_csv(text, path.name, sha256)
    if sce.recognises(text):
        return sce.parse(text, path.name, sha256)
    raise unreadable("E-READ-003", path.name, "no known meter file format", FORMATS)


def _text(data: bytes, name: str) -> str:
    if b"\0" in data:
        raise unreadable("E-READ-002", name, "the file is binary", FORMATS)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise unreadable("E-READ-002", name, "the file is not UTF-8 text", FORMATS) from None
