# The commands a newcomer needs. Python 3.11 or newer as python3, or: make run PYTHON=/path/to/python
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
# hashes for every system and every Python from 3.11 on; no address of a registry is written down
COMPILE := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet

.PHONY: run setup test check bench docs lock clean

run: setup
	@$(BIN)/xiaoling serve

setup: .venv/.runtime

test: .venv/.dev
	@$(BIN)/python -m tests.setup.chromium
	@$(BIN)/python -m tests.setup.node
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal

check: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_migrations.py tests/test_contents.py tests/test_architecture.py

bench: .venv/.dev
	$(BIN)/python -m tests.bench

# writes what the README says about the code
docs: .venv/.dev
	$(BIN)/python -m tests.setup.readme

lock: .venv/bin/python
	$(PIP) install uv
	$(COMPILE) pyproject.toml --extra postgresql --output-file requirements.lock
	$(COMPILE) pyproject.toml --extra postgresql --group dev --constraint requirements.lock --output-file requirements-dev.lock

# everything that was made here, except the school's data
clean:
	rm -rf .venv *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find bot handlers schedules migrations tests -name __pycache__ -prune -exec rm -rf {} +

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=/path/to/python")'
	@echo "Making .venv, about a minute the first time"
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

.venv/.runtime: .venv/bin/python pyproject.toml requirements.lock
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: .venv/.runtime requirements-dev.lock
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@
