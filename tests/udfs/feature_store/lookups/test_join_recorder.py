from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import count

import numpy as np
import pytest
from prometheus_client import REGISTRY

from state.feature_store.counts import StoreCounts
from udfs.feature_store.lookups.breaker_log import tell_breaker
from udfs.feature_store.lookups.join_recorder import JoinRecorder
from udfs.scoring.breaker import BreakerState

JOBS = count()


@pytest.fixture
def job() -> str:
    return f"lookups{next(JOBS)}"


@pytest.fixture
def recorder(job: str) -> Iterator[JoinRecorder]:
    recorder = JoinRecorder(job, ["risk", "size"])
    yield recorder
    recorder.close()


def value(name: str, job: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"gress_ml_feature_store_{name}", {"job": job, **labels})


def test_counts_of_the_store_become_counters(job: str, recorder: JoinRecorder) -> None:
    counts = [
        StoreCounts(cached=2, loaded=3, missing=1, errors={"timeout": 1}),
        StoreCounts(cached=7, loaded=3, shared=1, stale=4, failed=2, missing=1, errors={"timeout": 1, "open": 5}),
    ]
    for now in counts:
        recorder.follow(lambda now=now: now)
        recorder.flush()
    found = {name: value("lookups_total", job, source=name) for name in ("cache", "server", "shared", "stale", "none")}
    assert found == {"cache": 7, "server": 3, "shared": 1, "stale": 4, "none": 2}
    assert value("misses_total", job) == 1
    causes = {name: value("errors_total", job, error_type=name) for name in ("timeout", "open", "access")}
    assert causes == {"timeout": 1, "open": 5, "access": 0}


def test_defaults_are_there_before_the_first(job: str, recorder: JoinRecorder) -> None:
    recorder.flush()
    assert value("defaults_total", job, feature="risk", reason="old") == 0
    for rows in ({"missing": 2, "old": 0, "unanswered": 1}, {"missing": 3, "old": 0, "unanswered": 0}):
        recorder.defaulted("risk", rows)
    recorder.flush()
    found = {
        name: value("defaults_total", job, feature="risk", reason=name) for name in ("missing", "old", "unanswered")
    }
    assert found == {"missing": 5, "old": 0, "unanswered": 1}
    assert value("defaults_total", job, feature="size", reason="missing") == 0


def test_times_and_ages_are_observed_when_the_recorder_ends(job: str) -> None:
    recorder = JoinRecorder(job, ["risk"])
    recorder.joined(0.003)
    recorder.aged("risk", np.array([500, -9, 61_000]))
    recorder.close()
    assert value("latency_seconds_count", job) == 1
    assert value("latency_seconds_bucket", job, le="0.005") == 1
    assert value("age_seconds_sum", job, feature="risk") == 61.5
    assert value("age_seconds_bucket", job, feature="risk", le="60.0") == 2


def test_changes_of_the_breaker_are_logged_and_shown(job: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "gress.feature_store"):
        for state in (BreakerState.OPEN, BreakerState.HALF_OPEN, BreakerState.CLOSED):
            tell_breaker(job, state)
            assert value("breaker_state", job) == int(state)
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO", "INFO"]
    assert caplog.messages[0] == (
        "feature store: it does not answer and is left alone for a while; look-ups give defaults (breaker open)"
    )
