# Each target creates what it needs. `make run` and `make test` work on a fresh Debian machine with Python >= 3.11.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
BIND ?= 127.0.0.1:8000

.PHONY: help run test lint bench docs messages lock clean
help:
	@echo "make run    start a whole site with a small real collection (BIND=127.0.0.1:8000)"
	@echo "make test   run everything, on SQLite and on PostgreSQL"
	@echo "make lint   style, types, and the arrows between the rooms"
	@echo "make bench  measure, side by side, and print the figures"
	@echo "make docs   write the generated reference pages anew"
	@echo "make messages  bring the catalogues of the pages' words up to date"
	@echo "make lock   resolve requirements/*.in into the lock files"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 …"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements/runtime.txt pyproject.toml | $(BIN)/python
	$(PIP) install --quiet --require-hashes -r requirements/runtime.txt
	$(PIP) install --quiet --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q src
	@touch $@

$(VENV)/.development: requirements/development.txt $(VENV)/.runtime
	$(PIP) install --quiet --require-hashes -r requirements/development.txt
	@touch $@

run: $(VENV)/.runtime
	@$(BIN)/commonhold demo --data .site --bind $(BIND)

test: $(VENV)/.development
	@$(BIN)/python -m tests

lint: $(VENV)/.development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.development
	@$(BIN)/python -m benchmarks

docs: $(VENV)/.development
	@$(BIN)/python -m docs

messages: $(VENV)/.development
	@$(BIN)/python -m docs.messages

lock: $(VENV)/.development
	for name in runtime development canaille; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	    --no-emit-index-url requirements/$$name.in -o requirements/$$name.txt || exit 1; \
	done

clean:
	rm -rf $(VENV) .cache .site build dist
