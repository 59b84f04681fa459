"""Stage 5: determinants x tariff -> priced lines, one function per charge shape."""

from trueup.charges.price import price, summarise

__all__ = ["price", "summarise"]
