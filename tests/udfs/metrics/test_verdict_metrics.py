from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY

from conf.settings import MetricsSettings
from udfs.metrics import verdicts
from udfs.metrics.verdicts import VerdictRecorder

JOBS = count()
BOUNDS = ("lower", "estimate", "upper")


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[VerdictRecorder]:
    """A recorder of a job of its own; nobody listens."""
    monkeypatch.setattr(verdicts, "export_metrics", lambda job, settings, *, is_serving: None)
    settings = MetricsSettings.model_validate({"port": 9199, "folder": str(tmp_path)})
    made = VerdictRecorder(f"verdicts{next(JOBS)}", settings)
    yield made
    made.close()


def record(action: str = "continue", *, is_paired: bool = False, better: str = "lower", **numbers: float | None) -> Any:
    said = {"difference": -0.2, "gain_lower": 0.1, "gain_upper": 0.35, **numbers}
    return {
        "experiment": "test",
        "variant": "new",
        "action": action,
        "is_paired": is_paired,
        "numbers": {f"loss.{name}": value for name, value in said.items()},
        "rules": {"metrics": {"loss": {"better": better}}},
    }


def sample(recorder: VerdictRecorder, name: str, **labels: str) -> float | None:
    given = {"job": recorder._job, "experiment": "test", "variant": "new", **labels}
    return REGISTRY.get_sample_value(f"gress_ml_abtest_verdict_{name}", given)


def gain(recorder: VerdictRecorder, metric: str = "loss") -> list[float | None]:
    return [sample(recorder, "gain", metric=metric, bound=bound) for bound in BOUNDS]


@pytest.mark.parametrize(("better", "estimate"), [("lower", 0.2), ("higher", -0.2)])
def test_gain_is_above_zero_where_the_variant_is_better(
    better: str, estimate: float, recorder: VerdictRecorder
) -> None:
    recorder.looked(record(better=better))
    assert gain(recorder) == [0.1, estimate, 0.35]


def test_what_is_not_known_is_not_shown(recorder: VerdictRecorder) -> None:
    recorder.looked(record(gain_lower=None, gain_upper=None))
    assert gain(recorder) == [None, 0.2, None]


def test_models_on_the_same_rows_stay_apart_and_have_no_action(recorder: VerdictRecorder) -> None:
    recorder.looked(record(difference=0.5))
    recorder.looked(record("promote", is_paired=True))
    assert gain(recorder) == [0.1, -0.5, 0.35]
    assert gain(recorder, "paired:loss") == [0.1, 0.2, 0.35]
    assert sample(recorder, "info", action="promote") is None


def test_last_action_alone_is_shown_until_the_end(recorder: VerdictRecorder) -> None:
    for action in ("continue", "hold", "hold"):
        recorder.looked(record(action))
    assert [sample(recorder, "info", action=action) for action in ("continue", "hold")] == [0, 1]
    recorder.close()
    assert sample(recorder, "info", action="hold") == 0


def test_nothing_is_recorded_without_a_port(tmp_path: Path) -> None:
    recorder = VerdictRecorder("silent", MetricsSettings.model_validate({"port": 0, "folder": str(tmp_path)}))
    recorder.looked(record())
    recorder.close()
    assert gain(recorder) == [None, None, None]
