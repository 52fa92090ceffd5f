# sealline: everything from a clean clone. `make demo` to watch it, `make test` to see it proven.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# What the demo is asked for: make demo DEMO="--orders 100 --speed 10 --seed 7"
DEMO ?=
# Test processes side by side: one more than cores, since many wait for a plant. What measures time runs alone afterwards.
JOBS ?= 3
TESTS ?= tests

# How long a soak runs, in which trouble (heavy, or few: few kinds a seed), from which seed, with how many orders a seed,
# and how many of all with real pictures.
MINUTES ?= 10
FAULTS ?= heavy
SEED ?= 1
ITEMS ?= 40
PIXELS ?= 1000
# How many processes a crash campaign kills.
KILLS ?= 20
# How many exchanges a hostile wire is asked.
EXCHANGES ?= 20000

VENV := .venv
BIN := $(VENV)/bin
DEMO_PACKAGES := mosquitto libzbar0
TEST_PACKAGES := $(DEMO_PACKAGES) mosquitto-clients chromium fonts-noto-cjk libmodbus-dev gcc pkg-config
PYTEST := $(BIN)/pytest -q

export UV_PROJECT_ENVIRONMENT := $(VENV)
export UV_LINK_MODE := copy
# Trust what the machine trusts, as pip and apt do: a company's proxy has a certificate of its own.
export UV_SYSTEM_CERTS := true
# Compiled once and kept, whatever this shell says of it: `make test` starts hundreds of interpreters.
export UV_COMPILE_BYTECODE := 1
unexport PYTHONDONTWRITEBYTECODE
# An environment of another project that happens to be active is none of ours.
unexport VIRTUAL_ENV

.PHONY: help demo test lint bench soak crash hostile mutants test-browser clean

help: ## Show this
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 24

demo: $(VENV)/.demo-packages $(VENV)/.locked ## Pack forty orders on a simulated plant and let an oracle judge; DEMO="--speed 10 --serve"
	@$(BIN)/sealline demo $(DEMO)

test: ## Prove everything: lint, types, import rules, all tests
	@$(MAKE) --no-print-directory -j2 $(VENV)/.test-packages lint # the system's packages come while Python's do
	$(PYTEST) -n $(JOBS) --dist worksteal -m "not serial and (not browser or smoke)" $(TESTS)
	$(PYTEST) -m serial $(TESTS)

lint: $(VENV)/.locked ## Style, types and import rules
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test-browser: $(VENV)/.test-packages $(VENV)/.locked ## Every task of a shift in a real Chromium; `make test` walks only the shortest way
	$(PYTEST) -m browser $(TESTS)

bench: $(VENV)/.demo-packages $(VENV)/.locked ## Measure how much the line carries on this machine
	$(BIN)/python -m tests.bench

soak: $(VENV)/.locked ## The virtual floor with all trouble, seed after seed; MINUTES=480 FAULTS=few SEED=1 PIXELS=1000
	$(BIN)/sealline simulate --faults $(FAULTS) --minutes $(MINUTES) --seed $(SEED) --items $(ITEMS) --pixels $(PIXELS)

crash: $(VENV)/.demo-packages $(VENV)/.locked ## Kill the real line, broker and dispatch again and again; KILLS=20 SEED=1
	$(BIN)/python -m tests.crash --kills $(KILLS) --seed $(SEED)

hostile: $(VENV)/.locked ## The line's Modbus master over wires that lie, on real TCP and serial lines; EXCHANGES=20000 SEED=1
	$(BIN)/python -m tests.hostile --exchanges $(EXCHANGES) --seed $(SEED)

mutants: $(VENV)/.locked ## Plant each known mistake in a copy of the product; the virtual floor must catch every one
	$(BIN)/python -m tests.mutants

clean: ## Remove the environment and everything that was made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The locked Python environment. Made again when the lock changes; a second run takes no time.
$(VENV)/.locked: uv.lock pyproject.toml $(VENV)/.uv
	$(BIN)/uv sync --locked
	@touch $@

$(VENV)/.uv: | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet "uv>=0.13,<1"
	@touch $@

$(VENV)/bin/python:
	@.ci/make-venv $(VENV)

# System packages: installed when absent, named when they can't be.
$(VENV)/.demo-packages: | $(VENV)/bin/python
	@.ci/need-packages $(DEMO_PACKAGES)
	@touch $@

$(VENV)/.test-packages: | $(VENV)/bin/python
	@.ci/need-packages $(TEST_PACKAGES)
	@touch $@
