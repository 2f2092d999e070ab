"""The predictive-maintenance job as `gress run` runs it, on two parts of its sample."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score

from jobs.catalogue import default_config, sample_input
from tests.support.job_runs import JobRun, run_job

PARTS = ("P2-003", "P2-007")


@pytest.fixture(scope="module")
def readings() -> pd.DataFrame:
    sample = sample_input("predictive-maintenance")
    assert sample is not None
    with gzip.open(sample, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return pd.DataFrame([row for row in rows if row["part"] in PARTS])


@pytest.fixture(scope="module")
def run(readings: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> JobRun:
    folder = tmp_path_factory.mktemp("maintenance")
    readings.to_json(folder / "readings.jsonl", orient="records", lines=True)
    config = default_config("predictive-maintenance")
    return run_job(config, folder / "readings.jsonl", folder / "out", job="predictive-maintenance")


def _features(readings: pd.DataFrame, columns: list[str]) -> Any:
    """Compute the features by pandas, whose windows are ``(t - window, t]``, too."""
    rows = readings.assign(at=pd.to_datetime(readings["time"], unit="ms")).set_index("at")
    parts = []
    for _, own in rows.groupby("part"):
        made = pd.DataFrame({"reading": own["reading"]})
        for sensor in ("vibration", "temperature", "pressure", "current"):
            for name, window in (("6h", "6h"), ("1d", "24h"), ("7d", "168h")):
                made[f"{sensor}_{name}"] = own[sensor].rolling(window).mean()
        made["vibration_spread_1d"] = own["vibration"].rolling("24h").std().fillna(0)
        made["vibration_ratio"] = made["vibration_6h"] / made["vibration_7d"]
        made["current_ratio"] = made["current_6h"] / made["current_7d"]
        parts.append(made)
    return pd.concat(parts).sort_values("reading")[columns].to_numpy(np.float32)


def test_both_answers_are_those_of_the_model_on_features_by_pandas(
    run: JobRun, readings: pd.DataFrame, repository: Path
) -> None:
    folder = repository / "models/part-failure/1.0.0"
    columns = json.loads((folder / "model.json").read_text("utf-8"))["feature_columns"]
    session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    chance, hours = session.run(["failure_chance", "hours_left"], {"features": _features(readings, columns)})
    found = run.predictions
    assert found["event_id"].tolist() == sorted(readings["reading"])
    np.testing.assert_allclose(found["failure_chance"], chance[:, 0], atol=1e-5)
    np.testing.assert_allclose([pair[0] for pair in found["scores"]], hours[:, 0], rtol=1e-4)


def test_run_beats_the_best_sensor(run: JobRun, readings: pd.DataFrame) -> None:
    assert run.summary.adds_up
    figures = run.summary.evaluation["average_precision"]
    assert figures["vibration alone"] == pytest.approx(
        average_precision_score(readings["fails"], readings["vibration"]), abs=1e-6
    )
    assert figures["model"] > 0.7 > figures["vibration alone"] + 0.2
    assert set(run.alerts["key"]) == set(PARTS)
