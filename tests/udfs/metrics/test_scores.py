"""Metrics of batches whose rows are scored by every fallback."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count
from typing import Any

import numpy as np
import pytest
from prometheus_client import REGISTRY

from conf.settings import EventSettings, FeatureSetSettings
from models.scoring.outputs import Scores
from models.spec import ModelSpec, TensorSpec
from udfs.dead_letters import Problem
from udfs.features.feature_set import FeatureSet, compile_feature_set
from udfs.metrics.scores import ScoreLabels, ScoreRecorder
from udfs.scoring.ladder import Answer

JOBS = count()


def spec(version: str) -> ModelSpec:
    tensor = TensorSpec(name="x", dtype="float32", shape=(None, 2))
    return ModelSpec(
        name="m", version=version, type="onnx", file="m.onnx", sha256="0" * 64, inputs=(tensor,), outputs=(tensor,)
    )


def sample(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"gress_ml_{name}", labels)


@pytest.fixture(scope="module")
def features() -> FeatureSet:
    hour = {"name": "hour", "type": "temporal", "parameters": {"fields": ["hour"]}}
    specs = [{"name": "a", "type": "numerical"}, hour]
    return compiled("two", specs)


def compiled(name: str, specs: list[dict[str, Any]]) -> FeatureSet:
    events: dict[str, Any] = {
        "id": "id", "key": "id", "time": "time",
        "fields": {"id": {"type": "long"}, "time": {"type": "timestamp"}, "a": {"type": "double"}},
    }  # fmt: skip
    return compile_feature_set(
        FeatureSetSettings.model_validate({"name": name, "specs": specs}), EventSettings.model_validate(events)
    )


@pytest.fixture
def recorder(features: FeatureSet) -> Iterator[ScoreRecorder]:
    """A recorder of a job of its own: metrics of a process never go back."""
    made = ScoreRecorder(ScoreLabels(f"job{next(JOBS)}", "m", "prediction", ("a", "hour")), features, 100)
    yield made
    made.close()


def all_of(name: str, recorder: ScoreRecorder) -> dict[tuple[str, ...], float]:
    """Samples of a job by the values of their other labels, in order of the labels' names."""
    return {
        tuple(value for label, value in sorted(each.labels.items()) if label != "job"): each.value
        for family in REGISTRY.collect()
        for each in family.samples
        if each.name == f"gress_ml_{name}" and each.labels["job"] == recorder._names.job
    }


def test_rows_on_every_rung_are_counted_where_they_stand(recorder: ScoreRecorder) -> None:
    prediction = np.array([0.1, 0.7, 0.5, np.nan])
    answer = Answer(
        Scores(prediction, None, None),
        spec("3.0.0"),
        status=np.array(["ok", "fallback:2.0.0", "default", "ok"], dtype=object),
        why=np.array([None, "failed", "failed", "not_finite"], dtype=object),
        fallback=spec("2.0.0"),
        problems={3: Problem("not_finite", "m@3.0.0: expected a finite score, got nan")},
    )
    recorder.scored(np.zeros((4, 2), np.float32), answer, 0.003)
    recorder.dead(answer.problems)
    recorder.flush()
    predictions, errors = all_of("predictions_total", recorder), all_of("inference_errors_total", recorder)
    assert predictions["m", "success", "3.0.0"] == 2  # its own, and the default one in its stead
    assert predictions["m", "success", "2.0.0"] == 1
    assert predictions["m", "error", "3.0.0"] == 1
    assert predictions["m", "error", "2.0.0"] == 0
    assert errors["prediction_failed", "m", "3.0.0"] == 3
    assert errors["prediction_failed", "m", "2.0.0"] == 2
    values = all_of("prediction_distribution_bucket", recorder)
    assert [values[le, "m", "prediction", "3.0.0"] for le in ("0.05", "0.1", "+Inf")] == [0, 1, 1]
    assert [values[le, "m", "prediction", "2.0.0"] for le in ("0.6", "0.7", "+Inf")] == [0, 1, 1]


