VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
DOCS_INSTALLED := $(VENV)/.docs-installed
E2E_INSTALLED := $(VENV)/.e2e-installed

IS_SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
PYTHON = $(shell for name in python3 python3.13 python3.12 python3.11; do \
	"$$name" -c '$(IS_SUPPORTED)' >/dev/null 2>&1 && { echo "$$name"; break; }; done)

# The tests wait, for servers and for Airflow, more than half of the time.
THRICE_THE_CORES = $(shell $(BIN)/python -c 'import os; print(3 * os.cpu_count())')

COMPILE := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --all-extras \
	--group build --group test --no-header --no-annotate --no-emit-index-url --no-emit-find-links

.DEFAULT_GOAL := help
.PHONY: help demo test certify rehearse chaos bench kill-worker kill-switch e2e triggerer lateness matrix lint format docs build constraints clean

help: ## Show this list
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | while IFS='|' read -r target text; do \
		printf '  make %-12s %s\n' "$$target" "$$text"; done

demo: $(INSTALLED) ## Clear three paper exchanges with a real Airflow run
	@$(BIN)/python -m demo

test: $(INSTALLED) ## Run the tests; with COVERAGE=1, fail when they miss too many branches
	$(BIN)/python -m pytest --numprocesses $(THRICE_THE_CORES) --dist worksteal $(if $(COVERAGE),--cov)

certify: $(INSTALLED) ## Run all that is tested of an exchange of ccxt, such as EXCHANGE=okx, and play chaos there
	$(BIN)/python -m pytest --numprocesses $(THRICE_THE_CORES) -k '$(EXCHANGE)' tests/ccxt tests/check tests/exchanges tests/sandbox
	@$(BIN)/python -m tests.chaos --adapter ccxt --exchange $(EXCHANGE) $(if $(SLICE),--runs 100,--runs 1000)

rehearse: $(E2E_INSTALLED) ## Run all that needs real processes: an hour and more, or minutes with SLICE=1
	@$(BIN)/python -m tests.live.rehearse $(if $(SLICE),--slice) $(ONLY)

bench: $(INSTALLED) ## Measure what things cost beside others, into docs/benchmarks.md; takes some minutes
	@$(BIN)/python -m benchmarks $(if $(SLICE),--once) $(if $(AGAINST),--against $(AGAINST))

kill-worker: $(INSTALLED) ## Kill Airflow's workers in mid-cancel, and see the retries finish
	@$(BIN)/python -m tests.live.kill_worker $(if $(SLICE),--slice)

kill-switch: $(INSTALLED) ## Let parts of Airflow die, and see where and when the kill switch cancels
	@$(BIN)/python -m tests.live.kill_switch $(if $(SLICE),--slice)

triggerer: $(INSTALLED) ## Let one triggerer hold 200 sensors over 2,000 orders, and kill it in between
	@$(BIN)/python -m tests.live.triggerer $(if $(SLICE),--slice)

lateness: $(INSTALLED) ## Let a real Airflow be late, and see that nothing is cancelled then
	@$(BIN)/python -m tests.live.lateness

e2e: $(E2E_INSTALLED) ## Use it all in a real browser with a real Airflow, and look for secrets
	@$(BIN)/python -m tests.live.browser

chaos: $(INSTALLED) ## Play thousands of random clean-ups of misbehaving exchanges
	@$(BIN)/python -m tests.chaos $(if $(SLICE),--runs 200)
	@$(BIN)/python -m tests.chaos --adapter ccxt $(if $(SLICE),--runs 120)

matrix: $(INSTALLED) ## Run the tests on every supported Airflow, with every Python that is found
	@$(BIN)/python tests/matrix.py $(if $(SLICE),--airflow 2.11 --one-python) $(MATRIX)

lint: $(INSTALLED) ## Check format, style and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(INSTALLED) ## Format the code and repair what the linter can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(DOCS_INSTALLED) ## Build the documentation into build/docs/
	AIRFLOW_HOME=$(CURDIR)/build/airflow $(BIN)/sphinx-build --fail-on-warning --keep-going --quiet \
		--doctree-dir build/doctrees docs build/docs

build: $(INSTALLED) ## Build the wheel and the source distribution into dist/
	$(BIN)/hatchling build --clean

constraints: $(INSTALLED) ## Pin the newest versions that fit pyproject.toml, and each older Airflow
	$(BIN)/pip install --quiet uv
	$(COMPILE) --group docs --group e2e --group lint --output-file constraints.txt pyproject.toml
	for asked in constraints/*.in; do $(COMPILE) --output-file "$${asked%.in}.txt" pyproject.toml "$$asked"; done

clean: ## Remove what the other targets made
	rm -rf $(VENV) .matrix build dist .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache

$(INSTALLED): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo 'Found no Python 3.11, 3.12 or 3.13; name one: make PYTHON=/path/to/python3' >&2; exit 1; }
	$(PYTHON) -m venv $(if $(wildcard $@),,--clear) $(VENV)  # an installation that was cut short cannot be mended
	@echo 'Installing Airflow and what the tests need into $(VENV); the first time takes a minute or two ...'
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt editables hatchling pip
	@$(BIN)/pip install --quiet --constraint constraints.txt --group build --group lint --group test \
		--no-build-isolation --editable '.[ccxt,fast]'
	@touch $@

$(DOCS_INSTALLED): $(INSTALLED)
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --group docs
	@touch $@

$(E2E_INSTALLED): $(INSTALLED)
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --group e2e
	@touch $@
