# Two commands matter: make reports, make test. Both set up what they need; the second time that is
# a comparison of two hashes.

SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.salesdiag-$(shell cat requirements.lock pyproject.toml 2>/dev/null | cksum | tr ' ' '-')
UV := $(shell command -v uv 2>/dev/null)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup reports test quick lint lab notebooks bench calibration messages test-system lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "%-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## build .venv from the lock

$(STAMP):
	@$(PYTHON) -c 'import sys; sys.exit("salesdiag needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Say: make PYTHON=python3.11") if sys.version_info < (3, 11) else 0'
	@rm -f $(VENV)/.salesdiag-*
ifdef UV
	@$(BIN)/python -c '' 2>/dev/null || uv venv --quiet --clear --python "$$(command -v $(PYTHON))" $(VENV)
	uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
else
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
endif
	@touch $@

reports: $(STAMP) ## make the report of the bundled company: reports/demo/index.html
	$(BIN)/salesdiag run data/demo --out reports/demo

# The notebooks one after the other: kernels started at once by two processes race for ports.
test: $(STAMP) ## run every test and replay the notebooks
	$(BIN)/python tools/notebooks.py check
	$(BIN)/pytest -q -n 2 --dist loadfile
	$(BIN)/pytest -q --nbval --nbval-current-env -o filterwarnings=default notebooks

quick: $(STAMP) ## run the fast tests
	$(BIN)/pytest -q -n 2 --dist loadfile -m "not slow"

lint: $(STAMP) ## ruff, mypy, thin notebooks
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python tools/notebooks.py check

lab: $(STAMP) ## open JupyterLab on the notebooks
	$(BIN)/jupyter lab --notebook-dir notebooks

notebooks: $(STAMP) ## execute the notebooks again and store their text
	$(BIN)/python tools/notebooks.py refresh

bench: $(STAMP) ## measure speed and memory on a quiet machine (half an hour), write docs/benchmarks.md
	$(BIN)/python -m tools.bench

calibration: $(STAMP) ## count wrong verdicts anew on planted companies (about three hours)
	$(BIN)/python tools/calibration.py
	$(BIN)/python tools/notebooks.py refresh $(addprefix notebooks/,calibration.ipynb company_report.ipynb team_report.ipynb)

# A browser and fonts for the tests that look at pages; without them those tests are skipped.
test-system:
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && ! command -v chromium >/dev/null; then \
		(apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y \
			--no-install-recommends chromium fonts-dejavu-core fonts-noto-core) >/dev/null 2>&1 \
			|| echo "no browser could be installed; tests that need one are skipped" >&2; \
	fi

messages: $(STAMP) ## write salesdiag.pot, every sentence for translators
	$(BIN)/python tools/messages.py salesdiag.pot

lock: ## write requirements.lock anew (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11 --all-extras --generate-hashes \
		--no-emit-index-url --no-annotate --no-header --quiet --output-file requirements.lock

clean: ## remove .venv, caches and reports
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find reports -mindepth 1 -maxdepth 1 ! -name README.md -exec rm -rf {} +
