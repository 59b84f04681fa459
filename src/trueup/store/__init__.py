"""The only modules that write files."""

from trueup.store.results import latest, read_explanation, write_results

__all__ = ["latest", "read_explanation", "write_results"]
