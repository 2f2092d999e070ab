"""A job whose model reads a text and an identifier of the event beside its features, windows among them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from jobs.runs.export import export_features
from jobs.runs.prepare import RunRequest
from models.lifecycle import register
from models.registry import local_registry
from tests.support.job_runs import JobRun, run_job, write_config
from tests.support.raw_jobs import FIELDS, event
from tests.support.raw_models import LARGEST, three_inputs_score, write_three_inputs

WINDOW = {"function": "count", "key": "card", "window": "7d"}
SPECS = [
    {"name": "a", "type": "numerical", "source": "amount"},
    {"name": "seen", "type": "aggregation", "parameters": WINDOW},
]
EVENTS = [event(number) for number in range(40)]
ABSENT = {7: "merchant", 8: "user_id"}
for _row, _name in ABSENT.items():
    EVENTS[_row][_name] = None
EVENTS[10]["merchant"] = 'say "hi",\nbye'
# The identifiers of rows beside an absent one stay exact, in files and in windows.
assert EVENTS[9]["user_id"] == LARGEST - 9


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("raw") / "in.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in EVENTS), "utf-8")
    return path


@pytest.fixture(scope="module")
def config(source: Path) -> Path:
    tree = {
        "ml": {"enabled": True, "model_registry": {"type": "local", "base_path": str(source.parent / "models")}},
        "job": {
            "name": "raw",
            "events": {"id": "id", "key": "card", "time": "at", "fields": FIELDS},
            "features": {"name": "f", "specs": SPECS},
            "inference": {"model_name": "m"},
        },
        "execution": {"parallelism": 2},
    }
    return write_config(source.parent / "job.yaml", tree)


@pytest.fixture(scope="module")
def features(config: Path, source: Path) -> Path:
    target = source.with_name("features.parquet")
    export_features(RunRequest("fraud-detection", target, str(source), config, environ={}), lambda counts, total: None)
    return target


@pytest.fixture(scope="module")
def run(config: Path, source: Path, features: Path) -> JobRun:
    """The exported rows are those that the model is registered with, as users do."""
    registry = local_registry(source.parent / "models")
    register(registry, write_three_inputs(source.parent / "made"), "m", "1", features=features)
    return run_job(config, source, source.parent / "out")


def scores(rows: pd.DataFrame) -> np.ndarray:
    matrix = rows[["a", "seen"]].to_numpy(np.float32)
    return three_inputs_score(matrix, rows["merchant"].to_numpy(object), rows["user_id"].to_numpy(object))


def test_rows_are_scored_with_what_the_export_shows(run: JobRun, features: Path) -> None:
    rows = pd.DataFrame(pq.read_table(features).to_pylist(), dtype=object)
    rows = rows.sort_values("id")
    for name in ("merchant", "user_id"):
        assert rows[name].tolist() == [each[name] for each in EVENTS]
    rows = rows[~rows["id"].isin(list(ABSENT))]
    found = run.predictions.sort_values("event_id")
    assert found["event_id"].tolist() == rows["id"].tolist()
    np.testing.assert_allclose(found["prediction"], scores(rows), atol=1e-6)


def test_rows_without_a_value_are_dead_letters(run: JobRun) -> None:
    letters = run.dead_letters
    assert run.summary.reasons == {"failed": len(ABSENT)}
    assert sorted(letters["error"]) == [
        "model m@1.0.0: field 'merchant': expected string, got null",
        "model m@1.0.0: field 'user_id': expected int64, got null",
    ]
