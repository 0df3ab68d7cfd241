# Everything is done inside .venv; nothing but Python 3.11 or newer and make need be there before.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Some machines forbid Python to keep what it compiled; tests that start processes would compile all again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install browser java tesseract provider demo test lint format bench serve docs lock clean

help:  ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(STAMP)  ## Fill .venv from the hashed lock

$(STAMP): requirements.lock pyproject.toml bench/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Tenfold needs Python 3.11 or newer; set PYTHON=/path/to/python3"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@if command -v uv >/dev/null; then \
		uv pip sync -q --python $(BIN)/python --require-hashes requirements.lock \
		&& uv pip install -q --python $(BIN)/python --no-deps -e . -e bench; \
	else \
		$(BIN)/python -m pip install -q --require-hashes -r requirements.lock \
		&& $(BIN)/python -m pip install -q --no-deps -e . -e bench; \
	fi
	@touch $@

browser:
	@command -v chromium-headless-shell >/dev/null || sh scripts/install-chromium || command -v chromium

java:
	@command -v java >/dev/null || sh scripts/install-java

provider: tests/oidc/node_modules/.installed

tests/oidc/node_modules/.installed: tests/oidc/package-lock.json
	@sh scripts/install-node

tesseract: install
	@test -z "$$($(BIN)/python -c 'from tenfold.detectors.media.reading import weights; print(weights.missing())')" \
		|| sh scripts/install-tesseract

demo: install  ## A platform's month, found and decided in your browser
	$(BIN)/tenfold demo $(ARGS)

test: install browser java provider tesseract  ## Every test, those with a browser or Spark included
	$(BIN)/pytest -n auto $(ARGS)

lint: install  ## Style, types and the import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install  ## Let ruff put the files in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: install  ## Every bench; one of them: .venv/bin/tenfold-bench NAME
	$(BIN)/tenfold-bench all $(ARGS)

serve: install  ## Run Tenfold on http://127.0.0.1:8010
	$(BIN)/tenfold serve

docs: install browser  ## Make the screenshots and generated tables in docs/ anew
	$(BIN)/python scripts/screenshots.py

lock:  ## Resolve the dependencies anew
	uv pip compile -q --extra dev --generate-hashes --no-emit-index-url --no-header \
		--python-version 3.11 --upgrade pyproject.toml -o requirements.lock

clean:  ## Remove what was built
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
