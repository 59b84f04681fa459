"""The formats that are read: one module each, told apart by what a file holds. A new format is one more entry."""

from collections.abc import Iterator
from typing import Protocol

from trueup.reads import espi, mdm, neutral, pge, sce, sdge, utilityapi
from trueup.reads.batch import Batch
from trueup.reads.glimpse import Glimpse, glimpse
from trueup.reads.parquet import columns_of, is_parquet
from trueup.reads.source import Source, unreadable


class Format(Protocol):
    """What a format's module holds.

    Attributes
    ----------
    NAME
        The word that `--format` takes.
    TITLE
        Its name on the screen and in results.
    IDS
        Whose names its accounts bear: ``account`` (the account file's), ``utility`` (a meter, service or usage
        point) or ``none``.
    """

    NAME: str
    TITLE: str
    IDS: str

    def recognises(self, glimpse: Glimpse) -> bool:
        """Whether a file is of this format, by its start."""

    def batches(self, source: Source) -> Iterator[Batch]:
        """Its readings, in batches of bounded size."""


READERS: tuple[Format, ...] = (espi, neutral, mdm, pge, sdge, sce, utilityapi)


def format_named(name: str) -> Format:
    """The format that is insisted on.

    Raises
    ------
    TrueupError
        E-READ-005 where there is none of this name.
    """
    found = {reader.NAME: reader for reader in READERS}.get(name.strip().lower())
    if found:
        return found
    names = ", ".join(reader.NAME for reader in READERS)
    raise unreadable("E-READ-005", f"--format {name[:40]}", "no such format", f"Name one of {names}.")


def format_of(source: Source, head: bytes) -> Format:
    """The format that a part's start tells.

    Raises
    ------
    TrueupError
        E-READ-001 for an empty file, E-READ-002 for a binary one, E-READ-003 where no format knows it.
    """
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        raise source.error("E-READ-001", "the file is empty")
    look = Glimpse("", columns_of(source)) if is_parquet(head) else glimpse(head)
    for reader in READERS:
        if reader.recognises(look):
            return reader
    if not is_parquet(head):
        for _ in source.line_blocks():
            break
    raise source.error("E-READ-003", "no known meter file format")
