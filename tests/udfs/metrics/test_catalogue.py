"""A metric is made once a process, by the first thread that asks for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import prometheus_client
import pytest

from udfs.metrics import catalogue
from udfs.metrics.catalogue import METRICS, metric

_THREADS = 4


def _slow(kind: Callable[..., Any], registry: prometheus_client.CollectorRegistry) -> Callable[..., Any]:
    def make(*given: Any, **more: Any) -> Any:
        # Time for another thread to begin the same.
        threading.Event().wait(0.002)
        return kind(*given, registry=registry, **more)

    return make


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process in which no metric was made yet."""
    registry = prometheus_client.CollectorRegistry()
    for kind in ("Counter", "Gauge", "Histogram"):
        monkeypatch.setattr(prometheus_client, kind, _slow(getattr(prometheus_client, kind), registry))
    monkeypatch.setattr(catalogue, "_MADE", {})


@pytest.mark.usefixtures("fresh")
def test_threads_that_ask_at_once_get_the_same_metric() -> None:
    start = threading.Barrier(_THREADS)

    def ask(name: str) -> Any:
        start.wait()
        return metric(name)

    with ThreadPoolExecutor(_THREADS) as pool:
        for name in METRICS:
            found = list(pool.map(ask, [name] * _THREADS))
            assert all(each is found[0] for each in found)
