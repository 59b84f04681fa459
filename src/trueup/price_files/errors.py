"""Refusals of published price files and of imports into the rules."""

from trueup.errors import TrueupError

DOUBT = "Exports are credited from these prices for nine years, so a doubtful price file is not used at all."
RULES_STAY = "The rule files stay as they are until every part of the change is certain."
PUBLISHED_AGAIN = "Download the file again and give it as published; what still fails is an error of its publisher."


def price_error(code: str, what: str, todo: str = PUBLISHED_AGAIN, why: str = DOUBT) -> TrueupError:
    """The error for a price file or an import that is refused."""
    return TrueupError(code, what, why, todo)
