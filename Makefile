# Two commands are enough on a fresh machine: `make run` and `make test`. Both do their own set-up.
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
SHARED ?= ../shared/data
export GOMP_SPINCOUNT := 0

.PHONY: run test lint setup setup-dev bench bench-edits bench-music bench-sound bench-hum bench-voice bench-reference \
	train clean

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

# What edits keep, their seams, and the loudness of mixes; about four minutes.
bench-edits: setup-dev
	$(BIN)/python -m benchmarks.edits

# Speed, loudness, peaks, tone and cleanliness of 50 takes in 25 styles; a few minutes.
bench-sound: setup-dev
	$(BIN)/python -m benchmarks.sound

# What is heard of a hum, what takes keep of it as faithfulness asks, and its own voice and timing; a few minutes.
bench-hum: setup-dev
	@missed=0; \
	$(BIN)/python -m benchmarks.hum || missed=1; \
	$(BIN)/python -m benchmarks.faithfulness || missed=1; \
	$(BIN)/python -m benchmarks.kept_voice || missed=1; \
	exit $$missed

# Words read and set, then the voices that sing them; a few minutes.
bench-voice: setup-dev
	@missed=0; \
	$(BIN)/python -m benchmarks.words || missed=1; \
	$(BIN)/python -m benchmarks.voice || missed=1; \
	exit $$missed

# What is heard in 120 rendered tracks and in real ones, and what becomes of tracks; twenty minutes the first time.
bench-reference: setup-dev
	@missed=0; \
	$(BIN)/python -m benchmarks.reference $$(test -d $(SHARED) && echo "--shared $(SHARED)") || missed=1; \
	$(BIN)/python -m benchmarks.reference_use || missed=1; \
	exit $$missed

# The generator against real music and simple models, about half an hour; what needs the corpora is left out without them.
bench-music: setup-dev
	@missed=0; \
	corpora=$$(test -d $(SHARED) && echo "--shared $(SHARED)"); \
	$(BIN)/python -m benchmarks.steering || missed=1; \
	$(BIN)/python -m benchmarks.generated $$corpora || missed=1; \
	if [ -n "$$corpora" ]; then $(BIN)/python -m benchmarks.knowledge $$corpora || missed=1; \
	else echo "benchmarks.knowledge needs the corpora of assets/weights/README.md: SHARED=DIR"; fi; \
	$(BIN)/python -m benchmarks.music || missed=1; \
	exit $$missed

# Rebuilds the weights that ship; SHARED is the folder of the corpora (see assets/weights/README.md).
train: setup-dev
	$(BIN)/python -m modules.training.styles
	$(BIN)/python -m modules.training.chord_prior --shared $(SHARED)
	$(BIN)/python -m modules.training.critic --shared $(SHARED)
	$(BIN)/python -m modules.training.tune --pieces 90 --steps 1500
	$(BIN)/python -m modules.training.originality --shared $(SHARED)
	$(BIN)/python -m modules.training.ear --shared $(SHARED)
	$(BIN)/python -m modules.training.generator --shared $(SHARED) --songs 40 --minutes 90 --resume

clean:
	rm -rf $(VENV) cache out build
