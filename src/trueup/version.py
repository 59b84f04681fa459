"""The version of trueup; pyproject.toml says the same."""

VERSION = "0.1.0"
