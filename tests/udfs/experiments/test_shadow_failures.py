"""Shadows that fail, hang or are too far behind, and what is counted of their rows."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.udfs.experiments.shadow_jobs import ARMS, OPTIONS, Job, others, times
from tests.udfs.scoring.models import Model, double, is_nan, raises, refuses
from udfs.experiments.shadows import ShadowOptions
from udfs.metrics.experiments import ShadowRecorder
from udfs.metrics.series import series
from udfs.scoring import ladder as ladders
from udfs.scoring.breaker import BreakerState, CircuitBreaker
from udfs.scoring.ladder import LadderOptions


@pytest.mark.parametrize("answer", [raises, is_nan], ids=["raises", "gives NaN"])
def test_shadow_that_fails_is_counted_and_the_others_go_on(answer: Callable[..., Any]) -> None:
    job = Job(times(1), Model(answer=answer), times(3))
    rows = job.compare([0, 2, 2])
    assert [(row["id"], row["__shadow"]) for row in rows] == [(2, "a"), (3, "a"), (1, "c")]
    assert job.counted.of(1) == {"failed": 3}
    assert job.counted.of(0) == {"match": 2, "mismatch": 0}
    assert job.counted.of(2) == {"match": 1, "mismatch": 0}


def test_row_that_a_shadow_refuses_costs_itself_alone() -> None:
    job = Job(times(1), Model(answer=refuses(3.0, 5.0)))
    rows = job.compare([0] * 6)
    assert [row["id"] for row in rows if row["__shadow"] == "b"] == [1, 2, 4, 6]
    assert job.counted.of(1) == {"failed": 2, "match": 4, "mismatch": 0}


def test_shadow_that_hangs_is_given_up_and_the_others_go_on() -> None:
    gate = threading.Event()
    options = LadderOptions(np.nan, 0.05, 10, OPTIONS.breaker)
    job = Job(times(1), times(2, gate=gate), times(3), options=options)
    rows = job.compare([0, 2, 0])
    assert {row["__shadow"] for row in rows} == {"a", "c"}
    assert job.counted.of(1) == {"failed": 3}
    assert job.sources[ARMS[1]].leases == 1
    gate.set()


def test_shadow_is_left_alone_after_two_failed_batches_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = [0.0]
    monkeypatch.setattr(ladders, "CircuitBreaker", partial(CircuitBreaker, clock=lambda: now_s[0]))
    model = Model(answer=raises)
    job = Job(times(1), model)
    for _ in range(2):
        job.compare([0, 0])
    assert job.counted.of(1) == {"failed": 4}
    calls = model.calls
    now_s[0] = 59.0
    assert job.compare([0, 0, 0]) == []
    assert model.calls == calls
    assert job.counted.of(1) == {"failed": 4, "skipped": 3}
    model.answer, now_s[0] = double, 60.0
    assert len(job.compare([0, 0])) == 2
    assert job.counted.of(1) == {"failed": 4, "skipped": 3, "match": 2, "mismatch": 0}
    assert [state for _, state in job.heard.states] == [BreakerState.OPEN, BreakerState.HALF_OPEN, BreakerState.CLOSED]


@pytest.mark.parametrize(
    ("limit_s", "waited_s", "is_scored"),
    [(5.0, 4.9, True), (5.0, 5.0, True), (5.0, 5.001, False), (0.0, 1.0, False), (None, 9e8, True), (5.0, -60.0, True)],
    ids=["in time", "at the limit", "late", "no wait", "without a limit", "a clock ahead"],
)
def test_rows_that_waited_too_long_are_skipped_and_counted(
    limit_s: float | None, waited_s: float, is_scored: bool
) -> None:
    job = Job(shadows=ShadowOptions(0.5, limit_s))
    rows = job.compare([0, 1, 1, 3], waited_s=waited_s)
    assert len(rows) == (7 if is_scored else 0)
    given_rows = {0: 2, 1: 1, 2: 3, 3: 0, 4: 1}
    for place, count in given_rows.items():
        said = job.counted.of(place)
        assert said.get("match", 0) == (count if is_scored else 0)
        assert said.get("skipped", 0) == (0 if is_scored else count)
        assert job.models[ARMS[place]].rows == (count if is_scored else 0)


BEHAVIOURS = st.sampled_from([double, raises, is_nan, refuses(2.0), refuses(1.0, 4.0)])
BATCHES = st.lists(
    st.tuples(st.lists(st.integers(0, len(ARMS) - 1), min_size=1, max_size=8), st.sampled_from([0.0, 0.0, 99.0])),
    min_size=1,
    max_size=6,
)


@given(answers=st.tuples(*[BEHAVIOURS] * len(ARMS)), batches=BATCHES)
def test_rows_compared_failed_and_skipped_are_the_rows_given(
    answers: tuple[Any, ...], batches: list[tuple[list[int], float]]
) -> None:
    job = Job(*(Model(answer=answer) for answer in answers), shadows=ShadowOptions(0.5, 5.0))
    rows = [row for arms, waited_s in batches for row in job.compare(arms, waited_s=waited_s)]
    for place, arm in enumerate(ARMS):
        said = job.counted.of(place)
        written = [row for row in rows if (row["__experiment"], row["__shadow"]) == (arm.experiment, arm.variant)]
        assert said.get("match", 0) + said.get("mismatch", 0) == len(written)
        assert said.get("match", 0) == sum(row["__is_match"] for row in written)
        assert sum(said.values()) == sum(place in others(own) for arms, _ in batches for own in arms)


def count(job: str, name: str, *labels: str) -> float:
    return float(series(name, job, *labels)._value.get())


def test_metrics_say_what_became_of_the_rows() -> None:
    name = "shadows"
    models = times(1), times(3), Model(answer=refuses(1.0))
    job = Job(*models, shadows=ShadowOptions(4.5, 5.0), recorder=ShadowRecorder(name, ARMS))
    job.compare([0] * 6)
    job.compare([0] * 4, waited_s=6.0)
    job.shadows.close()
    # b gives 3 to 18 and c, but for the first row, 4 to 12; the answers are 1 to 6.
    assert count(name, "abtest_shadow_comparisons_total", "x", "match") == 3 + 3
    assert count(name, "abtest_shadow_comparisons_total", "x", "mismatch") == 3 + 2
    assert count(name, "abtest_variant_errors_total", "x", "c", "prediction_failed") == 1
    assert count(name, "abtest_variant_errors_total", "x", "b", "prediction_failed") == 0
    assert [count(name, "abtest_shadow_skipped_total", "x", variant) for variant in "abc"] == [0, 4, 4]
    latency = "abtest_variant_latency_seconds"
    counted = [sum(each.get() for each in series(latency, name, "x", variant)._buckets) for variant in "bc"]
    assert counted == [6, 5]
    assert count(name, "abtest_shadow_comparisons_total", "y", "match") == 0
