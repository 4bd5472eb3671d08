.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export DO_NOT_TRACK := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export GX_ANALYTICS_ENABLED := false
# Processes by the dozen would compile dbt anew, each for itself.
unexport PYTHONDONTWRITEBYTECODE

SAMPLE_AS_OF := 1998-07-01

CASE ?= slice_build
SCALE ?= 1,10
RUNS ?= 3

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-10s %s\n", $$1, $$2}'

# The environment: everything from requirements.lock, the project itself editable.
$(BIN)/uv:
	@command -v $(PYTHON) >/dev/null || { echo "make: no $(PYTHON) on this machine; install Python 3.11 or newer, or say make PYTHON=…" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: $(PYTHON) is older than 3.11; say make PYTHON=… to use another" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

$(VENV)/.demo: pyproject.toml requirements.lock | $(BIN)/uv
	@echo "Building the environment in $(VENV) …"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --constraints requirements.lock --editable .
	@touch $@

$(VENV)/.test: pyproject.toml requirements.lock | $(BIN)/uv
	@echo "Building the environment in $(VENV) …"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --constraints requirements.lock --editable '.[test,lint,semantic,quality,notify]'
	@touch $@ $(VENV)/.demo

.PHONY: demo
demo: $(VENV)/.demo ## Load the sample world, run the nightly job on DuckDB and show what came out
	@millwright sample
	@millwright nightly --as-of $(SAMPLE_AS_OF)

.PHONY: replay
replay: $(VENV)/.demo ## Live through the sample's months night by night, with a model that is retrained when it drifts
	@mkdir -p target && rm -f target/replay.duckdb
	@MILLWRIGHT_DUCKDB_PATH=target/replay.duckdb python -m millwright.sample.replay

.PHONY: test
test: lint ## Lint, then everything on DuckDB and a real PostgreSQL
	@pytest --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

.PHONY: lint
lint: $(VENV)/.test ## Check the form of SQL and Python
	@ruff format --check --quiet . && ruff check --quiet .
	@mkdir -p target
	@MILLWRIGHT_DUCKDB_PATH=target/lint.duckdb PYTHONWARNINGS=ignore:resource_tracker sqlfluff lint --processes 0 --disable-progress-bar --quiet .

.PHONY: format
format: $(VENV)/.test ## Bring SQL and Python into form
	@ruff format --quiet . && ruff check --quiet --fix .
	@MILLWRIGHT_DUCKDB_PATH=target/lint.duckdb sqlfluff fix --disable-progress-bar --quiet .

.PHONY: bench
bench: $(VENV)/.test ## Run a benchmark: make bench CASE=slice_build SCALE=1,10 RUNS=3
	@python -m benchmarks run $(CASE) --scale $(SCALE) --runs $(RUNS)

.PHONY: lock
lock: $(BIN)/uv ## Resolve requirements.lock anew from pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras --no-header pyproject.toml --output-file requirements.lock

.PHONY: clean
clean: ## Remove the environment, the warehouse and everything built
	@rm -rf $(VENV) target logs millwright.duckdb millwright_published.duckdb
