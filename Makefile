PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Two test processes with one thread each, since many tests wait for a command or a lock. The tests of a file stay in one
# process, for their shared fixtures, and files keep their order, the long training ones first, so that both processes end
# at about the same time.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: demo test test-all check format clean
.DELETE_ON_ERROR:

demo: $(VENV)/.base ## install the package and read the bundled article
	$(BIN)/rejoinder read data/demo.txt

test: $(VENV)/.dev ## tests that need only Python
	$(PYTEST) -m "not large"

test-all: $(VENV)/.all ## tests that need large dependencies; each skips with a reason if it cannot run
	$(PYTEST) -m large

check: $(VENV)/.dev ## format, lint, types, and the wheel by itself in a clean environment
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python tests/check_wheel.py

format: $(VENV)/.dev ## format and fix what ruff can fix
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) dist .mypy_cache .pytest_cache .ruff_cache

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "rejoinder needs Python 3.11 or newer; try make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	@touch $@

$(VENV)/.base: pyproject.toml | $(VENV)/.python
	$(BIN)/python -m pip install --quiet -e .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/.python
	$(BIN)/python -m pip install --quiet -e '.[train,openvino,parquet,zstd,web,serve,report,search,tensorboard,mlflow]' --group dev
	@touch $@ $(VENV)/.base

$(VENV)/.all: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet -e '.[ray,spark]'
	@touch $@
