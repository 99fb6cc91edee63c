# Everything happens in .venv, from the hashes in requirements.lock; nothing else on the machine changes.
#
#   make demo      the summary of a sample image
#   make test      style, types, layering and the tests
#   make exhaustive  the terminal UI under hostile names, odd shapes and random keys
#   make coverage  all tests, and which lines they reach
#   make samples   the big sample images, built on a private Docker Engine (root, Debian)
#   make screenshots   the pictures of the terminal UI (tmux) and of the report (Chromium) in docs/screenshots
#   make lock      new versions in requirements.lock

# The first interpreter that is new enough; `make PYTHON=/path/to/python` chooses another.
PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11 python,\
	$(shell $(name) -c 'import sys; sys.version_info >= (3, 11) and print("$(name)")' 2>/dev/null)))
VENV := .venv
BIN := $(VENV)/bin
# pip of the interpreter, working on the environment: Debian's Python has no ensurepip to put one inside.
PIP = $(PYTHON) -m pip --python $(BIN)/python --disable-pip-version-check

DEMO ?= sample_images/webshop-docker.tar
SAMPLES_DIR ?= build/samples

# Without bytecode each of some hundred runs of the command line compiles the package again, and
# every process of the tests all of theirs.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test written exhaustive coverage lint unit lock samples screenshots clean

demo: $(VENV)/installed
	@$(BIN)/layerlens --text $(DEMO)

# pytest comes last: its summary line closes the output.  Four processes: the two with an
# engine mostly wait for it.
test: $(VENV)/installed
	@$(MAKE) --no-print-directory --jobs=2 lint written
	@$(BIN)/python -m pytest -n 4 --dist loadgroup -m "not exhaustive" $(PYTEST_ARGS)

# The bytecode of the tests, which each of those processes would make for itself.  What cannot be
# collected is told by the tests.
written: $(VENV)/installed
	@$(BIN)/python -m pytest --collect-only --quiet >/dev/null 2>&1 || true

# Every view of the terminal UI under hostile names, odd shapes and random keys.
exhaustive: $(VENV)/installed
	@$(BIN)/python -m pytest -n 2 -m exhaustive $(PYTEST_ARGS)

# Apart, since tracing takes a third of the time again.
coverage: $(VENV)/installed
	@$(BIN)/python -m pytest -n 3 --dist loadgroup --cov --cov-report=term:skip-covered $(PYTEST_ARGS)

lint: $(VENV)/installed
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --quiet --check
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo

# The quick half of the tests: no engine.
unit: $(VENV)/installed
	@$(BIN)/python -m pytest -m "not engine" $(PYTEST_ARGS)

$(VENV)/installed: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "layerlens needs Python 3.11 or newer; say which: make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "installing layerlens and its tools into $(VENV) (once) ..." >&2
	@$(PYTHON) -m venv --clear --without-pip $(VENV)
	@$(PIP) install --quiet --require-hashes -r requirements.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@

# Extras stay in the lock: pip of 2023 takes "coverage[toml]" and "coverage" for two packages.
lock:
	@$(PYTHON) -m venv --clear --without-pip $(VENV)-lock
	@$(PYTHON) -m pip --python $(VENV)-lock/bin/python install --quiet uv
	@$(VENV)-lock/bin/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
		--upgrade --no-strip-extras --generate-hashes --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make lock" --quiet -o requirements.lock

samples: $(VENV)/installed
	@mkdir -p $(SAMPLES_DIR)
	@$(BIN)/python sample_images/build.py --private-engine --save $(SAMPLES_DIR)

screenshots: $(VENV)/installed
	@$(BIN)/python -m tests.tui.screenshots
	@$(BIN)/python -m tests.browser.screenshots

clean:
	@rm -rf $(VENV) $(VENV)-lock build .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
