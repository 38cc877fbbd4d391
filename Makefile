# The commands a newcomer needs. Python 3.11 or newer as python3, or: make run PYTHON=/path/to/python
PYTHON ?= python3
BIN := .venv/bin
NEEDS := pyproject.toml requirements.lock requirements-dev.lock

.PHONY: run setup test check bench docs lock clean

run: .venv/.runtime
	$(BIN)/xiaoling serve

setup: .venv/.runtime

test: .venv/.dev
	$(BIN)/python -m tests.setup.chromium
	$(BIN)/python -m pytest

check: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_migrations.py tests/test_contents.py tests/test_architecture.py

bench: .venv/.dev
	$(BIN)/python -m tests.bench

docs: .venv/.dev
	$(BIN)/python -m tests.setup.readme

# hashes for every platform and every Python that we support
lock: .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --quiet --python-version 3.11 \
		pyproject.toml --extra postgresql --output-file requirements.lock
	$(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --quiet --python-version 3.11 \
		pyproject.toml --extra postgresql --group dev --constraint requirements.lock --output-file requirements-dev.lock

clean:
	rm -rf .venv

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=/path/to/python")'
	$(PYTHON) -m venv .venv

.venv/.runtime: .venv/bin/python $(NEEDS)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: .venv/.runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
