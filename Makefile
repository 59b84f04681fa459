# Each target sets up what it needs. PYTHON may name another interpreter (3.11 or later).
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test check bench crash docs examples lock clean

demo: $(VENV)/.runtime
	$(BIN)/trueup demo

test: $(VENV)/.development check
	$(BIN)/python -m pytest

check: $(VENV)/.development
	$(BIN)/ruff check src tests bench
	$(BIN)/ruff format --check src tests bench
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.development
	$(BIN)/python -m bench.smoke

crash: $(VENV)/.development
	$(BIN)/python -m bench.crash

docs: $(VENV)/.runtime
	$(BIN)/python -c "import json, trueup; print(json.dumps(trueup.Account.model_json_schema(), indent=1))" > docs/account.schema.json
	$(BIN)/python -c "from pathlib import Path; from trueup.rulebook import Rulebook; from trueup.rule_pages import write_rule_pages; write_rule_pages(Rulebook.load(), Path('docs/rules'))"

# Bills every example again and writes what is printed to examples/results.
examples: $(VENV)/.runtime
	$(BIN)/python examples/run.py

# What pins are renewed with: uv, from the index, into the two lock files.
lock: $(VENV)/.development
	$(PIP) install uv
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml --group dev -o requirements-dev.lock

$(VENV)/.runtime: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps -e .
	touch $@

$(VENV)/.development: requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes -r requirements-dev.lock
	$(PIP) install --no-deps -e .
	touch $@ $(VENV)/.runtime

clean:
	rm -rf $(VENV) results .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
