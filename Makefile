# archaictools: every target makes its prerequisites; `make demo` and `make test` work on a fresh clone.
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
SNAKEMAKE ?= .snakemake-env

.PHONY: demo demo-real demo-people callers yardstick leave-out pretrain article controls validate-realdata validate-outputs test test-all fuzz test-galaxy test-browser test-report-browser test-cluster lint docs notebook bench clean help

help: ## list of the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, found " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	PIP_CONSTRAINT=constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet --editable '.[test,lint]'
	touch $@

demo: $(READY) ## segments of simulated people and the k-mer chain on the planted genome, into demo/ (2 minutes)
	PATH="$(CURDIR)/$(BIN):$$PATH" bash examples/demo.sh test-data demo

demo-real: $(READY) ## the k-mer chain on hg19 chr21 (DATA=folder), into demo-real/
	PATH="$(CURDIR)/$(BIN):$$PATH" bash examples/demo_real.sh $(DATA) demo-real

demo-people: $(READY) ## archaic segments of ten real people (VCF from PyPI), into demo-people/; DATA=folder compares with published calls
	PATH="$(CURDIR)/$(BIN):$$PATH" PYTHON="$(CURDIR)/$(BIN)/python" bash examples/demo_people.sh demo-people $(DATA)

callers: $(READY) ## comparison of the pretrained model with HMMs on simulated people, into callers/ (an hour)
	PATH="$(CURDIR)/$(BIN):$$PATH" PYTHON="$(CURDIR)/$(BIN)/python" bash validation/callers/callers.sh callers

yardstick: $(READY) ## comparison of the pretrained model with hmmix, into yardstick/ (YARDSTICK=folder PYTHON2=python with hmmix)
	PATH="$(CURDIR)/$(BIN):$$PATH" PYTHON="$(CURDIR)/$(BIN)/python" PYTHON2="$(PYTHON2)" bash validation/callers/yardstick.sh $(YARDSTICK) yardstick

leave-out: $(READY) ## accuracy on demographic histories outside the training (after pretrain and callers; an hour)
	PATH="$(CURDIR)/$(BIN):$$PATH" PYTHON="$(CURDIR)/$(BIN)/python" bash validation/callers/leave_out.sh pretrain callers

pretrain: $(READY) ## the pretrained model from simulations, into pretrain/ (two hours and ten minutes of a GPU)
	PATH="$(CURDIR)/$(BIN):$$PATH" bash pretraining/pretrain.sh pretrain $(WEIGHTS)/pretrained.h5
	$(BIN)/python pretraining/dome_card.py $(WEIGHTS)/pretrained.h5 $(WEIGHTS)/DOME.md

article: $(READY) ## the article's protocol on chr21 (DATA=folder) and the verdict on it, into article/
	PATH="$(CURDIR)/$(BIN):$$PATH" bash validation/article/article.sh $(DATA) article

controls: $(READY) ## three genomes with known verdicts (skill, no skill, leaky), into controls/ (3 minutes)
	PATH="$(CURDIR)/$(BIN):$$PATH" bash validation/article/controls.sh test-data controls

validate-realdata: $(READY) ## windows, segments and verdicts on real data (DATA=folder; 3 minutes)
	ARCHAICTOOLS_DATA="$(DATA)" $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder validation/realdata

validate-outputs: $(READY) ## identical outputs of the checkout BEFORE=folder and this one, into same-outputs/ (20 minutes)
	$(BIN)/python validation/same_outputs/compare.py --before $(BEFORE) --after . --out same-outputs

test: $(READY) ## all quick tests, without a Galaxy server or a browser (8 minutes on two cores)
	ARCHAICTOOLS_DATA="$(DATA)" $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder -m "not slow"

test-all: $(READY) ## the slow tests, too
	ARCHAICTOOLS_DATA="$(DATA)" $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

