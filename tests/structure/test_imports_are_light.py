"""Importing a module costs no heavy library: a program loads what it uses, and no more."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.structure.source_tree import modules

HEAVY = (
    "ai_edge_litert",
    "lightgbm",
    "numba",
    "obstore",
    "onnx",
    "onnxruntime",
    "pandas",
    "plotly",
    "prometheus_client",
    "pyarrow",
    "pyflink",
    "skl2onnx",
    "sklearn",
    "tensorflow",
    "tflite_runtime",
    "torch",
    "xgboost",
)
# Modules that extend a class of the engine, and those that a job is put together from; the others import them late.
ADAPTERS = (
    "gress.streams.score",
    "gress.streams.scored_stream",
    "state.process",
    "udfs.inference",
    "udfs.sql.functions",
    "udfs.sql_aggregates.functions",
    "udfs.explanations.functions",
    "udfs.labels.stage",
    "udfs.labels.steps",
    "udfs.learning.stage",
    "udfs.trackers.stage",
    "udfs.verdicts.stage",
    "udfs.windows.part_stage",
    "udfs.windows.stage",
    "jobs.scoring_job",
    "jobs.ab_test",
    "jobs.online_learning",
    "jobs.pipeline.labels",
    "jobs.pipeline.learning",
    "jobs.pipeline.pieces",
    "jobs.pipeline.scoring",
    "jobs.pipeline.shadows",
    "jobs.pipeline.sliding",
    "jobs.pipeline.steps",
    "jobs.pipeline.timed_parts",
    "jobs.pipeline.verdicts",
    "jobs.pipeline.writing",
    "jobs.runs.export",
    "jobs.runs.launch",
)

# One process imports all others: where the whole loads no heavy library, no part does. Adapters come after them, each
# in a fork, so that none hides another.
_PROBE = """
import importlib, json, logging, os, sys

def load(name, heavy):
    before = set(sys.modules)
    importlib.import_module(name)
    return sorted({module.partition(".")[0] for module in set(sys.modules) - before} & heavy)

def load_in_fork(name, heavy):
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.write(writer, json.dumps(load(name, heavy)).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        return json.load(pipe)

light, adapters, heavy = json.load(sys.stdin)
found = {name: load(name, set(heavy)) for name in light}
found |= {name: load_in_fork(name, set(heavy)) for name in adapters}
assert not logging.getLogger().handlers
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def loaded(repository: Path) -> dict[str, list[str]]:
    """Heavy libraries that come with each module; and that nothing was printed on the way."""
    given = json.dumps([[name for name in modules() if name not in ADAPTERS], ADAPTERS, HEAVY])
    command = [sys.executable, "-c", _PROBE]
    done = subprocess.run(command, input=given, cwd=repository, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    # A module that prints makes this no document.
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


def test_importing_a_module_loads_no_heavy_library(loaded: dict[str, list[str]]) -> None:
    assert set(loaded) == set(modules())
    assert {name: libraries for name, libraries in loaded.items() if libraries and name not in ADAPTERS} == {}


def test_every_adapter_needs_the_engine(loaded: dict[str, list[str]]) -> None:
    assert [name for name in ADAPTERS if "pyflink" not in loaded[name]] == []
