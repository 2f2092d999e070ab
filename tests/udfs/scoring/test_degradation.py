"""A deployed model that fails in a job's worker: rungs, breaker, metrics and log."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.inspect import spec_from_file
from models.registry import local_registry
from models.scoring.inputs import Inputs
from models.scoring.loaded import LoadedModel
from models.scoring.outputs import Scores
from tests.support.job_settings import MakeSettings
from tests.support.tiny_models import linear, write_linear
from udfs.functions.score_columns import ScoreColumns
from udfs.metrics.series import series

COLUMNS = {"amount": np.array([1.0, 2.0, 3.0]), "size": np.array([1.0, 1.0, 2.0])}
MATRIX = np.array([[1, 1, 1], [2, 1, 2], [3, 2, 1.5]])

Misbehave = Callable[[LoadedModel, np.ndarray], Scores]


class Patient:
    """The deployed version, whose health a test decides."""

    def __init__(self) -> None:
        self.behave: Misbehave | None = None
        self.hang = threading.Event()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> Iterator[Patient]:
    found, real = Patient(), LoadedModel.predict

    def predict(model: LoadedModel, inputs: Inputs) -> Scores:
        if found.behave is not None and model.spec.version == "2.0.0":
            return found.behave(model, inputs.matrix)
        return real(model, inputs)

    monkeypatch.setattr(LoadedModel, "predict", predict)
    yield found
    found.hang.set()


@pytest.fixture
def function(make_settings: MakeSettings, tmp_path: Path) -> Iterator[ScoreColumns]:
    registry = local_registry(tmp_path / "registry")
    path = write_linear(tmp_path)
    for version in ("1.0.0", "2.0.0"):
        registry.publish(spec_from_file(path, "m", version), path)
        registry.deployments("m").promote(version)
    settings = make_settings(
        ml={
            "model_registry": {"type": "local", "base_path": str(registry.base), "watch_interval": "10ms"},
            "models": [],
            "inference": {"max_latency": "200ms", "breaker_open": "300ms"},
        },
        inference={"model_version": ""},
    )
    assert settings.job is not None
    found = ScoreColumns(settings.job, settings.ml)
    found.open()
    _wait(lambda: len(found._scoring._models.own()._live._shelf) == 1)  # type: ignore[union-attr]
    yield found
    found.close()


def _wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def raises(model: LoadedModel, matrix: np.ndarray) -> Scores:
    text = "the graph broke"
    raise RuntimeError(text)


def is_nan(model: LoadedModel, matrix: np.ndarray) -> Scores:
    return Scores(np.full(len(matrix), np.nan), None, None)


def wrong_shape(model: LoadedModel, matrix: np.ndarray) -> Scores:
    from models.scoring.outputs import interpret

    return interpret({"score": np.zeros((len(matrix) + 1, 1), np.float32)}, model.spec, len(matrix))


def state() -> float:
    return float(series("circuit_breaker_state", "j", "m", "2.0.0")._value.get())


def fallbacks(reason: str) -> float:
    return float(series("fallback_predictions_total", "j", "m", "2.0.0", reason)._value.get())


@pytest.mark.parametrize(
    ("behave", "reason"),
    [(raises, "failed"), (is_nan, "not_finite"), (wrong_shape, "failed"), (None, "too_slow")],
    ids=["raises", "NaN", "wrong shape", "hangs"],
)
def test_breaker_opens_fallback_serves_and_the_model_comes_back(
    behave: Misbehave | None,
    reason: str,
    patient: Patient,
    function: ScoreColumns,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def hangs(model: LoadedModel, matrix: np.ndarray) -> Scores:
        patient.hang.wait(10)
        return is_nan(model, matrix)

    caplog.set_level(logging.INFO, "gress.models")
    counted = fallbacks(reason)
    assert set(run(function)["__status"]) == {"ok"}
    patient.behave = behave or hangs
    for batch in range(1, 6):
        found = run(function)
        assert list(found["__status_reason"]) == [reason] * 3
        np.testing.assert_allclose(found["__prediction"], linear(MATRIX), rtol=1e-6)
        assert set(found["__version"]) == {"1.0.0"}
        assert state() == (2 if batch == 5 else 0)
    assert fallbacks(reason) - counted == 15
    assert set(run(function)["__status_reason"]) == {"breaker_open"}
    patient.behave = None
    patient.hang.set()
    _wait(lambda: set(run(function)["__status"]) == {"ok"})
    run(function)
    assert state() == 0
    told = [record.getMessage() for record in caplog.records if "breaker" in record.getMessage()]
    assert told == [
        "model m@2.0.0 keeps failing and is left alone for a while (breaker open)",
        "model m@2.0.0 is tried again (breaker half-open)",
        "model m@2.0.0 works again (breaker closed)",
    ]


def run(function: ScoreColumns) -> dict[str, Any]:
    found = dict(function.run(COLUMNS))
    assert set(found["__dead_letter_reason"]) == {None}
    return found
