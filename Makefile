# Every target does its own set-up; on a fresh machine `make demo` and `make test` are enough.
PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
CONNECTORS := $(wildcard connectors/*/pyproject.toml)
# tests start thousands of processes, which take half as long again without byte code, whatever the shell says of it
export PYTHONDONTWRITEBYTECODE :=

.PHONY: setup demo test judges images prism site-test soak bench lint format clean

setup: $(STAMP)

$(STAMP): pyproject.toml $(CONNECTORS)
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or later is needed: put it on PATH, or say make PYTHON=/path/to/python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]' $(patsubst connectors/%/pyproject.toml,-e ./connectors/%,$(CONNECTORS))
	@$(BIN)/connector-sdk lock connectors/source-gong --check >/dev/null || echo "packages of images are fetched later, when one is built"
	@touch $@

demo: setup
	$(BIN)/connector-sdk preview connectors/source-gong --sandbox --db preview/gong.duckdb

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# tests of processes wait as much as they work
WORKERS ?= $(shell expr 2 '*' $$(getconf _NPROCESSORS_ONLN))
test: lint
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(PYTEST_ARGS)

# Airbyte's own tools judge source-gong; they are installed into build/judges at first, and need no container
judges: setup
	$(BIN)/python -m tests.foreign

# needs a container engine and a registry, which docs/images.md tells about
IMAGES_ARGS ?= -m engine
images: setup
	$(BIN)/python -m pytest -n 0 $(IMAGES_ARGS) tests/images

# a judge that nobody here wrote: connectors against APIs that Prism makes of Slack's and Asana's own OpenAPI documents
PRISM := build/prism/node_modules/.bin/prism

prism: setup $(PRISM)
	$(BIN)/python -m tests.foreign.prism.judge

$(PRISM): tests/foreign/prism/package.json tests/foreign/prism/package-lock.json
	@command -v npm >/dev/null || { echo "npm is needed for this judge alone: install Node.js 20 or later (nodejs.org), or leave make prism out"; exit 1; }
	@mkdir -p build/prism && cp $^ build/prism/
	@cd build/prism && npm ci --silent --no-audit --no-fund
	@touch $@

# headless Chromium judges the catalog's site; needs Chromium and npm, screenshots are in build/site
site-test: setup
	$(BIN)/python -m tests.foreign.browser

# for hours: make soak MINUTES=300
MINUTES ?= 60
soak: setup
	$(BIN)/python -m tests.world.soak --minutes $(MINUTES)

# beside peers, which are installed into build/bench at first: make bench BENCH_ARGS="--quick --jobs big"
bench: setup
	$(BIN)/python -m benchmarks.throughput $(BENCH_ARGS)

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) build dist preview .mypy_cache .ruff_cache .pytest_cache .hypothesis
