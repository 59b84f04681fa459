"""Errors that a user can act on: what, where, why it matters, what to do, under a stable code."""

from dataclasses import dataclass


@dataclass
class TrueupError(Exception):
    """Something the user can mend. `docs/errors.md` lists every code.

    Attributes
    ----------
    code
        Stable identifier such as ``E-READ-014``.
    what
        What is wrong and where, on one line.
    why
        Why it matters for the bill.
    todo
        What to do about it.
    """

    code: str
    what: str
    why: str
    todo: str

    def __str__(self) -> str:
        return f"{self.code}  {self.what}\n  {self.why}\n  {self.todo}"
