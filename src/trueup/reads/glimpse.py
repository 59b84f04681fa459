"""The first look at a part, by which its format is told: from what it holds, never from its name."""

from dataclasses import dataclass

from trueup.reads.source import cells_of


@dataclass(frozen=True)
class Glimpse:
    """The start of a file.

    Attributes
    ----------
    text
        Its first 64 KB without a byte order mark, undecodable bytes as non-breaking spaces.
    columns
        Column names in lower case: of the first line of a text, or of a Parquet file.
    """

    text: str
    columns: tuple[str, ...]

    def heading(self, *names: str) -> bool:
        """Whether one of the lines is a heading with these columns (lower case)."""
        lines = (line.lower() for line in self.text.splitlines())
        return any(all(name in line for name in names) and set(names) <= set(names_in(line)) for line in lines)


def names_in(line: str) -> list[str]:
    """Column names of a heading, trimmed; none where the line is no CSV."""
    try:
        return [cell.strip() for cell in cells_of(line.strip())]
    except ValueError:
        return []


def glimpse(head: bytes) -> Glimpse:
    """The first look at a text."""
    text = head.decode("utf-8", errors="replace").replace("\ufffd", "\u00a0").removeprefix("\ufeff").lstrip()
    first = text.split("\n", 1)[0]
    return Glimpse(text, tuple(name.lower() for name in names_in(first)))


__all__ = ["Glimpse", "glimpse", "names_in"]
