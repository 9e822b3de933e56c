# Every target does its own set-up, in ./.venv; only Python 3.11+ and make are needed.
# `make demo` and `make test` are the two to start with; `make help` lists the rest.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
OUT ?= out
WORKERS ?= 2
TESTS ?= tests
PORT ?= 8000

# The first interpreter found that is new enough; `make PYTHON=… test` chooses another.
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo "$$p"; break; }; done)

# One stamp per thing that is installed: a second run of any target installs nothing.
KIT := $(VENV)/.stamp-kit
DEV := $(VENV)/.stamp-dev

# Empty is unset: what the first process compiles, the hundreds that tests start after it read.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help
help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; none was found on the PATH." >&2; exit 69; }
	@"$(PYTHON)" -m venv --clear $(VENV) || { rm -rf $(VENV); \
		echo "This Python cannot make environments. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 69; }
	@echo "Setting up $(VENV) with $$($(BIN)/python --version) (once; a minute or two)…"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'

$(KIT): pyproject.toml | $(BIN)/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[all]'
	@touch $@

$(DEV): pyproject.toml $(KIT)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group dev
	@touch $@

.PHONY: setup
setup: $(DEV) ## the environment with everything a contributor needs

.PHONY: demo
demo: $(KIT) ## three letters from deposit to verified proof, by themselves, in under a minute
	@test "$(OUT)" != out || rm -rf out
	@$(BIN)/lre demo --headless --out "$(OUT)"

.PHONY: play
play: $(KIT) ## the server with a mailbox page: play sender and recipient in two browser tabs
	@$(BIN)/lre demo --out play-office --port "$(PORT)"

.PHONY: test
test: lint types check ## lint, types and the whole test suite with docs snippets

.PHONY: check
check: $(DEV) ## the test suite alone (TESTS=tests/kernel/law for a part)
	@$(BIN)/pytest -n $(WORKERS) $(TESTS)

.PHONY: coverage
coverage: $(DEV) ## the same with branch coverage; half as long again
	@$(BIN)/pytest -n $(WORKERS) --cov --cov-report=term $(TESTS)

.PHONY: lint
lint: $(DEV) ## style, formatting, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@PYTHONPATH=.:web:tui:jobs $(BIN)/lint-imports

.PHONY: types
types: $(DEV) ## mypy, strict
	@$(BIN)/mypy

.PHONY: fix
fix: $(DEV) ## put style right
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: bench
bench: $(DEV) ## speed, each figure against a floor timed in the same process
	@$(BIN)/pytest -p no:cacheprovider -s benchmarks

.PHONY: docs
docs: $(DEV) ## generated reference pages and the site, in ./site
	@$(BIN)/python docs/generate.py
	@$(BIN)/mkdocs build --strict --quiet

.PHONY: wheel
wheel: $(DEV) ## the wheel and the source archive, in ./dist
	@$(BIN)/python -m build --outdir dist

.PHONY: services
services: ## install (as root, by apt) and start PostgreSQL, Redis and RabbitMQ where they are missing
	@bash .ci/services

.PHONY: clean
clean: ## remove everything made here
	@rm -rf $(VENV) .tox .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.* \
		build dist site out play-office
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
