"""The sample home of the demonstration: its account file, and the maker of its meter file."""

from pathlib import Path

from trueup.sample.meter import meter_file

HOME = Path(__file__).with_name("home.yaml")

__all__ = ["HOME", "meter_file"]
