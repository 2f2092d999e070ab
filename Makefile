# Every target makes what it needs first; nothing is installed outside this folder.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := bash
# Without compiled modules every process of every test compiles pandas, Beam and PyFlink anew.
unexport PYTHONDONTWRITEBYTECODE
.SHELLFLAGS := -euo pipefail -c

VENV := .venv
TRAIN_VENV := .venv-train
FEAST_VENV := .venv-feast
# Registry to which `make models` publishes; existing versions are never replaced.
REGISTRY := models
BIN := $(VENV)/bin
# Extras beyond the needs of every job: TFLite models, the page of a run, events for a broker to try with, learning.
RUN_EXTRAS := tflite,report,kafka,learning
# A new pip unpacks twice as fast as Python's own. Modules compile on first import, because only few are imported.
INSTALL := -m pip install --quiet --disable-pip-version-check --no-compile

# Run a worker on each core; tests of one file stay together. Tests with a JVM run beside the others, as they often wait
# for processes: two groups from the start, of which one starts servers and clusters, too, and a third once the tests
# without a JVM have ended. All take about as long, and each shares a JVM.
WITH_SERVERS := $(addprefix tests/integration/,benchmarks kafka monitoring test_cluster.py test_sql.py \
  test_sql_functions.py)
LATER := $(addprefix tests/integration/,test_anomaly_detection.py test_forecasting.py test_killed_verdicts.py \
  test_learning.py test_learning_keys.py test_pieces.py test_predictive_maintenance.py test_published_features.py \
  test_recommendations.py test_resume.py test_sentiment.py test_stored_features.py)
PARALLEL := -n auto --maxprocesses 4 --dist loadfile

# $(call make_venv,FOLDER,EXTRAS): the package, editable, in a virtual environment of its own.
define make_venv
	python=; for each in $(PYTHON) python3.12 python3.11 python3.10 python3; do \
	  if "$$each" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null; then \
	    python=$$each; break; fi; done; \
	if [ -z "$$python" ]; then \
	  echo "expected Python 3.10 to 3.12 on PATH, found none; install one, or: make PYTHON=/path/to/python3.11" >&2; \
	  exit 2; fi; \
	extras=$(2); "$$python" -I jobs/flink/jvm/java.py >/dev/null || extras+=,local; \
	echo "Installing gress-ml[$$extras] into $(1)" >&2; \
	"$$python" -m venv $(1); \
	$(1)/bin/python $(INSTALL) --upgrade pip; \
	$(1)/bin/python $(INSTALL) --editable ".[$$extras]"
endef

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/run.stamp ## run the fraud job on generated transactions and write a page about the run
	$(BIN)/gress run fraud-detection --output demo-out --overwrite
	$(BIN)/gress report demo-out

test: $(VENV)/test.stamp ## run all checks
	$(BIN)/python -m pytest -m flink $(WITH_SERVERS) > $(VENV)/servers.log 2>&1 & servers=$$!; \
	$(BIN)/python -m pytest -m flink tests/integration $(patsubst %,--ignore=%,$(WITH_SERVERS) $(LATER)) \
	  > $(VENV)/flink.log 2>&1 & flink=$$!; \
	free=0; { $(MAKE) --no-print-directory lint && $(BIN)/python -m pytest $(PARALLEL) -m 'not flink' && \
	  if [ "$${CI:-}" = true ]; then $(MAKE) --no-print-directory test-recipes; fi; } || free=$$?; \
	$(BIN)/python -m pytest -m flink $(LATER) || free=$$?; \
	echo "Waiting for the tests with a JVM" >&2; \
	jvm=0; wait $$flink || jvm=$$?; cat $(VENV)/flink.log; wait $$servers || jvm=$$?; cat $(VENV)/servers.log; \
	exit $$((free | jvm))

test-fast: $(VENV)/test.stamp ## run the tests that need no JVM
	$(BIN)/python -m pytest $(PARALLEL) -m 'not flink'

test-data: $(VENV)/test.stamp ## compare features and scores with all of the published card-fraud data
	GRESS_WHOLE_DATA=1 $(BIN)/python -m pytest tests/integration/test_card_fraud_data.py \
	  tests/integration/test_card_fraud_routes.py

