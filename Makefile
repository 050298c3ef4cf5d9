# Needs python3 (3.11 or newer) and make; installs everything else into .venv, with uv where uv is installed.
PYTHON ?= python3
BIN := .venv/bin
RUN_READY := .venv/.ready-to-run
TEST_READY := .venv/.ready-to-test
BENCH_READY := .venv/.ready-to-bench
UV := $(shell command -v uv 2>/dev/null)
ifdef UV
INSTALL := uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --editable .
else
INSTALL := $(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
endif

.PHONY: help run test lint lab bench clean

help:
	@echo "make run    compare the strategies on the default scenario; prints the table, writes results/report.html"
	@echo "make test   run the tests"
	@echo "make lint   check style and types"
	@echo "make lab    open the notebooks in JupyterLab"
	@echo "make bench  measure the replay beside libcachesim and a bound; writes results/benchmarks.json"
	@echo "make clean  remove .venv, results/ and the tools' caches"

run: $(RUN_READY)
	$(BIN)/tmemlab compare --variant overcommit-ssd --out results

test: $(TEST_READY)
	$(BIN)/python -m pytest

lint: $(TEST_READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

lab: $(RUN_READY)
	$(BIN)/tmemlab lab

bench: $(BENCH_READY)
	$(BIN)/python -m benchmarks

clean:
	rm -rf .venv results .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "tmemlab needs Python 3.11 or newer, and $(PYTHON) is not; try make PYTHON=python3.12" >&2; exit 1; }
ifdef UV
	uv venv --quiet --python $(PYTHON) .venv
else
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	    { echo "$(PYTHON) cannot make virtual environments; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
endif

$(RUN_READY): pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing tmemlab into .venv (a few minutes the first time) ..."
	$(INSTALL)
	@touch $@

$(TEST_READY): pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing tmemlab and its test tools into .venv (a few minutes the first time) ..."
	$(INSTALL) --group dev
	@touch $@

$(BENCH_READY): pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing tmemlab and what it is measured against into .venv (a few minutes the first time) ..."
	$(INSTALL) --group bench
	@touch $@
