"""The fraud job with its network in TFLite, in both profiles of `gress run`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from ai_edge_litert.interpreter import Interpreter

from jobs.catalogue import default_config
from tests.support.job_runs import JobRun, run_job
from tests.support.samples import write_files

ROWS = 1_500


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_files(tmp_path_factory.mktemp("network"), customers=100, files=1, events_a_file=ROWS)


def _run(source: Path, profile: str) -> JobRun:
    overrides = [
        "job.inference.model_name=fraud-network",
        "job.inference.model_version=1.0.0",
        "job.sink.features=true",
    ]
    overrides += [f"execution.profile={profile}", "execution.parallelism=1"]
    return run_job(default_config("fraud-detection"), source, source.parent / profile, overrides=overrides)


def _answers(file: Path, features: np.ndarray) -> np.ndarray:
    """Return what the interpreter of TFLite itself says."""
    interpreter = Interpreter(model_path=str(file))
    source, sink = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    interpreter.resize_tensor_input(source["index"], features.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(source["index"], features)
    interpreter.invoke()
    return np.asarray(interpreter.get_tensor(sink["index"]))[:, 0]


def test_network_scores_every_row_alike_in_both_profiles(source: Path, repository: Path) -> None:
    runs = [_run(source, profile) for profile in ("throughput", "latency")]
    found, other = (run.predictions for run in runs)
    assert [len(run.predictions) for run in runs] == [ROWS, ROWS]
    assert set(found["model"]) == {"fraud-network"}
    features, others = (
        np.array([json.loads(text) for text in each["features"]], np.float32) for each in (found, other)
    )
    wanted = _answers(repository / "models/fraud-network/1.0.0/model.tflite", features)
    np.testing.assert_allclose(found["prediction"], wanted, rtol=1e-4, atol=1e-7)
    np.testing.assert_array_equal(features, others)
    pd.testing.assert_frame_equal(found[["event_id", "prediction"]], other[["event_id", "prediction"]], rtol=1e-4)