fuzz: $(READY) ## 10,000 malformed inputs (FUZZ=number) for every reader (an hour or two)
	ARCHAICTOOLS_FUZZ=$(FUZZ) $(BIN)/python tests/fuzzing/run.py

$(GALAXY)/.ready: tests/galaxy/galaxy-requirements.txt
$(PLANEMO)/.ready: tests/galaxy/planemo-requirements.txt
$(GALAXY)/.ready $(PLANEMO)/.ready:
	$(PYTHON) -m venv $(@D)
	PIP_DISABLE_PIP_VERSION_CHECK=1 $(@D)/bin/python -m pip install --quiet --requirement $<
	touch $@

test-galaxy: $(READY) $(GALAXY)/.ready $(PLANEMO)/.ready ## wrappers and workflows in a private Galaxy server (installs it first)
	$(PLANEMO)/bin/python tests/galaxy/server.py --galaxy $(GALAXY) --program $(BIN)/archaictools --state build/galaxy -- \
	    $(PLANEMO)/bin/python -m pytest -c tests/galaxy/pytest.ini -n 3 tests/galaxy

$(BROWSER)/.ready: tests/browser/requirements.txt tests/browser/prepare.sh
	$(PYTHON) -m venv $(BROWSER)
	PIP_DISABLE_PIP_VERSION_CHECK=1 $(BROWSER)/bin/python -m pip install --quiet --requirement $<
	bash tests/browser/prepare.sh $(BROWSER)
	touch $@

test-report-browser: $(READY) $(BROWSER)/.ready ## reports in Chromium, without a network; screenshots into build/screenshots/
	ARCHAICTOOLS_PYTHON=$(BIN)/python $(BROWSER)/bin/python -m pytest -c tests/browser/report/pytest.ini tests/browser/report

test-browser: test-report-browser $(GALAXY)/.ready ## reports, then Galaxy's page in Chromium; screenshots into build/screenshots/
	$(BROWSER)/bin/python tests/galaxy/server.py --galaxy $(GALAXY) --program $(BIN)/archaictools --state build/galaxy \
	    --viewers $(BROWSER)/viewers -- $(BROWSER)/bin/python -m pytest -c tests/browser/pytest.ini tests/browser/test_galaxy.py

$(SNAKEMAKE)/.ready: tests/cluster/requirements.txt workflows/snakemake/requirements.txt tests/cluster/prepare.sh
	$(PYTHON) -m venv $(SNAKEMAKE)
	PIP_DISABLE_PIP_VERSION_CHECK=1 $(SNAKEMAKE)/bin/python -m pip install --quiet --requirement $<
	bash tests/cluster/prepare.sh
	touch $@

test-cluster: $(READY) $(SNAKEMAKE)/.ready ## the Snakemake workflow here and on a Slurm of one node (installs both first; Slurm needs root)
	PATH="$(CURDIR)/$(BIN):$$PATH" $(SNAKEMAKE)/bin/python -m pytest -c tests/cluster/pytest.ini tests/cluster

lint: $(READY) ## ruff, mypy and the import contract
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports --no-cache

$(VENV)/.docs: $(READY)
	PIP_CONSTRAINT=constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet --editable '.[docs]'
	touch $@

docs: $(VENV)/.docs ## the pages made from the program, then the whole site into build/site/
	$(BIN)/python docs/generate.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

notebook: $(READY) ## the tutorial notebook, executed again in its place
	TF_CPP_MIN_LOG_LEVEL=3 PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python docs/execute_notebook.py docs/tutorial.ipynb

bench: $(READY) ## speed and memory, each compared with an alternative, into performance/RESULTS.md
	$(BIN)/python performance/speed.py --out performance/RESULTS.md

clean: ## removal of all that the targets made
	rm -rf $(VENV) $(GALAXY) $(PLANEMO) $(BROWSER) $(SNAKEMAKE) demo demo-real demo-people callers yardstick pretrain article controls same-outputs build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} + ; rm -rf lib/*.egg-info
