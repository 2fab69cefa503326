# The one door for daily acts. CONTRIBUTING.md sets up .venv; BIN=... uses another environment.
BIN ?= .venv/bin

.PHONY: help test retry lint fix docs bench ci

help:  ## list what there is
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' Makefile

test:  ## the fast tests: all but those that take long
	$(BIN)/pytest -q

retry:  ## the tests that failed last time, or all if none did; stop at the first failure
	$(BIN)/pytest -q --last-failed --exitfirst

lint:  ## ruff, mypy, codespell, validate-pyproject
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell
	$(BIN)/validate-pyproject pyproject.toml

fix:  ## format, and fix what ruff can fix
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs:  ## write the outputs that README and docs show from real runs
	$(BIN)/python -m tests.rewrite_outputs

bench:  ## time pcapcheck against its peers
	$(BIN)/python -m tests.benchmarks

ci:  ## all that must hold before a change lands
	.ci/run
