"""The slow reference engine: homes, plain Python, written from the tariffs. It imports nothing of trueup."""

from .arrangement import settle_arrangement
from .engine import settle_home
from .settlement import settle_credits

__all__ = ["settle_arrangement", "settle_credits", "settle_home"]
