# The verbs. Each makes what it needs: a virtual environment in .venv, then runs. `make` alone lists them.

PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable

.PHONY: help sandbox demo run check test cover chaos bench clean

help:  ## list the verbs
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

sandbox: .venv/sandbox  ## the bot in a browser page, with Discord and PiAPI played on this machine: CHANNEL=review for the moderators' side, also moderated, log
	$(BIN)/python -m sandbox $(if $(CHANNEL),--channel "$(CHANNEL)")

demo: .venv/sandbox  ## one trip without a browser, into demo/: make demo PHOTO=path PROMPT="an oil painting"
	$(BIN)/python -m sandbox.demo $(if $(PHOTO),--photo "$(PHOTO)") $(if $(PROMPT),--prompt "$(PROMPT)")

run: .venv/run  ## the real thing, from .env
	$(BIN)/python -m bot

check: .venv/dev  ## format, lint, types, import contract, known holes in what is installed
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.house.audit

test: check  ## everything that has to pass
	$(BIN)/python -m pytest --quiet --numprocesses 3 --dist loadfile

cover: .venv/dev  ## the same tests, and which lines none of them reaches: twice as slow
	$(BIN)/python -m pytest --quiet --numprocesses 3 --dist loadfile --cov --cov-report term-missing:skip-covered

chaos: .venv/dev  ## kill the bot fifty times with forty jobs on their way: make chaos KILLS=200 SEED=7
	CHAOS_KILLS=$(or $(KILLS),50) CHAOS_SEED=$(or $(SEED),1) $(BIN)/python -m pytest -q tests/wire/test_kills.py

bench: .venv/bench  ## measure it beside the shortest bot there can be: make bench ONLY=acknowledgement,rows ROUNDS=5
	$(BIN)/python -m benchmarks $(if $(ONLY),--only $(ONLY)) $(if $(ROUNDS),--rounds $(ROUNDS))

clean:  ## forget the virtual environment and what was built
	rm -rf .venv build dist demo *.egg-info

.venv/pip:
	$(PYTHON) -m venv .venv
	touch $@

.venv/run: .venv/pip pyproject.toml constraints.txt
	$(INSTALL) .
	touch $@

.venv/sandbox: .venv/pip pyproject.toml constraints.txt
	$(INSTALL) ".[sandbox]"
	touch $@

.venv/bench: .venv/pip pyproject.toml constraints.txt
	$(INSTALL) ".[bench]"
	touch $@

.venv/dev: .venv/pip pyproject.toml constraints.txt
	$(INSTALL) ".[dev]"
	touch $@
