"""The rulebook: the law as data, loaded strictly, and its columns for the engine."""

from trueup.rulebook.book import Rulebook
from trueup.rulebook.columns import Rules

__all__ = ["Rulebook", "Rules"]
