"""Refusals of URDB files and of their imports."""

from trueup.errors import TrueupError

DOUBT = "Every bill under the schedule would be computed from this file, so a doubtful one is not used at all."
FOLDER_STAYS = "The rule files of the folder stay as they are."


def urdb_error(code: str, what: str, todo: str, why: str = DOUBT) -> TrueupError:
    """The error for a URDB file or an import that is refused."""
    return TrueupError(code, what, why, todo)
