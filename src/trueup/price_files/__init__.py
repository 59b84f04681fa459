"""Published export prices into the rules: read the files, plan the change, show it, write it.

cells = read_price_files(["NBT26 MIDAS File.csv"])
plan = plan_import(cells, rules_folder, PriceSource("sce-eec-nbt26-file", "SCE ...", "sce.com, ..."))
print(diff_text(plan))
apply(plan)
"""

from trueup.price_files.cells import PriceCells, read_price_files
from trueup.price_files.diff import ChangedCell, ComponentDiff
from trueup.price_files.plan import FileChange, Plan, plan_import
from trueup.price_files.report import diff_text
from trueup.price_files.sources import PriceSource
from trueup.price_files.write import apply

__all__ = [
    "ChangedCell",
    "ComponentDiff",
    "FileChange",
    "Plan",
    "PriceCells",
    "PriceSource",
    "apply",
    "diff_text",
    "plan_import",
    "read_price_files",
]