test-recipes: $(TRAIN_VENV)/test.stamp ## compare model files with the frameworks that trained them
	GRESS_REQUIRE_RECIPES=1 $(TRAIN_VENV)/bin/python -m pytest tests/models/recipes

test-pytorch: $(TRAIN_VENV)/test.stamp ## install PyTorch and compare its model files, too
	$(TRAIN_VENV)/bin/python $(INSTALL) 'torch>=2.15' onnxscript
	$(TRAIN_VENV)/bin/python -m pytest tests/models/recipes/test_pytorch.py

test-feast: $(VENV)/test.stamp ## install Feast beside, and let it read what `gress features feast` writes
	test -x $(FEAST_VENV)/bin/python || python3 -m venv $(FEAST_VENV)
	$(FEAST_VENV)/bin/python $(INSTALL) 'feast>=0.67'
	GRESS_FEAST_PYTHON=$(FEAST_VENV)/bin/python $(BIN)/python -m pytest tests/gress/feature_store/test_feast.py

lint: $(VENV)/test.stamp ## check style and types
	$(BIN)/ruff check .
	$(BIN)/mypy

venv: $(VENV)/test.stamp ## make the virtual environment for work on the package

docs: $(VENV)/test.stamp ## the site, in site/index.html
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet
	@echo site/index.html

wheel: $(VENV)/test.stamp ## build dist/gress_ml-*.whl
	rm -rf build dist
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
	rm -rf build
	ls dist/*.whl

models: $(TRAIN_VENV)/train.stamp ## train the shipped models: make models INPUT=transactions.parquet
	@test -n "$(INPUT)" || { echo "expected INPUT, as in: make models INPUT=transactions.parquet" >&2; exit 2; }
	rm -rf build && mkdir build
	$(TRAIN_VENV)/bin/gress features export fraud-detection --input $(INPUT) --output build/features.parquet
	$(TRAIN_VENV)/bin/python -m models.training.train_fraud \
	  --features build/features.parquet --registry build/trained --rows build/rows.parquet --before 2018-08-01
	for file in build/trained/*/*/model.onnx build/trained/*/*/model.tflite; do \
	  $(TRAIN_VENV)/bin/gress models register $$file --registry $(REGISTRY) --baseline build/rows.parquet; done

bench: $(VENV)/test.stamp ## run one benchmark: make bench NAME=scoring; for so long: make bench NAME=soak MINUTES=10
	@test -n "$(NAME)" || { echo "expected NAME, as in: make bench NAME=scoring" >&2; exit 2; }
	$(BIN)/python -m benchmarks $(NAME) $(MINUTES)

fuzz: $(VENV)/test.stamp ## try odd lines, settings and model files: make fuzz SECONDS=60
	$(BIN)/python -m benchmarks.fuzz $(or $(SECONDS),60)

images: $(VENV)/test.stamp ## make the pictures of README and docs, from a real run
	$(BIN)/python docs/images/make_images.py

clean: ## remove everything made here
	rm -rf $(VENV) $(TRAIN_VENV) .venv-peers build dist site demo-out *.egg-info .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/run.stamp: setup.py
	@$(call make_venv,$(VENV),$(RUN_EXTRAS))
	@touch $@

$(VENV)/test.stamp: $(VENV)/run.stamp
	@echo "Installing what the tests need into $(VENV)" >&2
	@$(BIN)/python $(INSTALL) --editable '.[$(RUN_EXTRAS),test]'
	@touch $@

$(TRAIN_VENV)/train.stamp: setup.py
	@$(call make_venv,$(TRAIN_VENV),train)
	@touch $@

$(TRAIN_VENV)/test.stamp: $(TRAIN_VENV)/train.stamp
	@echo "Installing what the tests need into $(TRAIN_VENV)" >&2
	@$(TRAIN_VENV)/bin/python $(INSTALL) --editable '.[train,test]'
	@touch $@

.PHONY: help demo test test-data test-fast test-recipes test-pytorch test-feast lint venv wheel docs models bench fuzz images clean
