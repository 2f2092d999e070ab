"""The anomaly-detection job's sample and model, without Flink."""

from __future__ import annotations

import gzip
import json
from typing import Any

import numpy as np
import pytest

from conf.loading.loader import load_settings
from conf.settings import JobSettings
from jobs.catalogue import default_config, sample_input
from models.metrics import auc_roc, average_precision
from models.registry import open_registry
from models.scoring.inputs import Inputs
from models.scoring.loaded import load_model
from models.scoring.outputs import Scores
from models.training.anomalies.machine_readings import ReadingsSettings, as_rows, draw_readings
from udfs.features.feature_set import FeatureSet, compile_feature_set


@pytest.fixture(scope="module")
def job() -> JobSettings:
    found = load_settings(default_config("anomaly-detection"), environ={}).job
    assert found is not None
    return found


@pytest.fixture(scope="module")
def sample() -> list[dict[str, Any]]:
    path = sample_input("anomaly-detection")
    assert path is not None
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def features(job: JobSettings) -> FeatureSet:
    return compile_feature_set(job.features, job.events)


@pytest.fixture(scope="module")
def scores(features: FeatureSet, sample: list[dict[str, Any]]) -> Scores:
    columns: dict[str, np.ndarray[Any, Any]] = {}
    for spec in features.trackers:
        keys = np.array([row[spec.key] for row in sample])
        values = np.array([[row[name] for name in spec.sources] for row in sample])
        times = np.array([row["time"] for row in sample])
        column = columns[spec.columns[0]] = np.empty(len(sample))
        for key in set(keys):
            own = keys == key
            column[own] = spec.settings.start(len(spec.sources)).follow(times[own], values[own])[:, 0]
    spec, file = open_registry("package:models").resolve("machine-anomaly", "1.0.0")
    assert spec.feature_columns == features.columns
    assert spec.feature_set_hash == features.hash
    model = load_model(spec, file)
    try:
        return model.predict(Inputs(np.ascontiguousarray(features.transform(columns)), {}))
    finally:
        model.close()


def test_model_ranks_odd_rows_higher_than_either_baseline_and_any_part(
    scores: Scores, sample: list[dict[str, Any]]
) -> None:
    truth = np.array([row["is_odd"] for row in sample]) > 0
    assert scores.scores is not None
    others = [np.array([row[name] for row in sample]) for name in ("river", "river_by_machine")]
    others += list(scores.scores.T)
    assert average_precision(truth, scores.prediction) > max(average_precision(truth, other) for other in others)
    assert auc_roc(truth, scores.prediction) > max(auc_roc(truth, other) for other in others[:3]) + 0.05


def test_alerts_are_mostly_odd_rows(scores: Scores, sample: list[dict[str, Any]], job: JobSettings) -> None:
    truth = np.array([row["is_odd"] for row in sample]) > 0
    threshold = job.inference.alert_threshold
    assert threshold is not None
    is_alert = scores.prediction > threshold
    assert truth[is_alert].mean() > 0.9
    assert is_alert[truth].mean() > 0.8


def test_sample_is_drawn_by_the_law(sample: list[dict[str, Any]]) -> None:
    drawn = list(as_rows(draw_readings(ReadingsSettings(steps=360, seed=2))))
    assert [{name: row[name] for name in drawn[0]} for row in sample] == drawn
