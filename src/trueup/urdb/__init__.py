"""A rate of OpenEI's Utility Rate Database (URDB) as rule files of one's own: read, map, show the change, write it.

plan = plan_file(Path("rate.json"), "my-rate", "sce", Path("rules-urdb"), Rules.load().book)
print(diff_text(plan))
apply(plan)
"""

from trueup.urdb.plan import Plan, diff_text, plan_file, plan_import
from trueup.urdb.rate import UrdbRate, rate_of
from trueup.urdb.reading import one_rate, read_items
from trueup.urdb.write import apply

__all__ = ["Plan", "UrdbRate", "apply", "diff_text", "one_rate", "plan_file", "plan_import", "rate_of", "read_items"]
