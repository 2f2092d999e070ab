"""A series is made once a process, by the first thread that asks for it, and its values are in its job's folder."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import prometheus_client
import pytest

from udfs.metrics import series as module
from udfs.metrics.catalogue import METRICS
from udfs.metrics.files import MetricFiles
from udfs.metrics.series import keep_series, series

_THREADS = 4


def _slow(kind: Callable[..., Any], registry: prometheus_client.CollectorRegistry) -> Callable[..., Any]:
    def make(*given: Any, **more: Any) -> Any:
        # Time for another thread to begin the same.
        threading.Event().wait(0.002)
        return kind(*given, **{"registry": registry, **more})

    return make


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process in which no series was made yet."""
    registry = prometheus_client.CollectorRegistry()
    for kind in ("Counter", "Gauge", "Histogram"):
        monkeypatch.setattr(prometheus_client, kind, _slow(getattr(prometheus_client, kind), registry))
    monkeypatch.setattr(module, "_FOLDERS", {None: module._Folder(None)})
    monkeypatch.setattr(module, "_OF_JOBS", {})
    monkeypatch.setattr(prometheus_client.values, "ValueClass", prometheus_client.values.ValueClass)
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")


def test_threads_that_ask_at_once_get_the_same_series(tmp_path: Path) -> None:
    start = threading.Barrier(_THREADS)
    keep_series("stored", tmp_path)

    def ask(job: str, name: str) -> Any:
        start.wait()
        return series(name, job, *["x"] * (len(METRICS[name].labels) - 1))

    with ThreadPoolExecutor(_THREADS) as pool:
        for job in ("in memory", "stored"):
            for name in METRICS:
                found = list(pool.map(ask, [job] * _THREADS, [name] * _THREADS))
                assert all(each is found[0] for each in found)


@pytest.mark.parametrize("name", METRICS)
def test_series_of_the_catalogue_can_be_made(name: str) -> None:
    labels = METRICS[name].labels
    assert labels[0] == "job"
    made = series(name, *labels)
    assert (made._labelnames, made._labelvalues) == (labels, labels)


def test_jobs_of_one_process_each_have_their_folder(tmp_path: Path) -> None:
    # A job without metrics came first, as in a TaskManager that runs for long.
    series("model_drift_score", "quiet", "m", "1", "overall").set(0.1)
    folders = {job: tmp_path / job for job in ("a", "b")}
    for turn, value in enumerate((0.2, 0.3)):
        for job, folder in folders.items():
            folder.mkdir(exist_ok=True)
            keep_series(job, folder)
            series("model_drift_score", job, "m", "1", "overall").set(value)
            series("model_swaps_total", job, "m", "swapped").inc()
            series("batch_size", job, "m", "1").observe(turn)
    for job, folder in folders.items():
        text = MetricFiles(folder).exposition().decode()
        assert f'gress_ml_model_drift_score{{job="{job}",metric="overall",model="m",version="1"}} 0.3' in text
        assert f'gress_ml_model_swaps_total{{job="{job}",model="m",result="swapped"}} 2.0' in text
        assert f'gress_ml_batch_size_sum{{job="{job}",model="m",version="1"}} 1.0' in text
        assert text.count('job="') == text.count(f'job="{job}"')
