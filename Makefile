# Everything is installed into .venv, from requirements.lock, by hash.
PYTHON ?= python3
BIN := .venv/bin
DEMO := demo
JOBS ?= 2

.PHONY: demo demo-reports test lint check check-long bench bench-quick lock workspace clean

## A small harmless operation, taken in, matched and reported, in the workspace: end it with Ctrl-C.
demo: demo-reports .venv/workspace
	$(BIN)/consilience serve $(DEMO)/holdings

demo-reports: .venv/installed
	rm -rf $(DEMO)
	$(BIN)/consilience exercise demo $(DEMO)

## The tests that take minutes at most.
test: .venv/workspace
	$(BIN)/python scripts/workspace.py test
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile

## Style, types, and the direction of imports.
lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

check: lint test

## The tests that take long, one after the other. In minutes of one core at 2.5 GHz: random histories 4 on SQLite and
## 7 on PostgreSQL; an ingest killed 100 times about 9; indexes 3; logs tampered with and their writers killed, a server
## killed under an ingest, a report of 360,000 files: 1 each or less. And the API's document, tried at length.
check-long: .venv/installed
	$(BIN)/python -m pytest -m long -n 0 -v --durations=0 -o faulthandler_timeout=0

bench: .venv/installed
	$(BIN)/python -m benchmarks

bench-quick: .venv/installed
	$(BIN)/python -m benchmarks --quick

## Pin every dependency by hash. Needs uv; run after a change of pyproject.toml.
lock:
	uv pip compile pyproject.toml --extra dev --extra exercise --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-annotate --quiet --output-file requirements.lock

.venv/installed: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	touch $@

## The workspace in the browser, built with the Node that pip brings.
workspace: .venv/workspace

.venv/workspace: .venv/installed $(shell git ls-files src/consilience/web/ui)
	$(BIN)/python scripts/workspace.py build
	touch $@

clean:
	rm -rf src/consilience/web/static src/consilience/web/ui/node_modules
	rm -rf .venv $(DEMO) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
