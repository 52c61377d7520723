VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

IS_SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))
PYTHON = $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$name" -c '$(IS_SUPPORTED)' >/dev/null 2>&1 && { echo "$$name"; break; }; done)

# Hundreds of processes load the same modules here: where no bytecode may be written, each compiles them anew.
unexport PYTHONDONTWRITEBYTECODE

# The tests wait, for servers and for Airflow; but each worker loads all of Airflow and of the tests first.
TWICE_THE_CORES = $(shell $(BIN)/python -c 'import os; print(2 * os.cpu_count())')

# Tests of what touches nothing of Airflow; a slice of the matrix leaves them out.
WITHOUT_AIRFLOW := check crypto exchanges release sandbox

COMPILE := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --all-extras \
	--group build --group test --no-header --no-annotate --no-emit-index-url --no-emit-find-links

.DEFAULT_GOAL := help
.PHONY: $(shell sed -n 's/^\([a-z0-9-]*\):.*\#\# .*/\1/p' $(firstword $(MAKEFILE_LIST)))

help: ## Show this list
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | while IFS='|' read -r target text; do \
		printf '  make %-16s %s\n' "$$target" "$$text"; done

demo: $(INSTALLED) ## Clear three paper exchanges with a real Airflow run, one of which misbehaves
	@$(BIN)/python -m demo

test: $(INSTALLED) ## Run the tests; with COVERAGE=1, fail when they miss too many branches
	$(BIN)/python -m pytest --numprocesses $(TWICE_THE_CORES) --dist worksteal $(if $(COVERAGE),--cov)

certify: $(INSTALLED) ## Run all that is tested of the exchanges over ccxt, or of one with EXCHANGE=okx, and play chaos
	$(BIN)/python -m pytest --numprocesses $(TWICE_THE_CORES) --hypothesis-profile thorough -k '$(EXCHANGE)' tests/ccxt tests/check tests/exchanges tests/sandbox
	@$(BIN)/python -m tests.chaos --adapter ccxt $(if $(EXCHANGE),--exchange $(EXCHANGE)) $(if $(SLICE),--runs 100,--runs $(if $(EXCHANGE),1000,3000))

rehearse: $(VENV)/.e2e-installed $(VENV)/.evidence-installed ## Run all that needs real processes: an hour and more, or minutes with SLICE=1
	@$(BIN)/python -m tests.live.rehearse $(if $(SLICE),--slice) $(ONLY)

bench: $(INSTALLED) ## Measure what things cost beside others, into docs/benchmarks.md; takes some minutes
	@$(BIN)/python -m benchmarks $(if $(SLICE),--once) $(if $(AGAINST),--against $(AGAINST))

architecture: $(INSTALLED) ## Draw the picture in ARCHITECTURE.md from the imports
	@$(BIN)/python -m tests.provider.architecture

exchanges: $(INSTALLED) ## Write docs/exchanges.md from the profiles: which exchange can do what
	@$(BIN)/python -m tests.docs.exchanges

pictures: $(VENV)/.e2e-installed ## Take the picture of the demonstration anew, with Debian's Chromium
	@$(BIN)/python -m tests.docs.pictures

growth: $(INSTALLED) ## Simulate sweeps of up to 1,000 accounts, and measure what they cost; half an hour and more
	@$(BIN)/python -m benchmarks.accounts $(if $(SLICE),--accounts 1 2 --orders 20)

kill-worker: $(INSTALLED) ## Kill Airflow's workers in mid-cancel, and see the retries finish
	@$(BIN)/python -m tests.live.kill_worker $(if $(SLICE),--slice)

kill-switch: $(INSTALLED) ## Let parts of Airflow die, and see where and when the kill switch cancels
	@$(BIN)/python -m tests.live.kill_switch $(if $(SLICE),--slice)

dead-mans-switch: $(INSTALLED) ## Let a real Airflow die that holds a dead man's switch, and see the exchange cancel
	@$(BIN)/python -m tests.live.dead_mans_switch

