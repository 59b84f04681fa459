"""The slow reference engine: one home, plain Python, written from the tariffs. It imports nothing of trueup."""

from .engine import settle_home
from .settlement import settle_credits

__all__ = ["settle_credits", "settle_home"]
