"""Importing the packages costs no heavy library: workers load what their model needs, and no more."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = (
    "pyflink",
    "onnxruntime",
    "pandas",
    "pyarrow",
    "sklearn",
    "tensorflow",
    "ai_edge_litert",
    "tflite_runtime",
    "obstore",
    "prometheus_client",
)
LIGHT = (
    "conf",
    "gress",
    "conf.loading.loader",
    "models",
    "models.registry",
    "models.serving.live",
    "models.runtimes",
    "state",
    "udfs",
    "udfs.features",
)


@pytest.mark.parametrize("name", LIGHT)
def test_import_loads_no_heavy_library(repository: Path, name: str) -> None:
    code = f"import json, sys, {name}; print(json.dumps(sorted({{m.partition('.')[0] for m in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert set(HEAVY) & set(json.loads(done.stdout)) == set()


def test_import_prints_and_logs_nothing(repository: Path) -> None:
    code = f"import {', '.join(LIGHT)}, logging; assert not logging.getLogger().handlers"
    done = subprocess.run([sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