first-day: $(INSTALLED) ## Type all of docs/first-day.md into a shell, in a fresh clone
	@$(BIN)/python -m tests.live.first_day $(if $(SLICE),--slice)

triggerer: $(INSTALLED) ## Let one triggerer hold 200 sensors over 2,000 orders, and kill it in between
	@$(BIN)/python -m tests.live.triggerer $(if $(SLICE),--slice)

lateness: $(INSTALLED) ## Let a real Airflow be late, and see that nothing is cancelled then
	@$(BIN)/python -m tests.live.lateness

metrics: $(INSTALLED) ## See which metrics of a real Airflow arrive, from each of its processes
	@$(BIN)/python -m tests.live.metrics $(if $(SLICE),--slice)

scale: $(VENV)/.scale-installed ## Let parts of an Airflow on many workers die in mid-sweep, into docs/scale.md
	@$(BIN)/python -m tests.live.scale $(if $(SLICE),--slice) $(ONLY)

e2e: $(VENV)/.e2e-installed ## Use it all in a real browser with a real Airflow, and look for secrets
	@$(BIN)/python -m tests.live.browser

evidence: $(VENV)/.evidence-installed ## Record sweeps in a store of S3's kind, kill them, and check what is left
	@$(BIN)/python -m tests.live.evidence

chaos: $(INSTALLED) ## Play thousands of random clean-ups of misbehaving exchanges
	@$(BIN)/python -m tests.chaos $(if $(SLICE),--seed 1 --runs 200)
	@$(BIN)/python -m tests.chaos --adapter ccxt $(if $(SLICE),--seed 1 --runs 120)

matrix: $(INSTALLED) ## Run the tests on every supported Airflow, with every Python that is found
	@$(BIN)/python tests/matrix.py $(MATRIX) $(if $(SLICE),--airflow 2.11 --one-python -- $(WITHOUT_AIRFLOW:%=--ignore=tests/%))

lint: $(INSTALLED) ## Check format, style, types and workflows
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/[!c]*.yml
	$(BIN)/zizmor --offline --quiet .github

format: $(INSTALLED) ## Format the code and repair what the linter can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.docs-installed ## Build the documentation into build/docs/
	AIRFLOW_HOME=$(CURDIR)/build/airflow $(BIN)/sphinx-build --fail-on-warning --keep-going --quiet \
		--doctree-dir build/doctrees docs build/docs

build: $(INSTALLED) ## Build the wheel and the source distribution into dist/
	$(BIN)/hatchling build --clean

release: $(VENV)/.release-installed ## Build and try what is published, into dist/: VERSION=1.2.3 PROJECT_URL=https://github.com/org/name
	@$(BIN)/python -m release --version '$(VERSION)' --project-url '$(PROJECT_URL)' $(if $(SLICE),--slice)

constraints: $(INSTALLED) ## Pin the newest versions that fit pyproject.toml, and each older Airflow
	$(BIN)/pip install --quiet uv
	$(COMPILE) --group docs --group e2e --group evidence --group lint --group release --group scale --output-file constraints.txt pyproject.toml
	for asked in constraints/*.in; do $(COMPILE) --output-file "$${asked%.in}.txt" pyproject.toml "$$asked"; done

clean: ## Remove what the other targets made
	rm -rf $(VENV) .matrix build dist .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache

$(INSTALLED): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo 'Found no Python 3.11 to 3.14; name one: make PYTHON=/path/to/python3' >&2; exit 1; }
	$(PYTHON) -m venv $(if $(wildcard $@),,--clear) $(VENV)  # an installation that was cut short cannot be mended
	@echo 'Installing Airflow and what the tests need into $(VENV); the first time takes a minute or two ...'
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt editables hatchling pip
	@$(BIN)/pip install --quiet --constraint constraints.txt --group build --group lint --group test \
		--no-build-isolation --editable '.[ccxt,fast,redis]'
	@touch $@

$(VENV)/.%-installed: $(INSTALLED)
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --group $*
	@touch $@
