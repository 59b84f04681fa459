"""The books: runs over many accounts, posted as balanced entries, cancelled and rebilled, read as known on a day."""

from trueup.books.catalogue import Run
from trueup.books.portfolio import Portfolio
from trueup.books.runs import Books

__all__ = ["Books", "Portfolio", "Run"]
