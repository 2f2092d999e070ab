"""Values that wait to be handed over, against prometheus-client's own observations and numpy."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from prometheus_client import REGISTRY

from udfs.metrics.catalogue import METRICS
from udfs.metrics.pending import PendingMetrics
from udfs.metrics.samples import InputSample
from udfs.metrics.series import series

JOB, LATENCY = "pending", "inference_latency_seconds"


def sample(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"gress_ml_{name}", {"job": JOB, **labels})


def buckets(name: str, **labels: str) -> list[float | None]:
    bounds = [*map(str, METRICS[name].buckets), "+Inf"]
    return [sample(f"{name}_bucket", **labels, le=bound) for bound in bounds]


@pytest.mark.parametrize("size", [0, 1, 16, 17, 5_000])
def test_many_values_at_once_count_as_one_by_one(size: int) -> None:
    values = np.random.default_rng(size).exponential(0.2, size)
    values[: size // 3] = METRICS[LATENCY].buckets[4]  # a bound itself is in its bucket
    pending = PendingMetrics(JOB)
    pending.histogram(LATENCY, "bulk", str(size)).add_all(values)
    pending.flush()
    for value in values.tolist():
        series(LATENCY, JOB, "single", str(size)).observe(value)
    if size:
        assert buckets(LATENCY, model="bulk", version=str(size)) == buckets(LATENCY, model="single", version=str(size))
        total = sample(f"{LATENCY}_sum", model="bulk", version=str(size))
        assert total == pytest.approx(float(values.sum()))
    else:
        assert sample(f"{LATENCY}_sum", model="bulk", version="0") is None


@pytest.mark.parametrize("size", [5, 100])
def test_values_that_are_not_finite_have_no_place(size: int) -> None:
    values = np.linspace(0, 1, size)
    values[[0, 2, 4]] = np.nan, np.inf, -np.inf
    pending = PendingMetrics(JOB)
    pending.histogram(LATENCY, "odd", str(size)).add_all(values)
    pending.flush()
    kept = values[np.isfinite(values)]
    assert sample(f"{LATENCY}_count", model="odd", version=str(size)) == len(kept)
    assert sample(f"{LATENCY}_sum", model="odd", version=str(size)) == pytest.approx(float(kept.sum()))


def test_counter_is_there_before_its_first_event() -> None:
    pending = PendingMetrics(JOB)
    counter = pending.counter("model_swaps_total", "early", "swapped")
    pending.flush()
    assert sample("model_swaps_total", model="early", result="swapped") == 0
    counter.add(3)
    pending.flush()
    pending.flush()
    assert sample("model_swaps_total", model="early", result="swapped") == 3


def test_nothing_is_lost_between_adding_and_handing_over() -> None:
    pending, done = PendingMetrics(JOB), threading.Event()
    counter = pending.counter("model_swaps_total", "busy", "swapped")

    def hand_over() -> None:
        while not done.is_set():
            pending.flush()

    flushing = [threading.Thread(target=hand_over) for _ in range(2)]
    for thread in flushing:
        thread.start()
    for _ in range(20_000):
        with pending.lock:
            counter.add(1)
    done.set()
    for thread in flushing:
        thread.join()
    pending.flush()
    assert sample("model_swaps_total", model="busy", result="swapped") == 20_000


def test_sample_of_inputs_is_bounded_and_spread_over_the_batch() -> None:
    kept = InputSample(100)
    kept.add(np.arange(1_000.0).reshape(-1, 1))
    kept.add(np.full((5, 1), -1.0))
    rows = kept.take()
    assert rows is not None
    assert rows[:, 0].tolist() == [*range(0, 1_000, 10)]
    assert kept.take() is None
    kept.add(np.full((5, 1), -1.0))
    small = kept.take()
    assert small is not None
    assert len(small) == 5
