from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY

from conf.settings import MetricsSettings
from udfs.metrics import drift
from udfs.metrics.drift import DriftReport

Finding = dict[str, Any]


def finding(name: str, score: float, *, role: str = "feature", is_drift: bool = True) -> Finding:
    tested = {"measure": "psi", "statistic": 0.2, "p": 0.001, "q": 0.01}
    return {"name": name, "role": role, **tested, "is_drift": is_drift, "score": score}


def record(version: str, *findings: Finding, **changed: Any) -> dict[str, Any]:
    drifted = [each["score"] for each in findings if each["is_drift"]]
    return {
        "window_start": "2018-04-02T00:00:00.000Z",
        "window_end": "2018-04-03T00:00:00.000Z",
        "model": "m",
        "version": version,
        "rows": 1234,
        "score": max(drifted, default=0.0) if findings else None,
        "is_drift": bool(drifted),
        "findings": list(findings),
        "quality": None,
    } | changed


def gauge(name: str, version: str, metric: str) -> float | None:
    labels = {"job": "j", "model": "m", "version": version, "metric": metric}
    return REGISTRY.get_sample_value(f"gress_ml_{name}", labels)


@pytest.fixture
def report(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> DriftReport:
    """A report to this process's metrics; nobody listens."""
    monkeypatch.setattr(drift, "export_metrics", lambda job, settings, *, is_serving: None)
    return DriftReport("j", MetricsSettings.model_validate({"port": 9199, "folder": str(tmp_path)}))


def test_gauges_are_what_the_record_says(report: DriftReport) -> None:
    quality = {"outcomes": 90, "auc_roc": 0.93, "calibration_error": 0.04, "p": 0.01, "is_drift": True, "score": 0.6}
    found = (finding("a", 0.7), finding("prediction", 0.4, role="score"), finding("b", 0.0, is_drift=False))
    report(record("d1", *found, quality=quality))
    names = ("overall", "feature:a", "score:prediction", "feature:b", "concept")
    assert [gauge("model_drift_score", "d1", name) for name in names] == [0.7, 0.7, 0.4, 0.0, 0.6]
    assert gauge("model_score", "d1", "auc_roc") == 0.93
    assert gauge("model_score", "d1", "calibration_error") == 0.04


def test_window_that_is_not_judged_leaves_gauges_as_they_were(report: DriftReport) -> None:
    report(record("d2", finding("a", 0.7)))
    report(record("d2"))
    assert gauge("model_drift_score", "d2", "overall") == 0.7
    report(record("d3"))
    assert gauge("model_drift_score", "d3", "overall") is None
    assert gauge("model_drift_score", "d3", "concept") is None


def test_figure_that_there_is_none_of_leaves_its_gauge(report: DriftReport) -> None:
    quality = {"outcomes": 90, "auc_roc": None, "calibration_error": 0.04, "p": None, "is_drift": False, "score": 0.0}
    report(record("d4", finding("a", 0.1), quality=quality))
    assert gauge("model_score", "d4", "auc_roc") is None
    assert gauge("model_drift_score", "d4", "concept") == 0


def test_drift_that_ended_is_no_longer_shown(report: DriftReport) -> None:
    report(record("d5", finding("a", 0.7)))
    report(record("d5", finding("a", 0.01, is_drift=False)))
    assert gauge("model_drift_score", "d5", "overall") == 0
    assert gauge("model_drift_score", "d5", "feature:a") == 0.01


def test_without_a_port_nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(job: str, settings: MetricsSettings) -> None:
        pytest.fail("metrics were exported")

    monkeypatch.setattr(drift, "export_metrics", refuse)
    DriftReport("j", MetricsSettings())(record("d6", finding("a", 0.7)))
    assert gauge("model_drift_score", "d6", "overall") is None


def test_line_names_window_and_worst_columns(caplog: pytest.LogCaptureFixture) -> None:
    found = [finding(name, score) for name, score in (("a", 0.912), ("b", 0.5), ("c", 0.3), ("d", 0.2), ("e", 0.1))]
    with caplog.at_level(logging.WARNING, "gress.drift"):
        DriftReport("j", MetricsSettings())(record("1.0.0", *found, finding("f", 0.9, is_drift=False)))
    assert caplog.messages == [
        "model m@1.0.0: drift in the window from 2018-04-02T00:00:00.000Z, 1234 rows: a 0.91, b 0.50, c 0.30 and 2 more"
    ]


def test_worst_columns_are_those_of_the_largest_score(caplog: pytest.LogCaptureFixture) -> None:
    # Findings come most certain first; of many rows, all are as certain as can be.
    found = [finding(name, score) for name, score in (("a", 0.1), ("b", 0.2), ("c", 0.3), ("d", 0.8))]
    with caplog.at_level(logging.WARNING, "gress.drift"):
        DriftReport("j", MetricsSettings())(record("1.0.0", *found))
    assert caplog.messages[0].endswith("1234 rows: d 0.80, c 0.30, b 0.20 and 1 more")


def test_window_without_drift_is_not_told_of(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "gress.drift"):
        DriftReport("j", MetricsSettings())(record("1.0.0", finding("a", 0.7, is_drift=False)))
        DriftReport("j", MetricsSettings())(record("1.0.0"))
    assert caplog.messages == []


def change(version: str, at: str, *, role: str = "feature", score: float = 0.6) -> dict[str, Any]:
    found = {"name": "a", "role": role, "measure": "adwin", "statistic": -0.25, "p": None, "q": None}
    ended = {"window_end": f"2018-04-02T{at}:00.000Z", "rows": 640, "score": score}
    return record(version, **ended, is_drift=True, findings=[{**found, "is_drift": True, "score": score}])


def test_change_has_a_gauge_of_its_own_and_leaves_those_of_windows(report: DriftReport) -> None:
    report(record("c1", finding("a", 0.3)))
    report(change("c1", "05:00"))
    report(change("c1", "06:00", role="score", score=0.9))
    names = ("adwin:feature:a", "adwin:score:a", "feature:a", "overall")
    assert [gauge("model_drift_score", "c1", name) for name in names] == [0.6, 0.9, 0.3, 0.3]


def test_change_is_shown_until_a_window_after_it_is_complete(report: DriftReport) -> None:
    report(change("c2", "05:00"))
    report(record("c2", window_start="2018-04-02T00:00:00.000Z"))
    assert gauge("model_drift_score", "c2", "adwin:feature:a") == 0.6
    report(record("c3", window_start="2018-04-03T00:00:00.000Z"))
    assert gauge("model_drift_score", "c2", "adwin:feature:a") == 0.6
    report(record("c2", window_start="2018-04-03T00:00:00.000Z"))
    assert gauge("model_drift_score", "c2", "adwin:feature:a") == 0
    report(change("c2", "23:00", score=0.5))
    assert gauge("model_drift_score", "c2", "adwin:feature:a") == 0.5


def test_line_of_a_change_names_stream_detector_and_size(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "gress.drift"):
        DriftReport("j", MetricsSettings())(change("1.0.0", "05:00"))
    assert caplog.messages == [
        "model m@1.0.0: feature a changed at 2018-04-02T05:00:00.000Z (adwin), after 640 rows: its mean moved by "
        "-0.250, score 0.60"
    ]
