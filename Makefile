# Every task of the project. `make` lists them; each one sets up what it needs.
# Kept to what GNU make 3.81 understands, which is the make of macOS.

PYTHON ?= python3
WORKERS ?= 2

# A version manager can leave a `uv` on PATH that only fails, so it is asked instead of looked for.
UV := $(shell uv --version >/dev/null 2>&1 && echo uv || echo .uv/bin/uv)
PRIVATE_UV := $(filter .uv/bin/uv,$(UV))

export UV_PROJECT_ENVIRONMENT := .venv
READY := .venv/.ready
READY_FOR_BENCH := .venv/.ready-for-bench
RUN := $(UV) run --no-sync
PYTEST := $(RUN) pytest -n $(WORKERS) --dist worksteal

ifeq ($(filter sample-create,$(MAKECMDGOALS))$(NAME),sample-create)
$(error Name the project: make sample-create NAME=x)
endif

.DEFAULT_GOAL := help
.PHONY: help setup demo sample-create test test-slow test-pythons check format format-check \
	lint types contracts scripts lock catalog catalog-refresh \
	catalog-commit site bench clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

setup: $(READY) ## install the tools and packages into this folder (the others do it by themselves)

demo: $(READY) ## show what the program does, on a small project
	@$(RUN) python dev/demo.py

sample-create: $(READY) ## write a small project to try things on: make sample-create NAME=x
	@$(RUN) mops-bundle sample-create "$$NAME" --path dev/sample_projects

test: $(READY) ## run the quick tests (about 10 minutes)
	$(PYTEST)

test-slow: $(READY) ## run the long tests, and the quick ones on the other Pythons
	$(PYTEST) -m slow --timeout 900 --session-timeout 2700
	$(MAKE) test-pythons

test-pythons: $(READY) ## run the quick tests on each other supported Python that is here
	@sh dev/test_pythons.sh $(UV) -n $(WORKERS) --dist worksteal --session-timeout 1500

check: format-check lint types contracts scripts lock test ## do all that a change must pass

format: $(READY) ## rewrite the sources in the project's format
	$(RUN) ruff format .
	$(RUN) ruff check --fix .

format-check: $(READY) ## check the format
	$(RUN) ruff format --check .

lint: $(READY) ## check the style
	$(RUN) ruff check .

types: $(READY) ## check the types
	$(RUN) mypy

contracts: $(READY) ## check which module imports which
	$(RUN) lint-imports

scripts: $(READY) ## check sizes, texts and docs: every dev/check_*.py
	@set -e; for script in dev/check_*.py; do echo "python $$script"; $(RUN) python $$script; done

# uv.lock belongs to the public index: another one in the environment would look like a change.
lock: $(READY) ## check that uv.lock agrees with pyproject.toml
	UV_NO_CONFIG=1 UV_DEFAULT_INDEX= UV_INDEX_URL= UV_FIND_LINKS= $(UV) lock --check

catalog: $(READY) ## make the shipped catalog of hosted models again, from its sources
	$(RUN) python -m dev.catalog_build

catalog-refresh: $(READY) ## ask providers for their models; keys come from the environment and .env
	$(RUN) mops-bundle catalog refresh --output models.json

catalog-commit: ## commit and push what that changed, if anything
	@sh dev/commit_catalog.sh

site: $(READY) ## make the catalog's static site in the folder site
	$(RUN) mops-bundle catalog site --out site

bench: $(READY_FOR_BENCH) ## measure against other tools
	$(RUN) python dev/bench.py

clean: ## remove everything that the other targets made
	rm -rf .venv .venv-* .uv .pytest_cache .mypy_cache .ruff_cache .hypothesis \
		.import_linter_cache dist build dev/sample_projects bench-results.json site
	find src tests dev -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml uv.lock dev/setup.sh $(PRIVATE_UV)
	@sh dev/setup.sh $(UV)
	@touch $@

$(READY_FOR_BENCH): $(READY)
	@sh dev/setup.sh $(UV) --group bench
	@touch $@

.uv/bin/uv:
	@sh dev/install_uv.sh $(PYTHON)
