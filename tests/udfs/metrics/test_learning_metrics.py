"""Metrics of a model that learns, as this process's registry has them."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY

from conf.settings import MetricsSettings
from tests.support.learning_slots import line, regression_line
from udfs.metrics import learning
from udfs.metrics.learning import LearningRecorder

JOBS = count()
MODEL = "fraud-online"
Make = Callable[..., LearningRecorder]


def sample(recorder: LearningRecorder, name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"gress_ml_{name}", {"job": recorder._job, "model": MODEL, **labels})


def online(recorder: LearningRecorder, name: str, **labels: str) -> float | None:
    return sample(recorder, name, version="online", **labels)


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Make]:
    """Makes recorders of a job of their own, to this process's metrics; nobody listens."""
    monkeypatch.setattr(learning, "export_metrics", lambda job, settings, *, is_serving: None)
    settings, made = MetricsSettings.model_validate({"port": 9199, "folder": str(tmp_path)}), []

    def call(job: str = "") -> LearningRecorder:
        made.append(LearningRecorder(job or f"learning{next(JOBS)}", MODEL, settings))
        return made[-1]

    yield call
    for recorder in made:
        recorder.close()


@pytest.fixture
def recorder(make: Make) -> LearningRecorder:
    return make()


def test_updates_are_counted_with_their_rows_and_seconds(recorder: LearningRecorder) -> None:
    for rows, seconds in ((32, 0.004), (30, 0.002), (900, 0.3)):
        recorder.updated(rows, seconds)
    recorder.flush()
    assert online(recorder, "online_updates_processed_total") == 962
    assert online(recorder, "online_update_latency_seconds_sum") == pytest.approx(0.306)
    found = [online(recorder, "online_update_latency_seconds_bucket", le=bound) for bound in ("0.001", "0.005", "0.5")]
    assert found == [0, 2, 3]
    assert [online(recorder, "online_update_batch_size_bucket", le=bound) for bound in ("25.0", "50.0")] == [0, 2]
    assert online(recorder, "online_update_batch_size_count") == 3


def test_counters_are_there_before_anything_goes_wrong(recorder: LearningRecorder) -> None:
    recorder.updated(1, 0.1)
    recorder.flush()
    for error_type in ("update_failed", "publish_failed"):
        assert online(recorder, "training_errors_total", error_type=error_type) == 0
    recorder.slot(line(0, version=None, promoted=None, guard=None, drifts=None))
    assert [sample(recorder, f"online_{name}") for name in ("publish_failures", "rollbacks", "drifts")] == [0, 0, 0]


def test_scores_are_those_of_the_last_slot(recorder: LearningRecorder) -> None:
    recorder.slot(line(0))
    recorder.slot(line(1, scores={"auc_roc": 0.875, "log_loss": None}))
    assert online(recorder, "model_score", metric="auc_roc") == 0.875
    assert online(recorder, "model_score", metric="log_loss") == 0.5
    assert sample(recorder, "model_score", version="served", metric="auc_roc") == 0.76
    assert sample(recorder, "model_score", version="1.0.1", metric="auc_roc") is None


def test_regression_has_its_scores(recorder: LearningRecorder) -> None:
    recorder.slot(regression_line(0))
    assert online(recorder, "model_score", metric="rmse") == 2
    assert sample(recorder, "model_score", version="served", metric="mae") == 2.5


def test_rollbacks_and_drifts_are_those_since_the_start_of_the_job(recorder: LearningRecorder) -> None:
    recorder.slot(line(0, drifts=3, guard={"looks": 9, "rolled_back": 2}))
    recorder.slot(line(1, drifts=4, guard={"looks": 10, "rolled_back": 2}))
    assert sample(recorder, "online_drifts") == 4
    assert sample(recorder, "online_rollbacks") == 2


def test_version_before_the_last_is_0(recorder: LearningRecorder) -> None:
    for each in (line(0), line(1, version=None), line(2), line(2)):
        recorder.slot(each)
    assert [sample(recorder, "online_version_info", version=f"1.0.{number}") for number in range(3)] == [0, None, 1]


def test_task_that_only_updates_says_nothing_of_what_is_published(make: Make) -> None:
    updating = make()
    publishing = make(updating._job)
    publishing.failed("publish_failed")
    updating.updated(1, 0.1)
    updating.close()
    assert sample(updating, "online_publish_failures") == 1


def test_failures_to_publish_are_counted_until_one_succeeds(recorder: LearningRecorder) -> None:
    shown = []
    for error_type in ("publish_failed", "publish_failed", "update_failed", None, "publish_failed"):
        if error_type is None:
            recorder.published(0.3)
        else:
            recorder.failed(error_type)
        shown.append(sample(recorder, "online_publish_failures"))
    recorder.flush()
    assert shown == [1, 2, 2, 0, 1]
    assert online(recorder, "training_errors_total", error_type="publish_failed") == 3
    assert online(recorder, "training_errors_total", error_type="update_failed") == 1
    assert online(recorder, "checkpoint_duration_seconds_count") == 1
    assert online(recorder, "checkpoint_duration_seconds_sum") == pytest.approx(0.3)


def test_unknown_error_is_refused(recorder: LearningRecorder) -> None:
    unknown: Any = "odd"
    with pytest.raises(ValueError, match="error_type: expected update_failed or publish_failed, got 'odd'"):
        recorder.failed(unknown)


def test_end_writes_what_waits_and_shows_no_state(recorder: LearningRecorder) -> None:
    recorder.slot(line(0))
    recorder.failed("publish_failed")
    recorder.updated(7, 0.1)
    recorder.close()
    assert online(recorder, "online_updates_processed_total") == 7
    assert sample(recorder, "online_version_info", version="1.0.0") == 0
    assert sample(recorder, "online_publish_failures") == 0


def test_recorder_is_shipped_to_its_worker(recorder: LearningRecorder) -> None:
    shipped = pickle.loads(pickle.dumps(recorder))
    shipped.updated(5, 0.1)
    shipped.close()
    assert online(recorder, "online_updates_processed_total") == 5


def test_endpoint_starts_with_the_first_call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    started = []
    monkeypatch.setattr(learning, "export_metrics", lambda *args, is_serving: started.append((*args, is_serving)))
    settings = MetricsSettings.model_validate({"port": 9199, "folder": str(tmp_path)})
    recorder = LearningRecorder("learning-start", MODEL, settings, is_serving=False)
    assert started == []
    recorder.updated(1, 0.1)
    recorder.slot(line(0))
    recorder.close()
    assert started == [("learning-start", settings, False)]


def test_without_a_port_nothing_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "export_metrics", lambda *args, **more: pytest.fail("metrics were exported"))
    recorder = LearningRecorder("learning-quiet", MODEL, MetricsSettings())
    recorder.updated(1, 0.1)
    recorder.slot(line(0))
    recorder.published(0.1)
    recorder.failed("publish_failed")
    recorder.close()
    assert online(recorder, "online_updates_processed_total") is None
    assert sample(recorder, "online_publish_failures") is None
