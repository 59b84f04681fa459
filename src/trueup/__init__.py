"""trueup settles net energy metering: a home's two meter channels into bills, a true-up and compensation.

>>> import trueup
>>> home = trueup.Account.from_yaml("home.yaml")        # doctest: +SKIP
>>> reads = trueup.read("sce_usage.csv")                # doctest: +SKIP
>>> year = trueup.settle(home, reads, ending="2026-06") # doctest: +SKIP
>>> year.due, year.nsc                                  # doctest: +SKIP
"""

from trueup.account import Account
from trueup.arrangement import Arrangement
from trueup.balances import read_opening
from trueup.bills import Bills, Year
from trueup.errors import TrueupError
from trueup.explain import Explanation
from trueup.home import bill, settle
from trueup.quantities import Money
from trueup.reads import Reads, read
from trueup.rulebook import Rules
from trueup.together import Together, bill_together, settle_together

__all__ = [
    "Account",
    "Arrangement",
    "Bills",
    "Explanation",
    "Money",
    "Reads",
    "Rules",
    "Together",
    "TrueupError",
    "Year",
    "bill",
    "bill_together",
    "read",
    "read_opening",
    "settle",
    "settle_together",
]
