# Two commands are enough on a fresh machine: `make run` and `make test`. Both do their own set-up.
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
SHARED ?= ../shared/data
export GOMP_SPINCOUNT := 0

.PHONY: run test lint setup setup-dev bench train clean

run: setup
	$(BIN)/python app.py

test: setup-dev
	$(BIN)/ruff check .
	$(BIN)/python -m pytest $(PYTEST_ARGS)

setup: $(VENV)/.ready
setup-dev: $(VENV)/.ready-dev

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))' || \
		{ echo "Earworm needs Python 3.10 to 3.12; give one with PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.ready: requirements.txt packages.txt | $(VENV)/bin/python
	sh scripts/packages.sh packages.txt
	$(BIN)/pip install --quiet -r requirements.txt
	touch $@

$(VENV)/.ready-dev: requirements-dev.txt packages-dev.txt $(VENV)/.ready
	sh scripts/packages.sh packages-dev.txt
	$(BIN)/pip install --quiet -r requirements-dev.txt
	touch $@

bench: setup-dev
	$(BIN)/python -m benchmarks.speed
	$(BIN)/python -m benchmarks.music
	$(BIN)/python -m benchmarks.obedience

# Rebuilds the weights that ship; SHARED is the folder with openewld/ and groove/ (see assets/weights/README.md).
train: setup-dev
	$(BIN)/python -m modules.training.styles
	$(BIN)/python -m modules.training.generator --shared $(SHARED) --minutes 120 --resume

clean:
	rm -rf $(VENV) cache out build