def test_figures_of_plain_batches(recorder: ScoreRecorder, features: FeatureSet) -> None:
    job = {"job": recorder._names.job}
    matrix = np.column_stack([np.arange(50.0), np.full(50, np.nan)]).astype(np.float32)
    recorder.flush()
    extracted = all_of("features_extracted_total", recorder)
    for _ in range(3):
        recorder.arrived(55)
        recorder.flush()
        assert sample("queue_depth", **job, model="m") == 55
        assert sample("active_predictions", **job, model="m") == 0
        recorder.begin(50)
        recorder.computed(50, 0.0002)
        recorder.scored(matrix, Answer(Scores(np.full(50, 0.25), None, None), spec("9.0.0")), 0.02)
        recorder.left(np.full(50, (time.time() - 2) * 1000))
        recorder.flush()
        assert sample("queue_depth", **job, model="m") == 50
        assert sample("active_predictions", **job, model="m") == 1
        recorder.end()
    recorder.flush()
    assert sample("queue_depth", **job, model="m") == 0
    assert sample("active_predictions", **job, model="m") == 0
    labels = {**job, "model": "m", "version": "9.0.0"}
    assert sample("inference_latency_seconds_count", **labels) == 150  # each row waited for its batch
    assert sample("inference_latency_seconds_sum", **labels) == pytest.approx(3.0)
    assert sample("batch_size_count", **labels) == 3
    assert sample("batch_size_sum", **labels) == 150
    assert sample("circuit_breaker_state", **labels) == 0
    assert sample("input_distribution_count", **labels, feature="a") == 150
    assert sample("input_distribution_count", **labels, feature="hour") is None  # NaN throughout
    later = all_of("features_extracted_total", recorder)
    grown = {kind: later[features.name, kind] - extracted[features.name, kind] for kind in ("numerical", "temporal")}
    assert grown == {"numerical": 150, "temporal": 150}
    assert sample("end_to_end_latency_seconds_bucket", **job, le="1.0") == 0
    assert sample("end_to_end_latency_seconds_bucket", **job, le="2.5") == 150


def test_values_out_of_domain_are_counted_by_column_and_the_columns_are_there_before_the_first() -> None:
    features = compiled("logs", [{"name": name, "type": "log", "source": "a"} for name in ("one", "two")])
    made = ScoreRecorder(ScoreLabels("logs", "m", "prediction", ("one", "two")), features, 0)
    made.flush()
    assert sample("features_out_of_domain_total", job="logs", feature_set="logs", feature="one") == 0
    for batch in ([0.0, -1.0, np.nan, -7.0], [2.0], [-3.0]):
        columns = {"a": np.array(batch)}
        made.extracted(columns, features.transform(columns))
    made.close()
    assert sample("features_out_of_domain_total", job="logs", feature_set="logs", feature="one") == 3
    assert sample("features_out_of_domain_total", job="logs", feature_set="logs", feature="two") == 3


def test_events_of_the_future_have_not_waited(recorder: ScoreRecorder) -> None:
    recorder.left(np.full(20, (time.time() + 60) * 1000))
    recorder.flush()
    job = {"job": recorder._names.job}
    assert sample("end_to_end_latency_seconds_sum", **job) == 0
    assert sample("end_to_end_latency_seconds_count", **job) == 20


def test_dead_letters_are_there_before_the_first(recorder: ScoreRecorder) -> None:
    recorder.flush()
    labels = {"job": recorder._names.job, "stage": "parse", "reason": "late"}
    assert sample("dead_letters_total", **labels) == 0
    recorder.dead({0: Problem("late", ""), 5: Problem("late", ""), 7: Problem("failed", "")})
    recorder.flush()
    assert sample("dead_letters_total", **labels) == 2
    assert sample("dead_letters_total", job=recorder._names.job, stage="score", reason="failed") == 1


def test_versions_beyond_the_twentieth_share_a_label(recorder: ScoreRecorder) -> None:
    matrix, scores = np.zeros((1, 2), np.float32), Scores(np.full(1, 0.5), None, None)
    for number in range(25):
        recorder.scored(matrix, Answer(scores, spec(f"7.{number}.0")), 0.0)
    recorder.flush()
    labels = {"job": recorder._names.job, "model": "m"}
    assert sample("predictions_total", **labels, version="7.19.0", status="success") == 1
    assert sample("predictions_total", **labels, version="7.20.0", status="success") is None
    assert sample("predictions_total", **labels, version="other", status="success") == 5
    assert sample("input_distribution_count", **labels, version="other", feature="a") == 5
