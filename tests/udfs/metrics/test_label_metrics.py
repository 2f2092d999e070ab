from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from conf.settings import MetricsSettings
from udfs.metrics import labels
from udfs.metrics.labels import LabelRecorder

JOBS = count()


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[int], LabelRecorder]]:
    """Makes recorders of a job of their own, as tasks get them; nobody listens."""
    monkeypatch.setattr(labels, "export_metrics", lambda job, settings, *, is_serving: None)
    made = []

    def call(port: int) -> LabelRecorder:
        settings = MetricsSettings.model_validate({"port": port, "folder": str(tmp_path)})
        recorder: LabelRecorder = pickle.loads(pickle.dumps(LabelRecorder(f"labels{next(JOBS)}", settings)))
        recorder.open()
        made.append(recorder)
        return recorder

    yield call
    for recorder in made:
        recorder.close()


def rows(recorder: LabelRecorder, outcome: str) -> float | None:
    return REGISTRY.get_sample_value("gress_ml_labels_total", {"job": recorder._job, "outcome": outcome})


def test_rows_are_counted_by_outcome(make: Callable[[int], LabelRecorder]) -> None:
    recorder = make(9199)
    for outcome, number in (("matched", 30), ("late", 2), ("matched", 12)):
        recorder.left(outcome, number)
    recorder.flush()
    found = {name: rows(recorder, name) for name in ("matched", "late", "negative", "unlabelled", "orphan")}
    assert found == {"matched": 42, "late": 2, "negative": 0, "unlabelled": 0, "orphan": 0}


def test_last_rows_are_written_at_the_end(make: Callable[[int], LabelRecorder]) -> None:
    recorder = make(9199)
    recorder.left("orphan", 3)
    recorder.close()
    assert rows(recorder, "orphan") == 3


def test_nothing_is_recorded_without_a_port(make: Callable[[int], LabelRecorder]) -> None:
    recorder = make(0)
    recorder.left("matched", 3)
    recorder.flush()
    assert rows(recorder, "matched") is None
