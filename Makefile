# Two commands are enough: `make demo` to see it work, `make test` to prove it.
# All else is made on the way, in .venv, by tools/bootstrap.py; a stock Debian with
# python3, python3-pip and make has all it takes.

PYTHON ?= python3
PYTEST_ARGS ?= -n auto
SOAK_ARGS ?= --kills 200 --cuts 100 --servers 50 --upgraders 50x20 --leaders 50 --indexes 30 --readers 10 --points

# make cannot have spaces in the names of targets, but may well run in a folder that
# has some: so every path here is relative to this folder.
venv := .venv/bin
bootstrap := "$(PYTHON)" tools/bootstrap.py

# The tests start whimbrel by the thousand: it is compiled once, whatever the shell says.
compiled := env -u PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test test-oldest soak bench lint docs clean
.NOTPARALLEL: # two targets at once would fill one .venv at once

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

demo: ## whimbrel at work on a small SQLite project, in a scratch folder
	@$(bootstrap)
	@$(venv)/python tools/demo.py

test: ## the tests (make test PYTEST_ARGS="-x -k lock")
	@$(bootstrap) --group test
	$(compiled) $(venv)/python -m pytest $(PYTEST_ARGS)

test-oldest: ## the same with the oldest supported SQLAlchemy and Alembic, in .venv-oldest
	@$(bootstrap) --group oldest --venv .venv-oldest
	$(compiled) .venv-oldest/bin/python -m pytest $(PYTEST_ARGS)

soak: ## the long run of faults, with servers of its own (make soak SOAK_ARGS="--kills 50")
	@$(bootstrap) --group test
	$(venv)/python tools/soak.py $(SOAK_ARGS)

bench: ## how long looking, comparing and snapshots take, and what safety costs
	@$(bootstrap) --venv .venv-bench
	.venv-bench/bin/python benchmarks/looking.py
	@$(bootstrap) --group test
	$(compiled) $(venv)/python benchmarks/overhead.py
	$(venv)/python benchmarks/snapshot.py
	$(venv)/python benchmarks/autogenerate.py

lint: ## style, formatting, types, and which module may import which
	@$(bootstrap) --group dev
	@echo "== lint: ruff check"
	@$(venv)/ruff check .
	@echo "== lint: ruff format"
	@$(venv)/ruff format --check .
	@echo "== lint: mypy"
	@$(venv)/mypy src tools
	@echo "== lint: import-linter"
	@$(venv)/lint-imports

docs: ## the documentation, into docs/_build/html
	@$(bootstrap) --group dev
	$(venv)/sphinx-build -W docs docs/_build/html

clean: ## remove caches and built files (.venv stays)
	rm -rf build dist docs/_build htmlcov .coverage .coverage.* .hypothesis .import_linter_cache \
		.mypy_cache .pytest_cache .ruff_cache
	find . -name .venv -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
