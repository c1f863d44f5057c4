# Two commands do all the set-up on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Options for pytest, for instance: make test PYTEST="-k tiger -x"
PYTEST ?=
# Options for the mutants, for instance: make mutants MUTANTS="--area merging --seed 2"
MUTANTS ?=

.PHONY: demo test slow mutants lowest lint docs format bench figures dist clean help

help:  ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

demo: $(VENV)/run  ## install, then solve and compare on a real game
	$(BIN)/lp-posg solve dectiger --horizon 4 --sharing one-step-delay
	$(BIN)/lp-posg compare dectiger --horizon 4 --sharing full,one-step-delay --concept team,ne,ce,cce

test: $(VENV)/dev  ## run the tests and the examples in docstrings
	$(BIN)/pytest -n auto --maxprocesses 4 -m "not slow" $(PYTEST)

slow: $(VENV)/dev  ## run the checks that take longer
	$(BIN)/pytest -n auto --maxprocesses 4 -m slow $(PYTEST)

mutants: $(VENV)/dev  ## put faults into the core, one at a time, and see that tests notice
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[mutants]'
	$(BIN)/python -m tests.mutation $(MUTANTS)

# A few tests of each library that is used: the lp room, every command, pictures, pages, other libraries' games.
LOWEST_TESTS := tests/lp tests/cli/test_cli_commands.py tests/cli/test_cli_help_names.py tests/interop \
  tests/planning/test_solve_objectives.py tests/report/test_report_page.py tests/formats/test_nfg_reader.py

lowest: $(VENV)/dev  ## run the tests that matter with the lowest versions that pyproject.toml allows, on Python 3.11
	$(BIN)/uv venv --quiet --clear --python 3.11 build/lowest
	$(BIN)/uv pip install --quiet --python build/lowest/bin/python --resolution lowest-direct -e '.[dev]'
	build/lowest/bin/pytest -n auto --maxprocesses 4 -m "not slow" -W ignore::DeprecationWarning $(LOWEST_TESTS)

lint: $(VENV)/dev  ## style, types, import rules, structure
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tests/structure.py

docs: $(VENV)/docs  ## build the documentation: build/docs/index.html
	rm -rf build/docs
	$(BIN)/sphinx-build -b html -q -E -n -W --keep-going -d build/doctrees docs build/docs
	@echo build/docs/index.html

format: $(VENV)/dev  ## rewrite the code in the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/dev  ## time everything and add to benchmarks/history
	-$(BIN)/pip install --quiet --disable-pip-version-check -e '.[bench]'
	$(BIN)/python -m benchmarks

figures: $(VENV)/dev  ## run what the pages of docs/ show, and draw it into docs/figures
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[bench]'
	$(BIN)/python -m benchmarks.figures

dist: $(VENV)/dev  ## build wheel and sdist, and use the wheel in a fresh environment
	$(BIN)/python tests/packaging/check_dist.py

clean:  ## remove what the other targets made
	rm -rf $(VENV) build dist docs/reference/models docs/reference/commands.md .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: $(PYTHON) is older than Python 3.11; name another with: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/run: pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/dev: pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ $(VENV)/run

$(VENV)/docs: pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[docs]'
	@touch $@
